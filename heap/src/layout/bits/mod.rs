//! Bit fields and what lives in them: the traits the macros implement, and their layout as data.
//!
//! **Owns** the traits ([`Bitfield`], [`BitEnum`], [`FlagSet`]), the layout ([`BitfieldLayout`]), the errors, the word
//! that several threads share ([`AtomicBits`]) and items packed into words ([`BitSetComputer`]).
//!
//! **Promises** that whatever the macros generate is small: what can be said once for all bit fields is said here.

mod array;
mod atomic;
mod data;
mod debug;
mod error;
mod flags;
mod list;
mod set;
mod stand_ins;
mod word;

pub use array::{checked_element_shift, element_shift, first_bits, repeat};
pub use atomic::AtomicBits;
pub(crate) use data::NamedValue;
pub use data::{BitKind, BitLayout, BitStorage, BitfieldLayout};
pub(crate) use debug::debug_bit_value;
pub use debug::debug_bits;
pub use error::BitfieldError;
pub use flags::{FlagSet, check_flags_fit};
pub use list::{BitsBefore, bits_after, check_bits_follow};
pub use set::BitSetComputer;
pub use stand_ins::{NoBitEnum, NoBitfield, NoFlagSet};
pub use word::BitWord;

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
/// whose Rust type is `Storage`. `Self` is `#[repr(transparent)]` over `Storage`, holds no other bits than those, and
/// both functions keep them as they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a bit field",
    label = "not declared with `#[bitfield]`",
    note = "declare it: `#[bitfield(u32)] struct {Self} {{ #[bits(1)] flag: bool, … }}`"
)]
pub unsafe trait Bitfield: Copy + 'static {
    /// The integer it is stored in.
    type Storage: crate::tagged::RawValue + BitWord;
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
