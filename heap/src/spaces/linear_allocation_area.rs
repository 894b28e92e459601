//! Owns [`LinearAllocationArea`]: a run of free memory that objects are cut from by moving one pointer. Promises that what is
//! cut off lies between `top` and `limit` and is cut off once. Does not know what is made of it.

use crate::debugger::described;
use crate::memory::AddressRegion;
use core::cell::Cell;

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
}

impl LinearAllocationArea {
    /// Where generated code finds the two words.
    pub(crate) const TOP_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, top);
    pub(crate) const LIMIT_OFFSET: usize = core::mem::offset_of!(LinearAllocationArea, limit);

    /// All of `region` is free.
    #[must_use]
    pub fn new(region: AddressRegion) -> Self {
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

    pub(crate) fn reset(&self, top: usize, limit: usize) {
        self.top.set(top);
        self.limit.set(limit);
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
        if size <= end - top {
            self.top.set(top + size);
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
}

described!(struct LinearAllocationArea { top, limit });
