//! `#[derive(BitEnum)]`: an enum that can stand in a bit field.

use crate::errors::{Errors, did_you_mean, one_of};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Expr, ExprLit, Fields, Lit, Variant};

const REPRS: &[&str] = &["u8", "u16", "u32", "u64"];

/// The derive.
pub(crate) fn bit_enum(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(input)) else {
        return errors.into_compile_errors();
    };
    if !input.generics.params.is_empty() {
        errors.at(
            &input.generics,
            "an enum in a bit field cannot be generic: its variants are numbers. Remove the parameters",
        );
        return errors.into_compile_errors();
    }
    let variants = match &input.data {
        Data::Enum(data) => {
            check_repr(&input, &mut errors);
            if data.variants.is_empty() {
                errors
                    .at(&input.ident, "an enum in a bit field needs a variant: without one, no bits are a value of it");
            }
            variants(data.variants.iter(), &mut errors)
        }
        Data::Struct(data) => {
            errors.at(
                data.struct_token,
                "`BitEnum` is for enums: each variant is a number. A struct of several fields is declared with `#[bitfield(u32)]` instead of the derive, each field with its `#[bits(n)]`",
            );
            Vec::new()
        }
        Data::Union(data) => {
            errors.at(data.union_token, "`BitEnum` is for enums: each variant is a number");
            Vec::new()
        }
    };
    let code = expand(&input, &variants, errors.is_empty());
    let errors = errors.into_compile_errors();
    quote!(#code #errors)
}

/// A variant and its number.
struct Numbered<'a> {
    ident: &'a Ident,
    value: u64,
    is_fallback: bool,
}

fn check_repr(input: &DeriveInput, errors: &mut Errors) {
    let mut found = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        let parsed = attr.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if REPRS.contains(&word.as_str()) {
                found = Some(word);
                return Ok(());
            }
            Err(meta.error(format!(
                "`{word}` is no representation for a bit field{}: write {}",
                did_you_mean(&word, REPRS),
                one_of(REPRS),
            )))
        });
        if let Err(error) = parsed {
            errors.push(error);
            return;
        }
    }
    if found.is_none() {
        errors.at(
            &input.ident,
            format!(
                "`{}` needs `#[repr(u8)]` (or {}), so that each variant is a known number",
                input.ident,
                one_of(&REPRS[1..])
            ),
        );
    }
}

/// The variants with their numbers: those given, and one more than the last where none is.
fn variants<'a>(variants: impl Iterator<Item = &'a Variant>, errors: &mut Errors) -> Vec<Numbered<'a>> {
    let mut next = Some(0_u64);
    let mut numbered: Vec<Numbered<'a>> = Vec::new();
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                format!(
                    "`{}` carries data, which a bit field has no room for: remove it, or keep it in a field beside",
                    variant.ident
                ),
            );
        }
        let is_fallback = variant.attrs.iter().any(|attr| attr.path().is_ident("fallback"));
        for attr in variant.attrs.iter().filter(|attr| attr.path().is_ident("fallback")) {
            errors.take(attr.meta.require_path_only().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "`#[fallback]` takes no argument: it marks the variant that unknown bits decode to",
                )
            }));
            if let Some(first) = numbered.iter().find(|variant| variant.is_fallback) {
                errors.at(attr, "only one variant can be what unknown bits decode to: remove one `#[fallback]`");
                errors.at(first.ident, "the first `#[fallback]` is here");
            }
        }
        let value = match &variant.discriminant {
            None => next,
            Some((_, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }))) => errors.take(number.base10_parse()),
            Some((_, Expr::Lit(ExprLit { lit: Lit::Byte(byte), .. }))) => Some(u64::from(byte.value())),
            Some((_, Expr::Unary(expr))) if matches!(expr.op, syn::UnOp::Neg(_)) => {
                errors.at(expr, "a bit field holds no sign: number the variants from 0 up");
                None
            }
            Some((_, expr)) => {
                errors.at(expr, "the macro must know the number, to tell how many bits it needs: write a literal");
                None
            }
        };
        next = value.and_then(|value| value.checked_add(1));
        if let Some(value) = value {
            if let Some(first) = numbered.iter().find(|variant| variant.value == value) {
                errors.at(
                    &variant.ident,
                    format!(
                        "`{}` and `{}` are both {value}: no bits could tell them apart",
                        first.ident, variant.ident
                    ),
                );
            }
            numbered.push(Numbered { ident: &variant.ident, value, is_fallback });
        }
    }
    numbered
}

/// The code; if the declaration is `wrong`, what keeps its uses from failing as well.
fn expand(input: &DeriveInput, variants: &[Numbered<'_>], is_right: bool) -> TokenStream {
    let DeriveInput { ident, vis, .. } = input;
    let max = variants.iter().map(|variant| variant.value).max().unwrap_or(0);
    let bits = u64::BITS - max.leading_zeros();
    let table = variants.iter().map(|Numbered { ident, value, .. }| {
        let name = crate::names::plain(ident);
        quote!((#name, #value))
    });
    let (from_bits, into_bits) = if is_right {
        let arms = variants
            .iter()
            .map(|Numbered { ident, value, .. }| quote!(#value => ::core::option::Option::Some(Self::#ident),));
        let rest = match variants.iter().find(|variant| variant.is_fallback) {
            Some(Numbered { ident, .. }) => quote!(::core::option::Option::Some(Self::#ident)),
            None => quote!(::core::option::Option::None),
        };
        (quote!(match bits { #(#arms)* _ => #rest }), quote!(self as ::core::primitive::u64))
    } else {
        (
            quote!({
                let _ = bits;
                ::core::option::Option::None
            }),
            quote!(0),
        )
    };
    let from_doc = match variants.iter().any(|variant| variant.is_fallback) {
        true => " The variant of that number; the fallback if there is none.",
        false => " The variant of that number, if there is one.",
    };
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::heapwright::BitEnum for #ident {
            const BITS: ::core::primitive::u32 = #bits;
            const VARIANTS: &'static [(&'static ::core::primitive::str, ::core::primitive::u64)] = &[#(#table),*];
        }

        #[automatically_derived]
        #[allow(dead_code, unreachable_pub)]
        impl #ident {
            #[doc = #from_doc]
            #[inline]
            #[must_use]
            #vis const fn from_bits(bits: ::core::primitive::u64) -> ::core::option::Option<Self> {
                #from_bits
            }

            /// The variant's number.
            #[inline]
            #[must_use]
            #vis const fn into_bits(self) -> ::core::primitive::u64 {
                #into_bits
            }
        }
    }
}
