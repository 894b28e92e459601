//! Owns [`SideTable`]: one word an isolate keeps for each class of the process. Promises that
//! looking a word up is one load, without a bounds check, and that a word is zero until it is set.
//! Only the pages of the table that are used cost memory.
//!
//! V8's counterpart is the roots table, whose indices are fixed when V8 is built; here the classes
//! of independent crates get their 16-bit index when the process starts.

use core::sync::atomic::AtomicUsize;

use super::{MemoryError, PageAllocator, SharedPageAllocator, VirtualMemory};

/// A lazily committed table with a word for every `u16`.
///
/// ```
/// use heapwright::memory::SideTable;
/// use std::sync::atomic::Ordering::Relaxed;
///
/// let table = SideTable::new()?;
/// table.get(7).store(1, Relaxed);
/// assert_eq!((table.get(7).load(Relaxed), table.get(8).load(Relaxed)), (1, 0));
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct SideTable {
    memory: VirtualMemory<SharedPageAllocator>,
}

impl SideTable {
    /// Entries in the table: one for each `u16`.
    pub const LENGTH: usize = 1 << u16::BITS;

    /// Bytes of address space the table takes.
    pub const SIZE: usize = Self::LENGTH * size_of::<AtomicUsize>();

    /// Maps a table of zeroes.
    ///
    /// # Errors
    ///
    /// [`MemoryError::Map`] when the operating system refuses.
    pub fn new() -> Result<Self, MemoryError> {
        Self::new_in(SharedPageAllocator::default())
    }

    /// As [`new`](Self::new), with pages of the caller's choice.
    ///
    /// # Errors
    ///
    /// Those of [`PageAllocator::allocate_pages`].
    pub fn new_in(pages: SharedPageAllocator) -> Result<Self, MemoryError> {
        let page = pages.allocate_page_size();
        Ok(Self { memory: VirtualMemory::map_from(pages, Self::SIZE.next_multiple_of(page))? })
    }

    /// The word for `index`.
    #[inline]
    #[must_use]
    pub fn get(&self, index: u16) -> &AtomicUsize {
        &self.as_array()[usize::from(index)]
    }

    /// All words, in the order of their index.
    #[inline]
    #[must_use]
    pub fn as_array(&self) -> &[AtomicUsize; Self::LENGTH] {
        let table = core::ptr::with_exposed_provenance::<[AtomicUsize; Self::LENGTH]>(self.memory.address());
        // SAFETY: `new_in` committed `SIZE` readable, writable, page-aligned and zeroed bytes, which this
        // value owns until it is dropped; they are reached only as atomics, for which any bytes
        // are valid.
        unsafe { &*table }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn every_index_has_its_own_zeroed_word() {
        let table = SideTable::new().unwrap();
        for index in [0, 1, 511, 512, u16::MAX] {
            assert_eq!(table.get(index).load(Relaxed), 0);
            table.get(index).store(usize::from(index) + 1, Relaxed);
        }
        let used = table.as_array().iter().filter(|word| word.load(Relaxed) != 0).count();
        assert_eq!(used, 5);
        assert_eq!(table.get(u16::MAX).load(Relaxed), 65_536);
        assert_eq!(table.as_array().len(), 65_536);
    }

    #[test]
    fn tables_are_independent_and_move_between_threads() {
        let (a, b) = (SideTable::new().unwrap(), SideTable::new().unwrap());
        a.get(3).store(9, Relaxed);
        assert_eq!(b.get(3).load(Relaxed), 0);
        std::thread::spawn(move || assert_eq!(a.get(3).load(Relaxed), 9)).join().unwrap();
    }
}
