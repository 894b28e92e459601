//! A class asks for a number in a range that belongs to others.

use heapwright::prelude::*;

#[heap_object(abstract, instance_types = 205..=214)]
struct Context {}

#[heap_object(instance_type = 210)]
struct Foreign {}

heap_classes! { static CLASSES = [Context, Foreign]; }

fn main() {}
