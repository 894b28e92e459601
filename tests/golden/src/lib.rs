//! Each function `generated_X` uses an accessor, and `by_hand_X` does the same with raw loads and stores.
//! `tests/tests/assembly.rs` compiles this crate and compares the instructions of each pair.
//!
//! By hand, tagged words are read and written whole, as relaxed atomics: marker threads may look at them.

#![allow(missing_docs, clippy::missing_safety_doc, clippy::undocumented_unsafe_blocks, clippy::unnecessary_cast)]

pub mod casts;

use core::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
};
use heapwright::{Fresh, HeapClass, ReadOnly, WithMode, WriteBarrierMode, prelude::*};

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
    unsafe { o.word(OTHER).wrapping_sub(1) }
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

// Memory orders.

/// Everything that other threads may touch.
#[heap_object]
pub struct Ordered {
    #[seq_cst(swap, compare_exchange)]
    strict: u32,
    #[acquire_release(swap, compare_exchange)]
    published: u32,
    #[relaxed(swap, compare_exchange)]
    raw_flags: Bits<RawFlags>,
    pad: OptionalPadding<4>,
    #[seq_cst(swap, compare_exchange)]
    smi: Smi,
    #[relaxed]
    flags: SmiBits<Flags>,
    #[seq_cst(swap, compare_exchange)]
    link: Tagged<Thing>,
    #[acquire_release]
    next: Tagged<Thing>,
    #[observed]
    seen: u32,
}

const STRICT: usize = W;
const PUBLISHED: usize = W + 4;
const ORDERED_RAW: usize = W + 8;
const ORDERED_SMI: usize = if W == 4 { W + 12 } else { W + 16 };
const LINK: usize = ORDERED_SMI + 2 * W;
const NEXT: usize = LINK + W;
const SEEN: usize = NEXT + W;

impl Raw {
    #[inline(always)]
    unsafe fn atomic(&self, offset: usize) -> &AtomicU32 {
        unsafe { &*self.0.add(offset).cast() }
    }
}

/// A Smi as it stands in memory.
#[inline(always)]
fn smi_word(value: i32) -> TaggedWord {
    #[cfg(feature = "pointer-compression")]
    return (value << 1) as u32;
    #[cfg(not(feature = "pointer-compression"))]
    return (value as usize) << 32;
}

/// The integer of a Smi as it stands in memory.
#[inline(always)]
fn smi_value(word: TaggedWord) -> i32 {
    #[cfg(feature = "pointer-compression")]
    return word as i32 >> 1;
    #[cfg(not(feature = "pointer-compression"))]
    return (word >> 32) as i32;
}

#[cfg(feature = "pointer-compression")]
type TaggedWord = u32;
#[cfg(not(feature = "pointer-compression"))]
type TaggedWord = usize;

#[inline(never)]
pub fn generated_seq_cst_get(o: &Ordered) -> u32 {
    o.strict()
}
#[inline(never)]
pub unsafe fn by_hand_seq_cst_get(o: Raw) -> u32 {
    unsafe { o.atomic(STRICT).load(SeqCst) }
}

#[inline(never)]
pub fn generated_seq_cst_set(o: &Ordered, v: u32) {
    o.set_strict(v);
}
#[inline(never)]
pub unsafe fn by_hand_seq_cst_set(o: Raw, v: u32) {
    unsafe { o.atomic(STRICT).store(v, SeqCst) }
}

#[inline(never)]
pub fn generated_acquire_get(o: &Ordered) -> u32 {
    o.published()
}
#[inline(never)]
pub unsafe fn by_hand_acquire_get(o: Raw) -> u32 {
    unsafe { o.atomic(PUBLISHED).load(Acquire) }
}

#[inline(never)]
pub fn generated_release_set(o: &Ordered, v: u32) {
    o.set_published(v);
}
#[inline(never)]
pub unsafe fn by_hand_release_set(o: Raw, v: u32) {
    unsafe { o.atomic(PUBLISHED).store(v, Release) }
}

#[inline(never)]
pub fn generated_acquire_tagged_get(o: &Ordered) -> &Thing {
    o.next()
}
#[inline(never)]
pub unsafe fn by_hand_acquire_tagged_get(o: Raw) -> usize {
    let word = unsafe { o.tagged(NEXT) }.load(Acquire) as usize;
    let word = if W == 4 { (o.0 as usize & !0xffff_ffff) | word } else { word };
    word.wrapping_sub(1)
}

#[inline(never)]
pub fn generated_swap(o: &Ordered, v: u32) -> u32 {
    o.swap_strict(v)
}
#[inline(never)]
pub unsafe fn by_hand_swap(o: Raw, v: u32) -> u32 {
    unsafe { o.atomic(STRICT).swap(v, SeqCst) }
}

#[inline(never)]
pub fn generated_smi_swap(o: &Ordered, v: Smi) -> i32 {
    o.swap_smi(v)
}
#[inline(never)]
pub unsafe fn by_hand_smi_swap(o: Raw, v: i32) -> i32 {
    smi_value(unsafe { o.tagged(ORDERED_SMI) }.swap(smi_word(v), SeqCst))
}

#[inline(never)]
pub fn generated_compare_exchange(o: &Ordered, current: u32, new: u32) -> Result<u32, u32> {
    o.compare_exchange_published(current, new)
}
#[inline(never)]
pub unsafe fn by_hand_compare_exchange(o: Raw, current: u32, new: u32) -> Result<u32, u32> {
    unsafe { o.atomic(PUBLISHED).compare_exchange(current, new, AcqRel, Acquire) }
}

#[inline(never)]
pub fn generated_smi_compare_exchange(o: &Ordered, current: Smi, new: Smi) -> Result<i32, i32> {
    o.compare_exchange_smi(current, new)
}
#[inline(never)]
pub unsafe fn by_hand_smi_compare_exchange(o: Raw, current: i32, new: i32) -> Result<i32, i32> {
    let cell = unsafe { o.tagged(ORDERED_SMI) };
    cell.compare_exchange(smi_word(current), smi_word(new), SeqCst, SeqCst).map(smi_value).map_err(smi_value)
}

#[inline(never)]
pub fn generated_atomic_bits_set(o: &Ordered, v: u16) {
    o.set_middle(v & 0x3ff);
}
#[inline(never)]
pub unsafe fn by_hand_atomic_bits_set(o: Raw, v: u16) {
    let cell = unsafe { o.atomic(ORDERED_RAW) };
    let mut before = cell.load(Relaxed);
    let value = u32::from(v & 0x3ff) << 7;
    while let Err(now) = cell.compare_exchange(before, before & !(0x3ff << 7) | value, Relaxed, Relaxed) {
        before = now;
    }
}

#[inline(never)]
pub fn generated_atomic_smi_bits_set(o: &Ordered, v: bool) {
    o.set_first(v);
}
#[inline(never)]
pub unsafe fn by_hand_atomic_smi_bits_set(o: Raw, v: bool) {
    let cell = unsafe { o.tagged(ORDERED_SMI + W) };
    let mut before = smi_value(cell.load(Relaxed)) & i32::MAX;
    while let Err(now) = cell.compare_exchange(smi_word(before), smi_word(before & !1 | i32::from(v)), Relaxed, Relaxed)
    {
        before = smi_value(now) & i32::MAX;
    }
}

#[inline(never)]
pub fn generated_bits_update(o: &Thing, v: u16) {
    o.update_raw_flags(|flags| flags.with_middle(v & 0x3ff).with_low(3));
}
#[inline(never)]
pub unsafe fn by_hand_bits_update(o: Raw, v: u16) {
    let before = unsafe { o.atomic(RAW_FLAGS) }.load(Relaxed);
    let after = before & !0x1ffff | u32::from(v & 0x3ff) << 7 | 3;
    unsafe { o.atomic(RAW_FLAGS) }.store(after, Relaxed);
}

// Barriers.

#[inline(never)]
pub fn generated_any_set_smi(o: &Thing, v: Smi) {
    o.set_any(v);
}
#[inline(never)]
pub unsafe fn by_hand_any_set_smi(o: Raw, v: i32) {
    unsafe { o.put_smi(ANY, v) }
}

#[inline(never)]
pub fn generated_any_set_read_only(o: &Thing, v: ReadOnly<'_, Thing>) {
    o.set_any(v);
}
#[inline(never)]
pub unsafe fn by_hand_any_set_read_only(o: Raw, v: Raw) {
    unsafe { o.tagged(ANY).store((v.0 as usize | 1) as _, Relaxed) }
}

#[inline(never)]
pub fn generated_tagged_set_fresh(o: Fresh<'_, Thing>, v: &Thing) {
    o.set_other(WithMode(v, o.mode()));
}
#[inline(never)]
pub unsafe fn by_hand_tagged_set_fresh(o: Raw, v: Raw) {
    unsafe { o.tagged(OTHER).store((v.0 as usize | 1) as _, Relaxed) }
}

#[inline(never)]
pub fn generated_weak_set_nil(o: &Thing) {
    o.set_weak(Nil);
}
#[inline(never)]
pub unsafe fn by_hand_weak_set_nil(o: Raw) {
    unsafe { o.tagged(ANY + W).store(3, Relaxed) }
}

#[inline(never)]
pub fn generated_barrier_set_update(o: &Thing, v: &Thing) {
    o.set_maybe(WithMode(v, WriteBarrierMode::UPDATE));
}
#[inline(never)]
pub unsafe fn by_hand_barrier_set_update(o: Raw, v: Raw) {
    unsafe {
        o.tagged(OTHER + W).store((v.0 as usize | 1) as _, Relaxed);
        barrier(o, OTHER + W, v);
    }
}

#[inline(never)]
pub fn generated_barrier_set_weak(o: &Thing, v: &Thing) {
    o.set_weak(v);
}
#[inline(never)]
pub unsafe fn by_hand_barrier_set_weak(o: Raw, v: Raw) {
    unsafe {
        o.tagged(ANY + W).store((v.0 as usize | 3) as _, Relaxed);
        barrier(o, ANY + W, v);
    }
}

#[inline(never)]
pub fn generated_barrier_seq_cst_set(o: &Ordered, v: &Thing) {
    o.set_link(v);
}
#[inline(never)]
pub unsafe fn by_hand_barrier_seq_cst_set(o: Raw, v: Raw) {
    unsafe {
        o.tagged(LINK).store((v.0 as usize | 1) as _, SeqCst);
        barrier(o, LINK, v);
    }
}

#[inline(never)]
pub fn generated_barrier_swap<'a>(o: &'a Ordered, v: &Thing) -> &'a Thing {
    o.swap_link(v)
}
#[inline(never)]
pub unsafe fn by_hand_barrier_swap(o: Raw, v: Raw) -> usize {
    unsafe {
        let before = o.tagged(LINK).swap((v.0 as usize | 1) as _, SeqCst) as usize;
        barrier(o, LINK, v);
        (if W == 4 { (o.0 as usize & !0xffff_ffff) | before } else { before }).wrapping_sub(1)
    }
}

#[inline(always)]
unsafe fn barrier(o: Raw, offset: usize, v: Raw) {
    unsafe {
        let flags = |a: *const u8| (*((a as usize & !0x3_ffff) as *const AtomicU32)).load(Relaxed);
        if flags(o.0) & 1 != 0 && flags(v.0) & 2 != 0 {
            slow(o.0.add(offset) as usize);
        }
    }
}

/// A store, and one test for observers.
#[inline(never)]
pub fn generated_observed_set(o: &Ordered, v: u32) {
    o.set_seen(v);
}
#[inline(never)]
pub unsafe fn by_hand_observed_set(o: Raw, v: u32) {
    unsafe {
        o.put(SEEN, v);
        if (*((o.0 as usize & !0x3_ffff) as *const AtomicU32)).load(Relaxed) & 64 != 0 {
            slow(o.0 as usize);
        }
    }
}

// Casts.

#[heap_object(open)]
pub struct Shape {
    sides: Smi,
}

#[heap_object(extends = Shape)]
pub struct Square {
    side: Smi,
}

const CLASS_ENTRY: usize = W + 12 + if W == 4 { 0 } else { 4 };

/// The class of an object, as the number in its map.
#[inline(always)]
unsafe fn class(o: Raw) -> u64 {
    unsafe { Raw(o.word(0).wrapping_sub(1) as *const u8).at(CLASS_ENTRY) }
}

#[inline(never)]
pub fn generated_is_leaf(o: &Shape) -> bool {
    o.is::<Square>()
}
#[inline(never)]
pub unsafe fn by_hand_is_leaf(o: Raw) -> bool {
    unsafe { class(o) == core::ptr::from_ref(Square::CLASS).addr() as u64 }
}

#[inline(never)]
pub fn generated_try_cast_leaf(o: &Shape) -> Option<&Square> {
    o.try_cast::<Square>()
}
#[inline(never)]
pub unsafe fn by_hand_try_cast_leaf(o: Raw) -> Option<core::num::NonZeroUsize> {
    unsafe {
        if class(o) == core::ptr::from_ref(Square::CLASS).addr() as u64 {
            core::num::NonZeroUsize::new(o.0 as usize)
        } else {
            None
        }
    }
}

/// Two loads for the class, one in its display.
#[inline(never)]
pub fn generated_is_open(o: &HeapObject) -> bool {
    o.is::<Shape>()
}

// Other kinds of fields.

#[bitfield(u32)]
pub struct Sides {
    #[bits(3)]
    pub sides: [u8; 4],
    #[bits(2)]
    pub colour: Kind,
    #[bits(6)]
    pub depth: i8,
}

#[heap_struct]
pub struct Span {
    from: u32,
    to: u32,
}

#[heap_object]
pub struct Row {
    #[constant]
    length: Smi,
    sides: Bits<Sides>,
    span: Inline<Span>,
    pad: OptionalPadding<4>,
    outside: External<u8>,
    either: Tagged<(Thing, Weak<Row>, Smi)>,
    #[length = length]
    elements: [u32],
}

const SIDES: usize = 2 * W;
const SPAN: usize = SIDES + 4;
const OUTSIDE: usize = if W == 4 { SPAN + 8 } else { SPAN + 12 };
const EITHER: usize = OUTSIDE + 8;
const ELEMENTS: usize = EITHER + W;

#[inline(never)]
pub fn generated_maybe_get(o: &Thing) -> Option<&Thing> {
    o.maybe()
}
#[inline(never)]
pub unsafe fn by_hand_maybe_get(o: Raw) -> Option<core::num::NonZeroUsize> {
    let word = unsafe { o.tagged(OTHER + W) }.load(Relaxed) as usize;
    let base = if W == 4 { o.0 as usize & !0xffff_ffff } else { 0 };
    if word & 1 == 0 { None } else { core::num::NonZeroUsize::new((base | word).wrapping_sub(1)) }
}

#[inline(never)]
pub fn generated_weak_get(o: &Thing) -> Option<&Thing> {
    o.weak()
}
#[inline(never)]
pub unsafe fn by_hand_weak_get(o: Raw) -> Option<core::num::NonZeroUsize> {
    let word = unsafe { o.tagged(ANY + W) }.load(Relaxed) as usize;
    let base = if W == 4 { o.0 as usize & !0xffff_ffff } else { 0 };
    if word as u32 == 3 { None } else { core::num::NonZeroUsize::new((base | word) & !3) }
}

#[inline(never)]
pub fn generated_either_get(o: &Row) -> heapwright::MaybeWeak<'_, (Thing, heapwright::Weak<Row>, Smi)> {
    o.either()
}
#[inline(never)]
pub unsafe fn by_hand_either_get(o: Raw) -> usize {
    unsafe { o.word(EITHER) }
}

#[inline(never)]
pub fn generated_external_get(o: &Row) -> *mut u8 {
    o.outside()
}
#[inline(never)]
pub unsafe fn by_hand_external_get(o: Raw) -> *mut u8 {
    unsafe { o.at(OUTSIDE) }
}

#[inline(never)]
pub fn generated_external_set(o: &Row, v: *mut u8) {
    o.set_outside(v);
}
#[inline(never)]
pub unsafe fn by_hand_external_set(o: Raw, v: *mut u8) {
    unsafe { o.put(OUTSIDE, v) }
}

#[inline(never)]
pub fn generated_struct_get(o: &Row) -> u32 {
    o.span().to()
}
#[inline(never)]
pub unsafe fn by_hand_struct_get(o: Raw) -> u32 {
    unsafe { o.at(SPAN + 4) }
}

#[inline(never)]
pub fn generated_struct_set(o: &Row, v: u32) {
    o.span().set_from(v);
}
#[inline(never)]
pub unsafe fn by_hand_struct_set(o: Raw, v: u32) {
    unsafe { o.put(SPAN, v) }
}

#[inline(never)]
pub fn generated_elements_len(o: &Row) -> usize {
    o.elements_len()
}
#[inline(never)]
pub unsafe fn by_hand_elements_len(o: Raw) -> usize {
    unsafe { o.smi(W) as u32 as usize }
}

/// A comparison with the length, and a load.
#[inline(never)]
pub fn generated_element_get(o: &Row, index: usize) -> u32 {
    o.elements(index)
}
#[inline(never)]
pub unsafe fn by_hand_element_get(o: Raw, index: usize) -> u32 {
    unsafe {
        if index >= o.smi(W) as u32 as usize {
            out_of_range(index);
        }
        o.at(ELEMENTS + 4 * index)
    }
}

#[inline(never)]
pub fn generated_element_set(o: &Row, index: usize, v: u32) {
    o.set_elements(index, v);
}
#[inline(never)]
pub unsafe fn by_hand_element_set(o: Raw, index: usize, v: u32) {
    unsafe {
        if index >= o.smi(W) as u32 as usize {
            out_of_range(index);
        }
        o.put(ELEMENTS + 4 * index, v);
    }
}

#[cold]
#[inline(never)]
fn out_of_range(index: usize) -> ! {
    core::hint::black_box(index);
    std::process::abort()
}

// Bits of other kinds.

#[inline(never)]
pub fn generated_bit_enum_get(o: &Row) -> Kind {
    o.colour()
}
#[inline(never)]
pub unsafe fn by_hand_bit_enum_get(o: Raw) -> u8 {
    unsafe { (o.atomic(SIDES).load(Relaxed) >> 12 & 3) as u8 }
}

#[inline(never)]
pub fn generated_bit_enum_set(o: &Row, v: Kind) {
    o.set_colour(v);
}
#[inline(never)]
pub unsafe fn by_hand_bit_enum_set(o: Raw, v: Kind) {
    let bits = unsafe { o.atomic(SIDES) };
    bits.store(bits.load(Relaxed) & !(3 << 12) | (v as u32) << 12, Relaxed);
}

#[inline(never)]
pub fn generated_bit_signed_get(o: &Row) -> i8 {
    o.depth()
}
#[inline(never)]
pub unsafe fn by_hand_bit_signed_get(o: Raw) -> i8 {
    unsafe { (o.atomic(SIDES).load(Relaxed) >> 12) as i8 >> 2 }
}

#[inline(never)]
pub fn generated_bit_array_get(o: &Row) -> u8 {
    o.sides().sides(2)
}
#[inline(never)]
pub unsafe fn by_hand_bit_array_get(o: Raw) -> u8 {
    unsafe { (o.atomic(SIDES).load(Relaxed) >> 6 & 7) as u8 }
}

#[inline(never)]
pub fn generated_upcast(o: &Square) -> &Shape {
    o.upcast()
}
#[inline(never)]
pub unsafe fn by_hand_upcast(o: Raw) -> Raw {
    o
}
