//! Short phrases that several renderers share.

use crate::index::{Index, Placed};
use crate::model::{Access, Admits, Class, Holds, Meaning, PerWidth, Tail, Width};
use crate::view::{CACHE_LINE, Losses, Role, View, collector_role};

/// `1 byte`, `2 bytes`, `4 / 8 bytes`.
pub(crate) fn bytes(bytes: PerWidth) -> String {
    let unit = if bytes == (PerWidth { compressed: 1, full: 1 }) { "byte" } else { "bytes" };
    format!("{bytes} {unit}")
}

/// The kind of a field in one or two words.
pub(crate) fn kind(role: Role, holds: &Holds) -> &'static str {
    match holds {
        Holds::SmiBits { .. } => "smi bits",
        Holds::Bits { .. } => "raw bits",
        _ => role.name(),
    }
}

/// `constant`, `acquire/release`.
pub(crate) fn notes(constant: bool, access: Access) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if constant {
        notes.push("constant");
    }
    match access {
        Access::Plain => {}
        Access::Relaxed => notes.push("relaxed"),
        Access::AcquireRelease => notes.push("acquire/release"),
        Access::SeqCst => notes.push("sequentially consistent"),
    }
    notes
}

/// The name of an alternative, without its module.
pub(crate) fn admits_name(admits: &Admits) -> &str {
    match admits {
        Admits::Any => "Any",
        Admits::Smi => "Smi",
        Admits::None => "None",
        Admits::Class(id) => id.rsplit("::").next().unwrap_or(id),
    }
}

/// `abstract`, `open`.
pub(crate) fn qualities(class: &Class) -> Vec<&'static str> {
    let mut words = Vec::new();
    if class.is_abstract {
        words.push("abstract");
    } else if class.is_open {
        words.push("open");
    }
    words
}

/// What an instance takes: `28 / 56 bytes`, or header and elements.
pub(crate) fn size(class: &Class) -> String {
    match &class.tail {
        Some(Tail { element_size, length_field, .. }) => {
            format!("{} + {length_field} × {element_size}", bytes(class.header_size))
        }
        None if class.is_abstract => format!("fields end at {}", class.header_size),
        None => bytes(class.instance_size),
    }
}

/// A few characters for the size of a class, for lists.
pub(crate) fn short_size(class: &Class) -> String {
    match (&class.tail, class.is_abstract) {
        (Some(_), _) => format!("{}+", class.header_size),
        (None, true) => String::new(),
        (None, false) => class.instance_size.to_string(),
    }
}

/// The losses of a class in words, for both widths.
pub(crate) fn losses<'m>(index: &Index<'m>, class: &'m Class) -> String {
    let [compressed, full] = Width::ALL.map(|w| View::new(index, class, w).losses());
    let parts: Vec<String> = [
        ("padding", pair(compressed, full, |l| l.padding)),
        ("holes", pair(compressed, full, |l| l.holes)),
        ("tail rounding", pair(compressed, full, |l| l.rounding)),
    ]
    .into_iter()
    .filter(|(_, n)| n.compressed + n.full > 0)
    .map(|(what, n)| format!("{n} {what}"))
    .collect();
    let total = pair(compressed, full, Losses::total);
    match parts.as_slice() {
        [] => "none".to_owned(),
        [one] => one.replacen(&total.to_string(), &bytes(total), 1),
        many => format!("{} ({})", bytes(total), many.join(", ")),
    }
}

fn pair(compressed: Losses, full: Losses, part: impl Fn(Losses) -> u32) -> PerWidth {
    PerWidth { compressed: part(compressed), full: part(full) }
}

/// A letter for each tagged word as the collector sees it, and one with a star for all elements: `MIS*`.
pub(crate) fn collector(view: &View<'_>) -> String {
    let mut letters: String = view.words().iter().map(|(role, _)| role.letter()).collect();
    if let Some(tail) = &view.class.tail {
        letters.push(element_role(tail).letter());
        letters.push('*');
    }
    letters
}

/// What the collector sees in each element.
pub(crate) fn element_role(tail: &Tail) -> Role {
    if tail.holds.is_tagged() { collector_role(Role::of_kind(&tail.holds)) } else { Role::Raw }
}

/// How many cache lines the fixed part touches if the object begins on one.
pub(crate) fn cache_lines(class: &Class) -> PerWidth {
    let lines = |bytes: u32| bytes.div_ceil(CACHE_LINE);
    PerWidth { compressed: lines(class.instance_size.compressed), full: lines(class.instance_size.full) }
}

/// The range of bits, high to low: `5:2`, `7`.
pub(crate) fn bit_range(shift: u32, size: u32) -> String {
    if size == 1 { shift.to_string() } else { format!("{}:{shift}", shift + size - 1) }
}

/// The kind of a field of a bit field.
pub(crate) fn meaning(meaning: &Meaning) -> &str {
    match meaning {
        Meaning::Bool => "bool",
        Meaning::Unsigned => "unsigned",
        Meaning::Signed => "signed",
        Meaning::Enum { .. } => "enum",
        Meaning::Nested { bitfield } => bitfield,
        Meaning::Gap => "gap",
    }
}

/// `Host = 0, Eval = 1`; nothing unless it is an enum.
pub(crate) fn values(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Enum { values } => {
            values.iter().map(|v| format!("{} = {}", v.name, v.value)).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// The mask of some bits, in place.
pub(crate) fn mask(shift: u32, size: u32) -> u64 {
    let ones = if size >= 64 { u64::MAX } else { (1 << size) - 1 };
    ones.checked_shl(shift).unwrap_or(0)
}

/// Bits of a storage that no field covers, as runs of `(shift, size)`.
pub(crate) fn unused_bits(bits: &crate::model::Bitfield) -> Vec<(u32, u32)> {
    let mut runs = Vec::new();
    let mut end = 0;
    for field in &bits.fields {
        if field.shift > end {
            runs.push((end, field.shift - end));
        }
        end = field.shift + field.size;
    }
    if bits.storage_bits > end {
        runs.push((end, bits.storage_bits - end));
    }
    runs
}

/// Whether a cache line begins inside this field or at its start, under `width`.
pub(crate) fn line_break(placed: &Placed<'_>, width: Width) -> Option<u32> {
    let (start, size) = (placed.field.offset.get(width), placed.field.size.get(width));
    let line = start.next_multiple_of(CACHE_LINE);
    (size > 0 && line > 0 && line < start + size).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn losses_read_well() {
        let model = model();
        let index = Index::new(&model);
        let losses = |id| losses(&index, index.class(id).unwrap());
        assert_eq!(losses("Script"), "none");
        assert_eq!(losses("Map"), "0 / 4 bytes padding");
        assert_eq!(losses("Sloppy"), "5 / 13 bytes (3 / 7 padding, 2 / 6 tail rounding)");
    }

    #[test]
    fn masks_and_unused_bits() {
        assert_eq!(mask(60, 4), 0xF000_0000_0000_0000);
        assert_eq!(mask(0, 64), u64::MAX);
        let model = model();
        let flags = Index::new(&model).bitfield("ScriptFlags").unwrap().clone();
        assert_eq!(unused_bits(&flags), [(14, 17)]);
        assert_eq!(bit_range(3, 4), "6:3");
    }
}
