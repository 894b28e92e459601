//! Checks what concerns several parts of a declaration and makes a [`Class`] of what is right.

use super::access_words;
use super::model::{Class, Common, Element, Order, Padding, Prim, Slot, Tail, Value, ValueKind};
use super::parse::{Arguments, Declaration, Field, Length, Words};
use super::types::Declared;
use crate::errors::{Errors, did_you_mean};
use crate::names::plain;
use proc_macro2::Ident;
use std::collections::HashMap;

/// More fields than this make a class that nobody can read, and slow compilation down.
const MAX_FIELDS: usize = 62;
/// Tagged fields that come and go with as many different `cfg`s: each doubles the `…Init` structs.
const MAX_CFGS: usize = 3;

/// Names that accessors cannot have, and why.
const RESERVED: &[(&[&str], &str)] = &[
    (
        &["new", "try_new", "try_new_in", "allocate", "try_allocate", "new_reserved", "try_new_reserved", "size_for"],
        "every class has a function of that name",
    ),
    (&["parent"], "the `…Init` struct has a field of that name, for the fields of the class above"),
    (
        &["map", "set_map", "class", "size", "address", "space", "is_instance_of", "write_barrier_mode"],
        "every heap object has a method of that name, which the accessor would hide",
    ),
    (
        &["is", "is_exactly", "cast", "try_cast", "cast_unchecked", "upcast", "as_tagged", "as_heap_object"],
        "every class has a cast of that name, which the accessor would hide",
    ),
];

/// The class. Fields with errors are left out.
pub(super) fn class(declaration: Declaration, errors: &mut Errors) -> Class {
    let Declaration { arguments: Arguments { mut parent, openness, has_factory, observed }, decor, vis, ident, fields } =
        declaration;
    if let Some(path) = parent.take_if(|path| path.is_ident(&ident)) {
        errors.at(path, format!("`{ident}` extends itself: name the class above it, or leave `extends` out"));
    }
    if let Some(field) = fields.get(MAX_FIELDS) {
        errors.at(
            &field.ident,
            format!(
                "a class has at most {MAX_FIELDS} fields of its own, and this one has {}: move some into a class that it extends, \
                 or into an object that a field refers to",
                fields.len()
            ),
        );
    }
    let taken = reject_collisions(&fields, parent.is_some(), errors);
    reject_many_cfgs(&fields, errors);
    let mut slots = Vec::new();
    let mut tail = None;
    let names: Vec<(Ident, bool)> =
        fields.iter().map(|field| (field.ident.clone(), matches!(field.kind, Some(Declared::Tail(_))))).collect();
    for (index, field) in fields.into_iter().enumerate() {
        let Field { decor, vis, ident, written, words, kind } = field;
        if taken[index] == Taken::Field {
            continue;
        }
        let common = Common { decor, vis, ident, written, is_mute: taken[index] == Taken::Accessors };
        match kind {
            Some(Declared::Tail(element)) => {
                if let Some((first, _)) = names[..index].iter().find(|(_, is_tail)| *is_tail) {
                    errors.at(
                        &common.ident,
                        format!(
                            "a second tail `{}`: a class has one, and `{first}` is it. Keep these elements in an object of \
                             their own, which a `Tagged<…>` field refers to",
                            plain(&common.ident)
                        ),
                    );
                    continue;
                }
                let found = Found { slots: &slots, names: &names, followers: &names[index + 1..] };
                let observed = observed || words.observed.is_some();
                tail = self::tail(common, words, element, observed, &found, errors).or(tail);
                continue;
            }
            Some(_) => reject_length(&words, &common.ident, errors),
            None => {}
        }
        match kind {
            Some(Declared::Value(kind)) => {
                let order = order(&words, &kind, errors);
                let more = access_words::more(&words, order, observed, errors);
                slots.push(Slot::Value(Value { common, kind, constant: words.constant.is_some(), order, more }));
            }
            Some(Declared::Padding { bytes, optional }) => {
                access_words::reject_on_padding(&words, errors);
                for attr in [words.constant, words.relaxed, words.acquire_release].into_iter().flatten() {
                    errors.at(attr, "padding holds nothing and has no accessors: remove the attribute");
                }
                slots.push(Slot::Padding(Padding { common, bytes, optional }));
            }
            Some(Declared::Tail(_)) | None => {}
        }
    }
    Class { decor, vis, ident, parent, openness, has_factory, slots, tail }
}

fn order(words: &Words, kind: &ValueKind, errors: &mut Errors) -> Order {
    let mut given = [
        (&words.relaxed, "relaxed", Order::Relaxed),
        (&words.acquire_release, "acquire_release", Order::AcquireRelease),
        (&words.seq_cst, "seq_cst", Order::SeqCst),
    ]
    .into_iter()
    .filter_map(|(attr, word, order)| Some((attr.as_ref()?, word, order)));
    let Some((attr, word, order)) = given.next() else { return Order::Plain };
    let others: Vec<_> = given.collect();
    if !others.is_empty() {
        for (other, second, _) in others {
            errors.at(
                other,
                format!("`#[{second}]` contradicts `#[{word}]`: a field has one memory order. Keep one of them"),
            );
        }
        errors.at(attr, format!("`#[{word}]` is here"));
        return Order::Plain;
    }
    if let ValueKind::Raw(Prim { bytes: 8, word: ty, .. }) = kind {
        let word = format!(
            "`#[{word}]` on `{}`: 8 bytes are not atomic under pointer compression, where fields are aligned to 4. \
             Use a 4-byte type, or a `Tagged` field, or leave the order out",
            ty
        );
        errors.at(attr, word);
        return Order::Plain;
    }
    order
}

/// `#[length]` where there are no elements to count.
fn reject_length(words: &Words, ident: &Ident, errors: &mut Errors) {
    if let Length::Named(attr, length) = &words.length {
        errors.at(
            attr,
            format!("`#[length]` belongs to a tail, and `{ident}` is one value: write `{ident}: [Tagged<Any>]` if `{length}` counts its elements"),
        );
    }
}

/// What a tail is declared among.
struct Found<'a> {
    /// The fields before it that are right.
    slots: &'a [Slot],
    /// All fields, right or wrong, and whether each is a tail.
    names: &'a [(Ident, bool)],
    /// Those after it.
    followers: &'a [(Ident, bool)],
}

/// A tail, if it is the last field and its length is a field that can be.
fn tail(
    common: Common,
    words: Words,
    element: Element,
    observed: bool,
    found: &Found<'_>,
    errors: &mut Errors,
) -> Option<Tail> {
    let name = plain(&common.ident);
    access_words::reject_on_tail(&words, errors);
    for attr in [&words.relaxed, &words.acquire_release].into_iter().flatten() {
        errors.at(attr, "elements of a tail have no memory order of their own (they are read and written whole, relaxed): remove the attribute");
    }
    for cfg in &common.decor.cfgs {
        errors.at(cfg, "a tail cannot come and go with a `cfg`, as the size of all instances hangs on it: put the `cfg` on two whole classes");
    }
    // A second tail is reported where it stands.
    let mut followers: Vec<&Ident> =
        found.followers.iter().filter(|(_, is_tail)| !is_tail).map(|(name, _)| name).collect();
    let has_followers = !followers.is_empty();
    if let Length::Named(_, length) = &words.length
        && let Some(index) = followers.iter().position(|name| *name == length)
    {
        followers.remove(index);
        errors.at(
            length,
            format!("declare `{length}` before `{name}`: elements stand at the object's end, after the field that counts them"),
        );
    }
    if let Some(last) = followers.last() {
        errors.at(
            &common.ident,
            format!("`{name}` has no fixed size, so nothing can follow it, but `{last}` does: move `{name}` to the end, after its length and \
                 all other fields"),
        );
    }
    let length = match words.length {
        Length::Named(_, length) => length,
        Length::Broken => return None,
        Length::Absent => {
            errors.at(
                &common.ident,
                format!(
                    "the number of elements of `{name}` is kept in a field: add `#[constant] length: Smi` before, \
                     and `#[length = length]` here"
                ),
            );
            return None;
        }
    };
    if has_followers {
        return None;
    }
    let length = self::length(&name, &length, found, errors)?;
    let constant = words.constant.is_some();
    Some(Tail { common, element, constant, observed: observed && !constant, length })
}

/// The slot that holds the length.
fn length(tail: &str, length: &Ident, found: &Found<'_>, errors: &mut Errors) -> Option<usize> {
    let before = found.slots;
    let Some(index) = before.iter().position(|slot| plain(&slot.common().ident) == plain(length)) else {
        if plain(length) == tail {
            errors
                .at(length, format!("`{tail}` cannot count itself: name a field `#[constant] length: Smi` before it"));
        } else if !found.names.iter().any(|(name, _)| name == length) {
            let names: Vec<String> = before.iter().map(|slot| plain(&slot.common().ident)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            errors.at(
                length,
                format!(
                    "there is no field `{length}` in this class{}: declare it before `{tail}`, `#[constant] {length}: Smi`. \
                     It cannot be inherited",
                    did_you_mean(&plain(length), &names)
                ),
            );
        }
        return None;
    };
    let slot = &before[index];
    let value = match slot {
        Slot::Value(value) if matches!(value.kind, ValueKind::Smi) => value,
        _ => {
            errors.at(
                length,
                format!(
                    "`{length}` is declared `{}`, but a number of elements is a Smi: write `#[constant] {length}: Smi`",
                    slot.common().written
                ),
            );
            return None;
        }
    };
    if !value.constant {
        errors.at(
            length,
            format!(
                "`{length}` could be changed, and the object's size with it: declare it `#[constant] {length}: Smi`"
            ),
        );
        return None;
    }
    if let Some(cfg) = value.common.decor.cfgs.first() {
        errors.at(
            cfg,
            format!("`{length}` counts the elements of `{tail}` and must be there in every build: remove the `cfg`"),
        );
    }
    Some(index)
}

/// Which names of a field are taken, so that rustc would report what is made of them once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// None.
    Nothing,
    /// Those of its accessors.
    Accessors,
    /// Its own, in the struct or in `…Init`.
    Field,
}

/// Reports fields whose accessors would have the same name, or one that is taken.
fn reject_collisions(fields: &[Field], has_parent: bool, errors: &mut Errors) -> Vec<Taken> {
    let mut taken = vec![Taken::Nothing; fields.len()];
    let mut makers: HashMap<String, &Field> = HashMap::new();
    for (field, taken) in fields.iter().zip(&mut taken) {
        let name = plain(&field.ident);
        let is_padding = matches!(field.kind, Some(Declared::Padding { .. }));
        if name.starts_with("__") {
            errors.at(&field.ident, "names that begin with `__` belong to the macro: rename the field");
            *taken = Taken::Field;
            continue;
        }
        if let Some((_, why)) = RESERVED.iter().find(|(names, _)| names.contains(&name.as_str()))
            && !is_padding
        {
            errors.at(&field.ident, format!("a field cannot be called `{name}`: {why}. Rename it"));
            *taken = if name == "parent" && has_parent { Taken::Field } else { Taken::Accessors };
            continue;
        }
        if ["START_OF_STRONG_FIELDS", "END_OF_STRONG_FIELDS", "START_OF_WEAK_FIELDS", "END_OF_WEAK_FIELDS"]
            .contains(&name.to_uppercase().as_str())
        {
            errors.at(
                &field.ident,
                format!("every class has a constant `{}_OFFSET`: rename the field", name.to_uppercase()),
            );
            *taken = Taken::Accessors;
            continue;
        }
        for function in functions(&name, field) {
            let Some(first) = makers.insert(function.clone(), field) else { continue };
            if !field.decor.cfgs.is_empty() && !first.decor.cfgs.is_empty() {
                continue; // never both in one build, we trust
            }
            let first_name = plain(&first.ident);
            *taken = if first_name == name { Taken::Field } else { Taken::Accessors };
            if first_name == name {
                errors.at(&field.ident, format!("two fields are called `{name}`: rename one of them"));
            } else {
                errors.at(
                    &field.ident,
                    format!("`{name}` and `{first_name}` would both make `{function}`: rename one of them"),
                );
            }
            errors.at(&first.ident, format!("`{first_name}` is declared here"));
            break;
        }
    }
    taken
}

/// What is made for a field.
fn functions(name: &str, field: &Field) -> Vec<String> {
    let mut functions = vec![name.to_owned(), format!("{}_OFFSET", name.to_uppercase())];
    let set = |functions: &mut Vec<String>, with_mode| {
        if field.words.constant.is_none() {
            functions.push(format!("set_{name}"));
            if with_mode {
                functions.push(format!("set_{name}_with_mode"));
            }
            let updates = &field.words.updates;
            functions.extend(updates.swap.as_ref().map(|_| format!("swap_{name}")));
            functions.extend(updates.compare_exchange.as_ref().map(|_| format!("compare_exchange_{name}")));
            if matches!(&field.kind, Some(Declared::Value(ValueKind::Bits(_) | ValueKind::SmiBits(_)))) {
                functions.push(format!("update_{name}"));
            }
        }
    };
    match &field.kind {
        None | Some(Declared::Padding { .. }) => {}
        Some(Declared::Value(kind)) => set(&mut functions, matches!(kind, ValueKind::Tagged(_) | ValueKind::Weak(_))),
        Some(Declared::Tail(element)) => {
            functions.extend([format!("{name}_len"), format!("{name}_iter")]);
            if matches!(element, Element::Raw(_)) {
                functions.push(format!("{name}_slice"));
            }
            set(&mut functions, !matches!(element, Element::Raw(_)));
        }
    }
    functions
}

/// Tagged fields under too many different `cfg`s.
fn reject_many_cfgs(fields: &[Field], errors: &mut Errors) {
    let mut groups: Vec<String> = Vec::new();
    for field in fields {
        let is_generic = matches!(field.kind, Some(Declared::Value(ValueKind::Tagged(_) | ValueKind::Weak(_))));
        let (Some(cfg), true) = (field.decor.cfgs.first(), is_generic) else { continue };
        let group = super::expand_init::cfg_key(&field.decor.cfgs);
        if !groups.contains(&group) {
            groups.push(group);
            if groups.len() == MAX_CFGS + 1 {
                errors.at(
                    cfg,
                    format!("tagged fields of a class may be under {MAX_CFGS} different `cfg`s at most: group them, or put some into a class of their own"),
                );
            }
        }
    }
}
