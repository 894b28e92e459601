//! When the semi-spaces shrink.
//!
//! They grow when more bytes have survived scavenges than one of them holds (`scavenger`). They shrink when they are not
//! needed: a collection is *idle* if what it found young would fill less than an eighth of one of them, and less than a
//! 64th survived in it or left it. It ran for another reason than want of young memory then: for the old generation, or
//! because somebody asked. Young large objects count as young, for their budget is that of a semi-space. After [`IDLE_COLLECTIONS`] of them in a row the capacity is halved, and the next ones are counted anew; it
//! never falls below the initial capacity, nor below what is young. The chunks go to the pool of freed ones.
//!
//! A collection for want of young memory has found enough of it, so a program that goes on making young objects keeps
//! what it has grown to, and one that has had its burst gives it back step by step. The two rules do not fight: survivors
//! counted for growth are forgotten when it shrinks, and while collections are idle it takes more than 64 of them to
//! make it grow.
//!
//! V8 shrinks to twice what is used, when little is allocated each millisecond. Here all is counted in bytes and
//! collections, so that a program runs the same each time.

use super::record::CollectionReason;
use crate::heap::Heap;

/// Idle collections in a row, after which the semi-spaces are halved.
const IDLE_COLLECTIONS: u32 = 4;

/// After a collection that found `used` bytes of young objects, of which `survived` but for large ones.
pub(super) fn shrink_if_idle(heap: &mut Heap, reason: CollectionReason, used: usize, survived: usize) {
    if reason == CollectionReason::LastResort {
        // One of several for one allocation, which says nothing of the young generation; rung 3 of `limits` shrinks it.
        return;
    }
    let capacity = heap.new_space.capacity();
    if used >= capacity / 8 || survived >= capacity / 64 {
        heap.collector.idle = 0;
        return;
    }
    heap.collector.idle += 1;
    if heap.collector.idle >= IDLE_COLLECTIONS {
        // Also if nothing was left to give back: counted anew.
        heap.collector.idle = 0;
        if heap.new_space.halve(&mut heap.allocator) {
            heap.collector.forget_survivors();
        }
    }
}
