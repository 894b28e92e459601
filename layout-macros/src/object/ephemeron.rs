//! `#[heap_struct(ephemeron)]`: a struct whose key keeps its values alive, and what its fields have to be for that.
//!
//! The collector clears an entry as one when its key dies: so the key is weak, and each value can be nothing.

use super::model::{Class, Shape, Value, ValueKind};
use super::types::spelled;
use crate::errors::Errors;
use crate::names::plain;
use proc_macro2::{Ident, TokenStream};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Meta, Token, Type};

const WORD: &str = "ephemeron";

/// Reads what stands in `#[heap_struct(…)]`: whether it is an ephemeron.
pub(super) fn argument(args: TokenStream, errors: &mut Errors) -> bool {
    let mut found: Option<Ident> = None;
    let Ok(words) = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(args.clone()) else {
        errors.at(&args, format!("`#[heap_struct]` takes the word `{WORD}` or nothing: `#[heap_struct({WORD})]`"));
        return false;
    };
    for word in words {
        match &word {
            Meta::Path(path) if path.is_ident(WORD) => {
                if found.is_some() {
                    errors.at(path, format!("`{WORD}` is given twice. Remove one of them"));
                }
                found = path.get_ident().cloned();
            }
            other => {
                errors.at(
                    other,
                    format!(
                        "`#[heap_struct]` takes one word, `{WORD}`, for values that live as long as a key does: such a struct \
                         extends nothing and has no instances of its own"
                    ),
                );
            }
        }
    }
    found.is_some()
}

/// What the fields of an ephemeron have to be: the key, then values that can be nothing, and numbers. Raw fields, padding
/// and tails are no struct's with tagged fields, which is checked for all structs.
pub(super) fn check(class: &Class, errors: &mut Errors) {
    let mut values = class.values();
    let Some(first) = values.next() else { return };
    let is_key = matches!(first.kind, ValueKind::Weak(_));
    if !is_key {
        check_first(class, first, errors);
    }
    let mut has_value = false;
    for value in class.values().skip(usize::from(is_key)) {
        has_value |= check_value(value, first, is_key, errors);
    }
    if is_key && !has_value {
        errors.at(
            &class.ident,
            format!(
                "an ephemeron without a value keeps nothing alive: add one, such as `value: Tagged<Option<Class>>`, or use \
                 `{}` as a field of its own, without a struct",
                first.common.written
            ),
        );
    }
}

fn check_first(class: &Class, first: &Value, errors: &mut Errors) {
    match class.values().find(|value| matches!(value.kind, ValueKind::Weak(_))) {
        Some(key) => errors.at(
            &key.common.ident,
            format!(
                "the key of an ephemeron is its first field, where the collector looks for it: move `{}` before `{}`",
                plain(&key.common.ident),
                plain(&first.common.ident)
            ),
        ),
        None => errors.at(
            &class.ident,
            "an ephemeron needs a key, which keeps its values alive and is not kept alive itself: begin with \
             `key: Weak<Class>`",
        ),
    }
}

/// Whether it is a value, a wrong one perhaps.
fn check_value(value: &Value, key: &Value, has_key: bool, errors: &mut Errors) -> bool {
    let name = plain(&value.common.ident);
    match &value.kind {
        ValueKind::Weak(_) if has_key => {
            errors.at(
                &value.common.ident,
                format!(
                    "an ephemeron has one key, and `{}` is it: for a value that needs two, let the value be an \
                     object with an ephemeron of its own; a weak reference that is no key is a field of the class",
                    plain(&key.common.ident)
                ),
            );
            errors.at(&key.common.ident, format!("`{}` is declared here", plain(&key.common.ident)));
            false
        }
        ValueKind::MaybeWeak(_) => {
            errors.at(
                &value.common.ident,
                format!(
                    "`{name}` may be weak, but a value is kept alive by its key: name strong alternatives alone, and `Smi` or \
                     `Any` among them"
                ),
            );
            true
        }
        ValueKind::Tagged(union) => {
            let mend = match &union.shape {
                Shape::Optional(_) => return true,
                Shape::Class => format!("write `{name}: Tagged<Option<{}>>`", spelled(&union.ty)),
                Shape::Many if admits_smi(&union.ty) => return true,
                Shape::Many => "add `Smi` to the alternatives, for the Smi 0 then".to_owned(),
            };
            errors.at(
                &union.ty,
                format!(
                    "`{name}` is cleared when the key of the ephemeron dies, and `{}` cannot be nothing: {mend}",
                    spelled(&union.ty)
                ),
            );
            true
        }
        _ => false,
    }
}

/// Whether a union says that it has Smis. The layout proves it.
fn admits_smi(ty: &Type) -> bool {
    let is = |ty: &Type, word: &str| matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == word));
    match ty {
        Type::Tuple(tuple) => tuple.elems.iter().any(|member| is(member, "Smi")),
        Type::Group(group) => admits_smi(&group.elem),
        Type::Paren(paren) => admits_smi(&paren.elem),
        other => is(other, "Any"),
    }
}
