//! What users call on a class: offsets and sizes, getters and setters.

use super::expand::{doc, doc_section};
use super::expand_lengths::length_of;
use super::model::{
    Check, Class, Common, Computed, More, Order, Shape, Slot, Tail, TailLength, Union, Value, ValueKind,
};
use crate::names::{accessor_at, around, generated_at, plain, screaming};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The inherent impl.
pub(super) fn access(class: &Class) -> TokenStream {
    let ident = &class.ident;
    let constants = constants(class);
    let values = class.values().filter(|value| !value.common.is_mute).map(|value| self::value(class, value));
    let tails = (0..class.tails.len()).map(|index| tail(class, index));
    quote! {
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #ident {
            #constants
            #(#values)*
            #(#tails)*
        }
    }
}

fn constants(class: &Class) -> TokenStream {
    let Class { vis, ident, slots, tails, .. } = class;
    let layout = quote!(<#ident as ::heapwright::HeapClass>::LAYOUT);
    let offsets = offsets(ident, slots);
    let size = match tails.as_slice() {
        [] => quote! {
            /// Bytes of an instance, in whole tagged words. V8: `kSize`.
            #vis const SIZE: ::core::primitive::usize = #layout.instance_size();
        },
        [Tail { common, .. }, ..] => {
            let (tail_vis, name) = (&common.vis, &common.ident);
            let offset = screaming(name, "_OFFSET");
            let offset_doc = doc(format!("Byte offset of the first of the `{}`.", plain(name)));
            let offset = (!common.is_mute).then(|| {
                quote! {
                    #offset_doc
                    #tail_vis const #offset: ::core::primitive::usize = #layout.header_size();
                }
            });
            let size_for = size_for(vis, tails, &layout);
            quote! {
                #offset
                /// Bytes before the elements. V8: `kHeaderSize`.
                #vis const HEADER_SIZE: ::core::primitive::usize = #layout.header_size();
                #size_for
            }
        }
    };
    quote! {
        #(#offsets)*
        #size
    }
}

/// The offset constants of fields, as rustc computes them; proofs hold the table equal to them.
pub(super) fn offsets(of: &Ident, slots: &[Slot]) -> Vec<TokenStream> {
    let audible = slots.iter().filter_map(Slot::value).filter(|value| !value.common.is_mute);
    let constant = |Value { common, .. }: &Value| {
        let (cfgs, vis, name) = (&common.decor.cfgs, &common.vis, &common.ident);
        let offset = screaming(name, "_OFFSET");
        let doc = doc(format!("Byte offset of `{}`.", plain(name)));
        quote!(#(#cfgs)* #doc #vis const #offset: ::core::primitive::usize = ::core::mem::offset_of!(#of, #name);)
    };
    audible.map(constant).collect()
}

/// `size_for`: with one tail the number of its elements, with several one parameter for each.
fn size_for(vis: &syn::Visibility, tails: &[Tail], layout: &TokenStream) -> TokenStream {
    let (text, parameters, lengths) = match tails {
        [tail] if !tail.is_optional() => (
            format!(
                "Bytes of an instance with so many `{}`, in whole tagged words. V8: `SizeFor`.",
                plain(&tail.common.ident)
            ),
            quote!(length: ::core::primitive::usize),
            quote!(length),
        ),
        tails => {
            let parameters = tails.iter().enumerate().map(|(index, tail)| {
                let name = parameter(index, tail);
                match tail.is_optional() {
                    true => quote!(#name: ::core::primitive::bool),
                    false => quote!(#name: ::core::primitive::usize),
                }
            });
            let lengths = tails.iter().enumerate().map(|(index, tail)| {
                let name = parameter(index, tail);
                quote!(#name as ::core::primitive::usize)
            });
            (
                "Bytes of an instance with so many elements and with these optional fields, in whole tagged words. V8: \
                 `SizeFor`."
                    .to_owned(),
                quote!(#(#parameters),*),
                quote!(#(#lengths),*),
            )
        }
    };
    let text = doc(text);
    quote! {
        #text
        #[inline]
        #[must_use]
        #vis const fn size_for(#parameters) -> ::core::primitive::usize {
            #layout.size_with(&[#lengths])
        }
    }
}

/// The parameter of `size_for` for a tail.
fn parameter(index: usize, tail: &Tail) -> Ident {
    let name = plain(&tail.common.ident);
    match tail.common.is_mute {
        true => format_ident!("__tail{index}"),
        false if tail.is_optional() => format_ident!("has_{name}"),
        false => format_ident!("{name}"),
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
    /// Nothing: a struct is written field by field.
    Nothing,
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
    pub(super) fn of(kind: &ValueKind, at: Span, here: Span) -> Flow {
        match kind {
            ValueKind::Tagged(union) => Flow::tagged(union, at, here),
            ValueKind::Weak(class) => Flow::weak(class, at, here),
            ValueKind::MaybeWeak(ty) => Flow::maybe_weak(ty, at, here),
            ValueKind::Smi => Flow { output: quote_spanned!(at=> ::core::primitive::i32), input: Input::Smi, here },
            ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => Flow::plain(ty, here),
            ValueKind::Raw(prim) => Flow::plain(&prim.ty, here),
            ValueKind::External(ty) => Flow { output: quote_spanned!(at=> *mut #ty), input: Input::Plain, here },
            ValueKind::Struct(ty) => {
                let output = quote_spanned!(at=> <#ty as ::heapwright::HeapStruct>::Ref<'_>);
                Flow { output, input: Input::Nothing, here }
            }
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

    fn maybe_weak(ty: &syn::Type, at: Span, here: Span) -> Flow {
        Flow {
            output: quote_spanned!(at=> ::heapwright::MaybeWeak<'_, #ty>),
            input: Input::Admitted(Admitted {
                of: quote_spanned!(here=> ::heapwright::AdmitsMaybeWeak),
                ty: ty.to_token_stream(),
                read: quote_spanned!(here=> ::heapwright::__private::admitted_maybe_weak),
            }),
            here,
        }
    }

    fn plain(ty: &syn::Type, here: Span) -> Flow {
        Flow { output: ty.to_token_stream(), input: Input::Plain, here }
    }

    /// `set_x`.
    fn setters(&self, place: &Place<'_>) -> TokenStream {
        let Place { head, common, of, cell, rules, .. } = place;
        let (vis, name, here) = (&common.vis, &common.ident, self.here);
        let set = around("set_", name, "");
        let index_parameter = place.index();
        let (method, docs) = (Ident::new(methods(place.kind, place.order).1, here), place.setter_docs());
        let checks = self.checks(rules, &set, &quote_spanned!(here=> value));
        let (begin, end) = rules.observing(self);
        // SAFETY of the generated code: there is no setter for what is declared constant.
        match &self.input {
            Input::Admitted(admitted) => {
                let admits = admitted.bound("__I", here);
                quote_spanned! {here=>
                    #head #docs
                    #[inline]
                    #[track_caller]
                    #vis fn #set<__I>(&self, #index_parameter value: impl #admits) {
                        #checks
                        #begin
                        unsafe { #of::#method(#cell, value) }
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
                    #vis fn #set(&self, #index_parameter value: impl ::heapwright::IntoSmi) {
                        let value = ::heapwright::IntoSmi::into_smi(value);
                        #checks
                        #begin
                        unsafe { #of::#method(#cell, value) }
                        #end
                    }
                }
            }
            Input::Nothing => TokenStream::new(),
            Input::Plain => {
                let ty = &self.output;
                quote_spanned! {here=>
                    #head #docs
                    #[inline]
                    #[track_caller]
                    #vis fn #set(&self, #index_parameter value: #ty) {
                        #checks
                        #begin
                        unsafe { #of::#method(#cell, value) }
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
            Input::Plain | Input::Nothing => value.clone(),
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
            Input::Smi | Input::Plain | Input::Nothing => {
                (None, Some(quote_spanned!(here=> unsafe { ::heapwright::__private::observe_stored(self, #offset); })))
            }
        }
    }
}

/// A cell and what its accessors are made of.
struct Place<'a> {
    /// Attributes.
    head: TokenStream,
    common: &'a Common,
    kind: &'a ValueKind,
    order: Order,
    more: &'a More,
    /// Whether accessors take an index.
    is_indexed: bool,
    /// Said of an accessor that may panic.
    panics: Option<TokenStream>,
    /// The type that has the methods, which is named: the method call syntax could find a trait's method instead.
    of: TokenStream,
    /// The first arguments of those: the cell, and the object if they want it.
    cell: TokenStream,
    rules: Rules<'a>,
}

impl Place<'_> {
    /// The parameter that chooses an element.
    fn index(&self) -> Option<TokenStream> {
        self.is_indexed.then(|| quote!(index: ::core::primitive::usize,))
    }

    fn setter_docs(&self) -> TokenStream {
        let (name, order) = (&self.common.ident, methods(self.kind, self.order).3);
        let which = if self.is_indexed {
            format!("the one of the `{}` at `index`", plain(name))
        } else {
            format!("`{}`", plain(name))
        };
        let (text, panics) = (doc(format!("Sets {which}{order}.")), &self.panics);
        quote!(#text #panics)
    }

    /// All accessors that write: setters, and those that read and write in one step.
    fn writers(&self, flow: &Flow) -> TokenStream {
        let setters = flow.setters(self);
        let updates = updates(self, flow);
        quote!(#setters #updates)
    }
}

/// The cell's methods for a memory order, and what docs say of them.
fn methods(kind: &ValueKind, order: Order) -> (&'static str, &'static str, &'static str, &'static str) {
    let is_raw = matches!(kind, ValueKind::Raw(_) | ValueKind::Bits(_));
    match order {
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
    }
}

/// Getter and setters of a field.
fn value(class: &Class, value: &Value) -> TokenStream {
    let Value { common, kind, constant, order, more, .. } = value;
    let (name, here) = (&common.ident, generated_at(common.ident.span()));
    let rules = || Rules {
        class: &class.ident,
        on_get: &more.on_get,
        on_set: &more.on_set,
        observed: more.observed.then(|| quote_spanned!(here=> ::core::mem::offset_of!(Self, #name))),
    };
    let getter = getter(value, &rules());
    let writers = (!constant).then(|| {
        let (cfgs, passed) = (&common.decor.cfgs, &common.decor.passed);
        let flow = Flow::of(kind, here, here);
        let object = kind.wants_object().then(|| quote_spanned!(here=> , self));
        let place = Place {
            head: quote!(#(#cfgs)* #(#passed)*),
            common,
            kind,
            order: *order,
            more,
            is_indexed: false,
            panics: None,
            of: kind.cell_word(here),
            cell: quote_spanned!(here=> &self.#name #object),
            rules: rules(),
        };
        place.writers(&flow)
    });
    quote!(#getter #writers)
}

/// The getter of a field, which `self` has.
fn getter(value: &Value, rules: &Rules<'_>) -> TokenStream {
    let Value { common, kind, order, more, .. } = value;
    let name = &common.ident;
    let (vis, docs, cfgs, passed) = (&common.vis, &common.decor.docs, &common.decor.cfgs, &common.decor.passed);
    let read_doc = methods(kind, *order).2;
    let at = accessor_at(name, common.decor.is_documented());
    let here = generated_at(name.span());
    let output = &Flow::of(kind, at, here).output;
    // Without a doc comment there is none to add to: `missing_docs` then points at the field.
    let order_doc = (common.decor.is_documented() && !read_doc.is_empty()).then(|| {
        let doc = doc(read_doc);
        quote!(#[doc = " "] #doc)
    });
    let read = kind.read(*order, &quote_spanned!(here=> &self.#name), here);
    let checks = rules.checks_on_get(name);
    let track = (!more.on_get.is_empty()).then(|| quote!(#[track_caller]));
    let getter = quote_spanned!(at=> #vis fn #name(&self) -> #output { #checks #read });
    quote! {
        #(#cfgs)* #(#docs)* #order_doc #(#passed)*
        #[inline]
        #[must_use]
        #track
        #getter
    }
}

/// The getter of a field of a struct.
pub(super) fn part_getter(of: &Ident, value: &Value) -> TokenStream {
    getter(value, &Rules { class: of, on_get: &value.more.on_get, on_set: &[], observed: None })
}

/// The setters of a field of a struct, on its view, which is `self`.
pub(super) fn part_setters(of: &Ident, value: &Value) -> TokenStream {
    let Value { common, kind, order, more, .. } = value;
    let (name, here) = (&common.ident, generated_at(common.ident.span()));
    let (cfgs, passed) = (&common.decor.cfgs, &common.decor.passed);
    let object = kind.wants_object().then(|| quote_spanned!(here=> , ::heapwright::StructRef::host(self.0)));
    let place = Place {
        head: quote!(#(#cfgs)* #(#passed)*),
        common,
        kind,
        order: *order,
        more,
        is_indexed: false,
        panics: None,
        of: kind.cell_word(here),
        cell: quote_spanned!(here=> &::heapwright::StructRef::cells(self.0).#name #object),
        rules: Rules { class: of, on_get: &more.on_get, on_set: &more.on_set, observed: None },
    };
    place.writers(&Flow::of(kind, here, here))
}

/// The accessors that read and write in one step.
fn updates(place: &Place<'_>, flow: &Flow) -> TokenStream {
    let More { swap, compare_exchange, .. } = place.more;
    let swap = swap.then(|| self::swap(place, flow));
    let compare_exchange = compare_exchange.then(|| self::compare_exchange(place, flow));
    let update = match place.kind {
        ValueKind::Bits(bits) | ValueKind::SmiBits(bits) => Some(update(place, flow, bits)),
        _ => None,
    };
    quote!(#swap #compare_exchange #update)
}

fn swap(place: &Place<'_>, flow: &Flow) -> TokenStream {
    // SAFETY of the generated code: it is made for fields that are not constant; the cell is that of `self`.
    let Place { head, common, of, cell, rules, panics, .. } = place;
    let (vis, name, here, output) = (&common.vis, &common.ident, flow.here, &flow.output);
    let index_parameter = place.index();
    let function = around("swap_", name, "");
    let (ordering, order) = place.order.of_updates(here);
    let docs = doc(format!("Sets `{0}` and returns what it was, in one step with {order} order.", plain(name)));
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
        Input::Plain | Input::Nothing => (None, output.clone(), None),
    };
    let on_get = rules.checks_on_get(&function);
    let on_set = flow.checks(rules, &function, &quote_spanned!(here=> value));
    let (begin, end) = rules.observing(flow);
    quote_spanned! {here=>
        #head #docs #panics
        #[inline]
        #[track_caller]
        #vis fn #function #generics(&self, #index_parameter value: #ty) -> #output {
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

fn compare_exchange(place: &Place<'_>, flow: &Flow) -> TokenStream {
    // SAFETY of the generated code: as for `swap`.
    let Place { head, common, of, cell, rules, panics, .. } = place;
    let (vis, name, here, output) = (&common.vis, &common.ident, flow.here, &flow.output);
    let index_parameter = place.index();
    let function = around("compare_exchange_", name, "");
    let (ordering, order) = place.order.of_updates(here);
    let note = match place.kind {
        ValueKind::Weak(_) => " `Nil` is equal to a referent that has died.",
        ValueKind::Raw(prim) if prim.word == "f32" => {
            " Floats are compared by their bits: a `NaN` is equal to the same `NaN`, and `0.0` is not equal to `-0.0`."
        }
        _ => "",
    };
    let docs =
        doc(format!("Sets `{0}` to `new` if it is `current`, in one step with {order} order.{note}", plain(name)));
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
        Input::Plain | Input::Nothing => (None, output.clone(), output.clone(), None),
    };
    let on_get = rules.checks_on_get(&function);
    let on_set = flow.checks(rules, &function, &quote_spanned!(here=> new));
    let (begin, end) = rules.observing(flow);
    let end = end.map(|end| quote_spanned!(here=> if ::core::result::Result::is_ok(&before) { #end }));
    quote_spanned! {here=>
        #head #docs #errors #panics
        #[inline]
        #[track_caller]
        #vis fn #function #generics(&self, #index_parameter current: #current, new: #new) -> ::core::result::Result<#output, #output> {
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
fn update(place: &Place<'_>, flow: &Flow, bits: &syn::Type) -> TokenStream {
    // SAFETY of the generated code: as for `swap`.
    let Place { head, common, of, cell, rules, panics, .. } = place;
    let (vis, name, here) = (&common.vis, &common.ident, flow.here);
    let index_parameter = place.index();
    let function = around("update_", name, "");
    let text = format!("Sets `{0}` to what `update` makes of it", plain(name));
    let returns = "Returns what it was.";
    let on_get = rules.checks_on_get(&function);
    let (_, end) = rules.observing(flow);
    let (docs, body) = match place.order {
        Order::Plain => {
            let checks = flow.checks(rules, &function, &quote_spanned!(here=> after));
            let body = match checks {
                None => quote_spanned! {here=>
                    #on_get
                    let before = unsafe { #of::update(#cell, update) };
                    #end
                    before
                },
                Some(checks) => quote_spanned! {here=>
                    #on_get
                    let mut update = update;
                    let before = unsafe {
                        #of::update(#cell, |bits| {
                            let after = update(bits);
                            #checks
                            after
                        })
                    };
                    #end
                    before
                },
            };
            (doc(format!("{text}. {returns}")), body)
        }
        order => {
            let (ordering, order) = order.of_updates(here);
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
            let body = quote_spanned! {here=>
                #on_get
                #checked
                let before = unsafe { #of::update_ordered(#cell, update, #ordering) };
                #end
                before
            };
            let again = "`update` is called again if another thread came between";
            (doc(format!("{text}, in one step with {order} order: {again}. {returns}")), body)
        }
    };
    quote_spanned! {here=>
        #head #docs #panics
        #[inline]
        #[track_caller]
        #vis fn #function(&self, #index_parameter update: impl ::core::ops::FnMut(#bits) -> #bits) -> #bits {
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
        (quote_spanned!(here=> ::heapwright::__private::Ordering::#variant), words)
    }
}

impl ValueKind {
    /// What a getter does with the cell; `self` is the object that it belongs to, from whose address a reference is
    /// completed.
    fn read(&self, order: Order, cell: &TokenStream, here: Span) -> TokenStream {
        let of = self.cell_word(here);
        let ordering = match order {
            Order::Plain | Order::Relaxed => Ident::new("Relaxed", here),
            Order::AcquireRelease => Ident::new("Acquire", here),
            Order::SeqCst => Ident::new("SeqCst", here),
        };
        let get = match self {
            ValueKind::Tagged(Union { shape: Shape::Class, .. }) => "get_class",
            ValueKind::Tagged(Union { shape: Shape::Optional(_), .. }) => "get_optional",
            ValueKind::Tagged(Union { shape: Shape::Many, .. }) => "get_union",
            ValueKind::Weak(_) => "get_weak",
            ValueKind::MaybeWeak(_) => "get_maybe_weak",
            // SAFETY of the generated code: the struct lies in `self`.
            ValueKind::Struct(_) => return quote_spanned!(here=> unsafe { #of::get_struct(#cell, self) }),
            _ => {
                let get = Ident::new(methods(self, order).0, here);
                return quote_spanned!(here=> #of::#get(#cell));
            }
        };
        let get = Ident::new(get, here);
        // SAFETY of the generated code: the field is `self`'s, and what it holds is what the declaration says.
        quote_spanned!(here=> unsafe { #of::#get(#cell, self, ::heapwright::__private::Ordering::#ordering) })
    }

    /// Whether its setters take the object that it belongs to.
    pub(super) fn wants_object(&self) -> bool {
        self.has_barrier() || matches!(self, ValueKind::Struct(_))
    }
}

/// The private function that says the length of a tail.
pub(super) fn private_length(tail: &Tail) -> Ident {
    around("__", &tail.common.ident, "_len")
}

/// The private function that computes where a tail begins; the first one's place is a constant.
fn private_offset(class: &Class, index: usize) -> TokenStream {
    match index {
        0 => quote!(Self::HEADER_SIZE),
        index => {
            let offset = around("__", &class.tails[index].common.ident, "_offset");
            quote!(self.#offset())
        }
    }
}

/// Accessors of a tail or of an optional field.
fn tail(class: &Class, index: usize) -> TokenStream {
    let tail = &class.tails[index];
    let Tail { common, kind, constant, order, more, .. } = tail;
    let name = &common.ident;
    let here = generated_at(name.span());
    let (cell, offset, length) = (kind.cell(), private_offset(class, index), private_length(tail));
    let elements = around("__", name, "");
    let length_of = length_of(class, tail);
    let offset_of = (index > 0).then(|| {
        let before = &class.tails[index - 1];
        let (own, start) = (around("__", name, "_offset"), private_offset(class, index - 1));
        let (length, cell) = (private_length(before), before.kind.cell());
        quote! {
            #[inline]
            fn #own(&self) -> ::core::primitive::usize {
                #start + self.#length() * ::core::mem::size_of::<#cell>()
            }
        }
    });
    // SAFETY of the generated code: the tail is this class's and begins where those before it end; lengths are made from
    // constant fields, and the object was made with as many elements.
    let private = quote_spanned! {here=>
        #length_of
        #offset_of
        #[inline]
        fn #elements(&self) -> ::heapwright::__private::Elements<'_, #cell> {
            unsafe { ::heapwright::__private::Tail::of(&self.#name, self, #offset, self.#length()) }
        }
    };
    if common.is_mute {
        return private;
    }
    let (vis, docs, passed) = (&common.vis, &common.decor.docs, &common.decor.passed);
    let at = accessor_at(name, common.decor.is_documented());
    let flow = Flow::of(kind, at, here);
    let output = &flow.output;
    let of = kind.cell_word(here);
    let object = kind.wants_object().then(|| quote_spanned!(here=> , self));
    let read_cell = kind.read(*order, &quote_spanned!(here=> cell), here);
    let written = plain(name);
    let later_offset = (index > 0).then(|| {
        let (public, private) = (around("", name, "_offset"), around("__", name, "_offset"));
        let text = doc(format!("Byte offset of `{written}` in this object: what lies before has no fixed size."));
        quote! {
            #text
            #[inline]
            #[must_use]
            #vis fn #public(&self) -> ::core::primitive::usize {
                self.#private()
            }
        }
    });
    let rules = || Rules {
        class: &class.ident,
        on_get: &more.on_get,
        on_set: &more.on_set,
        observed: more.observed.then(|| match tail.is_optional() {
            true => offset.clone(),
            false => quote_spanned!(here=> #offset + index * ::core::mem::size_of::<#cell>()),
        }),
    };
    let on_get = rules().checks_on_get(name);
    let place = |is_indexed, panics: &TokenStream, cell: TokenStream| Place {
        head: quote!(#(#passed)*),
        common,
        kind,
        order: *order,
        more,
        is_indexed,
        panics: Some(panics.clone()),
        of: of.clone(),
        cell: quote_spanned!(here=> #cell #object),
        rules: rules(),
    };
    if let TailLength::Condition(Computed { text, .. }) = &tail.length {
        let has = around("has_", name, "");
        let has_doc = doc(format!("Whether this object has the field `{written}`."));
        let writers = (!constant).then(|| {
            let cell =
                quote_spanned!(here=> ::heapwright::__private::Elements::present(self.#elements(), #written, #text));
            let panics = doc_section("Panics", "If this object has no such field.");
            place(false, &panics, cell).writers(&flow)
        });
        let body = quote_spanned!(here=>
            ::core::option::Option::map(
                ::heapwright::__private::Elements::optional(self.#elements()), |cell| #read_cell)
        );
        let getter = quote_spanned!(at=> #vis fn #name(&self) -> ::core::option::Option<#output> { #on_get #body });
        return quote_spanned! {here=>
            #private
            #later_offset
            #has_doc
            #[inline]
            #[must_use]
            #vis fn #has(&self) -> ::core::primitive::bool {
                self.#length() != 0
            }
            #(#docs)* #(#passed)*
            #[inline]
            #[must_use]
            #[track_caller]
            #getter
            #writers
        };
    }
    let (len, iter, slice) = (around("", name, "_len"), around("", name, "_iter"), around("", name, "_slice"));
    let index_panics = doc_section("Panics", &format!("If `index` is not below `{len}()`."));
    let get_docs = common.decor.is_documented().then(|| {
        let one = doc("The one at `index`.");
        quote!(#[doc = " "] #one #index_panics)
    });
    let len_doc = doc(format!("The number of `{written}`."));
    // Not where the condition of each would have to be checked.
    let iter = more.on_get.is_empty().then(|| {
        let iter_doc = doc(format!("The `{written}` in order."));
        quote! {
            #iter_doc
            #[inline]
            #vis fn #iter(&self) -> impl ::core::iter::ExactSizeIterator<Item = #output> + '_ {
                ::core::iter::Iterator::map(
                    ::heapwright::__private::Elements::cells(self.#elements()), move |cell| #read_cell)
            }
        }
    });
    let element = quote_spanned!(here=> ::heapwright::__private::Elements::cell(self.#elements(), index));
    let writers = (!constant).then(|| place(true, &index_panics, element.clone()).writers(&flow));
    let slice = match kind {
        // Cells have setters of their own, which nobody could observe or check.
        ValueKind::Raw(prim)
            if (prim.bytes <= 4 || class.words.align.is_some())
                && !more.observed
                && more.on_set.is_empty()
                && more.on_get.is_empty() =>
        {
            let ty = &prim.ty;
            // SAFETY of the generated code: a slice only where nothing can change them. At most 4 bytes each, or aligned in
            // memory: the class says where its objects begin, and `check_tail` that these do accordingly.
            let (slice_type, method) = match (constant, prim.bytes <= 4) {
                (true, true) => (quote!(&[#ty]), quote!(as_slice)),
                (false, true) => (quote!(&[::core::cell::Cell<#ty>]), quote!(as_cells)),
                (true, false) => (quote!(&[#ty]), quote!(as_aligned_slice)),
                (false, false) => (quote!(&[::core::cell::Cell<#ty>]), quote!(as_aligned_cells)),
            };
            let slice_doc = doc(format!("All `{written}` at once."));
            Some(quote_spanned! {here=>
                #slice_doc
                #[inline]
                #[must_use]
                #vis fn #slice(&self) -> #slice_type {
                    unsafe { ::heapwright::__private::Elements::#method(self.#elements()) }
                }
            })
        }
        _ => None,
    };
    let body = kind.read(*order, &element, here);
    let getter =
        quote_spanned!(at=> #vis fn #name(&self, index: ::core::primitive::usize) -> #output { #on_get #body });
    quote_spanned! {here=>
        #private
        #later_offset
        #(#docs)* #get_docs #(#passed)*
        #[inline]
        #[must_use]
        #[track_caller]
        #getter
        #len_doc
        #[inline]
        #[must_use]
        #vis fn #len(&self) -> ::core::primitive::usize {
            self.#length()
        }
        #iter
        #writers
        #slice
    }
}
