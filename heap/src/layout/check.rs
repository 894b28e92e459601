//! Compile-time proofs over layouts, with messages that carry numbers.
//!
//! Each runs in a monomorphic `const _` that the macros put at the user's token, so that `cargo check` reports it
//! there.

use super::body::{BodyOf, MAX_HEADER_WORDS};
use super::class::ClassLayout;
use super::descriptor::MAX_INHERITANCE_DEPTH;
use super::field::{FieldKind, FieldLayout, RawKind};
use super::structs::StructLayout;
use super::width::PointerWidth;
use crate::spaces::AllocationAlignment;
use crate::tagged::HeapClass;

/// Builds a message in a constant: `format!` is not `const`.
pub(crate) struct Message {
    bytes: [u8; 512],
    len: usize,
}

impl Message {
    pub(crate) const fn new() -> Message {
        Message { bytes: [0; 512], len: 0 }
    }

    pub(crate) const fn text(mut self, text: &str) -> Message {
        let text = text.as_bytes();
        let mut i = 0;
        while i < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    pub(crate) const fn number(self, number: u32) -> Message {
        self.number64(number as u64)
    }

    pub(crate) const fn number64(mut self, number: u64) -> Message {
        let mut divisor = 1;
        while number / divisor >= 10 {
            divisor *= 10;
        }
        while divisor > 0 && self.len < self.bytes.len() {
            self.bytes[self.len] = b'0' + (number / divisor % 10) as u8;
            self.len += 1;
            divisor /= 10;
        }
        self
    }

    /// All who lead here are `track_caller`: what the compiler then shows is the user's token alone.
    #[track_caller]
    pub(crate) const fn fail(&self) -> ! {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a layout error whose message was cut inside a character"),
        }
    }

    /// What [`fail`](Self::fail) says, for panics at run time, which are to name the caller's line.
    pub(super) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a layout error whose message was cut inside a character",
        }
    }
}

/// Proves that field `index` is aligned under both pointer widths.
///
/// # Panics
///
/// At compile time, with the offset, the alignment and the bytes of padding that are missing.
#[track_caller]
pub const fn check_aligned(layout: &ClassLayout, index: usize) {
    let field = &layout.fields[index];
    let FieldLayout { offset, align, .. } = field;
    // First what nearly all fields are, without calls: this is interpreted whenever the class is compiled.
    if offset.compressed % align.compressed == 0 && offset.full % align.full == 0 && align.compressed <= 4 {
        return;
    }
    let mut i = 0;
    while i < index {
        if misaligned(layout, &layout.fields[i]).is_some() {
            return; // the first misaligned field moves all later ones: report it alone
        }
        i += 1;
    }
    if let Some(width) = misaligned(layout, field) {
        let (offset, align) = (field.offset.get(width), field.align.get(width));
        let missing = missing(layout, offset, align, width);
        let message = Message::new()
            .text("field `")
            .text(field.name)
            .text("` is at byte ")
            .number(offset)
            .text(" with ")
            .text(width.name())
            .text(" and needs an alignment of ")
            .number(align)
            .text(" bytes")
            .text(as_asked(layout, align, width))
            .text(": ")
            .text(other_alignment(layout, align, missing, width));
        let message = match aligned_before(layout, index) {
            Some(name) => message.text("move it before `").text(name).text("`, or "),
            None => message,
        };
        let bytes = if missing == 1 { " byte of padding before it: `" } else { " bytes of padding before it: `" };
        let message = message.text("put ").number(missing).text(bytes).text(free_padding_name(layout)).text(": ");
        let message = match width {
            // Aligned with 4-byte words: only the wide layout has the hole.
            PointerWidth::Full => {
                message.text("OptionalPadding<").number(missing).text(">` (bytes only with full pointers)")
            }
            PointerWidth::Compressed => message.text("Padding<").number(missing).text(">`"),
        };
        message.fail();
    }
}

/// The nearest field before which field `index` would be aligned under both pointer widths.
const fn aligned_before(layout: &ClassLayout, index: usize) -> Option<&'static str> {
    let align = layout.fields[index].align;
    let mut i = index;
    while i > 0 {
        i -= 1;
        let FieldLayout { name, offset, kind, .. } = &layout.fields[i];
        let in_memory = offset.compressed + layout.alignment.bias()[0];
        let is_aligned = in_memory.is_multiple_of(align.compressed) && offset.full.is_multiple_of(align.full);
        if is_aligned && !matches!(kind, FieldKind::Padding) {
            return Some(name);
        }
    }
    None
}

/// A name for padding that no field has yet.
const fn free_padding_name(layout: &ClassLayout) -> &'static str {
    const NAMES: [&str; 4] = ["padding", "padding2", "padding3", "padding4"];
    let mut i = 0;
    while i < NAMES.len() {
        if layout.find_field(NAMES[i]).is_none() {
            return NAMES[i];
        }
        i += 1;
    }
    "more_padding"
}

const fn has_misaligned(layout: &ClassLayout) -> bool {
    let mut i = 0;
    while i < layout.fields.len() {
        if misaligned(layout, &layout.fields[i]).is_some() {
            return true;
        }
        i += 1;
    }
    false
}

const fn misaligned(layout: &ClassLayout, field: &FieldLayout) -> Option<PointerWidth> {
    let FieldLayout { offset, align, .. } = field;
    let in_memory = offset.compressed + layout.alignment.bias()[0];
    if !in_memory.is_multiple_of(align.compressed) {
        Some(PointerWidth::Compressed)
    } else if offset.full % align.full != 0 {
        Some(PointerWidth::Full)
    } else {
        None
    }
}

/// The bytes of padding without which what is at `offset` would not be aligned in memory.
const fn missing(layout: &ClassLayout, offset: u32, align: u32, width: PointerWidth) -> u32 {
    let bias = match width {
        PointerWidth::Compressed => layout.alignment.bias()[0],
        PointerWidth::Full => layout.alignment.bias()[1],
    };
    (offset + bias).next_multiple_of(align) - (offset + bias)
}

/// Why more than a tagged word's alignment is needed, if it is.
const fn as_asked(layout: &ClassLayout, align: u32, width: PointerWidth) -> &'static str {
    match layout.alignment {
        _ if align <= width.tagged_size() => "",
        AllocationAlignment::DoubleUnaligned => {
            " in memory, as the class is `align = double_unaligned`, whose objects begin 4 bytes beyond a multiple of 8"
        }
        _ => ", as the class is `align = double`",
    }
}

/// What is 4 bytes off under one alignment fits the other.
const fn other_alignment(layout: &ClassLayout, align: u32, missing: u32, width: PointerWidth) -> &'static str {
    match (layout.alignment, width) {
        (AllocationAlignment::Double, PointerWidth::Compressed) if align == 8 && missing == 4 => {
            "write `align = double_unaligned`, or "
        }
        (AllocationAlignment::DoubleUnaligned, PointerWidth::Compressed) if align == 8 && missing == 4 => {
            "write `align = double`, or "
        }
        _ => "",
    }
}

/// Proves that a class declared with an alignment does not contradict the one above it.
///
/// # Panics
///
/// At compile time, with both.
#[track_caller]
pub const fn check_alignment(layout: &ClassLayout) {
    let Some(parent) = layout.parent else { return };
    if parent.alignment as u8 != AllocationAlignment::Word as u8 && parent.alignment as u8 != layout.alignment as u8 {
        start(layout)
            .text(" is `align = ")
            .text(layout.alignment.name())
            .text("`, but it extends `")
            .text(parent.name)
            .text("`, which is `align = ")
            .text(parent.alignment.name())
            .text("`: its fields are aligned where its objects begin there. Write `align = ")
            .text(parent.alignment.name())
            .text("`, or extend a class without")
            .fail();
    }
}

/// Proves that the tails begin where both engines put them, each aligned under both pointer widths whatever the lengths
/// of those before it.
///
/// # Panics
///
/// At compile time, with the offset, the alignment and the bytes of padding that are missing, or with the tail that the
/// elements have to stand before.
#[track_caller]
pub const fn check_tail(layout: &ClassLayout, index: usize, rustc_offset: usize) {
    if has_misaligned(layout) {
        return; // that field is reported
    }
    let mut i = 0;
    while i < PointerWidth::ALL.len() {
        check_tail_alignment(layout, index, PointerWidth::ALL[i]);
        i += 1;
    }
    assert!(
        layout.header_size() == rustc_offset,
        "heapwright and rustc disagree on where this tail begins: please report it"
    );
}

#[track_caller]
const fn check_tail_alignment(layout: &ClassLayout, index: usize, width: PointerWidth) {
    let tail = &layout.tails[index];
    let (offset, align) = (layout.end().get(width), tail.element_align.get(width));
    let missing = missing(layout, offset, align, width);
    if index == 0 {
        if missing > 0 {
            start(layout)
                .text("'s elements `")
                .text(tail.name)
                .text("` begin at byte ")
                .number(offset)
                .text(" with ")
                .text(width.name())
                .text(" and need an alignment of ")
                .number(align)
                .text(" bytes")
                .text(as_asked(layout, align, width))
                .text(": ")
                .text(other_alignment(layout, align, missing, width))
                .text("put `padding: ")
                .text(match width {
                    PointerWidth::Full => "OptionalPadding<",
                    PointerWidth::Compressed => "Padding<",
                })
                .number(missing)
                .text(">` before them")
                .fail();
        }
        return;
    }
    // The first tail is aligned, so what a later one needs may be lost to the elements between them.
    let mut before = 0;
    while before < index {
        let size = layout.tails[before].element_size.get(width);
        if !size.is_multiple_of(align) {
            start(layout)
                .text("'s `")
                .text(tail.name)
                .text("` need an alignment of ")
                .number(align)
                .text(" bytes with ")
                .text(width.name())
                .text(", but `")
                .text(layout.tails[before].name)
                .text("` before them have ")
                .number(size)
                .text(" byte(s) each, so they could begin anywhere: declare `")
                .text(tail.name)
                .text("` before `")
                .text(layout.tails[before].name)
                .text("`")
                .fail();
        }
        before += 1;
    }
    if missing > 0 {
        start(layout)
            .text("'s elements begin at byte ")
            .number(offset)
            .text(" with ")
            .text(width.name())
            .text(", and `")
            .text(tail.name)
            .text("` among them need an alignment of ")
            .number(align)
            .text(" bytes: put ")
            .number(missing)
            .text(" byte(s) of padding before the first tail")
            .fail();
    }
}

/// Proves that an inherited field that lengths are made from is what `inherits(…)` says, and returns its offset.
///
/// # Panics
///
/// At compile time, if the class above has no such field, or it is mutable or of another kind.
#[must_use]
#[track_caller]
pub const fn inherited_input(parent: &ClassLayout, name: &str, wanted: InputKind) -> usize {
    let Some(field) = parent.find_field(name) else {
        Message::new()
            .text("`")
            .text(parent.name)
            .text("` and the classes above it have no field `")
            .text(name)
            .text("`: name one that they have, or declare it in this class")
            .fail();
    };
    let fits = match (wanted, field.kind) {
        (InputKind::Smi, FieldKind::Smi) => true,
        (InputKind::Raw(wanted), FieldKind::Raw(found)) => wanted as u8 == found as u8,
        _ => false,
    };
    if !fits {
        Message::new()
            .text("`")
            .text(name)
            .text("` is declared `")
            .text(field.type_name)
            .text("` in the class above: write `inherits(")
            .text(name)
            .text(": ")
            .text(field.type_name)
            .text(")`; only Smis, integers and `bool`s make lengths")
            .fail();
    }
    if !field.constant {
        Message::new()
            .text("`")
            .text(name)
            .text("` of the class above could be changed, and the size of objects with it: declare it `#[constant]` there")
            .fail();
    }
    field.offset.current() as usize
}

/// What an inherited field that lengths are made from holds.
#[derive(Clone, Copy)]
pub enum InputKind {
    /// A Smi.
    Smi,
    /// An integer or a `bool`.
    Raw(RawKind),
}

/// Proves that rustc lays a struct for objects out as the table says, aligned under both pointer widths.
///
/// # Panics
///
/// At compile time, with the bytes of padding that are missing.
#[track_caller]
pub const fn check_struct(layout: &StructLayout, rustc_size: usize) {
    let mut i = 0;
    while i < layout.fields.len() {
        let mut width = 0;
        while width < PointerWidth::ALL.len() {
            let w = PointerWidth::ALL[width];
            let (offset, align) = (layout.fields[i].offset.get(w), layout.fields[i].align.get(w));
            struct_padding(layout, "field `", layout.fields[i].name, "` is", offset, align, w);
            width += 1;
        }
        i += 1;
    }
    let mut width = 0;
    while width < PointerWidth::ALL.len() {
        let w = PointerWidth::ALL[width];
        struct_padding(layout, "the end of `", layout.name, "` is", layout.size.get(w), layout.align.get(w), w);
        width += 1;
    }
    assert!(
        layout.size.current() as usize == rustc_size,
        "heapwright and rustc disagree on this struct's size: please report it"
    );
    if layout.is_ephemeron {
        check_ephemeron(layout);
    }
}

/// Proves that the collector may clear an ephemeron. The macro has looked at how types are spelled; this is what they are.
#[track_caller]
const fn check_ephemeron(layout: &StructLayout) {
    let mut i = 0;
    while i < layout.fields.len() {
        let field = &layout.fields[i];
        let fits = match &field.kind {
            FieldKind::Weak(_) => i == 0,
            FieldKind::Tagged(types) => i > 0 && types.admits_zero(),
            FieldKind::Smi | FieldKind::SmiBits(_) => i > 0,
            _ => false,
        };
        if !fits {
            Message::new()
                .text("`")
                .text(field.name)
                .text("` is declared `")
                .text(field.type_name)
                .text("`: an ephemeron has a weak key first, and then values that can be `None` or the Smi 0, and numbers")
                .fail();
        }
        i += 1;
    }
}

#[track_caller]
const fn struct_padding(
    layout: &StructLayout,
    what: &str,
    name: &str,
    is: &str,
    offset: u32,
    align: u32,
    width: PointerWidth,
) {
    let missing = offset.next_multiple_of(align) - offset;
    if missing > 0 {
        Message::new()
            .text("struct `")
            .text(layout.name)
            .text("`: ")
            .text(what)
            .text(name)
            .text(is)
            .text(" at byte ")
            .number(offset)
            .text(" with ")
            .text(width.name())
            .text(" and needs an alignment of ")
            .number(align)
            .text(" bytes: put ")
            .number(missing)
            .text(" byte(s) of padding there: `padding: Padding<")
            .number(missing)
            .text(">`")
            .fail();
    }
}

/// Proves what holds for a class as a whole: that rustc lays it out as the table says, its depth, size, shape, names.
///
/// # Panics
///
/// At compile time, with the limit and the number that exceeds it.
#[track_caller]
pub const fn check_class<T: HeapClass>(rustc_offsets: &[usize]) {
    let layout = T::LAYOUT;
    let mut depth = 0;
    let mut class = layout;
    while let Some(parent) = class.parent {
        depth += 1;
        if !parent.tails.is_empty() {
            start(layout)
                .text(" extends `")
                .text(parent.name)
                .text("`, whose instances end in elements: fields cannot follow them. Extend the class above it, or drop the tail")
                .fail();
        }
        class = parent;
    }
    if depth >= MAX_INHERITANCE_DEPTH {
        start(layout)
            .text(" has ")
            .number(depth as u32)
            .text(" classes above it; at most ")
            .number(MAX_INHERITANCE_DEPTH as u32 - 1)
            .text(" are possible: extend one nearer the root")
            .fail();
    }
    let words = layout.end().current().div_ceil(PointerWidth::CURRENT.tagged_size());
    if words > MAX_HEADER_WORDS {
        start(layout)
            .text("'s fixed part is ")
            .number(layout.end().current())
            .text(" bytes; at most ")
            .number(MAX_HEADER_WORDS * PointerWidth::CURRENT.tagged_size())
            .text(" are possible. Put the rest into a tail or another object")
            .fail();
    }
    if BodyOf::<T>::BODY.too_scattered {
        start(layout)
            .text(" interleaves pointers and raw bytes beyond its first 64 words: put the tagged fields next to each other")
            .fail();
    }
    if layout.is_copy && layout.is_map() {
        start(layout)
            .text(" cannot be `copy`: a map is made for one class by its runtime, and objects are told apart by it. Remove `copy`")
            .fail();
    }
    if core::mem::needs_drop::<T>() {
        start(layout)
            .text(" implements `Drop`, but heap objects are freed without running code: use a `WeakGlobal` to learn of an object's death")
            .fail();
    }
    assert!(
        size_of::<T>() == layout.instance_size() || has_misaligned(layout),
        "heapwright and rustc disagree on this class's size: please report it"
    );
    check_offsets(layout, rustc_offsets);
    if let Some(parent) = layout.parent
        && parent.parent.is_some()
    {
        reject_inherited_names(layout, parent);
    }
}

/// Holds the table equal to what rustc says of the fields that have accessors.
#[track_caller]
const fn check_offsets(layout: &ClassLayout, rustc_offsets: &[usize]) {
    let (mut i, mut checked) = (0, 0);
    while i < layout.fields.len() && checked < rustc_offsets.len() {
        let field = &layout.fields[i];
        if !is_padding(field) {
            assert!(
                field.offset.current() as usize == rustc_offsets[checked] || has_misaligned(layout),
                "heapwright and rustc disagree on a field's offset: please report it"
            );
            checked += 1;
        }
        i += 1;
    }
}

/// `HeapObject` has one field, whose name the macros reserve: so this is for classes below others.
#[track_caller]
const fn reject_inherited_names(layout: &ClassLayout, parent: &ClassLayout) {
    let mut i = 0;
    while i < layout.fields.len() {
        if let Some(inherited) = parent.find_field(layout.fields[i].name)
            && !is_padding(inherited)
        {
            start(layout)
                .text(" declares `")
                .text(inherited.name)
                .text("`, which it already inherits (line ")
                .number(inherited.line)
                .text(" of the class above): rename one of them")
                .fail();
        }
        i += 1;
    }
}

const fn is_padding(field: &FieldLayout) -> bool {
    matches!(field.kind, super::field::FieldKind::Padding)
}

const fn start(layout: &ClassLayout) -> Message {
    Message::new().text("class `").text(layout.name).text("`")
}

/// Proves that an enum's largest value fits its bit field.
///
/// # Panics
///
/// At compile time, with both numbers of bits.
#[track_caller]
pub const fn check_enum_fits(field: &str, needs: u32, has: u32) {
    if needs > has {
        Message::new()
            .text("bit field `")
            .text(field)
            .text("` has ")
            .number(has)
            .text(" bit(s), but its enum's largest value needs ")
            .number(needs)
            .text(": write `#[bits(")
            .number(needs)
            .text(")]`")
            .fail();
    }
}

/// Proves that a bit field fits the bits it is nested in.
///
/// # Panics
///
/// At compile time, with both numbers of bits.
#[track_caller]
pub const fn check_nested_fits(field: &str, nested: &super::bits::BitfieldLayout, has: u32) {
    let needs = match nested.fields {
        [.., last] => last.end(),
        [] => 0,
    };
    if has > nested.storage.bits() {
        Message::new()
            .text("bit field `")
            .text(field)
            .text("` has ")
            .number(has)
            .text(" bits, but `")
            .text(nested.name)
            .text("` only ")
            .number(nested.storage.bits())
            .text(": write `#[bits(")
            .number(nested.storage.bits())
            .text(", nested)]`")
            .fail();
    }
    if needs > has {
        Message::new()
            .text("bit field `")
            .text(field)
            .text("` has ")
            .number(has)
            .text(" bit(s), but `")
            .text(nested.name)
            .text("` uses ")
            .number(needs)
            .text(": write `#[bits(")
            .number(needs)
            .text(", nested)]`")
            .fail();
    }
}
