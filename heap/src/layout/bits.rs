//! Bit fields and enums that live in them: the traits the macros implement, and their layout as data.

/// An enum that can stand in a bit field. Derive it with `#[derive(BitEnum)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a bit field",
    label = "neither an integer, a bool nor a `BitEnum`",
    note = "derive it: `#[derive(BitEnum, Clone, Copy)] #[repr(u8)] enum …`"
)]
pub trait BitEnum: Copy {
    /// Bits that the largest discriminant needs.
    const BITS: u32;
    /// Name and value of each variant.
    const VARIANTS: &'static [(&'static str, u64)];
}

/// A struct of bit fields in one integer. Made by [`#[bitfield]`](macro@crate::bitfield).
///
/// # Safety
///
/// `into_storage(from_storage(x)) == x` for every `x` below `2^BITS` of the storage, and `LAYOUT` names the storage
/// whose Rust type is `Storage`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bit field",
    label = "not declared with `#[bitfield]`",
    note = "declare it: `#[bitfield(u32)] struct {Self} {{ #[bits(1)] flag: bool, … }}`"
)]
pub unsafe trait Bitfield: Copy + 'static {
    /// The integer it is stored in.
    type Storage: crate::tagged::RawValue;
    /// Its fields, as data.
    const LAYOUT: &'static BitfieldLayout;
    /// From the raw integer.
    fn from_storage(bits: Self::Storage) -> Self;
    /// To the raw integer.
    fn into_storage(self) -> Self::Storage;
}

/// A bit field over `u31`, which fits a Smi under both pointer widths.
///
/// # Safety
///
/// `into_storage` is below 2³¹.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit a Smi",
    label = "its storage is not `u31`",
    note = "declare it with `#[bitfield(u31)]`, or write `Bits<{Self}>` for a raw field"
)]
pub unsafe trait SmiBitfield: Bitfield<Storage = u32> {}

/// The integer under a bit field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
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
    /// Its fields from bit 0 up, gaps included.
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
    /// How many bits.
    pub size: u32,
    /// What the bits mean.
    pub kind: BitKind,
    /// The line of the declaration.
    pub line: u32,
}

/// What the bits of a field mean.
#[derive(Clone, Copy, Debug)]
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
    /// Bits that must stay zero.
    Gap,
}

/// A value that does not fit its bit field, or bits that are no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitfieldError {
    /// The value has more bits than the field.
    #[error("{value} does not fit `{field}`: at most {maximum}")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// The value, as an unsigned number.
        value: u64,
        /// The largest that fits.
        maximum: u64,
    },
    /// A signed value outside the field's range.
    #[error("{value} does not fit `{field}`: {minimum} to {maximum}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The value.
        value: i64,
        /// The smallest that fits.
        minimum: i64,
        /// The largest that fits.
        maximum: i64,
    },
    /// The bits name no variant of the field's enum.
    #[error("{bits:#b} is no variant of `{field}`")]
    NoVariant {
        /// The field.
        field: &'static str,
        /// The bits.
        bits: u64,
    },
    /// A bit outside all fields is set.
    #[error("bits {bits:#x} of `{bitfield}` are reserved and must be zero")]
    Reserved {
        /// The struct.
        bitfield: &'static str,
        /// The offending bits, in place.
        bits: u64,
    },
}

/// Prints names and values: what `Debug` of a bit field does. Bits that are no variant of an enum print as a number.
///
/// # Errors
///
/// If the formatter fails.
pub fn debug_bits(layout: &BitfieldLayout, value: u64, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
    write!(f, "{} {{", layout.name)?;
    let mut separator = " ";
    for field in layout.fields {
        let unused = 64 - field.size;
        let part = (value >> field.shift) << unused >> unused;
        if matches!(field.kind, BitKind::Gap) {
            continue;
        }
        write!(f, "{separator}{}: ", field.name)?;
        separator = ", ";
        match field.kind {
            BitKind::Bool => write!(f, "{}", part != 0)?,
            BitKind::Signed => write!(f, "{}", (part << unused) as i64 >> unused)?,
            BitKind::Nested(nested) => debug_bits(nested, part, f)?,
            BitKind::Enum(names) => match names.iter().find(|(_, v)| *v == part) {
                Some((name, _)) => f.write_str(name)?,
                None => write!(f, "{part}")?,
            },
            BitKind::Unsigned | BitKind::Gap => write!(f, "{part}")?,
        }
    }
    f.write_str(" }")
}

/// What an enum's field holds in a new bit field: zero if that is a variant, else the first one's value.
#[must_use]
pub const fn first_bits<E: BitEnum>() -> u64 {
    let mut i = 0;
    while i < E::VARIANTS.len() {
        if E::VARIANTS[i].1 == 0 {
            return 0;
        }
        i += 1;
    }
    E::VARIANTS[0].1
}
