//! A set of flags is a type made by `bitflags!`.

use heapwright::prelude::*;

#[derive(Clone, Copy)]
struct Permissions(u8);

#[bitfield(u32)]
struct Flags {
    #[bits(4, flags)]
    permissions: Permissions,
}

fn main() {}
