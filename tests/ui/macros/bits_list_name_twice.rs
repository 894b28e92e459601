//! Two lines of one name: V8 takes the second.

use heapwright::{define_bit_fields, define_bit_ranges};

define_bit_fields! {
    u8 {
        Kind: u8, 2;
        Level: u8, 2;
        Kind: bool, 1;
    }
}

define_bit_ranges! {
    Ranges: u8 {
        LOW: 2;
        LOW: 3;
    }
}

fn main() {}
