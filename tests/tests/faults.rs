//! Memory that cannot be had: every call to the operating system fails once, in a run that uses all there is. Each time
//! what fails says so, nothing that was made is lost, nothing leaks, and the isolate goes on working.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::code::InstructionStream;
use heapwright::memory::{FaultPlan, FaultyPageAllocator, MemoryError, PageOperation};
use heapwright::stress::{self, Mode};
use heapwright::{
    IsolateAllocation, IsolateBuilder, IsolateError, MemoryPressureLevel, OutOfMemoryReason, SpaceId, StoreFilter,
    prelude::*,
};

use heapwright_objects::{ExtendedMap, StandardRoots as _, Str};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[heap_object(copy, align = double_unaligned)]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object(align = double)]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

heap_classes! { pub static CLASSES = [Node, Bytes, Array]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// How objects are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Api {
    /// `try_…`: errors.
    Fallible,
    /// The others: panics with the errors' text.
    Infallible,
}

/// A clock that is wound by hand.
#[derive(Clone)]
struct Time(Instant, Arc<AtomicU64>);

impl Time {
    fn pass(&self, seconds: u64) {
        self.1.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn builder(pages: &Arc<FaultyPageAllocator>, allocation: IsolateAllocation) -> (IsolateBuilder, Time) {
    let time = Time(Instant::now(), Arc::default());
    let clock = time.clone();
    let mut builder = heapwright_objects::builder();
    if stress::mode(Mode::Allocations) {
        // Each of some hundred runs has thousands of collections: the heap is looked through between them alone.
        builder = builder.unstressed(Mode::Verify);
    }
    let builder = builder
        .classes(&CLASSES)
        .allocation(allocation)
        .semi_space_size(256 * KB, 512 * KB)
        .max_heap_size(32 * MB)
        .code_range(4 * MB)
        .page_allocator(pages.clone())
        .clock(move || clock.0 + Duration::from_secs(clock.1.load(Ordering::Relaxed)));
    (builder, time)
}

/// What was made so far, and how it must look.
#[derive(Default)]
struct Made {
    bytes: Vec<(Global<Bytes>, usize, u8)>,
    nodes: Vec<(Global<Node>, i32)>,
    /// Arrays in the old generation, each full of one young node.
    arrays: Vec<(Global<Array>, i32)>,
    maps: Vec<Global<ExtendedMap>>,
    names: Vec<(Global<Str>, String)>,
    codes: Vec<(Global<InstructionStream>, usize, u8)>,
    failures: usize,
}

impl Made {
    #[track_caller]
    fn check(&self, scope: &HandleScope<'_>) {
        scope.verify().unwrap();
        for (bytes, length, value) in &self.bytes {
            let bytes = bytes.get(scope);
            assert_eq!(bytes.data_len(), *length);
            assert!([0, length / 2, length - 1].iter().all(|at| bytes.data(*at) == *value));
        }
        for (node, value) in &self.nodes {
            assert_eq!(node.get(scope).value(), *value);
        }
        for (array, value) in &self.arrays {
            let array = array.get(scope);
            assert!(array.elements_iter().all(|node| node.cast::<Node>().value() == *value));
        }
        for map in &self.maps {
            assert!(map.get(scope).bits3().is_extensible());
        }
        for (code, length, value) in &self.codes {
            let code = code.get(scope);
            assert_eq!(code.instruction_size() as usize, *length);
            assert!((0..*length).step_by(61).chain([length - 1]).all(|at| code.body(at) == *value));
        }
        for (name, text) in &self.names {
            assert_eq!(name.get(scope).to_rust_string(), *text);
        }
    }

    /// Whether there is a result; if not, that the reason is one that a failing system gives.
    #[track_caller]
    fn had<T>(&mut self, result: Result<T, OutOfMemory>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                assert!(matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}");
                assert!(error.to_string().starts_with("out of memory: "), "{error}");
                self.failures += 1;
                None
            }
        }
    }

    fn bytes(&mut self, scope: &mut HandleScope<'_>, api: Api, place: AllocationType, length: usize) {
        let value = self.bytes.len() as u8;
        let mut scope = scope.nested();
        let data = vec![value; length];
        let init = BytesInit { data: &data };
        let result = match api {
            Api::Infallible if place == AllocationType::Young => infallibly(|| Bytes::new(&mut scope, init)),
            _ => Bytes::try_new_in(&mut scope, place, init),
        };
        if let Some(bytes) = self.had(result) {
            self.bytes.push((Global::new(&scope, bytes), length, value));
        }
    }

    fn node(&mut self, scope: &mut HandleScope<'_>) {
        let value = self.nodes.len() as i32;
        let mut scope = scope.nested();
        let result = Node::try_new(&mut scope, NodeInit { value, next: smi(value) });
        if let Some(node) = self.had(result) {
            self.nodes.push((Global::new(&scope, node), value));
        }
    }

    fn array(&mut self, scope: &mut HandleScope<'_>) {
        let value = self.arrays.len() as i32;
        let mut scope = scope.nested();
        let result =
            Array::try_new_in(&mut scope, AllocationType::Old, ArrayInit { elements: Filled::new(smi(0), 400) })
                .and_then(|array| Ok((array, Node::try_new(&mut scope, NodeInit { value, next: smi(0) })?)));
        if let Some((array, node)) = self.had(result) {
            (0..400).for_each(|at| array.get(&scope).set_elements(at, node));
            self.arrays.push((Global::new(&scope, array), value));
        }
    }
}

impl Made {
    /// Instructions, never called: what they are is a byte that comes again and again.
    fn code(&mut self, scope: &mut HandleScope<'_>, length: usize) {
        let value = self.codes.len() as u8;
        let mut scope = scope.nested();
        let result = InstructionStream::try_new(&mut scope, &vec![value; length]);
        if let Some(code) = self.had(result) {
            self.codes.push((Global::new(&scope, code), length, value));
        }
    }

    /// A young large array full of one young node.
    fn large_array(&mut self, scope: &mut HandleScope<'_>) {
        let value = self.arrays.len() as i32;
        let mut scope = scope.nested();
        let result = Node::try_new(&mut scope, NodeInit { value, next: smi(0) })
            .and_then(|node| Array::try_new(&mut scope, ArrayInit { elements: Filled::new(node, 35_000) }));
        if let Some(array) = self.had(result) {
            let space = array.get(&scope).as_heap_object().space();
            assert_eq!(space, SpaceId::NewLargeObject);
            self.arrays.push((Global::new(&scope, array), value));
        }
    }
}

/// Runs `f`, which may panic for want of memory alone; the panic must say what the error would have.
#[track_caller]
fn infallibly<T>(f: impl FnOnce() -> T) -> Result<T, OutOfMemory> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let message = payload.downcast_ref::<String>().expect("a message");
        assert!(message.starts_with("out of memory: "), "{message}");
        let reason = MemoryError::RegionUnavailable { address: 0, size: 0 };
        OutOfMemory { requested: 0, space: SpaceId::New, reason: OutOfMemoryReason::Memory(Arc::new(reason)) }
    })
}

/// A program that needs all spaces and all that maps, commits, protects, discards and decommits.
fn run(builder: IsolateBuilder, time: &Time, api: Api, after_faults: impl FnOnce()) -> Result<usize, IsolateError> {
    let mut isolate = builder.build()?;
    let mut made = Made::default();
    let mut scope = isolate.enter();
    // Young objects, so many that they are scavenged, promoted, and the young generation grows.
    for i in 0..70 {
        made.bytes(&mut scope, api, AllocationType::Young, 16 * KB);
        made.node(&mut scope);
        if i % 5 == 0 {
            made.array(&mut scope);
        }
    }
    // Old and large ones.
    for _ in 0..4 {
        made.bytes(&mut scope, api, AllocationType::Old, 100 * KB);
        made.bytes(&mut scope, api, AllocationType::Young, 300 * KB);
    }
    // Code, small and large.
    for length in [100, 300 * KB, 3000] {
        made.code(&mut scope, length);
    }
    // Young large ones that die, and one that gets old where it is, whose node is still young then.
    let data = vec![1; 500 * KB];
    for _ in 0..4 {
        let mut inner = scope.nested();
        let result = Bytes::try_new(&mut inner, BytesInit { data: &data });
        made.had(result);
    }
    made.large_array(&mut scope);
    scope.collect(CollectionKind::Young);
    made.check(&scope);
    made.arrays.reverse();
    // Maps of their own, and an object that has one.
    for i in 0..2800 {
        let mut scope = scope.nested();
        let null = scope.handle(scope.null()).to_any();
        let result = ExtendedMap::try_create::<Node>(&mut scope, null);
        if let Some(map) = made.had(result).filter(|_| i % 20 == 0) {
            made.maps.push(Global::new(&scope, map));
        }
    }
    made.check(&scope);
    if let Some(map) = made.maps.last() {
        let map = scope.handle(map.get(&scope));
        let result = scope.try_new_with_map::<Node, _, _>(AllocationType::Old, map, NodeInit { value: 1, next: map });
        made.had(result);
    }
    // Interned strings.
    for i in 0..300 {
        let mut scope = scope.nested();
        let text = format!("name {i}");
        let result = Str::try_intern(&mut scope, &text);
        if let Some(name) = made.had(result) {
            made.names.push((Global::new(&scope, name), text));
        }
    }
    // A reservation, and copies.
    {
        let result = scope.reserve(100 * KB);
        if let Some(memory) = made.had(result) {
            let mut last = Node::new_reserved(&memory, NodeInit { value: 0, next: smi(0) });
            for value in 1..1000 {
                last = Node::new_reserved(&memory, NodeInit { value, next: last });
            }
            made.nodes.push((Global::from_ref(&memory, last), 999));
        }
    }
    if let Some((node, value)) = made.nodes.last() {
        let (value, mut inner) = (*value, scope.nested());
        let node = inner.handle(node.get(&inner));
        match Node::try_copy(&mut inner, node) {
            Ok(copy) => made.nodes.push((Global::new(&inner, copy), value)),
            Err(heapwright::CopyError::OutOfMemory(_)) => made.failures += 1,
            Err(other) => panic!("{other}"),
        }
    }
    // Observers, for which read-only space is unsealed.
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    let observer = scope.observe_stores(StoreFilter::class::<Node>(), move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    if let Some((node, _)) = made.nodes.first() {
        let node = node.get(&scope);
        node.set_next(node.as_tagged());
        assert_eq!(seen.load(Ordering::Relaxed), u64::from(observer.is_ok()));
    }
    match observer.map(|observer| scope.unobserve(observer)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) | Err(error) => {
            assert!(matches!(error, MemoryError::Protect { .. }), "{error}");
            made.failures += 1;
        }
    }
    made.check(&scope);
    // Collections of both kinds, with garbage of all kinds, among it whole chunks, for the pool.
    let kept = made.bytes.len().min(40);
    for _ in 0..40 {
        made.bytes(&mut scope, api, AllocationType::Old, 20 * KB);
    }
    made.bytes.truncate(kept);
    made.nodes.truncate(40);
    made.arrays.truncate(5);
    made.maps.truncate(20);
    made.codes.truncate(1);
    scope.collect(CollectionKind::Young);
    let weak = made.nodes.first().map(|(node, _)| WeakGlobal::new(&scope, scope.handle(node.get(&scope))));
    scope.collect(CollectionKind::Full);
    made.check(&scope);
    assert!(weak.is_none_or(|weak| weak.get(&scope).is_some()));
    // The pool loses its memory, and then its chunks.
    for seconds in [0, 2, 9] {
        time.pass(seconds);
        scope.collect(CollectionKind::Young);
    }
    made.bytes.truncate(5);
    made.nodes.truncate(5);
    scope.memory_pressure(MemoryPressureLevel::Moderate);
    made.check(&scope);
    scope.memory_pressure(MemoryPressureLevel::Critical);
    scope.collect(CollectionKind::Full);
    for _ in 0..3 {
        time.pass(9);
        scope.collect(CollectionKind::Full);
    }
    made.check(&scope);
    // From here on nothing fails, and all is as if nothing had.
    let failures = made.failures;
    after_faults();
    made.failures = 0;
    for place in [AllocationType::Young, AllocationType::Old] {
        for length in [10, 20 * KB, 100 * KB, 600 * KB] {
            made.bytes(&mut scope, api, place, length);
        }
    }
    for _ in 0..20 {
        made.node(&mut scope);
        made.array(&mut scope);
    }
    made.large_array(&mut scope);
    for length in [200, 200 * KB] {
        // Where one call fails, it may be one of these; nobody asks a second time, as for memory. But we can.
        made.code(&mut scope, length);
        if core::mem::take(&mut made.failures) > 0 {
            made.code(&mut scope, length);
        }
    }
    scope.collect(CollectionKind::Young);
    made.check(&scope);
    assert_eq!(made.failures, 0, "the isolate works on");
    time.pass(9);
    scope.collect(CollectionKind::Full);
    made.check(&scope);
    let memory = scope.memory_statistics();
    assert_eq!(memory.unreturned, 0, "{memory:?}");
    drop(scope);
    drop(isolate);
    Ok(failures)
}

/// Fails each call once, until there are no more.
fn every_call(allocation: IsolateAllocation, api: Api, stressed: bool) {
    let mut failed_runs = 0;
    let mut kinds = Vec::new();
    // Fails the `n`th call among those of such operations. Whether there were so many.
    let mut fail = |n, operations: &[PageOperation], kinds: &mut Vec<PageOperation>| {
        let pages = Arc::new(FaultyPageAllocator::default());
        let (mut builder, time) = builder(&pages, allocation);
        if stressed {
            builder = builder.stress(300, CollectionKind::Full);
        }
        pages.fail(FaultPlan::At(n), operations);
        let result = run(builder, &time, api, || {});
        let faults = pages.faults();
        match result {
            Ok(failures) => failed_runs += usize::from(failures > 0),
            Err(IsolateError::Memory(_)) => failed_runs += 1,
            Err(IsolateError::OutOfMemory(error)) => {
                assert!(matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}");
                failed_runs += 1;
            }
            Err(other) => panic!("call {n}: {other}"),
        }
        // Nothing is left but address space that the system was made not to take back.
        let kept = faults.iter().filter(|fault| fault.operation == PageOperation::Free).map(|fault| fault.size).sum();
        assert_eq!((pages.mapped(), pages.committed()), (kept, 0), "call {n}: {faults:?}");
        let new: Vec<_> = faults.iter().map(|fault| fault.operation).filter(|kind| !kinds.contains(kind)).collect();
        kinds.extend(new);
        !faults.is_empty()
    };
    // Other threads ask for memory when they come, so that one run makes some calls more than the next.
    let (mut n, mut in_vain) = (0, 0);
    while in_vain < 3 {
        n += 1;
        in_vain = if fail(n, &PageOperation::ALL, &mut kinds) { 0 } else { in_vain + 1 };
        assert!(in_vain == 0 || n > 35, "{n} calls are not all there are");
    }
    // Nor are the last calls, which give the cage back, the same ones in each.
    for operation in PageOperation::ALL {
        assert!(kinds.contains(&operation) || fail(1, &[operation], &mut kinds), "nobody calls {operation:?}");
    }
    assert!(failed_runs > 0, "no failure was ever seen");
}

/// What follows, for isolates whose data lies outside of their cage and in it.
macro_rules! tests {
    ($($module:ident: $allocation:ident;)*) => {$(
        mod $module {
            use super::{Api, IsolateAllocation};

            const WHERE: IsolateAllocation = IsolateAllocation::$allocation;

            #[test]
            fn every_call_fails_once() {
                super::every_call(WHERE, Api::Fallible, false);
            }

            #[test]
            fn every_call_fails_once_under_stress() {
                super::every_call(WHERE, Api::Fallible, true);
            }

            #[test]
            fn every_call_fails_once_and_what_cannot_fail_panics() {
                super::every_call(WHERE, Api::Infallible, false);
            }

            #[test]
            fn memory_ends_at_any_call() {
                super::memory_ends_at_any_call(WHERE);
            }

            #[test]
            fn every_nth_call_fails() {
                super::every_nth_call_fails(WHERE);
            }
        }
    )*};
}

tests! {
    outside_the_cage: OutsideCage;
    in_the_cage: InCage;
}

/// Memory ends at some call, and comes back later.
fn memory_ends_at_any_call(allocation: IsolateAllocation) {
    use PageOperation::{Allocate, Decommit, Discard, SetPermissions};
    let mut worked = 0;
    for n in 1.. {
        let pages = Arc::new(FaultyPageAllocator::default());
        let (builder, time) = builder(&pages, allocation);
        pages.fail(FaultPlan::From(n), &[Allocate, SetPermissions, Discard, Decommit]);
        let calls = std::cell::Cell::new(0);
        let result = run(builder, &time, Api::Fallible, || {
            calls.set(pages.calls());
            pages.fail(FaultPlan::Never, &[]);
        });
        match result {
            Ok(_) => worked += 1,
            Err(IsolateError::Memory(_) | IsolateError::OutOfMemory(_)) => calls.set(n),
            Err(other) => panic!("call {n}: {other}"),
        }
        assert_eq!((pages.mapped(), pages.committed()), (0, 0), "call {n}");
        if calls.get() < n {
            break;
        }
    }
    assert!(worked > 20, "{worked}");
}

/// Memory is had now and then.
fn every_nth_call_fails(allocation: IsolateAllocation) {
    use PageOperation::{Allocate, Decommit, Discard, SetPermissions};
    let injected = core::cell::Cell::new(0);
    for n in (2..12).chain([17, 23, 29]) {
        let pages = Arc::new(FaultyPageAllocator::default());
        let (builder, time) = builder(&pages, allocation);
        let mut isolate_failed = false;
        pages.fail(FaultPlan::Every(n), &[Allocate, SetPermissions, Discard, Decommit]);
        let end = || {
            injected.set(injected.get() + pages.faults().len());
            pages.fail(FaultPlan::Never, &[]);
        };
        match run(builder, &time, Api::Fallible, end) {
            Ok(_) => {} // what was tried again did not fail for who asked
            Err(IsolateError::Memory(_) | IsolateError::OutOfMemory(_)) => isolate_failed = true,
            Err(other) => panic!("every {n}th: {other}"),
        }
        assert!(!isolate_failed || n < 29, "an isolate needs fewer calls than {n}");
        assert_eq!((pages.mapped(), pages.committed()), (0, 0), "every {n}th");
    }
    assert!(injected.get() > 5, "{} calls failed in isolates that could be made", injected.get());
}
