//! Gives fields their bits: each follows the one before, unless it says where it begins.

use super::model::{Declared, Placed, Storage};
use crate::errors::Errors;

/// The bits `shift` to `end - 1`.
#[derive(Clone, Copy)]
struct Range {
    shift: u32,
    end: u32,
}

impl Range {
    fn overlaps(self, other: Range) -> bool {
        self.shift < other.end && other.shift < self.end
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.end - self.shift {
            1 => write!(f, "bit {}", self.shift),
            _ => write!(f, "bits {} to {}", self.shift, self.end - 1),
        }
    }
}

/// Places the fields and sorts them from bit 0 up. Those beyond the storage are reported, the first of them, and left
/// out; those that overlap are reported and stay where they are.
///
/// `whole` is what messages call the declaration, `spelled` how it names another storage.
pub(super) fn place(
    fields: Vec<Declared>,
    storage: Storage,
    whole: &str,
    spelled: impl Fn(&str) -> String,
    errors: &mut Errors,
) -> Vec<Placed> {
    let mut next = 0;
    let ranges: Vec<Range> = fields
        .iter()
        .map(|field| {
            let shift = field.at.as_ref().map_or(next, |at| at.bit);
            next = shift.saturating_add(field.size);
            Range { shift, end: next }
        })
        .collect();
    reject_too_many(&fields, &ranges, storage, whole, spelled, errors);
    reject_overlaps(&fields, &ranges, storage, errors);
    let mut placed: Vec<Placed> = fields
        .into_iter()
        .zip(ranges)
        .filter(|(_, range)| range.end <= storage.bits())
        .map(|(Declared { size, span, content, .. }, range)| Placed { shift: range.shift, size, span, content })
        .collect();
    placed.sort_by_key(|field| field.shift);
    placed
}

/// Reports the first field that ends beyond the storage: all later ones would only repeat it.
fn reject_too_many(
    fields: &[Declared],
    ranges: &[Range],
    storage: Storage,
    whole: &str,
    spelled: impl Fn(&str) -> String,
    errors: &mut Errors,
) {
    let total = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let Some((field, range)) = fields.iter().zip(ranges).find(|(_, range)| range.end > storage.bits()) else {
        return;
    };
    let (name, excess) = (field.content.name(), total - storage.bits());
    let room = match Storage::for_bits(total) {
        Some(wider) => format!("write `{}`, or narrow some", spelled(wider.word())),
        None => "no storage has so many: split the struct in two".to_owned(),
    };
    let is_explicit = fields.iter().any(|field| field.at.is_some());
    let need = if is_explicit { "The highest field ends after" } else { "All fields need" };
    errors.push(syn::Error::new(
        field.at.as_ref().map_or(field.span, |at| at.span),
        format!(
            "{whole} has {excess} bit(s) too many: {name} would be {range}, but `{}` ends at bit {}. \
             {need} {total} bits: {room}",
            storage.word(),
            storage.bits() - 1,
        ),
    ));
}

/// Reports each field that shares bits with an earlier one. Without `at` there are none.
fn reject_overlaps(fields: &[Declared], ranges: &[Range], storage: Storage, errors: &mut Errors) {
    for (i, (field, range)) in fields.iter().zip(ranges).enumerate() {
        let Some(other) = (0..i).find(|&earlier| ranges[earlier].overlaps(*range)) else { continue };
        let shared = Range { shift: range.shift.max(ranges[other].shift), end: range.end.min(ranges[other].end) };
        let (name, other_name) = (field.content.name(), fields[other].content.name());
        let room = match free_room(field.size, i, ranges, storage) {
            Some(bit) => format!("`at = {bit}` is free"),
            None => format!("No {} bit(s) side by side are free: narrow some field, or widen the storage", field.size),
        };
        let why = if field.at.is_some() { "" } else { ", following the field before it," };
        errors.push(syn::Error::new(
            field.at.as_ref().map_or(field.span, |at| at.span),
            format!("{name} ({range}){why} overlaps {other_name} ({}) in {shared}. {room}", ranges[other]),
        ));
        errors.push(syn::Error::new(fields[other].span, format!("{other_name} is here")));
    }
}

/// The lowest bit from which `size` bits are no other field's.
fn free_room(size: u32, field: usize, ranges: &[Range], storage: Storage) -> Option<u32> {
    let others = || ranges.iter().enumerate().filter(|(i, _)| *i != field).map(|(_, range)| *range);
    let starts = others().map(|range| range.end).chain([0]);
    let is_free = |&shift: &u32| {
        let range = Range { shift, end: shift.saturating_add(size) };
        range.end <= storage.bits() && !others().any(|other| other.overlaps(range))
    };
    starts.filter(is_free).min()
}
