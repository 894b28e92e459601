//! What a `#[bitfield]` declaration says.

use crate::attrs::Decor;
use crate::names::plain;
use proc_macro2::{Ident, Span};
use syn::{Type, Visibility};

/// The integer under the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    U8,
    U16,
    U31,
    U32,
    U64,
}

impl Storage {
    /// All, smallest first.
    pub(super) const ALL: [Storage; 5] = [Storage::U8, Storage::U16, Storage::U31, Storage::U32, Storage::U64];

    /// The word in `#[bitfield(…)]`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Storage::U8 => "u8",
            Storage::U16 => "u16",
            Storage::U31 => "u31",
            Storage::U32 => "u32",
            Storage::U64 => "u64",
        }
    }

    /// Bits that fields may use.
    pub(super) fn bits(self) -> u32 {
        match self {
            Storage::U8 => 8,
            Storage::U16 => 16,
            Storage::U31 => 31,
            Storage::U32 => 32,
            Storage::U64 => 64,
        }
    }

    /// The Rust type.
    pub(super) fn rust(self) -> &'static str {
        match self {
            Storage::U31 => "u32",
            other => other.word(),
        }
    }

    /// The smallest that has so many bits.
    pub(super) fn for_bits(bits: u32) -> Option<Storage> {
        Storage::ALL.into_iter().find(|storage| storage.bits() >= bits)
    }
}

/// A declaration; `F` is [`Declared`] as it is parsed and [`Placed`] once checked.
pub(super) struct Bitfield<F> {
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) storage: Storage,
    /// As declared; once placed, from bit 0 up.
    pub(super) fields: Vec<F>,
}

/// Bits, before their position is known.
pub(super) struct Declared {
    /// How many, of an array those of all elements; not 0.
    pub(super) size: u32,
    /// Where they begin, if the declaration says it; else they follow the field before.
    pub(super) at: Option<At>,
    /// Where to report that they are too many.
    pub(super) span: Span,
    pub(super) content: Content,
}

/// `at = 10`.
pub(super) struct At {
    pub(super) bit: u32,
    pub(super) span: Span,
}

/// Bits in their place.
pub(super) struct Placed {
    /// The lowest bit.
    pub(super) shift: u32,
    /// How many, of an array those of all elements.
    pub(super) size: u32,
    pub(super) span: Span,
    pub(super) content: Content,
}

/// What the bits are for.
pub(super) enum Content {
    /// Nothing. They must be zero, or are ignored.
    Gap { decor: Decor, ignored: bool },
    /// A named value.
    Field(Field),
}

impl Content {
    /// What messages call it.
    pub(super) fn name(&self) -> String {
        match self {
            Content::Gap { .. } => "this gap".to_owned(),
            Content::Field(field) => format!("`{}`", plain(&field.ident)),
        }
    }

    /// Whether the bits must be zero.
    pub(super) fn is_reserved(&self) -> bool {
        matches!(self, Content::Gap { ignored: false, .. })
    }
}

/// A named value in some bits.
pub(super) struct Field {
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// The type of the value; of an array, that of an element.
    pub(super) ty: Type,
    pub(super) kind: Kind,
    /// How many elements, if it is an array.
    pub(super) len: Option<u32>,
}

/// How the bits encode the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    /// An unsigned integer whose type has so many bits.
    Unsigned(u32),
    /// A signed integer whose type has so many bits, in two's complement.
    Signed(u32),
    /// A `BitEnum`.
    Enum,
    /// Another `#[bitfield]`.
    Nested,
    /// A type made by `bitflags!`.
    Flags,
}

impl Kind {
    /// Whether some bits are no value of the type.
    pub(super) fn is_partial(self) -> bool {
        matches!(self, Kind::Enum | Kind::Nested | Kind::Flags)
    }
}
