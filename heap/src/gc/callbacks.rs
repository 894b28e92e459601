//! What an embedder may run before and after each collection.
//!
//! **Promises** that they run between collections: before one begins, when the heap is whole, and after it has ended
//! and first passes of weak callbacks have run. A panic waits for the next safepoint, as weak callbacks' do.
//!
//! Many collections begin in the middle of an allocation, so callbacks are given numbers and nothing that leads to the
//! heap. They are `'static` and `Send`, so they hold no scope; while they run, nobody else has one of the isolate to use.

use super::record::{CollectionKind, CollectionReason, CollectionRecord};
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a [prologue](HandleScope::add_gc_prologue) or an [epilogue](HandleScope::add_gc_epilogue) is told. Sizes are in
/// bytes, those before the collection in a prologue, and those after it in an epilogue.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GcEvent {
    /// The number of the isolate.
    pub isolate: u64,
    /// How much is collected.
    pub kind: CollectionKind,
    /// Why.
    pub reason: CollectionReason,
    /// Objects in all spaces that are collected, dead ones that were not yet found included.
    pub used: usize,
    /// What all chunks hold.
    pub committed: usize,
    /// [External memory](HandleScope::adjust_external_memory).
    pub external: usize,
    /// What it did. `None` in a prologue.
    pub record: Option<CollectionRecord>,
}

type Callback = Box<dyn FnMut(GcEvent) + Send>;

/// A prologue or an epilogue, for [`HandleScope::remove_gc_callback`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GcCallback {
    isolate: u64,
    number: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

struct Entry {
    number: u64,
    when: When,
    /// All kinds if `None`.
    kind: Option<CollectionKind>,
    callback: Callback,
}

/// An isolate's, in the order in which they were added.
#[derive(Default)]
pub(crate) struct GcCallbacks {
    entries: Vec<Entry>,
    last: u64,
}

impl core::fmt::Debug for GcCallbacks {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} callbacks", self.entries.len())
    }
}

impl IsolateData {
    /// Before a collection.
    #[inline]
    pub(super) fn call_prologues(&mut self, kind: CollectionKind, reason: CollectionReason) {
        if !self.heap.collector.callbacks.entries.is_empty() {
            self.call_callbacks(When::Before, kind, reason, None);
        }
    }

    /// After it.
    #[inline]
    pub(super) fn call_epilogues(&mut self, record: CollectionRecord) {
        if !self.heap.collector.callbacks.entries.is_empty() {
            self.call_callbacks(When::After, record.kind, record.reason, Some(record));
        }
    }

    #[cold]
    fn call_callbacks(
        &mut self,
        when: When,
        kind: CollectionKind,
        reason: CollectionReason,
        record: Option<CollectionRecord>,
    ) {
        let mut entries = core::mem::take(&mut self.heap.collector.callbacks.entries);
        for entry in &mut entries {
            if entry.when != when || entry.kind.is_some_and(|only| only != kind) {
                continue;
            }
            let event = GcEvent {
                isolate: self.id,
                kind,
                reason,
                used: self.used(),
                committed: self.heap.allocator.committed(),
                external: self.heap.allocator.external().bytes(),
                record,
            };
            // Safe to go on after a panic: the callback reaches nothing of ours.
            let result = catch_unwind(AssertUnwindSafe(|| (entry.callback)(event)));
            self.weak_callbacks.note(result);
        }
        self.heap.collector.callbacks.entries = entries;
    }
}

impl HandleScope<'_> {
    /// Calls `callback` before each collection, or each of one kind, in the order in which they were added. V8:
    /// `Isolate::AddGCPrologueCallback`.
    ///
    /// It is told numbers, and cannot allocate: the collection may have been caused by an allocation. It may drop globals
    /// and [external memory](crate::ExternalMemory), which this very collection then takes into account. A panic in it
    /// harms nothing: the collection runs, and the panic goes on at the next safepoint, as one of a
    /// [weak callback](crate::WeakGlobal::with_callback) does.
    ///
    /// ```
    /// use heapwright::prelude::*;
    /// use std::sync::{Arc, Mutex};
    ///
    /// # let mut isolate = Isolate::builder().build()?;
    /// # let mut scope = isolate.enter();
    /// // A cache that is cheap to fill again goes before all is collected.
    /// let cache = Arc::new(Mutex::new(vec![1, 2, 3]));
    /// let cleared = Arc::clone(&cache);
    /// let callback = scope.add_gc_prologue(Some(CollectionKind::Full), move |_| cleared.lock().unwrap().clear());
    /// scope.collect(CollectionKind::Young);
    /// assert_eq!(cache.lock().unwrap().len(), 3);
    /// scope.collect(CollectionKind::Full);
    /// assert!(cache.lock().unwrap().is_empty());
    /// assert!(scope.remove_gc_callback(callback));
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn add_gc_prologue(
        &mut self,
        kind: Option<CollectionKind>,
        callback: impl FnMut(GcEvent) + Send + 'static,
    ) -> GcCallback {
        self.add_gc_callback(When::Before, kind, Box::new(callback))
    }

    /// Calls `callback` after each collection, or each of one kind, when first passes of weak callbacks have run. As
    /// [`add_gc_prologue`](Self::add_gc_prologue) otherwise. V8: `Isolate::AddGCEpilogueCallback`.
    ///
    /// ```
    /// use heapwright::prelude::*;
    /// use std::sync::mpsc;
    ///
    /// # let mut isolate = Isolate::builder().build()?;
    /// # let mut scope = isolate.enter();
    /// let (send, pauses) = mpsc::channel();
    /// scope.add_gc_epilogue(None, move |event| send.send(event.record.unwrap().pause).unwrap());
    /// scope.collect(CollectionKind::Young);
    /// assert_eq!(pauses.try_iter().count(), 1);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn add_gc_epilogue(
        &mut self,
        kind: Option<CollectionKind>,
        callback: impl FnMut(GcEvent) + Send + 'static,
    ) -> GcCallback {
        self.add_gc_callback(When::After, kind, Box::new(callback))
    }

    fn add_gc_callback(&mut self, when: When, kind: Option<CollectionKind>, callback: Callback) -> GcCallback {
        let data = self.data_mut();
        let callbacks = &mut data.heap.collector.callbacks;
        callbacks.last += 1;
        callbacks.entries.push(Entry { number: callbacks.last, when, kind, callback });
        GcCallback { isolate: data.id, number: callbacks.last }
    }

    /// Ends a prologue or an epilogue, and drops what it owns. Whether there was one, of this isolate.
    pub fn remove_gc_callback(&mut self, callback: GcCallback) -> bool {
        let data = self.data_mut();
        let entries = &mut data.heap.collector.callbacks.entries;
        let position = entries.iter().position(|entry| entry.number == callback.number);
        match position.filter(|_| callback.isolate == data.id) {
            Some(at) => {
                // Dropped when the list is whole, for that may run anything.
                let removed = entries.remove(at);
                drop(removed);
                true
            }
            None => false,
        }
    }
}
