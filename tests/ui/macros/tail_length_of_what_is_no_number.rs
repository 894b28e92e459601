//! A length is made of numbers and bits: the collector computes it, and must not follow references or round.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    next: Tagged<Option<Table>>,
    #[constant]
    ratio: f64,
    #[length = if next.is_some() { 1 } else { 0 }]
    first: [Tagged<Any>],
    #[length = ratio as i32]
    second: [Tagged<Any>],
    #[length = first + 1]
    third: [Tagged<Any>],
}

fn main() {}
