//! Owns [`AddressRegion`]: a half-open range of addresses. Promises pure arithmetic that cannot
//! overflow; says nothing about whether there is memory in the range.
//!
//! V8 counterpart: `base::AddressRegion`.

use core::fmt;

/// The addresses `begin..end`, which need not exist.
///
/// ```
/// use heapwright::memory::AddressRegion;
///
/// let region = AddressRegion::new(0x1000, 0x2000);
/// assert_eq!((region.begin(), region.end(), region.size()), (0x1000, 0x3000, 0x2000));
/// assert!(region.contains(0x2fff) && !region.contains(0x3000));
/// let other = AddressRegion::new(0x2000, 0x2000);
/// assert!(!region.contains_region(&other));
/// assert_eq!(region.overlap(&other), AddressRegion::new(0x2000, 0x1000));
/// assert_eq!(format!("{region:?}"), "0x1000..0x3000 (8192 bytes)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AddressRegion {
    begin: usize,
    size: usize,
}

impl AddressRegion {
    /// The `size` bytes that start at address `begin`.
    ///
    /// # Panics
    ///
    /// If the region's end exceeds the address space.
    #[must_use]
    pub const fn new(begin: usize, size: usize) -> Self {
        assert!(begin.checked_add(size).is_some(), "the region's end overflows");
        Self { begin, size }
    }

    /// The first address.
    #[must_use]
    pub const fn begin(&self) -> usize {
        self.begin
    }

    /// The number of bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The first address after the region.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.begin + self.size
    }

    /// Are there no bytes in it?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// Is `address` one of the region's bytes?
    #[must_use]
    pub const fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.begin) < self.size
    }

    /// Are all bytes of `other` in this region? An empty region is contained where it lies,
    /// including at the very end.
    #[must_use]
    pub const fn contains_region(&self, other: &Self) -> bool {
        self.begin <= other.begin && other.end() <= self.end()
    }

    /// The bytes both regions have; empty if there are none.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> Self {
        let begin = self.begin.max(other.begin);
        let end = self.end().min(other.end()).max(begin);
        Self::new(begin, end - begin)
    }
}

impl fmt::Debug for AddressRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}..{:#x} ({} bytes)", self.begin, self.end(), self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_is_half_open() {
        let region = AddressRegion::new(0x1000, 0x2000);
        assert!(!region.contains(0xfff));
        assert!(region.contains(0x1000));
        assert!(region.contains(0x2fff));
        assert!(!region.contains(0x3000));
        assert!(!AddressRegion::new(0x1000, 0).contains(0x1000));
        assert!(!region.contains(0) && !region.contains(usize::MAX));
    }

    #[test]
    fn contains_region_needs_every_byte() {
        let region = AddressRegion::new(0x1000, 0x2000);
        assert!(region.contains_region(&region));
        assert!(region.contains_region(&AddressRegion::new(0x1800, 0x1800)));
        assert!(!region.contains_region(&AddressRegion::new(0x1800, 0x1801)));
        assert!(!region.contains_region(&AddressRegion::new(0xfff, 2)));
        assert!(region.contains_region(&AddressRegion::new(0x3000, 0)));
    }

    #[test]
    fn overlap_is_symmetric_and_empty_when_disjoint() {
        let a = AddressRegion::new(0x1000, 0x2000);
        let b = AddressRegion::new(0x2000, 0x2000);
        let c = AddressRegion::new(0x5000, 0x1000);
        assert_eq!(a.overlap(&b), AddressRegion::new(0x2000, 0x1000));
        assert_eq!(b.overlap(&a), a.overlap(&b));
        assert!(a.overlap(&c).is_empty());
        assert!(c.overlap(&a).is_empty());
    }

    #[test]
    #[should_panic(expected = "overflows")]
    fn overflowing_region_is_refused() {
        let _ = AddressRegion::new(usize::MAX, 2);
    }
}
