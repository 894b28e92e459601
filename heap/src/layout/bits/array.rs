//! Elements of an array in a bit field: where they lie, and what a new one holds.

use super::error::BitfieldError;
use crate::layout::check::Message;

/// The lowest bit of element `index` of `len`, each of `size` bits, the first at bit `first`.
///
/// # Panics
///
/// If there is no such element; names the field, the index and the length.
#[inline]
#[must_use]
#[track_caller]
pub const fn element_shift(path: &str, first: u32, size: u32, len: usize, index: usize) -> u32 {
    if index >= len {
        no_element(path, len, index);
    }
    first + size * index as u32
}

#[cold]
#[inline(never)]
#[track_caller]
const fn no_element(path: &str, len: usize, index: usize) -> ! {
    let message = Message::new()
        .text("`")
        .text(path)
        .text("` has no element ")
        .number64(index as u64)
        .text(": it has ")
        .number64(len as u64);
    panic!("{}", message.as_str())
}

/// [`element_shift`], or an error.
///
/// # Errors
///
/// If there is no such element.
#[inline]
pub const fn checked_element_shift(
    field: &'static str,
    first: u32,
    size: u32,
    len: usize,
    index: usize,
) -> Result<u32, BitfieldError> {
    if index >= len {
        return Err(BitfieldError::NoElement { field, index, len });
    }
    Ok(first + size * index as u32)
}

/// `len` times `value`, each in `size` bits.
#[must_use]
pub const fn repeat(value: u64, size: u32, len: usize) -> u64 {
    let mut bits = 0;
    let mut i = 0;
    while i < len {
        bits |= value << (size * i as u32);
        i += 1;
    }
    bits
}

/// What an enum's field holds in a new bit field: zero if that is a variant, else the first one's value.
#[must_use]
pub const fn first_bits(variants: &[(&str, u64)]) -> u64 {
    let mut i = 0;
    while i < variants.len() {
        if variants[i].1 == 0 {
            return 0;
        }
        i += 1;
    }
    match variants {
        [(_, first), ..] => *first,
        [] => 0, // the derive reports that
    }
}
