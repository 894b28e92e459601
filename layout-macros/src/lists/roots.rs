//! `heap_roots!`: a crate's roots.

use super::{Entry, Item, conditions, index_enum, items, placed, texts, variant};
use crate::errors::Errors;
use crate::names::plain;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Path, Token, Visibility};

/// The macro.
pub(crate) fn heap_roots(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(Roots { attrs, vis, table, keys_vis, keys, getters, set_up, entries }) =
        errors.take(syn::parse2::<Roots>(input))
    else {
        return errors.into_compile_errors();
    };
    let items = items(entries, &mut errors, |ident| vec![plain(ident)]);
    if set_up.is_none() {
        for Item { ident, .. } in items.iter().filter(|item| item.value.is_none()) {
            errors.at(
                ident,
                format!(
                    "`{ident}` never gets a value: write one if it is a `Smi` (`{ident}: Smi = 3`), or name a function that \
                     sets it (`getters in {getters}, set up by set_up;`)"
                ),
            );
        }
    }
    let index = Ident::new("__RootIndex", Span::call_site());
    let indices = index_enum(&index, &items);
    let names = texts(&items, |item| plain(&item.ident));
    let described = items.iter().map(|Item { decor, ty, value, .. }| {
        let (cfgs, entry) = (&decor.cfgs, quote_spanned!(ty.span()=> <::heapwright::__private::RootOf<#ty>>::ENTRY));
        let value = value.as_ref().map(|value| quote_spanned!(value.span()=> .with_value(#value)));
        quote!(#(#cfgs)* #entry #value)
    });
    let set_up = set_up.map_or_else(|| quote!(::heapwright::__private::set_up_nothing), |path| quote!(#path));
    let table_name = plain(&table);
    let key_constants = items.iter().map(|item| {
        let Item { ident, ty, .. } = item;
        let (attrs, variant) = (item.accessor_attrs(), variant(ident));
        quote! {
            #attrs
            // SAFETY: the index is that of the root in the table, and this is its only key.
            pub(crate) const #ident: ::heapwright::RootKey<#ty> =
                unsafe { ::heapwright::RootKey::new(&#table, #index::#variant as ::core::primitive::usize) };
        }
    });
    let signature = |item: &Item, here: Span| {
        let Item { ident, ty, .. } = item;
        let name = placed(ident, here);
        let value = quote_spanned!(ty.span()=> <#ty as ::heapwright::SlotType>::Ref<'_>);
        quote_spanned!(here=> fn #name(&self) -> #value)
    };
    let declared = items.iter().map(|item| {
        let (attrs, signature) = (item.accessor_attrs(), signature(item, item.here()));
        quote!(#attrs #signature;)
    });
    let implemented = items.iter().map(|item| {
        // All at the type, so that rustc takes what it says of a wrong one for the same and says it once.
        let at = item.ty.span();
        let (cfgs, signature, ident) = (&item.decor.cfgs, signature(item, at), &item.ident);
        let (keys, ident) = (placed(&keys, at), placed(ident, at));
        let ty = &item.ty;
        let body = quote_spanned!(at=> { <#ty as ::heapwright::SlotType>::root(self, #keys::#ident) });
        quote!(#(#cfgs)* #[inline] #signature #body)
    });
    let errors = errors.into_compile_errors();
    let cfgs = conditions(&attrs);
    quote! {
        #(#attrs)*
        #vis static #table: ::heapwright::RootTable = {
            #[allow(unused_imports)]
            use ::heapwright::__private::ObjectRoot as _;
            ::heapwright::RootTable::new(#table_name, #names, &[#(#described),*], #set_up)
        };

        #cfgs
        /// Keys to set the roots with.
        #[allow(non_camel_case_types)]
        #keys_vis enum #keys {}

        #(#attrs)*
        #[allow(dead_code, unreachable_pub)]
        #vis trait #getters {
            #(#declared)*
        }

        #cfgs
        const _: () = {
            #indices

            #[allow(non_upper_case_globals, dead_code)]
            impl #keys {
                #(#key_constants)*
            }

            impl #getters for ::heapwright::HandleScope<'_> {
                #(#implemented)*
            }
        };
        #errors
    }
}

/// `pub static ROOTS, keys in root, getters in MyRoots, set up by set_up; name: Type, limit: Smi = 3, …`
struct Roots {
    attrs: Vec<Attribute>,
    vis: Visibility,
    table: Ident,
    keys_vis: Visibility,
    keys: Ident,
    getters: Ident,
    /// Left out if each root has its value from the start.
    set_up: Option<Path>,
    entries: Punctuated<Entry, Token![,]>,
}

const SHAPE: &str = "`pub static ROOTS, keys in root, getters in MyRoots, set up by set_up; name: Class, …`";

impl Parse for Roots {
    fn parse(input: ParseStream<'_>) -> syn::Result<Roots> {
        let wrong = |error: syn::Error| syn::Error::new(error.span(), format!("{error}: write {SHAPE}"));
        let word = |expected: &str| -> syn::Result<()> {
            let found = input.call(<Ident as syn::ext::IdentExt>::parse_any);
            match found {
                Ok(found) if found == expected => Ok(()),
                Ok(found) => Err(wrong(syn::Error::new(found.span(), format!("expected `{expected}`")))),
                Err(error) => Err(wrong(syn::Error::new(error.span(), format!("expected `{expected}`")))),
            }
        };
        let comma = || input.parse::<Token![,]>().map_err(wrong);
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        input.parse::<Token![static]>().map_err(wrong)?;
        let table = input.parse().map_err(wrong)?;
        comma()?;
        word("keys")?;
        word("in")?;
        let keys_vis = input.parse().map_err(wrong)?;
        let keys = input.parse().map_err(wrong)?;
        comma()?;
        word("getters")?;
        word("in")?;
        let getters = input.parse().map_err(wrong)?;
        let set_up = if input.peek(Token![;]) {
            None
        } else {
            comma()?;
            for expected in ["set", "up", "by"] {
                word(expected)?;
            }
            Some(input.call(Path::parse_mod_style).map_err(wrong)?)
        };
        input.parse::<Token![;]>().map_err(wrong)?;
        let entries = Punctuated::parse_terminated(input)?;
        Ok(Roots { attrs, vis, table, keys_vis, keys, getters, set_up, entries })
    }
}
