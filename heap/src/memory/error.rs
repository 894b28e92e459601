//! Owns [`MemoryError`], the one error type of this folder. Promises that each variant carries
//! the numbers of the request that failed (sizes in bytes, addresses as numbers), so that an
//! out-of-memory report can be written without a debugger. The operating system's own error is
//! the [`source`](std::error::Error::source), not repeated in the message.
//!
//! V8's page allocators return `nullptr` or `false`; [`AllocationStatus`] is what its bounded ones say beyond that.

use std::io;

use super::Permission;

/// Why memory could not be had, changed or given back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The operating system refused to map new pages.
    #[error("cannot map {size} bytes aligned to {alignment} with access {permission}")]
    Map {
        /// Bytes asked for.
        size: usize,
        /// Alignment asked for, in bytes.
        alignment: usize,
        /// Access asked for.
        permission: Permission,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The operating system refused to change the access rights of mapped pages; committing
    /// memory fails this way.
    #[error("cannot change the access of {size} bytes at {address:#x} to {permission}")]
    Protect {
        /// First address of the range.
        address: usize,
        /// Bytes in the range.
        size: usize,
        /// Access asked for.
        permission: Permission,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The operating system refused to drop the contents of pages.
    #[error("cannot discard {size} bytes at {address:#x}")]
    Discard {
        /// First address of the range.
        address: usize,
        /// Bytes in the range.
        size: usize,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The operating system refused to take pages back while their addresses stay reserved.
    #[error("cannot decommit {size} bytes at {address:#x}")]
    Decommit {
        /// First address of the range.
        address: usize,
        /// Bytes in the range.
        size: usize,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The operating system refused to take address space back.
    #[error("cannot unmap {size} bytes at {address:#x}")]
    Unmap {
        /// First address of the range.
        address: usize,
        /// Bytes in the range.
        size: usize,
        /// The operating system's reason.
        source: io::Error,
    },
    /// No free part of a bounded range is large enough.
    #[error(
        "no room for {size} bytes aligned to {alignment}: {free} bytes are free, the largest gap is {largest_free}"
    )]
    RegionExhausted {
        /// Bytes asked for.
        size: usize,
        /// Alignment asked for, in bytes.
        alignment: usize,
        /// Bytes free in the range, in all gaps together.
        free: usize,
        /// Bytes in the largest gap.
        largest_free: usize,
    },
    /// A fixed address was asked for, and the bytes there are not all free.
    #[error("{size} bytes at {address:#x} are not free")]
    RegionUnavailable {
        /// First address asked for.
        address: usize,
        /// Bytes asked for.
        size: usize,
    },
    /// The range named by the caller is not what was handed out.
    #[error("{size} bytes at {address:#x} are not an allocated region")]
    NotAllocated {
        /// First address of the range.
        address: usize,
        /// Bytes in the range.
        size: usize,
    },
    /// A request that no page allocator could serve: a size of zero or no multiple of the page
    /// size, an alignment that is no power of two or below the page size, or a sum that overflows.
    #[error("invalid request for {size} bytes aligned to {alignment} with pages of {page_size} bytes")]
    InvalidRequest {
        /// Bytes asked for.
        size: usize,
        /// Alignment asked for, in bytes.
        alignment: usize,
        /// The granularity the request had to respect, in bytes.
        page_size: usize,
    },
}

/// Why pages could not be had from a bounded range: a coarse view of [`MemoryError`], for counters and for what is tried
/// next. V8: `BoundedPageAllocator::AllocationStatus`; success is an `Ok` here, and the allocator need not remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllocationStatus {
    /// There are addresses, and no memory for them.
    FailedToCommit,
    /// No gap of the range is large enough.
    RanOutOfReservation,
    /// The address that was asked for is taken, or not in the range.
    HintedAddressTakenOrNotFound,
}

impl core::fmt::Display for AllocationStatus {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(match self {
            Self::FailedToCommit => "failed to commit",
            Self::RanOutOfReservation => "ran out of reservation",
            Self::HintedAddressTakenOrNotFound => "hinted address taken or not found",
        })
    }
}

impl MemoryError {
    /// What it is for an allocation from a bounded range; `None` for what is no such failure, as a request that could
    /// never be served.
    ///
    /// ```
    /// use heapwright::memory::{AllocationStatus, MemoryError};
    ///
    /// let error = MemoryError::RegionUnavailable { address: 0x4_0000, size: 4096 };
    /// assert_eq!(error.allocation_status(), Some(AllocationStatus::HintedAddressTakenOrNotFound));
    /// ```
    #[must_use]
    pub const fn allocation_status(&self) -> Option<AllocationStatus> {
        match self {
            Self::Protect { .. } => Some(AllocationStatus::FailedToCommit),
            Self::RegionExhausted { .. } => Some(AllocationStatus::RanOutOfReservation),
            Self::RegionUnavailable { .. } => Some(AllocationStatus::HintedAddressTakenOrNotFound),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn message_has_the_numbers_and_the_source_the_reason() {
        let error = MemoryError::Protect {
            address: 0x4_0000,
            size: 8192,
            permission: Permission::ReadWrite,
            source: io::Error::from(io::ErrorKind::OutOfMemory),
        };
        assert_eq!(error.to_string(), "cannot change the access of 8192 bytes at 0x40000 to rw-");
        assert!(error.source().is_some());
    }
}
