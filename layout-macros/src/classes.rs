//! `heap_classes!`: the list of a crate's classes.

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashMap;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token, Visibility, bracketed};

/// The macro.
pub(crate) fn heap_classes(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(registry) = errors.take(syn::parse2::<Registry>(input)) else {
        return errors.into_compile_errors();
    };
    let classes = without_duplicates(&registry.classes, &mut errors);
    let Registry { vis, ident, .. } = &registry;
    let (reserved, attrs): (Vec<_>, Vec<_>) =
        registry.attrs.iter().partition(|attr| attr.path().is_ident("reserve_instance_types"));
    let reserved: Vec<_> = reserved.into_iter().filter_map(|attr| errors.take(reserved_range(attr))).collect();
    let reserving = (!reserved.is_empty()).then(|| quote!(.reserving(&[#(#reserved),*])));
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let classes =
        classes.iter().map(|Class { attrs, path }| quote!(#(#attrs)* <#path as ::heapwright::HeapClass>::CLASS));
    let errors = errors.into_compile_errors();
    quote! {
        #(#attrs)*
        #vis static #ident: ::heapwright::ClassRegistry =
            ::heapwright::ClassRegistry::new(::core::env!("CARGO_PKG_NAME"), &[#(#classes),*]) #reserving;
        // Debuggers and `layout-docs` find the registry by this, even in a stripped binary.
        #(#cfgs)*
        const _: () = {
            #[used]
            #[unsafe(link_section = "heapwright")]
            static TABLES: ::heapwright::__private::TableEntry = ::heapwright::__private::TableEntry::new(&#ident);
        };
        #errors
    }
}

/// `#[reserve_instance_types(500..=599)]`
fn reserved_range(attr: &Attribute) -> syn::Result<TokenStream> {
    let shape = "name the numbers that no class gets unless it asks for them: `#[reserve_instance_types(500..=599)]`";
    let wrong = || syn::Error::new_spanned(attr, shape);
    let syn::ExprRange { start: Some(first), limits: syn::RangeLimits::Closed(_), end: Some(last), .. } =
        attr.parse_args().map_err(|_| wrong())?
    else {
        return Err(wrong());
    };
    let number = |expr: &syn::Expr| match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(literal), .. }) => literal.base10_parse::<u16>().ok(),
        _ => None,
    };
    let (Some(from), Some(to)) = (number(&first), number(&last)) else { return Err(wrong()) };
    if to < from {
        return Err(syn::Error::new_spanned(last, format!("the range goes backwards: write `{to}..={from}`")));
    }
    Ok(quote!(::heapwright::InstanceTypeRange::new(#from, #to)))
}

/// `pub static CLASSES = [Script, FixedArray];`
struct Registry {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    classes: Punctuated<Class, Token![,]>,
}

/// A class, perhaps under a `#[cfg]`.
struct Class {
    attrs: Vec<Attribute>,
    path: Path,
}

const SHAPE: &str = "`pub static CLASSES = [Script, FixedArray];`";

impl Parse for Registry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Registry> {
        let expected = |what: &str| format!("expected {what}: write {SHAPE}");
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![const]) {
            return Err(input
                .error(format!("the registry is a `static`, as its address matters, not a `const`: write {SHAPE}")));
        }
        input.parse::<Token![static]>().map_err(|error| syn::Error::new(error.span(), expected("`static`")))?;
        let ident = input
            .parse()
            .map_err(|error: syn::Error| syn::Error::new(error.span(), expected("the registry's name")))?;
        if input.peek(Token![:]) {
            return Err(input.error(format!("the type is always `ClassRegistry` and is left out: write {SHAPE}")));
        }
        input.parse::<Token![=]>().map_err(|error| syn::Error::new(error.span(), expected("`=`")))?;
        let list;
        if !input.peek(syn::token::Bracket) {
            return Err(input.error(expected("the list of classes in `[…]`")));
        }
        bracketed!(list in input);
        let classes = Punctuated::parse_terminated(&list)?;
        input.parse::<Token![;]>().map_err(|error| syn::Error::new(error.span(), expected("`;` at the end")))?;
        if !input.is_empty() {
            return Err(input.error("one registry per `heap_classes!`: write the next one in a macro call of its own"));
        }
        Ok(Registry { attrs, vis, ident, classes })
    }
}

impl Parse for Class {
    fn parse(input: ParseStream<'_>) -> syn::Result<Class> {
        Ok(Class { attrs: input.call(Attribute::parse_outer)?, path: input.parse()? })
    }
}

/// The classes, without those that are listed a second time.
fn without_duplicates<'a>(classes: &'a Punctuated<Class, Token![,]>, errors: &mut Errors) -> Vec<&'a Class> {
    let mut seen: HashMap<String, &Class> = HashMap::new();
    let mut kept = Vec::new();
    for class in classes {
        if let Some(attr) = class.attrs.iter().find(|attr| !attr.path().is_ident("cfg")) {
            errors.at(
                attr,
                "only `#[cfg(…)]` may stand before a class in the list; document the class where it is declared",
            );
            continue;
        }
        let name = class.path.to_token_stream().to_string();
        match seen.get(&name) {
            Some(first) if first.attrs.is_empty() && class.attrs.is_empty() => {
                errors.at(&class.path, format!("`{name}` is listed twice: remove one of them"));
                errors.at(&first.path, format!("`{name}` is first listed here"));
            }
            _ => {
                seen.insert(name, class);
                kept.push(class);
            }
        }
    }
    kept
}
