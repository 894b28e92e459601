//! Owns the access rights a page can have; promises that the five are all there are, so that a
//! combination no heap uses (write-only, execute-only) cannot be asked for.
//!
//! V8 counterpart: `PageAllocator::Permission`.

use core::fmt;

/// What the processor may do with a page. V8: `PageAllocator::Permission`.
///
/// ```
/// use heapwright::memory::Permission;
///
/// assert!(Permission::ReadExecute.is_executable() && !Permission::ReadExecute.is_writable());
/// assert_eq!(Permission::ReadWrite.to_string(), "rw-");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Every access faults: reserved address space, or decommitted memory.
    NoAccess,
    /// Loads only: sealed read-only spaces.
    Read,
    /// Loads and stores: ordinary heap pages.
    ReadWrite,
    /// Loads and instruction fetches: code pages while they run.
    ReadExecute,
    /// Everything. For tests and tools; the heap itself never has a page writable and executable
    /// at once.
    ReadWriteExecute,
}

impl Permission {
    /// May the page be loaded from?
    #[must_use]
    pub const fn is_readable(self) -> bool {
        !matches!(self, Self::NoAccess)
    }

    /// May the page be stored to?
    #[must_use]
    pub const fn is_writable(self) -> bool {
        matches!(self, Self::ReadWrite | Self::ReadWriteExecute)
    }

    /// May instructions be fetched from the page?
    #[must_use]
    pub const fn is_executable(self) -> bool {
        matches!(self, Self::ReadExecute | Self::ReadWriteExecute)
    }
}

impl fmt::Display for Permission {
    /// As in `/proc/self/maps`: `---`, `r--`, `rw-`, `r-x`, `rwx`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoAccess => "---",
            Self::Read => "r--",
            Self::ReadWrite => "rw-",
            Self::ReadExecute => "r-x",
            Self::ReadWriteExecute => "rwx",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Permission::{self, *};

    #[test]
    fn display_agrees_with_the_predicates() {
        for permission in [NoAccess, Read, ReadWrite, ReadExecute, ReadWriteExecute] {
            let bit = |set: bool, letter: char| if set { letter } else { '-' };
            let expected: String = [
                bit(permission.is_readable(), 'r'),
                bit(permission.is_writable(), 'w'),
                bit(permission.is_executable(), 'x'),
            ]
            .iter()
            .collect();
            assert_eq!(Permission::to_string(&permission), expected);
        }
    }
}
