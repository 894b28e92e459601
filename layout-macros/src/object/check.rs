//! Checks what concerns several parts of a declaration and makes a [`Class`] of what is right.

use super::access_words;
use super::lengths::{self, Found};
use super::model::{Class, Common, Order, Padding, Prim, Slot, Tail, Value, ValueKind};
use super::parse::{Arguments, Declaration, Field, Length, Words};
use super::types::Declared;
use crate::errors::Errors;
use crate::names::plain;
use proc_macro2::Ident;
use std::collections::HashMap;

/// More fields than this make a class that nobody can read, and slow compilation down.
const MAX_FIELDS: usize = 62;
/// Tagged fields that come and go with as many different `cfg`s: each doubles the `…Init` structs.
const MAX_CFGS: usize = 3;
/// Tails and optional fields: the collector's table of their lengths has so many places.
const MAX_TAILS: usize = 16;

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
    let Declaration { arguments, decor, vis, ident, fields } = declaration;
    let Arguments { mut parent, openness, has_factory, observed, inherits, words: class_words } = arguments;
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
    let mut tails: Vec<Tail> = Vec::new();
    let varies = |field: &Field| matches!(field.kind, Some(Declared::Tail(_))) || field.words.present_if.is_some();
    let names: Vec<(Ident, bool)> = fields.iter().map(|field| (field.ident.clone(), varies(field))).collect();
    for (index, field) in fields.into_iter().enumerate() {
        let Field { decor, vis, ident, written, mut words, kind } = field;
        if taken[index] == Taken::Field {
            continue;
        }
        let common = Common { decor, vis, ident, written, is_mute: taken[index] == Taken::Accessors };
        let splice = splice(&words, kind.as_ref(), &common.ident, errors);
        let (kind, is_slice) = match kind {
            Some(Declared::Tail(kind)) => (kind, true),
            Some(Declared::Value(kind)) => {
                reject_length(&mut words, &common.ident, errors);
                if words.present_if.is_none() {
                    if let Some((tail, _)) = names[..index].iter().find(|(_, varies)| *varies) {
                        follows(tail, &common.ident, errors);
                    }
                    let order = order(&words, &kind, errors);
                    let constant = constant(&words, &kind, &common, errors);
                    let more = access_words::more(&words, order, observed, errors);
                    let default = default(words, &kind, &common.ident, errors);
                    slots.push(Slot::Value(Value { common, kind, constant, order, default, splice, more }));
                    continue;
                }
                (kind, false)
            }
            Some(Declared::Padding { bytes, optional }) => {
                reject_length(&mut words, &common.ident, errors);
                if let Some((tail, _)) = names[..index].iter().find(|(_, varies)| *varies) {
                    follows(tail, &common.ident, errors);
                }
                access_words::reject_on_padding(&words, errors);
                let condition = words.present_if.map(|length| length.attr);
                let default = words.default.map(|default| default.attr);
                for attr in
                    [words.constant, words.relaxed, words.acquire_release, condition, default].into_iter().flatten()
                {
                    errors.at(attr, "padding holds nothing and has no accessors: remove the attribute");
                }
                slots.push(Slot::Padding(Padding { common, bytes, optional }));
                continue;
            }
            None => continue, // reported; what its attributes are about is not known
        };
        if tails.len() == MAX_TAILS {
            errors.at(
                &common.ident,
                format!(
                    "a class has at most {MAX_TAILS} tails and optional fields: move some into a class of their own"
                ),
            );
        }
        for cfg in &common.decor.cfgs {
            errors.at(
                cfg,
                "a tail cannot come and go with a `cfg`, as the size of all instances hangs on it: put the `cfg` on two whole classes",
            );
        }
        let order = order(&words, &kind, errors);
        let constant = constant(&words, &kind, &common, errors);
        let more = access_words::more(&words, order, observed, errors);
        if let Some(default) = words.default.take() {
            errors.at(
                &default.attr,
                "what varies from object to object has no default: give its elements, or `Absent`, to each new object",
            );
        }
        let found = Found { slots: &slots, tails: &tails, inherits: &inherits, names: &names, index };
        if let Some(length) = lengths::length(&common.ident, is_slice, words, &found, errors) {
            tails.push(Tail { common, kind, constant, order, more, length });
        }
    }
    let class = Class { decor, vis, ident, parent, openness, has_factory, words: class_words, inherits, slots, tails };
    if let Some(slot) = class.implied_length()
        && let Some(Value { common, default: Some(default), .. }) = class.slots[slot].value()
    {
        errors.at(
            default,
            format!(
                "`{}` is the number of elements that an object is given, and needs no default: remove it",
                common.ident
            ),
        );
    }
    class
}

/// What a new object has if nothing else is given.
fn default(words: Words, kind: &ValueKind, ident: &Ident, errors: &mut Errors) -> Option<syn::Expr> {
    let Length { attr, expr } = words.default?;
    match kind {
        ValueKind::Struct(_) => {
            errors.at(attr, format!("`{ident}` is a struct, which has no default: give its fields to each new object"));
            None
        }
        _ => expr,
    }
}

/// A field after what has no fixed size.
fn follows(tail: &Ident, field: &Ident, errors: &mut Errors) {
    errors.at(
        tail,
        format!(
            "`{tail}` has no fixed size, so no field that every object has can follow it, but `{field}` does: move `{tail}` to \
             the end, after its length and all such fields"
        ),
    );
}

/// Whether there is no setter. A struct's own fields say that.
fn constant(words: &Words, kind: &ValueKind, common: &Common, errors: &mut Errors) -> bool {
    if let (Some(attr), ValueKind::Struct(ty)) = (&words.constant, kind) {
        errors.at(
            attr,
            format!(
                "`{}` is written field by field, so `{}` says which of its fields are `#[constant]`: remove it here",
                plain(&common.ident),
                super::types::spelled(ty)
            ),
        );
    }
    words.constant.is_some()
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
    if let ValueKind::Struct(_) = kind {
        errors
            .at(attr, format!("`#[{word}]` on a whole struct: give it to fields of the struct's declaration instead"));
        return Order::Plain;
    }
    let eight_bytes = match kind {
        ValueKind::Raw(Prim { bytes: 8, word, .. }) => Some((*word).to_owned()),
        ValueKind::External(ty) => Some(format!("External<{}>", super::types::spelled(ty))),
        _ => None,
    };
    if let Some(ty) = eight_bytes {
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

/// The link that `#[splice]` names, if it stands on a weak field.
fn splice(words: &Words, kind: Option<&Declared>, ident: &Ident, errors: &mut Errors) -> Option<Ident> {
    let (attr, link) = words.splice.as_ref()?;
    match kind {
        Some(Declared::Value(ValueKind::Weak(_))) if words.present_if.is_none() => return Some(link.clone()),
        None => {}
        Some(Declared::Tail(ValueKind::Weak(_)) | Declared::Value(ValueKind::Weak(_))) => errors.at(
            attr,
            format!("`#[splice]` belongs to a single weak field, and `{ident}` is a tail: its elements are cleared when their referents die"),
        ),
        Some(_) => errors.at(
            attr,
            format!("`#[splice]` says what replaces a weak reference whose referent dies, and `{ident}` is not weak: write `{ident}: Weak<Class>`, or remove it"),
        ),
    }
    None
}

/// `#[length]` where there are no elements to count.
fn reject_length(words: &mut Words, ident: &Ident, errors: &mut Errors) {
    if let Some(Length { attr, expr: Some(expr) }) = words.length.take() {
        let length = super::types::spelled(&expr);
        errors.at(
            attr,
            format!(
                "`#[length]` belongs to a tail, and `{ident}` is one value: write `{ident}: [Tagged<Any>]` if `{length}` counts \
                 its elements, or `#[present_if = …]` if only some objects have it"
            ),
        );
    }
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
            *taken = if plain(&first.ident) == name { Taken::Field } else { Taken::Accessors };
            errors.collide(&field.ident, &first.ident, &function);
            break;
        }
    }
    taken
}

/// What is made for a field.
fn functions(name: &str, field: &Field) -> Vec<String> {
    let mut functions = vec![name.to_owned(), format!("{}_OFFSET", name.to_uppercase())];
    let set = |functions: &mut Vec<String>| {
        if field.words.constant.is_none() {
            functions.push(format!("set_{name}"));
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
        Some(Declared::Value(ValueKind::Struct(_))) => {}
        Some(Declared::Value(_)) => set(&mut functions),
        Some(Declared::Tail(kind)) => {
            functions.extend([format!("{name}_len"), format!("{name}_iter")]);
            if matches!(kind, ValueKind::Raw(_)) {
                functions.push(format!("{name}_slice"));
            }
            if !matches!(kind, ValueKind::Struct(_)) {
                set(&mut functions);
            }
        }
    }
    if field.words.present_if.is_some() {
        functions.push(format!("has_{name}"));
    }
    functions
}

/// Tagged fields under too many different `cfg`s.
fn reject_many_cfgs(fields: &[Field], errors: &mut Errors) {
    let mut groups: Vec<String> = Vec::new();
    for field in fields {
        let is_generic = matches!(&field.kind, Some(Declared::Value(kind)) if kind.is_generic());
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
