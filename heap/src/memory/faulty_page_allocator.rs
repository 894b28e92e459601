//! Owns [`FaultyPageAllocator`]: a page allocator whose calls fail when they are told to, and that keeps books of what is
//! out. Promises that a call that was made to fail has had no effect, and that the same calls fail in each run.
//!
//! For tests, of this crate and of those that embed it; a heap without one pays nothing. V8's counterpart, as far as the
//! books go, is `TrackingPageAllocator` of its unit tests.

use core::ops::Range;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{MemoryError, OsPageAllocator, PageAllocator, Permission};

/// What a page allocator can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageOperation {
    /// [`PageAllocator::allocate_pages`]: `mmap`.
    Allocate,
    /// [`PageAllocator::free_pages`]: `munmap`.
    Free,
    /// [`PageAllocator::set_permissions`]: `mprotect`, which is also how pages are committed.
    SetPermissions,
    /// [`PageAllocator::discard_pages`]: `madvise`.
    Discard,
    /// [`PageAllocator::decommit_pages`]: `mmap` over what is there.
    Decommit,
}

impl PageOperation {
    /// All of them.
    pub const ALL: [PageOperation; 5] = [
        PageOperation::Allocate,
        PageOperation::Free,
        PageOperation::SetPermissions,
        PageOperation::Discard,
        PageOperation::Decommit,
    ];
}

/// Which calls fail, counted from 1 when the plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPlan {
    /// None.
    Never,
    /// That one.
    At(u64),
    /// That one and all after it.
    From(u64),
    /// Each whose number is a multiple of that.
    Every(u64),
}

impl FaultPlan {
    const fn fails(self, call: u64) -> bool {
        match self {
            FaultPlan::Never => false,
            FaultPlan::At(n) => call == n,
            FaultPlan::From(n) => call >= n,
            FaultPlan::Every(n) => n != 0 && call.is_multiple_of(n),
        }
    }
}

/// A call that was made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFault {
    /// What was asked.
    pub operation: PageOperation,
    /// Bytes it was asked for.
    pub size: usize,
}

/// Forwards to another page allocator, unless its plan says that a call fails.
///
/// ```
/// use heapwright::memory::{FaultPlan, FaultyPageAllocator, PageOperation};
/// use heapwright::{Isolate, IsolateError};
/// use std::sync::Arc;
///
/// let pages = Arc::new(FaultyPageAllocator::default());
/// // The third commit fails, and with it the isolate; nothing stays behind.
/// pages.fail(FaultPlan::At(3), &[PageOperation::SetPermissions]);
/// let result = Isolate::builder().page_allocator(pages.clone()).build();
/// assert!(matches!(result, Err(IsolateError::OutOfMemory(_))));
/// assert_eq!((pages.mapped(), pages.committed()), (0, 0));
/// ```
#[derive(Debug)]
pub struct FaultyPageAllocator<P: PageAllocator = OsPageAllocator> {
    pages: P,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    plan: FaultPlan,
    counted: Vec<PageOperation>,
    calls: u64,
    faults: Vec<PageFault>,
    mapped: Ranges,
    committed: Ranges,
}

impl<P: PageAllocator> FaultyPageAllocator<P> {
    /// A wrapper of `pages` that lets every call through.
    #[must_use]
    pub fn new(pages: P) -> Self {
        let books = Books {
            plan: FaultPlan::Never,
            counted: Vec::new(),
            calls: 0,
            faults: Vec::new(),
            mapped: Ranges::default(),
            committed: Ranges::default(),
        };
        Self { pages, books: Mutex::new(books) }
    }

    /// From now on, calls of these kinds are counted, from 1, and fail as the plan says; others succeed. Forgets the
    /// faults so far.
    pub fn fail(&self, plan: FaultPlan, operations: &[PageOperation]) {
        let mut books = self.books();
        (books.plan, books.calls) = (plan, 0);
        books.counted = operations.to_vec();
        books.faults.clear();
    }

    /// Calls of the kinds counted since [`fail`](Self::fail).
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.books().calls
    }

    /// The calls that were made to fail since [`fail`](Self::fail), in their order.
    #[must_use]
    pub fn faults(&self) -> Vec<PageFault> {
        self.books().faults.clone()
    }

    /// Bytes of address space that were allocated here and not freed.
    #[must_use]
    pub fn mapped(&self) -> usize {
        self.books().mapped.len()
    }

    /// Those that can be accessed.
    #[must_use]
    pub fn committed(&self) -> usize {
        self.books().committed.len()
    }

    /// The wrapped allocator.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.pages
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // The books are right after each statement, so a panic while they are open does no harm.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; the reason if it must fail.
    fn enter(&self, operation: PageOperation, size: usize) -> Result<(), io::Error> {
        let mut books = self.books();
        if !books.counted.contains(&operation) {
            return Ok(());
        }
        books.calls += 1;
        if !books.plan.fails(books.calls) {
            return Ok(());
        }
        books.faults.push(PageFault { operation, size });
        Err(io::Error::from(io::ErrorKind::OutOfMemory))
    }
}

impl Default for FaultyPageAllocator {
    fn default() -> Self {
        Self::new(OsPageAllocator::new())
    }
}

// SAFETY: every call is forwarded to an allocator that upholds the contract, or fails without effect.
unsafe impl<P: PageAllocator> PageAllocator for FaultyPageAllocator<P> {
    fn allocate_page_size(&self) -> usize {
        self.pages.allocate_page_size()
    }

    fn commit_page_size(&self) -> usize {
        self.pages.commit_page_size()
    }

    fn allocate_pages(
        &self,
        hint: Option<usize>,
        size: usize,
        alignment: usize,
        permission: Permission,
    ) -> Result<usize, MemoryError> {
        self.enter(PageOperation::Allocate, size).map_err(|source| MemoryError::Map {
            size,
            alignment,
            permission,
            source,
        })?;
        let address = self.pages.allocate_pages(hint, size, alignment, permission)?;
        let mut books = self.books();
        books.mapped.insert(address..address + size);
        if permission != Permission::NoAccess {
            books.committed.insert(address..address + size);
        }
        Ok(address)
    }

    unsafe fn free_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.enter(PageOperation::Free, size).map_err(|source| MemoryError::Unmap { address, size, source })?;
        // The books are changed first: another thread may be given the range at once. A failure puts it back.
        let range = address..address + size;
        let (mapped, committed) = {
            let mut books = self.books();
            (books.mapped.remove(range.clone()), books.committed.remove(range))
        };
        // SAFETY: the caller's contract is the same.
        unsafe { self.pages.free_pages(address, size) }.inspect_err(|_| {
            let mut books = self.books();
            mapped.into_iter().for_each(|range| books.mapped.insert(range));
            committed.into_iter().for_each(|range| books.committed.insert(range));
        })
    }

    unsafe fn set_permissions(&self, address: usize, size: usize, permission: Permission) -> Result<(), MemoryError> {
        self.enter(PageOperation::SetPermissions, size).map_err(|source| MemoryError::Protect {
            address,
            size,
            permission,
            source,
        })?;
        // SAFETY: the caller's contract is the same.
        unsafe { self.pages.set_permissions(address, size, permission) }?;
        let range = address..address + size;
        if permission == Permission::NoAccess {
            self.books().committed.remove(range);
        } else {
            self.books().committed.insert(range);
        }
        Ok(())
    }

    unsafe fn discard_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.enter(PageOperation::Discard, size).map_err(|source| MemoryError::Discard { address, size, source })?;
        // SAFETY: the caller's contract is the same.
        unsafe { self.pages.discard_pages(address, size) }
    }

    unsafe fn decommit_pages(&self, address: usize, size: usize) -> Result<(), MemoryError> {
        self.enter(PageOperation::Decommit, size).map_err(|source| MemoryError::Decommit { address, size, source })?;
        // SAFETY: the caller's contract is the same.
        unsafe { self.pages.decommit_pages(address, size) }?;
        self.books().committed.remove(address..address + size);
        Ok(())
    }
}

/// Disjoint ranges of addresses that do not touch, by where they begin.
#[derive(Debug, Default)]
struct Ranges(BTreeMap<usize, usize>);

impl Ranges {
    /// Addresses in them.
    fn len(&self) -> usize {
        self.0.iter().map(|(begin, end)| end - begin).sum()
    }

    fn insert(&mut self, range: Range<usize>) {
        let Range { mut start, mut end } = range;
        // Those that overlap or touch become one with it.
        while let Some((&b, &e)) = self.0.range(..=end).next_back().filter(|(_, e)| **e >= start) {
            self.0.remove(&b);
            (start, end) = (start.min(b), end.max(e));
        }
        self.0.insert(start, end);
    }

    /// Takes a range out; returns what of it was there.
    fn remove(&mut self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut removed = Vec::new();
        while let Some((&b, &e)) = self.0.range(..range.end).next_back().filter(|(_, e)| **e > range.start) {
            self.0.remove(&b);
            removed.push(b.max(range.start)..e.min(range.end));
            if b < range.start {
                self.0.insert(b, range.start);
            }
            if e > range.end {
                self.0.insert(range.end, e);
            }
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plans_fail_the_calls_they_name_and_only_those() {
        let pages = FaultyPageAllocator::default();
        let size = pages.allocate_page_size();
        let outcomes = |plan| {
            pages.fail(plan, &[PageOperation::Allocate]);
            let outcomes: Vec<bool> = (0..6)
                .map(|_| match pages.allocate_pages(None, size, size, Permission::ReadWrite) {
                    Ok(address) => {
                        // SAFETY: just allocated, and nothing refers to it.
                        unsafe { pages.free_pages(address, size).unwrap() };
                        true
                    }
                    Err(error) => {
                        assert!(matches!(error, MemoryError::Map { .. }), "{error}");
                        false
                    }
                })
                .collect();
            assert_eq!((pages.calls(), pages.mapped(), pages.committed()), (6, 0, 0));
            assert_eq!(pages.faults().len(), outcomes.iter().filter(|ok| !**ok).count());
            outcomes
        };
        assert_eq!(outcomes(FaultPlan::Never), [true; 6]);
        assert_eq!(outcomes(FaultPlan::At(2)), [true, false, true, true, true, true]);
        assert_eq!(outcomes(FaultPlan::From(3)), [true, true, false, false, false, false]);
        assert_eq!(outcomes(FaultPlan::Every(2)), [true, false, true, false, true, false]);
        assert_eq!(outcomes(FaultPlan::Every(0)), [true; 6]);
    }

    #[test]
    fn a_call_that_was_made_to_fail_has_had_no_effect() {
        let pages = FaultyPageAllocator::default();
        let size = pages.allocate_page_size();
        let address = pages.allocate_pages(None, 2 * size, size, Permission::ReadWrite).unwrap();
        let word = core::ptr::with_exposed_provenance_mut::<u64>(address);
        pages.fail(FaultPlan::From(1), &PageOperation::ALL);
        // SAFETY: the pages are this test's alone, and accessible all along.
        unsafe {
            word.write(5);
            assert!(pages.set_permissions(address, size, Permission::NoAccess).is_err());
            assert!(pages.discard_pages(address, size).is_err());
            assert!(pages.decommit_pages(address, size).is_err());
            assert!(pages.free_pages(address, 2 * size).is_err());
            assert_eq!(word.read(), 5);
            assert_eq!((pages.mapped(), pages.committed()), (2 * size, 2 * size));
            pages.fail(FaultPlan::Never, &[]);
            pages.discard_pages(address, size).unwrap();
            assert_eq!(word.read(), 0);
            pages.decommit_pages(address, size).unwrap();
            assert_eq!((pages.mapped(), pages.committed()), (2 * size, size));
            pages.free_pages(address, 2 * size).unwrap();
        }
        assert_eq!((pages.mapped(), pages.committed()), (0, 0));
    }

    proptest! {
        #[test]
        fn ranges_agree_with_a_set(ops in prop::collection::vec((any::<bool>(), 0..40_usize, 1..9_usize), 1..60)) {
            let mut ranges = Ranges::default();
            let mut model = [false; 50];
            for (insert, start, len) in ops {
                if insert {
                    ranges.insert(start..start + len);
                } else {
                    let removed: usize = ranges.remove(start..start + len).into_iter().map(|range| range.len()).sum();
                    prop_assert_eq!(removed, model[start..start + len].iter().filter(|there| **there).count());
                }
                model[start..start + len].fill(insert);
                prop_assert_eq!(ranges.len(), model.iter().filter(|there| **there).count());
                prop_assert!(ranges.0.iter().zip(ranges.0.iter().skip(1)).all(|(a, b)| a.1 < b.0));
            }
        }
    }
}
