//! The heap: the spaces of one isolate, and how memory is had from them. What is done when there is none: `limits`.

use crate::barrier::StoreObservers;
use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::gc::{CollectionReason, CollectionSinks, CollectorState, Tenuring};
use crate::growing::Speeds;
use crate::isolate::IsolateData;
use crate::limits::{Clock, Limits};
use crate::map::Map;
use crate::memory::{Cage, MemoryAllocator, MemoryError, SharedPageAllocator};
use crate::policy::HeapPolicy;
use crate::schedule::{GcSchedule, ScheduleRun};
use crate::spaces::filler::FillerMaps;
use crate::spaces::{
    AllocationAlignment, AllocationCounters, AllocationType, CodeSpace, LargeObjectSpace, MAX_REGULAR_OBJECT_SIZE,
    MAX_YOUNG_OBJECT_SIZE, NewLargeObjectSpace, NewSpace, PagedSpace, SpaceId, SpaceStatistics,
};
use crate::stress::AllocationStress;
use crate::tagged::{ConcreteClass, HeapClass, Init, ObjectAddress, Smi, TAGGED_SIZE, TaggedCell, Word};
use crate::watch::Watch;
use core::sync::atomic::Ordering;

/// Sizes and tests of a heap, as the builder was told.
#[derive(Clone, Debug)]
pub(crate) struct HeapOptions {
    /// What may be changed while the heap is in use.
    pub(crate) policy: HeapPolicy,
    /// Bytes of the code range; 0 for none.
    pub(crate) code_range_size: usize,
    pub(crate) stress: Option<AllocationStress>,
    pub(crate) schedule: Option<GcSchedule>,
    pub(crate) verify: bool,
    pub(crate) stress_marking: bool,
    pub(crate) compaction: crate::gc::Compaction,
    pub(crate) stress_threads: bool,
    pub(crate) stress_promotion: Option<u64>,
    pub(crate) pages: SharedPageAllocator,
    pub(crate) clock: Clock,
    /// Who is told of each collection.
    pub(crate) sinks: CollectionSinks,
    /// Bytes of the smallest object that may need a filler before it to be aligned, if any class asks for that.
    pub(crate) smallest_aligned: Option<usize>,
}

impl HeapOptions {
    /// Threads that may take part in a collection besides the isolate's own.
    pub(crate) const fn helpers(&self) -> usize {
        self.policy.threads - 1
    }
}

/// V8: `Heap`.
#[derive(Debug)]
pub(crate) struct Heap {
    pub(crate) new_space: NewSpace,
    pub(crate) old_space: PagedSpace,
    pub(crate) map_space: PagedSpace,
    pub(crate) read_only_space: PagedSpace,
    pub(crate) new_large_object_space: NewLargeObjectSpace,
    pub(crate) large_object_space: LargeObjectSpace,
    pub(crate) code_space: CodeSpace,
    pub(crate) code_large_object_space: LargeObjectSpace,
    pub(crate) allocator: MemoryAllocator,
    pub(crate) fillers: FillerMaps,
    pub(crate) collector: CollectorState,
    pub(crate) options: HeapOptions,
    pub(crate) old_generation_limit: usize,
    /// Bytes that marking found alive there the last time.
    pub(crate) old_generation_live: usize,
    pub(crate) speeds: Speeds,
    /// The least external memory there was since the last full collection.
    pub(crate) external_low: core::cell::Cell<usize>,
    pub(crate) limits: Limits,
    /// Whether some class has entries of ephemerons.
    pub(crate) has_ephemerons: bool,
    /// The classes whose weak lists close up.
    pub(crate) spliced: Vec<&'static crate::layout::ClassDescriptor>,
    /// Bytes by origin.
    pub(crate) counters: AllocationCounters,
    sealed: bool,
    /// Whether allocations are to take the slow path: all that are not young, and reservations. What young ones do,
    /// the limit of their linear allocation area says.
    intercepts: bool,
    /// Who watches allocations, if somebody does.
    pub(crate) watch: Option<Box<Watch>>,
    pub(crate) last_observer: u64,
    /// Under which the program allocates now.
    pub(crate) labels: Vec<&'static str>,
    /// What is done at which allocation, in tests.
    pub(crate) schedule: Option<Box<ScheduleRun>>,
}

/// Where an object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    New,
    Paged(SpaceId),
    NewLarge,
    Large,
    Code,
    CodeLarge,
}

impl Target {
    /// The space that is to hold it.
    pub(crate) const fn space(self) -> SpaceId {
        match self {
            Target::New => SpaceId::New,
            Target::Paged(id) => id,
            Target::NewLarge => SpaceId::NewLargeObject,
            Target::Large => SpaceId::LargeObject,
            Target::Code => SpaceId::Code,
            Target::CodeLarge => SpaceId::CodeLargeObject,
        }
    }
}

impl Heap {
    pub(crate) fn new(cage: Cage, options: HeapOptions) -> Result<Heap, OutOfMemory> {
        let mut allocator = MemoryAllocator::new(cage, options.policy.max_heap_size);
        allocator.set_total_budget(options.policy.total_budget);
        if options.code_range_size > 0 {
            let reason = |error| OutOfMemoryReason::Memory(std::sync::Arc::new(error));
            let requested = options.code_range_size;
            allocator.reserve_code_range(requested).map_err(|error| OutOfMemory {
                requested,
                space: SpaceId::Code,
                reason: reason(error),
            })?;
        }
        let (initial, maximum) = (options.policy.initial_semi_space_size, options.policy.max_semi_space_size);
        let new_space = NewSpace::new(&mut allocator, initial, maximum, options.smallest_aligned)?;
        let schedule = options.schedule.clone().map(|schedule| Box::new(ScheduleRun::new(schedule)));
        let intercepts = options.stress.is_some() || schedule.is_some();
        if intercepts {
            new_space.shut_area();
        }
        let mut collector = CollectorState::default();
        collector.start(options.clock.now());
        collector.tenuring = Tenuring::stressed(options.stress_promotion);
        Ok(Heap {
            new_space,
            old_space: PagedSpace::new(SpaceId::Old),
            map_space: PagedSpace::new(SpaceId::Map),
            read_only_space: PagedSpace::new(SpaceId::ReadOnly),
            new_large_object_space: NewLargeObjectSpace::default(),
            large_object_space: LargeObjectSpace::new(SpaceId::LargeObject),
            code_space: CodeSpace::default(),
            code_large_object_space: LargeObjectSpace::new(SpaceId::CodeLargeObject),
            allocator,
            fillers: FillerMaps::NONE,
            collector,
            old_generation_limit: options.policy.initial_old_generation_limit,
            options,
            old_generation_live: 0,
            speeds: Speeds::default(),
            external_low: core::cell::Cell::new(0),
            limits: Limits::default(),
            has_ephemerons: false,
            spliced: Vec::new(),
            counters: AllocationCounters::default(),
            sealed: false,
            intercepts,
            watch: None,
            last_observer: 0,
            labels: Vec::new(),
            schedule,
        })
    }

    /// Bytes of objects in the old generation, dead ones that were not yet found included. Not of chunks: what is free in
    /// them would make the old generation due before it is used.
    pub(crate) fn old_generation_size(&self) -> usize {
        let code = self.code_space.used() + self.code_large_object_space.used();
        self.old_space.statistics().used + self.large_object_space.used() + code
    }

    /// Seals read-only space.
    pub(crate) fn seal(&mut self) -> Result<(), crate::memory::MemoryError> {
        self.read_only_space.retire_lab(self.fillers);
        for chunk in self.read_only_space.chunks() {
            self.allocator.seal(chunk)?;
        }
        self.sealed = true;
        Ok(())
    }

    /// Lets stores into all objects, also of chunks to come, be observed; null ends that.
    ///
    /// # Errors
    ///
    /// If the system does not let the headers of read-only chunks be written. Then nothing has changed.
    pub(crate) fn set_observers(&mut self, observers: *const StoreObservers) -> Result<(), MemoryError> {
        let read_only = self.read_only_space.chunks();
        if self.sealed
            && let Err(error) = read_only.iter().try_for_each(|chunk| self.allocator.unseal(chunk))
        {
            read_only.iter().for_each(|chunk| drop(self.allocator.seal(chunk)));
            return Err(error);
        }
        self.allocator.set_observers(observers);
        for chunk in self.all_chunks().into_iter().chain(self.new_space.committed_chunks()) {
            chunk.set_observers(observers);
        }
        if self.sealed {
            // A chunk that the system does not seal stays writable: no object in it has a setter all the same.
            read_only.iter().for_each(|chunk| drop(self.allocator.seal(chunk)));
        }
        Ok(())
    }

    /// Closes all chunks of code that are open.
    pub(crate) fn close_code_pages(&mut self) -> Result<(), MemoryError> {
        let chunks = self.code_space.chunks().iter().chain(self.code_large_object_space.chunks());
        crate::spaces::code_space::close_all(&mut self.allocator, chunks)
    }

    fn target(&mut self, size: usize, wanted: AllocationType, is_map: bool) -> Target {
        match wanted {
            _ if is_map => Target::Paged(SpaceId::Map),
            AllocationType::Code => match self.allocator.code_range() {
                Some(range) if size > range.max_regular_object_size() => Target::CodeLarge,
                _ => Target::Code,
            },
            AllocationType::ReadOnly if !self.sealed && size <= MAX_REGULAR_OBJECT_SIZE => {
                Target::Paged(SpaceId::ReadOnly)
            }
            AllocationType::Young if size <= MAX_YOUNG_OBJECT_SIZE => Target::New,
            AllocationType::Young if size > MAX_REGULAR_OBJECT_SIZE => Target::NewLarge,
            _ if size <= MAX_REGULAR_OBJECT_SIZE => Target::Paged(SpaceId::Old),
            _ => Target::Large,
        }
    }

    fn paged(&mut self, id: SpaceId) -> &mut PagedSpace {
        match id {
            SpaceId::Map => &mut self.map_space,
            SpaceId::ReadOnly => &mut self.read_only_space,
            _ => &mut self.old_space,
        }
    }

    /// The same through the spaces, without collecting.
    pub(crate) fn allocate_without_collection(&mut self, size: usize, target: Target) -> Result<usize, Full> {
        match target {
            Target::New => loop {
                if let Some(address) = self.new_space.lab.allocate(size) {
                    return Ok(address);
                }
                let to_fill = self.collector.tenuring.to_fill(self.is_marking_or_due(), self.new_space.capacity());
                if !self.new_space.next_chunk(to_fill) {
                    return Err(Full::Semispace);
                }
            },
            Target::Paged(id) => {
                let fillers = self.fillers;
                if let Some(address) = self.paged(id).allocate(size, fillers) {
                    return Ok(address);
                }
                self.check_old_generation_limit()?;
                let allocator = &mut self.allocator;
                let space = match id {
                    SpaceId::Map => &mut self.map_space,
                    SpaceId::ReadOnly => &mut self.read_only_space,
                    _ => &mut self.old_space,
                };
                space.expand_and_allocate(size, allocator, fillers).map_err(Full::Memory)
            }
            Target::Code => {
                if let Some(address) = self.code_space.take(size) {
                    return Ok(address);
                }
                self.check_old_generation_limit()?;
                self.code_space.expand(&mut self.allocator, self.fillers).map_err(Full::Memory)?;
                Ok(self.code_space.take(size).expect("a regular object fits an empty chunk"))
            }
            Target::CodeLarge => {
                self.check_old_generation_limit()?;
                self.code_large_object_space.allocate(size, &mut self.allocator).map_err(Full::Memory)
            }
            Target::NewLarge => {
                // What lives of it will be the old generation's: it must have room for all.
                let room = self.old_generation_limit.saturating_sub(self.old_generation_weight());
                let budget = self.new_space.capacity().min(room);
                self.new_large_object_space.allocate(size, budget, &mut self.allocator)
            }
            Target::Large => {
                self.check_old_generation_limit()?;
                self.large_object_space.allocate(size, &mut self.allocator).map_err(Full::Memory)
            }
        }
    }

    /// The same, whether or not the old generation should be marked first: the budget decides.
    pub(crate) fn allocate_regardless(&mut self, size: usize, target: Target) -> Result<usize, Full> {
        let threshold = core::mem::replace(&mut self.old_generation_limit, usize::MAX);
        let result = self.allocate_without_collection(size, target);
        let size = self.old_generation_size();
        self.old_generation_limit = if size >= threshold { size + size / 4 } else { threshold };
        result
    }

    fn check_old_generation_limit(&self) -> Result<(), Full> {
        if self.old_generation_is_due() { Err(Full::OldGenerationLimit) } else { Ok(()) }
    }

    pub(crate) fn statistics(&self) -> [(SpaceId, SpaceStatistics); 8] {
        [
            (SpaceId::ReadOnly, self.read_only_space.statistics()),
            (SpaceId::New, self.new_space.statistics()),
            (SpaceId::Old, self.old_space.statistics()),
            (SpaceId::Code, self.code_space.statistics()),
            (SpaceId::Map, self.map_space.statistics()),
            (SpaceId::NewLargeObject, self.new_large_object_space.statistics()),
            (SpaceId::LargeObject, self.large_object_space.statistics()),
            (SpaceId::CodeLargeObject, self.code_large_object_space.statistics()),
        ]
    }
}

impl Heap {
    /// Where each space cuts objects from.
    pub(crate) fn labs(&self) -> [(SpaceId, &crate::spaces::LinearAllocationArea); 4] {
        let paged = [&self.read_only_space, &self.map_space, &self.old_space].map(|space| (space.id, &space.lab));
        let [read_only, map, old] = paged;
        [(SpaceId::New, &self.new_space.lab), read_only, map, old]
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.collector.marking = None;
        self.old_space.abandon_sweeping();
        for chunk in self.all_chunks() {
            // SAFETY: the isolate goes away, and with the cage all chunks: nothing refers to them.
            unsafe { chunk.tear_down() };
        }
    }
}

/// Why a space could not satisfy a request.
pub(crate) enum Full {
    /// The semi-space is used up, or the budget of young large objects.
    Semispace,
    /// The old generation has grown enough to be marked.
    OldGenerationLimit,
    /// No chunk could be had.
    Memory(OutOfMemory),
}

impl Full {
    /// Whether no collection could help.
    pub(crate) const fn is_hopeless(&self) -> bool {
        matches!(self, Full::Memory(OutOfMemory { reason: OutOfMemoryReason::TooLarge { .. }, .. }))
    }
}

impl Heap {
    /// Puts what `climb` found, a word more than is needed, where it is aligned.
    fn realign(&mut self, address: usize, size: usize, target: Target, alignment: AllocationAlignment) -> usize {
        let fillers = self.fillers;
        match target {
            Target::New => self.new_space.realign(address, size, alignment, fillers),
            Target::Paged(id) => self.paged(id).realign(address, size, alignment, fillers),
            Target::NewLarge | Target::Large | Target::Code | Target::CodeLarge => address,
        }
    }
}

impl IsolateData {
    /// Memory for an object of `size` bytes: the fast path.
    #[inline(always)]
    pub(crate) fn allocate_raw(
        &mut self,
        size: usize,
        alignment: AllocationAlignment,
        wanted: AllocationType,
        is_map: bool,
    ) -> Result<usize, OutOfMemory> {
        if alignment.maximum_fill() > 0 {
            return self.allocate_aligned(size, alignment, wanted, is_map);
        }
        if !is_map
            && wanted == AllocationType::Young
            && size <= MAX_YOUNG_OBJECT_SIZE
            && let Some(address) = self.heap.new_space.lab.allocate(size)
        {
            return Ok(address);
        }
        if !is_map
            && wanted == AllocationType::Old
            && size <= MAX_REGULAR_OBJECT_SIZE
            && !self.heap.intercepts
            && let Some(address) = self.heap.old_space.allocate_linearly(size)
        {
            return Ok(address);
        }
        self.allocate_slow(size, AllocationAlignment::Word, wanted, is_map)
    }

    /// The same for an object that may need a filler before it.
    #[inline]
    fn allocate_aligned(
        &mut self,
        size: usize,
        alignment: AllocationAlignment,
        wanted: AllocationType,
        is_map: bool,
    ) -> Result<usize, OutOfMemory> {
        if !is_map
            && wanted == AllocationType::Young
            && size <= MAX_YOUNG_OBJECT_SIZE
            && let Some(address) = self.heap.new_space.lab.allocate_aligned(size, alignment, self.heap.fillers)
        {
            return Ok(address);
        }
        if !is_map
            && wanted == AllocationType::Old
            && size <= MAX_REGULAR_OBJECT_SIZE
            && !self.heap.intercepts
            && let Some(address) = self.heap.old_space.lab.allocate_aligned(size, alignment, self.heap.fillers)
        {
            return Ok(address);
        }
        self.allocate_slow(size, alignment, wanted, is_map)
    }

    /// Memory for one of the first maps, before there is anything that a collection could walk.
    pub(crate) fn allocate_first_map(&mut self, size: usize) -> Result<usize, OutOfMemory> {
        let target = Target::Paged(SpaceId::Map);
        self.heap.allocate_without_collection(size, target).map_err(|full| self.out_of_memory(size, target, full))
    }

    /// The ladder, see `limits`.
    #[cold]
    #[inline(never)]
    fn allocate_slow(
        &mut self,
        size: usize,
        alignment: AllocationAlignment,
        wanted: AllocationType,
        is_map: bool,
    ) -> Result<usize, OutOfMemory> {
        if is_map && size > MAX_REGULAR_OBJECT_SIZE {
            let reason = OutOfMemoryReason::TooLarge { maximum: MAX_REGULAR_OBJECT_SIZE };
            return Err(OutOfMemory { requested: size, space: SpaceId::Map, reason });
        }
        let target = self.heap.target(size, wanted, is_map);
        // Large objects begin where their chunk's area does: at a multiple of 64.
        let is_large = matches!(target, Target::NewLarge | Target::Large);
        let fill = if is_large { 0 } else { alignment.maximum_fill() };
        if is_large && alignment.fill(0) > 0 {
            let reason = OutOfMemoryReason::TooLarge { maximum: MAX_REGULAR_OBJECT_SIZE };
            return Err(OutOfMemory { requested: size, space: target.space(), reason });
        }
        self.open_area();
        let mut result = self.climb(size + fill, target);
        if fill > 0 {
            result = match result {
                Ok(address) => Ok(self.heap.realign(address, size, target, alignment)),
                Err(error) => Err(OutOfMemory { requested: size, ..error }),
            };
        }
        if result.is_ok() && !matches!(target, Target::New | Target::Paged(_)) {
            self.heap.count_allocation(target.space(), size);
        }
        self.allocated_under_watch(target, result.as_ref().ok().copied());
        self.shorten_area();
        result
    }

    /// Makes sure that the young generation has `bytes` in one run.
    pub(crate) fn reserve(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        let available = self.heap.new_space.lab.available().min(MAX_REGULAR_OBJECT_SIZE);
        if !self.heap.intercepts && bytes <= available {
            return Ok(());
        }
        self.reserve_slow(bytes)
    }

    #[cold]
    #[inline(never)]
    fn reserve_slow(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        if bytes > MAX_REGULAR_OBJECT_SIZE {
            let reason = OutOfMemoryReason::TooLarge { maximum: MAX_REGULAR_OBJECT_SIZE };
            return Err(OutOfMemory { requested: bytes, space: SpaceId::New, reason });
        }
        self.open_area();
        // What ended short of that for marking alone leads to a step of it.
        let result = if self.heap.intercepts && self.heap.new_space.lab.available() >= bytes {
            Ok(())
        } else {
            self.climb(bytes, Target::New).map(|address| self.heap.new_space.give_back(address, bytes))
        };
        self.allocated_under_watch(Target::New, None);
        match result {
            Ok(()) if self.heap.shuts_area() => self.heap.new_space.limit_area(bytes),
            Ok(()) => self.heap.limit_area_for_steps(bytes),
            Err(_) => self.shorten_area(),
        }
        result
    }

    /// After a reservation.
    #[inline]
    pub(crate) fn end_reservation(&mut self) {
        if self.heap.intercepts {
            self.look_at_allocations();
            self.close_area();
        }
    }

    /// Stress mode and schedules keep the linear allocation area shut, so that every allocation comes by here; observers
    /// of allocations, and marking, keep it short.
    fn open_area(&mut self) {
        if self.heap.options.stress_marking {
            self.stress_marking();
        }
        self.look_at_allocations();
        self.heap.new_space.open_area();
        if !self.heap.intercepts {
            return;
        }
        self.follow_schedule();
        if let Some(mut stress) = self.heap.options.stress {
            // To look through the heap twice takes longer than to collect it.
            let weight = if self.heap.options.verify { 8 } else { 1 };
            let kind = stress.count(|| self.used() * weight);
            self.heap.options.stress = Some(stress);
            if let Some(kind) = kind {
                self.collect(kind, CollectionReason::Stress);
            }
        }
    }

    /// After a slow path, or a collection: lets the linear allocation area end where the next slow path is wanted.
    pub(crate) fn shorten_area(&mut self) {
        if self.heap.intercepts || self.heap.collector.marking.is_some() {
            self.close_area();
        }
    }

    /// The same if allocations may be intercepted no more.
    pub(crate) fn close_area(&mut self) {
        if self.heap.shuts_area() {
            self.heap.new_space.shut_area();
        } else {
            self.heap.new_space.open_area();
            self.heap.limit_area_for_steps(0);
        }
    }

    /// Makes an object; the caller looks after the result's lifetime.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn make<'gc, T: ConcreteClass, I>(
        &mut self,
        wanted: AllocationType,
        map: Word,
        init: impl Init<T, I>,
    ) -> Result<&'gc T, OutOfMemory> {
        let length = init.tail_len();
        if length > Smi::MAX.value() as usize {
            return Err(too_long::<T>(length));
        }
        let size = size_of_new::<T, I>(length, &init);
        let address = self.allocate_raw(size, T::ALIGNMENT, wanted, T::IS_MAP)?;
        // SAFETY: `size` fresh bytes, and `map` describes `T`.
        let object: &'gc T = unsafe { initialize(address, size, map, &self.heap.fillers, init) };
        if T::IS_MAP || wanted != AllocationType::Young || size > MAX_YOUNG_OBJECT_SIZE {
            self.finish_old_object::<T>(address, size, wanted);
        }
        Ok(object)
    }

    /// What the collector must know of a new object that is not young.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn finish_old_object<T: HeapClass>(&mut self, address: usize, size: usize, wanted: AllocationType) {
        if T::IS_MAP {
            // SAFETY: a whole map, just made.
            let map = unsafe { Word::strong(address).as_object::<Map>() };
            let (class, instance_type) = (map.class(), map.instance_type());
            if self.numbering.own(class) != Some(instance_type) {
                // Begun from a map of another isolate: what it says of objects would mean something else here.
                // SAFETY: the map's own memory, and nothing refers to it yet.
                unsafe { self.heap.fillers.fill(address, size) };
                let name = class.name();
                panic!("a map for `{name}` was begun from one of another isolate: take `map_init` of this one");
            }
        }
        // SAFETY: a whole object, just made.
        unsafe {
            if wanted != AllocationType::ReadOnly {
                crate::gc::made_old(address);
            } else if !crate::gc::refers_to_read_only_alone(address) {
                self.heap.fillers.fill(address, size);
                panic!(
                    "a read-only {} may refer to read-only objects alone: the collector neither traces nor updates it",
                    T::CLASS.name()
                );
            }
        }
    }
}

impl Heap {
    /// Whether each young allocation is to take the slow path.
    fn shuts_area(&self) -> bool {
        self.options.stress.is_some() || self.schedule.is_some()
    }

    /// Whether somebody wants to know of allocations may have changed.
    pub(crate) fn update_interception(&mut self) {
        self.intercepts = self.shuts_area() || self.watch.is_some();
    }

    /// Lets the linear allocation area, which is open, end where an observer wants to know, or marking goes on by a step, but leaves
    /// `least` bytes of it.
    fn limit_area_for_steps(&self, least: usize) {
        if let Some(bytes) = self.until_next_step().into_iter().chain(self.until_next_marking_step()).min() {
            let available = self.new_space.lab.available();
            self.new_space.limit_area(bytes.min(available).next_multiple_of(TAGGED_SIZE).max(least));
        }
    }

    pub(crate) fn old_generation_is_due(&self) -> bool {
        self.old_generation_weight() >= self.old_generation_limit
    }
}

/// Bytes of a `T` with as many elements, no more than a Smi can count: known at compile time for a class without a tail.
#[inline(always)]
pub(crate) fn size_of_instance<T: HeapClass>(length: usize) -> usize {
    if T::ELEMENT_SIZE == 0 {
        T::INSTANCE_SIZE
    } else {
        (T::FIELDS_END + length * T::ELEMENT_SIZE).next_multiple_of(TAGGED_SIZE)
    }
}

/// Bytes of the `T` that `init` makes, with so many elements altogether.
#[inline(always)]
pub(crate) fn size_of_new<T: HeapClass, I>(length: usize, init: &impl Init<T, I>) -> usize {
    if T::IS_COMPUTED {
        const HUGE: usize = isize::MAX as usize; // more than any heap has: not a size to round up
        (T::FIELDS_END + init.tail_bytes().min(HUGE)).next_multiple_of(TAGGED_SIZE)
    } else {
        size_of_instance::<T>(length)
    }
}

#[cold]
fn too_long<T: HeapClass>(length: usize) -> OutOfMemory {
    let maximum = Smi::MAX.value() as usize;
    OutOfMemory {
        requested: T::LAYOUT.size_for(length),
        space: SpaceId::LargeObject,
        reason: OutOfMemoryReason::TooLong { length, maximum },
    }
}

/// Writes map and fields of a new object.
///
/// # Safety
///
/// `address` is the start of `size` free bytes of heap memory, the size of a `T` with `init`'s elements, and `map` is
/// a map of `T`.
#[inline(always)]
#[track_caller]
pub(crate) unsafe fn initialize<'gc, T: ConcreteClass, I>(
    address: usize,
    size: usize,
    map: Word,
    fillers: &FillerMaps,
    init: impl Init<T, I>,
) -> &'gc T {
    /// Should reading a handle panic half-way, what is left is not an object but must not look like garbage.
    struct FillOnUnwind<'a> {
        address: usize,
        size: usize,
        fillers: &'a FillerMaps,
    }
    impl Drop for FillOnUnwind<'_> {
        #[cold]
        fn drop(&mut self) {
            // SAFETY: the bytes were to become an object, and nothing refers to them.
            unsafe { self.fillers.fill(self.address, self.size) };
        }
    }
    let guard = FillOnUnwind { address, size, fillers };
    let object = ObjectAddress::new(address);
    // SAFETY: the caller's contract.
    unsafe {
        TaggedCell::at(address).store(map, Ordering::Relaxed);
        init.write(object);
    }
    core::mem::forget(guard);
    // SAFETY: map and fields are written: a whole `T`.
    unsafe { object.as_ref() }
}
