//! Machine code in the heap: made, called, changed, collected; and what dies that does what must not be possible. What dies is
//! this program again, as a child: see [`dies_of`].
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_imports))]

use heapwright::code::{Code, CodeInit, InstructionStream};
use heapwright::memory::code_range::MAX_CODE_RANGE_SIZE;
use heapwright::memory::{CHUNK_SIZE, Cage, CodeRange, MemoryError, Permission};
use heapwright::stress::Mode;
use heapwright::{IsolateBuilder, IsolateError, OutOfMemoryReason, SpaceId, StoreFilter, prelude::*};
use heapwright_objects::{ExtendedMap, FixedArray, FixedArrayInit};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

/// A function of a runtime: what is known of its code, and a name.
#[heap_object(extends = Code)]
pub struct Function {
    /// What it is called.
    name: Tagged<Any>,
    /// Whether it has been asked for.
    weak: Weak<InstructionStream>,
}

/// Bytes that may be copied.
#[heap_object(copy)]
pub struct Bytes {
    /// How many.
    #[constant]
    length: Smi,
    /// They.
    #[length = length]
    bytes: [u8],
}

heap_classes! { static CLASSES = [Function, Bytes]; }

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

fn builder() -> IsolateBuilder {
    Isolate::builder()
        .classes(&CLASSES)
        .classes(&heapwright_objects::CLASSES)
        .roots(&heapwright_objects::ROOTS)
        .code_range(64 * MB)
}

fn isolate() -> Isolate {
    builder().verify(true).build().unwrap()
}

/// `mov eax, value; ret`.
fn returns(value: u32) -> Vec<u8> {
    let [a, b, c, d] = value.to_le_bytes();
    vec![0xb8, a, b, c, d, 0xc3]
}

/// The same, after as many bytes that do nothing.
fn returns_late(value: u32, nothing: usize) -> Vec<u8> {
    let mut code = vec![0x90; nothing];
    code.extend(returns(value));
    code
}

/// Calls what [`returns`] and [`returns_late`] make. Elsewhere than on x86-64, reads what it would return.
fn call(scope: &HandleScope<'_>, code: Handle<'_, InstructionStream>) -> u32 {
    let code = code.get(scope);
    let bytes = code.instructions();
    assert!(bytes.len() >= 6 && bytes[bytes.len() - 6] == 0xb8 && bytes.ends_with(&[0xc3]));
    let read = u32::from_le_bytes(bytes[bytes.len() - 5..bytes.len() - 1].try_into().unwrap());
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: whole functions of this type, as was just looked; the handle keeps them.
        let returned = unsafe {
            let function: unsafe extern "C" fn() -> u32 = code.entry();
            function()
        };
        assert_eq!(returned, read);
    }
    read
}

fn space(scope: &HandleScope<'_>, id: SpaceId) -> heapwright::spaces::SpaceStatistics {
    scope.statistics().spaces.into_iter().find(|(of, _)| *of == id).unwrap().1
}

/// What `/proc/self/maps` says of the page at an address.
fn access(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let found = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (begin, end) = range.split_once('-')?;
        let [begin, end] = [begin, end].map(|text| usize::from_str_radix(text, 16).unwrap());
        (begin..end).contains(&address).then(|| rest[..3].to_owned())
    });
    found.unwrap_or_else(|| "not mapped".to_owned())
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_computes_with_its_arguments() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    // xor eax, eax; next: test rdi, rdi; jz end; add rax, rdi; dec rdi; jmp next; end: ret
    let sum = [0x31, 0xc0, 0x48, 0x85, 0xff, 0x74, 0x08, 0x48, 0x01, 0xf8, 0x48, 0xff, 0xcf, 0xeb, 0xf3, 0xc3];
    let sum = InstructionStream::new(&mut scope, &sum);
    // lea rax, [rdi + rsi]; add rax, rdx; add rax, rcx; add rax, r8; add rax, r9; ret
    let add = [0x48, 0x8d, 0x04, 0x37, 0x48, 0x01, 0xd0, 0x48, 0x01, 0xc8, 0x4c, 0x01, 0xc0, 0x4c, 0x01, 0xc8, 0xc3];
    let add = InstructionStream::new(&mut scope, &add);
    // jmp rdi: calls what it is given, with no arguments
    let jump = InstructionStream::new(&mut scope, &[0xff, 0xe7]);
    extern "C" fn callback() -> u64 {
        77
    }
    for _ in 0..3 {
        // SAFETY: functions of these types that touch no memory but their own stack; the handles keep them.
        unsafe {
            let sum: unsafe extern "C" fn(u64) -> u64 = sum.get(&scope).entry();
            assert_eq!(sum(1000), 500_500);
            let add: unsafe extern "C" fn(i64, i64, i64, i64, i64, i64) -> i64 = add.get(&scope).entry();
            assert_eq!(add(1, -20, 300, -4000, 50_000, -600_000), -553_719);
            let jump: unsafe extern "C" fn(extern "C" fn() -> u64) -> u64 = jump.get(&scope).entry();
            assert_eq!(jump(callback), 77);
        }
        scope.collect(CollectionKind::Full);
    }
}

#[test]
fn code_is_where_it_was_after_collections() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for (nothing, id) in [(0, SpaceId::Code), (1000, SpaceId::Code), (200 * KB, SpaceId::CodeLargeObject)] {
        let code = InstructionStream::new(&mut scope, &returns_late(7, nothing));
        let start = code.get(&scope).instruction_start();
        assert_eq!(start % 16, 0);
        assert_eq!(start, code.get(&scope).address() + InstructionStream::HEADER_SIZE);
        for kind in [CollectionKind::Young, CollectionKind::Full, CollectionKind::Young, CollectionKind::Full] {
            scope.collect(kind);
            let code = code.get(&scope);
            assert_eq!((code.instruction_start(), code.space(), code.is_executable()), (start, id, true));
            assert_eq!(code.instruction_size() as usize, nothing + 6);
        }
        assert_eq!(call(&scope, code), 7);
    }
    scope.verify().unwrap();
}

#[test]
fn objects_of_any_generation_keep_code() {
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        let builder = builder().verify(true);
        let mut isolate = stress.map_or(builder.clone(), |kind| builder.stress(1, kind)).build().unwrap();
        let mut scope = isolate.enter();
        let mut functions = Vec::new();
        for i in 0..60_u32 {
            let mut inner = scope.nested();
            let size = if i % 20 == 19 { 150 * KB } else { 40 * i as usize };
            let code = InstructionStream::new(&mut inner, &returns_late(i, size));
            InstructionStream::new(&mut inner, &returns(i + 1000)); // dies
            let parent = CodeInit { instruction_stream: code, metadata: smi(i as i32), flags: i };
            let place = if i % 2 == 0 { AllocationType::Young } else { AllocationType::Old };
            let init = FunctionInit { parent, name: smi(0), weak: code };
            let function = Function::try_new_in(&mut inner, place, init).unwrap();
            functions.push(Global::new(&inner, function));
        }
        scope.collect(CollectionKind::Full);
        for (i, function) in functions.iter().enumerate() {
            let function = function.get(&scope);
            let code = scope.handle(function.instruction_stream());
            assert_eq!((function.metadata().as_smi(), function.flags()), (Some(i as i32), i as u32));
            assert!(core::ptr::eq(function.weak().unwrap(), function.instruction_stream()));
            assert_eq!(call(&scope, code), i as u32);
        }
        let streams = |scope: &HandleScope<'_>| {
            scope.class_statistics().iter().find(|c| c.class.name() == "InstructionStream").map_or(0, |c| c.objects)
        };
        // Handles were made of all 60; a new scope has none.
        drop(scope);
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Full);
        assert_eq!(streams(&scope), 60);
        drop(functions);
        scope.collect(CollectionKind::Full);
        scope.collect(CollectionKind::Full);
        assert_eq!(streams(&scope), 0);
        for id in [SpaceId::Code, SpaceId::CodeLargeObject] {
            assert_eq!(space(&scope, id), Default::default(), "{id}");
        }
    }
}

#[test]
fn weak_references_to_dead_code_are_cleared() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let kept = InstructionStream::new(&mut scope, &returns(1));
    let function = {
        let (mut inner, escape) = scope.escapable();
        let dead = InstructionStream::new(&mut inner, &returns(2));
        let parent = CodeInit { instruction_stream: kept, metadata: smi(0), flags: 0 };
        let function = Function::new(&mut inner, FunctionInit { parent, name: smi(0), weak: dead });
        escape.escape(&inner, function)
    };
    scope.collect(CollectionKind::Young);
    assert!(function.get(&scope).weak().is_some());
    scope.collect(CollectionKind::Full);
    assert!(function.get(&scope).weak().is_none());
    assert_eq!(call(&scope, kept), 1);
}

#[test]
fn freed_code_memory_is_used_again() {
    // It asks what is there between two collections.
    let mut isolate = builder().unstressed(Mode::Allocations).unstressed(Mode::Marking).build().unwrap();
    let mut scope = isolate.enter();
    let mut kept = Vec::new();
    let mut freed = Vec::new();
    for i in 0..1000 {
        kept.push(InstructionStream::new(&mut scope, &returns_late(i, 500)));
        let mut inner = scope.nested();
        let dead = InstructionStream::new(&mut inner, &returns_late(i, 800));
        freed.push(dead.get(&inner).address());
    }
    let before = space(&scope, SpaceId::Code);
    assert!(before.chunks > 4);
    scope.collect(CollectionKind::Full);
    let after = space(&scope, SpaceId::Code);
    assert_eq!((after.chunks, after.committed), (before.chunks, before.committed));
    assert!(after.available >= before.available + 800_000, "{before:?} {after:?}");
    let mut reused = 0;
    for i in 0..900 {
        let code = InstructionStream::new(&mut scope, &returns_late(i, 790));
        reused += usize::from(freed.contains(&code.get(&scope).address()));
        kept.push(code);
    }
    assert!(reused > 850, "{reused}");
    assert_eq!(space(&scope, SpaceId::Code).chunks, before.chunks);
    for (i, code) in kept.iter().enumerate() {
        assert_eq!(call(&scope, *code) as usize, i % 1000);
    }
    scope.verify().unwrap();
}

/// Makes, drops and changes code at random, and compares all of it with a list.
#[test]
fn code_is_what_a_list_says() {
    let mut state = 12345_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut list: Vec<(Global<InstructionStream>, Vec<u8>)> = Vec::new();
    for step in 0..400 {
        let mut inner = scope.nested();
        match random(10) {
            0..6 => {
                let largest = [40, 40, 3000, 3000, 60 * KB, 300 * KB][random(6)];
                let bytes: Vec<u8> = returns_late(step, random(largest));
                let code = InstructionStream::new(&mut inner, &bytes);
                list.push((Global::new(&inner, code), bytes));
            }
            6..8 if !list.is_empty() => drop(list.swap_remove(random(list.len()))),
            8 if !list.is_empty() => {
                let at = random(list.len());
                let code = inner.handle(list[at].0.get(&inner));
                let end = list[at].1.len() - 5;
                list[at].1[end..end + 4].copy_from_slice(&step.to_le_bytes());
                let mut page = InstructionStream::open_for_writing(&mut inner, code).unwrap();
                page.write(end, &step.to_le_bytes());
            }
            _ if step % 7 == 0 => inner.collect(CollectionKind::Full),
            _ => inner.collect(CollectionKind::Young),
        }
        if step % 50 == 0 {
            inner.verify().unwrap();
            for (code, bytes) in &list {
                assert_eq!(code.get(&inner).instructions(), *bytes);
                let code = inner.handle(code.get(&inner));
                call(&inner, code);
            }
        }
        while list.len() > 60 {
            list.swap_remove(random(60));
        }
    }
}

#[test]
fn statistics_add_up() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let page = 4 * KB;
    assert_eq!(space(&scope, SpaceId::Code).committed, 0, "nothing before there is code");
    let small = InstructionStream::new(&mut scope, &returns(1));
    let large = InstructionStream::new(&mut scope, &returns_late(1, 300 * KB));
    let code = space(&scope, SpaceId::Code);
    assert_eq!((code.chunks, code.committed, code.wasted), (1, CHUNK_SIZE, 0));
    assert_eq!(code.used, small.get(&scope).size());
    assert!(code.used + code.available <= CHUNK_SIZE - 3 * page, "{code:?}");
    assert!(code.used + code.available > CHUNK_SIZE - 200 * KB, "{code:?}");
    let large_code = space(&scope, SpaceId::CodeLargeObject);
    assert_eq!((large_code.chunks, large_code.committed), (1, 2 * CHUNK_SIZE));
    assert_eq!(large_code.used, large.get(&scope).size());
    let statistics = scope.statistics();
    assert_eq!(statistics.spaces.iter().map(|(_, s)| s.committed).sum::<usize>(), statistics.committed);
    let by_class: usize = scope.class_statistics().iter().map(|c| c.bytes).sum();
    assert_eq!(by_class, statistics.spaces.iter().map(|(_, s)| s.used).sum::<usize>());
    let image = scope.object_image(small.get(&scope), 100);
    assert_eq!((image.space, image.bytes.len()), (SpaceId::Code, small.get(&scope).size()));
    let printed = format!("{:?}", small.get(&scope));
    assert!(printed.contains("InstructionStream"), "{printed}");
}

#[test]
fn the_range_ends_and_the_isolate_goes_on() {
    let mut isolate = builder().code_range(MB).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let error = InstructionStream::try_new(&mut scope, &vec![0; MB]).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::TooLarge { maximum } if maximum < MB), "{error}");
    for _ in 0..3 {
        let mut inner = scope.nested();
        let mut made = Vec::new();
        let error = loop {
            match InstructionStream::try_new(&mut inner, &returns_late(made.len() as u32, 50 * KB)) {
                Ok(code) => made.push(code),
                Err(error) => break error,
            }
        };
        assert_eq!(error.space, SpaceId::Code);
        assert!(error.to_string().contains("code_space: no room for 262144 bytes"), "{error}");
        assert_eq!(made.len(), 16, "four in each of four chunks");
        assert!(InstructionStream::try_new(&mut inner, &vec![0; 200 * KB]).is_err());
        let last = InstructionStream::new(&mut inner, &returns(3)); // there is room for little
        assert_eq!(call(&inner, last), 3);
        for (i, code) in made.iter().enumerate() {
            assert_eq!(call(&inner, *code), i as u32);
        }
        inner.verify().unwrap();
    }
    // What is dead makes room without being asked to.
    let large = InstructionStream::new(&mut scope, &returns_late(5, 900 * KB));
    assert_eq!(call(&scope, large), 5);
}

#[test]
fn code_counts_towards_the_limit_of_the_heap() {
    let mut isolate = builder().max_heap_size(8 * MB).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let error = InstructionStream::try_new(&mut scope, &vec![0; 9 * MB]).unwrap_err();
    assert!(matches!(error.reason, OutOfMemoryReason::HeapLimit { limit, .. } if limit == 8 * MB), "{error}");
    assert_eq!(error.space, SpaceId::CodeLargeObject);
    let code = InstructionStream::new(&mut scope, &returns_late(1, 3 * MB));
    assert!(InstructionStream::try_new(&mut scope, &vec![0; 3 * MB]).is_err());
    assert_eq!(call(&scope, code), 1);
}

#[test]
fn without_a_range_there_is_no_code() {
    for builder in [Isolate::builder(), Isolate::builder().code_range(0)] {
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let error = InstructionStream::try_new(&mut scope, &returns(1)).unwrap_err();
        assert!(matches!(error.reason, OutOfMemoryReason::NoCodeRange), "{error}");
        assert!(error.to_string().contains("`Isolate::builder().code_range(…)` gives it one"), "{error}");
        assert_eq!(scope.statistics().full.count, 0, "no collection helps");
    }
    for size in [1, CHUNK_SIZE + 4096, 3 << 30] {
        let error = Isolate::builder().code_range(size).build().unwrap_err();
        assert!(matches!(error, IsolateError::InvalidOption { option: "code_range", .. }), "{error}");
    }
}

#[test]
fn several_ranges_and_isolates() {
    let mut isolates: Vec<_> = (0..3).map(|_| isolate()).collect();
    let globals: Vec<_> = isolates
        .iter_mut()
        .zip(0..)
        .map(|(isolate, i)| {
            let mut scope = isolate.enter();
            let code = InstructionStream::new(&mut scope, &returns(i));
            Global::new(&scope, code)
        })
        .collect();
    for (isolate, (global, i)) in isolates.iter_mut().zip(globals.iter().zip(0..)) {
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let scope = isolate.enter();
                let code = scope.handle(global.get(&scope));
                assert_eq!(call(&scope, code), i);
            });
        });
    }
}

#[test]
fn only_instructions_are_in_code_space() {
    fn panics(does: impl FnOnce()) -> String {
        let payload = catch_unwind(AssertUnwindSafe(does)).unwrap_err();
        payload
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).to_owned())
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let instructions = InstructionStream::new(&mut scope, &returns(1));
    let bytes = Bytes::new(&mut scope, BytesInit { bytes: &[0xc3; 100] });
    let place = AllocationType::Code;
    let code = CodeInit { instruction_stream: instructions, metadata: smi(0), flags: 0 };
    let prototype = bytes.to_any();
    let map = ExtendedMap::create::<FixedArray>(&mut scope, prototype);
    let map_of_code = ExtendedMap::create::<InstructionStream>(&mut scope, prototype);
    for text in [
        panics(|| drop(Bytes::try_new_in(&mut scope, place, BytesInit { bytes: &[0xc3; 100] }))),
        panics(|| drop(Code::try_new_in(&mut scope, place, code))),
        panics(|| drop(Bytes::try_copy_in(&mut scope, place, bytes))),
        panics(|| drop(scope.try_new_with_map::<FixedArray, _, _>(place, map, FixedArrayInit { elements: &[smi(1)] }))),
    ] {
        assert!(text.contains("cannot be in code space, whose pages are not writable"), "{text}");
    }
    let text = panics(|| instructions.get(&scope).set_map(map_of_code.get(&scope)));
    assert_eq!(text, "the map of a code object cannot change");
    scope.verify().unwrap();
    assert_eq!(call(&scope, instructions), 1);
}

#[test]
fn instructions_can_be_changed() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for nothing in [0, 10, 150 * KB] {
        let neighbour = InstructionStream::new(&mut scope, &returns(9));
        let code = InstructionStream::new(&mut scope, &returns_late(1, nothing));
        let start = code.get(&scope).instruction_start();
        assert_eq!(call(&scope, code), 1);
        let mut page = InstructionStream::open_for_writing(&mut scope, code).unwrap();
        assert_eq!(access(start), "rw-");
        page.write(nothing + 1, &2_u32.to_le_bytes());
        page.write(nothing + 6, &[]);
        for (offset, bytes) in [(nothing + 6, 1), (0, nothing + 7), (usize::MAX, 2)] {
            let result = catch_unwind(AssertUnwindSafe(|| page.write(offset, &vec![0; bytes])));
            assert!(result.is_err(), "{bytes} bytes at {offset}");
        }
        page.close().unwrap();
        assert_eq!((call(&scope, code), call(&scope, neighbour)), (2, 9));
        {
            let mut page = InstructionStream::open_for_writing(&mut scope, code).unwrap();
            page.write(nothing + 1, &[3]);
        }
        assert_eq!((access(start).as_str(), call(&scope, code)), ("r-x", 3));
        // A scope that a panic ends closes the page too.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut page = InstructionStream::open_for_writing(&mut scope, code).unwrap();
            page.write(nothing + 1, &[4]);
            panic!();
        }));
        assert!(result.is_err());
        assert_eq!((access(start).as_str(), call(&scope, code)), ("r-x", 4));
    }
}

#[test]
fn a_forgotten_scope_leaves_a_page_that_is_not_executable() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let code = InstructionStream::new(&mut scope, &returns(1));
    let start = code.get(&scope).instruction_start();
    for closes in 0..3 {
        core::mem::forget(InstructionStream::open_for_writing(&mut scope, code).unwrap());
        assert_eq!((access(start).as_str(), code.get(&scope).is_executable()), ("rw-", false));
        #[cfg(target_arch = "x86_64")]
        {
            let result = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: not called, for making it panics.
                let _: unsafe extern "C" fn() -> u32 = unsafe { code.get(&scope).entry() };
            }));
            assert!(result.is_err(), "not to be called");
        }
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
        match closes {
            0 => scope.close_code_pages().unwrap(),
            1 => drop(InstructionStream::new(&mut scope, &returns(2))),
            _ => drop(InstructionStream::open_for_writing(&mut scope, code).unwrap()),
        }
        assert_eq!((access(start).as_str(), code.get(&scope).is_executable()), ("r-x", true));
        assert_eq!(call(&scope, code), 1);
    }
}

#[test]
fn no_page_is_writable_and_executable() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let data = Bytes::new(&mut scope, BytesInit { bytes: &[0xc3; 100] });
    for nothing in [0, 300 * KB] {
        let code = InstructionStream::new(&mut scope, &returns_late(1, nothing));
        let check = |scope: &HandleScope<'_>, area: &str| {
            let address = code.get(scope).address();
            let chunk = address & !(CHUNK_SIZE - 1);
            let end = (chunk + nothing + 100 * KB).next_multiple_of(CHUNK_SIZE);
            assert_eq!(access(chunk), "rw-", "the header");
            assert_eq!(access(address - 1), "---", "the guard before");
            assert_eq!(access(address), area);
            assert_eq!(access(end - 1), "---", "the guard after");
            assert_eq!(access(end - 4 * KB - 1), area);
            assert_eq!(access(data.get(scope).address()), "rw-");
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            assert!(!maps.contains(" rwx"), "{maps}");
        };
        check(&scope, "r-x");
        scope.collect(CollectionKind::Full);
        check(&scope, "r-x");
        core::mem::forget(InstructionStream::open_for_writing(&mut scope, code).unwrap());
        check(&scope, "rw-");
        scope.close_code_pages().unwrap();
        check(&scope, "r-x");
    }
}

#[test]
fn stores_are_observed_beside_code() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let code = InstructionStream::new(&mut scope, &returns(1));
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = seen.clone();
    let observer = scope
        .observe_stores(StoreFilter::all(), move |_| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
        .unwrap();
    let later = InstructionStream::new(&mut scope, &returns_late(2, 200 * KB));
    let function = Code::new(&mut scope, CodeInit { instruction_stream: code, metadata: smi(0), flags: 0 });
    function.get(&scope).set_metadata(later.get(&scope));
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert_eq!((call(&scope, code), call(&scope, later)), (1, 2));
    drop(observer);
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn a_code_range_is_the_end_of_a_cage() {
    let mut cage = Cage::new().unwrap();
    for size in [0, 1, CHUNK_SIZE + 4096, MAX_CODE_RANGE_SIZE + CHUNK_SIZE] {
        let error = CodeRange::new(&mut cage, size).unwrap_err();
        assert!(matches!(error, MemoryError::InvalidRequest { size: of, .. } if of == size), "{error}");
    }
    let free = cage.pages().free_size();
    let code = CodeRange::new(&mut cage, 128 * MB).unwrap();
    let region = code.region();
    assert_eq!((region.size(), region.end()), (128 * MB, cage.base() + cage.size()));
    assert!(code.contains(region.begin()) && !code.contains(region.begin() - 1) && cage.contains(region.begin()));
    assert_eq!((cage.pages().free_size(), code.pages().free_size()), (free - 128 * MB, 128 * MB));
    let page = code.pages().commit_page_size();
    assert_eq!((code.guard_size(), code.area_offset() % page), (page, 0));
    assert!(code.area_offset() >= 2 * page && code.max_regular_object_size() <= 128 * KB);
    assert_eq!(code.max_object_size(), 128 * MB - code.area_offset() - page);
    assert_eq!(access(region.begin()), "---");
    // Nobody else gets it: not a second range, nor who asks the cage.
    let error = CodeRange::new(&mut cage, MB).unwrap_err();
    assert!(matches!(error, MemoryError::RegionUnavailable { .. }), "{error}");
    let rest = cage.allocator().allocate_pages(free - 128 * MB, CHUNK_SIZE, Permission::NoAccess).unwrap();
    assert_eq!(rest + free - 128 * MB, region.begin());
    drop(cage);
    assert_eq!(access(region.begin()), "---", "the range keeps the reservation");
}

/// Runs one of the [`cases`] in a child, which has to die of a signal.
#[track_caller]
fn dies_of(case: &str, signal: i32) {
    let status = child(case);
    assert_eq!(status.signal(), Some(signal), "{case}: {status}");
}

fn child(case: &str) -> std::process::ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process", "--ignored", "--test-threads=1"])
        .env("HEAPWRIGHT_CODE_CASE", case)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap()
}

const SIGTRAP: i32 = 5;
const SIGSEGV: i32 = 11;

/// What a child does, by the name in its environment.
#[test]
#[ignore = "run by others, in a process of its own"]
fn child_process() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if let Ok(case) = std::env::var("HEAPWRIGHT_CODE_CASE") {
        // Those that die are meant to: no core files.
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
        cases(&case);
    }
}

/// The function at an address, which nobody has promised anything of.
#[cfg(target_arch = "x86_64")]
unsafe fn run(address: usize) -> u32 {
    // SAFETY: the caller's; in truth this is made to die.
    unsafe {
        let function: unsafe extern "C" fn() -> u32 = core::mem::transmute(address);
        function()
    }
}

#[cfg(target_arch = "x86_64")]
fn cases(case: &str) {
    let mut builder = builder();
    if case.starts_with("refused") {
        // A collection would be refused memory before what is to be. No thread that helps to mark could get memory of its own then,
        // and would end the process.
        builder = builder.unstressed(Mode::Allocations).gc_threads(1);
    }
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let nothing = if case.ends_with("large") { 300 * KB } else { 0 };
    let code = InstructionStream::new(&mut scope, &returns_late(7, nothing));
    let (address, start) = (code.get(&scope).address(), code.get(&scope).instruction_start());
    let read = |at: usize| core::ptr::with_exposed_provenance::<u8>(at);
    // SAFETY: none: each of these does what must kill the process. Those that come before the crash are sound.
    unsafe {
        match case {
            "call" => assert_eq!(run(start), 7),
            "store" | "store large" => read(start).cast_mut().write_volatile(0xc3),
            "store after a change" => {
                let mut page = InstructionStream::open_for_writing(&mut scope, code).unwrap();
                page.write(0, &[0xb8]);
                page.close().unwrap();
                read(start).cast_mut().write_volatile(0xc3);
            }
            "store into the header of an object" => read(address).cast_mut().write_volatile(0),
            "store after a sweep" => {
                {
                    let mut inner = scope.nested();
                    InstructionStream::new(&mut inner, &returns(8));
                }
                scope.collect(CollectionKind::Full);
                read(start + 32).cast_mut().write_volatile(0xc3);
            }
            "execute open" | "execute open large" => {
                let page = InstructionStream::open_for_writing(&mut scope, code).unwrap();
                run(start);
                drop(page);
            }
            "execute header" => {
                let chunk = address & !(CHUNK_SIZE - 1);
                read(chunk + 1024).cast_mut().write_volatile(0xc3);
                run(chunk + 1024);
            }
            "execute data" => {
                let bytes = Bytes::new(&mut scope, BytesInit { bytes: &[0xc3; 100] });
                run(bytes.get(&scope).address() + Bytes::HEADER_SIZE);
            }
            "execute freed" => {
                let dead = {
                    let mut inner = scope.nested();
                    let dead = InstructionStream::new(&mut inner, &returns_late(8, 64));
                    dead.get(&inner).instruction_start()
                };
                scope.collect(CollectionKind::Full);
                run(dead + 16);
            }
            "execute rest" => {
                // Six bytes of instructions; traps are behind them.
                run(start + 6);
            }
            "execute given back" | "execute given back large" => {
                drop(scope);
                let mut scope = isolate.enter();
                scope.collect(CollectionKind::Full);
                run(start);
            }
            "guard before" | "guard before large" => drop(read(address - 1).read_volatile()),
            "guard after" | "guard after large" => {
                let end = (start + nothing + 6).next_multiple_of(CHUNK_SIZE);
                // The last byte of the area can be read.
                assert_eq!(read(end - 4 * KB - 1).read_volatile(), if nothing == 0 { 0xcc } else { 0 });
                read(end - 4 * KB).read_volatile();
            }
            "refused to open" => refused_to_open(scope, code),
            "refused to close" => refused_to_close(scope, code),
            _ => panic!("no case {case}"),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn cases(_: &str) {
    panic!("the instructions are those of x86-64");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn stray_stores_into_code_die() {
    assert!(child("call").success(), "a child that does no wrong lives");
    for case in
        ["store", "store large", "store after a change", "store into the header of an object", "store after a sweep"]
    {
        dies_of(case, SIGSEGV);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn executing_what_is_writable_dies() {
    for case in ["execute open", "execute open large", "execute header", "execute data"] {
        dies_of(case, SIGSEGV);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn executing_what_is_free_dies() {
    dies_of("execute freed", SIGTRAP);
    dies_of("execute rest", SIGTRAP);
    dies_of("execute given back", SIGSEGV);
    dies_of("execute given back large", SIGSEGV);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn guards_are_around_code() {
    for case in ["guard before", "guard before large", "guard after", "guard after large"] {
        dies_of(case, SIGSEGV);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_the_system_refuses_is_an_error() {
    for case in ["refused to open", "refused to close"] {
        let status = child(case);
        assert!(status.success(), "{case}: {status}");
    }
}

/// A process that may have no more writable memory can open no page.
#[cfg(target_arch = "x86_64")]
fn refused_to_open(mut scope: HandleScope<'_>, code: Handle<'_, InstructionStream>) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Data);
    let refuse = |refuses: bool| {
        let current = if refuses { Some(4096) } else { limit.current }; // Linux takes 0 for no limit
        setrlimit(Resource::Data, Rlimit { current, maximum: limit.maximum }).unwrap();
    };
    let start = code.get(&scope).instruction_start();
    let large = returns_late(3, 200 * KB);
    // Worklists lie in memory of the process's own, which cannot grow either: what is free of it is kept.
    let mut own: Vec<_> = (0..2000).map(|_| vec![0_u8; KB]).collect();
    own.drain(..1999);
    let before = space(&scope, SpaceId::Code);
    refuse(true);
    let opened = InstructionStream::open_for_writing(&mut scope, code).map(drop);
    let small = InstructionStream::try_new(&mut scope, &[0xc3]).map(drop);
    let too_large = InstructionStream::try_new(&mut scope, &large).map(drop);
    refuse(false);
    let error = opened.unwrap_err().to_string();
    assert!(error.contains(" to rw-"), "{error}");
    for error in [small.unwrap_err(), too_large.unwrap_err()] {
        assert!(matches!(error.reason, OutOfMemoryReason::Memory(_)), "{error}");
    }
    scope.verify().unwrap();
    assert_eq!(space(&scope, SpaceId::Code), before);
    assert_eq!(space(&scope, SpaceId::CodeLargeObject), Default::default());
    assert_eq!((access(start).as_str(), call(&scope, code)), ("r-x", 7));
    // A sweep that cannot open a page leaves what is dead to the next.
    {
        let mut inner = scope.nested();
        InstructionStream::new(&mut inner, &returns_late(8, 1000));
    }
    let between = InstructionStream::new(&mut scope, &returns(9));
    let used = space(&scope, SpaceId::Code).used;
    refuse(true);
    scope.collect(CollectionKind::Full);
    refuse(false);
    scope.verify().unwrap();
    assert_eq!(space(&scope, SpaceId::Code).used, used);
    assert_eq!((call(&scope, code), call(&scope, between)), (7, 9));
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    assert!(space(&scope, SpaceId::Code).used < used - 1000);
    let again = InstructionStream::new(&mut scope, &returns_late(10, 1000));
    assert_eq!((call(&scope, code), call(&scope, between), call(&scope, again)), (7, 9, 10));
}

/// A process that denies itself to make memory executable, as systems may, closes no page.
#[cfg(target_arch = "x86_64")]
fn refused_to_close(mut scope: HandleScope<'_>, code: Handle<'_, InstructionStream>) {
    /// Linux: `PR_SET_MDWE` and `PR_MDWE_REFUSE_EXEC_GAIN`, since 6.3. For good.
    fn refuse_to_make_executable() {
        let result: isize;
        // SAFETY: the system call `prctl` with numbers alone.
        unsafe {
            core::arch::asm!(
                "syscall",
                inlateout("rax") 157_isize => result,
                in("rdi") 65, in("rsi") 1, in("rdx") 0, in("r10") 0, in("r8") 0,
                out("rcx") _, out("r11") _,
            );
        }
        assert_eq!(result, 0, "needs Linux 6.3");
    }
    let other = InstructionStream::new(&mut scope, &returns_late(11, 200 * KB));
    {
        let mut inner = scope.nested();
        InstructionStream::new(&mut inner, &returns_late(8, 1000));
    }
    refuse_to_make_executable();
    assert_eq!((call(&scope, code), call(&scope, other)), (7, 11), "what is executable stays so");
    let large = InstructionStream::try_new(&mut scope, &returns_late(3, 200 * KB)).unwrap_err();
    assert!(matches!(large.reason, OutOfMemoryReason::Memory(_)), "{large}");
    assert!(large.to_string().contains(" to r-x"), "{large}");
    assert_eq!(space(&scope, SpaceId::CodeLargeObject).chunks, 1, "given back");
    let used = space(&scope, SpaceId::Code).used;
    for _ in 0..3 {
        let small = InstructionStream::try_new(&mut scope, &returns(9)).unwrap_err();
        assert!(matches!(small.reason, OutOfMemoryReason::Memory(_)), "{small}");
        assert!(!code.get(&scope).is_executable() && other.get(&scope).is_executable());
        scope.verify().unwrap();
    }
    assert!(space(&scope, SpaceId::Code).used < used + 100, "at most one that nothing refers to");
    let page = InstructionStream::open_for_writing(&mut scope, other).unwrap();
    assert!(page.close().is_err());
    assert!(scope.close_code_pages().is_err());
    for _ in 0..2 {
        scope.collect(CollectionKind::Full);
        scope.verify().unwrap();
    }
    assert!(space(&scope, SpaceId::Code).used < used - 1000, "sweeping goes on");
    assert_eq!(code.get(&scope).instructions(), returns(7));
    assert!(!code.get(&scope).is_executable() && !other.get(&scope).is_executable());
    let panic = catch_unwind(AssertUnwindSafe(|| call(&scope, code)));
    assert!(panic.is_err(), "not called");
}
