//! Checks what concerns several fields of a bit field: their names, and through [`place`] their bits.

use super::model::{Bitfield, Content, Declared, Field, Kind, Placed};
use super::place::place;
use crate::attrs::Decor;
use crate::errors::Errors;
use crate::names::plain;
use std::collections::HashMap;

/// Functions that every bit field has, and trait methods that must not be shadowed.
const RESERVED: &[&str] = &[
    "new",
    "from_bits",
    "try_from_bits",
    "into_bits",
    "from_storage",
    "into_storage",
    "clone",
    "eq",
    "ne",
    "hash",
    "fmt",
    "default",
    "from",
    "into",
    "try_from",
    "try_into",
];

/// Gives each field its bits. Fields that have no room are reported and left out.
pub(super) fn check(declared: Bitfield<Declared>, errors: &mut Errors) -> Bitfield<Placed> {
    let Bitfield { decor, vis, ident, storage, mut fields } = declared;
    let taken = reject_collisions(&fields, errors);
    for (field, _) in fields.iter_mut().zip(taken).filter(|(_, is_taken)| *is_taken) {
        // Its functions would only be reported again, by rustc.
        field.content = Content::Gap { decor: Decor::default(), ignored: false };
    }
    let fields = place(fields, storage, &format!("`{ident}`"), |word| format!("#[bitfield({word})]"), errors);
    Bitfield { decor, vis, ident, storage, fields }
}

/// Reports fields whose generated functions would have the same name, and says which they are.
fn reject_collisions(fields: &[Declared], errors: &mut Errors) -> Vec<bool> {
    let mut taken = vec![false; fields.len()];
    let mut makers: HashMap<String, &Field> = HashMap::new();
    for (declared, is_taken) in fields.iter().zip(&mut taken) {
        let Content::Field(field) = &declared.content else { continue };
        let name = plain(&field.ident);
        if RESERVED.contains(&name.as_str()) {
            errors.at(&field.ident, format!("every bit field has a function `{name}` already: rename the field"));
            *is_taken = true;
            continue;
        }
        for function in functions(&name, field) {
            let Some(first) = makers.insert(function.clone(), field) else { continue };
            *is_taken = true;
            errors.collide(&field.ident, &first.ident, &function);
            break;
        }
    }
    taken
}

/// The functions made for a field.
fn functions(name: &str, field: &Field) -> Vec<String> {
    let mut prefixes = vec!["", "with_", "set_", "encode_", "decode_", "update_", "is_valid_"];
    match field.kind {
        _ if field.len.is_some() => prefixes.extend(["try_with_", "try_encode_", "try_decode_"]),
        Kind::Bool => {}
        Kind::Unsigned(_) | Kind::Signed(_) => prefixes.extend(["try_with_", "try_encode_"]),
        Kind::Enum => prefixes.push("try_decode_"),
        Kind::Nested | Kind::Flags => prefixes.extend(["try_with_", "try_encode_", "try_decode_"]),
    }
    let constant = format!("{}_SHIFT", name.to_uppercase()); // and its kin
    prefixes.into_iter().map(|prefix| format!("{prefix}{name}")).chain([constant]).collect()
}
