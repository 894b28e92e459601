//! Layouts kept by hand: what [`field_offsets!`](crate::field_offsets) computes and proves.

use super::check::Message;
use crate::tagged::TAGGED_SIZE;

/// Where a field begins that follows fields of these sizes.
///
/// # Panics
///
/// At compile time, if the field is not aligned, with the offset and the bytes of padding that are missing.
#[must_use]
pub const fn field_offset(name: &str, start: usize, before: &[usize], size: usize) -> usize {
    let offset = field_end(start, before);
    let align = alignment(size);
    let missing = offset.next_multiple_of(align) - offset;
    // The first misaligned field moves all later ones: it is reported alone.
    if missing > 0 && !has_misaligned(start, before) {
        Message::new()
            .text("field `")
            .text(name)
            .text("` of ")
            .number(size as u32)
            .text(" bytes is at offset ")
            .number(offset as u32)
            .text(" and needs a multiple of ")
            .number(align as u32)
            .text(": put ")
            .number(missing as u32)
            .text(" byte(s) before it, such as `padding: ")
            .number(missing as u32)
            .text("`")
            .fail();
    }
    offset
}

/// Where fields of these sizes end.
#[must_use]
pub const fn field_end(start: usize, sizes: &[usize]) -> usize {
    let (mut end, mut i) = (start, 0);
    while i < sizes.len() {
        end += sizes[i];
        i += 1;
    }
    end
}

/// `listed`, proved to be where a declared class has the field.
///
/// # Panics
///
/// At compile time, with both offsets.
#[must_use]
pub const fn as_declared(name: &str, listed: usize, declared: usize) -> usize {
    if listed != declared {
        Message::new()
            .text("field `")
            .text(name)
            .text("` is at offset ")
            .number(listed as u32)
            .text(" in this list, and at ")
            .number(declared as u32)
            .text(" in the declared class")
            .fail();
    }
    listed
}

/// The largest power of two that divides `size`, but at most a tagged word.
const fn alignment(size: usize) -> usize {
    if size == 0 { 1 } else { 1 << (size | TAGGED_SIZE).trailing_zeros() }
}

const fn has_misaligned(start: usize, sizes: &[usize]) -> bool {
    let (mut offset, mut i) = (start, 0);
    while i < sizes.len() {
        if !offset.is_multiple_of(alignment(sizes[i])) {
            return true;
        }
        offset += sizes[i];
        i += 1;
    }
    false
}
