//! A class has at most 16 tails and optional fields.
use heapwright::prelude::*;

#[heap_object]
pub struct Table {
    #[constant]
    n: Smi,
    #[length = n] a: [u8], #[length = n] b: [u8], #[length = n] c: [u8], #[length = n] d: [u8],
    #[length = n] e: [u8], #[length = n] f: [u8], #[length = n] g: [u8], #[length = n] h: [u8],
    #[length = n] i: [u8], #[length = n] j: [u8], #[length = n] k: [u8], #[length = n] l: [u8],
    #[length = n] o: [u8], #[length = n] p: [u8], #[length = n] q: [u8], #[length = n] r: [u8],
    #[length = n] s: [u8],
}

fn main() {}
