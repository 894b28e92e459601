//! A whole class: its fields, its parent, its tail.

use super::field::{FieldKind, FieldLayout, FieldSpec};
use super::width::{PerWidth, PointerWidth};

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
    /// Its own fields, without inherited ones and without the tail.
    pub fields: &'static [FieldLayout],
    /// The elements after the last field, as many as a field says.
    pub tail: Option<TailLayout>,
}

/// The elements at the end of an object.
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
    /// The name of the field that holds the number of elements.
    pub length_field: &'static str,
    /// Whether elements have no setter.
    pub constant: bool,
}

/// What a declaration says of a tail. Made by the macros.
#[derive(Clone, Copy, Debug)]
pub struct TailSpec {
    element: FieldSpec,
    length_field: &'static str,
}

impl TailSpec {
    /// A tail of such elements, as many as `length_field` says.
    #[must_use]
    pub const fn new(element: FieldSpec, length_field: &'static str) -> TailSpec {
        TailSpec { element, length_field }
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
            fields,
            tail: None,
        }
    }

    /// With the class it extends.
    #[must_use]
    pub const fn extends(mut self, parent: &'static ClassLayout) -> ClassLayout {
        self.parent = Some(parent);
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

    /// With elements after the last field.
    #[must_use]
    pub const fn tail(mut self, tail: TailSpec) -> ClassLayout {
        self.tail = Some(TailLayout {
            name: tail.element.name,
            type_name: tail.element.type_name,
            doc: tail.element.doc,
            line: tail.element.line,
            element: tail.element.kind,
            element_size: tail.element.size,
            length_field: tail.length_field,
            constant: tail.element.constant,
        });
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

    /// Bytes of an element of the tail; 0 if there is no tail.
    #[must_use]
    pub const fn element_size(&self) -> usize {
        match &self.tail {
            Some(tail) => tail.element_size.current() as usize,
            None => 0,
        }
    }

    /// Bytes of an instance with `length` elements, rounded up to whole tagged words; `usize::MAX` rounded down
    /// to a tagged word if that overflows, which no heap can satisfy. V8: `SizeFor`.
    #[must_use]
    pub const fn size_for(&self, length: usize) -> usize {
        const WORD: usize = PointerWidth::CURRENT.tagged_size() as usize;
        match length.checked_mul(self.element_size()) {
            Some(bytes) if bytes <= isize::MAX as usize => (self.header_size() + bytes).next_multiple_of(WORD),
            _ => usize::MAX & !(WORD - 1),
        }
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
                FieldKind::Weak(_) => weak,
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
