//! Lists of names with types: what V8 writes as macros over macros (`ROOT_LIST(V)`, `NATIVE_CONTEXT_FIELDS(V)`,
//! `ISOLATE_INIT_LIST(V)`, `DEFINE_FIELD_OFFSET_CONSTANTS`).
//!
//! All share one shape: a head that says what is made, then entries `name: Type,` with doc comments and `#[cfg(…)]`.

mod context_slots;
mod field_offsets;
mod isolate_slots;
mod roots;

pub(crate) use context_slots::context_slots;
pub(crate) use field_offsets::field_offsets;
pub(crate) use isolate_slots::isolate_slots;
pub(crate) use roots::heap_roots;

use crate::attrs::Decor;
use crate::errors::Errors;
use crate::names::{accessor_at, plain};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashMap;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Token, Type};

/// `/// doc` `name: Type` or `name: Type = value`.
struct Entry {
    attrs: Vec<Attribute>,
    ident: Ident,
    ty: Type,
    value: Option<Expr>,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Entry> {
        let attrs = input.call(Attribute::parse_outer)?;
        let ident: Ident = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), "expected a name: an entry is written `name: Type,`"))?;
        if !input.peek(Token![:]) {
            return Err(input.error(format!("expected `: Type` after `{ident}`")));
        }
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,` between the entries of the list"));
        }
        Ok(Entry { attrs, ident, ty, value })
    }
}

/// An entry with its attributes sorted.
struct Item {
    decor: Decor,
    ident: Ident,
    ty: Type,
    value: Option<Expr>,
}

impl Item {
    /// The attributes of an accessor.
    fn accessor_attrs(&self) -> TokenStream {
        let Decor { docs, cfgs, passed } = &self.decor;
        quote!(#(#cfgs)* #(#docs)* #(#passed)*)
    }

    /// Where its accessors stand.
    fn here(&self) -> Span {
        accessor_at(&self.ident, self.decor.is_documented())
    }
}

/// All entries up to the end, without those whose accessors (`made`) would collide with earlier ones.
fn items(
    entries: Punctuated<Entry, Token![,]>,
    errors: &mut Errors,
    made: impl Fn(&Ident) -> Vec<String>,
) -> Vec<Item> {
    let mut seen: HashMap<String, Ident> = HashMap::new();
    let mut items = Vec::new();
    for Entry { attrs, ident, ty, value } in entries {
        let decor = Decor::sort(attrs, &["deprecated"], errors, |_, _, _| false);
        let names = made(&ident);
        if let Some((name, first)) = names.iter().find_map(|name| Some((name, seen.get(name)?))) {
            if plain(first) == plain(&ident) {
                errors.at(&ident, format!("`{ident}` is listed twice: rename or remove one of them"));
                errors.at(first, format!("`{first}` is first listed here"));
            } else {
                errors.at(&ident, format!("`{ident}` and `{first}` would both make `{name}`: rename one of them"));
            }
            continue;
        }
        // An entry under a condition may stand again under the opposite one.
        if decor.cfgs.is_empty() {
            seen.extend(names.into_iter().map(|name| (name, ident.clone())));
        }
        items.push(Item { decor, ident, ty, value });
    }
    items
}

/// An enum with a variant for each item, so that conditions are resolved before the items are counted.
fn index_enum(name: &Ident, items: &[Item]) -> TokenStream {
    let variants = items.iter().map(|Item { decor, ident, .. }| {
        let cfgs = &decor.cfgs;
        let variant = variant(ident);
        quote!(#(#cfgs)* #variant,)
    });
    quote! {
        #[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic)]
        enum #name { #(#variants)* }
    }
}

/// The identifier, raw or not, at `span`.
fn placed(ident: &Ident, span: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(span);
    ident
}

/// The variant of an item: as the macro names it, so that lints and hygiene leave it alone.
fn variant(ident: &Ident) -> Ident {
    Ident::new(&format!("__{}", plain(ident)), Span::call_site())
}

/// A list of texts, one for each item.
fn texts(items: &[Item], text: impl Fn(&Item) -> String) -> TokenStream {
    let texts = items.iter().map(|item| {
        let (cfgs, text) = (&item.decor.cfgs, text(item));
        quote!(#(#cfgs)* #text)
    });
    quote!(&[#(#texts),*])
}

/// A type as its author spelt it, near enough.
fn spelled(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (from, to) in [(" :: ", "::"), (":: ", "::"), (" < ", "<"), ("< ", "<"), (" >", ">"), (" ,", ","), ("& ", "&")]
    {
        text = text.replace(from, to);
    }
    text
}

/// The conditions of the list as a whole.
fn conditions(attrs: &[Attribute]) -> TokenStream {
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    quote!(#(#cfgs)*)
}

/// A line of a doc comment.
fn doc(text: impl AsRef<str>) -> TokenStream {
    let text = format!(" {}", text.as_ref());
    quote!(#[doc = #text])
}

/// Refuses values where a list has none.
fn without_values(items: &[Item], errors: &mut Errors, why: &str) {
    for value in items.iter().filter_map(|item| item.value.as_ref()) {
        errors.at(value, why);
    }
}
