//! Types of Rust that cannot be fields, and what to write instead.

use heapwright::prelude::*;

#[heap_object]
struct Point {
    size: usize,
    wide: u128,
    letter: char,
    name: String,
    list: Vec<u8>,
    shared: std::rc::Rc<u8>,
    atomic: std::sync::atomic::AtomicU32,
}

fn main() {}
