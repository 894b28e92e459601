//! Places the fields of a bit field and checks what concerns several of them.

use super::model::{Bitfield, Content, Declared, Field, Kind, Placed, Storage};
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
];

/// Gives each field its bits. Fields that have no room are reported and left out.
pub(super) fn place(declared: Bitfield<Declared>, errors: &mut Errors) -> Bitfield<Placed> {
    let Bitfield { decor, vis, ident, storage, mut fields } = declared;
    let taken = reject_collisions(&fields, errors);
    for (field, _) in fields.iter_mut().zip(taken).filter(|(_, is_taken)| *is_taken) {
        field.content = Content::Gap(Decor::default()); // its functions would only be reported again, by rustc
    }
    let total: u32 = fields.iter().map(|field| field.size).sum();
    let mut end = 0;
    let mut placed = Vec::new();
    for Declared { size, span, content } in fields {
        if end + size > storage.bits() {
            let name = match &content {
                Content::Gap(_) => "this gap".to_owned(),
                Content::Field(field) => format!("`{}`", plain(&field.ident)),
            };
            let excess = total - storage.bits();
            let room = match Storage::for_bits(total) {
                Some(wider) => format!("write `#[bitfield({})]`, or narrow some", wider.word()),
                None => "no storage has so many: split the struct in two".to_owned(),
            };
            errors.push(syn::Error::new(
                span,
                format!(
                    "`{ident}` has {excess} bit(s) too many: {name} would be bits {end} to {}, but `{}` ends at bit {}. \
                     All fields need {total} bits: {room}",
                    end + size - 1,
                    storage.word(),
                    storage.bits() - 1,
                ),
            ));
            break; // all later ones would only repeat it
        }
        placed.push(Placed { shift: end, size, span, content });
        end += size;
    }
    Bitfield { decor, vis, ident, storage, fields: placed }
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
        for function in functions(&name, field.kind) {
            let Some(first) = makers.insert(function.clone(), field) else { continue };
            *is_taken = true;
            let first_name = plain(&first.ident);
            if first_name == name {
                errors.at(&field.ident, format!("two fields are called `{name}`: rename one of them"));
            } else {
                errors.at(
                    &field.ident,
                    format!("`{name}` and `{first_name}` would both make a function `{function}`: rename one of them"),
                );
            }
            errors.at(&first.ident, format!("`{first_name}` is declared here"));
            break;
        }
    }
    taken
}

/// The functions made for a field.
fn functions(name: &str, kind: Kind) -> Vec<String> {
    let mut prefixes = vec!["", "with_", "set_", "encode_", "decode_", "update_", "is_valid_"];
    match kind {
        Kind::Bool => {}
        Kind::Unsigned(_) | Kind::Signed(_) => prefixes.extend(["try_with_", "try_encode_"]),
        Kind::Enum => prefixes.push("try_decode_"),
        Kind::Nested => prefixes.extend(["try_with_", "try_encode_", "try_decode_"]),
    }
    let constant = format!("{}_SHIFT", name.to_uppercase()); // and its kin
    prefixes.into_iter().map(|prefix| format!("{prefix}{name}")).chain([constant]).collect()
}
