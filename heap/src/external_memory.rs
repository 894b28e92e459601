//! Memory outside the heap that lives and dies with objects in it: pixels, buffers, compiled patterns.
//!
//! The collector cannot see it, so the program tells how much there is. It counts in two ways.
//!
//! **When the heap is collected.** What was registered since the last full collection spends the room that the old
//! generation has left to grow: [a step](crate::HeapPolicy::external_memory_step) of it, 64 MiB, or half of what there was
//! then if that is more, spends all. So marking begins when nine tenths of that are registered, or half of it and four
//! fifths of the room spent by objects, and so on. It is asked for where memory is registered and where objects are allocated. V8:
//! marking begins after 64 MiB, and the heap's limit counts what there was at the last collection, times 1.1.
//!
//! **What is refused.** Together with the heap's chunks it never exceeds the
//! [total budget](crate::HeapPolicy::total_budget), as far as it is registered where that can be refused.

use crate::gc::{CollectionKind, CollectionReason};
use crate::handles::HandleScope;
use crate::heap::Heap;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Bytes of one isolate's external memory, shared with those who own some.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalCounter(Arc<AtomicUsize>);

impl ExternalCounter {
    pub(crate) fn bytes(&self) -> usize {
        // Relaxed: a number, which says nothing of other memory.
        self.0.load(Ordering::Relaxed)
    }

    fn adjust(&self, delta: isize) {
        let adjusted = |bytes: usize| Some(bytes.saturating_add_signed(delta));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, adjusted);
    }

    fn release(&self, bytes: usize) {
        let without = |all: usize| Some(all.saturating_sub(bytes));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, without);
    }
}

/// External memory that was not registered: even after all was collected, it would have exceeded the
/// [total budget](crate::HeapPolicy::total_budget). All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{requested} bytes of external memory exceed the total budget of {budget}: the heap holds {committed}, and \
     {external} are external already"
)]
#[non_exhaustive]
pub struct ExternalMemoryError {
    /// What was to be registered.
    pub requested: usize,
    /// The most that heap and external memory may have together.
    pub budget: usize,
    /// What the heap's chunks hold.
    pub committed: usize,
    /// External memory that is registered.
    pub external: usize,
}

/// Registered external memory, until it is dropped: on any thread, and also after its isolate.
///
/// Where it goes with an object, let a [finalizer](HandleScope::add_finalizer) own it, together with the memory itself.
///
/// ```
/// use heapwright::prelude::*;
///
/// # #[heap_object] struct Image { width: Smi }
/// # heap_classes! { static CLASSES = [Image]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// # let mut scope = isolate.enter();
/// {
///     let mut scope = scope.nested();
///     let registered = scope.try_register_external_memory(1 << 20)?;
///     let pixels = vec![0_u8; 1 << 20];
///     let image = Image::new(&mut scope, ImageInit { width: 1024 });
///     scope.add_finalizer(image, (pixels, registered), |_, of_the_image| drop(of_the_image));
/// }
/// assert_eq!(scope.statistics().external, 1 << 20);
/// scope.collect(CollectionKind::Full);
/// assert_eq!(scope.statistics().external, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "it is registered until this is dropped"]
pub struct ExternalMemory {
    counter: ExternalCounter,
    bytes: usize,
}

impl ExternalMemory {
    /// How much there is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Leaves no more than `bytes` registered. Returns how many there are now.
    pub fn shrink_to(&mut self, bytes: usize) -> usize {
        let released = self.bytes.saturating_sub(bytes);
        self.counter.release(released);
        self.bytes -= released;
        self.bytes
    }
}

impl Drop for ExternalMemory {
    fn drop(&mut self) {
        self.counter.release(self.bytes);
    }
}

impl Heap {
    /// Bytes above the least there were since the last full collection.
    fn external_growth(&self) -> usize {
        let now = self.allocator.external().bytes();
        let low = self.external_low.get().min(now);
        self.external_low.set(low);
        now - low
    }

    /// What of the old generation's room they have spent.
    fn spent_externally(&self) -> usize {
        let growth = self.external_growth();
        if growth == 0 || self.old_generation_limit == usize::MAX {
            return 0;
        }
        let step = self.options.policy.external_memory_step.max(self.external_low.get() / 2);
        let room = self.old_generation_limit.saturating_sub(self.old_generation_live);
        usize::try_from(growth as u128 * room as u128 / step as u128).unwrap_or(usize::MAX)
    }

    /// What counts towards the old generation's limit.
    pub(crate) fn old_generation_weight(&self) -> usize {
        self.old_generation_size().saturating_add(self.spent_externally())
    }

    /// What there is now, nobody has to be collected for again.
    pub(crate) fn forget_external_growth(&self) {
        self.external_low.set(self.allocator.external().bytes());
    }
}

impl HandleScope<'_> {
    /// Tells of external memory: that there are so many bytes more or, if `delta` is negative, less. Returns how many
    /// there are now. Collects, if more have come than [a step](crate::HeapPolicy::external_memory_step), and marks on.
    /// What is below zero counts as zero.
    ///
    /// Nothing is refused here, for the memory is there already: if that exceeds the total budget, all that can be
    /// collected is, once for each 32nd of the budget that is added, and then the heap gets no more chunks. V8: `AdjustAmountOfExternalAllocatedMemory`.
    ///
    /// ```
    /// use heapwright::prelude::*;
    ///
    /// let mut isolate = Isolate::builder().build()?;
    /// let mut scope = isolate.enter();
    /// assert_eq!(scope.adjust_external_memory(3 << 20), 3 << 20);
    /// assert_eq!(scope.adjust_external_memory(-(1 << 20)), 2 << 20);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If it collects and a weak callback panics, once all have run.
    pub fn adjust_external_memory(&mut self, delta: isize) -> usize {
        let more = usize::try_from(delta).unwrap_or(0);
        let heap = &mut self.data_mut().heap;
        // Above the budget, it would be in vain each time.
        if heap.external_growth().saturating_add(more) >= heap.allocator.total_budget() / 32 {
            // Counted in any case: whether there is room for it makes no difference but to what is collected.
            let _ = self.make_external_room(more);
        }
        self.data().heap.allocator.external().adjust(delta);
        self.look_at_external_memory(delta > 0);
        self.data().heap.allocator.external().bytes()
    }

    /// The same, unless it would exceed the [total budget](crate::HeapPolicy::total_budget): before it is refused, all
    /// available garbage is collected, twice if need be, and weak callbacks run. To be asked before the memory is taken.
    ///
    /// # Errors
    ///
    /// If it would exceed the budget all the same. Nothing is counted then.
    ///
    /// # Panics
    ///
    /// If it collects and a weak callback panics, once all have run.
    pub fn try_adjust_external_memory(&mut self, delta: isize) -> Result<usize, ExternalMemoryError> {
        if let Ok(more) = usize::try_from(delta) {
            self.make_external_room(more)?;
        }
        self.data().heap.allocator.external().adjust(delta);
        self.look_at_external_memory(delta > 0);
        Ok(self.data().heap.allocator.external().bytes())
    }

    /// Registers external memory for as long as the result lives. Collects as
    /// [`try_adjust_external_memory`](Self::try_adjust_external_memory) does.
    ///
    /// # Errors
    ///
    /// If it would exceed the budget, or all that is registered would not fit a `usize`.
    ///
    /// # Panics
    ///
    /// If it collects and a weak callback panics, once all have run.
    pub fn try_register_external_memory(&mut self, bytes: usize) -> Result<ExternalMemory, ExternalMemoryError> {
        self.make_external_room(bytes)?;
        let counter = self.data().heap.allocator.external().clone();
        // More than an `isize` holds was refused: the budget is no more than that.
        counter.adjust(bytes as isize);
        // Before what follows: should a weak callback panic there, this takes the bytes back.
        let memory = ExternalMemory { counter, bytes };
        self.look_at_external_memory(bytes > 0);
        Ok(memory)
    }

    /// Collects what has to go for `more` external bytes.
    fn make_external_room(&mut self, more: usize) -> Result<(), ExternalMemoryError> {
        for _ in 0..2 {
            if self.data_mut().heap.allocator.has_external_room(more) {
                return Ok(());
            }
            if more > isize::MAX as usize {
                break;
            }
            let isolate = self.data_mut();
            isolate.collect_all_available_garbage(CollectionReason::LastResort);
            isolate.shorten_area();
            self.run_weak_callbacks();
        }
        let allocator = &mut self.data_mut().heap.allocator;
        if allocator.has_external_room(more) {
            return Ok(());
        }
        Err(ExternalMemoryError {
            requested: more,
            budget: allocator.total_budget(),
            committed: allocator.committed(),
            external: allocator.external().bytes(),
        })
    }

    /// Marks or collects, if it is time.
    fn look_at_external_memory(&mut self, has_grown: bool) {
        if !has_grown {
            return;
        }
        let isolate = self.data_mut();
        isolate.advance_marking();
        if isolate.heap.old_generation_is_due() || isolate.is_marking_complete() {
            self.collect_because(CollectionKind::Full, CollectionReason::ExternalMemory);
        }
    }
}
