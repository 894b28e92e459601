//! Objects that are being written while others can look at the heap.
//!
//! Field values may run code of users: a number that is computed when it is asked for, a panic hook. An allocation that
//! holds the scope mutably leaves that code nothing to look with. A reservation is shared: what is cut from it is listed
//! here until it is an object, and walks of the heap step over it.

use core::cell::Cell;

/// The objects being made at this moment: one, or several if a value of one makes another.
#[derive(Debug, Default)]
pub(crate) struct UnfinishedObjects {
    /// The address of the innermost [`Unfinished`], or zero.
    innermost: Cell<usize>,
}

/// An object being made: on the stack of whoever makes it.
pub(crate) struct Unfinished {
    address: usize,
    end: usize,
    /// The one around it, or zero.
    outer: usize,
}

/// Takes the innermost object off the list, also when a panic ends the making of it.
pub(crate) struct Leave<'a> {
    list: &'a UnfinishedObjects,
    object: &'a Unfinished,
}

impl Drop for Leave<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.list.innermost.set(self.object.outer);
    }
}

impl UnfinishedObjects {
    /// An object of `size` bytes that is going to be made at `address`.
    #[inline(always)]
    pub(crate) fn object(&self, address: usize, size: usize) -> Unfinished {
        Unfinished { address, end: address + size, outer: self.innermost.get() }
    }

    /// Lists an object that [`object`](Self::object) has just returned.
    ///
    /// # Safety
    ///
    /// What is returned is dropped before `object` is, and before anything listed earlier is taken off.
    #[inline(always)]
    pub(crate) unsafe fn enter<'a>(&'a self, object: &'a Unfinished) -> Leave<'a> {
        self.innermost.set(core::ptr::from_ref(object).expose_provenance());
        Leave { list: self, object }
    }

    /// Where an object that is being made at `address` is going to end.
    pub(crate) fn end_of(&self, address: usize) -> Option<usize> {
        let mut next = self.innermost.get();
        while next != 0 {
            // SAFETY: what is listed is alive by the contract of `enter`, and nobody writes to it.
            let unfinished: &Unfinished = unsafe { &*core::ptr::with_exposed_provenance(next) };
            if unfinished.address == address {
                return Some(unfinished.end);
            }
            next = unfinished.outer;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn objects_are_listed_while_they_are_made() {
        let list = UnfinishedObjects::default();
        let outer = list.object(64, 16);
        {
            // SAFETY: the guard is dropped at the end of this block.
            let _leave = unsafe { list.enter(&outer) };
            assert_eq!((list.end_of(64), list.end_of(80)), (Some(80), None));
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let inner = list.object(80, 32);
                // SAFETY: the guard is dropped at the end of this closure, before `inner`.
                let _leave = unsafe { list.enter(&inner) };
                assert_eq!((list.end_of(64), list.end_of(80)), (Some(80), Some(112)));
                std::panic::resume_unwind(Box::new(()));
            }));
            assert!(panic.is_err());
            assert_eq!((list.end_of(64), list.end_of(80)), (Some(80), None));
        }
        assert_eq!(list.end_of(64), None);
    }
}
