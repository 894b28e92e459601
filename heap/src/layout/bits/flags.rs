//! Types made by `bitflags!` as fields of a bit field.

use crate::layout::check::Message;
use bitflags::{Flag, Flags};

/// A set of flags made by [`bitflags!`](https://docs.rs/bitflags) of version 2, which can stand in a bit field as
/// `#[bits(4, flags)]`. Nothing is to be implemented: every type that the macro makes is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of flags",
    label = "not made by `bitflags!` over `u8`, `u16`, `u32` or `u64`",
    note = "make it: `bitflags! {{ #[derive(Clone, Copy)] struct {Self}: u8 {{ const A = 1; … }} }}`, with `bitflags` 2"
)]
pub trait FlagSet: Copy + 'static {
    /// Bits of its integer.
    const BITS: u32;
    /// Its flags, as declared.
    #[doc(hidden)]
    const FLAGS: &'static [Flag<Self>];
}

#[diagnostic::do_not_recommend]
impl<T: Flags<Bits: super::BitWord> + Copy> FlagSet for T {
    const BITS: u32 = <T::Bits as super::BitWord>::BITS;
    const FLAGS: &'static [Flag<T>] = <T as Flags>::FLAGS;
}

/// Proves that all flags of `ty` lie in the bits of a field, and that the field is no wider than its integer.
///
/// # Panics
///
/// At compile time, with the numbers of bits.
#[track_caller]
pub const fn check_flags_fit(field: &str, ty: &str, all: u64, integer: u32, has: u32) {
    let needs = u64::BITS - all.leading_zeros();
    let message = Message::new().text("bit field `").text(field).text("` has ").number(has).text(" bit(s), but ");
    if needs > has {
        message
            .text("the flags of `")
            .text(ty)
            .text("` need ")
            .number(needs)
            .text(": write `#[bits(")
            .number(needs)
            .text(", flags)]`")
            .fail();
    }
    if has > integer {
        message
            .text("the integer of `")
            .text(ty)
            .text("` only ")
            .number(integer)
            .text(": write `#[bits(")
            .number(needs)
            .text(", flags)]`")
            .fail();
    }
}
