//! Small integers: integers that stand in a tagged word themselves.

use super::word::{TAGGED_SIZE, Word};

/// Bits to the left of a Smi's value.
const SHIFT: u32 = if TAGGED_SIZE == 4 { 1 } else { 32 };

/// A small integer: 31 bits under `pointer-compression`, else 32. V8: `Smi`.
///
/// ```
/// use heapwright::{Smi, smi};
/// assert_eq!(smi(-7).value(), -7);
/// assert_eq!(Smi::try_new(i64::MAX).unwrap_err().value, i64::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Smi(i32);

/// An integer outside the range of a Smi.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} does not fit a Smi ({} to {})", Smi::MIN.0, Smi::MAX.0)]
pub struct SmiError {
    /// The integer.
    pub value: i64,
}

impl Smi {
    /// Bits of the value. V8: `kSmiValueSize`.
    pub const BITS: u32 = if TAGGED_SIZE == 4 { 31 } else { 32 };
    /// The largest Smi.
    pub const MAX: Smi = Smi((1_i64 << (Smi::BITS - 1)).wrapping_sub(1) as i32);
    /// The smallest Smi.
    pub const MIN: Smi = Smi((-1_i64 << (Smi::BITS - 1)) as i32);
    /// Zero.
    pub const ZERO: Smi = Smi(0);

    /// A Smi of that value.
    ///
    /// # Panics
    ///
    /// If it does not fit.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new(value: i32) -> Smi {
        assert!(Smi::try_new(value as i64).is_ok(), "integer does not fit a Smi");
        Smi(value)
    }

    /// A Smi of that value, or an error that names it.
    ///
    /// # Errors
    ///
    /// If it does not fit.
    #[inline]
    pub const fn try_new(value: i64) -> Result<Smi, SmiError> {
        if value >= Smi::MIN.0 as i64 && value <= Smi::MAX.0 as i64 {
            Ok(Smi(value as i32))
        } else {
            Err(SmiError { value })
        }
    }

    /// The integer.
    #[inline]
    #[must_use]
    pub const fn value(self) -> i32 {
        self.0
    }

    #[inline]
    pub(crate) const fn to_word(self) -> Word {
        // As an unsigned word: under compression the upper half stays zero.
        Word::from_bits(if TAGGED_SIZE == 4 { (self.0 << SHIFT) as u32 as usize } else { (self.0 as usize) << SHIFT })
    }

    /// The Smi in a word that holds one.
    #[inline]
    pub(crate) const fn from_word(word: Word) -> Smi {
        Smi(if TAGGED_SIZE == 4 { word.bits() as i32 >> SHIFT } else { (word.bits() as i64 >> SHIFT) as i32 })
    }
}

/// Shorthand for [`Smi::new`].
///
/// # Panics
///
/// If `value` does not fit a Smi.
#[inline]
#[must_use]
#[track_caller]
pub const fn smi(value: i32) -> Smi {
    Smi::new(value)
}

impl core::fmt::Debug for Smi {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::fmt::Display for Smi {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Smi> for i32 {
    fn from(smi: Smi) -> i32 {
        smi.0
    }
}

impl TryFrom<i64> for Smi {
    type Error = SmiError;
    fn try_from(value: i64) -> Result<Smi, SmiError> {
        Smi::try_new(value)
    }
}

impl TryFrom<usize> for Smi {
    type Error = SmiError;
    fn try_from(value: usize) -> Result<Smi, SmiError> {
        Smi::try_new(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// Integers that the setter of a Smi field takes: a [`Smi`] as it is, an `i32` after a check.
pub trait IntoSmi {
    /// The Smi.
    ///
    /// # Panics
    ///
    /// If the integer does not fit.
    #[track_caller]
    fn into_smi(self) -> Smi;
}

impl IntoSmi for Smi {
    #[inline]
    fn into_smi(self) -> Smi {
        self
    }
}

impl IntoSmi for i32 {
    #[inline]
    #[track_caller]
    fn into_smi(self) -> Smi {
        #[cold]
        #[inline(never)]
        #[track_caller]
        fn fail(value: i32) -> ! {
            panic!("{}", SmiError { value: i64::from(value) })
        }
        if !(Smi::MIN.0..=Smi::MAX.0).contains(&self) {
            fail(self);
        }
        Smi(self)
    }
}

macro_rules! narrow {
    ($($int:ty),*) => { $(
        impl From<$int> for Smi {
            #[inline]
            fn from(value: $int) -> Smi {
                Smi(i32::from(value))
            }
        }
        impl IntoSmi for $int {
            #[inline]
            fn into_smi(self) -> Smi {
                Smi::from(self)
            }
        }
    )* };
}
narrow!(u8, i8, u16, i16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_survives_the_word() {
        for value in [0, 1, -1, Smi::MAX.0, Smi::MIN.0, 12345, -99999] {
            let word = smi(value).to_word();
            assert!(word.is_smi());
            assert_eq!(Smi::from_word(word).value(), value);
            let near = 0x7700_0000_0000;
            assert_eq!(Smi::from_word(Word::decompress(word.compress(), near)).value(), value);
        }
        assert_eq!(i64::from(Smi::MAX.0), (1_i64 << (Smi::BITS - 1)) - 1);
        assert_eq!(i64::from(Smi::MIN.0), -(1_i64 << (Smi::BITS - 1)));
    }

    #[test]
    #[cfg(feature = "pointer-compression")]
    #[should_panic(expected = "1073741824 does not fit a Smi (-1073741824 to 1073741823)")]
    fn too_large_names_the_numbers() {
        (1_i32 << 30).into_smi();
    }
}
