//! What happened to fields and tails.

use super::Change;
use super::changes::{Moved, What, by, difference_in_bytes, is_growth, list};
use crate::lock::{Field, Lock, Tail, holds_text, set_text};
use crate::model::{Access, Admits, Holds, Length, PerWidth};
use std::collections::HashMap;

/// Where the class above ends, before and after.
pub(super) struct Above<'l> {
    pub(super) from: PerWidth,
    pub(super) to: PerWidth,
    pub(super) name: Option<&'l str>,
}

/// New names of fields by old ones.
pub(super) type Renamed = HashMap<String, String>;

/// A field in both states.
type Pair<'l> = (&'l Field, &'l Field);

/// Compares the fields of a class or struct. Returns the names that changed.
pub(super) fn fields(
    changes: &mut Vec<Change>,
    (old_lock, old): (&Lock, &[Field]),
    (new_lock, new): (&Lock, &[Field]),
    above: &Above<'_>,
) -> Renamed {
    let pairs = matched(old, new);
    let mut renamed = Renamed::new();
    for (from, to) in &pairs {
        if from.name != to.name {
            renamed.insert(from.name.clone(), to.name.clone());
            changes.push(What::FieldRenamed { from: from.name.clone(), to: to.name.clone() }.into());
        }
    }
    let is_gone = |field: &&Field| !pairs.iter().any(|(from, _)| core::ptr::eq(*from, *field));
    let is_new = |field: &&Field| !pairs.iter().any(|(_, to)| core::ptr::eq(*to, *field));
    for field in old.iter().filter(is_gone).filter(|f| f.holds != Holds::Padding) {
        let Field { name, holds, offset, size, .. } = field;
        changes.push(
            What::FieldRemoved { field: name.clone(), at: *offset, size: *size, holds: holds_text(holds) }.into(),
        );
    }
    for field in new.iter().filter(is_new).filter(|f| f.holds != Holds::Padding) {
        let Field { name, holds, offset, size, .. } = field;
        let was_padding = was_padding(old, field);
        let (field, holds) = (name.clone(), holds_text(holds));
        changes.push(What::FieldAdded { field, at: *offset, size: *size, holds, was_padding }.into());
    }
    moves(changes, (old_lock, old), (new_lock, new), &pairs, above);
    for (from, to) in &pairs {
        if from.size != to.size {
            changes.push(What::FieldSize { field: to.name.clone(), from: from.size, to: to.size }.into());
        }
        holds(changes, &to.name, &from.holds, (new_lock, &to.holds));
        accessors(changes, &to.name, (from.constant, from.access), (to.constant, to.access));
        let splice = from.splice.as_ref().map(|link| renamed.get(link).unwrap_or(link).clone());
        if splice != to.splice {
            changes.push(What::Splice { field: to.name.clone(), from: splice, to: to.splice.clone() }.into());
        }
    }
    let paddings = |fields: &[Field]| {
        let of = |f: &Field| (f.offset.compressed, f.offset.full, f.size.compressed, f.size.full);
        let mut all: Vec<_> = fields.iter().filter(|f| f.holds == Holds::Padding).map(of).collect();
        all.sort_unstable();
        all
    };
    if changes.is_empty() && paddings(old) != paddings(new) {
        changes.push(What::Padding.into());
    }
    renamed
}

/// The fields that are in both states, in the order of the new one: by name, then by place. Padding is none.
fn matched<'l>(old: &'l [Field], new: &'l [Field]) -> Vec<Pair<'l>> {
    let is_field = |f: &&Field| f.holds != Holds::Padding;
    let by_name: HashMap<&str, &Field> = old.iter().filter(is_field).map(|f| (f.name.as_str(), f)).collect();
    let has_name = |fields: &[Field], name: &str| fields.iter().filter(is_field).any(|f| f.name == name);
    let pair = |to: &'l Field| {
        if let Some(from) = by_name.get(to.name.as_str()) {
            return Some((*from, to));
        }
        let same_place = |from: &&Field| (from.offset, from.size, &from.holds) == (to.offset, to.size, &to.holds);
        let from = old.iter().filter(is_field).filter(|f| !has_name(new, &f.name)).find(same_place)?;
        Some((from, to))
    };
    let mut pairs: Vec<Pair<'l>> = Vec::new();
    for (from, to) in new.iter().filter(is_field).filter_map(pair) {
        if !pairs.iter().any(|(taken, _)| core::ptr::eq(*taken, from)) {
            pairs.push((from, to));
        }
    }
    pairs
}

/// Whether padding was in all the bytes of a new field, under both widths.
fn was_padding(old: &[Field], field: &Field) -> bool {
    use crate::model::Width;
    Width::ALL.into_iter().all(|width| {
        let end = |f: &Field| f.offset.get(width).saturating_add(f.size.get(width));
        let mut at = field.offset.get(width);
        for padding in old.iter().filter(|f| f.holds == Holds::Padding) {
            if (padding.offset.get(width)..end(padding)).contains(&at) {
                at = end(padding);
            }
        }
        at >= end(field)
    })
}

/// Says which fields moved, those that one cause shifts together.
fn moves(
    changes: &mut Vec<Change>,
    (old_lock, old): (&Lock, &[Field]),
    (new_lock, new): (&Lock, &[Field]),
    pairs: &[Pair<'_>],
    above: &Above<'_>,
) {
    let place = |fields: &[Field], field: &Field| fields.iter().position(|f| core::ptr::eq(f, field)).unwrap_or(0);
    let old_places: Vec<usize> = pairs.iter().map(|(from, _)| place(old, from)).collect();
    let moved = |(from, to): &Pair<'_>| Moved { field: to.name.clone(), from: from.offset, to: to.offset };
    if !old_places.is_sorted() {
        let fields: Vec<Moved> = pairs.iter().filter(|(from, to)| from.offset != to.offset).map(moved).collect();
        if !fields.is_empty() {
            changes.push(What::Moved { fields, because: "the order of fields changed".to_owned() }.into());
        }
        return;
    }
    let mut shift = by(above.from, above.to);
    let mut because = match above.name {
        Some(name) if shift != (0, 0) => {
            let word = if is_growth(above.from, above.to) { "grew" } else { "shrank" };
            format!("`{name}`, which it extends, {word} by {}", unsigned(above.from, above.to))
        }
        _ => String::new(),
    };
    let mut group: Vec<Moved> = Vec::new();
    let (mut old_next, mut new_next) = (0, 0);
    let mut resized: Option<Pair<'_>> = None;
    for (pair, old_place) in pairs.iter().zip(old_places) {
        let (from, to) = *pair;
        let new_place = place(new, to);
        let found = by(from.offset, to.offset);
        if found != shift {
            flush(changes, &mut group, &because);
            because = cause(&old[old_next..old_place], &new[new_next..new_place], resized, (old_lock, new_lock), pairs);
            because.push_str(if shift == (0, 0) || found == (0, 0) { "" } else { " as well" });
            shift = found;
        }
        if shift != (0, 0) {
            group.push(moved(pair));
        }
        resized = (from.size != to.size).then_some(*pair);
        (old_next, new_next) = (old_place + 1, new_place + 1);
    }
    flush(changes, &mut group, &because);
}

fn flush(changes: &mut Vec<Change>, group: &mut Vec<Moved>, because: &str) {
    if !group.is_empty() {
        changes.push(What::Moved { fields: core::mem::take(group), because: because.to_owned() }.into());
    }
}

/// Why what follows is shifted otherwise than what is before it.
fn cause(
    old: &[Field],
    new: &[Field],
    resized: Option<Pair<'_>>,
    (old_lock, new_lock): (&Lock, &Lock),
    pairs: &[Pair<'_>],
) -> String {
    let mut causes = Vec::new();
    if let Some((from, to)) = resized {
        let word = if is_growth(from.size, to.size) { "grew" } else { "shrank" };
        let with = match (&from.holds, &to.holds) {
            (Holds::Struct { id: was }, Holds::Struct { id })
                if was == id && old_lock.structs.get(id) != new_lock.structs.get(id) =>
            {
                format!(" with the struct `{id}`")
            }
            _ => String::new(),
        };
        causes.push(format!("`{}` {word} by {}{with}", to.name, unsigned(from.size, to.size)));
    }
    let names = |fields: &[Field], other: fn(&Pair<'_>) -> *const Field| -> Vec<String> {
        let is_alone = |f: &&Field| f.holds != Holds::Padding && pairs.iter().all(|p| !core::ptr::eq(other(p), *f));
        fields.iter().filter(is_alone).map(|f| f.name.clone()).collect()
    };
    for (names, word) in [(names(old, |p| p.0), "removed"), (names(new, |p| p.1), "added")] {
        match names.len() {
            0 => {}
            1 => causes.push(format!("{} was {word} before", list(&names))),
            _ => causes.push(format!("{} were {word} before", list(&names))),
        }
    }
    let padding = |fields: &[Field]| {
        let sizes = fields.iter().filter(|f| f.holds == Holds::Padding).map(|f| f.size);
        sizes.fold((0, 0), |(a, b), s| (a + u64::from(s.compressed), b + u64::from(s.full)))
    };
    if padding(old) != padding(new) {
        causes.push("padding before changed".to_owned());
    }
    if causes.is_empty() { "a hole before changed".to_owned() } else { causes.join(" and ") }
}

/// `4 / 8 bytes`: by how much, without a sign if it is the same under both widths.
fn unsigned(from: PerWidth, to: PerWidth) -> String {
    let text = difference_in_bytes(from, to);
    let (a, b) = by(from, to);
    if a >= 0 && b >= 0 || a <= 0 && b <= 0 { text.replace(['+', '-'], "") } else { text }
}

/// Compares what a field or the elements of a tail hold.
fn holds(changes: &mut Vec<Change>, field: &str, old: &Holds, (lock, new): (&Lock, &Holds)) {
    if old == new {
        return;
    }
    let field = field.to_owned();
    let is_same_kind = core::mem::discriminant(old) == core::mem::discriminant(new);
    if !is_same_kind || old.admits() == new.admits() {
        changes.push(What::Holds { field, from: holds_text(old), to: holds_text(new) }.into());
        return;
    }
    let (from, to) = (old.admits(), new.admits());
    let more = !to.iter().all(|member| covers(lock, from, member));
    let less = !from.iter().all(|member| covers(lock, to, member));
    changes.push(What::Admits { field, from: set_text(from), to: set_text(to), more, less }.into());
}

/// Whether a set has all that `member` stands for.
fn covers(lock: &Lock, set: &[Admits], member: &Admits) -> bool {
    set.iter().any(|has| match (has, member) {
        (Admits::Any, Admits::Any | Admits::Smi | Admits::None | Admits::Class(_)) => true,
        (Admits::Class(above), Admits::Class(id)) | (Admits::Weak(above), Admits::Weak(id)) => {
            lock.lineage(id).any(|class| class == above)
        }
        (has, member) => has == member,
    })
}

fn accessors(changes: &mut Vec<Change>, field: &str, from: (bool, Access), to: (bool, Access)) {
    if from.0 != to.0 {
        changes.push(What::Constant { field: field.to_owned(), now: to.0 }.into());
    }
    if from.1 != to.1 {
        changes.push(What::Access { field: field.to_owned(), from: from.1, to: to.1 }.into());
    }
}

/// Compares what follows the fields.
pub(super) fn tails(changes: &mut Vec<Change>, old: &[Tail], (lock, new): (&Lock, &[Tail]), renamed: &Renamed) {
    let old: Vec<Tail> = old.iter().map(|t| Tail { length: with_names(&t.length, renamed), ..t.clone() }).collect();
    let has_name = |tails: &[Tail], name: &str| tails.iter().any(|t| t.name == name);
    let same_place = |from: &Tail, to: &Tail| Tail { name: to.name.clone(), ..from.clone() } == *to;
    let pair = |(i, to): (usize, &'_ Tail)| -> Option<usize> {
        let by_name = old.iter().position(|from| from.name == to.name);
        let by_place = old.get(i).filter(|from| !has_name(new, &from.name) && same_place(from, to)).map(|_| i);
        by_name.or(by_place)
    };
    let mut pairs: Vec<(&Tail, &Tail)> = Vec::new();
    let mut places = Vec::new();
    for (i, to) in new.iter().enumerate() {
        match pair((i, to)).filter(|place| !places.contains(place)) {
            Some(place) => {
                pairs.push((&old[place], to));
                places.push(place);
            }
            None => {
                let (holds, length) = (holds_text(&to.holds), length_words(&to.length));
                changes.push(What::TailAdded { tail: to.name.clone(), holds, length }.into());
            }
        }
    }
    for (i, from) in old.iter().enumerate() {
        if !places.contains(&i) {
            changes.push(What::TailRemoved { tail: from.name.clone() }.into());
        }
    }
    if !places.is_sorted() {
        let names = |tails: &[Tail]| tails.iter().map(|t| t.name.clone()).collect();
        changes.push(What::TailsReordered { from: names(&old), to: names(new) }.into());
    }
    for (from, to) in pairs {
        let name = to.name.clone();
        if from.name != to.name {
            changes.push(What::FieldRenamed { from: from.name.clone(), to: name.clone() }.into());
        }
        if from.length != to.length {
            let (from, to) = (length_words(&from.length), length_words(&to.length));
            changes.push(What::Length { tail: name.clone(), from, to }.into());
        }
        if from.element_size != to.element_size {
            changes.push(What::FieldSize { field: name.clone(), from: from.element_size, to: to.element_size }.into());
        }
        holds(changes, &name, &from.holds, (lock, &to.holds));
        accessors(changes, &name, (from.constant, from.access), (to.constant, to.access));
    }
}

fn length_words(length: &Length) -> String {
    match length {
        Length::Field(text) | Length::Expression(text) => format!("{text} elements"),
        Length::Condition(text) => format!("only if {text}"),
    }
}

/// A length in which fields have their new names.
fn with_names(length: &Length, renamed: &Renamed) -> Length {
    let name = |word: &str| renamed.get(word).map_or(word, String::as_str).to_owned();
    let words = |text: &str| {
        let (mut out, mut word) = (String::new(), String::new());
        for c in text.chars() {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
            } else {
                out.push_str(&name(&core::mem::take(&mut word)));
                out.push(c);
            }
        }
        out + &name(&word)
    };
    match length {
        Length::Field(field) => Length::Field(name(field)),
        Length::Expression(text) => Length::Expression(words(text)),
        Length::Condition(text) => Length::Condition(words(text)),
    }
}
