//! A whole class: its fields, its parent, its tail.

use super::field::{Access, FieldKind, FieldLayout, FieldSpec};
use super::instance_types::{InstanceTypeOrder, InstanceTypeRange, InstanceTypes};
use super::width::{PerWidth, PointerWidth};
use crate::debugger::described;
use crate::spaces::AllocationAlignment;

/// Everything the declaration of a class says, with every offset, as constant data: the one table that the
/// collector's descriptor, the printer, the verifier and the docs are made from.
#[derive(Debug)]
pub struct ClassLayout {
    /// The struct's name.
    pub name: &'static str,
    /// The module that declares it.
    pub module_path: &'static str,
    /// The file that declares it.
    pub file: &'static str,
    /// The line of its name.
    pub line: u32,
    /// The doc comment, lines joined by `\n`.
    pub doc: &'static str,
    /// The class it extends; only `HeapObject` has none.
    pub parent: Option<&'static ClassLayout>,
    /// Whether it has no instances of its own.
    pub is_abstract: bool,
    /// Whether other classes may extend it.
    pub is_open: bool,
    /// What it says of its number.
    pub instance_types: InstanceTypes,
    /// Whether its objects may be copied whole: declared `#[heap_object(copy)]`.
    pub is_copy: bool,
    /// Whether it tells the collector where some of its words are: declared `#[heap_object(trace = custom)]`.
    pub custom_trace: bool,
    /// Where its objects may begin: declared `#[heap_object(align = …)]`, here or in a class above.
    pub alignment: AllocationAlignment,
    /// Its own fields, without inherited ones and without the tail.
    pub fields: &'static [FieldLayout],
    /// What follows the last field and is not the same in all instances, in order: elements, as many as a field or an
    /// expression says, and fields that are there only under a condition.
    pub tails: &'static [TailLayout],
}

/// The most tails a class may have.
pub const MAX_TAILS: usize = 16;

/// How many elements a tail has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, u8)]
pub enum TailLength {
    /// As many as this field holds, own or inherited: a Smi or a 4-byte integer.
    Field(&'static str),
    /// As many as this expression over earlier constant fields says.
    Expression(&'static str),
    /// One if this condition over earlier constant fields holds, else none: an optional field.
    Condition(&'static str),
}

impl TailLength {
    /// The field, expression or condition as the declaration spells it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            TailLength::Field(text) | TailLength::Expression(text) | TailLength::Condition(text) => text,
        }
    }

    /// Whether it is an optional field: one element or none.
    #[must_use]
    pub const fn is_condition(&self) -> bool {
        matches!(self, TailLength::Condition(_))
    }
}

/// Elements of one kind after the fields that all instances have.
#[derive(Clone, Copy, Debug)]
pub struct TailLayout {
    /// The name in the declaration.
    pub name: &'static str,
    /// The type as the declaration spells it.
    pub type_name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// The line of the declaration.
    pub line: u32,
    /// What each element holds.
    pub element: FieldKind,
    /// Bytes of one element.
    pub element_size: PerWidth,
    /// The alignment of an element, in bytes.
    pub element_align: PerWidth,
    /// How many elements there are.
    pub length: TailLength,
    /// Whether elements have no setter.
    pub constant: bool,
    /// The memory order of accessors.
    pub access: Access,
}

impl TailLayout {
    /// A tail of such elements. Called by the macros.
    #[must_use]
    pub const fn new(element: FieldSpec, length: TailLength) -> TailLayout {
        TailLayout {
            name: element.name,
            type_name: element.type_name,
            doc: element.doc,
            line: element.line,
            element: element.kind,
            element_size: element.size,
            element_align: element.align,
            length,
            constant: element.constant,
            access: element.access,
        }
    }

    /// The same in a class declared with an alignment: 8 raw bytes are aligned to 8. Called by the macros.
    #[must_use]
    pub const fn natural(mut self) -> TailLayout {
        self.element_align = self.element.natural_align(self.element_size, self.element_align);
        self
    }
}

/// Where the strong or the weak fields of a class lie: from `start` up to `end`, in bytes. Other fields may lie
/// between them; equal numbers mean that there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSection {
    /// Offset of the first such field.
    pub start: usize,
    /// Offset after the last such field.
    pub end: usize,
}

impl ClassLayout {
    /// The layout of a class with these fields of its own and no parent. Called by the macros.
    #[must_use]
    pub const fn new(
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
        doc: &'static str,
        fields: &'static [FieldLayout],
    ) -> ClassLayout {
        ClassLayout {
            name,
            module_path,
            file,
            line,
            doc,
            parent: None,
            is_abstract: false,
            is_open: false,
            instance_types: InstanceTypes::NONE,
            is_copy: false,
            custom_trace: false,
            alignment: AllocationAlignment::Word,
            fields,
            tails: &[],
        }
    }

    /// With the class it extends.
    #[must_use]
    pub const fn extends(mut self, parent: &'static ClassLayout) -> ClassLayout {
        self.parent = Some(parent);
        self.alignment = parent.alignment;
        self
    }

    /// Without instances of its own, for others to extend.
    #[must_use]
    pub const fn abstract_(mut self) -> ClassLayout {
        self.is_abstract = true;
        self.is_open = true;
        self
    }

    /// For others to extend.
    #[must_use]
    pub const fn open(mut self) -> ClassLayout {
        self.is_open = true;
        self
    }

    /// With a number of its own.
    #[must_use]
    pub const fn instance_type(mut self, number: u16) -> ClassLayout {
        self.instance_types.own = Some(number);
        self
    }

    /// With a range of numbers for itself and all classes below it.
    #[must_use]
    pub const fn instance_type_range(mut self, first: u16, last: u16) -> ClassLayout {
        self.instance_types.range = Some(InstanceTypeRange::new(first, last));
        self
    }

    /// With a place for its numbers among those of its siblings.
    #[must_use]
    pub const fn instance_type_order(mut self, order: InstanceTypeOrder) -> ClassLayout {
        self.instance_types.order = order;
        self
    }

    /// With objects that may be copied whole.
    #[must_use]
    pub const fn copy(mut self) -> ClassLayout {
        self.is_copy = true;
        self
    }

    /// With words that it traces itself.
    #[must_use]
    pub const fn custom_trace(mut self) -> ClassLayout {
        self.custom_trace = true;
        self
    }

    /// With objects that begin there. Called after [`extends`](Self::extends), whose alignment it replaces;
    /// [`check_alignment`](super::check_alignment) holds the two together.
    #[must_use]
    pub const fn aligned(mut self, alignment: AllocationAlignment) -> ClassLayout {
        self.alignment = alignment;
        self
    }

    /// Whether it or a class above it traces words itself.
    #[must_use]
    pub const fn has_custom_trace(&self) -> bool {
        match self.parent {
            _ if self.custom_trace => true,
            Some(parent) => parent.has_custom_trace(),
            None => false,
        }
    }

    /// Whether its objects have ephemerons.
    #[must_use]
    pub const fn has_ephemerons(&self) -> bool {
        let mut i = 0;
        while i < self.fields.len() {
            if self.fields[i].kind.is_ephemeron() {
                return true;
            }
            i += 1;
        }
        i = 0;
        while i < self.tails.len() {
            if self.tails[i].element.is_ephemeron() {
                return true;
            }
            i += 1;
        }
        match self.parent {
            Some(parent) => parent.has_ephemerons(),
            None => false,
        }
    }

    /// With elements and optional fields after the last field.
    #[must_use]
    pub const fn tails(mut self, tails: &'static [TailLayout]) -> ClassLayout {
        self.tails = tails;
        self
    }

    /// Where its own fields begin: the end of its parent's.
    #[must_use]
    pub const fn start(&self) -> PerWidth {
        match self.parent {
            Some(parent) => parent.end(),
            None => PerWidth::both(0),
        }
    }

    /// Where its fields end, not rounded: its children's fields, or its tail, begin here.
    #[must_use]
    pub const fn end(&self) -> PerWidth {
        match self.fields {
            [.., last] => last.offset.plus(last.size),
            [] => self.start(),
        }
    }

    /// Bytes before the tail. V8: `kHeaderSize`.
    #[must_use]
    pub const fn header_size(&self) -> usize {
        self.end().current() as usize
    }

    /// Bytes of an instance without its tail, rounded up to whole tagged words. V8: `kSize`.
    #[must_use]
    pub const fn instance_size(&self) -> usize {
        self.end().round_up_to_tagged().current() as usize
    }

    /// Bytes of an element of the tail; 0 if there is no tail or more than one.
    #[must_use]
    pub const fn element_size(&self) -> usize {
        match self.tails {
            [tail] => tail.element_size.current() as usize,
            _ => 0,
        }
    }

    /// Whether the one tail of instances is described by three numbers, which the collector reads without a call: its
    /// elements' size, a power of two, and where a field has their number.
    #[must_use]
    pub const fn has_simple_tail(&self) -> bool {
        match self.tails {
            [TailLayout { length: TailLength::Field(name), element_size, .. }] => {
                element_size.current().is_power_of_two()
                    && element_size.current() <= 8
                    && match self.find_field(name) {
                        Some(field) => field.kind.is_word_length(),
                        None => false,
                    }
            }
            _ => false,
        }
    }

    /// Whether the size of an instance has to be computed by the class's own code: several tails, or one whose length is
    /// an expression.
    #[must_use]
    pub const fn is_computed(&self) -> bool {
        !self.tails.is_empty() && !self.has_simple_tail()
    }

    /// Bytes of all tails with so many elements each; `usize::MAX` if that overflows.
    #[must_use]
    pub const fn tail_bytes(&self, lengths: &[usize]) -> usize {
        let mut bytes = 0_usize;
        let mut i = 0;
        while i < self.tails.len() && i < lengths.len() {
            bytes = bytes.saturating_add(lengths[i].saturating_mul(self.tails[i].element_size.current() as usize));
            i += 1;
        }
        bytes
    }

    /// Bytes of an instance whose tails have so many elements, in their order, rounded up to whole tagged words;
    /// `usize::MAX` rounded down to a tagged word if that overflows, which no heap can satisfy.
    #[must_use]
    pub const fn size_with(&self, lengths: &[usize]) -> usize {
        const WORD: usize = PointerWidth::CURRENT.tagged_size() as usize;
        let bytes = self.tail_bytes(lengths);
        if bytes <= isize::MAX as usize {
            (self.header_size() + bytes).next_multiple_of(WORD)
        } else {
            usize::MAX & !(WORD - 1)
        }
    }

    /// Bytes of an instance with `length` elements of its one tail, rounded up to whole tagged words; `usize::MAX`
    /// rounded down to a tagged word if that overflows, which no heap can satisfy. V8: `SizeFor`.
    #[must_use]
    pub const fn size_for(&self, length: usize) -> usize {
        self.size_with(&[length])
    }

    /// Whether instances are maps: the class is the core `Map` or below it.
    #[must_use]
    pub const fn is_map(&self) -> bool {
        if same(self.name, "Map") && same(self.module_path, "heapwright::map") {
            return true;
        }
        match self.parent {
            Some(parent) => parent.is_map(),
            None => false,
        }
    }

    /// The field of that name in this class or in one above it.
    #[must_use]
    pub const fn find_field(&self, name: &str) -> Option<&'static FieldLayout> {
        let mut i = 0;
        while i < self.fields.len() {
            if same(self.fields[i].name, name) {
                return Some(&self.fields[i]);
            }
            i += 1;
        }
        match self.parent {
            Some(parent) => parent.find_field(name),
            None => None,
        }
    }

    /// The classes from `HeapObject` down to this one.
    #[must_use]
    pub fn lineage(&'static self) -> Vec<&'static ClassLayout> {
        let mut line: Vec<_> = core::iter::successors(Some(self), |c| c.parent).collect();
        line.reverse();
        line
    }

    /// All fields, inherited ones first, each with the class that declares it.
    pub fn all_fields(&'static self) -> impl Iterator<Item = (&'static ClassLayout, &'static FieldLayout)> {
        self.lineage().into_iter().flat_map(|class| class.fields.iter().map(move |field| (class, field)))
    }

    /// Where this class's own strong fields lie, in bytes.
    #[must_use]
    pub const fn strong_fields(&self) -> FieldSection {
        self.section(false)
    }

    /// Where this class's own weak fields lie, in bytes.
    #[must_use]
    pub const fn weak_fields(&self) -> FieldSection {
        self.section(true)
    }

    const fn section(&self, weak: bool) -> FieldSection {
        let mut section = FieldSection { start: usize::MAX, end: 0 };
        let mut i = 0;
        while i < self.fields.len() {
            let field = &self.fields[i];
            let wanted = match field.kind {
                FieldKind::Tagged(_) => !weak,
                // V8 counts what may be weak among the weak.
                FieldKind::Weak(_) | FieldKind::MaybeWeak(_) => weak,
                FieldKind::Struct(layout) => !weak && layout.may_hold_pointer(),
                _ => false,
            };
            if wanted {
                let start = field.offset.current() as usize;
                if section.start == usize::MAX {
                    section.start = start;
                }
                section.end = start + field.size.current() as usize;
            }
            i += 1;
        }
        if section.start == usize::MAX {
            let end = self.header_size();
            section = FieldSection { start: end, end };
        }
        section
    }
}

/// Whether two texts are equal, in constants.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

described!(struct ClassLayout {
    name, module_path, file, line, doc, parent, is_abstract, is_open, instance_types, is_copy, custom_trace, alignment, fields,
    tails,
});
described!(struct TailLayout {
    name, type_name, doc, line, element, element_size, element_align, length, constant, access,
});
described!(
    enum TailLength {
        Field(_),
        Expression(_),
        Condition(_),
    }
);
