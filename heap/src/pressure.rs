//! What an embedder may say of the memory outside the heap: that it is short.

use crate::gc::CollectionReason;
use crate::handles::HandleScope;

/// How short memory is. V8: `MemoryPressureLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MemoryPressureLevel {
    /// The system would be better off with more: one full collection, and what is free is given back.
    Moderate,
    /// The process may be killed for it: as before an allocation is refused, all that can be had is.
    Critical,
}

impl HandleScope<'_> {
    /// Gives back memory now, for the system or the embedder runs short of it. All is collected, the semi-spaces go back
    /// to their initial size as far as what is young allows, and the pool of freed chunks to the operating system. If the
    /// pressure is [critical](MemoryPressureLevel::Critical), all that is done twice, for what dies with weak callbacks
    /// and finalizers too.
    ///
    /// Weak callbacks run as after [`collect`](Self::collect). The semi-spaces grow again as they did at first; the heap's
    /// limit stays. Without such a call, semi-spaces shrink when several collections in a row found them all but unused, and
    /// the pool is given back after some seconds. V8: `Isolate::MemoryPressureNotification`, which may be called on any
    /// thread and waits for the isolate's.
    ///
    /// ```
    /// use heapwright::{MemoryPressureLevel, prelude::*};
    /// # #[heap_object] struct Bytes { #[constant] length: Smi, #[length = length] data: [u8] }
    /// # heap_classes! { static CLASSES = [Bytes]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let before = scope.memory_statistics();
    /// {
    ///     let mut inner = scope.nested();
    ///     Bytes::new(&mut inner, BytesInit { data: Filled::new(0, 50 << 20) });
    /// }
    /// scope.memory_pressure(MemoryPressureLevel::Moderate);
    /// let after = scope.memory_statistics();
    /// assert!(after.committed <= before.committed && after.pooled_chunks == 0);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If a weak callback panics, once all have run.
    pub fn memory_pressure(&mut self, level: MemoryPressureLevel) {
        let times = match level {
            MemoryPressureLevel::Moderate => 1,
            MemoryPressureLevel::Critical => 2,
        };
        for _ in 0..times {
            let isolate = self.data_mut();
            isolate.collect_all_available_garbage(CollectionReason::MemoryPressure);
            isolate.shorten_area();
            self.run_weak_callbacks();
        }
    }
}
