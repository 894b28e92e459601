//! Classes with something of everything: for tests that look at tables and objects from outside of the program.
#![allow(missing_docs)] // the declarations are the test

use heapwright::prelude::*;
use heapwright_objects::{CompilationType, FixedArray, Str};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Colour {
    Red = 1,
    Green,
    Blue = 5,
}

bitflags::bitflags! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Rights: u8 {
        const READ = 1;
        const WRITE = 2;
        const READ_WRITE = 3;
    }
}

#[bitfield(u8)]
pub struct Inner {
    #[bits(2)]
    pub low: u8,
    pub high: bool,
}

#[bitfield(u64)]
pub struct Many {
    #[bits(3)]
    pub colour: Colour,
    #[bits(6)]
    pub signed: i8,
    #[bits(3, nested)]
    pub inner: Inner,
    pub flag: bool,
    #[bits(7)]
    __: (),
    #[bits(4, flags)]
    pub rights: Rights,
    #[bits(8)]
    pub number: u8,
    #[bits(8)]
    pub four: [u8; 4],
}

#[bitfield(u31)]
pub struct Parts {
    pub has_note: bool,
    pub is_kept: bool,
    #[bits(4)]
    pub more: u8,
    #[bits(1)]
    pub compilation_type: CompilationType,
}

#[heap_struct]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

#[heap_struct]
pub struct Entry {
    pub key: Tagged<Any>,
    pub value: Weak<FixedArray>,
}

/// A class with something of everything.
#[heap_object(open)]
pub struct Everything {
    many: Bits<Many>,
    double: f64,
    long: u64,
    small: i32,
    single: f32,
    yes: bool,
    byte: i8,
    short: u16,
    range: Inline<Range>,
    gap: OptionalPadding<4>,
    entry: Inline<Entry>,
    any: Tagged<Any>,
    nothing: Tagged<Option<Str>>,
    weak: Weak<FixedArray>,
    dead: Weak<FixedArray>,
    either: Tagged<MaybeObject>,
    #[constant]
    count: Smi,
    outside: External<u64>,
}

/// Several tails of computed lengths.
#[heap_object(extends = Everything, inherits(count: Smi))]
pub struct Tails {
    #[constant]
    parts: SmiBits<Parts>,
    #[present_if = parts.has_note()]
    note: Tagged<Str>,
    #[present_if = parts.is_kept()]
    kept: Tagged<Str>,
    #[length = if parts.has_note() { 2 * count } else { 0 }]
    words: [Tagged<Any>],
    #[length = (parts.more() as i32 - 1) / 2 + count % 2]
    entries: [Inline<Entry>],
    #[length = count * 10]
    bytes: [u8],
}

const fn squared(number: i32) -> i32 {
    number * number
}

/// A tail whose length only the program can compute.
#[heap_object]
pub struct Opaque {
    #[constant]
    count: Smi,
    #[length = squared(count)]
    values: [Smi],
}

/// What only tables show: ranges of numbers, orders, copies.
#[heap_object(abstract, instance_types = 700..=709)]
pub struct Numbered {
    #[relaxed]
    word: u32,
    padding: OptionalPadding<4>,
    #[acquire_release]
    next: Tagged<Option<Numbered>>,
    #[seq_cst]
    union: Tagged<(Everything, heapwright::Map, Smi)>,
    #[splice = weak]
    weak: Weak<Numbered>,
    maybe: Tagged<(Weak<Everything>, Tails, Smi)>,
}

#[heap_object(extends = Numbered, instance_type = 700, lowest_instance_type, copy)]
pub struct Lowest {}

#[heap_object(extends = Numbered, abstract)]
pub struct Below {}

/// A class of the same name as another.
pub mod same {
    use super::*;

    #[heap_object]
    pub struct Tails {
        small: Smi,
    }
}

heap_classes! { pub static CLASSES = [Everything, Tails, Opaque, Numbered, Lowest, Below, same::Tails]; }
