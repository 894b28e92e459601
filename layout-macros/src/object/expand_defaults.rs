//! Fields with defaults: `…Init` lacks them, and `with_…` gives one a value of its own.
//!
//! Values of tagged fields have types of their own, so a struct with all fields cannot be made by Rust's `..` from one
//! with other types. Hence a second struct, `…InitWith`, that has them all, and methods that lead from one to the other.

use super::expand_init::Given;
use super::model::{Class, ValueKind};
use crate::names::{around, generated_at, plain};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;

/// The constants that hold the defaults, so that each is written once.
pub(super) fn constants(class: &Class) -> Option<TokenStream> {
    let constants: Vec<_> = class
        .values()
        .filter_map(|value| {
            let (default, name) = (value.default.as_ref()?, &value.common.ident);
            let cfgs = &value.common.decor.cfgs;
            let ty = match &value.kind {
                ValueKind::Smi => quote!(::core::primitive::i32),
                ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => ty.to_token_stream(),
                ValueKind::Raw(prim) => prim.ty.to_token_stream(),
                ValueKind::External(ty) => quote!(*mut #ty),
                _ => default_type(default),
            };
            let constant = constant_name(name);
            Some(quote!(#(#cfgs)* const #constant: #ty = #default;))
        })
        .collect();
    let ident = &class.ident;
    (!constants.is_empty()).then(|| {
        quote! {
            #[allow(clippy::all, clippy::pedantic)]
            impl #ident {
                #(#constants)*
            }
        }
    })
}

/// The default of a field of a class.
pub(super) fn constant(class: &Ident, field: &Ident) -> TokenStream {
    let constant = constant_name(field);
    quote!(#class::#constant)
}

fn constant_name(field: &Ident) -> Ident {
    format_ident!("__DEFAULT_{}", plain(field).to_uppercase(), span = generated_at(field.span()))
}

/// The `with_…` methods of both structs.
pub(super) fn with(class: &Class, cfg: Option<&TokenStream>, given: &[Given]) -> TokenStream {
    let (init, init_with) = (around("", &class.ident, "Init"), around("", &class.ident, "InitWith"));
    let required: Vec<_> =
        given.iter().filter(|given| given.is_generic && given.default.is_none()).map(|given| &given.ty).collect();
    let all: Vec<_> = given.iter().filter(|given| given.is_generic).map(|given| &given.ty).collect();
    let defaulted = || given.iter().filter(|given| given.default.is_some());
    let from_required = defaulted().map(|changed| method(class, given, changed, true));
    let from_all = defaulted().map(|changed| method(class, given, changed, false));
    quote! {
        #cfg
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl<#(#required),*> #init<#(#required),*> {
            #(#from_required)*
        }

        #cfg
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl<#(#all),*> #init_with<#(#all),*> {
            #(#from_all)*
        }
    }
}

/// The method that gives one field another value; from a struct with all fields, or without those that have defaults.
fn method(class: &Class, given: &[Given], changed: &Given, from_required: bool) -> TokenStream {
    let init_with = around("", &class.ident, "InitWith");
    let Given { name, vis, cfgs, ty, is_generic, .. } = changed;
    let here = generated_at(name.span());
    let with = around("with_", name, "");
    let value_ty = if *is_generic { format_ident!("__V").to_token_stream() } else { ty.clone() };
    let parameter = is_generic.then(|| quote!(<__V>));
    let result = given.iter().filter(|given| given.is_generic).map(|given| match &given.default {
        _ if given.name == *name => value_ty.clone(),
        Some(default) if from_required => default_type(default),
        _ => given.ty.clone(),
    });
    let fields = given.iter().map(|given| {
        let (field, cfgs) = (&given.name, &given.cfgs);
        let value = match &given.default {
            _ if field == name => quote!(value),
            Some(_) if from_required => constant(&class.ident, field),
            _ => quote!(self.#field),
        };
        quote!(#(#cfgs)* #field: #value,)
    });
    let doc = format!(" With another value for `{}` than its default.", plain(name));
    quote_spanned! {here=>
        #(#cfgs)*
        #[doc = #doc]
        #[inline]
        #[must_use]
        #vis fn #with #parameter(self, value: #value_ty) -> #init_with<#(#result),*> {
            #init_with { #(#fields)* }
        }
    }
}

/// The type of a tagged field's default: nothing, or a Smi. Objects have no constants.
fn default_type(default: &Expr) -> TokenStream {
    match default {
        Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Nil") => {
            quote!(::heapwright::Nil)
        }
        _ => quote!(::heapwright::Smi),
    }
}
