//! What users call on a class: offsets and sizes, getters and setters.

use super::expand::{doc, doc_section};
use super::model::{Class, Element, Order, Shape, Slot, Tail, Union, Value, ValueKind};
use crate::names::{accessor_at, around, generated_at, plain, screaming};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The inherent impl.
pub(super) fn access(class: &Class) -> TokenStream {
    let ident = &class.ident;
    let constants = constants(class);
    let values = class.values().filter(|value| !value.common.is_mute).map(value);
    let tail = class.tail.as_ref().filter(|tail| !tail.common.is_mute).map(|tail| self::tail(class, tail));
    quote! {
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #ident {
            #constants
            #(#values)*
            #tail
        }
    }
}

fn constants(class: &Class) -> TokenStream {
    let Class { vis, ident, slots, tail, .. } = class;
    let audible = slots.iter().filter_map(Slot::value).filter(|value| !value.common.is_mute);
    let offsets = audible.map(|Value { common, .. }| {
        let (cfgs, vis, name) = (&common.decor.cfgs, &common.vis, &common.ident);
        let offset = screaming(name, "_OFFSET");
        let doc = doc(format!("Byte offset of `{}`.", plain(name)));
        quote!(#(#cfgs)* #doc #vis const #offset: ::core::primitive::usize = ::core::mem::offset_of!(#ident, #name);)
    });
    let layout = quote!(<#ident as ::heapwright::HeapClass>::LAYOUT);
    let size = match tail {
        None => quote! {
            /// Bytes of an instance, in whole tagged words. V8: `kSize`.
            #vis const SIZE: ::core::primitive::usize = #layout.instance_size();
        },
        Some(Tail { common, .. }) => {
            let (tail_vis, name) = (&common.vis, &common.ident);
            let offset = screaming(name, "_OFFSET");
            let offset_doc = doc(format!("Byte offset of the first of the `{}`.", plain(name)));
            let size_doc = doc(format!(
                "Bytes of an instance with so many `{}`, in whole tagged words. V8: `SizeFor`.",
                plain(name)
            ));
            let offset = (!common.is_mute).then(|| {
                quote! {
                    #offset_doc
                    #tail_vis const #offset: ::core::primitive::usize = #layout.header_size();
                }
            });
            quote! {
                #offset
                /// Bytes before the elements. V8: `kHeaderSize`.
                #vis const HEADER_SIZE: ::core::primitive::usize = #layout.header_size();
                #size_doc
                #[inline]
                #[must_use]
                #vis const fn size_for(length: ::core::primitive::usize) -> ::core::primitive::usize {
                    #layout.size_for(length)
                }
            }
        }
    };
    quote! {
        #(#offsets)*
        #size
        /// Where the class's own strong fields begin.
        #vis const START_OF_STRONG_FIELDS_OFFSET: ::core::primitive::usize = #layout.strong_fields().start;
        /// Where the class's own strong fields end; where they begin if there are none.
        #vis const END_OF_STRONG_FIELDS_OFFSET: ::core::primitive::usize = #layout.strong_fields().end;
        /// Where the class's own weak fields begin.
        #vis const START_OF_WEAK_FIELDS_OFFSET: ::core::primitive::usize = #layout.weak_fields().start;
        /// Where the class's own weak fields end; where they begin if there are none.
        #vis const END_OF_WEAK_FIELDS_OFFSET: ::core::primitive::usize = #layout.weak_fields().end;
    }
}

/// How values of a field or of a tail's elements go in and out.
struct Flow {
    /// What a getter returns, `&self` borrowed.
    output: TokenStream,
    /// What a setter takes, and how it gives that to the cell.
    input: Input,
    /// Where generated code stands: at the field, so that rustc's errors and backtraces point there.
    here: Span,
}

enum Input {
    /// A value that the type admits: with a barrier, and so also with a mode.
    Admitted(TokenStream),
    /// An integer that may be too large for a Smi.
    Smi,
    /// The value itself.
    Plain,
}

impl Flow {
    fn of_value(kind: &ValueKind, at: Span, here: Span) -> Flow {
        match kind {
            ValueKind::Tagged(union) => Flow::tagged(union, at, here),
            ValueKind::Weak(class) => Flow::weak(class, at, here),
            ValueKind::Smi => Flow { output: quote_spanned!(at=> ::core::primitive::i32), input: Input::Smi, here },
            ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => Flow::plain(ty, here),
            ValueKind::Raw(prim) => Flow::plain(&prim.ty, here),
        }
    }

    fn of_element(element: &Element, at: Span, here: Span) -> Flow {
        match element {
            Element::Tagged(union) => Flow::tagged(union, at, here),
            Element::Weak(class) => Flow::weak(class, at, here),
            Element::Raw(prim) => Flow::plain(&prim.ty, here),
        }
    }

    fn tagged(Union { ty, shape }: &Union, at: Span, here: Span) -> Flow {
        let output = match shape {
            Shape::Class => quote_spanned!(at=> &#ty),
            Shape::Optional(class) => quote_spanned!(at=> ::core::option::Option<&#class>),
            Shape::Many => quote_spanned!(at=> ::heapwright::Tagged<'_, #ty>),
        };
        Flow { output, input: Input::Admitted(quote_spanned!(here=> ::heapwright::Admits<#ty, __I>)), here }
    }

    fn weak(class: &syn::Type, at: Span, here: Span) -> Flow {
        Flow {
            output: quote_spanned!(at=> ::core::option::Option<&#class>),
            input: Input::Admitted(quote_spanned!(here=> ::heapwright::AdmitsWeak<#class, __I>)),
            here,
        }
    }

    fn plain(ty: &syn::Type, here: Span) -> Flow {
        Flow { output: ty.to_token_stream(), input: Input::Plain, here }
    }

    /// The setters of a cell: `set_x`, and `set_x_with_mode` where there is a barrier. `cell` is where the value
    /// goes, `method` its setter there.
    fn setters(&self, setter: &Setter<'_>) -> TokenStream {
        let Setter { head, vis, name, index, of, cell, method, docs } = setter;
        let here = self.here;
        let set = around("set_", name, "");
        let (index_parameter, index) = match index {
            true => (Some(quote!(index: ::core::primitive::usize,)), Some(quote!(index,))),
            false => (None, None),
        };
        // SAFETY of the generated code: there is no setter for what is declared constant.
        match &self.input {
            Input::Admitted(admits) => {
                let with_mode = around("set_", name, "_with_mode");
                let method_with_mode = format_ident!("{method}_with_mode", span = here);
                let mode_docs = doc(format!("As [`{set}`](Self::{set}), telling the collector as `mode` says."));
                quote_spanned! {here=>
                    #head #docs
                    #[inline]
                    #[track_caller]
                    #vis fn #set<__I>(&self, #index_parameter value: impl #admits) {
                        Self::#with_mode(self, #index value, ::heapwright::WriteBarrierMode::UPDATE);
                    }
                    #head #mode_docs
                    #[inline]
                    #[track_caller]
                    #vis fn #with_mode<__I>(&self, #index_parameter value: impl #admits, mode: ::heapwright::WriteBarrierMode) {
                        unsafe { #of::#method_with_mode(#cell, #index value, mode) }
                    }
                }
            }
            Input::Smi => {
                let panics = doc_section("Panics", "If the integer does not fit a Smi.");
                quote_spanned! {here=>
                    #head #docs #panics
                    #[inline]
                    #[track_caller]
                    #vis fn #set(&self, value: impl ::heapwright::IntoSmi) {
                        unsafe { #of::#method(#cell, #index ::heapwright::IntoSmi::into_smi(value)) }
                    }
                }
            }
            Input::Plain => {
                let ty = &self.output;
                quote_spanned! {here=>
                    #head #docs
                    #[inline]
                    #[track_caller]
                    #vis fn #set(&self, #index_parameter value: #ty) {
                        unsafe { #of::#method(#cell, #index value) }
                    }
                }
            }
        }
    }
}

/// What a setter is made of.
struct Setter<'a> {
    /// Attributes.
    head: TokenStream,
    vis: &'a syn::Visibility,
    name: &'a Ident,
    /// Whether it takes an index.
    index: bool,
    /// The type that has the setter, which is named: the method call syntax could find a trait's method instead.
    of: TokenStream,
    cell: TokenStream,
    method: Ident,
    docs: TokenStream,
}

/// Getter and setters of a field.
fn value(value: &Value) -> TokenStream {
    let Value { common, kind, constant, order, .. } = value;
    let name = &common.ident;
    let (vis, docs, cfgs, passed) = (&common.vis, &common.decor.docs, &common.decor.cfgs, &common.decor.passed);
    let is_raw = matches!(kind, ValueKind::Raw(_) | ValueKind::Bits(_));
    let (get, set, read_doc, write_doc) = match order {
        // Tagged words are always accessed with relaxed order.
        Order::Relaxed if is_raw => ("get_relaxed", "set_relaxed", "Read with relaxed order.", " with relaxed order"),
        Order::Relaxed => ("get", "set", "Read with relaxed order.", " with relaxed order"),
        Order::AcquireRelease => ("get_acquire", "set_release", "Read with acquire order.", " with release order"),
        Order::Plain => ("get", "set", "", ""),
    };
    let at = accessor_at(name, common.decor.is_documented());
    let here = generated_at(name.span());
    let (get, set) = (Ident::new(get, here), Ident::new(set, here));
    let flow = Flow::of_value(kind, at, here);
    let output = &flow.output;
    // Without a doc comment there is none to add to: `missing_docs` then points at the field.
    let order_doc = (common.decor.is_documented() && !read_doc.is_empty()).then(|| {
        let doc = doc(read_doc);
        quote!(#[doc = " "] #doc)
    });
    let of = value.cell_word(here);
    let body = match kind {
        // A reference is completed from the address of the object it is read from.
        ValueKind::Tagged(_) | ValueKind::Weak(_) => quote_spanned!(here=> #of::#get(&self.#name, self)),
        _ => quote_spanned!(here=> #of::#get(&self.#name)),
    };
    let getter = quote_spanned!(at=> #vis fn #name(&self) -> #output { #body });
    let setters = (!constant).then(|| {
        flow.setters(&Setter {
            head: quote!(#(#cfgs)* #(#passed)*),
            vis,
            name,
            index: false,
            of,
            cell: quote_spanned!(here=> &self.#name),
            method: set,
            docs: doc(format!("Sets [`{}`](Self::{name}){write_doc}.", plain(name))),
        })
    });
    quote! {
        #(#cfgs)* #(#docs)* #order_doc #(#passed)*
        #[inline]
        #[must_use]
        #getter
        #setters
    }
}

/// Accessors of a tail.
fn tail(class: &Class, tail: &Tail) -> TokenStream {
    let Tail { common, element, constant, .. } = tail;
    let name = &common.ident;
    let (vis, docs, passed) = (&common.vis, &common.decor.docs, &common.decor.passed);
    let Some(length) = class.length() else { return TokenStream::new() };
    let (length_name, written) = (&length.common.ident, plain(name));
    let read_length = match length.order {
        Order::AcquireRelease => quote!(get_acquire),
        Order::Plain | Order::Relaxed => quote!(get),
    };
    let elements = around("__", name, "");
    let elements_type = match element {
        Element::Tagged(union) => {
            let ty = &union.ty;
            quote!(TaggedElements<'_, #ty>)
        }
        Element::Weak(class) => quote!(WeakElements<'_, #class>),
        Element::Raw(prim) => {
            let ty = &prim.ty;
            quote!(RawElements<'_, #ty>)
        }
    };
    let at = accessor_at(name, common.decor.is_documented());
    let here = generated_at(name.span());
    let (tail_of, elements_of) = match element {
        Element::Tagged(_) => (quote!(TaggedTail), quote!(TaggedElements)),
        Element::Weak(_) => (quote!(WeakTail), quote!(WeakElements)),
        Element::Raw(_) => (quote!(RawTail), quote!(RawElements)),
    };
    let [tail_of, elements_of] = [tail_of, elements_of].map(|of| quote_spanned!(here=> ::heapwright::__private::#of));
    let flow = Flow::of_element(element, at, here);
    let output = &flow.output;
    let (len, iter, slice) = (around("", name, "_len"), around("", name, "_iter"), around("", name, "_slice"));
    let index_panics = doc_section("Panics", &format!("If `index` is not below `{len}()`."));
    let get_docs = common.decor.is_documented().then(|| {
        let one = doc("The one at `index`.");
        quote!(#[doc = " "] #one #index_panics)
    });
    let len_doc = doc(format!("The number of `{written}`."));
    let iter_doc = doc(format!("The `{written}` in order."));
    let setters = (!constant).then(|| {
        let set_doc = doc(format!("Sets the one of the [`{written}`](Self::{name}) at `index`."));
        flow.setters(&Setter {
            head: quote!(#(#passed)*),
            vis,
            name,
            index: true,
            of: elements_of.clone(),
            cell: quote_spanned!(here=> self.#elements()),
            method: Ident::new("set", here),
            docs: quote!(#set_doc #index_panics),
        })
    });
    let slice = match element {
        Element::Raw(prim) if prim.bytes <= 4 => {
            let ty = &prim.ty;
            // SAFETY of the generated code: at most 4 bytes each, and a slice only where nothing can change them.
            let (slice_type, method) = match constant {
                true => (quote!(&[#ty]), quote!(as_slice)),
                false => (quote!(&[::core::cell::Cell<#ty>]), quote!(as_cells)),
            };
            let slice_doc = doc(format!("All `{written}` at once."));
            Some(quote_spanned! {here=>
                #slice_doc
                #[inline]
                #[must_use]
                #vis fn #slice(&self) -> #slice_type {
                    unsafe { #elements_of::#method(self.#elements()) }
                }
            })
        }
        _ => None,
    };
    let body = quote_spanned!(here=> #elements_of::get(self.#elements(), index));
    let getter = quote_spanned!(at=> #vis fn #name(&self, index: ::core::primitive::usize) -> #output { #body });
    // SAFETY of the generated code: the tail is this class's, so it begins after its header; the length is constant
    // and was written with the elements.
    quote_spanned! {here=>
        #[inline]
        fn #elements(&self) -> ::heapwright::__private::#elements_type {
            unsafe { #tail_of::of(&self.#name, self, Self::HEADER_SIZE, self.#len()) }
        }
        #(#docs)* #get_docs #(#passed)*
        #[inline]
        #[must_use]
        #[track_caller]
        #getter
        #len_doc
        #[inline]
        #[must_use]
        #vis fn #len(&self) -> ::core::primitive::usize {
            ::heapwright::__private::SmiField::#read_length(&self.#length_name) as ::core::primitive::usize
        }
        #iter_doc
        #[inline]
        #vis fn #iter(&self) -> impl ::core::iter::ExactSizeIterator<Item = #output> + '_ {
            #elements_of::iter(self.#elements())
        }
        #setters
        #slice
    }
}
