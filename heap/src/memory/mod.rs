//! Address space and the pages in it: the bottom of the heap.
//!
//! Most programs meet this module at three places of [`IsolateBuilder`](crate::IsolateBuilder) and
//! [`Isolate`](crate::Isolate): what an isolate may take ([`max_heap_size`](crate::IsolateBuilder::max_heap_size)), where its
//! pages come from ([`page_allocator`](crate::IsolateBuilder::page_allocator)), and what it has
//! ([`memory_statistics`](crate::Isolate::memory_statistics), [`chunks`](crate::Isolate::chunks)):
//!
//! ```
//! use heapwright::Isolate;
//! use heapwright::memory::{FaultPlan, FaultyPageAllocator, MB, PageOperation};
//! use std::sync::Arc;
//!
//! // Pages from the operating system, with books of what is out, and calls that fail when they are told to.
//! let pages = Arc::new(FaultyPageAllocator::default());
//! let isolate = Isolate::builder().max_heap_size(64 * MB).page_allocator(pages.clone()).build()?;
//!
//! let memory = isolate.memory_statistics();
//! assert_eq!(memory.available(), 64 * MB - memory.committed);
//! assert!(memory.committed <= pages.committed());
//! for chunk in isolate.chunks() {
//!     println!("{chunk}"); // 0x7f3500040000 new_space   256 KiB   0 % used
//! }
//!
//! // The next commit fails, and whoever needs it is told.
//! pages.fail(FaultPlan::At(1), &[PageOperation::SetPermissions]);
//! assert!(Isolate::builder().page_allocator(pages.clone()).build().is_err());
//! assert_eq!(pages.faults().len(), 1);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # From a page to an object
//!
//! Everything that an isolate has in memory lies in one reservation of 4 GiB, the [`Cage`], whose addresses differ in their
//! lower 32 bits alone. It is handed out in *chunks* of 256 KiB (V8 calls them pages), each with a header, the
//! [`MemoryChunk`], that is found by masking an object's address. [`spaces`](crate::spaces) divide chunks among objects.
//!
//! ```text
//!  OsPageAllocator ─► VirtualMemory ─► Cage ─► BoundedPageAllocator ─► MemoryAllocator ─► OwnedChunk ─► your own space
//!  pages of the       4 GiB,           0x..    regions of whole        budget, pool,      256 KiB       LinearAllocationArea,
//!  operating system   no access        0000    chunks, committed       code range         or more       FreeList
//! ```
//!
//! Each layer can be used by itself, and knows only those before it:
//!
//! | to | take | from |
//! |---|---|---|
//! | map, protect, discard pages | [`OsPageAllocator`], or a [`PageAllocator`] of your own; their rights are a [`Permission`] | [`page_allocator`], [`permission`] |
//! | give one to several owners | [`SharedPageAllocator`] | [`shared_page_allocator`] |
//! | see how your program fares when memory ends | [`FaultyPageAllocator`] with a [`FaultPlan`] | [`faulty_page_allocator`] |
//! | place mappings at random, or at the same addresses in each run | [`RandomAddresses`] | [`random_addresses`] |
//! | compute with ranges of addresses | [`AddressRegion`] | [`address_region`] |
//! | reserve addresses, and give them back when you are done | [`VirtualMemory`] | [`virtual_memory`] |
//! | keep books of who has which part of a range, of whatever kind | [`RegionAllocator`] | [`region_allocator`] |
//! | hand out pages of a reservation | [`BoundedPageAllocator`] | [`bounded_page_allocator`] |
//! | reserve what 32-bit pointers reach | [`Cage`] | [`cage`] |
//! | have a part of it for machine code | [`CodeRange`] | [`code_range`] |
//! | build spaces of your own, with a budget and a pool | [`MemoryAllocator`], [`OwnedChunk`] | [`memory_allocator`], [`owned_chunk`] |
//! | keep a word for each class of the process | [`SideTable`] | [`side_table`] |
//! | tell why something failed, with the numbers | [`MemoryError`], and in short its [`AllocationStatus`] | [`error`] |
//! | read what an isolate has | [`MemoryStatistics`], [`ChunkInfo`](crate::inspect::ChunkInfo) | |
//!
//! # Units, failures, unsafe code
//!
//! Sizes and addresses are in bytes. Addresses are plain `usize` whose provenance was exposed when the range was mapped:
//! [`core::ptr::with_exposed_provenance_mut`] turns one into a pointer.
//!
//! Failing to get memory is an `Err`, never a panic or an abort, and a call that failed has changed nothing. Memory that is
//! handed out reads as zero, but for chunks of the [pool](memory_allocator). Panics are for misuse that is a mistake in the
//! program, as giving a chunk to another allocator than it is from.
//!
//! Getting memory is safe, for it is nobody's yet. What takes pages or rights away that somebody may use is `unsafe`, unless
//! it consumes their owner: whoever turned an address into a reference did so in unsafe code, and there promised that the
//! owner lives longer.
//!
//! **Must never** know what an object or a map is.
//!
//! V8 counterparts: `src/base/page-allocator`, `src/base/region-allocator`,
//! `src/base/bounded-page-allocator`, `src/utils/allocation` (`VirtualMemory`,
//! `VirtualMemoryCage`), `src/heap/memory-allocator`, `src/heap/memory-chunk`, `src/heap/code-range`.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a 4 GiB cage needs 64-bit addresses");

pub mod address_region;
pub mod bounded_page_allocator;
mod bytes_by_chunk;
pub mod cage;
mod chunk;
mod chunk_set;
pub mod code_range;
pub mod error;
pub mod faulty_page_allocator;
pub mod memory_allocator;
pub mod owned_chunk;
pub mod page_allocator;
pub mod permission;
mod prefetch;
pub mod random_addresses;
pub mod region_allocator;
pub mod shared_page_allocator;
pub mod side_table;
pub mod virtual_memory;

#[doc(inline)]
pub use address_region::AddressRegion;
#[doc(inline)]
pub use bounded_page_allocator::BoundedPageAllocator;
pub(crate) use bytes_by_chunk::BytesByChunk;
#[doc(inline)]
pub use cage::Cage;
pub(crate) use chunk::{AREA_OFFSET, AREA_SIZE, MARKS_OFFSET};
pub use chunk::{ChunkFlags, MemoryChunk};
pub(crate) use chunk_set::{AtomicChunkSet, ChunkSet};
#[doc(inline)]
pub use code_range::CodeRange;
#[doc(inline)]
pub use error::{AllocationStatus, MemoryError};
#[doc(inline)]
pub use faulty_page_allocator::{FaultPlan, FaultyPageAllocator, PageFault, PageOperation};
#[doc(inline)]
pub use memory_allocator::{MemoryAllocator, MemoryStatistics};
#[doc(inline)]
pub use owned_chunk::OwnedChunk;
#[doc(inline)]
pub use page_allocator::{OsPageAllocator, PageAllocator};
#[doc(inline)]
pub use permission::Permission;
pub(crate) use prefetch::prefetch;
#[doc(inline)]
pub use random_addresses::RandomAddresses;
#[doc(inline)]
pub use region_allocator::{RegionAllocator, RegionState};
#[doc(inline)]
pub use shared_page_allocator::SharedPageAllocator;
#[doc(inline)]
pub use side_table::SideTable;
#[doc(inline)]
pub use virtual_memory::VirtualMemory;

/// Bytes in a kibibyte.
pub const KB: usize = 1 << 10;

/// Bytes in a mebibyte.
pub const MB: usize = 1 << 20;

/// Bytes in a gibibyte.
pub const GB: usize = 1 << 30;

/// Bytes in a chunk, and its alignment: what V8 calls a page of the heap. Not to be confused with
/// a page of the operating system ([`PageAllocator::commit_page_size`]).
pub const CHUNK_SIZE: usize = 256 * KB;

/// Bytes in a [`Cage`], and its alignment: what 32 bits can address.
pub const CAGE_SIZE: usize = 4 * GB;
