//! Owns [`RegionAllocator`]: who has which part of an address range. Promises best fit (the
//! smallest free region that serves, the lowest of equals), neighbours joined when they are freed,
//! and that a request it cannot serve changes nothing. Touches no memory; works for addresses that
//! do not exist.
//!
//! The regions tile the range without gaps, no two free ones are neighbours, and each free one
//! is listed by size as well, so that finding, splitting and joining take logarithmic time.
//!
//! V8 counterpart: `base::RegionAllocator`. Its callbacks for regions that are split or merged are not here: they serve
//! Windows' placeholder mappings, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use super::AddressRegion;

/// What a region of a [`RegionAllocator`] is. V8: `RegionAllocator::RegionState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegionState {
    /// Nobody's: may be allocated.
    Free,
    /// Taken out of the range for good: neither allocated nor free, ever.
    Excluded,
    /// Somebody's, until it is freed.
    Allocated,
}

#[derive(Clone, Copy, Debug)]
struct Region {
    size: usize,
    state: RegionState,
}

/// Divides an address range into allocated and free regions of whole pages. All sizes and
/// addresses are in bytes.
///
/// A region is known by its first address. What cannot be done gives `None`, `false` or 0 and changes nothing: a request
/// for zero bytes, for part of a page, for more than there is, or about a region that is not allocated.
///
/// ```
/// use heapwright::memory::{AddressRegion, KB, RegionAllocator};
///
/// // 16 pages of 4 KiB.
/// let mut regions = RegionAllocator::new(AddressRegion::new(0x10_0000, 64 * KB), 4 * KB);
/// let first = regions.allocate_region(8 * KB).unwrap();
/// assert_eq!((first, regions.free_size()), (0x10_0000, 56 * KB));
/// assert!(regions.allocate_region_at(0x10_8000, 4 * KB));
/// assert!(!regions.try_grow_region(first, 64 * KB)); // somebody is in the way
/// assert!(regions.try_grow_region(first, 32 * KB));
/// assert_eq!(regions.trim_region(first, 4 * KB), 28 * KB); // gives back
/// assert_eq!(regions.check_region(first), 4 * KB);
/// assert_eq!(regions.free_region(first), 4 * KB);
/// assert_eq!(regions.free_region(first), 0); // not twice
/// assert_eq!((regions.free_size(), regions.largest_free()), (60 * KB, 32 * KB));
/// ```
#[derive(Clone, Debug)]
pub struct RegionAllocator {
    whole: AddressRegion,
    page_size: usize,
    by_address: BTreeMap<usize, Region>,
    /// `(size, begin)` of each free region.
    free_by_size: BTreeSet<(usize, usize)>,
    free_size: usize,
}

impl RegionAllocator {
    /// An allocator for `whole`, all of it free, that hands out multiples of `page_size`.
    ///
    /// # Panics
    ///
    /// If `page_size` is no power of two, or `whole` is empty or not made of whole pages.
    #[must_use]
    pub fn new(whole: AddressRegion, page_size: usize) -> Self {
        assert!(page_size.is_power_of_two(), "page size {page_size} is no power of two");
        assert!(
            !whole.is_empty() && whole.begin().is_multiple_of(page_size) && whole.size().is_multiple_of(page_size),
            "{whole:?} is not made of pages of {page_size} bytes"
        );
        let mut this =
            Self { whole, page_size, by_address: BTreeMap::new(), free_by_size: BTreeSet::new(), free_size: 0 };
        this.insert_free(whole.begin(), whole.size());
        this
    }

    /// The range that is divided.
    #[must_use]
    pub fn whole(&self) -> AddressRegion {
        self.whole
    }

    /// The granularity of regions, in bytes.
    #[must_use]
    pub fn page_size(&self) -> usize {
        self.page_size
    }

    /// Bytes free, in all regions together.
    #[must_use]
    pub fn free_size(&self) -> usize {
        self.free_size
    }

    /// Bytes in the largest free region; 0 if nothing is free.
    #[must_use]
    pub fn largest_free(&self) -> usize {
        self.free_by_size.last().map_or(0, |&(size, _)| size)
    }

    /// Takes `size` bytes from the smallest free region that has them. `None` if there is none,
    /// or `size` is not a positive number of pages.
    #[must_use = "the region stays allocated until its address is freed"]
    pub fn allocate_region(&mut self, size: usize) -> Option<usize> {
        self.allocate_aligned_region(size, self.page_size)
    }

    /// As [`allocate_region`](Self::allocate_region), at a multiple of `alignment`, which is a
    /// power of two: from the smallest free region that has `size` bytes from such an address on.
    #[must_use = "the region stays allocated until its address is freed"]
    pub fn allocate_aligned_region(&mut self, size: usize, alignment: usize) -> Option<usize> {
        if !self.is_page_multiple(size) || !alignment.is_power_of_two() {
            return None;
        }
        let alignment = alignment.max(self.page_size);
        let (free, begin) = self.free_by_size.range((size, 0)..).find_map(|&(free_size, begin)| {
            let aligned = begin.checked_next_multiple_of(alignment)?;
            (aligned - begin <= free_size - size).then(|| (AddressRegion::new(begin, free_size), aligned))
        })?;
        self.carve(free, AddressRegion::new(begin, size), RegionState::Allocated);
        Some(begin)
    }

    /// Takes exactly the `size` bytes at `address`. `false`, and nothing changes, if they are not
    /// all free, not in the range or not whole pages.
    #[must_use = "says whether the region was allocated"]
    pub fn allocate_region_at(&mut self, address: usize, size: usize) -> bool {
        self.take_at(address, size, RegionState::Allocated)
    }

    /// Takes exactly the `size` bytes at `address` out of the range, for good: they are never handed out, cannot be freed,
    /// and count as neither free nor allocated. For holes that something else lives in. `false`, and nothing changes, in
    /// the cases of [`allocate_region_at`](Self::allocate_region_at). V8: `AllocateRegionAt` with `kExcluded`.
    #[must_use = "says whether the region was excluded"]
    pub fn exclude_region_at(&mut self, address: usize, size: usize) -> bool {
        self.take_at(address, size, RegionState::Excluded)
    }

    fn take_at(&mut self, address: usize, size: usize, state: RegionState) -> bool {
        if !self.is_free(address, size) {
            return false;
        }
        let Some((region, _)) = self.lookup(address) else { return false };
        self.carve(region, AddressRegion::new(address, size), state);
        true
    }

    /// As [`allocate_aligned_region`](Self::allocate_aligned_region), at `hint` if the bytes there are free and `hint` is
    /// aligned. V8: `AllocateRegion` with a hint.
    #[must_use = "the region stays allocated until its address is freed"]
    pub fn allocate_region_near(&mut self, hint: usize, size: usize, alignment: usize) -> Option<usize> {
        let is_aligned = alignment.is_power_of_two() && hint.is_multiple_of(alignment);
        if is_aligned && self.allocate_region_at(hint, size) {
            return Some(hint);
        }
        self.allocate_aligned_region(size, alignment)
    }

    /// As [`allocate_region`](Self::allocate_region), from the start of the largest free region rather than the one that
    /// fits best: it has the most room to [grow](Self::try_grow_region). V8: `AllocationStrategy::kLargestFit`.
    #[must_use = "the region stays allocated until its address is freed"]
    pub fn allocate_region_to_grow(&mut self, size: usize) -> Option<usize> {
        let &(largest, begin) = self.free_by_size.last()?;
        if !self.is_page_multiple(size) || size > largest {
            return None;
        }
        self.carve(AddressRegion::new(begin, largest), AddressRegion::new(begin, size), RegionState::Allocated);
        Some(begin)
    }

    /// As [`allocate_region`](Self::allocate_region), at a place that `random` chooses, so that addresses cannot be
    /// guessed. Tries three places while at least two fifths of the range are free, and then takes what fits best. The
    /// caller brings the random numbers: the same ones give the same places. V8: `AllocateRegion` with a
    /// `RandomNumberGenerator`.
    #[must_use = "the region stays allocated until its address is freed"]
    pub fn allocate_random_region(&mut self, size: usize, mut random: impl FnMut() -> u64) -> Option<usize> {
        const ATTEMPTS: usize = 3;
        if self.free_size >= self.whole.size() / 5 * 2 {
            let pages = (self.whole.size() / self.page_size) as u64;
            for _ in 0..ATTEMPTS {
                let address = self.whole.begin() + (random() % pages) as usize * self.page_size;
                if self.allocate_region_at(address, size) {
                    return Some(address);
                }
            }
        }
        self.allocate_region(size)
    }

    /// Grows the allocated region that starts at `address` to `new_size` bytes, where it is. `false`, and nothing
    /// changes, if no allocated region starts there, it is larger than `new_size`, that is no multiple of the page size,
    /// or the bytes behind it are not free. V8: `TryGrowRegion`.
    #[must_use = "says whether the region has grown"]
    pub fn try_grow_region(&mut self, address: usize, new_size: usize) -> bool {
        let size = self.check_region(address);
        if size == 0 || new_size < size || !new_size.is_multiple_of(self.page_size) {
            return false;
        }
        if new_size == size {
            return true;
        }
        if !self.is_free(address + size, new_size - size) {
            return false;
        }
        let Some((after, _)) = self.lookup(address + size) else { return false };
        self.remove_free(after.begin(), after.size());
        self.by_address.insert(address, Region { size: new_size, state: RegionState::Allocated });
        let end = address + new_size;
        if end < after.end() {
            self.insert_free(end, after.end() - end);
        }
        true
    }

    /// Are the `size` bytes at `address` whole pages of the range, and all of them free?
    #[must_use]
    pub fn is_free(&self, address: usize, size: usize) -> bool {
        if !self.is_page_multiple(size)
            || !address.is_multiple_of(self.page_size)
            || address.checked_add(size).is_none()
        {
            return false;
        }
        let wanted = AddressRegion::new(address, size);
        self.lookup(address)
            .is_some_and(|(region, state)| state == RegionState::Free && region.contains_region(&wanted))
    }

    /// Frees the allocated region that starts at `address`, and joins it with free neighbours.
    /// Returns its size, or 0, and nothing changes, if no allocated region starts there.
    pub fn free_region(&mut self, address: usize) -> usize {
        self.trim_region(address, 0)
    }

    /// Shrinks the allocated region that starts at `address` to its first `new_size` bytes; to 0
    /// frees it. Returns the bytes freed, or 0, and nothing changes, if no allocated region starts
    /// there, it is no larger than `new_size`, or `new_size` is no multiple of the page size.
    pub fn trim_region(&mut self, address: usize, new_size: usize) -> usize {
        let size = self.check_region(address);
        if size <= new_size || !new_size.is_multiple_of(self.page_size) {
            return 0;
        }
        let kept = Region { size: new_size, state: RegionState::Allocated };
        if new_size == 0 {
            self.by_address.remove(&address);
        } else {
            self.by_address.insert(address, kept);
        }
        self.insert_free(address + new_size, size - new_size);
        size - new_size
    }

    /// The size of the allocated region that starts at `address`; 0 if none does.
    #[must_use]
    pub fn check_region(&self, address: usize) -> usize {
        match self.by_address.get(&address) {
            Some(Region { size, state: RegionState::Allocated }) => *size,
            _ => 0,
        }
    }

    /// The allocated region that `address` lies in.
    #[must_use]
    pub fn allocated_region_of(&self, address: usize) -> Option<AddressRegion> {
        match self.lookup(address)? {
            (region, RegionState::Allocated) => Some(region),
            (_, RegionState::Free | RegionState::Excluded) => None,
        }
    }

    /// All regions with what they are, by ascending address. They tile the range.
    pub fn regions(&self) -> impl Iterator<Item = (AddressRegion, RegionState)> {
        self.by_address.iter().map(|(&begin, region)| (AddressRegion::new(begin, region.size), region.state))
    }

    /// All allocated regions, by ascending address.
    pub fn allocated_regions(&self) -> impl Iterator<Item = AddressRegion> {
        self.by_address
            .iter()
            .filter(|(_, region)| region.state == RegionState::Allocated)
            .map(|(&begin, region)| AddressRegion::new(begin, region.size))
    }

    fn is_page_multiple(&self, size: usize) -> bool {
        size > 0 && size.is_multiple_of(self.page_size)
    }

    fn lookup(&self, address: usize) -> Option<(AddressRegion, RegionState)> {
        if !self.whole.contains(address) {
            return None;
        }
        let (&begin, region) = self.by_address.range(..=address).next_back()?;
        Some((AddressRegion::new(begin, region.size), region.state))
    }

    /// Makes the part `wanted` of the free region `free` what `state` says, which is not free.
    fn carve(&mut self, free: AddressRegion, wanted: AddressRegion, state: RegionState) {
        debug_assert!(free.contains_region(&wanted));
        self.remove_free(free.begin(), free.size());
        self.by_address.insert(wanted.begin(), Region { size: wanted.size(), state });
        for (begin, end) in [(free.begin(), wanted.begin()), (wanted.end(), free.end())] {
            if begin < end {
                self.insert_free(begin, end - begin);
            }
        }
    }

    /// Adds a free region, joined with its free neighbours.
    fn insert_free(&mut self, mut begin: usize, mut size: usize) {
        let after = self.by_address.get(&(begin + size)).copied();
        if let Some(Region { size: after_size, state: RegionState::Free }) = after {
            self.remove_free(begin + size, after_size);
            size += after_size;
        }
        let before = self.by_address.range(..begin).next_back().map(|(&b, &region)| (b, region));
        if let Some((before_begin, Region { size: before_size, state: RegionState::Free })) = before
            && before_begin + before_size == begin
        {
            self.remove_free(before_begin, before_size);
            begin = before_begin;
            size += before_size;
        }
        self.by_address.insert(begin, Region { size, state: RegionState::Free });
        self.free_by_size.insert((size, begin));
        self.free_size += size;
    }

    fn remove_free(&mut self, begin: usize, size: usize) {
        self.by_address.remove(&begin);
        let was_free = self.free_by_size.remove(&(size, begin));
        debug_assert!(was_free);
        self.free_size -= size;
    }
}

impl core::fmt::Display for RegionAllocator {
    /// A line for each region: its first address, the one after its last, its size, and what it is.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (free, largest) = (self.free_size, self.largest_free());
        writeln!(f, "{:?}, pages of {}, {free} free, {largest} in one piece", self.whole, self.page_size)?;
        self.regions().try_for_each(|(region, state)| writeln!(f, "  {region:?} {state:?}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: usize = 4096;
    const BEGIN: usize = 0x10_0000;

    fn pages(count: usize) -> RegionAllocator {
        RegionAllocator::new(AddressRegion::new(BEGIN, count * PAGE), PAGE)
    }

    /// A fixed order that is neither ascending nor descending.
    fn shuffled(count: usize) -> Vec<usize> {
        (0..count).map(|i| i * 7 % count).collect()
    }

    #[test]
    fn sixteen_pages_one_by_one() {
        let mut regions = pages(16);
        assert_eq!(regions.free_size(), 65_536);
        for i in 0..16 {
            assert_eq!(regions.allocate_region(PAGE), Some(BEGIN + i * PAGE));
            assert_eq!(regions.free_size(), 65_536 - (i + 1) * PAGE);
        }
        assert_eq!(regions.allocate_region(PAGE), None);
        assert_eq!(regions.largest_free(), 0);
        for i in shuffled(16) {
            assert_eq!(regions.free_region(BEGIN + i * PAGE), PAGE);
        }
        assert_eq!(regions.largest_free(), 65_536);
        assert_eq!(regions.by_address.len(), 1);
    }

    #[test]
    fn powers_of_two_leave_one_page() {
        let mut regions = pages(1024);
        for shift in 0..10 {
            assert!(regions.allocate_region(PAGE << shift).is_some());
        }
        assert_eq!(regions.free_size(), PAGE);
        assert_eq!(regions.largest_free(), PAGE);
        assert!(regions.allocate_region(2 * PAGE).is_none());
        assert!(regions.allocate_region(PAGE).is_some());
        assert_eq!(regions.allocate_region(PAGE), None);
    }

    #[test]
    fn fragmentation_is_reported() {
        let mut regions = pages(64);
        let all: Vec<_> = (0..64).map(|_| regions.allocate_region(PAGE).unwrap()).collect();
        for address in all.iter().step_by(2) {
            assert_eq!(regions.free_region(*address), PAGE);
        }
        assert_eq!(regions.free_size(), 32 * PAGE);
        assert_eq!(regions.largest_free(), PAGE);
        assert_eq!(regions.allocate_region(2 * PAGE), None);
        assert_eq!(regions.free_region(all[1]), PAGE);
        assert_eq!(regions.largest_free(), 3 * PAGE);
    }

    #[test]
    fn trimming_gives_the_tail_back() {
        let mut regions = pages(16);
        let address = regions.allocate_region(4 * PAGE).unwrap();
        assert_eq!(regions.trim_region(address, PAGE), 3 * PAGE);
        assert_eq!(regions.check_region(address), PAGE);
        assert_eq!(regions.largest_free(), 15 * PAGE);
        assert_eq!(regions.trim_region(address, PAGE), 0);
        assert_eq!(regions.trim_region(address, 2 * PAGE), 0);
        assert_eq!(regions.trim_region(address, 1), 0);
        assert_eq!(regions.trim_region(address, 0), PAGE);
        assert_eq!(regions.largest_free(), 16 * PAGE);
    }

    #[test]
    fn bad_frees_change_nothing() {
        let mut regions = pages(16);
        let address = regions.allocate_region(4 * PAGE).unwrap();
        assert_eq!(regions.free_region(address + PAGE), 0);
        assert_eq!(regions.free_region(address + 1), 0);
        assert_eq!(regions.free_region(BEGIN + 10 * PAGE), 0);
        assert_eq!(regions.free_region(0), 0);
        assert_eq!(regions.free_size(), 12 * PAGE);
        assert_eq!(regions.free_region(address), 4 * PAGE);
        assert_eq!(regions.free_region(address), 0);
        assert_eq!(regions.free_size(), 16 * PAGE);
    }

    #[test]
    fn best_fit_prefers_the_smallest_gap() {
        let mut regions = pages(16);
        let big = regions.allocate_region(4 * PAGE).unwrap();
        let _ = regions.allocate_region(PAGE).unwrap();
        let small = regions.allocate_region(2 * PAGE).unwrap();
        let _ = regions.allocate_region(PAGE).unwrap();
        regions.free_region(big);
        regions.free_region(small);
        assert_eq!(regions.allocate_region(2 * PAGE), Some(small));
        assert_eq!(regions.allocate_region(2 * PAGE), Some(big));
    }

    #[test]
    fn excluded_regions_are_nobodys_for_good() {
        let mut regions = pages(16);
        assert!(regions.exclude_region_at(BEGIN + 4 * PAGE, 2 * PAGE));
        assert!(!regions.exclude_region_at(BEGIN + 5 * PAGE, PAGE));
        assert!(!regions.allocate_region_at(BEGIN + 3 * PAGE, 2 * PAGE));
        assert_eq!(regions.free_region(BEGIN + 4 * PAGE), 0);
        assert_eq!(regions.trim_region(BEGIN + 4 * PAGE, PAGE), 0);
        assert!(!regions.try_grow_region(BEGIN + 4 * PAGE, 3 * PAGE));
        assert_eq!(regions.allocated_region_of(BEGIN + 4 * PAGE), None);
        assert_eq!((regions.free_size(), regions.largest_free()), (14 * PAGE, 10 * PAGE));
        assert_eq!(regions.allocate_region(4 * PAGE), Some(BEGIN));
        assert!(!regions.try_grow_region(BEGIN, 5 * PAGE));
        assert_eq!(regions.free_region(BEGIN), 4 * PAGE);
        let states: Vec<_> = regions.regions().map(|(region, state)| (region.size() / PAGE, state)).collect();
        assert_eq!(states, [(4, RegionState::Free), (2, RegionState::Excluded), (10, RegionState::Free)]);
        assert!(regions.to_string().contains("Excluded"));
    }

    #[test]
    fn growing_takes_what_is_free_behind() {
        let mut regions = pages(16);
        let address = regions.allocate_region(2 * PAGE).unwrap();
        let far = BEGIN + 8 * PAGE;
        assert!(regions.allocate_region_at(far, PAGE));
        assert!(regions.try_grow_region(address, 2 * PAGE));
        assert!(regions.try_grow_region(address, 4 * PAGE));
        assert_eq!((regions.check_region(address), regions.free_size()), (4 * PAGE, 11 * PAGE));
        for bad in [0, PAGE, 4 * PAGE + 1, 9 * PAGE, usize::MAX, usize::MAX & !(PAGE - 1)] {
            assert!(!regions.try_grow_region(address, bad), "{bad}");
        }
        assert!(!regions.try_grow_region(address + PAGE, 6 * PAGE));
        assert!(regions.try_grow_region(address, 8 * PAGE));
        assert_eq!((regions.free_size(), regions.largest_free()), (7 * PAGE, 7 * PAGE));
        assert!(!regions.try_grow_region(far, 9 * PAGE));
        assert!(regions.try_grow_region(far, 8 * PAGE));
        assert_eq!((regions.free_size(), regions.by_address.len()), (0, 2));
    }

    #[test]
    fn places_can_be_hinted_random_or_the_roomiest() {
        let mut regions = pages(64);
        let hint = BEGIN + 32 * PAGE;
        assert_eq!(regions.allocate_region_near(hint, PAGE, PAGE), Some(hint));
        assert_eq!(regions.allocate_region_near(hint, PAGE, PAGE), Some(hint + PAGE));
        assert_eq!(regions.allocate_region_near(hint + 2 * PAGE + 1, PAGE, PAGE), Some(hint + 2 * PAGE));
        assert_eq!(regions.allocate_region_near(hint + 3 * PAGE, PAGE, 3), None);
        assert_eq!(regions.allocate_region_to_grow(PAGE), Some(BEGIN)); // 32 pages here, 29 there
        assert_eq!(regions.allocate_region_to_grow(40 * PAGE), None);
        assert_eq!(regions.allocate_region_to_grow(1), None);
        let mut numbers = [5_u64, 64 + 5, 64 + 7].into_iter();
        assert_eq!(regions.allocate_random_region(PAGE, || numbers.next().unwrap()), Some(BEGIN + 5 * PAGE));
        assert_eq!(regions.allocate_random_region(PAGE, || numbers.next().unwrap()), Some(BEGIN + 7 * PAGE));
        // All three places taken: what fits best.
        assert_eq!(regions.allocate_random_region(PAGE, || 5), Some(BEGIN + 6 * PAGE));
        assert!(regions.allocate_region(24 * PAGE).is_some() && regions.allocate_region(24 * PAGE).is_some());
        assert!(regions.allocate_random_region(PAGE, || panic!("too little is free to try")).is_some());
    }

    #[test]
    fn impossible_requests_are_refused_not_wrapped() {
        let mut regions = pages(16);
        for size in [0, 1, PAGE + 1, 17 * PAGE, usize::MAX, usize::MAX & !(PAGE - 1)] {
            assert_eq!(regions.allocate_region(size), None);
            assert_eq!(regions.allocate_aligned_region(size, 8 * PAGE), None);
            assert!(!regions.allocate_region_at(BEGIN, size));
        }
        assert_eq!(regions.allocate_aligned_region(PAGE, 3), None);
        assert_eq!(regions.allocate_aligned_region(PAGE, 1 << 63), None);
        for address in [0, BEGIN + 1, BEGIN - PAGE, BEGIN + 16 * PAGE, usize::MAX - PAGE + 1] {
            assert!(!regions.allocate_region_at(address, PAGE));
        }
        assert_eq!(regions.largest_free(), 16 * PAGE);
    }

    #[test]
    fn range_at_the_top_of_the_address_space() {
        let begin = usize::MAX - 5 * PAGE + 1;
        let mut regions = RegionAllocator::new(AddressRegion::new(begin, 4 * PAGE), PAGE);
        assert_eq!(regions.allocate_region(4 * PAGE), Some(begin));
        assert_eq!(regions.free_region(begin), 4 * PAGE);
        assert_eq!(regions.allocate_aligned_region(PAGE, 1 << 40), None);
    }

    const COUNT: usize = 24;

    #[derive(Clone, Debug)]
    enum Op {
        Allocate { pages: usize, align_log2: u32 },
        At { page: usize, pages: usize },
        Free { page: usize },
        Trim { page: usize, pages: usize },
        Grow { page: usize, pages: usize },
        Exclude { page: usize },
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            3 => (1..8_usize, 0..4_u32)
                .prop_map(|(pages, align_log2)| Op::Allocate { pages, align_log2 }),
            1 => (0..COUNT, 1..8_usize).prop_map(|(page, pages)| Op::At { page, pages }),
            3 => (0..COUNT).prop_map(|page| Op::Free { page }),
            1 => (0..COUNT, 0..6_usize).prop_map(|(page, pages)| Op::Trim { page, pages }),
            2 => (0..COUNT, 0..10_usize).prop_map(|(page, pages)| Op::Grow { page, pages }),
            1 => (0..COUNT * 8).prop_map(|page| Op::Exclude { page }),
        ]
    }

    /// One entry a page: `Some(first page of its region)` if allocated.
    type Model = [Option<usize>; COUNT];

    /// The owner of excluded pages.
    const EXCLUDED: usize = usize::MAX;

    /// The maximal runs of free pages, as `(length, first page)`.
    fn gaps(model: &Model) -> Vec<(usize, usize)> {
        let mut gaps = Vec::new();
        let mut page = 0;
        while page < COUNT {
            let length = model[page..].iter().take_while(|owner| owner.is_none()).count();
            if length > 0 {
                gaps.push((length, page));
            }
            page += length.max(1);
        }
        gaps.sort_unstable();
        gaps
    }

    fn region_pages(model: &Model, page: usize) -> usize {
        model.iter().filter(|owner| **owner == Some(page)).count()
    }

    proptest! {
        #[test]
        fn agrees_with_a_page_bitmap(ops in prop::collection::vec(op(), 1..120)) {
            let mut regions = pages(COUNT);
            let mut model: Model = [None; COUNT];
            let address = |page: usize| BEGIN + page * PAGE;
            for op in ops {
                match op {
                    Op::Allocate { pages, align_log2 } => {
                        let step = 1 << align_log2;
                        let expected = gaps(&model).into_iter().find_map(|(length, first)| {
                            let aligned = (BEGIN / PAGE + first).next_multiple_of(step)
                                - BEGIN / PAGE;
                            (aligned + pages <= first + length).then_some(aligned)
                        });
                        let got = regions.allocate_aligned_region(pages * PAGE, step * PAGE);
                        prop_assert_eq!(got, expected.map(address));
                        if let Some(first) = expected {
                            model[first..first + pages].fill(Some(first));
                        }
                    }
                    Op::At { page, pages } => {
                        let fits = page + pages <= COUNT
                            && model[page..page + pages].iter().all(Option::is_none);
                        let got = regions.allocate_region_at(address(page), pages * PAGE);
                        prop_assert_eq!(got, fits);
                        if fits {
                            model[page..page + pages].fill(Some(page));
                        }
                    }
                    Op::Free { page } => {
                        let size = region_pages(&model, page);
                        prop_assert_eq!(regions.check_region(address(page)), size * PAGE);
                        prop_assert_eq!(regions.free_region(address(page)), size * PAGE);
                        model[page..page + size].fill(None);
                    }
                    Op::Trim { page, pages } => {
                        let size = region_pages(&model, page);
                        let freed = size.saturating_sub(pages);
                        prop_assert_eq!(
                            regions.trim_region(address(page), pages * PAGE),
                            freed * PAGE
                        );
                        model[page + size - freed..page + size].fill(None);
                    }
                    Op::Grow { page, pages } => {
                        let size = region_pages(&model, page);
                        let fits = size > 0
                            && size <= pages
                            && page + pages <= COUNT
                            && model[page + size..page + pages].iter().all(Option::is_none);
                        prop_assert_eq!(regions.try_grow_region(address(page), pages * PAGE), fits);
                        if fits {
                            model[page..page + pages].fill(Some(page));
                        }
                    }
                    Op::Exclude { page } => {
                        let fits = page < COUNT && model[page].is_none();
                        prop_assert_eq!(regions.exclude_region_at(address(page), PAGE), fits);
                        if fits {
                            model[page] = Some(EXCLUDED);
                        }
                    }
                }
                let gaps = gaps(&model);
                let free: usize = gaps.iter().map(|gap| gap.0).sum();
                prop_assert_eq!(regions.free_size(), free * PAGE);
                prop_assert_eq!(regions.largest_free(), gaps.last().map_or(0, |g| g.0) * PAGE);
                prop_assert_eq!(regions.free_by_size.len(), gaps.len());
                for (page, owner) in model.iter().enumerate() {
                    let expected = owner.filter(|first| *first != EXCLUDED).map(|first| {
                        AddressRegion::new(address(first), region_pages(&model, first) * PAGE)
                    });
                    prop_assert_eq!(regions.allocated_region_of(address(page) + 5), expected);
                }
                let starts = model.iter().enumerate().filter(|(p, o)| **o == Some(*p)).count();
                prop_assert_eq!(regions.allocated_regions().count(), starts);
            }
        }
    }
}
