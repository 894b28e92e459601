//! A list that begins after another: rustc counts, at the line's name.

use heapwright::{define_bit_fields, define_bit_ranges};

define_bit_fields! {
    u32 {
        Kind: u8, 6;
    }
}

define_bit_fields! {
    u32 after Kind {
        Count: u32, 20;
        Level: u8, 7;
        Last: bool, 1;
    }
}

define_bit_ranges! {
    Ranges: u32 after Kind {
        LOW: 20;
        HIGH: 7;
    }
}

fn main() {}
