//! Objects that die at once: make `{a, b}`, pass it to a function that is not inlined, drop it.

use crate::common::builder;
use heapwright::prelude::*;

/// Two integers.
#[heap_object]
struct Pair {
    a: i32,
    b: i32,
}

heap_classes! { static CLASSES = [Pair]; }

#[inline(never)]
fn consume(pair: &Pair) -> i32 {
    std::hint::black_box(pair);
    pair.a().wrapping_add(pair.b())
}

/// Makes `n` objects; the sum of their fields.
pub(crate) fn run(n: u32) -> u64 {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let mut sum = 0_i32;
    for i in 0..n as i32 {
        sum = sum.wrapping_add(consume(Pair::allocate(&mut scope, PairInit { a: i, b: i ^ 5 })));
    }
    u64::from(sum as u32)
}

/// The same sum without objects.
#[cfg(test)]
pub(crate) fn checksum(n: u32) -> u64 {
    u64::from((0..n as i32).fold(0_i32, |sum, i| sum.wrapping_add(i).wrapping_add(i ^ 5)) as u32)
}
