//! Reads a `#[bitfield]` declaration.

use super::model::{Bitfield, Content, Declared, Field, Kind, Storage};
use crate::attrs::Decor;
use crate::errors::{Errors, did_you_mean, one_of};
use crate::names::plain;
use crate::prims::{absolute, primitive};
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Lit, Path, Token, Type};

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
fn storage(args: TokenStream, errors: &mut Errors) -> Storage {
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
        let size = bits.and_then(|(bits, attr)| bits.plain(&attr, "unused bits", errors));
        if size.is_none() && errors.is_empty() {
            errors.at(&ident, "say how many bits stay unused: `#[bits(3)] __: ()`");
        }
        return Some(Declared { size: size?, span, content: Content::Gap(decor) });
    }
    if name.starts_with('_') {
        errors.at(&ident, "names of bit fields become accessors and cannot begin with `_`; bits that nothing uses are `#[bits(n)] __: ()`");
        return None;
    }
    let (kind, size) = kind_and_size(&name, &field.ty, bits, errors)?;
    let ty = match primitive(&field.ty) {
        Some((word, at)) => absolute(word, at.span()),
        None => field.ty,
    };
    Some(Declared { size, span, content: Content::Field(Field { decor, vis: field.vis, ident, ty, kind }) })
}

/// What the type says, and how wide the field is.
fn kind_and_size(name: &str, ty: &Type, bits: Option<(Bits, Attribute)>, errors: &mut Errors) -> Option<(Kind, u32)> {
    let word = match primitive(ty) {
        Some((word, _)) => word.to_owned(),
        None => ty.to_token_stream().to_string(),
    };
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
        _ if matches!(ty, Type::Path(_)) => match &bits {
            Some((Bits { nested: true, .. }, _)) => Kind::Nested,
            _ => Kind::Enum,
        },
        _ => {
            errors.at(
                ty,
                "this type cannot stand in a bit field: write `bool`, an integer, an enum that derives `BitEnum`, \
                 or another bit field with `#[bits(n, nested)]`",
            );
            return None;
        }
    };
    let Some((bits, attr)) = bits else {
        if kind == Kind::Bool {
            return Some((kind, 1));
        }
        errors.at(ty, format!("say how many bits `{name}` has: `#[bits(4)] {name}: {word}`"));
        return None;
    };
    let size = match kind {
        Kind::Nested => bits.number(&attr, errors)?,
        _ => bits.plain(&attr, &format!("`{word}`"), errors)?,
    };
    match kind {
        Kind::Bool if size > 1 => {
            errors.at(
                &attr,
                format!("a `bool` has 1 bit, not {size}: write `#[bits(1)]`, and `#[bits({})] __: ()` if bits are to stay unused", size - 1),
            );
            None
        }
        Kind::Unsigned(has) | Kind::Signed(has) if size > has => {
            errors.at(
                &attr,
                format!(
                    "`{name}` has {size} bits, but `{word}` holds only {has}: narrow the field or write a wider integer"
                ),
            );
            None
        }
        _ if size > 64 => {
            errors.at(&attr, format!("{size} bits are more than the widest storage, `u64`, has"));
            None
        }
        _ => Some((kind, size)),
    }
}

/// `#[bits(4)]` or `#[bits(4, nested)]`.
struct Bits {
    size: u32,
    nested: bool,
}

impl Bits {
    fn parse(input: ParseStream<'_>) -> syn::Result<Bits> {
        if input.is_empty() {
            return Err(input.error("say how many bits: `#[bits(4)]`"));
        }
        let size = match input.parse::<Lit>() {
            Ok(Lit::Int(number)) => number.base10_parse()?,
            Ok(other) => return Err(syn::Error::new_spanned(other, "the number of bits is an integer: `#[bits(4)]`")),
            Err(error) => {
                return Err(syn::Error::new(
                    error.span(),
                    "the number of bits comes first and is a literal: `#[bits(4)]`",
                ));
            }
        };
        let mut nested = false;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let word: Ident = input.parse()?;
            if word != "nested" {
                let hint = did_you_mean(&word.to_string(), &["nested"]);
                return Err(syn::Error::new_spanned(
                    &word,
                    format!(
                        "unknown word `{word}`{hint}: only `nested`, for a bit field in a bit field, may follow the number of bits"
                    ),
                ));
            }
            nested = true;
            input.parse::<Option<Token![,]>>()?;
        }
        if !input.is_empty() {
            return Err(input.error("nothing more is expected here: `#[bits(4)]` or `#[bits(4, nested)]`"));
        }
        Ok(Bits { size, nested })
    }

    /// The number of bits, if it is not 0.
    fn number(&self, attr: &Attribute, errors: &mut Errors) -> Option<u32> {
        if self.size == 0 {
            errors.at(attr, "a field of 0 bits holds nothing: give it a bit, or remove it");
            return None;
        }
        Some(self.size)
    }

    /// The number of bits of what cannot be nested.
    fn plain(&self, attr: &Attribute, what: &str, errors: &mut Errors) -> Option<u32> {
        if self.nested {
            errors.at(attr, format!("only another bit field can be nested, not {what}: remove `nested`"));
            return None;
        }
        self.number(attr, errors)
    }
}
