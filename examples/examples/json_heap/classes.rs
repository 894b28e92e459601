//! The heap objects of this program, and nothing else: each is declared once, and everything that the other modules
//! call on them (getters, setters, casts, `try_new`) comes from these declarations, as do the layout docs.
//!
//! Strings, floats, `null`, `true` and `false` are objects of the standard classes (`heapwright-objects`).

use heapwright::prelude::*;
use heapwright_objects::Str;

/// A JSON array.
#[heap_object]
pub struct JsonArray {
    /// How many elements it has.
    #[constant]
    length: Smi,
    /// The elements. A small integer stands in the slot itself; all else is an object.
    #[length = length]
    elements: [Tagged<Any>],
}

/// A JSON object: only its values. Its keys are those of its shape, which it shares with all objects that have the same
/// keys in the same order.
#[heap_object]
pub struct JsonObject {
    /// The keys. V8: an object's map with its descriptors.
    #[constant]
    shape: Tagged<Shape>,
    /// How many members it has.
    #[constant]
    length: Smi,
    /// The values, in the order of the shape's keys.
    #[length = length]
    values: [Tagged<Any>],
}

/// The keys of JSON objects, in order. V8: hidden class.
#[heap_object]
pub struct Shape {
    /// What is known about the keys, packed into one Smi.
    #[constant]
    facts: SmiBits<ShapeFacts>,
    /// Where the shape belongs in a [`ShapeTable`]. Raw: the collector need not look at it, and all 32 bits count.
    #[constant]
    hash: u32,
    /// Tagged fields must be aligned: without pointer compression they have 8 bytes.
    padding: OptionalPadding<4>,
    /// How many objects were made with this shape, for the report.
    objects: Smi,
    /// The shape that was met before this one at some place in the document: what to try when this one does not fit.
    /// Weak, since a guess is no reason to keep a shape alive. V8: the next entry of a polymorphic inline cache.
    variant: Weak<Shape>,
    /// How many keys there are.
    #[constant]
    length: Smi,
    /// The keys; no two are equal.
    #[constant]
    #[length = length]
    keys: [Tagged<Str>],
}

/// Facts about the keys of a [`Shape`].
#[bitfield(u31)]
pub struct ShapeFacts {
    /// How a key is to be searched.
    #[bits(1)]
    pub key_order: KeyOrder,
    /// Bytes of the longest key, or the most that fit: what is longer need not be searched.
    #[bits(12)]
    pub longest_key: u16,
    /// How deep in the document the shape was first met.
    #[bits(8)]
    pub depth: u8,
}

/// How the keys of a [`Shape`] are ordered.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyOrder {
    /// As they were written: a key is searched from the first to the last.
    AsWritten,
    /// Ascending: a key is found by bisection.
    Ascending,
}

/// An integer that does not fit a Smi. All that a `u64` or an `i64` can hold is kept exactly.
#[heap_object]
pub struct JsonInteger {
    /// The integer.
    #[constant]
    bits: u64,
    /// Whether `bits` are those of an `i64` below zero; else they are those of a `u64`.
    #[constant]
    is_negative: bool,
}

/// A hash table of shapes. Weak: the objects that have a shape keep it alive. The slot of a shape that died counts as
/// empty, so a shape that lies behind it may be missed and made anew; objects then share less, nothing worse.
#[heap_object]
pub struct ShapeTable {
    /// How many slots it has, a power of two.
    #[constant]
    length: Smi,
    /// The slots.
    #[length = length]
    slots: [Weak<Shape>],
}

/// The [`ShapeTable`] in use, which is replaced as it fills.
#[heap_object]
pub struct ShapeIndex {
    /// The table.
    table: Tagged<ShapeTable>,
    /// How many of its slots were filled.
    filled: Smi,
}

/// The strings met lately, so that a text which occurs again becomes the same object. A slot is simply overwritten by
/// the next string that belongs there.
#[heap_object]
pub struct StringCache {
    /// How many slots it has, a power of two.
    #[constant]
    length: Smi,
    /// The slots.
    #[length = length]
    slots: [Weak<Str>],
}

heap_classes! {
    /// The classes of this program, for the isolate and for the layout docs.
    pub static CLASSES = [JsonArray, JsonObject, Shape, JsonInteger, ShapeTable, ShapeIndex, StringCache];
}
