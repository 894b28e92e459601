//! A soak: isolates on several threads at once, made and dropped, sent from thread to thread, some of them out of memory, with
//! objects of all kinds. In the end the process has the memory that it began with.
//!
//! Five seconds unless `HEAPWRIGHT_SOAK=600` says how many; `HEAPWRIGHT_SEED=7` draws other programs.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![allow(missing_docs, unreachable_pub)]

#[allow(dead_code)] // `run`, the entry of the fuzz target
#[path = "../fuzz/src/mutator.rs"]
mod mutator;

use heapwright::code::InstructionStream;
use heapwright::memory::FaultyPageAllocator;
use heapwright::{IsolateBuilder, MemoryPressureLevel, OutOfMemoryReason, WeakCallbackInfo, prelude::*};
use heapwright_tests::Random;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[heap_object]
pub struct Entry {
    number: Smi,
    next: Tagged<Option<Entry>>,
    weak: Weak<Entry>,
    bytes: Tagged<(Bytes, Smi)>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Entry, Bytes]; }

const THREADS: usize = 3;

/// What happened, to see that it did.
#[derive(Debug, Default)]
struct Counts {
    programs: AtomicU64,
    full: AtomicU64,
    sent: AtomicU64,
    died: AtomicU64,
    codes: AtomicU64,
}

/// The pages of all isolates, and the books on them.
type Pages = Arc<FaultyPageAllocator>;

fn builder(pages: &Pages) -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).page_allocator(pages.clone()).semi_space_size(256 << 10, 1 << 20)
}

/// An isolate that is sent from thread to thread, with what is known of it.
struct Travelling {
    isolate: Isolate,
    list: Global<Entry>,
    length: i32,
    trips: u32,
}

impl Travelling {
    fn new(pages: &Pages) -> Travelling {
        let mut isolate = builder(pages).build().expect("an isolate");
        let mut scope = isolate.enter();
        let first = Entry::new(&mut scope, EntryInit { number: 0, next: Nil, weak: Nil, bytes: smi(0) });
        let list = Global::new(&scope, first);
        drop(scope);
        Travelling { isolate, list, length: 1, trips: 0 }
    }

    /// Adds to the list, drops some of it, looks at all of it.
    fn work(&mut self, random: &mut Random, counts: &Arc<Counts>) {
        let mut scope = self.isolate.enter();
        for _ in 0..random.below(500) {
            let mut inner = scope.nested();
            let size = if random.one_in(50) { random.below(200_000) } else { random.below(40) };
            let bytes = Bytes::new(&mut inner, BytesInit { data: Filled::new(self.length as u8, size) });
            let first = self.list.get(&inner);
            let (next, weak) = (inner.handle(first), inner.handle(first));
            let init = EntryInit { number: self.length, next, weak, bytes };
            let place = if random.one_in(4) { AllocationType::Old } else { AllocationType::Young };
            let cell = Entry::try_new_in(&mut inner, place, init).expect("memory");
            if random.one_in(100) {
                let counts = Arc::clone(counts);
                inner.add_finalizer(bytes, (), move |_, ()| _ = counts.died.fetch_add(1, Ordering::Relaxed));
            }
            self.list = Global::new(&inner, cell);
            self.length += 1;
        }
        if self.length % 8 == 0 && self.length > 600 {
            // Only the newest are kept.
            let mut last = self.list.get(&scope);
            for _ in 0..500 {
                last = last.next().expect("longer");
            }
            last.set_next(Nil);
        }
        match random.below(4) {
            0 => scope.collect(CollectionKind::Full),
            1 => scope.collect(CollectionKind::Young),
            2 => scope.memory_pressure(MemoryPressureLevel::Moderate),
            _ => {}
        }
        let (mut at, mut number) = (Some(self.list.get(&scope)), self.length - 1);
        while let Some(cell) = at {
            assert_eq!(cell.number(), number);
            if let Some(bytes) = cell.bytes().try_cast::<Bytes>() {
                let ends = [0, bytes.data_len().saturating_sub(1)];
                assert!(bytes.data_len() == 0 || ends.iter().all(|i| bytes.data(*i) == number as u8));
            }
            assert!(cell.weak().map(Entry::number).unwrap_or(number - 1) == number - 1);
            (at, number) = (cell.next(), number - 1);
        }
        if random.one_in(20) {
            scope.verify().expect("a whole heap");
        }
        self.trips += 1;
    }
}

/// Fills an isolate until it is out of memory, and goes on with it.
fn fill_up(pages: &Pages, random: &mut Random, counts: &Counts) {
    let mut isolate = builder(pages).max_heap_size(8 << 20).build().expect("an isolate");
    let mut scope = isolate.enter();
    for _ in 0..2 {
        let mut kept = Vec::new();
        let error = loop {
            let mut inner = scope.nested();
            let place = if random.one_in(2) { AllocationType::Old } else { AllocationType::Young };
            let data = Filled::new(1, random.below(60_000));
            match Bytes::try_new_in(&mut inner, place, BytesInit { data }) {
                Ok(bytes) => kept.push(Global::new(&inner, bytes)),
                Err(error) => break error,
            }
        };
        assert!(!matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}: the system has memory");
        assert!(kept.len() > 50, "{error} with {}", kept.len());
        counts.full.fetch_add(1, Ordering::Relaxed);
    }
    scope.collect(CollectionKind::Full);
    scope.verify().expect("a whole heap");
}

/// Weak globals and callbacks, dropped on another thread than the isolate's; and code.
fn weak_ones(pages: &Pages, random: &mut Random, counts: &Arc<Counts>) {
    let mut isolate = builder(pages).code_range(1 << 20).build().expect("an isolate");
    let mut scope = isolate.enter();
    let mut weak = Vec::new();
    for number in 0..random.below(300) as i32 {
        let mut inner = scope.nested();
        let cell = Entry::new(&mut inner, EntryInit { number, next: Nil, weak: Nil, bytes: smi(0) });
        let counts = Arc::clone(counts);
        let callback = move |_: &mut WeakCallbackInfo| _ = counts.died.fetch_add(1, Ordering::Relaxed);
        weak.push(WeakGlobal::with_callback(&inner, cell, callback));
    }
    if InstructionStream::try_new(&mut scope.nested(), &[0xc3; 64]).is_ok() {
        counts.codes.fetch_add(1, Ordering::Relaxed);
    }
    let rest = weak.split_off(weak.len() / 2);
    let other = thread::spawn(move || drop(rest));
    scope.collect(CollectionKind::Young);
    other.join().expect("nothing panics");
    assert!(weak.iter().all(|weak| weak.get(&scope).is_none()));
    drop(scope);
    // The isolate goes first, then what is weak.
    thread::spawn(move || drop(isolate)).join().expect("nothing panics");
}

/// Works for so long on all threads.
fn soak(time: Duration, seed: u64, pages: &Pages, counts: &Arc<Counts>) {
    let end = Instant::now() + time;
    let (send, receive) = mpsc::channel::<Travelling>();
    let receive = Arc::new(Mutex::new(receive));
    (0..THREADS + 1).for_each(|_| send.send(Travelling::new(pages)).expect("there is a receiver"));
    thread::scope(|threads| {
        for thread in 0..THREADS as u64 {
            let (send, receive, pages) = (send.clone(), Arc::clone(&receive), Arc::clone(pages));
            threads.spawn(move || {
                let mut random = Random::new(seed ^ (thread + 1) << 32);
                while Instant::now() < end {
                    match random.below(12) {
                        0 => fill_up(&pages, &mut random, counts),
                        1 | 2 => weak_ones(&pages, &mut random, counts),
                        3..6 => {
                            let program: Vec<u8> = (0..random.below(100)).map(|_| random.next() as u8).collect();
                            mutator::run_in(Isolate::builder().page_allocator(pages.clone()), &program);
                            counts.programs.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            let received = receive.lock().expect("no panic").try_recv();
                            let Ok(mut travelling) = received else { continue };
                            travelling.work(&mut random, counts);
                            counts.sent.fetch_add(1, Ordering::Relaxed);
                            if travelling.trips > 40 {
                                travelling = Travelling::new(&pages);
                            }
                            send.send(travelling).expect("there is a receiver");
                        }
                    }
                }
            });
        }
    });
}

/// Bytes that the process has in memory, and the mappings it has.
fn memory() -> (usize, usize) {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    (resident * 4096, maps.lines().count())
}

#[test]
fn all_kinds_of_work_leave_no_memory_behind() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default);
    let (seconds, seed) = (number("HEAPWRIGHT_SOAK", 5), number("HEAPWRIGHT_SEED", 0));
    let (pages, counts) = (Pages::default(), Arc::new(Counts::default()));
    // What the threads' allocators and the standard library keep is there from now on.
    soak(Duration::from_secs(2.min(seconds)), seed, &pages, &counts);
    assert_eq!((pages.mapped(), pages.committed()), (0, 0));
    let (resident, mappings) = memory();
    soak(Duration::from_secs(seconds), seed + 1, &pages, &counts);
    assert_eq!((pages.mapped(), pages.committed()), (0, 0), "isolates are gone, and all that was theirs");
    let (resident_after, mappings_after) = memory();
    println!(
        "{counts:?}; {resident} bytes and {mappings} mappings before, {resident_after} and {mappings_after} after"
    );
    // Sanitizers keep what is freed, to tell of who uses it.
    if ["ASAN_OPTIONS", "TSAN_OPTIONS"].iter().all(|options| std::env::var_os(options).is_none()) {
        assert!(resident_after <= resident + (32 << 20), "{resident} bytes in memory before, {resident_after} after");
        assert!(mappings_after <= mappings + 16, "{mappings} mappings before, {mappings_after} after");
    }
    let Counts { programs, full, sent, died, codes } = &*counts;
    for (what, count) in [("programs", programs), ("full", full), ("sent", sent), ("died", died), ("codes", codes)] {
        assert!(count.load(Ordering::Relaxed) > 0, "no {what}: {counts:?}");
    }
}
