//! A bit field that several threads share.

use super::Bitfield;
use super::debug::debug_bits;
use super::word::BitWord;
use core::fmt;
use core::sync::atomic::Ordering;

type Atomic<B> = <<B as Bitfield>::Storage as BitWord>::Atomic;

/// A [bit field](macro@crate::bitfield) that several threads share: a word of plain Rust memory, outside the heap.
///
/// A field is changed by [`update`](Self::update), which reads the word, changes the copy, and writes it back if no
/// other thread wrote in between, else begins again. So setting one field never disturbs its neighbours, whichever
/// threads set them at the same time. [`store`](Self::store) and [`swap`](Self::swap) replace all fields at once.
/// V8's bit fields have no atomic form.
///
/// ```
/// use heapwright::{AtomicBits, prelude::*};
///
/// /// What a worker says about itself.
/// #[bitfield(u32)]
/// pub struct Status {
///     /// Whether it is asleep.
///     pub is_idle: bool,
///     /// Jobs done, modulo 256.
///     #[bits(8)]
///     pub jobs: u8,
/// }
///
/// static STATUS: AtomicBits<Status> = AtomicBits::new(Status::new().with_is_idle(true));
///
/// let (old, new) = STATUS.update(|status| status.with_jobs(status.jobs().wrapping_add(1)));
/// assert_eq!((old.jobs(), new.jobs(), new.is_idle()), (0, 1, true));
/// ```
///
/// # Memory orders
///
/// Every function that takes an [`Ordering`] gives it the meaning, and has the panics, of the function of the same
/// name of [`AtomicU32`](core::sync::atomic::AtomicU32). `update` and `try_update` read with acquire and write with
/// release order: who sees a field that another thread set with them also sees what that thread wrote before.
/// `update_relaxed` orders nothing but the word itself: right for counters and flags that publish no other memory.
#[repr(transparent)]
pub struct AtomicBits<B: Bitfield> {
    word: Atomic<B>,
}

impl<B: Bitfield> AtomicBits<B> {
    /// With these bits.
    #[inline]
    #[must_use]
    pub const fn new(bits: B) -> Self {
        const { assert!(size_of::<B>() == size_of::<Atomic<B>>()) }
        // SAFETY: by `Bitfield`'s contract `B` is transparent over its storage, and by `BitWord`'s the atomic has
        // the size and validity of that storage. `B` is `Copy`: nothing is dropped twice.
        AtomicBits { word: unsafe { core::mem::transmute_copy::<B, Atomic<B>>(&bits) } }
    }

    /// All fields as they are now.
    ///
    /// # Panics
    ///
    /// If the order is `Release` or `AcqRel`.
    #[inline]
    #[must_use]
    pub fn load(&self, order: Ordering) -> B {
        B::from_storage(<B::Storage as BitWord>::load(&self.word, order))
    }

    /// Replaces all fields.
    ///
    /// # Panics
    ///
    /// If the order is `Acquire` or `AcqRel`.
    #[inline]
    pub fn store(&self, bits: B, order: Ordering) {
        <B::Storage as BitWord>::store(&self.word, bits.into_storage(), order);
    }

    /// Replaces all fields and returns what they were.
    #[inline]
    pub fn swap(&self, bits: B, order: Ordering) -> B {
        B::from_storage(<B::Storage as BitWord>::swap(&self.word, bits.into_storage(), order))
    }

    /// Replaces all fields by `new` if they are `current`, bit for bit.
    ///
    /// # Errors
    ///
    /// If they are not; with what they are.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`.
    #[inline]
    pub fn compare_exchange(&self, current: B, new: B, success: Ordering, failure: Ordering) -> Result<B, B> {
        let (current, new) = (current.into_storage(), new.into_storage());
        match <B::Storage as BitWord>::compare_exchange(&self.word, current, new, success, failure) {
            Ok(old) => Ok(B::from_storage(old)),
            Err(found) => Err(B::from_storage(found)),
        }
    }

    /// Changes fields: applies `change` until no other thread has changed the word meanwhile. Returns the bits before
    /// and after. Acquires and releases.
    ///
    /// `change` may run several times; it should do nothing but compute.
    #[inline]
    pub fn update(&self, mut change: impl FnMut(B) -> B) -> (B, B) {
        match self.exchange(Ordering::AcqRel, Ordering::Acquire, |bits| Some(change(bits))) {
            Ok(both) => both,
            Err(_) => unreachable!("a change that always changes"),
        }
    }

    /// [`update`](Self::update) with relaxed order.
    #[inline]
    pub fn update_relaxed(&self, mut change: impl FnMut(B) -> B) -> (B, B) {
        match self.exchange(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(change(bits))) {
            Ok(both) => both,
            Err(_) => unreachable!("a change that always changes"),
        }
    }

    /// [`update`](Self::update), unless `change` says `None`: a test and a change in one step.
    ///
    /// ```
    /// # use heapwright::{AtomicBits, prelude::*};
    /// # #[bitfield(u8)] struct Status { is_claimed: bool }
    /// let status = AtomicBits::new(Status::new());
    /// let claim = || status.try_update(|s| (!s.is_claimed()).then(|| s.with_is_claimed(true))).is_ok();
    /// assert!(claim());
    /// assert!(!claim());
    /// ```
    ///
    /// # Errors
    ///
    /// If `change` says `None`; with the bits it was given. Those were read with acquire order.
    #[inline]
    pub fn try_update(&self, change: impl FnMut(B) -> Option<B>) -> Result<(B, B), B> {
        self.exchange(Ordering::AcqRel, Ordering::Acquire, change)
    }

    #[inline]
    fn exchange(
        &self,
        success: Ordering,
        failure: Ordering,
        mut change: impl FnMut(B) -> Option<B>,
    ) -> Result<(B, B), B> {
        let mut word = <B::Storage as BitWord>::load(&self.word, failure);
        loop {
            let old = B::from_storage(word);
            let Some(new) = change(old) else { return Err(old) };
            let stored = new.into_storage();
            match <B::Storage as BitWord>::compare_exchange_weak(&self.word, word, stored, success, failure) {
                Ok(_) => return Ok((old, new)),
                Err(found) => word = found,
            }
        }
    }

    /// The bits, once no other thread shares them.
    #[inline]
    #[must_use]
    pub fn into_inner(self) -> B {
        B::from_storage(<B::Storage as BitWord>::into_inner(self.word))
    }
}

impl<B: Bitfield + Default> Default for AtomicBits<B> {
    #[inline]
    fn default() -> Self {
        AtomicBits::new(B::default())
    }
}

impl<B: Bitfield> From<B> for AtomicBits<B> {
    #[inline]
    fn from(bits: B) -> Self {
        AtomicBits::new(bits)
    }
}

impl<B: Bitfield> fmt::Debug for AtomicBits<B> {
    /// The fields, read with relaxed order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_bits(B::LAYOUT, self.load(Ordering::Relaxed).into_storage().to_u64(), f)
    }
}
