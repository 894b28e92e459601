//! Fillers: objects that stand for free memory, so that a space can be walked.

use crate::heap_object;
use crate::tagged::{Smi, TAGGED_SIZE, TaggedCell, Word};
use core::sync::atomic::Ordering;

/// One tagged word of free memory. V8: `OneWordFiller`.
#[heap_object(factory = none)]
pub struct Filler {}

/// Two or more tagged words of free memory. V8: `FreeSpace`.
#[heap_object(factory = none)]
pub struct FreeSpace {
    /// Bytes after this header.
    #[constant]
    length: Smi,
    /// Free memory; the free list keeps its link here.
    #[length = length]
    unused: [u8],
}

/// The map words of the two fillers, known once the isolate's first maps exist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillerMaps {
    pub(crate) one_word: Word,
    pub(crate) free_space: Word,
}

impl FillerMaps {
    /// Before there are maps nothing can be freed.
    pub(crate) const NONE: FillerMaps = FillerMaps { one_word: Word::ZERO, free_space: Word::ZERO };

    /// Makes `size` free bytes at `address` walkable.
    ///
    /// # Safety
    ///
    /// The bytes are committed heap memory, a multiple of [`TAGGED_SIZE`], and nothing refers to them.
    pub(crate) unsafe fn fill(self, mut address: usize, mut size: usize) {
        /// Bytes of the largest filler: its length is a Smi.
        const LARGEST: usize = 1 << 29;
        debug_assert!(size.is_multiple_of(TAGGED_SIZE));
        while size > LARGEST {
            // SAFETY: the caller's contract, for a part of the bytes.
            unsafe { self.fill(address, LARGEST) };
            (address, size) = (address + LARGEST, size - LARGEST);
        }
        if size == 0 {
            return;
        }
        if cfg!(debug_assertions) {
            // SAFETY: the caller's contract.
            unsafe { zap(address, size) };
        }
        // SAFETY: the caller's contract: at least one word, and two where the second is written.
        unsafe {
            if size == TAGGED_SIZE {
                TaggedCell::at(address).store(self.one_word, Ordering::Relaxed);
            } else {
                TaggedCell::at(address).store(self.free_space, Ordering::Relaxed);
                let length = Smi::new((size - FreeSpace::HEADER_SIZE) as i32).to_word();
                TaggedCell::at(address + FreeSpace::LENGTH_OFFSET).store(length, Ordering::Relaxed);
            }
        }
    }

    /// Whether a map word is one of the two.
    pub(crate) fn is_filler(self, map: Word) -> bool {
        map.same(self.one_word) || map.same(self.free_space)
    }
}

/// Overwrites dead memory with a pattern that no live object holds. V8: `kFreeListZapValue`.
///
/// # Safety
///
/// As for [`FillerMaps::fill`].
pub(crate) unsafe fn zap(address: usize, size: usize) {
    const ZAP: u32 = 0xdead_beed;
    let start = core::ptr::with_exposed_provenance_mut::<u32>(address);
    for i in 0..size / 4 {
        // SAFETY: the caller's contract.
        unsafe { start.add(i).write(ZAP) };
    }
}
