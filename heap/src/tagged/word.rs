//! The encoding of one tagged word, and the cell that holds one in memory.

use crate::layout::PointerWidth;
use core::sync::atomic::Ordering;

/// Bytes of a tagged field: 4 under `pointer-compression`, else 8. V8: `kTaggedSize`.
pub const TAGGED_SIZE: usize = PointerWidth::CURRENT.tagged_size() as usize;

/// Address bits below the cage base.
pub(crate) const CAGE_MASK: usize = (1 << 32) - 1;

const TAG_MASK: usize = 3;
const STRONG_TAG: usize = 1;
const WEAK_TAG: usize = 3;

/// What a tagged field holds in memory.
#[cfg(feature = "pointer-compression")]
pub(crate) type RawTagged = u32;
/// What a tagged field holds in memory.
#[cfg(not(feature = "pointer-compression"))]
pub(crate) type RawTagged = usize;

#[cfg(feature = "pointer-compression")]
type AtomicTagged = core::sync::atomic::AtomicU32;
#[cfg(not(feature = "pointer-compression"))]
type AtomicTagged = core::sync::atomic::AtomicUsize;

/// A decompressed tagged word: a Smi, a whole tagged address, or a cleared weak reference.
///
/// Under pointer compression only the low 32 bits of a Smi mean anything; the others may hold the cage base, so
/// that decompression needs no branch.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Word(usize);

impl Word {
    /// A weak reference whose referent has died; also what a dead handle's slot holds.
    pub const CLEARED: Word = Word(WEAK_TAG);
    /// The Smi zero.
    pub const ZERO: Word = Word(0);

    #[inline]
    pub(crate) const fn from_bits(bits: usize) -> Word {
        Word(bits)
    }

    #[inline]
    pub(crate) const fn bits(self) -> usize {
        self.0
    }

    /// A strong reference to the object at `address`, a multiple of [`TAGGED_SIZE`].
    #[inline]
    pub(crate) const fn strong(address: usize) -> Word {
        debug_assert!(address & TAG_MASK == 0);
        Word(address.wrapping_add(STRONG_TAG)) // and back again is nothing: see `as_strong`
    }

    /// The same reference, weak.
    #[inline]
    pub(crate) const fn to_weak(self) -> Word {
        Word(self.0 | WEAK_TAG)
    }

    /// Whether it is a Smi.
    #[inline]
    #[must_use]
    pub const fn is_smi(self) -> bool {
        self.0 & 1 == 0
    }

    /// Whether it is a strong reference.
    #[inline]
    #[must_use]
    pub const fn is_strong(self) -> bool {
        self.0 & TAG_MASK == STRONG_TAG
    }

    /// Whether it is a weak reference, cleared or not.
    #[inline]
    #[must_use]
    pub const fn is_weak(self) -> bool {
        self.0 & TAG_MASK == WEAK_TAG
    }

    /// Whether it is a weak reference whose referent has died.
    #[inline]
    #[must_use]
    pub const fn is_cleared(self) -> bool {
        self.0 & CAGE_MASK == WEAK_TAG
    }

    /// The object's address, of a strong or weak reference that is not cleared.
    #[inline]
    pub(crate) const fn address(self) -> usize {
        self.0 & !TAG_MASK
    }

    /// The form kept in memory.
    #[inline]
    pub(crate) const fn compress(self) -> RawTagged {
        self.0 as RawTagged
    }

    /// From the form kept in memory, in the cage that `near` points into.
    #[inline]
    #[allow(clippy::unnecessary_cast)] // under one of the two widths
    pub(crate) const fn decompress(raw: RawTagged, near: usize) -> Word {
        if TAGGED_SIZE == 4 { Word((near & !CAGE_MASK) | raw as usize) } else { Word(raw as usize) }
    }

    /// Whether two words are the same Smi or the same reference of the same strength.
    #[inline]
    #[must_use]
    pub const fn same(self, other: Word) -> bool {
        self.compress() == other.compress()
    }

    /// The object it refers to.
    ///
    /// # Safety
    ///
    /// The word is a strong or uncleared weak reference to a live object of class `T` or below, and the caller
    /// bounds `'gc` so that no collection happens within it.
    #[inline]
    pub unsafe fn as_object<'gc, T>(self) -> &'gc T {
        // SAFETY: the caller's contract; the cage's provenance was exposed when it was reserved.
        unsafe { &*core::ptr::with_exposed_provenance::<T>(self.address()) }
    }

    /// The same of a reference that is known to be strong: its tag is part of the offset in the instruction that looks at the object,
    /// and costs none of its own.
    ///
    /// # Safety
    ///
    /// As for [`as_object`](Self::as_object), and the reference is strong.
    #[inline]
    pub(crate) unsafe fn as_strong<'gc, T>(self) -> &'gc T {
        debug_assert!(self.is_strong(), "{self:?} is not strong");
        // SAFETY: the caller's contract; the cage's provenance was exposed when it was reserved.
        unsafe { &*core::ptr::with_exposed_provenance::<T>(self.0.wrapping_sub(STRONG_TAG)) }
    }
}

impl core::fmt::Debug for Word {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Word({:#x})", self.0)
    }
}

/// A tagged word in an object. Accesses are atomic, so that marker threads may read while the mutator writes;
/// relaxed ones compile to plain loads and stores.
#[repr(transparent)]
pub struct TaggedCell(AtomicTagged);

impl TaggedCell {
    /// A cell outside the heap.
    #[cfg(test)]
    pub(super) fn zero() -> TaggedCell {
        TaggedCell(AtomicTagged::new(0))
    }

    /// The cell at an address inside the heap.
    ///
    /// # Safety
    ///
    /// `address` is that of a tagged word of an object, committed for as long as `'a`.
    #[inline]
    pub(crate) unsafe fn at<'a>(address: usize) -> &'a TaggedCell {
        // SAFETY: the caller's contract; the cage's provenance was exposed when it was reserved.
        unsafe { &*core::ptr::with_exposed_provenance::<TaggedCell>(address) }
    }

    /// The cell's address.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    #[inline]
    pub(crate) fn load_raw(&self) -> RawTagged {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn store_raw(&self, raw: RawTagged) {
        self.0.store(raw, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn load(&self, order: Ordering) -> Word {
        self.load_near(self.address(), order)
    }

    /// The same, completed from the address of another object of the cage.
    #[inline]
    pub(super) fn load_near(&self, near: usize, order: Ordering) -> Word {
        Word::decompress(self.0.load(order), near)
    }

    #[inline]
    pub(crate) fn store(&self, word: Word, order: Ordering) {
        self.0.store(word.compress(), order);
    }

    /// Stores a word and returns the one before, completed from `near` as in [`load_near`](Self::load_near).
    #[inline]
    pub(super) fn swap(&self, word: Word, near: usize, order: Ordering) -> Word {
        Word::decompress(self.0.swap(word.compress(), order), near)
    }

    /// Stores `new` if the cell holds `current`; what it held before.
    #[inline]
    pub(crate) fn compare_exchange(
        &self,
        current: Word,
        new: Word,
        near: usize,
        order: Ordering,
    ) -> Result<Word, Word> {
        let (current, new) = (current.compress(), new.compress());
        let complete = |raw| Word::decompress(raw, near);
        self.0.compare_exchange(current, new, order, on_failure(order)).map(complete).map_err(complete)
    }
}

/// The order of a compare-exchange that does not store: what `order` says of loads.
#[inline]
pub(super) const fn on_failure(order: Ordering) -> Ordering {
    match order {
        Ordering::AcqRel => Ordering::Acquire,
        Ordering::Release => Ordering::Relaxed,
        order => order,
    }
}
