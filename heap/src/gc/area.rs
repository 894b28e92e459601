//! Owns [`Area`]: memory of a space that one thread has cut off under a lock, to put copies into without one. Promises that what was
//! cut off is whole objects and fillers; the rest is for the thread to give back.
//!
//! V8 counterpart: `LocalAllocationBuffer`.

use crate::memory::{AddressRegion, KB};
use crate::spaces::AllocationAlignment;
use crate::spaces::filler::FillerMaps;

/// Bytes of an area. V8: `kMinLabSizeKB`, 32 KiB.
pub(super) const AREA: usize = 32 * KB;

/// Larger objects do not come from areas: their ends would waste too much.
pub(super) const LARGEST_IN_AREA: usize = AREA / 8;

/// Memory that one thread puts copies into.
#[derive(Debug, Default)]
pub(super) struct Area {
    pub(super) start: usize,
    pub(super) top: usize,
    pub(super) limit: usize,
    /// Where what was cut off last begins.
    last: usize,
}

impl Area {
    /// Cuts off `size` bytes, aligned so, behind a filler if need be.
    #[inline(always)]
    pub(super) fn cut(&mut self, size: usize, alignment: AllocationAlignment, fillers: FillerMaps) -> Option<usize> {
        let fill = if alignment.maximum_fill() == 0 { 0 } else { alignment.fill(self.top) };
        if fill + size > self.limit - self.top {
            return None;
        }
        let start = self.top;
        self.last = start;
        self.top += fill + size;
        if fill > 0 {
            // SAFETY: free bytes of a space, which belong to this thread.
            unsafe { fillers.fill(start, fill) };
        }
        Some(start + fill)
    }

    /// Takes back what was cut off last, the filler before it too: it would be one that the surplus does not know of.
    pub(super) fn take_back(&mut self) {
        self.top = self.last;
    }

    /// Goes on in another region.
    pub(super) fn begin(&mut self, region: AddressRegion) {
        *self = Area { start: region.begin(), top: region.begin(), limit: region.end(), last: region.begin() };
    }

    /// What nothing was cut from.
    pub(super) fn rest(&self) -> AddressRegion {
        AddressRegion::new(self.top, self.limit - self.top)
    }
}
