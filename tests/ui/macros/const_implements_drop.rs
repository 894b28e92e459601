//! A destructor would never run.

use heapwright::prelude::*;

#[heap_object]
struct File {
    descriptor: i32,
}

impl Drop for File {
    fn drop(&mut self) {}
}

fn main() {}
