//! What generated code calls where a type lacks the functions of a bit enum, a bit field or a flag set.
//!
//! Generated code calls `Type::from_bits(…)` and its kin, which are inherent `const fn`s: there are no `const` traits.
//! If the type has none, rustc would report each call, beside the missing trait that is the mistake. With these traits
//! imported the calls resolve, and that one error remains: it stops rustc before it sees that they are not `const`.
//! Inherent functions come first, so nothing here is ever called.

use super::error::BitfieldError;

/// For types that are no `BitEnum`.
#[allow(missing_docs)] // the names say it
pub trait NoBitEnum: Sized {
    #[must_use]
    fn from_bits(_: u64) -> Option<Self> {
        unreachable!()
    }
    #[must_use]
    fn into_bits(self) -> u64 {
        unreachable!()
    }
}

impl<T> NoBitEnum for T {}

/// For types that are no `Bitfield`.
#[allow(missing_docs)] // the names say it
pub trait NoBitfield: Sized {
    #[must_use]
    fn new() -> Self {
        unreachable!()
    }
    #[must_use]
    fn from_bits(_: u64) -> Self {
        unreachable!()
    }
    fn try_from_bits(_: u64) -> Result<Self, BitfieldError> {
        unreachable!()
    }
    #[must_use]
    fn into_bits(self) -> u64 {
        unreachable!()
    }
}

impl<T> NoBitfield for T {}

/// For types that are no `FlagSet`.
#[allow(missing_docs)] // the names say it
pub trait NoFlagSet: Sized {
    #[must_use]
    fn all() -> Self {
        unreachable!()
    }
    #[must_use]
    fn from_bits_retain(_: u64) -> Self {
        unreachable!()
    }
    #[must_use]
    fn bits(&self) -> u64 {
        unreachable!()
    }
}

impl<T> NoFlagSet for T {}
