//! What a `#[bitfield]` declaration says.

use crate::attrs::Decor;
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
    /// From bit 0 up.
    pub(super) fields: Vec<F>,
}

/// Bits, before their position is known.
pub(super) struct Declared {
    /// How many; not 0.
    pub(super) size: u32,
    /// Where to report that they are too many.
    pub(super) span: Span,
    pub(super) content: Content,
}

/// Bits in their place.
pub(super) struct Placed {
    /// The lowest bit.
    pub(super) shift: u32,
    pub(super) size: u32,
    pub(super) span: Span,
    pub(super) content: Content,
}

/// What the bits are for.
pub(super) enum Content {
    /// Nothing: they must be zero.
    Gap(Decor),
    /// A named value.
    Field(Field),
}

/// A named value in some bits.
pub(super) struct Field {
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) kind: Kind,
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
}
