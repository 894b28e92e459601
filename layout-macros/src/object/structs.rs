//! `#[heap_struct]`: several fields under one name, inside objects.
//!
//! The declaration is read as a class's is; what is made is smaller: the cells, a view with the accessors, the values of
//! a new one, and the layout.

use super::expand::{about, cell, doc};
use super::model::{Class, Openness, Slot, Value, ValueKind};
use super::{check, ephemeron, expand_access, expand_layout, parse};
use crate::errors::Errors;
use crate::names::{around, generated_at, line, plain};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// The attribute macro.
pub(crate) fn heap_struct(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let is_ephemeron = ephemeron::argument(args, &mut errors);
    let code = match parse::class(TokenStream::new(), item, &mut errors) {
        parse::Parsed::Hopeless(stand_in) => stand_in,
        parse::Parsed::Declaration(declaration) => {
            let class = check::class(declaration, &mut errors);
            check_fields(&class, &mut errors);
            if is_ephemeron {
                ephemeron::check(&class, &mut errors);
            }
            expand(&class, is_ephemeron, errors.is_empty())
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#code #errors)
}

/// What a struct cannot have, and that its fields are of one sort.
fn check_fields(class: &Class, errors: &mut Errors) {
    debug_assert!(class.openness == Openness::Leaf, "no arguments were read");
    for tail in &class.tails {
        errors.at(
            &tail.common.ident,
            format!(
                "a struct in an object has a fixed size, so `{}` cannot vary: declare elements and optional fields in the class",
                plain(&tail.common.ident)
            ),
        );
    }
    if class.slots.iter().all(|slot| slot.value().is_none()) {
        errors.at(&class.ident, "a struct in an object needs a field that holds something");
    }
    let mut first: Option<(&Value, bool)> = None;
    for value in class.values() {
        if let Some(default) = &value.default {
            errors.at(default, "fields of a struct have no defaults: give them all to each new one");
        }
        let name = &value.common.ident;
        if let Some(link) = &value.splice {
            errors.at(
                link,
                "weak fields of structs do not splice: only a class's own fields have links that the collector follows",
            );
        }
        let Some(is_tagged) = value.kind.is_tagged() else {
            errors.at(name, "structs do not nest: write the fields of the inner one here");
            continue;
        };
        match first {
            None => first = Some((value, is_tagged)),
            Some((other, sort)) if sort != is_tagged => {
                let (this, that) = if is_tagged { ("tagged", "raw") } else { ("raw", "tagged") };
                errors.at(
                    name,
                    format!(
                        "`{name}` is {this} and `{0}` is {that}: the collector looks at all words of a struct or at none. Write two \
                         structs, or a {that} field",
                        other.common.ident
                    ),
                );
                errors.at(&other.common.ident, format!("`{}` is declared here", other.common.ident));
                return;
            }
            Some(_) => {}
        }
    }
    if first.is_some_and(|(_, is_tagged)| is_tagged)
        && let Some(Slot::Padding(padding)) = class.slots.iter().find(|slot| slot.value().is_none())
    {
        errors
            .at(&padding.common.ident, "tagged fields need no padding, and the collector would look at it: remove it");
    }
}

fn expand(class: &Class, is_ephemeron: bool, is_right: bool) -> TokenStream {
    let Class { decor, vis, ident, slots, .. } = class;
    let (docs, passed) = (&decor.docs, &decor.passed);
    let is_tagged = class.values().next().and_then(|value| value.kind.is_tagged()).unwrap_or_default();
    let cells = slots.iter().map(cell);
    let view = around("", ident, "Ref");
    let offsets = expand_access::offsets(ident, slots);
    let audible = || class.values().filter(|value| !value.common.is_mute);
    let getters = audible().map(|value| expand_access::part_getter(ident, value));
    let setters = audible().filter(|value| !value.constant).map(|value| expand_access::part_setters(&view, value));
    let init = init(class);
    let (name, text, at) = (plain(ident), decor.doc_expr(), line(ident.span()));
    let count = expand_layout::count(slots);
    let specs = slots.iter().map(expand_layout::spec);
    let view_doc = doc(format!("A [`{name}`] in an object, to read and to write."));
    let ephemeron = is_ephemeron.then(|| quote!(.ephemeron()));
    let proof = is_right.then(|| {
        quote_spanned!(generated_at(ident.span())=>
            const _: () = __h::check_struct(&__LAYOUT, ::core::mem::size_of::<#ident>());)
    });
    // SAFETY of the generated impl: the struct is `repr(C)`, its fields are private cells where the layout says, which the
    // proof holds against rustc: it has as many bytes as they have, so there is nothing between them.
    quote! {
        #(#docs)*
        #(#passed)*
        #[allow(clippy::struct_field_names)]
        #[repr(C)]
        #vis struct #ident {
            #(#cells)*
            __in_object: ::core::marker::PhantomData<*mut ()>,
        }

        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #ident {
            #(#offsets)*
            /// Bytes. V8: `kSize`.
            #vis const SIZE: ::core::primitive::usize = ::core::mem::size_of::<#ident>();
            #(#getters)*
        }

        #view_doc
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        #vis struct #view<'a>(::heapwright::StructRef<'a, #ident>);

        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #view<'_> {
            #(#setters)*
        }

        #init

        const _: () = {
            use ::heapwright::__private as __h;

            const __FIELDS: [__h::FieldLayout; #count] = __h::place(__h::PerWidth::both(0), [#(#specs),*]);

            const __LAYOUT: __h::StructLayout = __h::StructLayout::new(
                #name, ::core::module_path!(), ::core::file!(), #at, #text, #is_tagged, &__FIELDS,
            )#ephemeron;

            #[automatically_derived]
            unsafe impl ::heapwright::HeapStruct for #ident {
                type Ref<'a> = #view<'a>;
                const LAYOUT: &'static __h::StructLayout = &__LAYOUT;
                #[inline]
                fn view(at: ::heapwright::StructRef<'_, Self>) -> #view<'_> {
                    #view(at)
                }
            }

            #[automatically_derived]
            impl<'a> ::core::ops::Deref for #view<'a> {
                type Target = #ident;
                #[inline]
                fn deref(&self) -> &#ident {
                    ::heapwright::StructRef::cells(self.0)
                }
            }

            #[automatically_derived]
            impl<'a> ::core::convert::From<#view<'a>> for &'a #ident {
                #[inline]
                fn from(view: #view<'a>) -> &'a #ident {
                    ::heapwright::StructRef::cells(view.0)
                }
            }

            #[automatically_derived]
            impl ::core::fmt::Debug for #view<'_> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::heapwright::inspect::debug_struct(self.0, f)
                }
            }

            #proof
        };
    }
}

/// The values of a new struct.
fn init(class: &Class) -> TokenStream {
    let Class { vis, ident, .. } = class;
    let init = around("", ident, "Init");
    let mut parameters = Vec::new();
    let mut markers = Vec::new();
    let (mut fields, mut writes) = (Vec::new(), Vec::new());
    for (index, value) in class.values().enumerate() {
        let (name, cfgs, vis, kind) = (&value.common.ident, &value.common.decor.cfgs, &value.common.vis, &value.kind);
        let here = generated_at(name.span());
        let cell = kind.cell();
        let docs = about(ident, &value.common);
        // Every field is a cell that a value makes, as an element is; those of one sort have one way.
        let (ty, marker) = match kind {
            ValueKind::Smi => (quote!(::core::primitive::i32), quote!(::heapwright::Smi)),
            ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => (quote!(#ty), quote!(#ty)),
            ValueKind::Raw(prim) => {
                let ty = &prim.ty;
                (quote!(#ty), quote!(#ty))
            }
            ValueKind::External(ty) => (quote!(*mut #ty), quote!(*mut #ty)),
            _ => {
                let parameter = quote::format_ident!("__V{index}");
                let marker = quote::format_ident!("__I{index}");
                parameters.push((
                    parameter.clone(),
                    quote_spanned!(here=> ::heapwright::__private::ElementInit<#cell, #marker>),
                ));
                markers.push(marker.clone());
                (quote!(#parameter), quote!(#marker))
            }
        };
        fields.push(quote!(#(#cfgs)* #docs #vis #name: #ty,));
        let bound = quote_spanned!(here=> <#ty as ::heapwright::__private::ElementInit<#cell, #marker>>);
        writes.push(quote!(#(#cfgs)* #bound::init(&self.#name, &cells.#name);));
    }
    let names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
    let bounds: Vec<_> = parameters.iter().map(|(_, bound)| bound).collect();
    let of_struct = (!names.is_empty()).then(|| quote!(<#(#names),*>));
    let of_impl = (!names.is_empty()).then(|| quote!(<#(#names,)* #(#markers),*>));
    let clause = (!names.is_empty()).then(|| quote!(where #(#names: #bounds),*));
    let init_doc = doc(format!("The fields of a new [`{}`] in a new object.", plain(ident)));
    // SAFETY of the generated impl: each field is written, with a value that its type admits.
    quote! {
        #init_doc
        #[derive(::core::clone::Clone, ::core::marker::Copy)]
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        #vis struct #init #of_struct {
            #(#fields)*
        }

        #[automatically_derived]
        unsafe impl #of_impl ::heapwright::__private::StructInit<#ident, (#(#markers,)*)> for #init #of_struct #clause {
            #[inline]
            #[track_caller]
            unsafe fn write(&self, cells: &#ident) {
                unsafe {
                    #(#writes)*
                }
            }
        }
    }
}
