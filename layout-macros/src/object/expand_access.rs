//! What users call on a class: offsets and sizes, getters and setters.

use super::expand::{doc, doc_section};
use super::model::{Check, Class, Element, More, Order, Shape, Slot, Tail, Union, Value, ValueKind};
use crate::names::{accessor_at, around, generated_at, plain, screaming};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The inherent impl.
pub(super) fn access(class: &Class) -> TokenStream {
    let ident = &class.ident;
    let constants = constants(class);
    let values = class.values().filter(|value| !value.common.is_mute).map(|value| self::value(class, value));
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
    Admitted(Admitted),
    /// An integer that may be too large for a Smi.
    Smi,
    /// The value itself.
    Plain,
}

/// What a reference that is stored has to be.
struct Admitted {
    /// The trait.
    of: TokenStream,
    /// The type that does the admitting.
    ty: TokenStream,
    /// The function that reads what a value would be in the field.
    read: TokenStream,
}

impl Admitted {
    /// The bound of a setter's argument; `how` is the type that says how the value is admitted.
    fn bound(&self, how: &str, here: Span) -> TokenStream {
        let Admitted { of, ty, .. } = self;
        let how = Ident::new(how, here);
        quote_spanned!(here=> #of<#ty, #how>)
    }
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
        let input = Input::Admitted(Admitted {
            of: quote_spanned!(here=> ::heapwright::Admits),
            ty: ty.to_token_stream(),
            read: quote_spanned!(here=> ::heapwright::__private::admitted),
        });
        Flow { output, input, here }
    }

    fn weak(class: &syn::Type, at: Span, here: Span) -> Flow {
        Flow {
            output: quote_spanned!(at=> ::core::option::Option<&#class>),
            input: Input::Admitted(Admitted {
                of: quote_spanned!(here=> ::heapwright::AdmitsWeak),
                ty: class.to_token_stream(),
                read: quote_spanned!(here=> ::heapwright::__private::admitted_weak),
            }),
            here,
        }
    }

    fn plain(ty: &syn::Type, here: Span) -> Flow {
        Flow { output: ty.to_token_stream(), input: Input::Plain, here }
    }

    /// The setters of a cell: `set_x`, and `set_x_with_mode` where there is a barrier. `cell` is where the value
    /// goes, `method` its setter there.
    fn setters(&self, setter: &Setter<'_>) -> TokenStream {
        let Setter { head, vis, name, index, of, cell, method, docs, rules } = setter;
        let here = self.here;
        let set = around("set_", name, "");
        let (index_parameter, index) = match index {
            true => (Some(quote!(index: ::core::primitive::usize,)), Some(quote!(index,))),
            false => (None, None),
        };
        let checks = self.checks(rules, &set, &quote_spanned!(here=> value));
        let (begin, end) = rules.observing(self);
        // SAFETY of the generated code: there is no setter for what is declared constant.
        match &self.input {
            Input::Admitted(admitted) => {
                let admits = admitted.bound("__I", here);
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
                    #vis fn #with_mode<__I>(&self, #index_parameter value: impl #admits, mode: ::heapwright::WriteBarrierMode<'_>) {
                        #checks
                        #begin
                        unsafe { #of::#method_with_mode(#cell, #index value, mode) }
                        #end
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
                        let value = ::heapwright::IntoSmi::into_smi(value);
                        #checks
                        #begin
                        unsafe { #of::#method(#cell, #index value) }
                        #end
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
                        #checks
                        #begin
                        unsafe { #of::#method(#cell, #index value) }
                        #end
                    }
                }
            }
        }
    }

    /// The checks of `function` before it stores `value`, which they know as the getter would return it.
    fn checks(&self, rules: &Rules<'_>, function: &Ident, value: &TokenStream) -> Option<TokenStream> {
        let here = self.here;
        if rules.on_set.is_empty() {
            return None;
        }
        let read = match &self.input {
            Input::Admitted(Admitted { read, ty, .. }) => quote_spanned!(here=> #read::<#ty, _, _>(self, &#value)),
            Input::Smi => quote_spanned!(here=> ::heapwright::Smi::value(#value)),
            Input::Plain => value.clone(),
        };
        let checks = rules.on_set.iter().map(|check| check.tokens(&rules.accessor(function)));
        Some(quote_spanned! {here=> {
            #[allow(unused_variables)]
            let value = #read;
            #(#checks)*
        } })
    }
}

/// What accessors of a field do besides reading and writing it.
struct Rules<'a> {
    class: &'a Ident,
    on_get: &'a [Check],
    on_set: &'a [Check],
    /// If stores are observed: the offset that was stored to.
    observed: Option<TokenStream>,
}

impl Rules<'_> {
    /// The name of an accessor, for messages.
    fn accessor(&self, function: &Ident) -> String {
        format!("{}::{}", plain(self.class), plain(function))
    }

    /// The checks of `function` before it reads.
    fn checks_on_get(&self, function: &Ident) -> TokenStream {
        self.on_get.iter().map(|check| check.tokens(&self.accessor(function))).collect()
    }

    /// What goes before a store, and after one that was done.
    fn observing(&self, flow: &Flow) -> (Option<TokenStream>, Option<TokenStream>) {
        let here = flow.here;
        let Some(offset) = &self.observed else { return (None, None) };
        // SAFETY of the generated code: the offset is that of the field or element.
        match flow.input {
            Input::Admitted(_) => (
                Some(quote_spanned!(here=> let observing = ::heapwright::__private::Observing::of(self);)),
                Some(quote_spanned!(here=> unsafe { ::heapwright::__private::Observing::stored(observing, #offset); })),
            ),
            Input::Smi | Input::Plain => {
                (None, Some(quote_spanned!(here=> unsafe { ::heapwright::__private::observe_stored(self, #offset); })))
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
    rules: Rules<'a>,
}

/// Getter and setters of a field.
fn value(class: &Class, value: &Value) -> TokenStream {
    let Value { common, kind, constant, order, more } = value;
    let name = &common.ident;
    let (vis, docs, cfgs, passed) = (&common.vis, &common.decor.docs, &common.decor.cfgs, &common.decor.passed);
    let is_raw = matches!(kind, ValueKind::Raw(_) | ValueKind::Bits(_));
    let (get, set, read_doc, write_doc) = match order {
        // Tagged words are always accessed with relaxed order.
        Order::Relaxed if is_raw => ("get_relaxed", "set_relaxed", "Read with relaxed order.", " with relaxed order"),
        Order::Relaxed => ("get", "set", "Read with relaxed order.", " with relaxed order"),
        Order::AcquireRelease => ("get_acquire", "set_release", "Read with acquire order.", " with release order"),
        Order::SeqCst => (
            "get_seq_cst",
            "set_seq_cst",
            "Read with sequentially consistent order.",
            " with sequentially consistent order",
        ),
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
    // A reference is completed from the address of the object it is read from.
    let cell = match kind {
        ValueKind::Tagged(_) | ValueKind::Weak(_) => quote_spanned!(here=> &self.#name, self),
        _ => quote_spanned!(here=> &self.#name),
    };
    let rules = || Rules {
        class: &class.ident,
        on_get: &more.on_get,
        on_set: &more.on_set,
        observed: more.observed.then(|| quote_spanned!(here=> ::core::mem::offset_of!(Self, #name))),
    };
    let checks = rules().checks_on_get(name);
    let track = (!more.on_get.is_empty()).then(|| quote!(#[track_caller]));
    let getter = quote_spanned!(at=> #vis fn #name(&self) -> #output { #checks #of::#get(#cell) });
    let head = quote!(#(#cfgs)* #(#passed)*);
    let setters = (!constant).then(|| {
        flow.setters(&Setter {
            head: head.clone(),
            vis,
            name,
            index: false,
            of: of.clone(),
            cell: cell.clone(),
            method: set,
            docs: doc(format!("Sets [`{}`](Self::{name}){write_doc}.", plain(name))),
            rules: rules(),
        })
    });
    let updates = (!constant).then(|| updates(value, &Updated { flow: &flow, head, of, cell, rules: rules() }));
    quote! {
        #(#cfgs)* #(#docs)* #order_doc #(#passed)*
        #[inline]
        #[must_use]
        #track
        #getter
        #setters
        #updates
    }
}

/// What `swap_x` and its kin are made of.
struct Updated<'a> {
    flow: &'a Flow,
    /// Attributes.
    head: TokenStream,
    of: TokenStream,
    cell: TokenStream,
    rules: Rules<'a>,
}

/// The accessors that read and write in one step.
fn updates(value: &Value, updated: &Updated<'_>) -> TokenStream {
    let Value { kind, more: More { swap, compare_exchange, .. }, .. } = value;
    let swap = swap.then(|| self::swap(value, updated));
    let compare_exchange = compare_exchange.then(|| self::compare_exchange(value, updated));
    let update = match kind {
        ValueKind::Bits(bits) | ValueKind::SmiBits(bits) => Some(update(value, bits, updated)),
        _ => None,
    };
    quote!(#swap #compare_exchange #update)
}

fn swap(value: &Value, Updated { flow, head, of, cell, rules }: &Updated<'_>) -> TokenStream {
    let (vis, name, here, output) = (&value.common.vis, &value.common.ident, flow.here, &flow.output);
    let function = around("swap_", name, "");
    let (ordering, order) = value.order.of_updates(here);
    let docs = doc(format!(
        "Sets [`{0}`](Self::{name}) and returns what it was, in one step with {order} order.",
        plain(name)
    ));
    let (generics, ty, convert) = match &flow.input {
        Input::Admitted(admitted) => {
            let admits = admitted.bound("__I", here);
            (Some(quote!(<__I>)), quote_spanned!(here=> impl #admits), None)
        }
        Input::Smi => (
            None,
            quote_spanned!(here=> impl ::heapwright::IntoSmi),
            Some(quote_spanned!(here=> let value = ::heapwright::IntoSmi::into_smi(value);)),
        ),
        Input::Plain => (None, output.clone(), None),
    };
    let on_get = rules.checks_on_get(&function);
    let on_set = flow.checks(rules, &function, &quote_spanned!(here=> value));
    let (begin, end) = rules.observing(flow);
    quote_spanned! {here=>
        #head #docs
        #[inline]
        #[track_caller]
        #vis fn #function #generics(&self, value: #ty) -> #output {
            #convert
            #on_get
            #on_set
            #begin
            let before = unsafe { #of::swap(#cell, value, #ordering) };
            #end
            before
        }
    }
}

fn compare_exchange(value: &Value, Updated { flow, head, of, cell, rules }: &Updated<'_>) -> TokenStream {
    let (vis, name, here, output) = (&value.common.vis, &value.common.ident, flow.here, &flow.output);
    let function = around("compare_exchange_", name, "");
    let (ordering, order) = value.order.of_updates(here);
    let note = match &value.kind {
        ValueKind::Weak(_) => " `Nil` is equal to a referent that has died.",
        ValueKind::Raw(prim) if prim.word == "f32" => {
            " Floats are compared by their bits: a `NaN` is equal to the same `NaN`, and `0.0` is not equal to `-0.0`."
        }
        _ => "",
    };
    let docs = doc(format!(
        "Sets [`{0}`](Self::{name}) to `new` if it is `current`, in one step with {order} order.{note}",
        plain(name)
    ));
    let errors = doc_section("Errors", "If it is something else, which is returned. Else returns what it was.");
    let (generics, current, new, convert) = match &flow.input {
        Input::Admitted(admitted) => {
            let [current, new] = ["__I", "__J"].map(|how| {
                let admits = admitted.bound(how, here);
                quote_spanned!(here=> impl #admits)
            });
            (Some(quote!(<__I, __J>)), current, new, None)
        }
        Input::Smi => {
            let ty = quote_spanned!(here=> impl ::heapwright::IntoSmi);
            let convert = quote_spanned! {here=>
                let current = ::heapwright::IntoSmi::into_smi(current);
                let new = ::heapwright::IntoSmi::into_smi(new);
            };
            (None, ty.clone(), ty, Some(convert))
        }
        Input::Plain => (None, output.clone(), output.clone(), None),
    };
    let on_get = rules.checks_on_get(&function);
    let on_set = flow.checks(rules, &function, &quote_spanned!(here=> new));
    let (begin, end) = rules.observing(flow);
    let end = end.map(|end| quote_spanned!(here=> if ::core::result::Result::is_ok(&before) { #end }));
    quote_spanned! {here=>
        #head #docs #errors
        #[inline]
        #[track_caller]
        #vis fn #function #generics(&self, current: #current, new: #new) -> ::core::result::Result<#output, #output> {
            #convert
            #on_get
            #on_set
            #begin
            let before = unsafe { #of::compare_exchange(#cell, current, new, #ordering) };
            #end
            before
        }
    }
}

/// `update_x` of a bit field.
fn update(value: &Value, bits: &syn::Type, updated: &Updated<'_>) -> TokenStream {
    let Updated { flow, head, of, cell, rules } = updated;
    let (vis, name, here) = (&value.common.vis, &value.common.ident, flow.here);
    let function = around("update_", name, "");
    let text = format!("Sets [`{0}`](Self::{name}) to what `update` makes of it", plain(name));
    let returns = "Returns what it was.";
    let (docs, body) = match value.order {
        Order::Plain => {
            let setter = around("set_", name, "");
            let body = quote_spanned! {here=>
                let mut update = update;
                let before = Self::#name(self);
                Self::#setter(self, update(::heapwright::__private::copied(&before)));
                before
            };
            (doc(format!("{text}. {returns}")), body)
        }
        order => {
            let (ordering, order) = order.of_updates(here);
            let on_get = rules.checks_on_get(&function);
            let checked = flow.checks(rules, &function, &quote_spanned!(here=> value)).map(|checks| {
                quote_spanned! {here=>
                    let mut update = update;
                    let update = |bits: #bits| {
                        let value: #bits = update(bits);
                        #checks
                        value
                    };
                }
            });
            let (_, end) = rules.observing(flow);
            let body = quote_spanned! {here=>
                #on_get
                #checked
                let before = unsafe { #of::update(#cell, update, #ordering) };
                #end
                before
            };
            let again = "`update` is called again if another thread came between";
            (doc(format!("{text}, in one step with {order} order: {again}. {returns}")), body)
        }
    };
    quote_spanned! {here=>
        #head #docs
        #[inline]
        #[track_caller]
        #vis fn #function(&self, update: impl ::core::ops::FnMut(#bits) -> #bits) -> #bits {
            #body
        }
    }
}

impl Order {
    /// The order of accessors that read and write in one step, as an expression and in words.
    fn of_updates(self, here: Span) -> (TokenStream, &'static str) {
        let (variant, words) = match self {
            Order::Plain | Order::Relaxed => ("Relaxed", "relaxed"),
            Order::AcquireRelease => ("AcqRel", "acquire and release"),
            Order::SeqCst => ("SeqCst", "sequentially consistent"),
        };
        let variant = Ident::new(variant, here);
        (quote_spanned!(here=> ::core::sync::atomic::Ordering::#variant), words)
    }
}

/// Accessors of a tail.
fn tail(class: &Class, tail: &Tail) -> TokenStream {
    let Tail { common, element, constant, observed, .. } = tail;
    let name = &common.ident;
    let (vis, docs, passed) = (&common.vis, &common.decor.docs, &common.decor.passed);
    let Some(length) = class.length() else { return TokenStream::new() };
    let (length_name, written) = (&length.common.ident, plain(name));
    let read_length = match length.order {
        Order::AcquireRelease => quote!(get_acquire),
        Order::SeqCst => quote!(get_seq_cst),
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
            rules: Rules {
                class: &class.ident,
                on_get: &[],
                on_set: &[],
                observed: observed.then(|| {
                    let size = quote_spanned!(here=> <Self as ::heapwright::HeapClass>::ELEMENT_SIZE);
                    quote_spanned!(here=> Self::HEADER_SIZE + index * #size)
                }),
            },
        })
    });
    let slice = match element {
        // Cells have setters of their own, which nobody could observe.
        Element::Raw(prim) if prim.bytes <= 4 && !observed => {
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
