//! `isolate_slots!`: Rust values that each isolate has of its own.

use super::{Entry, Item, conditions, doc, index_enum, items, placed, spelled, texts, variant};
use crate::attrs::Decor;
use crate::errors::Errors;
use crate::names::{around, plain};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Token, Visibility};

/// The macro.
pub(crate) fn isolate_slots(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(Slots { attrs, vis, table, accessors, entries }) = errors.take(syn::parse2::<Slots>(input)) else {
        return errors.into_compile_errors();
    };
    let items = items(entries, &mut errors, |ident| {
        let name = plain(ident);
        vec![format!("set_{name}"), format!("{name}_mut"), name]
    });
    for item in items.iter().filter(|item| item.value.is_none()) {
        errors.at(
            &item.ident,
            format!(
                "`{0}` needs a first value, which every new isolate makes: write `{0}: {1} = …`",
                item.ident,
                spelled(&item.ty)
            ),
        );
    }
    let index = Ident::new("__SlotIndex", Span::call_site());
    let indices = index_enum(&index, &items);
    let names = texts(&items, |item| plain(&item.ident));
    let type_names = texts(&items, |item| spelled(&item.ty));
    let table_name = plain(&table);
    let values = Ident::new("values", Span::mixed_site());
    let made = items.iter().filter_map(|Item { decor, ty, value, .. }| {
        let (cfgs, value) = (&decor.cfgs, value.as_ref()?);
        let push = quote_spanned!(ty.span()=> ::heapwright::__private::SlotValues::push::<#ty>);
        Some(quote!(#(#cfgs)* #push(#values, #value);))
    });
    let declared = items.iter().map(|item| accessors_of(item, None));
    let implemented = items.iter().map(|item| {
        let (ty, variant) = (&item.ty, variant(&item.ident));
        let slot = quote! {
            ::heapwright::IsolateSlot::<#ty>::new(&#table, #index::#variant as ::core::primitive::usize)
        };
        accessors_of(item, Some(slot))
    });
    let errors = errors.into_compile_errors();
    let cfgs = conditions(&attrs);
    quote! {
        #(#attrs)*
        #vis static #table: ::heapwright::IsolateSlots = ::heapwright::IsolateSlots::new(
            #table_name,
            #names,
            #type_names,
            |#values: &mut ::heapwright::__private::SlotValues| {
                let _ = &#values;
                #(#made)*
            },
        );

        #(#attrs)*
        #[allow(dead_code, unreachable_pub)]
        #vis trait #accessors {
            #(#declared)*
        }

        #cfgs
        const _: () = {
            #indices

            impl #accessors for ::heapwright::HandleScope<'_> {
                #(#implemented)*
            }
        };
        #errors
    }
}

/// The three accessors of a slot: their declarations, or their bodies for the slot's key.
fn accessors_of(item: &Item, slot: Option<TokenStream>) -> TokenStream {
    let Item { decor, ident, ty, .. } = item;
    let Decor { cfgs, passed, .. } = decor;
    let here = item.here();
    let name = placed(ident, here);
    let (name_mut, set_name) = (around("", &name, "_mut"), around("set_", &name, ""));
    let get = quote_spanned!(here=> fn #name(&self) -> &#ty);
    let get_mut = quote_spanned!(here=> fn #name_mut(&mut self) -> &mut #ty);
    let set = quote_spanned!(here=> fn #set_name(&mut self, value: #ty));
    match slot {
        None => {
            let attrs = item.accessor_attrs();
            let about = |what: &str| {
                let doc = doc(format!("{what} [`{0}`](Self::{0}).", plain(ident)));
                if item.decor.is_documented() { doc } else { TokenStream::new() }
            };
            let (doc_mut, doc_set) = (about("Changes"), about("Replaces"));
            quote! {
                #attrs #get;
                #(#cfgs)* #(#passed)* #doc_mut #get_mut;
                #(#cfgs)* #(#passed)* #doc_set #set;
            }
        }
        Some(slot) => quote! {
            #(#cfgs)* #[inline] #[track_caller] #get { ::heapwright::HandleScope::isolate_slot(self, #slot) }
            #(#cfgs)* #[inline] #[track_caller] #get_mut { ::heapwright::HandleScope::isolate_slot_mut(self, #slot) }
            #(#cfgs)* #[inline] #[track_caller]
            #set { *::heapwright::HandleScope::isolate_slot_mut(self, #slot) = value; }
        },
    }
}

/// `pub static SLOTS, accessors in MySlots; name: Type = value, …`
struct Slots {
    attrs: Vec<Attribute>,
    vis: Visibility,
    table: Ident,
    accessors: Ident,
    entries: Punctuated<Entry, Token![,]>,
}

const SHAPE: &str = "`pub static SLOTS, accessors in MySlots; name: Type = value, …`";

impl Parse for Slots {
    fn parse(input: ParseStream<'_>) -> syn::Result<Slots> {
        let wrong = |error: syn::Error| syn::Error::new(error.span(), format!("{error}: write {SHAPE}"));
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        input.parse::<Token![static]>().map_err(wrong)?;
        let table = input.parse().map_err(wrong)?;
        input.parse::<Token![,]>().map_err(wrong)?;
        match input.parse::<Ident>() {
            Ok(word) if word == "accessors" => {}
            Ok(word) => return Err(wrong(syn::Error::new(word.span(), "expected `accessors in`"))),
            Err(error) => return Err(wrong(error)),
        }
        input.parse::<Token![in]>().map_err(wrong)?;
        let accessors = input.parse().map_err(wrong)?;
        input.parse::<Token![;]>().map_err(wrong)?;
        let entries = Punctuated::parse_terminated(input)?;
        Ok(Slots { attrs, vis, table, accessors, entries })
    }
}
