//! What happened to bit fields.

use super::{Change, What};
use crate::lock::{Bitfield, Bits, Lock};
use crate::model::{Meaning, Value};
use crate::words::mask;

/// How deep bit fields nest that are looked into; deeper ones are taken to have no zero.
const DEPTH: u32 = 8;

/// Compares a bit field before and after.
pub(super) fn compare(changes: &mut Vec<Change>, old: &Bitfield, (lock, new): (&Lock, &Bitfield)) {
    let storage = |bits: &Bitfield| {
        let word = bits.storage.clone();
        if word == format!("u{}", bits.storage_bits) { word } else { format!("{word} of {} bits", bits.storage_bits) }
    };
    if storage(old) != storage(new) {
        changes.push(What::Storage { from: storage(old), to: storage(new) }.into());
    }
    let is_field = |bits: &&Bits| bits.means != Meaning::Gap;
    let has_name = |fields: &[Bits], name: &str| fields.iter().filter(is_field).any(|b| b.name == name);
    let (olds, news): (Vec<&Bits>, Vec<&Bits>) =
        (old.fields.iter().filter(is_field).collect(), new.fields.iter().filter(is_field).collect());
    let mut taken = Vec::new();
    let mut added = Vec::new();
    for to in &news {
        let by_place = || {
            let same = |from: &&Bits| Bits { name: to.name.clone(), ..(*from).clone() } == **to;
            let free = |from: &&Bits| !has_name(&new.fields, &from.name);
            olds.iter().position(|from| free(from) && same(from))
        };
        let of_name = olds.iter().enumerate().position(|(place, from)| from.name == to.name && !taken.contains(&place));
        match of_name.or_else(by_place).filter(|place| !taken.contains(place)) {
            Some(place) => {
                taken.push(place);
                field(changes, olds[place], to);
            }
            None => added.push(*to),
        }
    }
    let ignored = |bits: &Bitfield| -> u64 {
        bits.fields.iter().filter(|b| b.means == Meaning::Gap).map(|b| mask(b.shift, b.size)).fold(0, |a, b| a | b)
    };
    for (place, from) in olds.iter().enumerate() {
        if !taken.contains(&place) {
            changes.push(What::BitsRemoved { bits: from.name.clone(), shift: from.shift, size: from.size }.into());
        }
    }
    for to in &added {
        let (shift, size) = (to.shift, to.size);
        let was_ignored = ignored(old) & mask(shift, size) != 0;
        let has_zero = has_zero(lock, to, DEPTH);
        changes.push(What::BitsAdded { bits: to.name.clone(), shift, size, has_zero, was_ignored }.into());
    }
    let used = |fields: &[&Bits]| fields.iter().map(|b| mask(b.shift, b.size)).fold(0, |a, b| a | b);
    for (mask, now) in
        [(ignored(old) & !ignored(new) & !used(&news), false), (ignored(new) & !ignored(old) & !used(&olds), true)]
    {
        if mask != 0 {
            changes.push(What::Ignored { mask, now }.into());
        }
    }
}

/// Whether zero is a value of the field.
fn has_zero(lock: &Lock, bits: &Bits, depth: u32) -> bool {
    match &bits.means {
        Meaning::Enum { values } => values.iter().any(|v| v.value == 0),
        Meaning::Nested { bitfield } => {
            let nested = lock.bitfields.get(bitfield).filter(|_| depth > 0);
            nested.is_some_and(|b| b.fields.iter().all(|f| has_zero(lock, f, depth - 1)))
        }
        _ => true,
    }
}

fn field(changes: &mut Vec<Change>, old: &Bits, new: &Bits) {
    if old == new {
        return;
    }
    let name = || new.name.clone();
    if old.name != new.name {
        changes.push(What::BitsRenamed { from: old.name.clone(), to: name() }.into());
    }
    if (old.shift, old.size) != (new.shift, new.size) {
        let (from, to) = ((old.shift, old.size), (new.shift, new.size));
        changes.push(What::BitsMoved { bits: name(), from, to }.into());
    }
    let (from, to) = (meaning(old), meaning(new));
    if from != to {
        changes.push(What::BitsMeaning { bits: name(), from, to }.into());
        return;
    }
    values(changes, &new.name, named(old), named(new));
}

fn named(bits: &Bits) -> &[Value] {
    if let Meaning::Enum { values } = &bits.means { values } else { &bits.flags }
}

fn meaning(bits: &Bits) -> String {
    let kind = match &bits.means {
        Meaning::Bool => "bool",
        Meaning::Unsigned if bits.flags.is_empty() => "unsigned",
        Meaning::Unsigned => "flags",
        Meaning::Signed => "signed",
        Meaning::Enum { .. } => "enum",
        Meaning::Nested { bitfield } => bitfield,
        Meaning::Gap => "gap",
    };
    bits.len.map_or(kind.to_owned(), |len| format!("an array of {len} {kind}"))
}

fn values(changes: &mut Vec<Change>, bits: &str, old: &[Value], new: &[Value]) {
    let bits = || bits.to_owned();
    let of_name = |values: &[Value], name: &str| values.iter().find(|v| v.name == name).map(|v| v.value);
    for Value { name, value } in old {
        match of_name(new, name) {
            Some(to) if to != *value => {
                changes.push(What::ValueMoved { bits: bits(), value: name.clone(), from: *value, to }.into());
            }
            Some(_) => {}
            // A name that is new for the same pattern.
            None => match new.iter().find(|v| v.value == *value && of_name(old, &v.name).is_none()) {
                Some(to) => {
                    changes.push(What::ValueRenamed { bits: bits(), from: name.clone(), to: to.name.clone() }.into());
                }
                None => {
                    changes.push(What::ValueRemoved { bits: bits(), value: name.clone(), number: *value }.into());
                }
            },
        }
    }
    for Value { name, value } in new.iter().filter(|v| of_name(old, &v.name).is_none()) {
        let is_rename = old.iter().any(|v| v.value == *value && of_name(new, &v.name).is_none());
        if !is_rename {
            changes.push(What::ValueAdded { bits: bits(), value: name.clone(), number: *value }.into());
        }
    }
}
