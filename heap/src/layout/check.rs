//! Compile-time proofs over layouts, with messages that carry numbers.
//!
//! Each runs in a monomorphic `const _` that the macros put at the user's token, so that `cargo check` reports it
//! there.

use super::body::{Body, MAX_HEADER_WORDS};
use super::class::ClassLayout;
use super::descriptor::MAX_INHERITANCE_DEPTH;
use super::width::PointerWidth;
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

    pub(crate) const fn number(mut self, number: u32) -> Message {
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

    pub(crate) const fn fail(&self) -> ! {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a layout error whose message was cut inside a character"),
        }
    }
}

/// Proves that field `index` lies where both engines, ours and rustc's, put it, aligned under both pointer widths.
///
/// # Panics
///
/// At compile time, with the offset, the alignment and the bytes of padding that are missing.
pub const fn check_field(layout: &ClassLayout, index: usize, rustc_offset: usize) {
    let mut i = 0;
    while i < index {
        if misaligned(layout, i).is_some() {
            return; // the first misaligned field moves all later ones: report it alone
        }
        i += 1;
    }
    let field = &layout.fields[index];
    if let Some(width) = misaligned(layout, index) {
        let (offset, align) = (field.offset.get(width), field.align.get(width));
        let missing = offset.next_multiple_of(align) - offset;
        let message = Message::new()
            .text("field `")
            .text(field.name)
            .text("` is at byte ")
            .number(offset)
            .text(" with ")
            .text(width.name())
            .text(" and needs an alignment of ")
            .number(align)
            .text(" bytes: ");
        let message = if index > 0 {
            message.text("move it before `").text(layout.fields[index - 1].name).text("`, or ")
        } else {
            message
        };
        let message = message.text("put ").number(missing).text(" byte(s) of padding before it: `padding: ");
        let message = match width {
            // Aligned with 4-byte words: only the wide layout has the hole.
            PointerWidth::Full => {
                message.text("OptionalPadding<").number(missing).text(">` (bytes only with full pointers)")
            }
            PointerWidth::Compressed => message.text("Padding<").number(missing).text(">`"),
        };
        message.fail();
    }
    let offset = field.offset.current() as usize;
    assert!(offset == rustc_offset, "heapwright and rustc disagree on this field's offset: please report it");
}

const fn has_misaligned(layout: &ClassLayout) -> bool {
    let mut i = 0;
    while i < layout.fields.len() {
        if misaligned(layout, i).is_some() {
            return true;
        }
        i += 1;
    }
    false
}

const fn misaligned(layout: &ClassLayout, index: usize) -> Option<PointerWidth> {
    let field = &layout.fields[index];
    let mut i = 0;
    while i < PointerWidth::ALL.len() {
        let width = PointerWidth::ALL[i];
        if !field.offset.get(width).is_multiple_of(field.align.get(width)) {
            return Some(width);
        }
        i += 1;
    }
    None
}

/// Proves that the tail begins where both engines put it, aligned under both pointer widths.
///
/// # Panics
///
/// At compile time, with the offset, the alignment and the bytes of padding that are missing.
pub const fn check_tail(layout: &ClassLayout, rustc_offset: usize) {
    if has_misaligned(layout) {
        return; // that field is reported
    }
    if let Some(tail) = &layout.tail {
        let mut i = 0;
        while i < PointerWidth::ALL.len() {
            let width = PointerWidth::ALL[i];
            let (offset, size, word) = (layout.end().get(width), tail.element_size.get(width), width.tagged_size());
            let align = if size < word { size } else { word };
            let missing = offset.next_multiple_of(align) - offset;
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
                    .text(" bytes: put ")
                    .number(missing)
                    .text(" byte(s) of padding before them")
                    .fail();
            }
            i += 1;
        }
    }
    assert!(
        layout.header_size() == rustc_offset,
        "heapwright and rustc disagree on where this tail begins: please report it"
    );
}

/// Proves what holds for a class as a whole: depth, size, shape, tail, names.
///
/// # Panics
///
/// At compile time, with the limit and the number that exceeds it.
pub const fn check_class<T: HeapClass>() {
    let layout = T::LAYOUT;
    let mut depth = 0;
    let mut class = layout;
    while let Some(parent) = class.parent {
        depth += 1;
        if parent.tail.is_some() {
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
            .text(" are possible")
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
    if Body::of(layout).too_scattered {
        start(layout)
            .text(" interleaves pointers and raw bytes beyond its first 64 words: put the tagged fields next to each other")
            .fail();
    }
    if core::mem::needs_drop::<T>() {
        start(layout)
            .text(" implements `Drop`, but heap objects are freed without running code: use a `WeakGlobal` to learn of an object's death")
            .fail();
    }
    assert!(
        has_misaligned(layout) || size_of::<T>() == layout.instance_size(),
        "heapwright and rustc disagree on this class's size: please report it"
    );
    let mut i = 0;
    while i < layout.fields.len() {
        if let Some(parent) = layout.parent
            && let Some(inherited) = parent.find_field(layout.fields[i].name)
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

const fn is_padding(field: &super::field::FieldLayout) -> bool {
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
pub const fn check_nested_fits(field: &str, nested: &super::bits::BitfieldLayout, has: u32) {
    let needs = match nested.fields {
        [.., last] => last.shift + last.size,
        [] => 0,
    };
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
            .text(")]`")
            .fail();
    }
}
