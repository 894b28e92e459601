//! Each function `generated_X` uses an accessor, and `by_hand_X` does the same with raw loads and stores.
//! `tests/tests/assembly.rs` compiles this crate and compares the instructions of each pair.
//!
//! By hand, tagged words are read and written whole, as relaxed atomics: marker threads may look at them.

#![allow(missing_docs, clippy::missing_safety_doc, clippy::undocumented_unsafe_blocks, clippy::unnecessary_cast)]

pub mod casts;

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use heapwright::prelude::*;

#[cfg(feature = "pointer-compression")]
type AtomicTagged = AtomicU32;
#[cfg(not(feature = "pointer-compression"))]
type AtomicTagged = core::sync::atomic::AtomicUsize;

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    A,
    B,
    C,
    D,
}

#[bitfield(u31)]
pub struct Flags {
    #[bits(1)]
    pub first: bool,
    #[bits(2)]
    pub kind: Kind,
    #[bits(5)]
    pub count: u8,
}

#[bitfield(u32)]
pub struct RawFlags {
    #[bits(7)]
    pub low: u8,
    #[bits(10)]
    pub middle: u16,
}

#[heap_object]
pub struct Thing {
    smi: Smi,
    flags: SmiBits<Flags>,
    number: u32,
    raw_flags: Bits<RawFlags>,
    float: f64,
    other: Tagged<Thing>,
    maybe: Tagged<Option<Thing>>,
    any: Tagged<Any>,
    weak: Weak<Thing>,
}

const W: usize = size_of::<AtomicTagged>();

/// The start of an object as raw bytes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Raw(*const u8);

impl Raw {
    #[inline(always)]
    unsafe fn at<T: Copy>(self, offset: usize) -> T {
        unsafe { self.0.add(offset).cast::<T>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn put<T>(self, offset: usize, value: T) {
        unsafe { self.0.add(offset).cast_mut().cast::<T>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn tagged(&self, offset: usize) -> &AtomicTagged {
        unsafe { &*self.0.add(offset).cast() }
    }

    #[inline(always)]
    unsafe fn smi(self, offset: usize) -> i32 {
        let word = unsafe { self.tagged(offset) }.load(Relaxed);
        #[cfg(feature = "pointer-compression")]
        return word as i32 >> 1;
        #[cfg(not(feature = "pointer-compression"))]
        return (word >> 32) as i32;
    }

    #[inline(always)]
    unsafe fn put_smi(self, offset: usize, value: i32) {
        #[cfg(feature = "pointer-compression")]
        let word = (value << 1) as u32;
        #[cfg(not(feature = "pointer-compression"))]
        let word = (value as usize) << 32;
        unsafe { self.tagged(offset) }.store(word, Relaxed);
    }

    /// A tagged word as an address and tag.
    #[inline(always)]
    unsafe fn word(self, offset: usize) -> usize {
        let word = unsafe { self.tagged(offset) }.load(Relaxed) as usize;
        if W == 4 { (self.0 as usize & !0xffff_ffff) | word } else { word }
    }
}

const NUMBER: usize = 3 * W;
const RAW_FLAGS: usize = 3 * W + 4;
const FLOAT: usize = 3 * W + 8;
const OTHER: usize = FLOAT + 8;
const ANY: usize = OTHER + 2 * W;

#[inline(never)]
pub fn generated_smi_get(o: &Thing) -> i32 {
    o.smi()
}
#[inline(never)]
pub unsafe fn by_hand_smi_get(o: Raw) -> i32 {
    unsafe { o.smi(W) }
}

#[inline(never)]
pub fn generated_smi_set(o: &Thing, v: Smi) {
    o.set_smi(v);
}
#[inline(never)]
pub unsafe fn by_hand_smi_set(o: Raw, v: i32) {
    unsafe { o.put_smi(W, v) }
}

#[inline(never)]
pub fn generated_bit_bool_get(o: &Thing) -> bool {
    o.first()
}
#[inline(never)]
pub unsafe fn by_hand_bit_bool_get(o: Raw) -> bool {
    unsafe { o.smi(2 * W) & 1 != 0 }
}

#[inline(never)]
pub fn generated_bit_int_get(o: &Thing) -> u8 {
    o.count()
}
#[inline(never)]
pub unsafe fn by_hand_bit_int_get(o: Raw) -> u8 {
    unsafe { (o.smi(2 * W) as u32 >> 3 & 31) as u8 }
}

#[inline(never)]
pub fn generated_bit_raw_get(o: &Thing) -> u16 {
    o.middle()
}
#[inline(never)]
pub unsafe fn by_hand_bit_raw_get(o: Raw) -> u16 {
    unsafe { ((*o.0.add(RAW_FLAGS).cast::<AtomicU32>()).load(Relaxed) >> 7 & 0x3ff) as u16 }
}

#[inline(never)]
pub fn generated_bit_bool_set(o: &Thing, v: bool) {
    o.set_first(v);
}
#[inline(never)]
pub unsafe fn by_hand_bit_bool_set(o: Raw, v: bool) {
    unsafe { o.put_smi(2 * W, (o.smi(2 * W) & 0x7fff_fffe) | i32::from(v)) }
}

#[inline(never)]
pub fn generated_u32_get(o: &Thing) -> u32 {
    o.number()
}
#[inline(never)]
pub unsafe fn by_hand_u32_get(o: Raw) -> u32 {
    unsafe { o.at(NUMBER) }
}

#[inline(never)]
pub fn generated_u32_set(o: &Thing, v: u32) {
    o.set_number(v);
}
#[inline(never)]
pub unsafe fn by_hand_u32_set(o: Raw, v: u32) {
    unsafe { o.put(NUMBER, v) }
}

#[inline(never)]
pub fn generated_f64_get(o: &Thing) -> f64 {
    o.float()
}
#[inline(never)]
pub unsafe fn by_hand_f64_get(o: Raw) -> f64 {
    unsafe { o.at(FLOAT) }
}

#[inline(never)]
pub fn generated_f64_set(o: &Thing, v: f64) {
    o.set_float(v);
}
#[inline(never)]
pub unsafe fn by_hand_f64_set(o: Raw, v: f64) {
    unsafe { o.put(FLOAT, v) }
}

#[inline(never)]
pub fn generated_tagged_get(o: &Thing) -> &Thing {
    o.other()
}
#[inline(never)]
pub unsafe fn by_hand_tagged_get(o: Raw) -> usize {
    unsafe { o.word(OTHER) & !3 }
}

#[inline(never)]
pub fn generated_any_get(o: &Thing) -> Tagged<'_, Any> {
    o.any()
}
#[inline(never)]
pub unsafe fn by_hand_any_get(o: Raw) -> usize {
    unsafe { o.word(ANY) }
}

#[inline(never)]
pub fn generated_tagged_set(o: &Thing, v: &Thing) {
    o.set_other(v);
}
#[inline(never)]
pub unsafe fn by_hand_tagged_set(o: Raw, v: Raw) {
    unsafe {
        let value = v.0 as usize | 1;
        o.tagged(OTHER).store(value as _, Relaxed);
        // The flags are the first word of a chunk's header.
        let flags = |a: *const u8| (*((a as usize & !0x3_ffff) as *const AtomicU32)).load(Relaxed);
        if flags(o.0) & 1 != 0 && flags(v.0) & 2 != 0 {
            slow(o.0.add(OTHER) as usize);
        }
    }
}

#[cold]
#[inline(never)]
fn slow(slot: usize) {
    core::hint::black_box(slot);
}
