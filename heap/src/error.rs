//! Errors of the public API. All carry numbers.

use crate::layout::InstanceTypeError;
use crate::memory::MemoryError;
use crate::spaces::SpaceId;
use std::sync::Arc;

/// An allocation that the heap could not satisfy, after collecting all it could. The isolate stays usable and nothing
/// is lost: drop something and try again.
#[derive(Clone, Debug, thiserror::Error)]
#[error("out of memory: {requested} bytes in {space}: {reason}")]
pub struct OutOfMemory {
    /// Bytes that were asked for.
    pub requested: usize,
    /// The space that was to hold them.
    pub space: SpaceId,
    /// What stood in the way.
    #[source]
    pub reason: OutOfMemoryReason,
}

/// What stood in the way of an allocation.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutOfMemoryReason {
    /// The isolate's own limit.
    #[error("the heap holds {used} bytes and may hold {limit}")]
    HeapLimit {
        /// Bytes the heap may hold, as given to [`IsolateBuilder::max_heap_size`](crate::IsolateBuilder::max_heap_size) or
        /// [raised](crate::HandleScope::add_near_heap_limit_callback).
        limit: usize,
        /// Bytes of all chunks at the time.
        used: usize,
    },
    /// The limit of heap and external memory together.
    #[error("the heap holds {committed} bytes, {external} are external, and both together may have {budget}")]
    TotalBudget {
        /// The [total budget](crate::HeapPolicy::total_budget).
        budget: usize,
        /// Bytes of all chunks at the time.
        committed: usize,
        /// Bytes of [external memory](crate::HandleScope::adjust_external_memory).
        external: usize,
    },
    /// Collecting has come to nothing time and again: the heap is full but for crumbs. See [`limits`](crate::limits).
    #[error(
        "{collections} full collections in a row freed next to nothing, the heap holds {used} bytes and may hold {limit}"
    )]
    IneffectiveCollections {
        /// How many there were.
        collections: u32,
        /// Bytes the heap may hold.
        limit: usize,
        /// Bytes of all chunks at the time.
        used: usize,
    },
    /// The object is larger than any heap could hold.
    #[error("an object has at most {maximum} bytes")]
    TooLarge {
        /// The most bytes an object may have.
        maximum: usize,
    },
    /// Code was to be made in an isolate that may have none.
    #[error("the isolate was made without a code range: `Isolate::builder().code_range(…)` gives it one")]
    NoCodeRange,
    /// The object's length does not fit the Smi that would hold it.
    #[error("{length} elements are more than a Smi can count ({maximum})")]
    TooLong {
        /// Elements asked for.
        length: usize,
        /// The most that are possible.
        maximum: usize,
    },
    /// The operating system refused.
    #[error(transparent)]
    Memory(Arc<MemoryError>),
}

/// [`Reservation`](crate::Reservation)s hold what they were made for and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reservation has {available} bytes left, {requested} were asked for")]
pub struct ReservationExhausted {
    /// Bytes that were asked for: the object's, and a word more if it has to be
    /// [aligned](crate::spaces::AllocationAlignment) there.
    pub requested: usize,
    /// Bytes left.
    pub available: usize,
}

/// An isolate that cannot be entered on this thread now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "isolate {entered} is entered on this thread: one isolate at a time, so that no reference can get from one heap \
     into another; drop its scope first"
)]
pub struct EnterError {
    /// The isolate that is entered already.
    pub entered: u64,
}

/// An isolate that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IsolateError {
    /// The address space or the memory for it could not be had.
    #[error("the isolate's memory could not be reserved or sealed")]
    Memory(#[from] MemoryError),
    /// The first objects did not fit.
    #[error("the isolate's first objects could not be allocated")]
    OutOfMemory(#[from] OutOfMemory),
    /// More classes than a process can number.
    #[error("more than {maximum} classes in one process")]
    TooManyClasses {
        /// The most that are possible.
        maximum: usize,
    },
    /// The classes' wishes for instance types contradict each other.
    #[error("the classes cannot be numbered")]
    InstanceTypes(#[from] InstanceTypeError),
    /// An option has a value that cannot work.
    #[error("{option} is {value}: {reason}")]
    InvalidOption {
        /// The method of [`IsolateBuilder`](crate::IsolateBuilder).
        option: &'static str,
        /// The value it was given.
        value: usize,
        /// Why it cannot work.
        reason: &'static str,
    },
    /// A root table's setup left one of its roots without a value.
    #[error("root `{root}` of `{table}` was not set by the table's setup")]
    RootNotSet {
        /// The table.
        table: &'static str,
        /// The root.
        root: &'static str,
    },
    /// The roots of all tables together do not fit where the isolate's data was to lie: in the cage, see
    /// [`IsolateAllocation`](crate::IsolateAllocation).
    #[error("{roots} roots, and an isolate whose data lies in its cage has room for {maximum}: allocate it outside")]
    TooManyRoots {
        /// How many there are.
        roots: usize,
        /// The most that are possible.
        maximum: usize,
    },
    /// Another isolate is entered on this thread, and setting up roots needs to enter the new one.
    #[error(transparent)]
    Enter(#[from] EnterError),
}
