//! Short phrases that several renderers share.

use crate::index::Index;
use crate::model::{
    Access, Admits, Bits, Class, Holds, InstanceTypeOrder, Length, Meaning, Model, PerWidth, Struct, Tail, Value, Width,
};
use crate::rows::Row;
use crate::view::{CACHE_LINE, Losses, Role, View};
use std::fmt::Write as _;

/// `1 byte`, `2 bytes`, `4 / 8 bytes`.
pub(crate) fn bytes(bytes: PerWidth) -> String {
    let unit = if bytes == (PerWidth { compressed: 1, full: 1 }) { "byte" } else { "bytes" };
    format!("{bytes} {unit}")
}

/// Which pointers a drawing is for: `compressed pointers`, `both pointer widths`.
pub(crate) const fn pointers(width: Width, same: bool) -> &'static str {
    match width {
        _ if same => "both pointer widths",
        Width::Compressed => "compressed pointers",
        Width::Full => "full pointers",
    }
}

/// At most `longest` characters of a text; `mark` is the last one if some are missing.
pub(crate) fn cut(text: &str, longest: usize, mark: char) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain([mark]).collect()
}

/// The first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The kind of a field in one or two words.
pub(crate) fn kind(role: Role, holds: &Holds) -> &'static str {
    match holds {
        Holds::SmiBits { .. } => "smi bits",
        Holds::Bits { .. } => "raw bits",
        Holds::External { .. } => "external",
        Holds::Struct { .. } => "struct",
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

/// What is noted of a weak field that closes up when its referent dies.
pub(crate) fn splice(link: &str) -> String {
    format!("splices {link}")
}

/// What kind of struct it is.
pub(crate) const fn sort(layout: &Struct) -> &'static str {
    if layout.is_ephemeron { "ephemeron" } else { "struct" }
}

/// The name of an alternative, without its module.
pub(crate) fn admits_name(admits: &Admits) -> &str {
    match admits {
        Admits::Any => "Any",
        Admits::Smi => "Smi",
        Admits::None => "nil",
        Admits::Class(id) | Admits::Weak(id) => id.rsplit("::").next().unwrap_or(id),
    }
}

/// `abstract`, `open`, `instance type 204`, `instance types 205–214`, `copy`, `align = double`.
pub(crate) fn qualities(class: &Class) -> Vec<String> {
    let mut words = Vec::new();
    if class.is_abstract {
        words.push("abstract".to_owned());
    } else if class.is_open {
        words.push("open".to_owned());
    }
    words.extend(class.instance_type.map(|number| format!("instance type {number}")));
    words.extend(class.instance_types.map(|(first, last)| format!("instance types {first}–{last}")));
    words.extend(class.instance_type_order.map(|order| match order {
        InstanceTypeOrder::Lowest => "lowest instance type".to_owned(),
        InstanceTypeOrder::Highest => "highest instance type".to_owned(),
    }));
    if class.is_copy {
        words.push("copy".to_owned());
    }
    if !class.align.is_word() {
        words.push(format!("align = {}", class.align.name()));
    }
    words
}

/// The numbers of a class and of those below it, stars after those that declarations fix: `204*`, `1057* in 1040–1058`.
/// Nothing if the model knows none.
pub(crate) fn instance_types(class: &Class) -> Option<String> {
    let star = |fixed: bool| if fixed { "*" } else { "" };
    let own = class.instance_type.or(class.assigned_instance_type);
    let range = class.instance_types.or(class.assigned_instance_types);
    let own = own.map(|number| format!("{number}{}", star(class.instance_type.is_some())));
    let range = range
        .filter(|(first, last)| own.is_none() || first != last || class.instance_types.is_some())
        .map(|(first, last)| format!("{first}–{last}{}", star(class.instance_types.is_some())));
    match (own, range) {
        (Some(own), Some(range)) => Some(format!("{own} in {range}")),
        (own, range) => own.or(range),
    }
}

/// Whether the model knows numbers of any class.
pub(crate) fn has_instance_types(model: &Model) -> bool {
    model.classes.iter().any(|c| instance_types(c).is_some())
}

/// Where the numbers come from and what the stars mean, if there are any.
pub(crate) fn instance_types_legend(model: &Model) -> Option<String> {
    let assigned =
        model.classes.iter().any(|c| c.assigned_instance_type.is_some() || c.assigned_instance_types.is_some());
    let fixed = model.classes.iter().any(|c| c.instance_type.is_some() || c.instance_types.is_some());
    let mut legend = match (fixed, assigned) {
        (false, false) => return None,
        (true, false) => "* instance types that a declaration fixes".to_owned(),
        (true, true) => "* instance types that a declaration fixes; the others".to_owned(),
        (false, true) => "Instance types".to_owned(),
    };
    if assigned {
        let crates: Vec<&str> = model.crates.iter().map(|c| c.name.as_str()).collect();
        let _ = write!(legend, " are those of an isolate with exactly these crates: {}", crates.join(", "));
    }
    Some(legend)
}

/// `abstract` or `open`.
pub(crate) fn openness(class: &Class) -> &'static str {
    match (class.is_abstract, class.is_open) {
        (true, _) => "abstract",
        (false, true) => "open",
        (false, false) => "",
    }
}

/// What an instance takes: `28 / 56 bytes`, or header, elements and optional fields.
pub(crate) fn size(class: &Class) -> String {
    if class.tails.is_empty() {
        return if class.is_abstract {
            format!("fields end at {}", class.header_size)
        } else {
            bytes(class.instance_size)
        };
    }
    let tails = class.tails.iter().map(|tail| match &tail.length {
        Length::Condition(condition) => format!(" + ({} if {condition})", tail.element_size),
        _ => format!(" + {} × {}", factor(&tail.length), tail.element_size),
    });
    bytes(class.header_size) + &tails.collect::<String>()
}

/// The same in a list of classes: several tails are counted.
pub(crate) fn size_in_list(class: &Class) -> String {
    match class.tails.as_slice() {
        [] | [Tail { length: Length::Field(_), .. }] => size(class),
        tails => format!("{} + {}", bytes(class.header_size), tail_count(tails)),
    }
}

/// `2 tails, 3 optional fields`.
pub(crate) fn tail_count(tails: &[Tail]) -> String {
    let optional = tails.iter().filter(|t| t.is_optional()).count();
    let count = |n: usize, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{n} {one}s")),
    };
    let parts = [count(tails.len() - optional, "tail"), count(optional, "optional field")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A length as the factor of a product.
pub(crate) fn factor(length: &Length) -> String {
    let text = length.text();
    let is_one_word = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '(' | ')'));
    if is_one_word { text.to_owned() } else { format!("({text})") }
}

/// What a row says of its number beside its type: `elements: a * 2`, `only if flags.has_name()`.
pub(crate) fn presence(length: &Length) -> (&'static str, &str) {
    match length {
        Length::Field(text) | Length::Expression(text) => ("elements:", text),
        Length::Condition(text) => ("only if", text),
    }
}

/// A few characters for the size of a class, for lists.
pub(crate) fn short_size(class: &Class) -> String {
    match (class.tails.is_empty(), class.is_abstract) {
        (false, _) => format!("{}+", class.header_size),
        (true, true) => String::new(),
        (true, false) => class.instance_size.to_string(),
    }
}

/// The losses of a class in words, for both widths.
pub(crate) fn losses<'m>(index: &Index<'m>, class: &'m Class) -> String {
    let [compressed, full] = Width::ALL.map(|w| View::new(index, class, w).losses());
    let parts: Vec<String> = [
        ("padding", pair(compressed, full, |l| l.padding)),
        ("holes", pair(compressed, full, |l| l.holes)),
        ("rounding", pair(compressed, full, |l| l.rounding)),
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

/// A letter for each tagged word as the collector sees it, a star after those of elements, a question mark after those of
/// optional fields: `MIS*`, `MI(SIE)*S?`.
pub(crate) fn collector(view: &View<'_>) -> String {
    let letters = |words: Vec<(Role, String)>| words.iter().map(|(role, _)| role.letter()).collect::<String>();
    let mut all = letters(view.words());
    for tail in &view.tails {
        let letters = letters(tail.words(view.width));
        all.push_str(&if letters.len() > 1 { format!("({letters})") } else { letters });
        all.push(if tail.tail.is_optional() { '?' } else { '*' });
    }
    if all.contains(Role::MaybeWeak.letter()) {
        all.push_str(" (E: strong or weak)");
    }
    all
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

/// The kind of a field of a bit field: `bool`, `4 × enum, 2 bits each`.
pub(crate) fn bits_kind(bits: &Bits) -> String {
    in_array(bits, bits_value_kind(bits))
}

/// The kind of a value in a bit field, or of an element of an array.
fn bits_value_kind(bits: &Bits) -> &str {
    match &bits.means {
        Meaning::Bool => "bool",
        Meaning::Unsigned if !bits.flags.is_empty() => "flags",
        Meaning::Unsigned => "unsigned",
        Meaning::Signed => "signed",
        Meaning::Enum { .. } => "enum",
        Meaning::Nested { bitfield } => bitfield,
        Meaning::Gap if bits.ignored => "ignored",
        Meaning::Gap => "gap",
    }
}

/// `kind`, or how often it stands in an array.
pub(crate) fn in_array(bits: &Bits, kind: &str) -> String {
    let Some(len) = bits.len else { return kind.to_owned() };
    let size = bits.size / len.max(1);
    format!("{len} × {kind}, {size} bit{} each", if size == 1 { "" } else { "s" })
}

/// The names that values of a field have, with their bits: of an enum or of flags.
pub(crate) fn named_values(bits: &Bits) -> &[Value] {
    match &bits.means {
        Meaning::Enum { values } => values,
        _ => &bits.flags,
    }
}

/// `Host = 0, Eval = 1`; nothing unless it is an enum or a set of flags.
pub(crate) fn values(bits: &Bits) -> String {
    let values = named_values(bits).iter().map(|v| match bits.flags.is_empty() {
        true => format!("{} = {}", v.name, v.value),
        false => format!("{} = {:#x}", v.name, v.value),
    });
    values.collect::<Vec<_>>().join(", ")
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
pub(crate) fn line_break(row: &Row<'_>, width: Width) -> Option<u32> {
    let (start, size) = (row.offset()?.get(width), row.size.get(width));
    let line = start.next_multiple_of(CACHE_LINE);
    (size > 0 && line > 0 && line < start + size && row.is_leaf()).then_some(line)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_legend_is_of_what_is_there() {
        let mut model = model();
        assert_eq!((instance_types_legend(&model), has_instance_types(&model)), (None, false));
        model.classes[0].assigned_instance_type = Some(7);
        let crates = "an isolate with exactly these crates: heapwright, heapwright_objects";
        assert_eq!(instance_types_legend(&model), Some(format!("Instance types are those of {crates}")));
        model.classes[1].instance_type = Some(8);
        let both = "* instance types that a declaration fixes; the others are those of ";
        assert_eq!(instance_types_legend(&model), Some(format!("{both}{crates}")));
        model.classes[0].assigned_instance_type = None;
        assert_eq!(instance_types_legend(&model).as_deref(), Some("* instance types that a declaration fixes"));
    }

    use super::*;
    use crate::fixture::model;

    #[test]
    fn losses_read_well() {
        let model = model();
        let index = Index::new(&model);
        let losses = |id| losses(&index, index.class(id).unwrap());
        assert_eq!(losses("Script"), "none");
        assert_eq!(losses("Map"), "0 / 4 bytes padding");
        assert_eq!(losses("Sloppy"), "5 / 13 bytes (3 / 7 padding, 2 / 6 rounding)");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("visitor_id", 4, '~'), "vis~");
        assert_eq!(cut("map", 3, '~'), "map");
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

    #[test]
    fn sizes_and_collector_views_of_tails() {
        let model = model();
        let index = Index::new(&model);
        let class = |id| index.class(id).unwrap();
        let seen = |id| collector(&View::new(&index, class(id), Width::Compressed));
        assert_eq!(size(class("FixedArray")), "8 / 16 bytes + length × 4 / 8");
        assert_eq!(seen("FixedArray"), "MIS*");
        let scope = size(class("ScopeInfo"));
        assert_eq!(
            scope,
            "28 / 40 bytes + local_count × 4 / 8 + (local_count * 2) × 4 / 8 + (4 / 8 if flags.has_function_name())"
        );
        assert_eq!(size_in_list(class("ScopeInfo")), "28 / 40 bytes + 2 tails, 1 optional field");
        assert_eq!(seen("ScopeInfo"), "MIIRRRRS*I*S?");
        assert_eq!(seen("DescriptorArray"), "MIR(SIE)* (E: strong or weak)");
    }
}
