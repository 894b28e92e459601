//! The integers that bits are packed into.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

mod sealed {
    pub trait Sealed {}
}

/// An integer that bits are packed into: `u8`, `u16`, `u32` or `u64`.
///
/// # Safety
///
/// `Atomic` has the size and the validity of `Self`. Sealed.
pub unsafe trait BitWord: Copy + sealed::Sealed + 'static {
    /// How many bits it has.
    const BITS: u32;
    /// The same integer, shared between threads.
    #[doc(hidden)]
    type Atomic: Send + Sync;

    #[doc(hidden)]
    fn to_u64(self) -> u64;
    #[doc(hidden)]
    fn load(atomic: &Self::Atomic, order: Ordering) -> Self;
    #[doc(hidden)]
    fn store(atomic: &Self::Atomic, word: Self, order: Ordering);
    #[doc(hidden)]
    fn swap(atomic: &Self::Atomic, word: Self, order: Ordering) -> Self;
    #[doc(hidden)]
    fn compare_exchange(
        atomic: &Self::Atomic,
        current: Self,
        new: Self,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Self, Self>;
    #[doc(hidden)]
    fn compare_exchange_weak(
        atomic: &Self::Atomic,
        current: Self,
        new: Self,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Self, Self>;
    #[doc(hidden)]
    fn into_inner(atomic: Self::Atomic) -> Self;
}

macro_rules! words {
    ($($word:ty, $atomic:ty;)*) => { $(
        impl sealed::Sealed for $word {}

        // SAFETY: the standard library promises it of its atomics.
        unsafe impl BitWord for $word {
            const BITS: u32 = <$word>::BITS;
            type Atomic = $atomic;

            #[inline]
            fn to_u64(self) -> u64 {
                u64::from(self)
            }

            #[inline]
            fn load(atomic: &$atomic, order: Ordering) -> $word {
                atomic.load(order)
            }

            #[inline]
            fn store(atomic: &$atomic, word: $word, order: Ordering) {
                atomic.store(word, order);
            }

            #[inline]
            fn swap(atomic: &$atomic, word: $word, order: Ordering) -> $word {
                atomic.swap(word, order)
            }

            #[inline]
            fn compare_exchange(
                atomic: &$atomic,
                current: $word,
                new: $word,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$word, $word> {
                atomic.compare_exchange(current, new, success, failure)
            }

            #[inline]
            fn compare_exchange_weak(
                atomic: &$atomic,
                current: $word,
                new: $word,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$word, $word> {
                atomic.compare_exchange_weak(current, new, success, failure)
            }

            #[inline]
            fn into_inner(atomic: $atomic) -> $word {
                atomic.into_inner()
            }
        }
    )* };
}
words! {
    u8, AtomicU8;
    u16, AtomicU16;
    u32, AtomicU32;
    u64, AtomicU64;
}
