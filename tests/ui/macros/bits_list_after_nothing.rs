//! A list begins after a field of another list over the same integer.

use heapwright::define_bit_fields;

struct Other;

define_bit_fields! {
    u32 {
        Kind: u8, 6;
    }
}

define_bit_fields! {
    u32 after Other {
        Level: u8, 2;
        Count: u8, 2;
    }
}

define_bit_fields! {
    u64 after Kind {
        Wider: u8, 2;
        Widest: u8, 2;
    }
}

define_bit_fields! {
    u32 behind Kind {
        Behind: u8, 2;
    }
}

fn main() {}
