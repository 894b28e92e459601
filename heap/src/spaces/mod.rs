//! Spaces: who allocates where, and what is done with what is freed.
//!
//! **Owns** the chunks of each space, their linear allocation areas and free lists.
//!
//! **Promises** that every space can be walked object by object: what is free carries a filler.
//!
//! **Never touches** roots or handles, and never collects: when a space is full it says so.

mod alignment;
pub(crate) mod code_space;
pub(crate) mod filler;
mod free_list;
mod large_object_space;
mod linear_allocation_area;
mod new_space;
mod origin;
mod paged_space;
mod unfinished;

pub use alignment::AllocationAlignment;
pub use code_space::CODE_ALIGNMENT;
pub(crate) use code_space::CodeSpace;
pub use filler::{Filler, FreeSpace};
pub use free_list::{FreeList, MIN_BLOCK_SIZE};
pub(crate) use large_object_space::LargeObjectSpace;
pub(crate) use linear_allocation_area::LinearAllocationArea;
pub(crate) use new_space::NewSpace;
pub(crate) use origin::AllocationCounters;
pub use origin::{AllocationOrigin, AllocationStatistics};
pub(crate) use paged_space::PagedSpace;
pub(crate) use unfinished::UnfinishedObjects;

use crate::debugger::described;
use crate::memory::KB;

/// The largest object that shares a chunk with others, in bytes. V8: `kMaxRegularHeapObjectSize`.
pub const MAX_REGULAR_OBJECT_SIZE: usize = 128 * KB;

/// The largest object that is allocated young, in bytes; larger ones would be copied twice for nothing, and would
/// leave semi-space pages half empty.
pub const MAX_YOUNG_OBJECT_SIZE: usize = 32 * KB;

/// A space of the heap. V8: `AllocationSpace`.
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
    /// Objects of more than [`MAX_REGULAR_OBJECT_SIZE`] bytes, each in chunks of its own; they never move.
    LargeObject,
    /// Code objects of more than that, likewise.
    CodeLargeObject,
}

impl SpaceId {
    /// All spaces.
    pub const ALL: [SpaceId; 7] = [
        SpaceId::ReadOnly,
        SpaceId::New,
        SpaceId::Old,
        SpaceId::Code,
        SpaceId::Map,
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

/// Where a new object should live. V8: `AllocationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum AllocationType {
    /// In the young generation, unless it is too large.
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

/// Bytes of one space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SpaceStatistics {
    /// Chunks held, headers included.
    pub committed: usize,
    /// Taken by objects, dead ones that were not yet collected included.
    pub used: usize,
    /// Free and ready to be allocated from.
    pub available: usize,
    /// Free but too small to be used before the neighbours die.
    pub wasted: usize,
    /// Chunks.
    pub chunks: usize,
}

described!(
    enum SpaceId {
        ReadOnly,
        New,
        Old,
        Code,
        Map,
        LargeObject,
        CodeLargeObject,
    }
);
