//! A hook that does not exist.

use heapwright::prelude::*;

#[heap_object(print = nowhere, verify = Point::check)]
struct Point {}

fn main() {}
