//! Reads a `#[bitfield]` declaration.

use super::attribute::{Bits, Word};
use super::model::{Bitfield, Content, Declared, Field, Kind, Storage};
use crate::attrs::Decor;
use crate::errors::{Errors, did_you_mean, one_of};
use crate::names::plain;
use crate::prims::{absolute, primitive};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, ExprLit, Fields, Lit, Path, Token, Type, TypeArray};

/// Traits that every bit field has already.
const DERIVED: &[&str] = &["Clone", "Copy", "PartialEq", "Eq", "Hash", "Debug", "Default"];

/// Reads the macro's arguments and the struct. `None` if the item is not even a type.
pub(super) fn bitfield(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Bitfield<Declared>> {
    let input = match syn::parse2::<DeriveInput>(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let is_type = ["struct", "enum", "union"].iter().any(|word| item.to_string().contains(word));
            errors.push(if is_type {
                error
            } else {
                syn::Error::new_spanned(item, "`#[bitfield]` goes on a struct: `#[bitfield(u32)] struct Flags { … }`")
            });
            return None;
        }
    };
    let storage = storage(args, errors);
    let decor = Decor::sort(input.attrs, &["derive"], errors, |attr, word, errors| {
        match word {
            "derive" => reject_double_derives(attr, errors),
            "repr" => {
                errors.at(attr, "`#[bitfield]` sets the representation itself, from its storage word: remove `#[repr]`")
            }
            _ => return false,
        }
        true
    });
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "a bit field cannot be generic: its bits are laid out once, when it is declared. Remove the parameters",
        );
    }
    let fields = match input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => fields.named.into_iter().filter_map(|f| field(f, errors)).collect(),
            Fields::Unnamed(fields) => {
                errors
                    .at(fields, "bit fields need names, which become accessors: write `{ #[bits(1)] flag: bool, … }`");
                Vec::new()
            }
            Fields::Unit => {
                errors.at(&input.ident, "a bit field needs fields: write `{ #[bits(1)] flag: bool, … }`");
                Vec::new()
            }
        },
        Data::Enum(data) => {
            errors.at(
                data.enum_token,
                "`#[bitfield]` goes on a struct. An enum that stands in a bit field derives `BitEnum` instead",
            );
            Vec::new()
        }
        Data::Union(data) => {
            errors
                .at(data.union_token, "`#[bitfield]` goes on a struct, whose fields lie side by side: not on a union");
            Vec::new()
        }
    };
    Some(Bitfield { decor, vis: input.vis, ident: input.ident, storage, fields })
}

/// The word in `#[bitfield(…)]`; 64 bits if it is wrong, so that nothing else is.
pub(super) fn storage(args: TokenStream, errors: &mut Errors) -> Storage {
    let words: Vec<&str> = Storage::ALL.iter().map(|storage| storage.word()).collect();
    if args.is_empty() {
        errors.push(syn::Error::new(
            proc_macro2::Span::call_site(),
            format!(
                "`#[bitfield]` needs the integer that holds the fields: `#[bitfield(u32)]`; one of {}. `u31` fits a Smi",
                one_of(&words),
            ),
        ));
        return Storage::U64;
    }
    let found = syn::parse2::<Ident>(args.clone()).ok().map(|word| word.to_string());
    match Storage::ALL.into_iter().find(|storage| Some(storage.word()) == found.as_deref()) {
        Some(storage) => storage,
        None => {
            let hint = found.map(|word| did_you_mean(&word, &words)).unwrap_or_default();
            errors.at(
                &args,
                format!("`{args}` cannot hold bit fields{hint}: write {}. `u31` fits a Smi", one_of(&words)),
            );
            Storage::U64
        }
    }
}

fn reject_double_derives(attr: &Attribute, errors: &mut Errors) {
    let Some(paths) = errors.take(attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)) else {
        return;
    };
    for path in paths {
        let word = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if DERIVED.contains(&word.as_str()) {
            errors.at(&path, format!("`#[bitfield]` already implements `{word}`: remove it here"));
        } else {
            errors.at(
                &path,
                format!(
                    "derives cannot see the fields of a bit field, only its integer; it already has {}. \
                     Implement `{word}` by hand, below the struct",
                    one_of(DERIVED).replace(" or ", " and "),
                ),
            );
        }
    }
}

/// One field or gap. `None` after an error.
fn field(field: syn::Field, errors: &mut Errors) -> Option<Declared> {
    let span = field.ident.as_ref().map_or_else(|| field.ty.span(), Ident::span);
    let mut bits = None;
    let mut failed = false;
    let decor = Decor::sort(field.attrs, &["bits"], errors, |attr, word, errors| {
        if word != "bits" {
            return false;
        }
        match errors.take(attr.parse_args_with(Bits::parse)) {
            None => failed = true,
            Some(_) if bits.is_some() => {
                failed = true;
                errors.at(attr, "`#[bits]` is given twice: a field has one width. Remove one of them");
            }
            Some(parsed) => bits = Some((parsed, attr.clone())),
        }
        true
    });
    for cfg in &decor.cfgs {
        errors.at(
            cfg,
            "bits cannot come and go with a `cfg`, as all later fields would move: keep the field in every build, \
             or put the `cfg` on two whole declarations",
        );
    }
    if let Some((_, value)) = &field.default {
        errors.at(
            value,
            "a bit field has no default value: all bits start as zero. Set it with `with_…` where you make one",
        );
    }
    let ident = field.ident?;
    if failed {
        return None;
    }
    let is_unit = matches!(&field.ty, Type::Tuple(tuple) if tuple.elems.is_empty());
    let name = plain(&ident);
    if name == "__" || is_unit {
        if name != "__" {
            errors.at(
                &field.ty,
                "a field of type `()` holds nothing: write `bool` or an integer, or `__: ()` for unused bits",
            );
            return None;
        }
        if !is_unit {
            errors.at(&field.ty, "unused bits have no value and so no type: write `__: ()`, or name the field");
            return None;
        }
        let Some((bits, attr)) = bits else {
            errors.at(&ident, "say how many bits stay unused: `#[bits(3)] __: ()`");
            return None;
        };
        let size = bits.number(&attr, "unused bits", &[Word::Ignored], errors)?;
        let ignored = bits.word == Some(Word::Ignored);
        return Some(Declared { size, at: bits.at, span, content: Content::Gap { decor, ignored } });
    }
    if name.starts_with('_') {
        errors.at(&ident, "names of bit fields become accessors and cannot begin with `_`; bits that nothing uses are `#[bits(n)] __: ()`");
        return None;
    }
    let (ty, len) = match array(&field.ty) {
        Some(array) => (&*array.elem, Some(array_len(&name, array, errors)?)),
        None => (&field.ty, None),
    };
    let at = bits.as_mut().and_then(|(bits, _)| bits.at.take());
    let bits = bits.as_ref().map(|(bits, attr)| (bits, attr as &dyn ToTokens));
    let (kind, size) = kind_and_size(&name, ty, len, bits, errors)?;
    let content = Content::Field(Field { decor, vis: field.vis, ident, ty: resolved(ty), kind, len });
    Some(Declared { size: size.saturating_mul(len.unwrap_or(1)), at, span, content })
}

/// The type, whatever the words of primitives name in the user's module.
pub(super) fn resolved(ty: &Type) -> Type {
    match primitive(ty) {
        Some((word, at)) => absolute(word, at.span()),
        None => ty.clone(),
    }
}

/// The type, if it is an array.
fn array(ty: &Type) -> Option<&TypeArray> {
    match ty {
        Type::Array(array) => Some(array),
        Type::Group(group) => array(&group.elem), // from a `macro_rules!`
        Type::Paren(paren) => array(&paren.elem),
        _ => None,
    }
}

/// The number of elements.
fn array_len(name: &str, array: &TypeArray, errors: &mut Errors) -> Option<u32> {
    let mut len = &array.len;
    while let Expr::Group(group) = len {
        len = &group.expr;
    }
    let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = len else {
        errors.at(
            &array.len,
            format!("the macro must know how many elements `{name}` has, to place what follows: write a literal"),
        );
        return None;
    };
    let len = errors.take(number.base10_parse())?;
    if len == 0 {
        errors.at(&array.len, "an array of 0 elements holds nothing: give it an element, or remove it");
        return None;
    }
    Some(len)
}

/// What the type says, and how many bits a value has. `bits` come with what to report them at.
pub(super) fn kind_and_size(
    name: &str,
    ty: &Type,
    len: Option<u32>,
    bits: Option<(&Bits, &dyn ToTokens)>,
    errors: &mut Errors,
) -> Option<(Kind, u32)> {
    let word = match primitive(ty) {
        Some((word, _)) => word.to_owned(),
        None => ty.to_token_stream().to_string(),
    };
    let mut ty = ty;
    while let Type::Group(group) = ty {
        ty = &group.elem; // from a `macro_rules!`
    }
    let kind = match word.as_str() {
        "bool" => Kind::Bool,
        "u8" => Kind::Unsigned(8),
        "u16" => Kind::Unsigned(16),
        "u32" => Kind::Unsigned(32),
        "u64" => Kind::Unsigned(64),
        "i8" => Kind::Signed(8),
        "i16" => Kind::Signed(16),
        "i32" => Kind::Signed(32),
        "i64" => Kind::Signed(64),
        "usize" | "isize" | "u128" | "i128" | "char" | "f32" | "f64" | "str" | "String" => {
            errors.at(
                ty,
                format!(
                    "`{word}` cannot stand in a bit field: write `bool`, an integer from `u8` to `u64` or `i8` to `i64`, \
                     or an enum that derives `BitEnum`"
                ),
            );
            return None;
        }
        _ if matches!(ty, Type::Path(_)) => match bits.and_then(|(bits, _)| bits.word) {
            Some(Word::Nested) => Kind::Nested,
            Some(Word::Flags) => Kind::Flags,
            _ => Kind::Enum,
        },
        _ => {
            errors.at(
                ty,
                "this type cannot stand in a bit field: write `bool`, an integer, an enum that derives `BitEnum`, \
                 another bit field with `#[bits(n, nested)]`, or a `bitflags!` type with `#[bits(n, flags)]`",
            );
            return None;
        }
    };
    let Some((bits, attr)) = bits else {
        if kind == Kind::Bool {
            return Some((kind, 1));
        }
        errors.at(
            ty,
            match len {
                None => format!("say how many bits `{name}` has: `#[bits(4)] {name}: {word}`"),
                Some(len) => {
                    format!("say how many bits an element of `{name}` has: `#[bits(4)] {name}: [{word}; {len}]`")
                }
            },
        );
        return None;
    };
    let allowed: &[Word] = match kind {
        Kind::Nested => &[Word::Nested],
        Kind::Flags => &[Word::Flags],
        _ => &[],
    };
    let size = bits.number(attr, &format!("`{word}`"), allowed, errors)?;
    let element = if len.is_some() { "an element of " } else { "" };
    match kind {
        Kind::Bool if size > 1 => {
            errors.at(
                attr,
                format!("a `bool` has 1 bit, not {size}: write `#[bits(1)]`, and `#[bits({})] __: ()` if bits are to stay unused", size - 1),
            );
            None
        }
        Kind::Unsigned(has) | Kind::Signed(has) if size > has => {
            errors.at(
                attr,
                format!(
                    "{element}`{name}` has {size} bits, but `{word}` holds only {has}: narrow the field or write a wider integer"
                ),
            );
            None
        }
        _ if size > 64 => {
            errors.at(attr, format!("{size} bits are more than the widest storage, `u64`, has"));
            None
        }
        _ => Some((kind, size)),
    }
}
