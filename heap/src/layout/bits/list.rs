//! Lists of bits that begin where another list ends.

use super::word::BitWord;
use crate::layout::check::Message;

/// Bits that others can follow: a field made by [`define_bit_fields!`](crate::define_bit_fields), or the ranges made by
/// [`define_bit_ranges!`](crate::define_bit_ranges). V8: what has a `Next`.
#[diagnostic::on_unimplemented(
    message = "no bits can follow `{Self}`",
    label = "neither a field of `define_bit_fields!` nor the type of `define_bit_ranges!`",
    note = "`after` takes the last field of another list, or the name of a list of ranges"
)]
pub trait BitsBefore {
    /// The integer.
    type Word: BitWord;
    /// The bit after the last.
    const NEXT_SHIFT: u32;
}

/// Where bits of the integer `W` begin that follow `P`.
#[must_use]
pub const fn bits_after<P: BitsBefore<Word = W>, W>() -> u32 {
    P::NEXT_SHIFT
}

/// Proves that the bits of `name`, `size` of them from `shift` up, are bits of an integer that has so many. If the
/// bits before them, which end at `previous`, are not, that is reported already.
///
/// # Panics
///
/// At compile time, with the numbers of bits.
#[track_caller]
pub const fn check_bits_follow(name: &str, previous: u32, shift: u32, size: u32, integer: &str, has: u32) {
    let end = shift + size;
    if previous > has || end <= has {
        return;
    }
    let message = Message::new()
        .text("`")
        .text(name)
        .text("` has ")
        .number(end - has)
        .text(" bit(s) too many: it would be bit")
        .text(if size == 1 { " " } else { "s " })
        .number(shift);
    let message = if size == 1 { message } else { message.text(" to ").number(end - 1) };
    message.text(", but `").text(integer).text("` ends at bit ").number(has - 1).fail();
}
