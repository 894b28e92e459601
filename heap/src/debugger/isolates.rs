//! The list of all isolates of the process, for debuggers and for the exported printer.

use super::described;
use crate::layout::ClassDescriptor;
use crate::spaces::{LinearAllocationArea, SpaceId};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The isolates, newest first. Written under a lock; a debugger reads it while nothing runs.
#[derive(Debug)]
pub(crate) struct IsolateList {
    first: AtomicPtr<IsolateNode>,
    lock: Mutex<()>,
}

/// What is known of an isolate from outside.
#[derive(Debug)]
pub(super) struct IsolateNode {
    next: AtomicPtr<IsolateNode>,
    id: u64,
    /// Where its linear allocation areas are: memory that holds no objects.
    labs: [AtomicUsize; SpaceId::ALL.len()],
    pub(super) cage_base: usize,
    pub(super) classes: Box<[&'static ClassDescriptor]>,
}

described!(struct IsolateList { first } skip { lock });
described!(struct IsolateNode { next, id, labs, cage_base } skip { classes });

pub(super) static ISOLATES: IsolateList =
    IsolateList { first: AtomicPtr::new(core::ptr::null_mut()), lock: Mutex::new(()) };

impl IsolateList {
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `visit` with each node until it returns something.
    pub(super) fn find<T>(&self, mut visit: impl FnMut(&IsolateNode) -> Option<T>) -> Option<T> {
        let _lock = self.lock();
        let mut at = self.first.load(Ordering::Relaxed);
        // SAFETY: nodes in the list live until their isolate takes them out, which needs the lock.
        while let Some(node) = unsafe { at.as_ref() } {
            if let Some(found) = visit(node) {
                return Some(found);
            }
            at = node.next.load(Ordering::Relaxed);
        }
        None
    }
}

/// An isolate's being in the list: dropped with the isolate.
///
/// The node is not a part of the isolate: neighbours in the list write its link while the isolate is borrowed mutably.
#[derive(Debug)]
pub(crate) struct ListedIsolate {
    node: NonNull<IsolateNode>,
}

impl ListedIsolate {
    /// Lists an isolate.
    pub(crate) fn new(id: u64, cage_base: usize, classes: &[&'static ClassDescriptor]) -> ListedIsolate {
        let _lock = ISOLATES.lock();
        let next = AtomicPtr::new(ISOLATES.first.load(Ordering::Relaxed));
        let node = NonNull::from(Box::leak(Box::new(IsolateNode {
            next,
            id,
            labs: Default::default(),
            cage_base,
            classes: classes.into(),
        })));
        ISOLATES.first.store(node.as_ptr(), Ordering::Relaxed);
        ListedIsolate { node }
    }

    /// Tells where a linear allocation area of the isolate is, which will not move: the address alone is kept.
    pub(crate) fn set_lab(&self, space: SpaceId, lab: &LinearAllocationArea) {
        // SAFETY: the node lives until this is dropped.
        let node = unsafe { self.node.as_ref() };
        node.labs[space as usize].store(core::ptr::from_ref(lab).addr(), Ordering::Relaxed);
    }
}

impl Drop for ListedIsolate {
    fn drop(&mut self) {
        let _lock = ISOLATES.lock();
        let mut link = &ISOLATES.first;
        // SAFETY: nodes in the list live until they are taken out under the lock, which is held; this one is in it.
        unsafe {
            while link.load(Ordering::Relaxed) != self.node.as_ptr() {
                link = &(*link.load(Ordering::Relaxed)).next;
            }
            link.store(self.node.as_ref().next.load(Ordering::Relaxed), Ordering::Relaxed);
            drop(Box::from_raw(self.node.as_ptr()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ISOLATES, ListedIsolate};

    fn is_listed(id: u64) -> bool {
        ISOLATES.find(|node| (node.id == id).then_some(())).is_some()
    }

    #[test]
    fn isolates_leave_in_any_order() {
        let ids = [u64::MAX, u64::MAX - 1, u64::MAX - 2];
        let [first, second, third] = ids.map(|id| ListedIsolate::new(id, 0, &[]));
        drop(second);
        assert_eq!(ids.map(is_listed), [true, false, true]);
        drop(third);
        assert_eq!(ids.map(is_listed), [true, false, false]);
        drop(first);
        assert_eq!(ids.map(is_listed), [false; 3]);
    }
}
