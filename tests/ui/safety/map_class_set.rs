//! What a map says of its objects cannot be changed.

use heapwright::prelude::*;

fn attack(map: &heapwright::Map) {
    map.set_class_entry(0);
}

fn main() {}
