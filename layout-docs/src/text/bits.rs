//! Bit fields as text: a strip of bits and a table.

use super::{heading, paragraph, table};
use crate::doc;
use crate::index::Index;
use crate::model::{Bitfield, Meaning};
use crate::words;
use std::fmt::Write as _;

/// Draws one bit field with its table.
pub(crate) fn render(index: &Index<'_>, bits: &Bitfield, out: &mut String) {
    heading(out, &bits.name, &format!("{}  {}:{}", bits.module, bits.file, bits.line));
    let _ = writeln!(out, "bit field in {} ({} bits)", bits.storage, bits.storage_bits);
    paragraph(out, &doc::plain(&bits.doc));
    let holders: Vec<_> = index.bit_holders(bits).iter().map(|h| format!("{}.{}", h.owner, h.field)).collect();
    if !holders.is_empty() {
        let _ = writeln!(out, "held by {}", holders.join(", "));
    }
    let _ = writeln!(out, "\n{}", strip(bits));
    let mut table = table(&["", "bits", "name", "kind", "mask", "values", "doc"], &[1]);
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

/// The bits from the highest to the lowest, a letter per field: `.` is unused, `-` is a gap.
pub(crate) fn strip(bits: &Bitfield) -> String {
    let mut letters = vec!['.'; bits.storage_bits as usize];
    for (i, field) in bits.fields.iter().enumerate() {
        letters[field.shift as usize..(field.shift + field.size) as usize].fill(letter(i, &field.means));
    }
    let mut strip = format!("bit {} [", bits.storage_bits - 1);
    for (bit, letter) in letters.iter().enumerate().rev() {
        strip.push(*letter);
        if bit > 0 && bit.is_multiple_of(8) {
            strip.push(' ');
        }
    }
    strip.push_str("] bit 0");
    strip
}

/// What the strip calls a field.
pub(crate) fn letter(index: usize, means: &Meaning) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    match means {
        Meaning::Gap => '-',
        _ => LETTERS.get(index).map_or('*', |&b| char::from(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn the_strip_shows_every_bit() {
        let model = model();
        let index = Index::new(&model);
        let flags = index.bitfield("ScriptFlags").unwrap();
        assert_eq!(strip(flags), "bit 30 [....... ........ ..eeeeee --ccccba] bit 0");
    }
}
