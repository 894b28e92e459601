//! The layout of a bit field as data.

use crate::debugger::{Described, DescribedTable, FieldTable, Shape, Table, described};

/// The integer under a bit field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
#[repr(u8)]
pub enum BitStorage {
    U8,
    U16,
    U32,
    U64,
    /// 31 bits in a `u32`: fits a Smi.
    U31,
}

impl BitStorage {
    /// Bits that fields may use.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            BitStorage::U8 => 8,
            BitStorage::U16 => 16,
            BitStorage::U32 => 32,
            BitStorage::U64 => 64,
            BitStorage::U31 => 31,
        }
    }

    /// Bytes as a raw field.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            BitStorage::U8 => 1,
            BitStorage::U16 => 2,
            BitStorage::U32 | BitStorage::U31 => 4,
            BitStorage::U64 => 8,
        }
    }

    /// The word in `#[bitfield(…)]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            BitStorage::U8 => "u8",
            BitStorage::U16 => "u16",
            BitStorage::U32 => "u32",
            BitStorage::U64 => "u64",
            BitStorage::U31 => "u31",
        }
    }
}

/// A whole bit field struct.
#[derive(Debug)]
pub struct BitfieldLayout {
    /// The struct's name.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// The module that declares it.
    pub module_path: &'static str,
    /// The file that declares it.
    pub file: &'static str,
    /// The line of its name.
    pub line: u32,
    /// The integer under it.
    pub storage: BitStorage,
    /// Its fields from bit 0 up, gaps included. Bits that no field covers are reserved.
    pub fields: &'static [BitLayout],
}

/// One field of a bit field.
#[derive(Clone, Copy, Debug)]
pub struct BitLayout {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// The lowest bit.
    pub shift: u32,
    /// How many bits; of an array, those of all elements.
    pub size: u32,
    /// How many elements share the bits evenly, if the field is an array.
    pub len: Option<u32>,
    /// What the bits mean; of an array, those of each element.
    pub kind: BitKind,
    /// The line of the declaration.
    pub line: u32,
}

impl BitLayout {
    /// Bits of the value, or of one element of an array.
    #[must_use]
    pub const fn element_size(&self) -> u32 {
        match self.len {
            Some(len) => self.size / len,
            None => self.size,
        }
    }

    /// The bit after the last.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.shift + self.size
    }
}

/// What the bits of a field mean.
#[derive(Clone, Copy, Debug)]
#[repr(C, u8)]
pub enum BitKind {
    /// One bit, or more of which one is used.
    Bool,
    /// An unsigned integer.
    Unsigned,
    /// A signed integer in two's complement.
    Signed,
    /// One of these names.
    Enum(&'static [(&'static str, u64)]),
    /// A bit field in a bit field.
    Nested(&'static BitfieldLayout),
    /// A set of the flags of these names; a value may have several bits.
    Flags(&'static [(&'static str, u64)]),
    /// Bits that must stay zero: reserved.
    Gap,
    /// Bits that may be anything and are kept.
    Ignored,
}

/// A name and its bits.
pub(crate) type NamedValue = (&'static str, u64);

impl Described for NamedValue {
    const SHAPE: Shape = Shape::Named("NamedValue");
}

impl DescribedTable for NamedValue {
    const TABLE: Table = Table::Struct {
        name: "NamedValue",
        size: size_of::<NamedValue>(),
        fields: &[
            FieldTable { name: "name", offset: core::mem::offset_of!(NamedValue, 0), shape: Shape::Str },
            FieldTable { name: "value", offset: core::mem::offset_of!(NamedValue, 1), shape: u64::SHAPE },
        ],
    };
}

described!(
    enum BitStorage {
        U8,
        U16,
        U32,
        U64,
        U31,
    }
);
described!(struct BitfieldLayout { name, doc, module_path, file, line, storage, fields });
described!(struct BitLayout { name, doc, shift, size, len, kind, line });
described!(
    enum BitKind {
        Bool,
        Unsigned,
        Signed,
        Enum(_),
        Nested(_),
        Flags(_),
        Gap,
        Ignored,
    }
);
