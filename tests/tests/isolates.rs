//! Several isolates: on threads at once, moved between threads, made and dropped by the hundred.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{IsolateAllocation, SpaceId, prelude::*};
use heapwright_tests::Random;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread;

#[heap_object(open)]
pub struct Tree {
    key: Smi,
    left: Tagged<Option<Tree>>,
    right: Tagged<Option<Tree>>,
}

#[heap_object(extends = Tree)]
pub struct Fat {
    payload: Tagged<(Bytes, Smi)>,
    hash: u64,
    cousin: Weak<Tree>,
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Tree, Fat, Bytes]; }

/// The test that counts mappings runs alone.
static ALONE: RwLock<()> = RwLock::new(());

fn together() -> RwLockReadGuard<'static, ()> {
    ALONE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Every other isolate lies in its cage.
fn isolate(verify: bool) -> Isolate {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let in_cage = MADE.fetch_add(1, Ordering::Relaxed) % 2 == 1;
    let allocation = if in_cage { IsolateAllocation::InCage } else { IsolateAllocation::OutsideCage };
    let builder = Isolate::builder().classes(&CLASSES).semi_space_size(256 << 10, 1 << 20).verify(verify);
    builder.allocation(allocation).build().unwrap()
}

fn build<'o>(scope: &mut HandleScope<'o>, random: &mut Random, depth: u32) -> Handle<'o, Tree> {
    let (mut inner, escape) = scope.escapable();
    let key = random.below(1 << 20) as i32;
    let (left, right) = if depth == 0 {
        (None, None)
    } else {
        (Some(build(&mut inner, random, depth - 1)), Some(build(&mut inner, random, depth - 1)))
    };
    let tree = if random.one_in(3) {
        let length = random.below(200);
        let bytes = Bytes::new(&mut inner, BytesInit { data: &vec![key as u8; length] });
        let parent = TreeInit { key, left, right };
        let fat = FatInit { parent, payload: bytes, hash: u64::from(key as u32) << 20, cousin: left };
        Fat::new(&mut inner, fat).upcast()
    } else {
        Tree::new(&mut inner, TreeInit { key, left, right })
    };
    escape.escape(&inner, tree)
}

fn checksum(tree: Option<&Tree>, sum: &mut u64) {
    let Some(tree) = tree else { return };
    *sum = sum.rotate_left(7) ^ tree.key() as u64;
    if let Some(fat) = tree.try_cast::<Fat>() {
        assert_eq!(fat.hash(), u64::from(tree.key() as u32) << 20);
        let bytes = fat.payload().cast::<Bytes>();
        assert!(bytes.data_slice().iter().all(|b| b.get() == tree.key() as u8));
        assert!(fat.cousin().is_none_or(|cousin| core::ptr::eq(cousin, tree.left().unwrap())));
        *sum = sum.wrapping_mul(31).wrapping_add(bytes.data_len() as u64);
    }
    checksum(tree.left(), sum);
    checksum(tree.right(), sum);
}

/// One round: builds a tree into the kept ones, exchanges branches, sometimes collects; returns a checksum of all.
fn round(isolate: &mut Isolate, kept: &mut Vec<Global<Tree>>, random: &mut Random) -> u64 {
    let mut scope = isolate.enter();
    {
        let mut inner = scope.nested();
        let tree = build(&mut inner, random, 6);
        kept.push(Global::new(&inner, tree));
    }
    if kept.len() > 6 {
        kept.swap_remove(random.below(6));
    }
    let (a, b) = (kept[random.below(kept.len())].get(&scope), kept[random.below(kept.len())].get(&scope));
    if !core::ptr::eq(a, b) {
        let (left, right) = (a.left(), b.right());
        a.set_left(right);
        b.set_right(left);
        // The cousin of a fat tree is its left branch.
        for tree in [a, b] {
            if let Some(fat) = tree.try_cast::<Fat>() {
                fat.set_cousin(tree.left());
            }
        }
    }
    match random.below(6) {
        0 => scope.collect(CollectionKind::Full),
        1 | 2 => scope.collect(CollectionKind::Young),
        _ => {}
    }
    let mut sum = 0;
    for tree in kept {
        checksum(Some(tree.get(&scope)), &mut sum);
    }
    sum
}

fn workload(seed: u64, rounds: usize) -> Vec<u64> {
    let mut isolate = isolate(seed.is_multiple_of(2));
    let (mut kept, mut random) = (Vec::new(), Random::new(seed));
    (0..rounds).map(|_| round(&mut isolate, &mut kept, &mut random)).collect()
}

#[test]
fn eight_at_once_compute_what_one_does() {
    let _together = together();
    let alone: Vec<_> = (0..8).map(|seed| workload(seed, 25)).collect();
    let threads: Vec<_> = (0..8).map(|seed| thread::spawn(move || workload(seed, 25))).collect();
    for (thread, expected) in threads.into_iter().zip(alone) {
        assert_eq!(thread.join().unwrap(), expected);
    }
}

#[test]
fn an_isolate_goes_from_thread_to_thread() {
    let _together = together();
    const ROUNDS: usize = 40;
    let expected = workload(5, ROUNDS);
    // A ring of four threads, each of which runs one round and passes everything on.
    type Baton = (Isolate, Vec<Global<Tree>>, Random, Vec<u64>);
    let (done, result) = mpsc::channel::<Vec<u64>>();
    let channels: Vec<_> = (0..4).map(|_| mpsc::channel::<Baton>()).collect();
    let (senders, receivers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
    let threads: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(i, receiver)| {
            let (next, done) = (senders[(i + 1) % 4].clone(), done.clone());
            thread::spawn(move || {
                while let Ok((mut isolate, mut kept, mut random, mut sums)) = receiver.recv() {
                    sums.push(round(&mut isolate, &mut kept, &mut random));
                    if sums.len() == ROUNDS {
                        done.send(sums).unwrap();
                        return;
                    }
                    if sums.len() + 4 > ROUNDS {
                        next.send((isolate, kept, random, sums)).unwrap();
                        return;
                    }
                    next.send((isolate, kept, random, sums)).unwrap();
                }
            })
        })
        .collect();
    senders[0].send((isolate(false), Vec::new(), Random::new(5), Vec::new())).unwrap();
    drop(senders);
    assert_eq!(result.recv().unwrap(), expected);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn one_thread_takes_turns_with_several() {
    let _together = together();
    let mut all: Vec<_> = (0..4).map(|seed| (isolate(false), Vec::new(), Random::new(seed))).collect();
    let mut sums = vec![Vec::new(); 4];
    for _ in 0..15 {
        for ((isolate, kept, random), sums) in all.iter_mut().zip(&mut sums) {
            sums.push(round(isolate, kept, random));
        }
    }
    for (seed, sums) in sums.into_iter().enumerate() {
        assert_eq!(sums, workload(seed as u64, 15));
    }
}

/// Clones and drops on other threads while the isolate collects.
#[test]
fn globals_are_cloned_and_dropped_while_their_isolate_collects() {
    let _together = together();
    let mut isolate = isolate(false);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let shared: Vec<Global<Tree>> = {
        let mut scope = isolate.enter();
        (0..300)
            .map(|key| {
                let mut inner = scope.nested();
                let tree = Tree::new(&mut inner, TreeInit { key, left: Nil, right: Nil });
                Global::new(&inner, tree)
            })
            .collect()
    };
    thread::scope(|threads| {
        for seed in 0..3 {
            let (shared, stop) = (&shared, &stop);
            threads.spawn(move || {
                let mut random = Random::new(seed);
                let mut mine: Vec<Global<Tree>> = Vec::new();
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    mine.push(shared[random.below(300)].clone());
                    if mine.len() > 50 {
                        mine.swap_remove(random.below(50));
                    }
                }
            });
        }
        for i in 0..60 {
            let mut scope = isolate.enter();
            for key in 0..300 {
                let mut inner = scope.nested();
                let tree = Tree::new(&mut inner, TreeInit { key, left: Nil, right: Nil });
                drop(Global::new(&inner, tree));
            }
            scope.collect(if i % 4 == 0 { CollectionKind::Full } else { CollectionKind::Young });
            assert!(shared.iter().enumerate().all(|(key, g)| g.get(&scope).key() == key as i32));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    drop(shared);
    let mut scope = isolate.enter();
    scope.collect(CollectionKind::Full);
    let old = scope.statistics().spaces.into_iter().find(|(id, _)| *id == SpaceId::Old).unwrap().1;
    assert_eq!(old.used, 0);
}

#[test]
fn numbers_are_unique_across_threads() {
    let _together = together();
    let threads: Vec<_> = (0..8)
        .map(|_| thread::spawn(|| (0..10).map(|_| Isolate::builder().build().unwrap().id()).collect::<Vec<_>>()))
        .collect();
    let mut ids: Vec<u64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 80);
}

#[test]
fn an_isolate_can_be_dropped_on_another_thread_than_it_was_entered_on() {
    let _together = together();
    let mut isolate = isolate(false);
    let global = {
        let mut scope = isolate.enter();
        let tree = Tree::new(&mut scope, TreeInit { key: 1, left: Nil, right: Nil });
        Global::new(&scope, tree)
    };
    thread::spawn(move || drop(isolate)).join().unwrap();
    drop(global);
    let mut other = self::isolate(false);
    drop(other.enter());
}

fn mappings() -> (usize, usize) {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let bytes = maps
        .lines()
        .map(|line| {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            usize::from_str_radix(end, 16).unwrap() - usize::from_str_radix(start, 16).unwrap()
        })
        .sum();
    (maps.lines().count(), bytes)
}

#[test]
#[cfg(target_os = "linux")]
fn two_hundred_isolates_leave_no_mapping_behind() {
    let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
    let life = |i: u64| {
        let mut isolate = isolate(false);
        let (mut kept, mut random) = (Vec::new(), Random::new(i));
        round(&mut isolate, &mut kept, &mut random);
        let mut scope = isolate.enter();
        Bytes::new(&mut scope, BytesInit { data: &vec![1; 300_000] });
        if i.is_multiple_of(2) {
            kept.clear();
        }
        if i.is_multiple_of(5) {
            core::mem::forget(scope);
        }
    };
    life(0);
    let (count, bytes) = mappings();
    (1..=200).for_each(life);
    let (count_after, bytes_after) = mappings();
    assert!(count_after <= count + 10, "{count} mappings before, {count_after} after");
    // An isolate reserves 4 GiB; 200 of them would show.
    assert!(bytes_after <= bytes + (64 << 20), "{bytes} bytes mapped before, {bytes_after} after");
}

#[test]
fn a_hundred_isolates_live_side_by_side() {
    let _together = together();
    let mut isolates: Vec<_> = (0..100)
        .map(|key| {
            let mut isolate = isolate(false);
            let global = {
                let mut scope = isolate.enter();
                let tree = Tree::new(&mut scope, TreeInit { key, left: Nil, right: Nil });
                Global::new(&scope, tree)
            };
            (isolate, global)
        })
        .collect();
    let mut addresses = Vec::new();
    for (key, (isolate, global)) in isolates.iter_mut().enumerate().rev() {
        let mut scope = isolate.enter();
        scope.collect(CollectionKind::Young);
        assert_eq!(global.get(&scope).key(), key as i32);
        addresses.push(global.get(&scope).as_heap_object().address() >> 32);
    }
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 100, "each isolate has 4 GiB of addresses to itself");
}
