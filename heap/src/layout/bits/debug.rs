//! Bit fields as text, from their layout.

use super::data::{BitKind, BitLayout, BitfieldLayout};
use core::fmt;

/// Prints names and values: what `Debug` of a bit field does. Bits that are no variant of an enum print as a number,
/// those that are no flag in hexadecimal; bits that are no field's do not print.
///
/// # Errors
///
/// If the formatter fails.
pub fn debug_bits(layout: &BitfieldLayout, value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {{", layout.name)?;
    let mut separator = " ";
    for field in layout.fields {
        if matches!(field.kind, BitKind::Gap | BitKind::Ignored) {
            continue;
        }
        write!(f, "{separator}{}: ", field.name)?;
        separator = ", ";
        let size = field.element_size();
        let Some(len) = field.len else {
            debug_value(field.kind, value >> field.shift, size, f)?;
            continue;
        };
        f.write_str("[")?;
        for index in 0..len {
            if index > 0 {
                f.write_str(", ")?;
            }
            debug_value(field.kind, value >> (field.shift + index * size), size, f)?;
        }
        f.write_str("]")?;
    }
    f.write_str(" }")
}

/// Prints the value in the lowest bits as one of `field`, or of one element of it if it is an array.
pub(crate) fn debug_bit_value(field: &BitLayout, bits: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    debug_value(field.kind, bits, field.element_size(), f)
}

/// The value in the lowest `size` bits.
fn debug_value(kind: BitKind, bits: u64, size: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let unused = 64 - size;
    let value = bits << unused >> unused;
    match kind {
        BitKind::Bool => write!(f, "{}", value != 0),
        BitKind::Signed => write!(f, "{}", (value << unused) as i64 >> unused),
        BitKind::Nested(nested) => debug_bits(nested, value, f),
        BitKind::Enum(names) => match names.iter().find(|(_, v)| *v == value) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{value}"),
        },
        BitKind::Flags(names) => debug_flags(names, value, f),
        BitKind::Unsigned | BitKind::Gap | BitKind::Ignored => write!(f, "{value}"),
    }
}

/// `READ | WRITE | 0x8`, as the `bitflags` crate writes it; `(none)` for the empty set.
fn debug_flags(names: &[(&str, u64)], value: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value == 0 {
        return f.write_str("(none)");
    }
    let mut rest = value;
    let mut separator = "";
    for (name, bits) in names {
        if !name.is_empty() && value & bits == *bits && rest & bits != 0 {
            write!(f, "{separator}{name}")?;
            separator = " | ";
            rest &= !bits;
        }
    }
    if rest != 0 {
        write!(f, "{separator}{rest:#x}")?;
    }
    Ok(())
}
