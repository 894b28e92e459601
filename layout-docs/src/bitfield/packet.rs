//! Bit fields as RFCs draw packets: 32 bits to a row, a number above each bit.
//!
//! RFCs count from the first bit sent; here the numbers are those of the bits in the word, so the highest is at the left,
//! as in a register.

use super::{Run, runs};
use crate::index::Index;
use crate::model::{Bitfield, Model};
use crate::text::bits::letter;
use std::fmt::Write as _;

const ROW: u32 = 32;

/// A bit field as a text diagram in the manner of RFCs, highest bit first, with a list of the names that have no room.
/// Nothing if the model has no bit field with this id.
///
/// ```text
///  31 30                 20                  10                   0
///    1 0 9 8 7 6 …
///   +-+-+-+-+-+-…
/// ```
#[must_use]
pub fn render_bitfield_text(model: &Model, id: &str) -> Option<String> {
    let index = Index::new(model);
    let bits = index.bitfield(id)?;
    let mut out = draw(bits);
    for (i, field) in bits.fields.iter().enumerate() {
        let is_short = |run: &Run<'_>| {
            let letters = |(is_first, _, low, high): (bool, u32, u32, u32)| {
                label(run, is_first, room(high - low)).chars().count() == 1 && run.name.chars().count() > 1
            };
            run.field.is_some_and(|(n, _)| n == i) && !run.is_gap() && segments(run).into_iter().any(letters)
        };
        if runs(bits).iter().any(is_short) {
            let _ = writeln!(out, "{}  {}", letter(i, &field.means), field.name);
        }
    }
    Some(out)
}

/// The diagram. Fields whose names have no room have their letter.
pub(crate) fn draw(bits: &Bitfield) -> String {
    let runs = runs(bits);
    let rows = bits.storage_bits.div_ceil(ROW);
    let columns = bits.storage_bits.min(ROW);
    let mut out = String::new();
    for row in (0..rows).rev() {
        let (low, high) = (row * ROW, ((row + 1) * ROW).min(bits.storage_bits));
        let indent = "  ".repeat((columns - (high - low)) as usize);
        numbers(&mut out, low, high, &indent);
        let border = border(low, high, &indent);
        let _ = writeln!(out, "{border}\n{indent}{}\n{border}", content(&runs, low, high));
    }
    for (means, said) in
        [(Filling::Zero, "0: stays zero"), (Filling::Ignored, "x: ignored and kept"), (Filling::Unused, ".: unused")]
    {
        if runs.iter().any(|run| filling(run) == Some(means)) {
            let _ = writeln!(out, "{said}");
        }
    }
    out
}

/// Two lines: tens above each bit whose number ends in zero and above the first, and the last digits.
fn numbers(out: &mut String, low: u32, high: u32, indent: &str) {
    let (mut tens, mut ones) = (indent.to_owned(), indent.to_owned());
    for bit in (low..high).rev() {
        let ten = if bit % 10 == 0 || bit + 1 == high { (bit / 10).to_string() } else { " ".to_owned() };
        let _ = write!(tens, " {ten}");
        let _ = write!(ones, " {}", bit % 10);
    }
    if high > 10 {
        let _ = writeln!(out, "{}", tens.trim_end());
    }
    let _ = writeln!(out, "{ones}");
}

fn border(low: u32, high: u32, indent: &str) -> String {
    format!("{indent}{}+", "+-".repeat((high - low) as usize))
}

/// Characters between the borders of so many bits.
fn room(bits: u32) -> usize {
    (2 * bits as usize).saturating_sub(1)
}

/// What bits without a field are filled with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filling {
    Zero,
    Ignored,
    Unused,
}

fn filling(run: &Run<'_>) -> Option<Filling> {
    match run.field {
        None => Some(Filling::Unused),
        Some((_, field)) if !run.is_gap() || field.size == 0 => None,
        Some((_, field)) => Some(if field.ignored { Filling::Ignored } else { Filling::Zero }),
    }
}

/// The pieces of a run in rows: whether it is the first from above, the row, and the bits.
fn segments(run: &Run<'_>) -> Vec<(bool, u32, u32, u32)> {
    let end = run.shift + run.size;
    (run.shift / ROW..end.div_ceil(ROW))
        .rev()
        .map(|row| {
            let high = end.min((row + 1) * ROW);
            (high == end, row, run.shift.max(row * ROW), high)
        })
        .collect()
}

fn content(runs: &[Run<'_>], low: u32, high: u32) -> String {
    let mut line = String::from("|");
    for run in runs.iter().rev() {
        for (is_first, _, from, to) in segments(run).into_iter().filter(|s| s.1 == low / ROW && s.2 < high) {
            let count = (to - from) as usize;
            let room = room(to - from);
            let text = match filling(run) {
                Some(filling) => {
                    let mark = match filling {
                        Filling::Zero => "0",
                        Filling::Ignored => "x",
                        Filling::Unused => ".",
                    };
                    vec![mark; count].join(" ")
                }
                None => label(run, is_first, room),
            };
            let _ = write!(line, "{text:^room$}|");
        }
    }
    line
}

/// The name, in brackets where it goes on; the letter where there is no room.
fn label(run: &Run<'_>, is_first: bool, room: usize) -> String {
    let name = if is_first { run.name.clone() } else { format!("({})", run.name) };
    if name.chars().count() <= room && !name.is_empty() {
        return name;
    }
    run.field.map_or_else(String::new, |(i, field)| letter(i, &field.means).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn a_word_is_one_row_with_a_number_above_each_bit() {
        let model = model();
        let diagram = render_bitfield_text(&model, "ScriptFlags").unwrap();
        let lines: Vec<&str> = diagram.lines().collect();
        assert_eq!(lines[0], " 3                   2                   1                   0");
        assert_eq!(lines[1], " 0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1 0 9 8 7 6 5 4 3 2 1 0");
        assert_eq!(lines[2], format!("{}+", "+-".repeat(31)));
        assert!(lines[3].starts_with("|. . . . . . . . . . . . . . . . .|"), "{diagram}");
        assert_eq!(lines[3].len(), lines[2].len(), "{diagram}");
        assert!(diagram.contains(".: unused") && diagram.contains("0: stays zero"), "{diagram}");
        assert!(diagram.lines().any(|l| l.starts_with("a  ")), "{diagram}");
        assert_eq!(render_bitfield_text(&model, "Nothing"), None);
    }

    #[test]
    fn rows_are_aligned_and_fields_may_cross_them() {
        let mut model = model();
        let flags = model.bitfields.iter_mut().find(|b| b.id == "ScriptFlags").unwrap();
        flags.storage_bits = 40;
        flags.fields.truncate(1);
        flags.fields[0].name = "wide".into();
        (flags.fields[0].shift, flags.fields[0].size) = (28, 8);
        let diagram = draw(flags);
        let rows: Vec<&str> = diagram.lines().filter(|l| l.trim_start().starts_with('|')).collect();
        assert_eq!(rows[0], format!("{}|. . . .| wide  |", "  ".repeat(24)), "{diagram}");
        assert!(rows[1].starts_with("|(wide)"), "{diagram}");
        assert_eq!(rows[0].len(), rows[1].len());
        // One bit, and all of them.
        flags.storage_bits = 1;
        (flags.fields[0].shift, flags.fields[0].size) = (0, 1);
        assert_eq!(draw(flags), " 0\n+-+\n|a|\n+-+\n");
        flags.storage_bits = 64;
        flags.fields[0].size = 64;
        assert_eq!(draw(flags).matches("wide").count(), 2);
    }
}
