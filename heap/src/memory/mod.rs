//! Address space and the pages in it: the bottom of the heap.
//!
//! Layers, bottom up; each knows only those before it:
//!
//! | file | what it owns |
//! |---|---|
//! | [`permission`] | the five access rights a page can have |
//! | [`error`] | [`MemoryError`]: every way to fail, with its numbers |
//! | [`page_allocator`] | [`PageAllocator`]: pages of the operating system |
//! | [`shared_page_allocator`] | [`SharedPageAllocator`]: one of those for a whole isolate |
//! | [`faulty_page_allocator`] | [`FaultyPageAllocator`]: pages that fail when they are told to, for tests |
//! | [`address_region`] | [`AddressRegion`]: a range of addresses, no memory |
//! | [`virtual_memory`] | [`VirtualMemory`]: one reservation, released on drop |
//! | [`region_allocator`] | [`RegionAllocator`]: who has which part of a range, no memory |
//! | [`bounded_page_allocator`] | [`BoundedPageAllocator`]: pages inside a reservation |
//! | [`cage`] | [`Cage`]: the one reservation of an isolate |
//! | [`code_range`] | [`CodeRange`]: the part of the cage that code lies in, its pages opened and closed |
//! | [`side_table`] | [`SideTable`]: an isolate's word for each class of the process |
//! | `chunk` | [`MemoryChunk`]: the header that an object's address is masked to |
//! | `memory_allocator` | `MemoryAllocator`: chunks within a budget, and a pool of freed ones |
//!
//! **Promises.** Failing to get memory is an `Err`, never a panic or an abort. Memory that is
//! handed out reads as zero. Addresses are plain `usize` whose provenance was exposed when the
//! range was mapped: turn one into a pointer with [`core::ptr::with_exposed_provenance_mut`].
//!
//! **Must never** know what an object or a map is.
//!
//! V8 counterparts: `src/base/page-allocator`, `src/base/region-allocator`,
//! `src/base/bounded-page-allocator`, `src/utils/allocation` (`VirtualMemory`,
//! `VirtualMemoryCage`).

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a 4 GiB cage needs 64-bit addresses");

pub mod address_region;
pub mod bounded_page_allocator;
pub mod cage;
mod chunk;
pub mod code_range;
pub mod error;
pub mod faulty_page_allocator;
pub mod memory_allocator;
pub mod owned_chunk;
pub mod page_allocator;
pub mod permission;
pub mod random_addresses;
pub mod region_allocator;
pub mod shared_page_allocator;
pub mod side_table;
pub mod virtual_memory;

pub use address_region::AddressRegion;
pub use bounded_page_allocator::BoundedPageAllocator;
pub use cage::Cage;
pub(crate) use chunk::{AREA_OFFSET, AREA_SIZE};
pub use chunk::{ChunkFlags, MemoryChunk};
pub use code_range::CodeRange;
pub use error::{AllocationStatus, MemoryError};
pub use faulty_page_allocator::{FaultPlan, FaultyPageAllocator, PageFault, PageOperation};
pub use memory_allocator::{MemoryAllocator, MemoryStatistics};
pub use owned_chunk::OwnedChunk;
pub use page_allocator::{OsPageAllocator, PageAllocator};
pub use permission::Permission;
pub use random_addresses::RandomAddresses;
pub use region_allocator::{RegionAllocator, RegionState};
pub use shared_page_allocator::SharedPageAllocator;
pub use side_table::SideTable;
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
