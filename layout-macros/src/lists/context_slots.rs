//! `context_slots!`: names and types for the elements of an array class.

use super::{Entry, Item, conditions, doc, index_enum, items, placed, spelled, texts, variant, without_values};
use crate::errors::Errors;
use crate::names::{around, plain, screaming};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Path, Token, Visibility, braced, bracketed};

/// The macro.
pub(crate) fn context_slots(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(Slots { attrs, vis, name, class, elements, start, entries }) = errors.take(syn::parse2::<Slots>(input))
    else {
        return errors.into_compile_errors();
    };
    let items = items(entries, &mut errors, |ident| {
        let name = plain(ident);
        vec![format!("{}_INDEX", name.to_uppercase()), format!("set_{name}"), format!("try_{name}"), name]
    });
    without_values(
        &items,
        &mut errors,
        "slots are numbered in the order of the list; the first is given after the elements: `elements[3..]`",
    );
    let index = Ident::new("__ContextSlot", Span::call_site());
    let indices = index_enum(&index, &items);
    let names = texts(&items, |item| plain(&item.ident));
    let start = start.map_or_else(|| quote!(0), ToTokens::into_token_stream);
    let errors = errors.into_compile_errors();
    let cfgs = conditions(&attrs);

    // A class of this crate gets inherent items, any other an extension trait, whose items are named as the trait's:
    // the class may have some of the same name.
    let own = name.as_ref().map_or_else(|| quote!(Self), |name| quote!(<Self as #name>));
    let items = items.iter().map(|item| Slot { item, index: &index, own: &own });
    let raw = raw_access(&class, &elements);
    let is_trait = name.is_some();
    let item_vis = (!is_trait).then_some(&vis);
    let header = Header { vis: item_vis.cloned(), own: &own, start: &start, names: &names };
    let constants = header.constants();
    let bodies = items.clone().map(|slot| slot.items(item_vis, is_trait));
    let (declaration, of) = match &name {
        Some(name) => {
            let constants = header.declared();
            let declared = items.map(|slot| slot.declared());
            let declaration = quote! {
                #(#attrs)*
                #[allow(dead_code, unreachable_pub)]
                #vis trait #name {
                    #constants
                    #(#declared)*
                }
            };
            (Some(declaration), Some(quote!(#name for)))
        }
        None => (None, None),
    };
    let impl_attrs = (!is_trait).then(|| quote!(#(#attrs)*));
    quote! {
        #declaration
        #cfgs
        const _: () = {
            #indices
            #raw

            #impl_attrs
            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #of #class {
                #constants
                #(#bodies)*
            }
        };
        #errors
    }
}

/// Two functions that get and set an element, so that a class without such elements is reported once, at their name.
fn raw_access(class: &Path, elements: &Ident) -> TokenStream {
    let set_elements = around("set_", elements, "");
    let any = quote!(::heapwright::Tagged<'_, ::heapwright::Any>);
    let get = quote_spanned!(elements.span()=> <#class>::#elements(object, index));
    let set = quote_spanned!(elements.span()=> <#class>::#set_elements(object, index, value));
    quote! {
        #[allow(dead_code)]
        #[inline]
        #[track_caller]
        fn __element(object: &#class, index: ::core::primitive::usize) -> #any {
            #get
        }

        #[allow(dead_code)]
        #[inline]
        #[track_caller]
        fn __set_element(object: &#class, index: ::core::primitive::usize, value: #any) {
            #set;
        }
    }
}

/// What concerns all slots.
struct Header<'a> {
    vis: Option<Visibility>,
    /// The type or the trait whose items these are.
    own: &'a TokenStream,
    start: &'a TokenStream,
    names: &'a TokenStream,
}

impl Header<'_> {
    fn docs() -> [TokenStream; 3] {
        [
            doc("How many slots are listed. V8: `NATIVE_CONTEXT_SLOTS`."),
            doc("The index after that of the last slot: as many elements an object needs."),
            doc("The names of the slots, in order."),
        ]
    }

    fn declared(&self) -> TokenStream {
        let [count, end, names] = Header::docs();
        quote! {
            #count const SLOT_COUNT: ::core::primitive::usize;
            #end const SLOTS_END: ::core::primitive::usize;
            #names const SLOT_NAMES: &'static [&'static ::core::primitive::str];
        }
    }

    fn constants(&self) -> TokenStream {
        let Header { vis, own, start, names } = self;
        let [count, end, list] = Header::docs();
        quote! {
            #count #vis const SLOT_COUNT: ::core::primitive::usize = <[_]>::len(#own::SLOT_NAMES);
            #end #vis const SLOTS_END: ::core::primitive::usize = (#start) + <[_]>::len(#own::SLOT_NAMES);
            #list #vis const SLOT_NAMES: &'static [&'static ::core::primitive::str] = #names;
        }
    }
}

/// One slot.
#[derive(Clone, Copy)]
struct Slot<'a> {
    item: &'a Item,
    index: &'a Ident,
    own: &'a TokenStream,
}

impl Slot<'_> {
    /// The constant and the accessors as a trait declares them.
    fn declared(&self) -> TokenStream {
        let [index, get, try_get, set] = self.signatures(self.item.here());
        let [index_attrs, get_attrs, try_attrs, set_attrs] = self.attrs();
        quote! {
            #index_attrs const #index;
            #get_attrs #get;
            #try_attrs #try_get;
            #set_attrs #set;
        }
    }

    /// The same with bodies.
    fn items(&self, vis: Option<&Visibility>, is_trait: bool) -> TokenStream {
        let Slot { item, index: slots, own } = self;
        let ty = &item.ty;
        let (variant, index_name) = (variant(&item.ident), screaming(&item.ident, "_INDEX"));
        // Of a trait's items nobody sees these.
        let here = if is_trait { ty.span() } else { item.here() };
        let [index, get, try_get, set] = self.signatures(here);
        let cfgs = &item.decor.cfgs;
        let [index_attrs, get_attrs, try_attrs, set_attrs] =
            if is_trait { std::array::from_fn(|_| quote!(#(#cfgs)*)) } else { self.attrs() };
        let slot = quote!(#slots::#variant as ::core::primitive::usize);
        // All at the type, so that rustc takes what it says of a wrong one for the same and says it once.
        let at = ty.span();
        let index_at = placed(&index_name, at);
        let got = quote_spanned!(at=> {
            <#ty as ::heapwright::SlotType>::context_slot(
                __element(self, #own::#index_at), #own::SLOT_NAMES, #slot, #own::#index_at,
            )
        });
        let tried = quote_spanned!(at=> {
            <#ty as ::heapwright::SlotType>::try_context_slot(__element(self, #own::#index_at))
        });
        quote! {
            #index_attrs #vis const #index = #own::SLOTS_END - #own::SLOT_COUNT + #slot;
            #get_attrs #[inline] #[track_caller]
            #vis #get #got
            #try_attrs #[inline] #[track_caller]
            #vis #try_get #tried
            #set_attrs #[inline] #[track_caller]
            #vis #set {
                let value = ::heapwright::__private::context_value::<_, #ty, _>(self, value);
                __set_element(self, #own::#index_name, value);
            }
        }
    }

    fn signatures(&self, here: Span) -> [TokenStream; 4] {
        let Item { ident, ty, .. } = self.item;
        let name = placed(ident, here);
        let (try_name, set_name) = (around("try_", &name, ""), around("set_", &name, ""));
        let index = screaming(&name, "_INDEX");
        let value = quote_spanned!(ty.span()=> <#ty as ::heapwright::SlotType>::Ref<'_>);
        let optional = quote_spanned!(ty.span()=> ::core::option::Option<#value>);
        let admits = quote_spanned!(here=> ::heapwright::SlotValue<#ty, __I>);
        [
            quote_spanned!(here=> #index: ::core::primitive::usize),
            quote_spanned!(here=> fn #name(&self) -> #value),
            quote_spanned!(here=> fn #try_name(&self) -> #optional),
            quote_spanned!(here=> fn #set_name<__I>(&self, value: impl #admits)),
        ]
    }

    /// Docs, conditions and lint levels of the four.
    fn attrs(&self) -> [TokenStream; 4] {
        let item = self.item;
        let (cfgs, passed) = (&item.decor.cfgs, &item.decor.passed);
        let (name, ty) = (plain(&item.ident), spelled(&item.ty));
        let is_documented = item.decor.is_documented();
        let about = |text: String| {
            let doc = if is_documented { doc(text) } else { TokenStream::new() };
            quote!(#(#cfgs)* #(#passed)* #doc)
        };
        let get = item.accessor_attrs();
        let panics = is_documented.then(|| {
            let text = format!(" If the slot is not there, or holds no `{ty}`; the message says what it holds.");
            quote!(#[doc = ""] #[doc = " # Panics"] #[doc = ""] #[doc = #text])
        });
        [
            about(format!("The index of [`{name}`](Self::{name}).")),
            quote!(#get #panics),
            about(format!("[`{name}`](Self::{name}), if the slot holds a `{ty}`: `None` before it is set.")),
            about(format!("Sets [`{name}`](Self::{name}), with the write barrier.")),
        ]
    }
}

/// `pub trait Slots for Class::elements[0..] { name: Type, … }` or `pub impl Class::elements { … }`.
struct Slots {
    attrs: Vec<Attribute>,
    vis: Visibility,
    /// The trait's name.
    name: Option<Ident>,
    class: Path,
    elements: Ident,
    start: Option<Expr>,
    entries: Punctuated<Entry, Token![,]>,
}

const SHAPE: &str = "`pub trait MySlots for FixedArray::elements { name: Class, … }`, or `pub impl MyContext::elements { … }` \
                     for a class of this crate";

impl Parse for Slots {
    fn parse(input: ParseStream<'_>) -> syn::Result<Slots> {
        let wrong = |error: syn::Error| syn::Error::new(error.span(), format!("{error}: write {SHAPE}"));
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let name = if input.peek(Token![impl]) {
            input.parse::<Token![impl]>()?;
            None
        } else {
            input.parse::<Token![trait]>().map_err(wrong)?;
            let name = input.parse().map_err(wrong)?;
            input.parse::<Token![for]>().map_err(wrong)?;
            Some(name)
        };
        let mut class = input.call(Path::parse_mod_style).map_err(wrong)?;
        let elements = class.segments.pop().map(|last| last.ident);
        // The `::` that is left behind the class.
        class.segments.pop_punct();
        let Some(elements) = elements.filter(|_| !class.segments.is_empty()) else {
            return Err(input.error(format!("name the elements of the class too: write {SHAPE}")));
        };
        let start = if input.peek(syn::token::Bracket) {
            let range;
            bracketed!(range in input);
            match range.parse()? {
                Expr::Range(syn::ExprRange { start: Some(start), end: None, .. }) => Some(*start),
                other => {
                    return Err(syn::Error::new_spanned(other, "where the slots begin is written `elements[3..]`"));
                }
            }
        } else {
            None
        };
        if !input.peek(syn::token::Brace) {
            return Err(wrong(input.error("expected the list of slots in `{…}`")));
        }
        let list;
        braced!(list in input);
        let entries = Punctuated::parse_terminated(&list)?;
        if !input.is_empty() {
            return Err(input.error("one list per `context_slots!`: write the next one in a macro call of its own"));
        }
        Ok(Slots { attrs, vis, name, class, elements, start, entries })
    }
}
