//! The map of a heap's pages, from a live isolate: it agrees with the numbers of the spaces, and with where objects are.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::inspect::ChunkInfo;
use heapwright::memory::{CHUNK_SIZE, ChunkFlags};
use heapwright::{SpaceId, prelude::*};
use heapwright_tests::Random;

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Bytes]; }

const KB: usize = 1 << 10;

#[track_caller]
fn check(scope: &HandleScope<'_>) -> Vec<ChunkInfo> {
    let chunks = scope.chunks();
    for pair in chunks.windows(2) {
        assert!(pair[0].region.end() <= pair[1].region.begin(), "{pair:?}");
    }
    for chunk in &chunks {
        assert!(chunk.region.begin().is_multiple_of(CHUNK_SIZE) && chunk.region.size().is_multiple_of(CHUNK_SIZE));
        assert!(chunk.region.contains_region(&chunk.area), "{chunk:?}");
        assert!(chunk.used + chunk.available <= chunk.area.size(), "{chunk:?}");
    }
    let memory = scope.memory_statistics();
    assert_eq!(chunks.iter().map(|chunk| chunk.region.size()).sum::<usize>(), memory.committed);
    let executable = chunks.iter().filter(|chunk| chunk.flags.contains(ChunkFlags::EXECUTABLE));
    assert_eq!(executable.map(|chunk| chunk.region.size()).sum::<usize>(), memory.committed_executable);
    for (space, numbers) in scope.statistics().spaces {
        let own = || chunks.iter().filter(move |chunk| chunk.space == space);
        assert_eq!(own().count(), numbers.chunks, "{space}");
        assert_eq!(own().map(|chunk| chunk.region.size()).sum::<usize>(), numbers.committed, "{space}");
        let used: usize = own().map(|chunk| chunk.used).sum();
        if [SpaceId::ReadOnly, SpaceId::Old, SpaceId::Map, SpaceId::Code].contains(&space) {
            assert_eq!(used, numbers.used + numbers.wasted, "{space}");
            assert_eq!(own().map(|chunk| chunk.available).sum::<usize>(), numbers.available, "{space}");
        } else if space == SpaceId::New {
            // Several threads leave ends of their areas between survivors; ends of chunks are wasted too.
            assert!((numbers.used..=numbers.used + numbers.wasted).contains(&used), "{used} {numbers:?}");
        } else {
            assert_eq!(used, numbers.used, "{space}");
        }
    }
    chunks
}

#[test]
fn the_page_map_agrees_with_the_spaces_and_the_objects() {
    let mut isolate = Isolate::builder().classes(&CLASSES).code_range(4 << 20).build().unwrap();
    let outside = isolate.chunks();
    let mut scope = isolate.enter();
    assert_eq!(check(&scope), outside);
    let mut random = Random::new(5);
    let mut kept: Vec<(Global<Bytes>, AllocationType)> = Vec::new();
    for round in 0..600 {
        let length = if round % 100 == 50 { 300 * KB } else { random.below(20 * KB) };
        let place = if random.one_in(2) { AllocationType::Old } else { AllocationType::Young };
        let mut inner = scope.nested();
        let bytes = Bytes::try_new_in(&mut inner, place, BytesInit { data: Filled::new(1, length) }).unwrap();
        kept.push((Global::new(&inner, bytes), place));
        drop(inner);
        if random.one_in(2) {
            kept.swap_remove(random.below(kept.len()));
        }
        if round % 60 == 59 {
            scope.collect(if round % 120 == 59 { CollectionKind::Full } else { CollectionKind::Young });
            scope.verify().unwrap();
        }
        if round % 20 == 0 {
            check(&scope);
        }
    }
    {
        // Whatever was collected last, one is young.
        let mut inner = scope.nested();
        let bytes = Bytes::new(&mut inner, BytesInit { data: Filled::new(1, 100) });
        kept.push((Global::new(&inner, bytes), AllocationType::Young));
    }
    let chunks = check(&scope);
    let mut seen = std::collections::BTreeSet::new();
    for (bytes, place) in &kept {
        let address = std::ptr::from_ref(bytes.get(&scope)).addr();
        let chunk = chunks.iter().find(|chunk| chunk.contains(address)).expect("every object is in a chunk");
        assert!(chunk.area.contains(address) && chunk.used > 0);
        assert!(*place == AllocationType::Young || chunk.space != SpaceId::New);
        seen.insert(chunk.space);
    }
    assert!(seen.contains(&SpaceId::New));
    assert!(seen.contains(&SpaceId::Old) && seen.contains(&SpaceId::LargeObject));
    // A full collection says what lives in each.
    scope.collect(CollectionKind::Full);
    let chunks = check(&scope);
    let live: usize = chunks.iter().filter(|chunk| chunk.space == SpaceId::Old).map(|chunk| chunk.live_bytes).sum();
    let used: usize = chunks.iter().filter(|chunk| chunk.space == SpaceId::Old).map(|chunk| chunk.used).sum();
    assert!(live > 0 && live <= used, "{live} of {used}");
    for chunk in &chunks {
        let line = chunk.to_string();
        assert!(line.starts_with(&format!("{:#x} {}", chunk.region.begin(), chunk.space)), "{line}");
        assert!(line.ends_with("% used"), "{line}");
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn code_has_its_own_chunks() {
    use heapwright::code::InstructionStream;
    let mut isolate = Isolate::builder().classes(&CLASSES).code_range(4 << 20).build().unwrap();
    let mut scope = isolate.enter();
    assert_eq!(scope.memory_statistics().committed_executable, 0);
    let small = InstructionStream::try_new(&mut scope, &[0xc3]).unwrap();
    let large = InstructionStream::try_new(&mut scope, &vec![0xc3; 200 * KB]).unwrap();
    let chunks = check(&scope);
    for (code, space) in [(small, SpaceId::Code), (large, SpaceId::CodeLargeObject)] {
        let address = std::ptr::from_ref(code.get(&scope)).addr();
        let chunk = chunks.iter().find(|chunk| chunk.contains(address)).unwrap();
        assert_eq!((chunk.space, chunk.flags.contains(ChunkFlags::EXECUTABLE)), (space, true));
        // Header and guard before it, another guard behind.
        assert!(chunk.area.begin() - chunk.region.begin() >= 8 * KB && chunk.area.end() < chunk.region.end());
        let memory = scope.memory_statistics();
        assert!(!memory.is_outside_allocated_space(address));
        assert!(memory.lowest_executable_address <= address && address < memory.highest_executable_address);
    }
    assert_eq!(scope.memory_statistics().committed_executable, 2 * CHUNK_SIZE);
    // What lies between data and code was never allocated.
    let memory = scope.memory_statistics();
    assert!(memory.is_outside_allocated_space(memory.highest_address));
    scope.collect(CollectionKind::Full);
    check(&scope);
}
