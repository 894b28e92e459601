//! The isolate: one heap with its classes, handles and roots, entered by one thread at a time.

use crate::barrier::StoreObservers;
use crate::debugger::{ListedIsolate, TableEntry};
use crate::error::{EnterError, IsolateError};
use crate::gc::CollectionKind;
use crate::growing::Growing;
use crate::handles::{EternalHandles, GlobalHandles, HandleScope, HandleStack, PersistentSets, WeakCallbacks, leave};
use crate::heap::{Heap, HeapOptions};
use crate::inspect::ObjectIds;
use crate::isolate_memory::{IsolateAllocation, IsolateMemory};
use crate::isolate_slots::{IsolateSlots, IsolateValues};
use crate::layout::{ClassDescriptor, ClassRegistry, InstanceTypeRange, Numbering};
use crate::limits::Clock;
use crate::map::{Map, MapInit};
use crate::memory::code_range::MAX_CODE_RANGE_SIZE;
use crate::memory::{CAGE_SIZE, CHUNK_SIZE, Cage, PageAllocator, SharedPageAllocator, SideTable};
use crate::policy::{HeapPolicy, PolicyError};
use crate::roots::{RootTable, Roots};
use crate::schedule::GcSchedule;
use crate::spaces::filler::FillerMaps;
use crate::spaces::{Filler, FreeSpace};
use crate::stress::{self, AllocationStress, Mode};
use crate::tagged::{HeapClass, HeapObject, Init, ObjectAddress, TaggedCell, Word};
use core::cell::Cell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

thread_local! {
    /// The number of the isolate that is entered on this thread; 0 for none.
    pub(crate) static ENTERED: Cell<u64> = const { Cell::new(0) };
}

/// The classes that every isolate has.
static CORE_CLASSES: ClassRegistry =
    ClassRegistry::new("heapwright", &[HeapObject::CLASS, Map::CLASS, Filler::CLASS, FreeSpace::CLASS]);

#[used]
#[unsafe(link_section = "heapwright")]
static CORE_TABLES: TableEntry = TableEntry::new(&CORE_CLASSES);

/// The core classes, for layout docs.
#[must_use]
pub fn core_classes() -> &'static ClassRegistry {
    &CORE_CLASSES
}

/// A heap and all that belongs to it. V8: `Isolate`.
///
/// It may move between threads while no scope of it lives; each thread enters one isolate at a time.
///
/// ```
/// use heapwright::prelude::*;
///
/// let mut isolate = Isolate::builder().max_heap_size(64 << 20).build()?;
/// let scope = isolate.enter();
/// assert_eq!(scope.statistics().collections.len(), 0);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
pub struct Isolate {
    /// Dropped by this type's `Drop`, before the memory is.
    data: NonNull<IsolateData>,
    /// Freed when this is dropped, after the data.
    _memory: IsolateMemory,
}

// SAFETY: the data is owned by this one pointer, and its memory may be freed on any thread. What borrows it (scopes,
// handles, references) borrows the `Isolate` and is not `Send`; globals share atomics and callbacks that are `Send`, as observers of stores are. So nothing of a thread that gives the isolate
// away still reaches the data.
unsafe impl Send for Isolate {}

/// What a scope refers to.
pub(crate) struct IsolateData {
    /// First, so that users' values are dropped while all that they may hold is still there.
    pub(crate) slots: IsolateValues,
    /// Dropped early for the same reason.
    pub(crate) weak_callbacks: WeakCallbacks,
    /// Its place in the list that debuggers read; given up before the heap is.
    listed: ListedIsolate,
    pub(crate) heap: Heap,
    pub(crate) handles: HandleStack,
    class_maps: SideTable,
    /// What is added to a compressed word; kept for generated code. V8: `cage_base`.
    pub(crate) cage_base: usize,
    pub(crate) allocation: IsolateAllocation,
    pub(crate) id: u64,
    pub(crate) globals: GlobalHandles,
    pub(crate) eternals: EternalHandles,
    pub(crate) persistent: PersistentSets,
    pub(crate) roots: Roots,
    /// Every class, in the order of instance types, and those.
    pub(crate) numbering: Numbering,
    /// The map of each class that has instances.
    pub(crate) maps: Vec<Word>,
    /// Who observes stores; the headers of all chunks point there too.
    pub(crate) observers: Option<Rc<StoreObservers>>,
    /// By which snapshots know objects, once there was one.
    pub(crate) object_ids: Option<Box<ObjectIds>>,
}

impl Isolate {
    /// An isolate of default sizes with the core classes only is `Isolate::builder().build()`.
    #[must_use]
    pub fn builder() -> IsolateBuilder {
        IsolateBuilder::default()
    }

    /// Enters the isolate on this thread.
    ///
    /// If a scope of this isolate was forgotten (`mem::forget`), the borrow checker still vouches that it is not in use:
    /// its handles are freed and the isolate is entered anew.
    ///
    /// Weak callbacks that wait for a scope run now: see [`HandleScope::run_weak_callbacks`].
    ///
    /// # Panics
    ///
    /// If another isolate is entered on this thread, or a weak callback panicked.
    #[must_use = "the isolate is left at once when the scope is dropped"]
    #[track_caller]
    pub fn enter(&mut self) -> HandleScope<'_> {
        self.try_enter().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Enters the isolate on this thread.
    ///
    /// # Errors
    ///
    /// If another isolate is entered on this thread.
    ///
    /// # Panics
    ///
    /// If a weak callback panicked.
    pub fn try_enter(&mut self) -> Result<HandleScope<'_>, EnterError> {
        // SAFETY: `&mut self`: no scope of this isolate is in use.
        let data = unsafe { self.data.as_mut() };
        ENTERED.with(|entered| match entered.get() {
            0 => {
                entered.set(data.id);
                Ok(())
            }
            id if id == data.id => Ok(()),
            entered => Err(EnterError { entered }),
        })?;
        data.handles.reset();
        // SAFETY: entered, and borrowed for the scope's lifetime.
        let mut scope = unsafe { HandleScope::outermost(self.data) };
        scope.run_weak_callbacks();
        Ok(scope)
    }

    /// The isolate's number, unique in the process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.data().id
    }

    /// Where its data lies.
    #[must_use]
    pub fn allocation(&self) -> IsolateAllocation {
        self.data().allocation
    }

    pub(crate) fn data(&self) -> &IsolateData {
        // SAFETY: owned, and no scope that could change it is in use while the isolate is borrowed.
        unsafe { self.data.as_ref() }
    }
}

impl IsolateMemory {
    /// Puts the data where it belongs.
    fn hold(self, data: IsolateData) -> Isolate {
        let place = self.data();
        // SAFETY: aligned memory for it, which is nobody else's and not initialized yet.
        unsafe { place.write(data) };
        Isolate { data: place, _memory: self }
    }
}

impl Drop for Isolate {
    fn drop(&mut self) {
        leave(self.id());
        // SAFETY: written in `IsolateMemory::hold`, dropped only here, and nothing borrows the isolate any more. The memory
        // is still there: `self._memory` is dropped after this, also should a destructor of a user's value panic; and
        // where it is part of the cage, which the data drops, it holds a share of the reservation.
        unsafe { self.data.drop_in_place() };
    }
}

impl core::fmt::Debug for Isolate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Isolate {}", self.id())
    }
}

/// Classes, roots and sizes of an isolate to be made.
#[derive(Clone, Debug)]
pub struct IsolateBuilder {
    registries: Vec<&'static ClassRegistry>,
    root_tables: Vec<&'static RootTable>,
    reserved_instance_types: Vec<InstanceTypeRange>,
    slot_tables: Vec<&'static IsolateSlots>,
    allocation: IsolateAllocation,
    pub(crate) options: HeapOptions,
}

impl Default for IsolateBuilder {
    fn default() -> IsolateBuilder {
        IsolateBuilder {
            registries: vec![&CORE_CLASSES],
            root_tables: Vec::new(),
            reserved_instance_types: Vec::new(),
            slot_tables: Vec::new(),
            allocation: IsolateAllocation::default(),
            options: HeapOptions {
                policy: HeapPolicy::default(),
                code_range_size: 0,
                stress: AllocationStress::of_process(),
                schedule: None,
                verify: stress::mode(Mode::Verify),
                stress_marking: stress::mode(Mode::Marking),
                compaction: crate::gc::Compaction::default(),
                stress_threads: stress::mode(Mode::Parallel),
                stress_promotion: stress::mode(Mode::Promotion).then_some(1),
                pages: SharedPageAllocator::default(),
                clock: Clock::default(),
                sinks: crate::gc::CollectionSinks::default(),
                smallest_aligned: None,
            },
        }
    }
}

impl IsolateBuilder {
    /// Adds the classes of a crate. Registering one twice does no harm; classes above a registered one are added too.
    #[must_use]
    pub fn classes(mut self, registry: &'static ClassRegistry) -> Self {
        self.registries.push(registry);
        self
    }

    /// Keeps instance types for classes that ask for them, such as those of a crate that comes later: other classes do
    /// not get them.
    ///
    /// # Panics
    ///
    /// If the range is empty.
    #[must_use]
    #[track_caller]
    pub fn reserve_instance_types(mut self, numbers: core::ops::RangeInclusive<u16>) -> Self {
        self.reserved_instance_types.push(InstanceTypeRange::new(*numbers.start(), *numbers.end()));
        self
    }

    /// Adds a crate's roots, whose setup runs when the isolate is made, after those added before it.
    #[must_use]
    pub fn roots(mut self, table: &'static RootTable) -> Self {
        if !self.root_tables.iter().any(|t| core::ptr::eq(*t, table)) {
            self.root_tables.push(table);
        }
        self
    }

    /// Adds a crate's isolate slots, whose values are made with the isolate, before any roots are set up.
    #[must_use]
    pub fn slots(mut self, table: &'static IsolateSlots) -> Self {
        if !self.slot_tables.iter().any(|t| core::ptr::eq(*t, table)) {
            self.slot_tables.push(table);
        }
        self
    }

    /// Where the isolate's data lies, its roots among them: outside of its cage unless set. What gains by the other way is
    /// generated code that is given the [cage base](HandleScope::cage_base) alone; what loses is that stray writes into the
    /// cage may meet the isolate's own data. V8: the parameter of `IsolateAllocator`.
    #[must_use]
    pub fn allocation(mut self, allocation: IsolateAllocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// How the heap is tuned: all of it at once. The methods below that set one value each change what was given here, if
    /// they come after it. Values are checked by [`build`](Self::build).
    #[must_use]
    pub fn policy(mut self, policy: HeapPolicy) -> Self {
        self.options.policy = policy;
        self
    }

    /// How much the old generation may grow until it is collected again; [`Growing::Measured`] unless set.
    #[must_use]
    pub fn growing(mut self, growing: Growing) -> Self {
        self.options.policy.growing = growing;
        self
    }

    /// The most bytes the heap may commit, headers and both semi-spaces included; 2 GiB unless set, at least 8 MiB. A
    /// [callback](HandleScope::add_near_heap_limit_callback) may raise it later.
    #[must_use]
    pub fn max_heap_size(mut self, bytes: usize) -> Self {
        self.options.policy.max_heap_size = bytes;
        self
    }

    /// Bytes that one semi-space begins with and may grow to, each a multiple of 256 KiB; 1 and 32 MiB unless set. Both
    /// together grow to no more than a quarter of the [heap's limit](Self::max_heap_size), whatever the maximum. They grow
    /// when more has survived than one of them holds, and shrink again when collections find them all but unused.
    #[must_use]
    pub fn semi_space_size(mut self, initial: usize, maximum: usize) -> Self {
        let policy = &mut self.options.policy;
        (policy.initial_semi_space_size, policy.max_semi_space_size) = (initial, maximum);
        self
    }

    /// Lets the isolate have code: keeps the last `bytes` of its cage for it, a multiple of 256 KiB and at most 2 GiB, and adds
    /// the classes of [`code`](crate::code). V8 takes 128 MiB. Only addresses are kept; memory is committed as code is made,
    /// and counts towards [`max_heap_size`](Self::max_heap_size). None unless set: then no page of the heap is ever
    /// executable. V8: `CodeRange`; without it, `--jitless`.
    #[must_use]
    pub fn code_range(mut self, bytes: usize) -> Self {
        self.options.code_range_size = bytes;
        self.registries.push(crate::code::code_classes());
        self
    }

    /// Collects at every `interval`th allocation, for tests: what holds a stale reference fails soon.
    #[must_use]
    pub fn stress(mut self, interval: u32, kind: CollectionKind) -> Self {
        self.options.stress = Some(AllocationStress::every(interval.max(1), kind));
        self
    }

    /// Collects, marks in steps and gives that up where a [schedule](GcSchedule) says, for tests: each seed tries another
    /// order of things, and the same can be had again. What else decides when the heap is collected then depends on
    /// nothing but bytes: [threads](HeapPolicy::threads) are one, and the old generation grows by [`Growing::Bytes`] if it
    /// was to grow by measured speeds, whatever the policy says. Best together with [`verify`](Self::verify).
    #[must_use]
    pub fn schedule(mut self, schedule: GcSchedule) -> Self {
        self.options.schedule = Some(schedule);
        // Of what the process's mode asks for, this does what depends on bytes alone.
        self.unstressed(Mode::Allocations).unstressed(Mode::Parallel)
    }

    /// Whether the old generation is marked in steps, while the program runs, so that the pause in which it is collected is
    /// short; true unless set. Without it, all is marked in that pause. V8: `--incremental-marking`.
    #[must_use]
    pub fn incremental_marking(mut self, incremental: bool) -> Self {
        self.options.policy.incremental_marking = incremental;
        self
    }

    /// Marks all the time, one object at each allocation that takes a slow path (with [`stress`](Self::stress), each), for
    /// tests: a store that marking is not told of is found soon, if the heap is [verified](Self::verify) too. V8:
    /// `--stress-incremental-marking`.
    #[must_use]
    pub fn stress_marking(mut self) -> Self {
        self.options.stress_marking = true;
        self
    }

    /// How many threads may work on a collection, the isolate's own among them; as many as there are cores unless set. The
    /// others belong to a pool that all isolates of the process share: they come when they have time and when there is
    /// enough to do, and are not waited for. With one, all is done on the isolate's thread, in the same order each time. What lives
    /// does not depend on it; addresses do, when marking is through, and how many bytes of the young generation are lost to
    /// fillers. V8: `--parallel-scavenge`, `--concurrent-marking`, `--concurrent-sweeping`.
    #[must_use]
    pub fn gc_threads(mut self, threads: usize) -> Self {
        self.options.policy.threads = threads.max(1);
        self
    }

    /// Lets at least three threads work on each scavenge and each evacuation, however little there is to do, and waits a while for one of them to
    /// come, for tests: what depends on the order of copies fails soon. Whatever [`gc_threads`](Self::gc_threads) is, and how
    /// many cores there are.
    #[must_use]
    pub fn stress_threads(mut self) -> Self {
        self.options.stress_threads = true;
        self
    }

    /// Whether full collections move what lives in sparse chunks of OLD space together, and give those chunks back; true unless
    /// set. At most 4 MiB of objects a collection, out of chunks of which 70 % are free; without that limit, and out of chunks
    /// of which 20 % are free, if memory is short. Without it, an old object stays where it is until it dies. One that must not
    /// move, whatever this says, is [pinned](HandleScope::pin). V8: `--compact`.
    #[must_use]
    pub fn compaction(mut self, compaction: bool) -> Self {
        self.options.compaction.enabled = compaction;
        self
    }

    /// Moves every object of OLD space that is not pinned in each full collection, for tests: what holds a stale address fails
    /// soon. V8: `--stress-compaction`.
    #[must_use]
    pub fn stress_compaction(mut self) -> Self {
        self.options.compaction.every_chunk = true;
        self
    }

    /// Ends each evacuation of a chunk after some objects, as if memory had run out, for tests: how many follows from `seed`.
    /// V8: `--stress-compaction-random` and `--fuzzer-random-seed`.
    #[must_use]
    pub fn stress_evacuation_aborts(mut self, seed: u64) -> Self {
        self.options.compaction.abort_seed = Some(seed);
        self
    }

    /// Promotes the young generation as it lies, looked at or not, in some collections that follow from `seed`, for tests: what
    /// usually happens only where nearly all survives.
    #[must_use]
    pub fn stress_promotion(mut self, seed: u64) -> Self {
        self.options.stress_promotion = Some(seed);
        self
    }

    /// Verifies the heap before and after each collection, for tests; a violation panics. V8: `--verify-heap`.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.options.verify = verify;
        self
    }

    /// Without what a [`Mode`] has all isolates of the process do, for tests that count what it changes. First of all calls:
    /// it undoes what others have asked for.
    #[doc(hidden)]
    #[must_use]
    pub fn unstressed(mut self, without: Mode) -> Self {
        if !stress::mode(without) {
            return self;
        }
        let options = &mut self.options;
        match without {
            Mode::Verify => options.verify = false,
            Mode::Allocations => _ = options.stress.take_if(|stress| stress.is_of_process()),
            Mode::Marking => options.stress_marking = false,
            Mode::Compaction => options.compaction.every_chunk = false,
            Mode::AbortEvacuation => options.compaction.abort_seed = None,
            Mode::Parallel => options.stress_threads = false,
            Mode::OneThread => options.policy.threads = crate::gc::cores(),
            Mode::Promotion => options.stress_promotion = None,
        }
        self
    }

    /// Where the isolate's pages come from; the operating system unless set. All its mappings are made there: the cage,
    /// commits within it, and the table of its classes. To see how a program fares when memory ends, give it a
    /// [`FaultyPageAllocator`](crate::memory::FaultyPageAllocator). V8: `Platform::GetPageAllocator`.
    #[must_use]
    pub fn page_allocator(mut self, pages: Arc<dyn PageAllocator + Send + Sync>) -> Self {
        self.options.pages = SharedPageAllocator::new(pages);
        self
    }

    /// What tells the time after which freed chunks are given back (see
    /// [`MemoryStatistics::pooled_chunks`](crate::memory::MemoryStatistics::pooled_chunks)), and by which the speeds of the
    /// program and the collector are measured ([`Growing::Measured`]); [`Instant::now`] unless set.
    /// Records of collections tell time by it too ([`CollectionRecord::since_start`](crate::CollectionRecord::since_start),
    /// [`mutator`](crate::CollectionRecord::mutator)); nothing else depends on it. For tests: it is asked between
    /// collections, never in one.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        self.options.clock = Clock::new(now);
        self
    }

    /// Makes the isolate: reserves its cage, makes the maps of its classes, sets up its roots, and seals read-only space.
    ///
    /// # Errors
    ///
    /// If memory cannot be had, an option cannot work, or a root table's setup fails.
    pub fn build(mut self) -> Result<Isolate, IsolateError> {
        self.check()?;
        if self.options.schedule.is_some() {
            self.options.policy.make_deterministic();
        }
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let mut reserved = self.reserved_instance_types;
        reserved.extend(self.registries.iter().flat_map(|registry| registry.reserved_instance_types()));
        let numbering = Numbering::new(&in_tree_order(&self.registries), &reserved)?;
        let class_maps = SideTable::new_in(self.options.pages.clone())?;
        let mut cage = Cage::new_in(self.options.pages.clone())?;
        let base = cage.base();
        // Maps are never young.
        let young =
            numbering.classes.iter().map(|c| c.layout()).filter(|layout| !layout.is_abstract && !layout.is_map());
        let aligned = young.filter(|layout| layout.alignment.maximum_fill() > 0);
        let smallest_aligned = aligned.map(|layout| layout.instance_size()).min();
        let root_count = self.root_tables.iter().map(|table| table.roots().len()).sum();
        let memory = IsolateMemory::new(self.allocation, &mut cage, root_count)?;
        let mut heap = Heap::new(cage, HeapOptions { smallest_aligned, ..self.options })?;
        let listed = ListedIsolate::new(id, base, &numbering.classes);
        let splices = numbering.classes.iter().flat_map(|class| class.hooks().splices());
        heap.has_ephemerons = numbering.classes.iter().any(|class| class.layout().has_ephemerons());
        heap.spliced.extend(splices.map(crate::layout::Splice::member));
        let data = IsolateData {
            slots: IsolateValues::new(&self.slot_tables),
            weak_callbacks: WeakCallbacks::default(),
            heap,
            handles: HandleStack::new(),
            class_maps,
            cage_base: base,
            allocation: self.allocation,
            id,
            listed,
            globals: GlobalHandles::new(id),
            eternals: EternalHandles::default(),
            persistent: PersistentSets::default(),
            // SAFETY: the memory has slots for the roots of these tables, and outlives the data.
            roots: unsafe { Roots::new(&self.root_tables, memory.roots()) },
            numbering,
            maps: Vec::new(),
            observers: None,
            object_ids: None,
        };
        let mut isolate = memory.hold(data);
        // SAFETY: just made, and nothing else refers to it.
        let data = unsafe { isolate.data.as_mut() };
        data.make_maps()?;
        for (space, lab) in data.heap.labs() {
            data.listed.set_lab(space, lab);
        }
        let mut scope = isolate.try_enter()?;
        for table in self.root_tables {
            table.set_up(&mut scope)?;
        }
        scope.data_mut().heap.seal()?;
        drop(scope);
        Ok(isolate)
    }

    fn check(&self) -> Result<(), IsolateError> {
        let invalid = |option, value, reason| Err(IsolateError::InvalidOption { option, value, reason });
        if let Err(PolicyError { option, value, reason }) = self.options.policy.check() {
            return invalid(option, value, reason);
        }
        let code = self.options.code_range_size;
        if code > MAX_CODE_RANGE_SIZE || !code.is_multiple_of(CHUNK_SIZE) {
            return invalid("code_range", code, "it must be a multiple of 256 KiB (262144 bytes), at most 2 GiB");
        }
        let pages = self.options.pages.commit_page_size();
        if pages > CHUNK_SIZE {
            return invalid("page_allocator", pages, "its commit pages are larger than a chunk (262144 bytes)");
        }
        let pages = self.options.pages.allocate_page_size();
        if pages > CAGE_SIZE {
            return invalid("page_allocator", pages, "its allocate pages are larger than a cage (4 GiB)");
        }
        Ok(())
    }
}

/// All classes of the registries and those above them, each before the ones below it, siblings in the order they were
/// first named.
pub(crate) fn in_tree_order(registries: &[&ClassRegistry]) -> Vec<&'static ClassDescriptor> {
    let mut named: Vec<&'static ClassDescriptor> = Vec::new();
    let mut add = |class: &'static ClassDescriptor| {
        let mut lineage: Vec<_> = core::iter::successors(Some(class), |c| c.parent()).collect();
        lineage.reverse();
        for class in lineage {
            if !named.contains(&class) {
                named.push(class);
            }
        }
    };
    registries.iter().flat_map(|registry| registry.classes()).for_each(|class| add(class));
    let mut ordered = Vec::with_capacity(named.len());
    let mut pending = vec![HeapObject::CLASS];
    while let Some(class) = pending.pop() {
        ordered.push(class);
        pending.extend(named.iter().rev().filter(|c| c.parent() == Some(class)));
    }
    ordered
}

impl IsolateData {
    /// Makes the map of each class that has instances; that of `Map` first, which is its own map.
    fn make_maps(&mut self) -> Result<(), IsolateError> {
        let too_many = || IsolateError::TooManyClasses { maximum: usize::from(u16::MAX) };
        let size = Map::LAYOUT.instance_size();
        let classes = self.numbering.classes.clone();
        let order = core::iter::once(Map::CLASS).chain(classes.iter().copied().filter(|c| *c != Map::CLASS));
        let mut meta_map = Word::ZERO;
        for class in order {
            let index = class.assign_index().ok_or_else(too_many)?;
            if class.layout().is_abstract {
                continue;
            }
            let address = self.allocate_first_map(size)?;
            let map = Word::strong(address);
            if class == Map::CLASS {
                meta_map = map;
            }
            let instance_type = self.numbering.own(class).ok_or_else(too_many)?;
            // SAFETY: `size` fresh bytes in map space become a map of `class`, whose map is the meta map.
            unsafe {
                TaggedCell::at(address).store(meta_map, Ordering::Relaxed);
                MapInit::new(class, instance_type).write(ObjectAddress::new(address));
            }
            self.class_maps.get(index).store(map.bits(), Ordering::Relaxed);
            self.maps.push(map);
        }
        self.heap.fillers =
            FillerMaps { one_word: self.map_word::<Filler>(), free_space: self.map_word::<FreeSpace>() };
        Ok(())
    }

    /// The word of the map of `T`: two loads and a test.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn map_word<T: HeapClass>(&self) -> Word {
        // Number 0 stands for "registered nowhere", and its entry is never written.
        let word = self.class_maps.get(T::CLASS.index_or_zero()).load(Ordering::Relaxed);
        if word == 0 {
            not_registered(T::CLASS);
        }
        Word::from_bits(word)
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_registered(class: &ClassDescriptor) -> ! {
    let name = class.name();
    if class.layout().is_abstract {
        panic!("class `{name}` is abstract and has no map");
    }
    panic!(
        "class `{name}` ({}) is not registered in this isolate: list it in `heap_classes!` and give that to \
         `Isolate::builder().classes(…)`",
        class.layout().module_path
    )
}

impl HandleScope<'_> {
    /// The map that new objects of class `T` get.
    ///
    /// # Panics
    ///
    /// If the isolate was made without `T`'s registry.
    #[must_use]
    #[track_caller]
    pub fn class_map<T: crate::tagged::ConcreteClass>(&self) -> &Map {
        // SAFETY: the table holds maps, which never move and live as long as the isolate.
        unsafe { self.data().map_word::<T>().as_object() }
    }

    /// The classes of this isolate in the order of their instance types.
    #[must_use]
    pub fn classes(&self) -> &[&'static ClassDescriptor] {
        &self.data().numbering.classes
    }

    /// The number of the class in this isolate, which its maps carry. It follows from the classes that the isolate was
    /// made with; where that is not enough, pin it: `#[heap_object(instance_type = 204)]`. V8: `FOREIGN_TYPE` and so on.
    ///
    /// # Panics
    ///
    /// If the isolate was made without `T`'s registry.
    #[must_use]
    #[track_caller]
    pub fn instance_type<T: crate::tagged::ConcreteClass>(&self) -> u16 {
        self.class_map::<T>().instance_type()
    }

    /// The numbers of the class and of all below it; no other class has one of them. `None` for an abstract class with
    /// none below it, and for one that the isolate was made without. V8: `FIRST_…_TYPE` and `LAST_…_TYPE`.
    #[must_use]
    pub fn instance_type_range<T: HeapClass>(&self) -> Option<InstanceTypeRange> {
        self.data().numbering.range(T::CLASS)
    }
}
