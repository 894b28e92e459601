//! A range of instance types has two ends, goes upwards, and is for a class that others extend.

use heapwright::prelude::*;

#[heap_object(open, instance_types = 214..=205)]
struct Backwards {}

#[heap_object(open, instance_types = 205)]
struct One {}

#[heap_object(open, instance_types = 205..214)]
struct HalfOpen {}

#[heap_object(instance_types = 205..=214)]
struct Leaf {}

#[heap_object(lowest_instance_type, highest_instance_type)]
struct Both {}

#[heap_object(lowest_instance_type = 3)]
struct Valued {}

fn main() {}
