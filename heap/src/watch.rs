//! Who watches allocations: observers of so many bytes, and the sampling profile.
//!
//! **Owns** what has been seen of them. **Promises** that each object made by the program, generated code included, is seen
//! once, whole, and before a collection could move it.
//!
//! # How, at no cost for who does not watch
//!
//! Young objects lie one behind the other, so nobody has to be there when they are made: those between where somebody
//! looked last and the top of the linear allocation area are walked when allocation takes a slow path, before a
//! collection, at the end of a reservation and when somebody asks. Observers want to know soon, so for them the area's
//! limit is lowered, and the slow path comes when their step is full. All other objects are allocated on the slow path
//! as long as there is somebody who watches; such an object is seen the next time, when it is whole.
//!
//! Copies that collections make are not allocations.

use crate::gc::{map_of, object_size};
use crate::handles::HandleScope;
use crate::heap::Target;
use crate::isolate::IsolateData;
use crate::layout::ClassDescriptor;
use crate::sampling::Sampling;
use crate::spaces::{Filler, FreeSpace};
use crate::tagged::HeapClass;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an [observer](HandleScope::add_allocation_observer) is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AllocationStep {
    /// The number of the isolate.
    pub isolate: u64,
    /// Bytes of objects since the observer was last called, or added.
    pub bytes: usize,
    /// The class of the object with which the step was full.
    pub class: &'static ClassDescriptor,
    /// Bytes of that object.
    pub size: usize,
}

type Callback = Box<dyn FnMut(AllocationStep) + Send>;

/// An observer of allocations, for [`HandleScope::remove_allocation_observer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllocationObserver {
    isolate: u64,
    number: u64,
}

struct Observer {
    number: u64,
    step: usize,
    /// Since it was last called.
    bytes: usize,
    due: Option<AllocationStep>,
    callback: Callback,
}

impl Observer {
    fn see(&mut self, isolate: u64, class: &'static ClassDescriptor, size: usize) {
        self.bytes += size;
        if self.bytes >= self.step && self.due.is_none() {
            self.due = Some(AllocationStep { isolate, bytes: 0, class, size });
        }
    }
}

/// What is watched, while somebody does.
pub(crate) struct Watch {
    /// Young objects from here up to the allocation top were not seen yet.
    seen: usize,
    /// The object outside of that area that was made last, if it was not seen yet.
    made: Option<usize>,
    observers: Vec<Observer>,
    pub(crate) sampling: Option<Sampling>,
}

impl core::fmt::Debug for Watch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Watch of {} observers, sampling: {}", self.observers.len(), self.sampling.is_some())
    }
}

impl IsolateData {
    /// Sees what was made since the last time. All objects are whole: no allocation is under way.
    #[inline]
    pub(crate) fn look_at_allocations(&mut self) {
        if self.heap.watch.is_some() {
            self.look();
        }
    }

    #[cold]
    fn look(&mut self) {
        let Some(mut watch) = self.heap.watch.take() else { return };
        if let Some(made) = watch.made.take() {
            // Made before what is young and was not seen: all are seen in the order in which they were made, whenever that is.
            // SAFETY: it was set aside by the last allocation on the slow path, which has made an object or a filler of it; no
            // collection came in between, for it would have looked before.
            unsafe { self.see(&mut watch, made) };
        }
        let top = self.heap.new_space.lab.top();
        let mut at = core::mem::replace(&mut watch.seen, top);
        while at < top {
            // SAFETY: from where an allocation was seen, or a collection ended, up to the top there are whole objects.
            at += unsafe { self.see(&mut watch, at) };
        }
        for observer in &mut watch.observers {
            if let Some(due) = observer.due.take() {
                let step = AllocationStep { bytes: core::mem::take(&mut observer.bytes), ..due };
                // Safe to go on after a panic: the callback reaches nothing of ours.
                let result = catch_unwind(AssertUnwindSafe(|| (observer.callback)(step)));
                self.weak_callbacks.note(result);
            }
        }
        self.heap.watch = Some(watch);
    }

    /// Sees one object; returns its size.
    ///
    /// # Safety
    ///
    /// There is an object, a filler maybe, at `address`.
    unsafe fn see(&self, watch: &mut Watch, address: usize) -> usize {
        // SAFETY: the caller's contract.
        let (class, size) = unsafe {
            let map = map_of(address);
            (map.class(), object_size(address, map))
        };
        if class != Filler::CLASS && class != FreeSpace::CLASS {
            watch.observers.iter_mut().for_each(|observer| observer.see(self.id, class, size));
            if let Some(sampling) = &mut watch.sampling {
                sampling.see(&self.globals, &self.heap.labels, class, address, size);
            }
        }
        size
    }

    /// After the slow path of an allocation that is for `target`, and found memory at `address` if it did not fail: what is
    /// there is no object yet.
    pub(crate) fn allocated_under_watch(&mut self, target: Target, address: Option<usize>) {
        let Some(watch) = &mut self.heap.watch else { return };
        watch.seen = self.heap.new_space.lab.top();
        match (target, address) {
            (Target::New, Some(address)) => watch.seen = address,
            // A block of code may go away again: who makes code tells when it is there.
            (Target::Code | Target::CodeLarge, _) | (_, None) => {}
            (_, Some(address)) => watch.made = Some(address),
        }
    }

    /// After a collection, which has moved what is young.
    #[inline]
    pub(crate) fn go_on_watching(&mut self) {
        if let Some(watch) = &mut self.heap.watch {
            watch.seen = self.heap.new_space.lab.top();
        }
    }

    fn watch(&mut self) -> &mut Watch {
        let seen = self.heap.new_space.lab.top();
        let watch = || Box::new(Watch { seen, made: None, observers: Vec::new(), sampling: None });
        self.heap.watch.get_or_insert_with(watch)
    }

    /// When somebody has begun to watch, or has ended.
    fn watchers_changed(&mut self) {
        if self.heap.watch.as_ref().is_some_and(|watch| watch.observers.is_empty() && watch.sampling.is_none()) {
            self.heap.watch = None;
        }
        self.heap.update_interception();
        self.heap.new_space.open_area();
        self.close_area();
    }

    /// Begins to sample, or to do so anew.
    pub(crate) fn set_sampling(&mut self, sampling: Option<Sampling>) -> Option<Sampling> {
        self.look_at_allocations();
        let before = core::mem::replace(&mut self.watch().sampling, sampling);
        self.watchers_changed();
        before
    }
}

impl crate::heap::Heap {
    /// Code was made at `address`.
    pub(crate) fn made_code_under_watch(&mut self, address: usize) {
        if let Some(watch) = &mut self.watch {
            watch.made = Some(address);
        }
    }

    /// Bytes until an observer wants to know; `None` if nobody does.
    pub(crate) fn until_next_step(&self) -> Option<usize> {
        let watch = self.watch.as_ref()?;
        let unseen = self.new_space.lab.top() - watch.seen;
        watch.observers.iter().map(|of| of.step.saturating_sub(of.bytes + unseen)).min()
    }
}

impl HandleScope<'_> {
    /// Calls `callback` each time when objects of `step` bytes or more have been made, at the latest before the next one
    /// is. It is told numbers and a class, and cannot allocate, for it may run in the middle of an allocation. A panic in it
    /// waits for the next safepoint, as one of a [weak callback](crate::WeakGlobal::with_callback) does. V8:
    /// `AllocationObserver`, which is also told the address.
    ///
    /// The collector's copies do not count; what is allocated by [generated code](crate::IsolateAddress) does, though it is
    /// told of when that has returned and uses the scope. While there is an observer, objects that are not young take
    /// the slow path. An object that is given up half-way, because making it panics, does not count.
    ///
    /// ```
    /// use heapwright::prelude::*;
    /// use std::sync::mpsc;
    ///
    /// # #[heap_object] struct Bytes { #[constant] length: Smi, #[length = length] data: [u8] }
    /// # heap_classes! { static CLASSES = [Bytes]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let (send, steps) = mpsc::channel();
    /// let observer = scope.add_allocation_observer(10_000, move |step| send.send(step).unwrap());
    /// for _ in 0..100 {
    ///     Bytes::allocate(&mut scope, BytesInit { data: Filled::new(0, 1_000) });
    /// }
    /// scope.remove_allocation_observer(observer);
    /// let steps: Vec<_> = steps.iter().collect();
    /// assert!(steps.len() >= 9 && steps.iter().all(|step| step.class.name() == "Bytes" && step.bytes >= 10_000));
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `step` is 0.
    #[track_caller]
    pub fn add_allocation_observer(
        &mut self,
        step: usize,
        callback: impl FnMut(AllocationStep) + Send + 'static,
    ) -> AllocationObserver {
        assert!(step > 0, "an observer of every 0 bytes would never stop: `step` is at least 1");
        let isolate = self.data_mut();
        isolate.look_at_allocations();
        isolate.heap.last_observer += 1;
        let number = isolate.heap.last_observer;
        isolate.watch().observers.push(Observer { number, step, bytes: 0, due: None, callback: Box::new(callback) });
        isolate.watchers_changed();
        AllocationObserver { isolate: isolate.id, number }
    }

    /// Ends an observer, and drops what it owns. It is called a last time before, if its step is full. Whether there was
    /// one, of this isolate.
    pub fn remove_allocation_observer(&mut self, observer: AllocationObserver) -> bool {
        let isolate = self.data_mut();
        isolate.look_at_allocations();
        let Some(watch) = isolate.heap.watch.as_mut().filter(|_| isolate.id == observer.isolate) else { return false };
        let Some(at) = watch.observers.iter().position(|of| of.number == observer.number) else { return false };
        let removed = watch.observers.remove(at);
        isolate.watchers_changed();
        // At the end, for that may run anything.
        drop(removed);
        true
    }

    /// Runs `f`, whose allocations here are [sampled](Self::start_sampling) under `label`, inside of those that are open
    /// already. Costs nothing to speak of while nobody samples. V8 samples by stack.
    ///
    /// ```
    /// use heapwright::prelude::*;
    ///
    /// # #[heap_object] struct Bytes { #[constant] length: Smi, #[length = length] data: [u8] }
    /// # heap_classes! { static CLASSES = [Bytes]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// scope.start_sampling(100, 1);
    /// scope.with_allocation_label("parse", |scope| {
    ///     Bytes::allocate(scope, BytesInit { data: Filled::new(0, 10_000) });
    /// });
    /// let profile = scope.stop_sampling().unwrap();
    /// assert_eq!(profile.entries[0].labels, ["parse"]);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn with_allocation_label<R>(&mut self, label: &'static str, f: impl FnOnce(&mut Self) -> R) -> R {
        struct Pop<'a, 's>(&'a mut HandleScope<'s>);
        impl Drop for Pop<'_, '_> {
            fn drop(&mut self) {
                let isolate = self.0.data_mut();
                isolate.look_at_allocations();
                isolate.heap.labels.pop();
            }
        }
        let isolate = self.data_mut();
        isolate.look_at_allocations();
        isolate.heap.labels.push(label);
        let pop = Pop(self);
        f(pop.0)
    }
}
