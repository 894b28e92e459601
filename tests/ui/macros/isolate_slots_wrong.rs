//! Each slot has a name of its own and a first value.

use heapwright::isolate_slots;

isolate_slots! {
    static SLOTS, accessors in MySlots;
    count: u32,
    tag: String = String::new(),
    tag_mut: u32 = 0,
    tag: u32 = 0,
    typed: u32 = "three",
}

isolate_slots! {
    static OTHER;
    count: u32 = 0,
}

fn main() {}
