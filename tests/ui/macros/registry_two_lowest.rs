//! One class at most comes before all others that extend the same class.

use heapwright::prelude::*;

#[heap_object(abstract)]
struct Shape {}

#[heap_object(extends = Shape, lowest_instance_type)]
struct Circle {}

#[heap_object(extends = Shape, lowest_instance_type)]
struct Square {}

heap_classes! { static CLASSES = [Shape, Circle, Square]; }

fn main() {}
