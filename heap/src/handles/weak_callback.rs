//! Weak callbacks and finalizers: what runs when an object has died.
//!
//! A callback runs in two passes, as in V8. The **first pass** runs when the collection that found the object dead is
//! over, the heap whole and the [`WeakGlobal`] empty, before the call that collected goes on. It is given a
//! [`WeakCallbackInfo`] and nothing else: no scope, so it cannot read, allocate or collect. It may ask for a **second
//! pass**, which is given a scope and may do anything. Second passes never run inside an allocation, so code that
//! allocates need not expect that somebody else's code changes the heap under it; they wait for a *safepoint*:
//!
//! - [`HandleScope::collect`], before it returns;
//! - [`HandleScope::run_weak_callbacks`], for the embedder's event loop;
//! - [`Isolate::enter`](crate::Isolate::enter), before it returns.
//!
//! # What is promised
//!
//! - **Once at most**, on the thread that has entered the isolate. Young and full collections alike.
//! - **In order**: the first passes of one collection in the order in which they were registered, second passes in the
//!   order in which they were asked for.
//! - **The referent is gone** for good: no callback has a way to it, and the weak global reads `None` before the first
//!   callback of the collection runs.
//! - **Dropped, not run**, if the last clone of the weak global is dropped before the callback's turn, on whatever thread;
//!   what the callback has captured is dropped there and then. The same when the isolate is dropped, as in V8: its death
//!   is not the death of its objects one by one. What has to be released in any case belongs in a captured value's `Drop`.
//! - **A panic** in a callback does not keep the others from running, and finds the heap whole. It is kept, the first if
//!   there are several, and goes on at the end of the next safepoint, which for `collect` is its own; not while the
//!   thread is panicking already, which would end the process.
//!
//! # Why this is safe
//!
//! Whoever collects holds `&mut HandleScope`, so while a first pass runs nobody has a scope of the isolate to use, not
//! through a thread-local either; and no other isolate can be entered on this thread. Callbacks are `'static`, so they
//! capture no handle and no reference into the heap; and `Send`, for the isolate moves between threads and weak globals
//! are dropped on any. The collector does not know callbacks: it clears nodes, and when it has ended, `first_pass` looks
//! which registered nodes are empty. Should something panic in between, it finds them after the next collection.

use super::global::WeakGlobal;
use super::handle::Handle;
use super::nodes::{NodePlace, NodeRef};
use super::scope::HandleScope;
use crate::gc::CollectionKind;
use crate::tagged::HeapClass;
use core::any::Any;
use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};

type FirstPass = Box<dyn FnOnce(&mut WeakCallbackInfo) + Send>;
type SecondPass = Box<dyn FnOnce(&mut HandleScope<'_>) + Send>;
type Panic = Box<dyn Any + Send>;

/// What the first pass of a weak callback is given: facts, and a place to ask for a second pass; nothing that leads to
/// the heap. V8: `WeakCallbackInfo`.
pub struct WeakCallbackInfo {
    isolate: u64,
    kind: CollectionKind,
    second: Vec<SecondPass>,
}

impl WeakCallbackInfo {
    /// The number of the isolate whose object died.
    #[must_use]
    pub fn isolate_id(&self) -> u64 {
        self.isolate
    }

    /// The kind of collection that found it dead.
    #[must_use]
    pub fn collection_kind(&self) -> CollectionKind {
        self.kind
    }

    /// Asks for a second pass, which may use the heap. It runs at the next safepoint (see
    /// [`WeakGlobal::with_callback`]). V8: `SetSecondPassCallback`, of which there is one; here all run that are asked for.
    pub fn second_pass(&mut self, callback: impl FnOnce(&mut HandleScope<'_>) + Send + 'static) {
        self.second.push(Box::new(callback));
    }
}

impl core::fmt::Debug for WeakCallbackInfo {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WeakCallbackInfo of isolate {} after a {} collection", self.isolate, self.kind.name())
    }
}

/// A callback, shared by the clones of its weak global.
pub(super) struct Registration {
    callback: Mutex<Option<FirstPass>>,
    /// Keeps the node from being given out again while the isolate may look at it.
    _node: NodeRef,
}

impl Registration {
    fn take(&self) -> Option<FirstPass> {
        // No code of users runs under the lock.
        self.callback.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the isolate knows of a registration.
struct Entry {
    /// The node is the registration's as long as that has an owner.
    node: NodePlace,
    registration: Weak<Registration>,
    /// Of a finalizer that nobody else holds.
    _kept: Option<Arc<Registration>>,
}

impl Entry {
    /// Dropping an entry without an owner runs no code of users: the callback is gone.
    fn has_owner(&self) -> bool {
        self.registration.strong_count() > 0
    }
}

/// Entries that are not worth a look.
const LEAST_LOOK: usize = 64;

/// An isolate's weak callbacks. V8: the pending phantom callbacks of `GlobalHandles`.
#[derive(Default)]
pub(crate) struct WeakCallbacks {
    /// In the order of registration.
    entries: RefCell<Vec<Entry>>,
    /// So many entries are looked through for those whose weak global was dropped, before there is one more.
    look_at: Cell<usize>,
    /// Second passes that wait for a safepoint.
    second: RefCell<VecDeque<SecondPass>>,
    /// The first panic of a callback since the last safepoint.
    panic: RefCell<Option<Panic>>,
    /// Second passes are running: those they cause wait.
    is_running: Cell<bool>,
}

impl WeakCallbacks {
    fn register(&self, node: NodeRef, callback: FirstPass, keep: bool) -> Arc<Registration> {
        let place = node.place();
        let registration = Arc::new(Registration { callback: Mutex::new(Some(callback)), _node: node });
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= self.look_at.get() {
            entries.retain(Entry::has_owner);
            // Twice what is left: as much is added before the next look, so it costs each of these little.
            self.look_at.set(LEAST_LOOK.max(2 * entries.len()));
        }
        entries.push(Entry {
            node: place,
            registration: Arc::downgrade(&registration),
            _kept: keep.then(|| Arc::clone(&registration)),
        });
        registration
    }

    /// Runs the callbacks of what has died. The collection is over and the heap whole.
    pub(crate) fn first_pass(&self, isolate: u64, kind: CollectionKind) {
        let due: Vec<Entry> = {
            let mut entries = self.entries.borrow_mut();
            entries.retain(Entry::has_owner);
            entries.extract_if(.., |entry| entry.node.is_cleared()).collect()
        };
        for entry in due {
            // Its weak global may have been dropped since, by another thread or by a callback before this one.
            let Some(callback) = entry.registration.upgrade().and_then(|registration| registration.take()) else {
                continue;
            };
            let mut info = WeakCallbackInfo { isolate, kind, second: Vec::new() };
            // Safe to go on after a panic: the callback reaches nothing of ours but `info`, which holds what it asked for.
            let result = catch_unwind(AssertUnwindSafe(|| callback(&mut info)));
            self.second.borrow_mut().extend(info.second);
            self.note(result);
        }
    }

    /// Keeps the first panic for the next safepoint.
    pub(crate) fn note(&self, result: Result<(), Panic>) {
        let Err(panic) = result else { return };
        let mut first = self.panic.borrow_mut();
        if first.is_none() {
            *first = Some(panic);
        } else {
            // Not dropped: that might panic in turn. The panic hook has told of it.
            core::mem::forget(panic);
        }
    }

    /// Whether a safepoint has something to do.
    pub(crate) fn is_pending(&self) -> bool {
        !self.second.borrow().is_empty() || self.panic.borrow().is_some()
    }
}

impl Drop for WeakCallbacks {
    fn drop(&mut self) {
        // The isolate is going away: what was captured goes with it, though weak globals may be left elsewhere.
        let entries = core::mem::take(self.entries.get_mut());
        let callbacks: Vec<_> = entries.iter().filter_map(|e| e.registration.upgrade()?.take()).collect();
        drop(callbacks);
    }
}

impl<T: HeapClass> WeakGlobal<T> {
    /// A weak reference, and a callback for the time when its referent has died. V8: `SetWeak` with a callback and
    /// `WeakCallbackType::kParameter`, where the closure's captures are the parameter.
    ///
    /// The callback runs once at most, when the collection that found the referent dead has ended, on the thread that
    /// collects. It gets nothing that leads to the heap; what needs the heap goes into
    /// [a second pass](WeakCallbackInfo::second_pass), which runs before [`collect`](HandleScope::collect) returns or,
    /// after a collection that an allocation caused, at the next [`run_weak_callbacks`](HandleScope::run_weak_callbacks),
    /// `collect` or [`enter`](crate::Isolate::enter). Callbacks of one collection run in the order of registration.
    ///
    /// Second passes run in the order in which they were asked for, and never inside an allocation.
    ///
    /// If all clones of the weak global are dropped before, or the isolate is, the callback is dropped and never runs:
    /// what has to be released in any case belongs in the `Drop` of something it has captured.
    ///
    /// A panic in a callback lets the others run, and then goes on at the end of the next such safepoint.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// use std::sync::mpsc;
    ///
    /// let (send, received) = mpsc::channel();
    /// let weak = {
    ///     let mut inner = scope.nested();
    ///     let point = Point::new(&mut inner, PointInit { x: 3 });
    ///     WeakGlobal::with_callback(&inner, point, move |info| {
    ///         send.send("first pass").unwrap();
    ///         info.second_pass(move |scope| {
    ///             Point::new(scope, PointInit { x: 4 });
    ///             send.send("second pass").unwrap();
    ///         });
    ///     })
    /// };
    /// scope.collect(CollectionKind::Full);
    /// assert!(weak.get(&scope).is_none());
    /// assert_eq!(received.iter().collect::<Vec<_>>(), ["first pass", "second pass"]);
    /// ```
    #[must_use = "the callback is dropped with the last clone of the weak global"]
    pub fn with_callback(
        scope: &HandleScope<'_>,
        handle: Handle<'_, T>,
        callback: impl FnOnce(&mut WeakCallbackInfo) + Send + 'static,
    ) -> WeakGlobal<T> {
        let node = weak_node(scope, handle);
        let registration = scope.data().weak_callbacks.register(node.clone(), Box::new(callback), false);
        WeakGlobal::from_node(node, Some(registration))
    }

    /// A weak reference, data that goes with its referent, and a function that gets the data back when the referent has
    /// died, with a scope. It runs as [the second pass](Self::with_callback) of a callback; if the weak global is dropped
    /// before, or the isolate is, the data is dropped instead.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Image { width: Smi }
    /// # heap_classes! { static CLASSES = [Image]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// # use std::sync::{Arc, Mutex};
    /// let pool = Arc::new(Mutex::new(Vec::new()));
    /// let weak = {
    ///     let mut inner = scope.nested();
    ///     let image = Image::new(&mut inner, ImageInit { width: 640 });
    ///     let (pool, pixels) = (Arc::clone(&pool), vec![0u8; 640]);
    ///     WeakGlobal::with_finalizer(&inner, image, pixels, move |_, pixels| pool.lock().unwrap().push(pixels))
    /// };
    /// scope.collect(CollectionKind::Young);
    /// assert_eq!(pool.lock().unwrap()[0].len(), 640);
    /// # drop(weak);
    /// ```
    #[must_use = "the finalizer is dropped with the last clone of the weak global"]
    pub fn with_finalizer<D: Send + 'static>(
        scope: &HandleScope<'_>,
        handle: Handle<'_, T>,
        data: D,
        finalizer: impl FnOnce(&mut HandleScope<'_>, D) + Send + 'static,
    ) -> WeakGlobal<T> {
        WeakGlobal::with_callback(scope, handle, second_pass_alone(data, finalizer))
    }

    /// Drops the callback without running it; whether there was one that had not begun. For all clones. V8: `ClearWeak`,
    /// which makes the global strong besides.
    pub fn cancel(&self) -> bool {
        self.registration.as_ref().and_then(|registration| registration.take()).is_some()
    }
}

fn weak_node<T: HeapClass>(scope: &HandleScope<'_>, handle: Handle<'_, T>) -> NodeRef {
    // SAFETY: a scope is given.
    let word = unsafe { handle.word() };
    scope.data().globals.create(word, true)
}

fn second_pass_alone<D: Send + 'static>(
    data: D,
    finalizer: impl FnOnce(&mut HandleScope<'_>, D) + Send + 'static,
) -> impl FnOnce(&mut WeakCallbackInfo) + Send + 'static {
    move |info| info.second_pass(move |scope| finalizer(scope, data))
}

impl HandleScope<'_> {
    /// As [`WeakGlobal::with_finalizer`], for good: there is no weak global to hold, and the finalizer runs unless the
    /// isolate is dropped before. JavaScript: `FinalizationRegistry`.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// let (send, received) = std::sync::mpsc::channel();
    /// {
    ///     let mut inner = scope.nested();
    ///     let point = Point::new(&mut inner, PointInit { x: 3 });
    ///     inner.add_finalizer(point, "a name", move |_, name| send.send(name).unwrap());
    /// }
    /// scope.collect(CollectionKind::Full);
    /// assert_eq!(received.recv(), Ok("a name"));
    /// ```
    pub fn add_finalizer<T: HeapClass, D: Send + 'static>(
        &self,
        handle: Handle<'_, T>,
        data: D,
        finalizer: impl FnOnce(&mut HandleScope<'_>, D) + Send + 'static,
    ) {
        let callback = Box::new(second_pass_alone(data, finalizer));
        self.data().weak_callbacks.register(weak_node(self, handle), callback, true);
    }

    /// Runs the second passes and finalizers that wait, each in a scope of its own; how many. Those that they cause in
    /// turn wait for the next time, and called by one of them this does nothing. [`collect`](Self::collect) and
    /// [`Isolate::enter`](crate::Isolate::enter) do the same. V8: the task that runs second pass callbacks.
    ///
    /// # Panics
    ///
    /// If a weak callback has panicked since the last safepoint, or does now, with what it panicked with. All that waited
    /// have run then.
    pub fn run_weak_callbacks(&mut self) -> usize {
        if !self.data().weak_callbacks.is_pending() || self.data().weak_callbacks.is_running.replace(true) {
            return 0;
        }
        let waiting = self.data().weak_callbacks.second.borrow().len();
        for _ in 0..waiting {
            let next = self.data().weak_callbacks.second.borrow_mut().pop_front();
            let Some(callback) = next else { break };
            let mut inner = self.nested();
            // Safe to go on after a panic: what a scope promises holds after any panic of code that uses it.
            let result = catch_unwind(AssertUnwindSafe(|| callback(&mut inner)));
            inner.data().weak_callbacks.note(result);
        }
        let callbacks = &self.data().weak_callbacks;
        callbacks.is_running.set(false);
        // A panic within a panic would end the process: it waits for the next safepoint.
        let panic = if std::thread::panicking() { None } else { callbacks.panic.borrow_mut().take() };
        match panic {
            Some(panic) => resume_unwind(panic),
            None => waiting,
        }
    }

    /// Second passes and finalizers that wait for a safepoint.
    #[must_use]
    pub fn waiting_weak_callbacks(&self) -> usize {
        self.data().weak_callbacks.second.borrow().len()
    }
}
