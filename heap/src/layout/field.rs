//! One field: what a declaration says of it ([`FieldSpec`]) and where it ended up ([`FieldLayout`]).

use super::bits::{Bitfield, BitfieldLayout, SmiBitfield};
use super::descriptor::ClassDescriptor;
use super::structs::StructLayout;
use super::width::PerWidth;
use crate::debugger::described;
use crate::tagged::{HeapClass, HeapStruct, MaybeWeakType, RawValue, TaggedType};

/// One alternative of a tagged field's type.
#[derive(Clone, Copy)]
#[repr(C, u8)]
pub enum Member {
    /// Any tagged value.
    Any,
    /// A small integer.
    Smi,
    /// No object: the Smi zero that `Option<Class>` stores for `None`.
    None,
    /// An instance of this class or of one below it.
    Class(&'static ClassDescriptor),
    /// A weak reference to an instance of this class or of one below it, or a cleared one.
    Weak(&'static ClassDescriptor),
}

/// The set of values a tagged slot may hold: what the type of a `Tagged<…>` field says, as data for the
/// verifier, the printer and the docs.
#[derive(Clone, Copy)]
pub struct TypeSet {
    members: &'static [Member],
}

impl TypeSet {
    /// The set of these alternatives.
    #[must_use]
    pub const fn new(members: &'static [Member]) -> TypeSet {
        TypeSet { members }
    }

    /// The instances of `C` and of the classes below it.
    #[must_use]
    pub const fn class<C: HeapClass>() -> TypeSet {
        struct Members<C>(core::marker::PhantomData<C>);
        impl<C: HeapClass> Members<C> {
            const MEMBERS: &'static [Member] = &[Member::Class(C::CLASS)];
        }
        TypeSet::new(Members::<C>::MEMBERS)
    }

    /// The alternatives, in the order of the declaration.
    #[must_use]
    pub const fn members(&self) -> &'static [Member] {
        self.members
    }

    /// Whether a Smi may stand here (`Smi`, `Option` or `Any`).
    #[must_use]
    pub fn admits_smi(&self) -> bool {
        self.members.iter().any(|m| matches!(m, Member::Any | Member::Smi))
    }

    /// Whether the Smi zero may stand here, as a number or for no object.
    #[must_use]
    pub const fn admits_zero(&self) -> bool {
        let mut i = 0;
        while i < self.members.len() {
            if matches!(self.members[i], Member::Any | Member::Smi | Member::None) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Whether the Smi zero here means that there is no object: an `Option` admits it, and no other Smi may stand here.
    #[must_use]
    pub fn zero_is_nil(&self) -> bool {
        self.members.iter().any(|m| matches!(m, Member::None)) && !self.admits_smi()
    }

    /// Whether an instance of `class` may stand here.
    #[must_use]
    pub fn admits_class(&self, class: &'static ClassDescriptor) -> bool {
        self.members.iter().any(|m| match m {
            Member::Any => true,
            Member::Class(c) => class.is_subclass_of(c),
            Member::Smi | Member::None | Member::Weak(_) => false,
        })
    }

    /// Whether a weak reference to an instance of `class` may stand here.
    #[must_use]
    pub fn admits_weak(&self, class: &'static ClassDescriptor) -> bool {
        self.members.iter().any(|m| matches!(m, Member::Weak(c) if class.is_subclass_of(c)))
    }
}

impl core::fmt::Debug for TypeSet {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (i, m) in self.members.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            match m {
                Member::Any => f.write_str("Any")?,
                Member::Smi => f.write_str("Smi")?,
                Member::None => f.write_str("None")?,
                Member::Class(c) => f.write_str(c.name())?,
                Member::Weak(c) => write!(f, "Weak<{}>", c.name())?,
            }
        }
        Ok(())
    }
}

/// A primitive that a raw field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
#[repr(u8)]
pub enum RawKind {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    Bool,
}

impl RawKind {
    /// Bytes.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            RawKind::U8 | RawKind::I8 | RawKind::Bool => 1,
            RawKind::U16 | RawKind::I16 => 2,
            RawKind::U32 | RawKind::I32 | RawKind::F32 => 4,
            RawKind::U64 | RawKind::I64 | RawKind::F64 => 8,
        }
    }

    /// The Rust name of the type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RawKind::U8 => "u8",
            RawKind::U16 => "u16",
            RawKind::U32 => "u32",
            RawKind::U64 => "u64",
            RawKind::I8 => "i8",
            RawKind::I16 => "i16",
            RawKind::I32 => "i32",
            RawKind::I64 => "i64",
            RawKind::F32 => "f32",
            RawKind::F64 => "f64",
            RawKind::Bool => "bool",
        }
    }
}

/// What a field (or an element of a tail) holds, and so how the collector treats it.
#[derive(Clone, Copy, Debug)]
#[repr(C, u8)]
pub enum FieldKind {
    /// A strong tagged value: traced.
    Tagged(TypeSet),
    /// A weak reference: cleared when its referent dies.
    Weak(TypeSet),
    /// A strong or a weak reference, each to what the set says, or a Smi. V8: `MaybeObject`.
    MaybeWeak(TypeSet),
    /// A small integer in a tagged word.
    Smi,
    /// A bit field in a Smi.
    SmiBits(&'static BitfieldLayout),
    /// Raw bytes of a primitive: never traced.
    Raw(RawKind),
    /// A bit field in raw bytes.
    Bits(&'static BitfieldLayout),
    /// An address outside the heap, of a value of the named type: never traced.
    External(&'static str),
    /// The fields of a struct, one after the other: all tagged or all raw.
    Struct(&'static StructLayout),
    /// Bytes that hold nothing.
    Padding,
}

impl FieldKind {
    /// Whether the collector sees a tagged word here.
    #[must_use]
    pub const fn is_tagged(&self) -> bool {
        match self {
            FieldKind::Tagged(_)
            | FieldKind::Weak(_)
            | FieldKind::MaybeWeak(_)
            | FieldKind::Smi
            | FieldKind::SmiBits(_) => true,
            FieldKind::Struct(layout) => layout.is_tagged,
            FieldKind::Raw(_) | FieldKind::Bits(_) | FieldKind::External(_) | FieldKind::Padding => false,
        }
    }

    /// Whether it is a struct whose key keeps its values alive.
    #[must_use]
    pub const fn is_ephemeron(&self) -> bool {
        matches!(self, FieldKind::Struct(StructLayout { is_ephemeron: true, .. }))
    }

    /// Whether the collector may find a pointer here.
    #[must_use]
    pub const fn may_hold_pointer(&self) -> bool {
        match self {
            FieldKind::Tagged(_) | FieldKind::Weak(_) | FieldKind::MaybeWeak(_) => true,
            FieldKind::Struct(layout) => layout.may_hold_pointer(),
            _ => false,
        }
    }
}

impl FieldKind {
    /// The alignment in a class declared with one: 8 raw bytes are aligned to 8, all else as ever.
    pub(super) const fn natural_align(&self, size: PerWidth, align: PerWidth) -> PerWidth {
        match self {
            FieldKind::Raw(_) | FieldKind::Bits(_) | FieldKind::External(_) if size.compressed == 8 => size,
            _ => align,
        }
    }

    /// Whether it can hold the number of a tail's elements where the collector reads it by itself.
    pub(super) const fn is_word_length(&self) -> bool {
        matches!(self, FieldKind::Smi | FieldKind::Raw(RawKind::U32 | RawKind::I32))
    }
}

/// The memory order of a field's accessors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Access {
    /// For the thread that has entered the isolate.
    Plain,
    /// Relaxed atomics.
    Relaxed,
    /// Loads acquire, stores release.
    AcquireRelease,
    /// Sequentially consistent.
    SeqCst,
}

/// What a declaration says of a field, before it is placed. Made by the macros.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub(super) name: &'static str,
    pub(super) type_name: &'static str,
    pub(super) doc: &'static str,
    pub(super) line: u32,
    pub(super) kind: FieldKind,
    pub(super) size: PerWidth,
    pub(super) align: PerWidth,
    pub(super) constant: bool,
    pub(super) access: Access,
    pub(super) splice: Option<&'static str>,
}

impl FieldSpec {
    const fn new(name: &'static str, kind: FieldKind, size: PerWidth, align: PerWidth) -> FieldSpec {
        FieldSpec {
            name,
            type_name: "",
            doc: "",
            line: 0,
            kind,
            size,
            align,
            constant: false,
            access: Access::Plain,
            splice: None,
        }
    }

    const fn word(name: &'static str, kind: FieldKind) -> FieldSpec {
        FieldSpec::new(name, kind, WORD, WORD)
    }

    const fn bytes(name: &'static str, kind: FieldKind, bytes: u32) -> FieldSpec {
        let size = PerWidth::both(bytes);
        FieldSpec::new(name, kind, size, size.min(WORD)) // V8's packing: natural, but never more than a tagged word
    }

    /// A strong tagged field.
    #[must_use]
    pub const fn tagged<U: TaggedType>(name: &'static str) -> FieldSpec {
        FieldSpec::word(name, FieldKind::Tagged(U::SET))
    }

    /// A weak field.
    #[must_use]
    pub const fn weak<U: TaggedType>(name: &'static str) -> FieldSpec {
        FieldSpec::word(name, FieldKind::Weak(U::SET))
    }

    /// A field that may be strong or weak.
    #[must_use]
    pub const fn maybe_weak<U: MaybeWeakType>(name: &'static str) -> FieldSpec {
        FieldSpec::word(name, FieldKind::MaybeWeak(U::SET))
    }

    /// A Smi field.
    #[must_use]
    pub const fn smi(name: &'static str) -> FieldSpec {
        FieldSpec::word(name, FieldKind::Smi)
    }

    /// A bit field held as a Smi.
    #[must_use]
    pub const fn smi_bits<B: SmiBitfield>(name: &'static str) -> FieldSpec {
        FieldSpec::word(name, FieldKind::SmiBits(B::LAYOUT))
    }

    /// A raw primitive.
    #[must_use]
    pub const fn raw<T: RawValue>(name: &'static str) -> FieldSpec {
        FieldSpec::bytes(name, FieldKind::Raw(T::KIND), T::KIND.size())
    }

    /// A bit field held in raw bytes.
    #[must_use]
    pub const fn bits<B: Bitfield>(name: &'static str) -> FieldSpec {
        FieldSpec::bytes(name, FieldKind::Bits(B::LAYOUT), B::LAYOUT.storage.size())
    }

    /// An address outside the heap.
    #[must_use]
    pub const fn external(name: &'static str, type_name: &'static str) -> FieldSpec {
        FieldSpec::bytes(name, FieldKind::External(type_name), 8)
    }

    /// A struct in the object.
    #[must_use]
    pub const fn inline<S: HeapStruct>(name: &'static str) -> FieldSpec {
        let mut spec = FieldSpec::new(name, FieldKind::Struct(S::LAYOUT), S::LAYOUT.size, S::LAYOUT.align);
        spec.constant = S::LAYOUT.is_constant();
        spec
    }

    /// Bytes that hold nothing, under both widths.
    #[must_use]
    #[track_caller]
    pub const fn padding(name: &'static str, bytes: usize) -> FieldSpec {
        FieldSpec::new(name, FieldKind::Padding, PerWidth::both(padding_bytes(bytes)), BYTE)
    }

    /// Bytes that hold nothing, with full pointers only. Torque: `optional_padding`.
    #[must_use]
    #[track_caller]
    pub const fn optional_padding(name: &'static str, bytes: usize) -> FieldSpec {
        FieldSpec::new(name, FieldKind::Padding, PerWidth { compressed: 0, full: padding_bytes(bytes) }, BYTE)
    }

    /// The type as the declaration spells it, the line, and the doc comment.
    #[must_use]
    pub const fn written(mut self, type_name: &'static str, line: u32, doc: &'static str) -> FieldSpec {
        self.type_name = type_name;
        self.line = line;
        self.doc = doc;
        self
    }

    /// Declared `#[constant]`.
    #[must_use]
    pub const fn constant(mut self) -> FieldSpec {
        self.constant = true;
        self
    }

    /// Declared `#[splice = link]`.
    #[must_use]
    pub const fn splice(mut self, link: &'static str) -> FieldSpec {
        self.splice = Some(link);
        self
    }

    /// Declared with a memory order.
    #[must_use]
    pub const fn access(mut self, access: Access) -> FieldSpec {
        self.access = access;
        self
    }
}

const WORD: PerWidth = PerWidth::tagged(1);
const BYTE: PerWidth = PerWidth::both(1);

#[track_caller]
const fn padding_bytes(bytes: usize) -> u32 {
    assert!(
        bytes <= 4096,
        "padding of more than 4096 bytes: all fields of an object together have less. Put what is large into a tail"
    );
    bytes as u32
}

/// A field in its place.
#[derive(Clone, Copy, Debug)]
pub struct FieldLayout {
    /// The name in the declaration.
    pub name: &'static str,
    /// The type as the declaration spells it, such as `Tagged<(Str, Undefined)>`.
    pub type_name: &'static str,
    /// The doc comment, lines joined by `\n`; empty if there is none.
    pub doc: &'static str,
    /// The line of the declaration in [`ClassLayout::file`](super::ClassLayout::file).
    pub line: u32,
    /// What it holds.
    pub kind: FieldKind,
    /// Bytes from the object's start.
    pub offset: PerWidth,
    /// Bytes.
    pub size: PerWidth,
    /// The alignment it needs, in bytes.
    pub align: PerWidth,
    /// Whether it has no setter.
    pub constant: bool,
    /// The memory order of its accessors.
    pub access: Access,
    /// Of a weak field: the field of its referent that takes its place when the referent dies. V8: Torque's
    /// `@customWeakMarking`, with the visitor written by hand.
    pub splice: Option<&'static str>,
}

described!(struct FieldLayout {
    name, type_name, doc, line, kind, offset, size, align, constant, access, splice,
});
described!(struct TypeSet { members });
described!(
    enum Member {
        Any,
        Smi,
        None,
        Class(_),
        Weak(_),
    }
);
described!(
    enum RawKind {
        U8,
        U16,
        U32,
        U64,
        I8,
        I16,
        I32,
        I64,
        F32,
        F64,
        Bool,
    }
);
described!(
    enum FieldKind {
        Tagged(_),
        Weak(_),
        MaybeWeak(_),
        Smi,
        SmiBits(_),
        Raw(_),
        Bits(_),
        External(_),
        Struct(_),
        Padding,
    }
);
described!(
    enum Access {
        Plain,
        Relaxed,
        AcquireRelease,
        SeqCst,
    }
);
