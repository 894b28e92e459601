//! An instance type is a literal of 16 bits.

use heapwright::prelude::*;

#[heap_object(instance_type)]
struct Missing {}

#[heap_object(instance_type = 65536)]
struct TooLarge {}

#[heap_object(instance_type = "204")]
struct Text {}

#[heap_object(instance_type = 1..=4)]
struct Range {}

#[heap_object(instance_type = 4, instance_type = 5)]
struct Twice {}

#[heap_object(instence_type = 4)]
struct Misspelt {}

fn main() {}
