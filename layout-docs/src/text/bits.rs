//! Bit fields as text: a diagram and a table.

use super::{heading, holders, prose, table};
use crate::bitfield::packet;
use crate::doc;
use crate::index::Index;
use crate::model::{Bitfield, Meaning};
use crate::words;
use std::fmt::Write as _;

/// Draws one bit field with its table.
pub(crate) fn render(index: &Index<'_>, bits: &Bitfield, out: &mut String) {
    heading(out, &bits.name, &format!("{}  {}:{}", bits.module, crate::index::shown_file(&bits.file), bits.line));
    let _ = writeln!(out, "bit field in {} ({} bits)", bits.storage, bits.storage_bits);
    prose(out, &bits.doc);
    holders(out, "held by", index.bit_holders(bits));
    let _ = writeln!(out, "\n{}", packet::draw(bits));
    let mut table = table(&["", "bits", "field", "kind", "mask", "values", "doc"], &[1]);
    for (i, field) in bits.fields.iter().enumerate() {
        table.add_row([
            letter(i, &field.means).to_string(),
            words::bit_range(field.shift, field.size),
            field.name.clone(),
            words::bits_kind(field),
            format!("{:#x}", words::mask(field.shift, field.size)),
            words::values(field),
            doc::plain(&field.doc),
        ]);
    }
    let _ = writeln!(out, "{}", table.trim_fmt());
}

/// What the diagram calls a field that has no room for its name.
pub(crate) fn letter(index: usize, means: &Meaning) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    match means {
        Meaning::Gap => '-',
        _ => LETTERS.get(index).map_or('*', |&b| char::from(b)),
    }
}
