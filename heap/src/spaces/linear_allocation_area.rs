//! A run of free memory that objects are cut from by moving one pointer.

use super::AllocationAlignment;
use super::filler::FillerMaps;
use crate::debugger::described;
use core::cell::Cell;

/// Free memory from `top` up to `limit`. V8: `LinearAllocationArea`.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct LinearAllocationArea {
    top: Cell<usize>,
    limit: Cell<usize>,
    /// What lies from here up to `top` was cut off and is not counted yet. V8: `start`.
    start: Cell<usize>,
    /// Bytes that were cut off areas before this one and are not counted yet.
    cut_before: Cell<usize>,
}

impl LinearAllocationArea {
    #[inline]
    pub(crate) fn top(&self) -> usize {
        self.top.get()
    }

    #[inline]
    pub(crate) fn limit(&self) -> usize {
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
        self.cut_before.get() + (self.top.get() - self.start.get())
    }

    /// The same, to be counted now.
    pub(crate) fn take_cut(&self) -> usize {
        let cut = self.cut();
        self.cut_before.set(0);
        self.start.set(self.top.get());
        cut
    }

    /// Bytes left.
    #[inline]
    pub(crate) fn available(&self) -> usize {
        self.limit.get() - self.top.get()
    }

    /// Cuts off `size` bytes below `end`, which is not above the limit.
    #[inline(always)]
    pub(crate) fn allocate_below(&self, end: usize, size: usize) -> Option<usize> {
        let top = self.top.get();
        debug_assert!(top <= end && end <= self.limit.get());
        if size <= end - top {
            self.top.set(top + size);
            Some(top)
        } else {
            None
        }
    }

    /// Cuts off `size` bytes: the fast path of all allocation.
    #[inline(always)]
    pub(crate) fn allocate(&self, size: usize) -> Option<usize> {
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
