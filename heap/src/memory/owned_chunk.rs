//! Owns [`OwnedChunk`]: a chunk that is somebody's. Promises that there is one for each chunk that a
//! [`MemoryAllocator`](super::MemoryAllocator) has out, and that the chunk's header can be read for as long as it lives, even
//! if the allocator goes first.
//!
//! V8 has pointers to pages instead, and trusts.

use core::ops::Deref;
use core::ptr::NonNull;
use std::sync::Arc;

use super::{MemoryChunk, SharedPageAllocator, VirtualMemory};

/// A chunk of a [`MemoryAllocator`](super::MemoryAllocator), to be given back with
/// [`MemoryAllocator::free`](super::MemoryAllocator::free): once, for that takes it.
///
/// It derefs to the chunk's [header](MemoryChunk), which is read for as long as this is borrowed. What lies in its
/// [area](MemoryChunk::area) is the owner's alone, and reached by unsafe code; the right way for a safe wrapper of that is to
/// own this value.
///
/// ```
/// use heapwright::SpaceId;
/// use heapwright::memory::{Cage, MB, MemoryAllocator, OwnedChunk};
///
/// /// Words in a chunk: safe to use, since it owns them.
/// struct Words(OwnedChunk);
///
/// impl Words {
///     fn set(&mut self, index: usize, value: u64) {
///         let area = self.0.area();
///         assert!(index < area.size() / 8);
///         // SAFETY: in the area of a chunk that this owns, and borrows mutably; areas begin at a multiple of 64.
///         unsafe { std::ptr::with_exposed_provenance_mut::<u64>(area.begin()).add(index).write(value) };
///     }
/// }
///
/// let mut memory = MemoryAllocator::new(Cage::new()?, MB);
/// let mut words = Words(memory.allocate_page(SpaceId::Old)?);
/// words.set(3, 7);
/// memory.free(words.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// One that is dropped instead of given back is lost: it counts, and takes memory, until both its allocator and all other
/// chunks of it are dropped.
#[must_use = "a chunk that is not given back is leaked until its cage goes"]
pub struct OwnedChunk {
    header: NonNull<MemoryChunk>,
    /// The number of the allocator that it is from.
    allocator: u64,
    is_sealed: bool,
    /// What the chunk lies in: mapped for as long as this lives.
    _reservation: Arc<VirtualMemory<SharedPageAllocator>>,
}

impl OwnedChunk {
    /// # Safety
    ///
    /// The chunk is initialized, lies in `reservation`, and has no other owner; nobody frees it or makes its header
    /// unreadable but who is given this value.
    pub(super) unsafe fn new(
        chunk: &MemoryChunk,
        allocator: u64,
        reservation: Arc<VirtualMemory<SharedPageAllocator>>,
    ) -> OwnedChunk {
        OwnedChunk { header: NonNull::from(chunk), allocator, is_sealed: false, _reservation: reservation }
    }

    pub(super) fn allocator(&self) -> u64 {
        self.allocator
    }

    /// Whether it cannot be written, header and area.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.is_sealed
    }

    pub(super) fn set_sealed(&mut self, is_sealed: bool) {
        self.is_sealed = is_sealed;
    }

    /// Notes where the objects end, for who walks the chunk: [`MemoryChunk::top`].
    ///
    /// # Panics
    ///
    /// If that is not in the area or at its end, or the chunk is sealed.
    pub fn set_top(&mut self, top: usize) {
        let area = self.area();
        assert!(area.begin() <= top && top <= area.end(), "{top:#x} is not in {area:?}");
        assert!(!self.is_sealed, "the chunk is sealed");
        MemoryChunk::set_top(self, top);
    }
}

impl core::fmt::Debug for OwnedChunk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("OwnedChunk").field(&**self).finish()
    }
}

impl Deref for OwnedChunk {
    type Target = MemoryChunk;

    fn deref(&self) -> &MemoryChunk {
        // SAFETY: by the contract of `new`: the header is there, and stays while this value does; what changes in it is in
        // cells.
        unsafe { self.header.as_ref() }
    }
}
