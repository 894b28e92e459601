//! Numbers that a list reserves are ranges with both ends.

use heapwright::prelude::*;

#[heap_object]
struct Point {}

heap_classes! {
    #[reserve_instance_types(600..=500)]
    #[reserve_instance_types(500)]
    #[reserve_instance_types]
    static CLASSES = [Point];
}

fn main() {}
