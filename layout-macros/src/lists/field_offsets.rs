//! `field_offsets!`: the layout of a class that is kept by hand.

use super::{doc, placed};
use crate::attrs::Decor;
use crate::errors::Errors;
use crate::names::{accessor_at, plain, screaming};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::HashMap;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, Path, Token, Visibility};

/// The macro.
pub(crate) fn field_offsets(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(Offsets { vis, start, class, entries }) = errors.take(syn::parse2::<Offsets>(input)) else {
        return errors.into_compile_errors();
    };
    let fields = fields(entries, &mut errors);
    let constants = fields.iter().enumerate().map(|(index, field)| {
        let before = sizes(&fields[..index]);
        let Field { decor, ident, size, is_marker } = field;
        let Decor { docs, cfgs, passed } = decor;
        let here = accessor_at(ident, decor.is_documented());
        let unused = quote!(#[allow(dead_code, unreachable_pub)]);
        let attrs = quote!(#(#cfgs)* #(#docs)* #(#passed)* #unused);
        if *is_marker {
            let ident = placed(ident, here);
            return quote_spanned! {here=>
                #attrs #vis const #ident: ::core::primitive::usize = ::heapwright::__private::field_end(#start, #before);
            };
        }
        let name = plain(ident);
        let here_ident = placed(ident, here);
        let (offset, end) = (screaming(&here_ident, "_OFFSET"), screaming(&here_ident, "_OFFSET_END"));
        let end_doc = decor.is_documented().then(|| doc(format!("Where `{name}` ends: the offset after its last byte.")));
        let mut value = quote_spanned!(ident.span()=> ::heapwright::__private::field_offset(#name, #start, #before, #size));
        if let Some(class) = &class
            && !is_padding(&name)
        {
            let declared = screaming(ident, "_OFFSET");
            value = quote_spanned!(ident.span()=> ::heapwright::__private::as_declared(#name, #value, <#class>::#declared));
        }
        // In the length of an array, as that is evaluated whether or not anyone uses the constant.
        let value = quote_spanned!(ident.span()=> ::heapwright::__private::length(&[(); #value]));
        let up_to = sizes(&fields[..=index]);
        quote_spanned! {here=>
            #attrs #vis const #offset: ::core::primitive::usize = #value;
            #(#cfgs)* #end_doc #(#passed)* #unused
            #vis const #end: ::core::primitive::usize = ::heapwright::__private::field_end(#start, #up_to);
        }
    });
    let errors = errors.into_compile_errors();
    quote!(#(#constants)* #errors)
}

/// The sizes of fields, as a slice.
fn sizes(fields: &[Field]) -> TokenStream {
    let sizes = fields.iter().filter(|field| !field.is_marker).map(|Field { decor, size, .. }| {
        let cfgs = &decor.cfgs;
        quote!(#(#cfgs)* #size)
    });
    quote!(&[#(#sizes),*])
}

/// A field, or a marker between fields.
struct Field {
    decor: Decor,
    ident: Ident,
    size: Expr,
    is_marker: bool,
}

fn fields(entries: Punctuated<Entry, Token![,]>, errors: &mut Errors) -> Vec<Field> {
    let mut seen: HashMap<String, Ident> = HashMap::new();
    let mut fields = Vec::new();
    for Entry { attrs, ident, size } in entries {
        let decor = Decor::sort(attrs, &["deprecated"], errors, |_, _, _| false);
        let name = plain(&ident);
        let is_marker = name.chars().any(char::is_uppercase);
        if is_marker && !is_zero(&size) {
            errors.at(
                &ident,
                format!(
                    "a name in upper case is a marker, which is as it is written and takes no bytes: `{name}: 0`. \
                     A field is written in lower case, and `_OFFSET` added: `{}: …`",
                    name.trim_end_matches("_OFFSET").to_lowercase()
                ),
            );
            continue;
        }
        let made = if is_marker {
            vec![name]
        } else {
            let name = name.to_uppercase();
            vec![format!("{name}_OFFSET"), format!("{name}_OFFSET_END")]
        };
        if let Some((constant, first)) = made.iter().find_map(|name| Some((name, seen.get(name)?))) {
            if plain(first) == plain(&ident) {
                errors.at(&ident, format!("`{ident}` is listed twice: rename or remove one of them"));
                errors.at(first, format!("`{first}` is first listed here"));
            } else {
                errors.at(&ident, format!("`{ident}` and `{first}` would both make `{constant}`: rename one of them"));
            }
            continue;
        }
        if decor.cfgs.is_empty() {
            seen.extend(made.into_iter().map(|name| (name, ident.clone())));
        }
        fields.push(Field { decor, ident, size, is_marker });
    }
    fields
}

/// Whether a class would have no offset of that name.
fn is_padding(name: &str) -> bool {
    name.starts_with("padding") || name.ends_with("padding")
}

fn is_zero(size: &Expr) -> bool {
    matches!(size, Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.base10_parse::<u32>().is_ok_and(|size| size == 0))
}

/// `pub from START, as in Class; name: SIZE, …`
struct Offsets {
    vis: Visibility,
    start: Expr,
    class: Option<Path>,
    entries: Punctuated<Entry, Token![,]>,
}

/// `name: SIZE`.
struct Entry {
    attrs: Vec<Attribute>,
    ident: Ident,
    size: Expr,
}

const SHAPE: &str = "`pub from TAGGED_SIZE; name: SIZE, …`";

impl Parse for Offsets {
    fn parse(input: ParseStream<'_>) -> syn::Result<Offsets> {
        let wrong = |error: syn::Error| syn::Error::new(error.span(), format!("{error}: write {SHAPE}"));
        let vis = input.parse()?;
        match input.parse::<Ident>() {
            Ok(word) if word == "from" => {}
            Ok(word) => {
                return Err(wrong(syn::Error::new(word.span(), "expected `from`, the offset of the first field")));
            }
            Err(error) => {
                return Err(wrong(syn::Error::new(error.span(), "expected `from`, the offset of the first field")));
            }
        }
        let start = input.parse().map_err(wrong)?;
        let class = if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![as]>().map_err(|error| syn::Error::new(error.span(), "expected `as in Class`"))?;
            input.parse::<Token![in]>().map_err(|error| syn::Error::new(error.span(), "expected `as in Class`"))?;
            Some(input.call(Path::parse_mod_style)?)
        } else {
            None
        };
        input.parse::<Token![;]>().map_err(wrong)?;
        let entries = Punctuated::parse_terminated(input)?;
        Ok(Offsets { vis, start, class, entries })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Entry> {
        let attrs = input.call(Attribute::parse_outer)?;
        let ident: Ident = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), "expected a name: a field is written `name: SIZE,`"))?;
        if !input.peek(Token![:]) {
            return Err(input.error(format!("expected `: SIZE` after `{ident}`, its size in bytes")));
        }
        input.parse::<Token![:]>()?;
        let size: Expr = input.parse()?;
        if let Expr::Path(path) = &size
            && path.path.get_ident().is_some_and(|word| crate::prims::is_word(&word.to_string()))
        {
            let span = size.span();
            return Err(syn::Error::new(
                span,
                "this is a type, and here goes a size in bytes: write `size_of::<…>()`, or the number",
            ));
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,` between the entries of the list"));
        }
        Ok(Entry { attrs, ident, size })
    }
}
