//! A run of free memory that objects are cut from by moving one pointer.

use crate::debugger::described;
use core::cell::Cell;

/// Free memory from `top` up to `limit`. V8: `LinearAllocationArea`.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct LinearAllocationArea {
    top: Cell<usize>,
    limit: Cell<usize>,
}

impl LinearAllocationArea {
    /// Where generated code finds the two words.
    pub(crate) const TOP_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, top);
    pub(crate) const LIMIT_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, limit);

    #[inline]
    pub(crate) fn top(&self) -> usize {
        self.top.get()
    }

    #[inline]
    pub(crate) fn limit(&self) -> usize {
        self.limit.get()
    }

    pub(crate) fn reset(&self, top: usize, limit: usize) {
        self.top.set(top);
        self.limit.set(limit);
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
}

described!(struct LinearAllocationArea { top, limit });
