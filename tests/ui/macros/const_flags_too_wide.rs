//! Flags beyond the bits of the field.

use heapwright::prelude::*;

bitflags::bitflags! {
    #[derive(Clone, Copy)]
    struct Permissions: u8 {
        const READ = 1;
        const EXECUTE = 16;
    }
}

#[bitfield(u32)]
struct Flags {
    #[bits(4, flags)]
    permissions: Permissions,
}

fn main() {}
