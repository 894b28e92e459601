//! The key of a root says its type, so only `heap_roots!` makes one.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    x: Smi,
    next: Tagged<Option<Point>>,
}

static TABLE: heapwright::RootTable = heapwright::RootTable::new("mine", &["one"], &[heapwright::roots::RootEntry::of::<Point>()], |_| Ok(()));
const KEY: heapwright::RootKey<Point> = heapwright::RootKey::new(&TABLE, 0);

fn main() {}
