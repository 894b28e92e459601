//! Two classes that extend each other.

use heapwright::prelude::*;

#[heap_object(extends = Egg, open)]
struct Hen {}

#[heap_object(extends = Hen, open)]
struct Egg {}

fn main() {}
