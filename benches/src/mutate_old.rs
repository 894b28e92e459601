//! Stores of young references into an old array: the write barrier, and what the scavenger does with what it remembers.

use crate::common::{Random, builder};
use heapwright::prelude::*;

/// Two integers.
#[heap_object]
struct Pair {
    a: i32,
    b: i32,
}

/// References.
#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Option<Pair>>],
}

heap_classes! { static CLASSES = [Pair, Array]; }

const LENGTH: usize = 1 << 20;

/// Stores into random places of the array, and a new object after each of them.
const STORES: u32 = 16;

fn pair<'r>(memory: &'r Reservation<'_, '_>, a: i32, b: i32) -> &'r Pair {
    Pair::new_reserved(memory, PairInit { a, b })
}

/// Makes `stores` stores; the sum of what is in the array then.
pub(crate) fn run(stores: u32) -> u64 {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(Nil, LENGTH) });
    for i in 0..LENGTH {
        let memory = scope.reserve(Pair::SIZE).expect("memory for a pair");
        array.get(&memory).set_elements(i, pair(&memory, -1, i as i32));
    }
    let mut random = Random::new();
    let mut done = 0;
    while done < stores {
        let memory = scope.reserve(Pair::SIZE).expect("memory for a pair");
        let (array, current) = (array.get(&memory), pair(&memory, done as i32, done as i32));
        for _ in 0..STORES.min(stores - done) {
            array.set_elements(random.next() as usize % LENGTH, current);
        }
        done += STORES;
    }
    let pairs = array.get(&scope).elements_iter().flatten();
    u64::from(pairs.fold(0_i32, |sum, pair| sum.wrapping_add(pair.a()).wrapping_add(pair.b())) as u32)
}
