//! A list with too many bits, and values wider than their type.

use heapwright::define_bit_fields;

define_bit_fields! {
    u8 {
        Kind: u8, 6;
        Level: u8, 3;
    }
}

define_bit_fields! {
    u16 {
        Wide: u8, 9;
        Both: bool, 2;
        Nothing: bool;
        Nested: u8, 3, nested;
        Unfinished: u8, 0
    }
}

fn main() {}
