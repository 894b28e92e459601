//! A real object, ready to be drawn over its layout: cells of bytes with names and values.

use crate::index::Index;
use crate::model::{LiveKind, LiveObject, LivePart, LiveReference};
use crate::view::Role;

/// The bytes of an object in the order in which they are drawn.
pub(crate) enum Block<'m> {
    /// Bytes one after the other.
    Bytes(Vec<OverlayCell<'m>>),
    /// Elements that are left out.
    Elided(&'m LivePart),
}

/// A run of bytes with a name and a value: a part of the object, or several elements of one byte each.
pub(crate) struct OverlayCell<'m> {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) label: String,
    pub(crate) role: Role,
    /// Nothing for bytes that the model does not have.
    pub(crate) bytes: Vec<Option<u8>>,
    /// The value in a few words.
    pub(crate) value: String,
    /// The value of each byte, where elements have one byte.
    pub(crate) each: Option<Vec<String>>,
    pub(crate) part: &'m LivePart,
}

impl OverlayCell<'_> {
    pub(crate) fn bytes_from(&self, from: u64, to: u64) -> &[Option<u8>] {
        &self.bytes[(from - self.start) as usize..(to - self.start) as usize]
    }

    /// The values of the bytes of a piece, one for each, where elements have one byte.
    pub(crate) fn each_from(&self, from: u64, to: u64) -> Option<&[String]> {
        self.each.as_ref().map(|each| &each[(from - self.start) as usize..(to - self.start) as usize])
    }
}

pub(crate) fn role(kind: LiveKind) -> Role {
    match kind {
        LiveKind::Map => Role::Map,
        LiveKind::Strong => Role::Strong,
        LiveKind::Weak => Role::Weak,
        LiveKind::MaybeWeak => Role::MaybeWeak,
        LiveKind::Smi => Role::Smi,
        LiveKind::SmiBits | LiveKind::Bits => Role::Bits,
        LiveKind::Raw | LiveKind::External | LiveKind::Elided => Role::Raw,
        LiveKind::Padding | LiveKind::Rounding => Role::Padding,
    }
}

/// The kind in words: `f64`, `smi bits`.
pub(crate) fn kind(part: &LivePart) -> &str {
    match part.kind {
        LiveKind::SmiBits => "smi bits",
        LiveKind::Bits => "raw bits",
        LiveKind::External => "external",
        LiveKind::Rounding => "rounding",
        LiveKind::Elided => "not shown",
        LiveKind::Raw => part.primitive.as_deref().unwrap_or("raw"),
        kind => role(kind).name(),
    }
}

/// The bytes of an object, cut where elements are left out.
pub(crate) fn blocks<'m>(index: &Index<'m>, object: &'m LiveObject) -> Vec<Block<'m>> {
    let mut blocks = Vec::new();
    let mut cells = Vec::new();
    let mut rest = object.parts.as_slice();
    while let [part, ..] = rest {
        if part.kind == LiveKind::Elided {
            if !cells.is_empty() {
                blocks.push(Block::Bytes(core::mem::take(&mut cells)));
            }
            blocks.push(Block::Elided(part));
            rest = &rest[1..];
            continue;
        }
        let run = rest.iter().take_while(|other| is_byte_element(other) && other.field == part.field).count().max(1);
        cells.push(cell(index, &rest[..run]));
        rest = &rest[run..];
    }
    if !cells.is_empty() {
        blocks.push(Block::Bytes(cells));
    }
    blocks
}

fn is_byte_element(part: &LivePart) -> bool {
    part.kind == LiveKind::Raw && part.size == 1 && part.index.is_some() && part.inner.is_none()
}

/// One part, or a run of elements of one byte.
fn cell<'m>(index: &Index<'m>, parts: &'m [LivePart]) -> OverlayCell<'m> {
    let (first, last) = (&parts[0], &parts[parts.len() - 1]);
    let known = |part: &LivePart| match part.byte_values() {
        Some(bytes) => bytes.into_iter().map(Some).collect(),
        None => vec![None; part.size as usize],
    };
    let mut cell = OverlayCell {
        start: first.offset,
        end: last.offset + last.size,
        label: first.label(),
        role: role(first.kind),
        bytes: parts.iter().flat_map(known).collect(),
        value: value(index, first),
        each: None,
        part: first,
    };
    if let (Some(from), Some(to), true) = (first.index, last.index, is_byte_element(first)) {
        if to > from {
            cell.label = format!("{}[{from}..={to}]", first.field);
        }
        let is_text = first.primitive.as_deref() == Some("u8") && cell.bytes.iter().all(|b| b.is_some_and(is_print));
        let each = parts.iter().zip(&cell.bytes).map(|(part, byte)| match byte {
            Some(byte) if is_text => char::from(*byte).to_string(),
            _ => part.value.clone(),
        });
        let each: Vec<String> = each.collect();
        cell.value = if is_text { format!("{:?}", each.concat()) } else { each.join(", ") };
        cell.each = Some(each);
    }
    cell
}

fn is_print(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// What a part holds, in a few words: `#3 Shape`, `weak #4 "name"`, `{ kind: Host, level: 3 }`.
pub(crate) fn value(index: &Index<'_>, part: &LivePart) -> String {
    if let Some(reference) = &part.refers_to {
        let weak = if reference.is_weak { "weak " } else { "" };
        return format!("{weak}{} {}", reference.address, referent(index, part, reference));
    }
    if part.bits.is_empty() {
        return part.value.clone();
    }
    part.bits.iter().map(|bits| format!("{}: {}", bits.name, bits.value)).collect::<Vec<_>>().join(", ")
}

/// What a reference refers to: what is known of it, else its class.
pub(crate) fn referent(index: &Index<'_>, part: &LivePart, reference: &LiveReference) -> String {
    if part.value.is_empty() { class_name(index, &reference.class).to_owned() } else { part.value.clone() }
}

/// The name of a class, which the model may lack.
pub(crate) fn class_name<'a>(index: &Index<'a>, id: &'a str) -> &'a str {
    index.class(id).map_or_else(|| id.rsplit("::").next().unwrap_or(id), |class| class.name.as_str())
}

/// The object of the model that a part of `from` refers to: its place in `Model::objects`.
pub(crate) fn target(index: &Index<'_>, from: &LiveObject, reference: &LiveReference) -> Option<usize> {
    index.object(from, &reference.address)
}

/// The anchor of an object: its place in the model, counted from 1.
pub(crate) fn anchor(place: usize) -> String {
    format!("object.{}", place + 1)
}

/// `28 bytes, #1 in old_space, compressed pointers`.
pub(crate) fn facts(object: &LiveObject) -> String {
    let age = if object.is_young { " (young)" } else { "" };
    let LiveObject { size, address, space, width, .. } = object;
    format!("{size} bytes, {address} in {}{age}, {} pointers", one_line(space), width.name())
}

/// What is said where bytes are not drawn.
pub(crate) const OMITTED: &str = "bytes that differ from run to run are left out: addresses and padding";

/// Whether bytes of the object that could be drawn are not in the model.
pub(crate) fn omits_bytes(object: &LiveObject) -> bool {
    object.parts.iter().any(|part| part.bytes.is_none() && part.kind != LiveKind::Elided)
}

/// Bits that the model's bytes of a part have at a place, as digits from high to low.
pub(crate) fn binary(part: &LivePart, shift: u32, size: u32) -> Option<String> {
    let bytes = part.byte_values()?;
    let mut all = [0; 8];
    let count = bytes.len().min(8);
    all[..count].copy_from_slice(&bytes[..count]);
    let mut word = u64::from_le_bytes(all);
    if part.kind == LiveKind::SmiBits {
        word = (word >> smi_shift(part)) & 0x7fff_ffff;
    }
    Some((shift..shift + size).rev().map(|bit| if word >> bit & 1 == 1 { '1' } else { '0' }).collect())
}

/// Where the integer of a Smi begins in its word.
fn smi_shift(part: &LivePart) -> u32 {
    if part.size == 8 { 32 } else { 1 }
}

/// On one line, without characters that a terminal would obey.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A number with its digits in groups of three.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// `1 object`, `2 objects`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share of a total in percent: `12.5%`.
pub(crate) fn share(part: u64, total: u64) -> String {
    if total == 0 { "0.0%".to_owned() } else { format!("{:.1}%", part as f64 * 100.0 / total as f64) }
}
