//! Owns [`LinearAllocationArea`]: a run of free memory that objects are cut from by moving one pointer. Promises that what is
//! cut off lies between `top` and `limit` and is cut off once. Does not know what is made of it.

use super::AllocationAlignment;
use super::filler::FillerMaps;
use crate::debugger::described;
use crate::memory::{AddressRegion, prefetch};
use core::cell::Cell;

/// How far ahead of what is cut off memory is fetched into the cache, in bytes: what will be cut off next is written then, and a store
/// that misses holds up those behind it. Measured with `gcbench`: 1024 is nearly as good, 512 half as good.
const FETCHED_AHEAD: usize = 2048;

/// The lower half of all addresses has so many bytes.
const HALF: usize = isize::MAX as usize + 1;

/// Free memory from `top` up to `limit`. V8: `LinearAllocationArea`.
///
/// Each space has one, to allocate without a search. All numbers are in bytes, and nothing is rounded: who wants aligned
/// objects asks for aligned sizes.
///
/// ```
/// use heapwright::memory::AddressRegion;
/// use heapwright::spaces::LinearAllocationArea;
///
/// let area = LinearAllocationArea::new(AddressRegion::new(0x4_0000, 64));
/// assert_eq!(area.allocate(24), Some(0x4_0000));
/// assert_eq!(area.allocate(40), Some(0x4_0018));
/// assert_eq!((area.allocate(8), area.available()), (None, 0));
/// ```
#[derive(Debug, Default)]
#[repr(C)]
pub struct LinearAllocationArea {
    top: Cell<usize>,
    limit: Cell<usize>,
    /// What lies from here up to `top` was cut off and is not counted yet. V8: `start`.
    start: Cell<usize>,
    /// Bytes that were cut off areas before this one and are not counted yet.
    cut_before: Cell<usize>,
}

impl LinearAllocationArea {
    /// Where generated code finds the two words.
    pub(crate) const TOP_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, top);
    pub(crate) const LIMIT_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, limit);

    /// All of `region` is free.
    ///
    /// # Panics
    ///
    /// If it reaches beyond the lower half of all addresses, where no process has memory.
    #[must_use]
    #[track_caller]
    pub fn new(region: AddressRegion) -> Self {
        assert!(region.end() <= HALF, "a region that ends at {:#x} is in the half of the system", region.end());
        let area = Self::default();
        area.reset(region.begin(), region.end());
        area
    }
}

impl LinearAllocationArea {
    /// The first free address: that of the next object.
    #[inline]
    #[must_use]
    pub fn top(&self) -> usize {
        self.top.get()
    }

    /// The first address that is not the area's.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Goes on with another area, or with the same one as far as `limit`.
    pub(crate) fn reset(&self, top: usize, limit: usize) {
        self.cut_before.set(self.cut());
        self.start.set(top);
        self.top.set(top);
        self.limit.set(limit);
    }

    /// Takes back what was cut off last, from `address` on.
    pub(crate) fn give_back(&self, address: usize) {
        debug_assert!(self.start.get() <= address && address <= self.top.get());
        self.top.set(address);
    }

    /// Bytes that were cut off since they were last [taken](Self::take_cut).
    pub(crate) fn cut(&self) -> usize {
        self.cut_before.get().wrapping_add(self.top.get() - self.start.get())
    }

    /// The same, to be counted now.
    pub(crate) fn take_cut(&self) -> usize {
        let cut = self.cut();
        self.cut_before.set(0);
        self.start.set(self.top.get());
        cut
    }

    /// Does not count `bytes` that were cut off since that was last done, for nothing was made of them.
    pub(crate) fn discount(&self, bytes: usize) {
        // May go below zero, but not together with what lies below `top`.
        self.cut_before.set(self.cut_before.get().wrapping_sub(bytes));
    }

    /// Bytes left.
    #[inline]
    #[must_use]
    pub fn available(&self) -> usize {
        self.limit.get() - self.top.get()
    }

    /// Cuts off `size` bytes below `end`, which is not above the limit.
    #[inline(always)]
    pub(crate) fn allocate_below(&self, end: usize, size: usize) -> Option<usize> {
        let top = self.top.get();
        debug_assert!(top <= end && end <= self.limit.get());
        // The sum does not wrap: areas end in the lower half of all addresses. A size known at compile time is not compared with that.
        let new_top = top.wrapping_add(size);
        if size < HALF && new_top <= end {
            self.top.set(new_top);
            prefetch(top.wrapping_add(FETCHED_AHEAD));
            Some(top)
        } else {
            None
        }
    }

    /// Cuts off `size` bytes, and gives their address: the fast path of all allocation. `None`, and nothing changes, if less
    /// is left.
    #[inline(always)]
    pub fn allocate(&self, size: usize) -> Option<usize> {
        self.allocate_below(self.limit.get(), size)
    }

    /// The same for an object of that alignment, with a filler before it if need be. V8: `AlignedAllocate`,
    /// `PrecedeWithFiller`.
    #[inline(always)]
    pub(crate) fn allocate_aligned_below(
        &self,
        end: usize,
        size: usize,
        alignment: AllocationAlignment,
        fillers: FillerMaps,
    ) -> Option<usize> {
        let fill = alignment.fill(self.top.get());
        let start = self.allocate_below(end, fill + size)?;
        if fill > 0 {
            // SAFETY: free bytes of a space, just cut off.
            unsafe { fillers.fill(start, fill) };
        }
        Some(start + fill)
    }

    /// The same as [`allocate`](Self::allocate) for an object of that alignment.
    #[inline(always)]
    pub(crate) fn allocate_aligned(
        &self,
        size: usize,
        alignment: AllocationAlignment,
        fillers: FillerMaps,
    ) -> Option<usize> {
        self.allocate_aligned_below(self.limit.get(), size, alignment, fillers)
    }
}

described!(struct LinearAllocationArea { top, limit } skip { start, cut_before });
