//! Spaces: who allocates where, and what is done with what is freed.
//!
//! Which space an object goes to follows from its class, its size and what was asked for; nothing else has to be said.
//! What was asked for is an [`AllocationType`], young unless one says otherwise:
//!
//! | object | asked for | goes to | is collected by |
//! |---|---|---|---|
//! | of a class of maps | | [`Map`](SpaceId::Map) | marking and sweeping; never moves |
//! | machine code | [`Code`](AllocationType::Code) | [`Code`](SpaceId::Code), a large one [`CodeLargeObject`](SpaceId::CodeLargeObject) | marking and sweeping; never moves |
//! | up to [`MAX_YOUNG_OBJECT_SIZE`], 32 KiB | [`Young`](AllocationType::Young) | [`New`](SpaceId::New) | copying; after two survivals it is old |
//! | up to [`MAX_REGULAR_OBJECT_SIZE`], 128 KiB | [`Young`](AllocationType::Young), [`Old`](AllocationType::Old) | [`Old`](SpaceId::Old) | marking and sweeping; moved out of chunks that are mostly free, unless [pinned](crate::HandleScope::pin) |
//! | larger | [`Young`](AllocationType::Young) | [`NewLargeObject`](SpaceId::NewLargeObject), a chunk of its own; then [`LargeObject`](SpaceId::LargeObject) where it lies | scavenging, then marking; never moves |
//! | larger | [`Old`](AllocationType::Old) | [`LargeObject`](SpaceId::LargeObject), a chunk of its own | marking; never moves |
//! | of a class without setters, in a root table's setup | [`ReadOnly`](AllocationType::ReadOnly) | [`ReadOnly`](SpaceId::ReadOnly) | nobody: sealed when the isolate is made |
//!
//! ```
//! use heapwright::prelude::*;
//! use heapwright::{SpaceId, spaces::SpaceStatistics};
//!
//! /// Some bytes.
//! #[heap_object]
//! pub struct Bytes {
//!     #[constant]
//!     length: Smi,
//!     #[length = length]
//!     data: [u8],
//! }
//! heap_classes! { pub static CLASSES = [Bytes]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).semi_space_size(1 << 20, 4 << 20).build()?;
//! let mut scope = isolate.enter();
//! fn space(scope: &HandleScope<'_>, wanted: SpaceId) -> SpaceStatistics {
//!     scope.statistics().spaces.into_iter().find(|(id, _)| *id == wanted).unwrap().1
//! }
//!
//! let young = Bytes::new(&mut scope, BytesInit { data: Filled::new(0, 100) });
//! let old = Bytes::try_new_in(&mut scope, AllocationType::Old, BytesInit { data: Filled::new(0, 100) }).unwrap();
//! let large = Bytes::try_new_in(&mut scope, AllocationType::Old, BytesInit { data: Filled::new(0, 1 << 20) }).unwrap();
//! assert!(space(&scope, SpaceId::New).used > 100 && space(&scope, SpaceId::Old).used > 100);
//! assert_eq!(space(&scope, SpaceId::LargeObject).chunks, 1);
//!
//! // What is free on old pages is listed, in 24 categories, and used before the space grows.
//! let numbers = space(&scope, SpaceId::Old);
//! assert!(numbers.used + numbers.available + numbers.wasted < numbers.committed); // headers are the rest
//!
//! // Two collections, and what is young is not any more.
//! scope.collect(CollectionKind::Young);
//! scope.collect(CollectionKind::Young);
//! assert_eq!(space(&scope, SpaceId::New).used, 0);
//! # assert_eq!(young.get(&scope).data(0) + old.get(&scope).data(0) + large.get(&scope).data(0), 0);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Numbers and budgets
//!
//! [`SpaceStatistics`] are the bytes of one space, [`HeapStatistics`](crate::inspect::HeapStatistics) those of all, without a
//! walk; [`HandleScope::chunks`](crate::HandleScope::chunks) shows each chunk. All spaces share one budget,
//! [`max_heap_size`](crate::IsolateBuilder::max_heap_size): it counts chunks, not objects, so it is what the process holds. The
//! young generation begins and ends at [`semi_space_size`](crate::IsolateBuilder::semi_space_size). What is done before an
//! allocation is refused: [`limits`](crate::limits).
//!
//! # Spaces of your own
//!
//! The parts that spaces are made of can be used without an isolate, for memory without objects: a [`LinearAllocationArea`]
//! cuts from a run of free bytes, a [`FreeList`] keeps what was freed, and both divide chunks of a
//! [`MemoryAllocator`](crate::memory::MemoryAllocator). Together they are a space:
//!
//! ```
//! use heapwright::SpaceId;
//! use heapwright::memory::{AddressRegion, Cage, MB, MemoryAllocator, OwnedChunk};
//! use heapwright::spaces::{FreeList, LinearAllocationArea};
//!
//! /// Blocks of a size between 24 bytes and some KiB, a multiple of 8.
//! struct Blocks {
//!     memory: MemoryAllocator,
//!     chunks: Vec<OwnedChunk>, // they keep the memory for as long as this lives
//!     area: LinearAllocationArea,
//!     free: FreeList,
//! }
//!
//! impl Blocks {
//!     fn allocate(&mut self, size: usize) -> Option<usize> {
//!         if let Some(address) = self.area.allocate(size) {
//!             return Some(address);
//!         }
//!         let region = match self.free.allocate(size) {
//!             Some((address, size)) => AddressRegion::new(address, size),
//!             None => {
//!                 self.chunks.push(self.memory.allocate_page(SpaceId::Old).ok()?);
//!                 self.chunks.last()?.area()
//!             }
//!         };
//!         let rest = std::mem::replace(&mut self.area, LinearAllocationArea::new(region));
//!         // SAFETY: nobody was given the rest of the area.
//!         unsafe { self.free(rest.top(), rest.available()) };
//!         self.area.allocate(size)
//!     }
//!
//!     /// # Safety
//!     ///
//!     /// The block was allocated here, and is not used any more.
//!     unsafe fn free(&mut self, address: usize, size: usize) {
//!         // SAFETY: the caller's contract; a block lies in a chunk that is owned here. What is too small is only counted.
//!         unsafe {
//!             if size >= heapwright::spaces::MIN_BLOCK_SIZE {
//!                 FreeList::format_block(address, size);
//!             }
//!             self.free.free(address, size);
//!         }
//!     }
//! }
//!
//! let memory = MemoryAllocator::new(Cage::new()?, MB);
//! let (area, free) = (LinearAllocationArea::default(), FreeList::new());
//! let mut blocks = Blocks { memory, chunks: Vec::new(), area, free };
//! let first = blocks.allocate(64).unwrap();
//! assert_eq!(blocks.allocate(64), Some(first + 64));
//! // SAFETY: nothing refers to it.
//! unsafe { blocks.free(first, 64) };
//! assert_eq!((blocks.free.available(), blocks.memory.size()), (64, blocks.chunks[0].size()));
//! # Ok::<(), heapwright::memory::MemoryError>(())
//! ```
//!
//! # Inside
//!
//! **Owns** the chunks of each space, their linear allocation areas and free lists.
//!
//! **Promises** that every space can be walked object by object: what is free carries a filler ([`Filler`], [`FreeSpace`]).
//!
//! **Never touches** roots or handles, and never collects: when a space is full it says so.
//!
//! V8 counterparts: `src/heap/{new-spaces,paged-spaces,large-spaces,read-only-spaces,free-list}`, `AllocationSpace`,
//! `AllocationType`.

mod alignment;
pub(crate) mod code_space;
mod compaction;
pub(crate) mod filler;
mod free_list;
mod large_object_space;
mod linear_allocation_area;
mod new_large_object_space;
mod new_space;
mod origin;
mod paged_space;
mod sweep_queue;
mod sweeper;
mod unfinished;

/// What threads wait with.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, Ordering};
    pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
}

pub use alignment::AllocationAlignment;
pub use code_space::CODE_ALIGNMENT;
pub(crate) use code_space::CodeSpace;
pub use filler::{Filler, FreeSpace};
pub use free_list::{FreeList, MIN_BLOCK_SIZE};
pub(crate) use large_object_space::LargeObjectSpace;
pub use linear_allocation_area::LinearAllocationArea;
pub(crate) use new_large_object_space::NewLargeObjectSpace;
pub(crate) use new_space::NewSpace;
pub(crate) use origin::AllocationCounters;
pub use origin::{AllocationOrigin, AllocationStatistics};
pub(crate) use paged_space::PagedSpace;
pub(crate) use unfinished::UnfinishedObjects;

use crate::debugger::described;
use crate::memory::KB;

/// The largest object that shares a chunk with others, in bytes. V8: `kMaxRegularHeapObjectSize`.
pub const MAX_REGULAR_OBJECT_SIZE: usize = 128 * KB;

/// The largest object that is allocated young among others, in bytes. Larger ones would be copied twice for nothing, and
/// would leave semi-space pages half empty: up to [`MAX_REGULAR_OBJECT_SIZE`] they are allocated old, and beyond that they
/// are young in chunks of their own, which are never copied.
pub const MAX_YOUNG_OBJECT_SIZE: usize = 32 * KB;

/// A space of the heap. Which objects go where: [the table](crate::spaces). V8: `AllocationSpace`.
///
/// Orders as in [`ALL`](Self::ALL), and displays as V8's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SpaceId {
    /// Sealed with `mprotect` when the isolate is made.
    ReadOnly,
    /// Where objects are born: two semi-spaces, collected by copying.
    New,
    /// Objects that survived twice, or were asked to be there: marked and swept.
    Old,
    /// Machine code, in pages that are never writable and executable at once; it never moves.
    Code,
    /// Maps; they never move.
    Map,
    /// Young objects of more than [`MAX_REGULAR_OBJECT_SIZE`] bytes, each in a chunk of its own. They never move: the
    /// first collection makes those that live a part of [`LargeObject`](Self::LargeObject) where they are, and frees the
    /// others, so the space is empty after every collection.
    NewLargeObject,
    /// Old objects of that size, likewise each in a chunk of its own; they never move.
    LargeObject,
    /// Code objects of more than that, likewise.
    CodeLargeObject,
}

impl SpaceId {
    /// All spaces.
    pub const ALL: [SpaceId; 8] = [
        SpaceId::ReadOnly,
        SpaceId::New,
        SpaceId::Old,
        SpaceId::Code,
        SpaceId::Map,
        SpaceId::NewLargeObject,
        SpaceId::LargeObject,
        SpaceId::CodeLargeObject,
    ];

    /// V8's name of the space.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SpaceId::ReadOnly => "read_only_space",
            SpaceId::New => "new_space",
            SpaceId::Old => "old_space",
            SpaceId::Code => "code_space",
            SpaceId::Map => "map_space",
            SpaceId::NewLargeObject => "new_large_object_space",
            SpaceId::LargeObject => "large_object_space",
            SpaceId::CodeLargeObject => "code_large_object_space",
        }
    }
}

impl core::fmt::Display for SpaceId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// Where a new object should live: what the `…_in` makers of a class take. A wish, but for read-only space: size and class
/// decide with it, as [the table](crate::spaces) shows. V8: `AllocationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AllocationType {
    /// In the young generation: up to [`MAX_YOUNG_OBJECT_SIZE`] bytes in the semi-spaces, above
    /// [`MAX_REGULAR_OBJECT_SIZE`] in a chunk of its own. What lies between is allocated old: it would cost too much to
    /// copy, and most of a chunk if it had one to itself.
    #[default]
    Young,
    /// In the old generation: for objects known to live long.
    Old,
    /// In the read-only space: while the isolate is being made, and for classes without setters.
    ReadOnly,
    /// In the code spaces. For [`InstructionStream`](crate::code::InstructionStream)s alone, which ask for it themselves:
    /// any other class panics, for nobody could write to its objects.
    Code,
}

/// Bytes of one space at one moment, from [`HandleScope::statistics`](crate::HandleScope::statistics). V8:
/// `HeapSpaceStatistics`.
///
/// `used`, `available` and `wasted` and the headers of chunks add up to `committed` in OLD, MAP, READ_ONLY and CODE space. In
/// NEW space the half that waits to be copied into is committed, and neither used nor available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SpaceStatistics {
    /// Chunks held, headers included.
    pub committed: usize,
    /// Taken by objects, dead ones that were not yet collected included.
    pub used: usize,
    /// Free and ready to be allocated from.
    pub available: usize,
    /// Free but too small to be used before the neighbours die, or in a chunk that waits to be evacuated.
    pub wasted: usize,
    /// How many chunks there are: a number.
    pub chunks: usize,
}

described!(
    enum SpaceId {
        ReadOnly,
        New,
        Old,
        Code,
        Map,
        NewLargeObject,
        LargeObject,
        CodeLargeObject,
    }
);
