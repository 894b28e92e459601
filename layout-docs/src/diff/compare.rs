//! What is new, gone, renamed; what happened to a class or a struct as a whole.

use super::{Change, Entry, Item, What, bits, members};
use crate::lock::{Bitfield, Class, Field, Lock, Renames, Struct, Tail, last_segment, map_ids};
use crate::model::{Holds, InstanceTypeOrder, Meaning, PerWidth};
use std::collections::{BTreeMap, BTreeSet};

/// All that differs.
pub(super) fn entries(old: &Lock, new: &Lock) -> Vec<Entry> {
    let classes = renames(&old.classes, &new.classes, class_shape, |c| c.fields.len() + c.tails.len() > 0);
    let structs = renames(&old.structs, &new.structs, struct_shape, |s| !s.fields.is_empty());
    let bitfields = renames(&old.bitfields, &new.bitfields, bitfield_shape, |b| !b.fields.is_empty());
    let old = &old.renamed(&classes, &structs, &bitfields);
    let mut entries: Vec<Entry> = Vec::new();
    for (id, from, to) in pairs(&old.classes, &new.classes) {
        let mut entry = Entry::new(Item::Class, id, &classes, from.map(class_size), to.map(class_size));
        match (from, to) {
            (Some(from), Some(to)) if from == to => {}
            (Some(from), Some(to)) => class(&mut entry.changes, (old, from), (new, to)),
            (None, Some(to)) => {
                let parent_was_leaf =
                    to.parent.as_ref().and_then(|p| old.classes.get(p)).is_some_and(|p| !p.is_open && !p.is_abstract);
                entry.changes.push(What::Added { parent: to.parent.clone(), parent_was_leaf }.into());
            }
            _ => entry.changes.push(What::Removed.into()),
        }
        entries.push(entry);
    }
    // Parents, which are causes, before their children.
    let path = |id: &str| {
        let lock = if new.classes.contains_key(id) { new } else { old };
        let mut path: Vec<&str> =
            lock.classes.get_key_value(id).map_or(Vec::new(), |(id, _)| lock.lineage(id).collect());
        path.reverse();
        path
    };
    entries.sort_by_cached_key(|entry| path(&entry.id).join("\0"));
    for (id, from, to) in pairs(&old.structs, &new.structs) {
        let mut entry = Entry::new(Item::Struct, id, &structs, from.map(|s| s.size), to.map(|s| s.size));
        match (from, to) {
            (Some(from), Some(to)) if from == to => {}
            (Some(from), Some(to)) => struct_(&mut entry.changes, (old, from), (new, to)),
            (None, _) => entry.changes.push(What::Added { parent: None, parent_was_leaf: false }.into()),
            _ => entry.changes.push(removed_part()),
        }
        entries.push(entry);
    }
    for (id, from, to) in pairs(&old.bitfields, &new.bitfields) {
        let mut entry = Entry::new(Item::Bitfield, id, &bitfields, None, None);
        match (from, to) {
            (Some(from), Some(to)) if from == to => {}
            (Some(from), Some(to)) => bits::compare(&mut entry.changes, from, (new, to)),
            (None, _) => entry.changes.push(What::Added { parent: None, parent_was_leaf: false }.into()),
            _ => entry.changes.push(removed_part()),
        }
        entries.push(entry);
    }
    entries.retain(|entry| !entry.changes.is_empty());
    entries
}

/// A struct or a bit field that no class holds any more: its holders say what that means.
fn removed_part() -> Change {
    Change { what: What::Removed, breaks: &[] }
}

impl Entry {
    fn new(item: Item, id: &str, renames: &Renames, before: Option<PerWidth>, after: Option<PerWidth>) -> Entry {
        let was = renames.iter().find(|(_, to)| *to == id).map(|(from, _)| from.clone());
        let changes = was.iter().map(|from| What::Renamed { from: from.clone() }.into()).collect();
        Entry { item, id: id.to_owned(), was, before, after, changes }
    }
}

/// Both states of everything, by name.
fn pairs<'l, T>(
    old: &'l BTreeMap<String, T>,
    new: &'l BTreeMap<String, T>,
) -> impl Iterator<Item = (&'l str, Option<&'l T>, Option<&'l T>)> {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    ids.into_iter().map(|id| (id.as_str(), old.get(id), new.get(id)))
}

/// Whether what is gone is what has come.
type Fits<'a, T> = &'a dyn Fn((&String, &T), (&String, &T)) -> bool;

/// What is in one state only and evidently has another name in the other one. Each step takes what is left by those
/// before it, and only what fits nothing else.
fn renames<T, S: PartialEq>(
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    shape: impl Fn(&T) -> S,
    has_content: impl Fn(&T) -> bool,
) -> Renames {
    let mut gone: Vec<_> = old.iter().filter(|(id, _)| !new.contains_key(*id)).collect();
    let mut come: Vec<_> = new.iter().filter(|(id, _)| !old.contains_key(*id)).collect();
    let mut renames = Renames::new();
    let same_name = |a: &str, b: &str| last_segment(a) == last_segment(b);
    let fits: [Fits<'_, T>; 3] = [
        &|(a, from), (b, to)| same_name(a, b) && shape(from) == shape(to),
        &|(a, _), (b, _)| same_name(a, b),
        &|(_, from), (_, to)| has_content(from) && shape(from) == shape(to),
    ];
    for fits in fits {
        let only = |from: (&String, &T)| -> Option<String> {
            let mut all = come.iter().filter(|to| fits(from, **to));
            let to = all.next().filter(|_| all.next().is_none())?;
            (gone.iter().filter(|from| fits(**from, *to)).count() == 1).then(|| to.0.clone())
        };
        let found: Vec<_> = gone.iter().filter_map(|from| Some((from.0.clone(), only(*from)?))).collect();
        gone.retain(|(id, _)| found.iter().all(|(from, _)| from != *id));
        come.retain(|(id, _)| found.iter().all(|(_, to)| to != *id));
        renames.extend(found);
    }
    renames
}

/// A class without what a rename of another class would change.
fn class_shape(class: &Class) -> Class {
    let tails = class.tails.iter().map(|t| Tail { holds: kind(&t.holds), ..t.clone() }).collect();
    Class { parent: None, fields: fields_shape(&class.fields), tails, ..class.clone() }
}

fn struct_shape(layout: &Struct) -> Struct {
    Struct { fields: fields_shape(&layout.fields), ..layout.clone() }
}

fn fields_shape(fields: &[Field]) -> Vec<Field> {
    fields.iter().map(|f| Field { holds: kind(&f.holds), ..f.clone() }).collect()
}

fn kind(holds: &Holds) -> Holds {
    let nobody = |_: &str| String::new();
    map_ids(holds, &nobody, &nobody, &nobody)
}

fn bitfield_shape(bits: &Bitfield) -> Bitfield {
    let mut bits = bits.clone();
    for field in &mut bits.fields {
        if let Meaning::Nested { bitfield } = &mut field.means {
            bitfield.clear();
        }
    }
    bits
}

fn class_size(class: &Class) -> PerWidth {
    if class.is_abstract || !class.tails.is_empty() { class.header_size } else { class.instance_size }
}

fn class(changes: &mut Vec<Change>, (old_lock, old): (&Lock, &Class), (new_lock, new): (&Lock, &Class)) {
    let mut add = |what: What| changes.push(what.into());
    if old.parent != new.parent {
        add(What::Parent { from: old.parent.clone(), to: new.parent.clone() });
    }
    if old.is_abstract != new.is_abstract {
        add(What::Abstract { now: new.is_abstract });
    }
    if old.is_open != new.is_open {
        add(What::Open { now: new.is_open });
    }
    if old.instance_type != new.instance_type {
        add(What::InstanceType { from: old.instance_type, to: new.instance_type });
    }
    if old.instance_types != new.instance_types {
        add(What::InstanceTypes { from: old.instance_types, to: new.instance_types });
    }
    if old.instance_type_order != new.instance_type_order {
        let name = |order: Option<InstanceTypeOrder>| {
            order.map(|order| if order == InstanceTypeOrder::Lowest { "first" } else { "last" })
        };
        add(What::InstanceTypeOrder { from: name(old.instance_type_order), to: name(new.instance_type_order) });
    }
    if old.align != new.align {
        add(What::Align { from: old.align.name(), to: new.align.name() });
    }
    let has_tails = !old.tails.is_empty() || !new.tails.is_empty();
    let is_never_made = old.is_abstract && new.is_abstract;
    if !has_tails && !is_never_made && old.instance_size != new.instance_size {
        add(What::Size { from: old.instance_size, to: new.instance_size });
    } else if old.header_size != new.header_size && (has_tails || old.is_open || old.is_abstract) {
        add(What::End { from: old.header_size, to: new.header_size, has_tails });
    }
    let (from, to) = (old_lock.end_of(old.parent.as_deref()), new_lock.end_of(new.parent.as_deref()));
    let above = members::Above { from, to, name: new.parent.as_deref() };
    let renamed = members::fields(changes, (old_lock, &old.fields), (new_lock, &new.fields), &above);
    members::tails(changes, &old.tails, (new_lock, &new.tails), &renamed);
}

fn struct_(changes: &mut Vec<Change>, (old_lock, old): (&Lock, &Struct), (new_lock, new): (&Lock, &Struct)) {
    if old.is_tagged != new.is_tagged {
        changes.push(What::Tagged { now: new.is_tagged }.into());
    }
    if old.is_ephemeron != new.is_ephemeron {
        changes.push(What::Ephemeron { now: new.is_ephemeron }.into());
    }
    if old.size != new.size {
        changes.push(What::Size { from: old.size, to: new.size }.into());
    }
    let above = members::Above { from: PerWidth::default(), to: PerWidth::default(), name: None };
    members::fields(changes, (old_lock, &old.fields), (new_lock, &new.fields), &above);
}
