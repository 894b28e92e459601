//! What the heap knows of a class: its layout table, its descriptor, the traits that say which class it is, and the
//! proofs that rustc lays the struct out as the table says.

use super::model::{Class, Openness, Order, Padding, Slot, Tail, TailLength, Value, ValueKind};
use crate::names::{generated_at, line, plain, screaming};
use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

/// Everything in one `const _`, so that its names are nobody's.
pub(super) fn layout(class: &Class, with_proofs: bool) -> TokenStream {
    let Class { decor, ident, slots, openness, .. } = class;
    let parent = class.parent();
    let (name, doc, at) = (plain(ident), decor.doc_expr(), line(ident.span()));
    let specs = slots.iter().map(spec);
    let openness_call = match openness {
        Openness::Leaf => None,
        Openness::Open => Some(quote!(.open())),
        Openness::Abstract => Some(quote!(.abstract_())),
    };
    // 8 raw bytes are aligned to 8 in a class that says where its objects begin.
    let (place, natural) = match class.words.align {
        Some(_) => (quote!(place_naturally), Some(quote!(.natural()))),
        None => (quote!(place), None),
    };
    let tails = (!class.tails.is_empty()).then(|| {
        let tails = class.tails.iter().map(tail_spec).map(|tail| quote!(#tail #natural));
        quote!(.tails(&[#(#tails),*]))
    });
    let lengths = (!class.is_surely_simple()).then(|| tail_lengths(class));
    let open = (*openness != Openness::Leaf).then(|| quote!(unsafe impl ::heapwright::OpenClass for #ident {}));
    let concrete =
        (*openness != Openness::Abstract).then(|| quote!(unsafe impl ::heapwright::ConcreteClass for #ident {}));
    let has_bits = has_bits(class);
    let words_calls = class.words.layout_calls();
    let hooks = class.words.hooks(ident, &splices(class, with_proofs));
    let copy = class.words.copy(ident);
    let proofs = with_proofs.then(|| proofs(class));
    // SAFETY of the generated impls:
    // - `HeapClass`: the struct is `repr(C)`, begins with the bytes of its parent and has its cells where `LAYOUT`
    //   says, which the proofs hold against rustc; `__CLASS` is its own static; its fields are private cells.
    // - `OpenClass` and `ConcreteClass`: as the layout says, from the same words of the declaration.
    // - `IsA`: reflexive; and what the parent is, for the struct begins with the parent's fields.
    quote! {
        const _: () = {
            use ::heapwright::__private as __h;

            static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<#ident>(&__CLASS);

            const __FIELDS: &[__h::FieldLayout] =
                &__h::#place(<#parent as ::heapwright::HeapClass>::LAYOUT.end(), [#(#specs),*]);

            #[automatically_derived]
            unsafe impl ::heapwright::HeapClass for #ident {
                type Parent = #parent;
                const CLASS: &'static __h::ClassDescriptor = &__CLASS;
                const LAYOUT: &'static __h::ClassLayout =
                    &__h::ClassLayout::new(#name, ::core::module_path!(), ::core::file!(), #at, #doc, __FIELDS)
                        .extends(<#parent as ::heapwright::HeapClass>::LAYOUT)
                        #openness_call
                        #words_calls
                        #tails;
                #lengths
                #hooks
            }

            #[automatically_derived]
            unsafe impl ::heapwright::IsA<#ident> for #ident {}
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            unsafe impl<__T> ::heapwright::IsA<__T> for #ident where #parent: ::heapwright::IsA<__T> {}
            #open
            #concrete
            #copy

            #[automatically_derived]
            impl ::core::ops::Deref for #ident {
                type Target = #parent;
                #[inline]
                fn deref(&self) -> &#parent {
                    __h::upcast(self)
                }
            }

            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::heapwright::inspect::debug_object(self, f)
                }
            }

            #has_bits
            #proofs
        };
    }
}

/// The name of the field that a weak field's `#[splice]` names.
fn value_splice(slot: &Slot) -> Option<String> {
    slot.value().and_then(|value| value.splice.as_ref()).map(plain)
}

/// The fields that the collector splices.
fn splices(class: &Class, is_right: bool) -> Vec<TokenStream> {
    let slots = if is_right { &class.slots[..] } else { &[] };
    let ident = &class.ident;
    let spliced = slots.iter().enumerate().filter_map(|(index, slot)| Some((index, slot, slot.value()?)));
    spliced
        .filter_map(|(index, slot, value)| {
            let (ValueKind::Weak(referent), Some(_)) = (&value.kind, &value.splice) else { return None };
            let (cfgs, index) = (&slot.common().decor.cfgs, count(&class.slots[..index]));
            Some(quote!(#(#cfgs)* __h::Splice::of::<#referent>(<#ident as ::heapwright::HeapClass>::LAYOUT, #index)))
        })
        .collect()
}

/// How many of these there are, as a constant expression: `cfg`s decide.
pub(super) fn count(slots: &[Slot]) -> TokenStream {
    if slots.iter().all(|slot| slot.common().decor.cfgs.is_empty()) {
        let count = Literal::usize_unsuffixed(slots.len());
        return quote!(#count);
    }
    let units = slots.iter().map(|slot| {
        let cfgs = &slot.common().decor.cfgs;
        quote!(#(#cfgs)* ())
    });
    quote!({ const SLOTS: &[()] = &[#(#units),*]; SLOTS.len() })
}

/// The line of the table for a field.
pub(super) fn spec(slot: &Slot) -> TokenStream {
    let common = slot.common();
    let name = plain(&common.ident);
    let (made, rest) = match slot {
        Slot::Padding(Padding { bytes, optional, .. }) => {
            let made = if *optional { quote!(optional_padding) } else { quote!(padding) };
            // A `usize`, as in any const argument: the very expression that is the cell's, without a cast.
            (quote!(#made(#name, #bytes)), None)
        }
        Slot::Value(Value { kind, constant, order, .. }) => {
            let constant = constant.then(|| quote!(.constant()));
            let order = access(*order);
            let splice = value_splice(slot).map(|link| quote!(.splice(#link)));
            (made(kind, &name), Some(quote!(#constant #order #splice)))
        }
    };
    let cfgs = &common.decor.cfgs;
    let described = described(common);
    quote!(#(#cfgs)* __h::FieldSpec::#made #described #rest)
}

/// The constructor of the table's line for a field of that kind.
fn made(kind: &ValueKind, name: &str) -> TokenStream {
    match kind {
        ValueKind::Tagged(union) => {
            let ty = &union.ty;
            quote!(tagged::<#ty>(#name))
        }
        ValueKind::Weak(class) => quote!(weak::<#class>(#name)),
        ValueKind::MaybeWeak(ty) => quote!(maybe_weak::<#ty>(#name)),
        ValueKind::Smi => quote!(smi(#name)),
        ValueKind::SmiBits(bits) => quote!(smi_bits::<#bits>(#name)),
        ValueKind::Bits(bits) => quote!(bits::<#bits>(#name)),
        ValueKind::Raw(prim) => {
            let ty = &prim.ty;
            quote!(raw::<#ty>(#name))
        }
        ValueKind::External(ty) => {
            let written = super::types::spelled(ty);
            quote!(external(#name, #written))
        }
        ValueKind::Struct(ty) => quote!(inline::<#ty>(#name)),
    }
}

fn access(order: Order) -> Option<TokenStream> {
    match order {
        Order::Plain => None,
        Order::Relaxed => Some(quote!(.access(__h::Access::Relaxed))),
        Order::AcquireRelease => Some(quote!(.access(__h::Access::AcquireRelease))),
        Order::SeqCst => Some(quote!(.access(__h::Access::SeqCst))),
    }
}

/// What the docs say of a field.
fn described(common: &super::model::Common) -> TokenStream {
    let (written, at, doc) = (&common.written, line(common.ident.span()), common.decor.doc_expr());
    quote!(.written(#written, #at, #doc))
}

/// The line of the table for a tail or an optional field.
fn tail_spec(tail: &Tail) -> TokenStream {
    let name = plain(&tail.common.ident);
    let made = made(&tail.kind, &name);
    let described = described(&tail.common);
    let constant = tail.constant.then(|| quote!(.constant()));
    let order = access(tail.order);
    let text = tail.length_text();
    let length = match &tail.length {
        TailLength::Field { .. } => quote!(Field(#text)),
        TailLength::Expression(_) => quote!(Expression(#text)),
        TailLength::Condition(_) => quote!(Condition(#text)),
    };
    quote!(__h::TailLayout::new(__h::FieldSpec::#made #described #constant #order, __h::TailLength::#length))
}

/// The function that computes the lengths of an object's tails, for the collector.
fn tail_lengths(class: &Class) -> TokenStream {
    let ident = &class.ident;
    let lengths = class.tails.iter().enumerate().map(|(index, tail)| {
        let length = super::expand_access::private_length(tail);
        quote!(lengths[#index] = #ident::#length(this);)
    });
    // SAFETY of the generated code: the collector calls it for objects of the class, whose constant fields are written.
    // What is called reads those, and computes with `const` functions of the user's: nothing that could be another
    // number the next time.
    quote! {
        const TAIL_LENGTHS: ::core::option::Option<__h::TailLengthsOf> = {
            unsafe fn lengths(object: __h::ObjectAddress, lengths: &mut [::core::primitive::usize; __h::MAX_TAILS]) {
                let this: &#ident = unsafe { __h::ObjectAddress::as_ref(object) };
                #(#lengths)*
            }
            ::core::option::Option::Some(lengths)
        };
    }
}

/// The accessors of bit fields, carried to the object where that is unambiguous.
fn has_bits(class: &Class) -> TokenStream {
    let ident = &class.ident;
    let bits_of = |value: &Value| match &value.kind {
        ValueKind::SmiBits(bits) | ValueKind::Bits(bits) => Some((bits.clone(), super::types::spelled(bits))),
        _ => None,
    };
    let all: Vec<_> = class
        .values()
        .filter(|value| !value.common.is_mute)
        .filter_map(|value| bits_of(value).map(|(bits, name)| (value, bits, name)))
        .collect();
    let unambiguous = all.iter().filter(|(_, _, name)| all.iter().filter(|(_, _, other)| other == name).count() == 1);
    let impls = unambiguous.map(|(value, bits, _)| {
        let (cfgs, name) = (&value.common.decor.cfgs, &value.common.ident);
        let setter = (!value.constant).then(|| {
            let update = crate::names::around("update_", name, "");
            quote! {
                #(#cfgs)*
                #[automatically_derived]
                #[allow(deprecated)]
                impl ::heapwright::HasBitsMut<#bits> for #ident {
                    #[inline]
                    fn __update_bits(&self, update: impl ::core::ops::FnMut(#bits) -> #bits) {
                        self.#update(update);
                    }
                }
            }
        });
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            #[allow(deprecated)]
            impl ::heapwright::HasBits<#bits> for #ident {
                #[inline]
                fn __bits(&self) -> #bits {
                    self.#name()
                }
            }
            #setter
        }
    });
    quote!(#(#impls)*)
}

/// The fields that may be misaligned, for all that is known here: not those after a field whose size keeps the alignment.
/// If `natural`, 8 raw bytes are to be aligned to 8.
fn may_be_misaligned(slots: &[Slot], natural: bool) -> Vec<usize> {
    // Under each pointer width: what an offset is known to be a multiple of.
    let (word, unknown) = ([4, 8], [1, 1]);
    let mut known = unknown;
    let mut found = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        let size = match slot {
            Slot::Padding(_) => None,
            Slot::Value(value) => match &value.kind {
                ValueKind::Raw(prim) => Some([prim.bytes; 2]),
                ValueKind::External(_) => Some([8, 8]),
                ValueKind::Bits(_) | ValueKind::Struct(_) => None,
                _ => Some(word),
            },
        };
        let align =
            match slot {
                Slot::Padding(_) => unknown,
                Slot::Value(Value {
                    kind: ValueKind::Raw(_) | ValueKind::External(_) | ValueKind::Bits(_), ..
                }) if natural => size.unwrap_or([8, 8]),
                Slot::Value(_) => size.map_or(word, |size| [size[0].min(word[0]), size[1].min(word[1])]),
            };
        if align[0] > known[0] || align[1] > known[1] {
            found.push(index);
        }
        known = match size {
            // Sizes are powers of two; the field is aligned, or that is an error.
            Some(size) if slot.common().decor.cfgs.is_empty() => {
                [0, 1].map(|width| known[width].max(align[width]).min(size[width]))
            }
            _ => unknown,
        };
    }
    found
}

/// Each at the user's token that it is about.
fn proofs(class: &Class) -> TokenStream {
    let Class { ident, slots, .. } = class;
    let offsets = slots.iter().filter_map(Slot::value).filter(|value| !value.common.is_mute).map(|value| {
        let (cfgs, offset) = (&value.common.decor.cfgs, screaming(&value.common.ident, "_OFFSET"));
        quote!(#(#cfgs)* #ident::#offset,)
    });
    let aligned = may_be_misaligned(slots, class.words.align.is_some()).into_iter().map(|index| {
        let common = slots[index].common();
        let (cfgs, index) = (&common.decor.cfgs, count(&slots[..index]));
        quote_spanned! {generated_at(common.ident.span())=>
            #(#cfgs)*
            __h::check_aligned(__layout, #index);
        }
    });
    let splices = slots.iter().enumerate().filter_map(|(index, slot)| {
        let value = slot.value()?;
        let (ValueKind::Weak(referent), Some(link)) = (&value.kind, &value.splice) else { return None };
        let (cfgs, index) = (&slot.common().decor.cfgs, count(&slots[..index]));
        Some(quote_spanned! {generated_at(link.span())=>
            #(#cfgs)*
            // A static: it may look at the descriptors, a constant may not.
            const _: () = { static CHECK: () = __h::check_splice::<#referent>(<#ident as ::heapwright::HeapClass>::LAYOUT, #index); };
        })
    });
    let (numbers, alignment) = (class.words.proof(ident), class.words.alignment_proof(ident));
    let tails = class.tails.iter().enumerate().map(|(index, tail)| {
        let name = &tail.common.ident;
        quote_spanned! {generated_at(name.span())=>
            __h::check_tail(__layout, #index, ::core::mem::offset_of!(#ident, #name));
        }
    });
    let inherits = class.inherits.iter().map(|inherited| {
        let offset = super::expand_lengths::inherited_offset(class, inherited);
        quote!(const _: ::core::primitive::usize = #offset;)
    });
    let parent = class.parent.as_ref().map(|parent| {
        let at = parent.segments.last().map_or_else(|| ident.span(), |segment| segment.ident.span());
        let call = quote_spanned!(generated_at(at)=> __parent_is_open::<#parent>());
        quote! {
            const fn __parent_is_open<__T: ::heapwright::OpenClass>() {}
            const _: () = #call;
        }
    });
    // One constant for all fields, and calls only where something could be wrong, as each costs compile time.
    let placed = (!slots.is_empty() || !class.tails.is_empty()).then(|| {
        quote! {
            const _: () = {
                let __layout = <#ident as ::heapwright::HeapClass>::LAYOUT;
                #(#aligned)*
                #(#tails)*
            };
        }
    });
    let whole = quote_spanned!(generated_at(ident.span())=>
        const _: () = __h::check_class::<#ident>(&[#(#offsets)*]););
    quote!(#placed #(#splices)* #numbers #alignment #whole #(#inherits)* #parent)
}
