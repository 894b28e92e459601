//! Who allocated: bytes by space and origin, counted without looking at objects.
//!
//! A linear allocation area knows where it began to be cut from on whose behalf; the difference is taken when another area
//! takes its place, when somebody else goes on, and when numbers are asked for. What does not come from such an area is
//! counted as it is allocated.

use super::SpaceId;
use crate::handles::HandleScope;
use crate::heap::Heap;

/// Who allocated an object. V8: `AllocationOrigin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum AllocationOrigin {
    /// Generated code, or an interpreter on the fast path it would have: what is allocated within
    /// [`HandleScope::with_allocation_origin`]. V8: `kGeneratedCode`.
    GeneratedCode,
    /// All else that is not a collection: Rust code. V8: `kRuntime`.
    #[default]
    Runtime,
    /// Collections, which copy and promote. V8: `kGC`.
    Gc,
}

impl AllocationOrigin {
    /// All origins.
    pub const ALL: [AllocationOrigin; 3] =
        [AllocationOrigin::GeneratedCode, AllocationOrigin::Runtime, AllocationOrigin::Gc];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            AllocationOrigin::GeneratedCode => "generated_code",
            AllocationOrigin::Runtime => "runtime",
            AllocationOrigin::Gc => "gc",
        }
    }
}

impl core::fmt::Display for AllocationOrigin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// Bytes that were allocated since the isolate was made, its setup included, whether or not they are still in use: objects
/// and the fillers that [aligned](super::AllocationAlignment) ones need. A survivor counts once where it was born, and once
/// more wherever a collection copies or promotes it. V8: what `--trace-allocations-origins` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AllocationStatistics {
    bytes: [[u64; AllocationOrigin::ALL.len()]; SpaceId::ALL.len()],
}

impl AllocationStatistics {
    /// Bytes in `space` of `origin`.
    #[must_use]
    pub const fn bytes(&self, space: SpaceId, origin: AllocationOrigin) -> u64 {
        self.bytes[space as usize][origin as usize]
    }

    /// Bytes in `space`, of all origins.
    #[must_use]
    pub fn in_space(&self, space: SpaceId) -> u64 {
        self.bytes[space as usize].iter().sum()
    }

    /// Bytes of `origin`, in all spaces.
    #[must_use]
    pub fn of_origin(&self, origin: AllocationOrigin) -> u64 {
        self.bytes.iter().map(|space| space[origin as usize]).sum()
    }

    /// What was allocated after `earlier` was taken, from the same isolate.
    #[must_use]
    pub fn since(&self, earlier: &AllocationStatistics) -> AllocationStatistics {
        let mut since = *self;
        for (now, before) in since.bytes.iter_mut().flatten().zip(earlier.bytes.iter().flatten()) {
            *now = now.saturating_sub(*before);
        }
        since
    }

    /// All numbers that are not zero, in the order of [`SpaceId::ALL`] and [`AllocationOrigin::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (SpaceId, AllocationOrigin, u64)> + '_ {
        let of_space = |space| AllocationOrigin::ALL.map(|origin| (space, origin, self.bytes(space, origin)));
        SpaceId::ALL.into_iter().flat_map(of_space).filter(|(_, _, bytes)| *bytes > 0)
    }

    fn add(&mut self, space: SpaceId, origin: AllocationOrigin, bytes: usize) {
        self.bytes[space as usize][origin as usize] += bytes as u64;
    }
}

/// What a heap counts.
#[derive(Debug, Default)]
pub(crate) struct AllocationCounters {
    /// On whose behalf the linear allocation areas are cut from now.
    origin: AllocationOrigin,
    /// Without what was cut off since that was last changed.
    counted: AllocationStatistics,
}

impl Heap {
    /// From here on it is `origin` that allocates. Returns who did.
    pub(crate) fn switch_origin(&mut self, origin: AllocationOrigin) -> AllocationOrigin {
        let before = core::mem::replace(&mut self.counters.origin, origin);
        for (space, bytes) in self.labs().map(|(space, lab)| (space, lab.take_cut())) {
            self.counters.counted.add(space, before, bytes);
        }
        before
    }

    /// Counts what does not come from a linear allocation area.
    pub(crate) fn count_allocation(&mut self, space: SpaceId, bytes: usize) {
        self.counters.counted.add(space, self.counters.origin, bytes);
    }

    /// Takes back what was just counted and came to nothing.
    pub(crate) fn discount_allocation(&mut self, space: SpaceId, bytes: usize) {
        self.counters.counted.bytes[space as usize][self.counters.origin as usize] -= bytes as u64;
    }

    fn allocation_statistics(&self) -> AllocationStatistics {
        let mut statistics = self.counters.counted;
        for (space, lab) in self.labs() {
            statistics.add(space, self.counters.origin, lab.cut());
        }
        statistics
    }
}

impl HandleScope<'_> {
    /// Bytes allocated so far, by space and by who allocated them. Costs no walk, and allocations nothing. V8:
    /// `--trace-allocations-origins`.
    ///
    /// ```
    /// use heapwright::prelude::*;
    /// use heapwright::SpaceId;
    /// use heapwright::spaces::AllocationOrigin;
    ///
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let before = scope.allocation_statistics();
    /// let point = Point::new(&mut scope, PointInit { x: 1 });
    /// scope.with_allocation_origin(AllocationOrigin::GeneratedCode, |scope| {
    ///     Point::allocate(scope, PointInit { x: 2 }); // garbage
    ///     Point::new(scope, PointInit { x: 3 });
    /// });
    /// scope.collect(CollectionKind::Young);
    /// let since = scope.allocation_statistics().since(&before);
    /// let size = Point::SIZE as u64;
    /// assert_eq!(since.bytes(SpaceId::New, AllocationOrigin::Runtime), size);
    /// assert_eq!(since.bytes(SpaceId::New, AllocationOrigin::GeneratedCode), 2 * size);
    /// assert_eq!(since.bytes(SpaceId::New, AllocationOrigin::Gc), 2 * size); // what lives
    /// # let _ = point;
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[must_use]
    pub fn allocation_statistics(&self) -> AllocationStatistics {
        self.data().heap.allocation_statistics()
    }

    /// Runs `f`, whose allocations here count as those of `origin`: those of generated code, for functions of the runtime
    /// that it calls to allocate; or those of the runtime again, for what is called from within. Collections that they cause
    /// count as collections. V8: the parameter `AllocationOrigin` of `Heap::AllocateRaw`.
    ///
    /// # Panics
    ///
    /// If `origin` is [`Gc`](AllocationOrigin::Gc): only collections allocate as that.
    #[track_caller]
    pub fn with_allocation_origin<R>(&mut self, origin: AllocationOrigin, f: impl FnOnce(&mut Self) -> R) -> R {
        struct Restore<'a, 's>(&'a mut HandleScope<'s>, AllocationOrigin);
        impl Drop for Restore<'_, '_> {
            fn drop(&mut self) {
                self.0.data_mut().heap.switch_origin(self.1);
            }
        }
        assert!(origin != AllocationOrigin::Gc, "only collections allocate as `Gc`: pass `GeneratedCode` or `Runtime`");
        let before = self.data_mut().heap.switch_origin(origin);
        let restore = Restore(self, before);
        f(restore.0)
    }
}
