//! What the heap knows of a class: its layout table, its descriptor, the traits that say which class it is, and the
//! proofs that rustc lays the struct out as the table says.

use super::model::{Class, Element, Openness, Order, Padding, Slot, Tail, Value, ValueKind};
use crate::names::{generated_at, line, plain};
use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

/// Everything in one `const _`, so that its names are nobody's.
pub(super) fn layout(class: &Class, with_proofs: bool) -> TokenStream {
    let Class { decor, ident, slots, openness, .. } = class;
    let parent = class.parent();
    let (name, doc, at) = (plain(ident), decor.doc_expr(), line(ident.span()));
    let count = count(slots);
    let specs = slots.iter().map(spec);
    let openness_call = match openness {
        Openness::Leaf => None,
        Openness::Open => Some(quote!(.open())),
        Openness::Abstract => Some(quote!(.abstract_())),
    };
    let tail = class.tail.as_ref().map(|tail| tail_spec(class, tail));
    let open = (*openness != Openness::Leaf).then(|| quote!(unsafe impl ::heapwright::OpenClass for #ident {}));
    let concrete =
        (*openness != Openness::Abstract).then(|| quote!(unsafe impl ::heapwright::ConcreteClass for #ident {}));
    let has_bits = has_bits(class);
    let proofs = with_proofs.then(|| proofs(class));
    // SAFETY of the generated impls:
    // - `HeapClass`: the struct is `repr(C)`, begins with the bytes of its parent and has its cells where `__LAYOUT`
    //   says, which the proofs hold against rustc; `__CLASS` is its own static; its fields are private cells.
    // - `TaggedType`: `SET` names the class, whose instances are all that `Admits` lets into a slot of it.
    // - `OpenClass` and `ConcreteClass`: as the layout says, from the same words of the declaration.
    // - `IsA`: reflexive; and what the parent is, for the struct begins with the parent's fields.
    quote! {
        const _: () = {
            use ::heapwright::__private as __h;

            static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<#ident>(&__CLASS);

            const __MEMBERS: &[__h::Member] = &[__h::Member::Class(<#ident as ::heapwright::HeapClass>::CLASS)];

            const __FIELDS: [__h::FieldLayout; #count] =
                __h::place(<#parent as ::heapwright::HeapClass>::LAYOUT.end(), [#(#specs),*]);

            const __LAYOUT: __h::ClassLayout =
                __h::ClassLayout::new(#name, ::core::module_path!(), ::core::file!(), #at, #doc, &__FIELDS)
                    .extends(<#parent as ::heapwright::HeapClass>::LAYOUT)
                    #openness_call
                    #tail;

            #[automatically_derived]
            unsafe impl ::heapwright::HeapClass for #ident {
                type Parent = #parent;
                const CLASS: &'static __h::ClassDescriptor = &__CLASS;
                const LAYOUT: &'static __h::ClassLayout = &__LAYOUT;
            }

            #[automatically_derived]
            unsafe impl ::heapwright::TaggedType for #ident {
                const SET: __h::TypeSet = __h::TypeSet::new(__MEMBERS);
                type Ref<'gc> = &'gc #ident;
                const MAY_BE_SMI: ::core::primitive::bool = false;
                #[inline]
                unsafe fn from_word<'gc>(word: __h::Word) -> &'gc #ident {
                    unsafe { __h::Word::as_object(word) }
                }
            }

            #[automatically_derived]
            unsafe impl ::heapwright::IsA<#ident> for #ident {}
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            unsafe impl<__T> ::heapwright::IsA<__T> for #ident where #parent: ::heapwright::IsA<__T> {}
            #open
            #concrete

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

/// How many of these there are, as a constant expression: `cfg`s decide.
fn count(slots: &[Slot]) -> TokenStream {
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
fn spec(slot: &Slot) -> TokenStream {
    let common = slot.common();
    let name = plain(&common.ident);
    let (made, rest) = match slot {
        Slot::Padding(Padding { bytes, optional, .. }) => {
            let made = if *optional { quote!(optional_padding) } else { quote!(padding) };
            // A `usize`, as in any const argument: the very expression that is the cell's, without a cast.
            (quote!(#made(#name, #bytes)), None)
        }
        Slot::Value(Value { kind, constant, order, .. }) => {
            let made = match kind {
                ValueKind::Tagged(union) => tagged(&union.ty, &name),
                ValueKind::Weak(class) => quote!(weak::<#class>(#name)),
                ValueKind::Smi => quote!(smi(#name)),
                ValueKind::SmiBits(bits) => quote!(smi_bits::<#bits>(#name)),
                ValueKind::Bits(bits) => quote!(bits::<#bits>(#name)),
                ValueKind::Raw(prim) => raw(&prim.ty, &name),
            };
            let constant = constant.then(|| quote!(.constant()));
            let order = match order {
                Order::Plain => None,
                Order::Relaxed => Some(quote!(.access(__h::Access::Relaxed))),
                Order::AcquireRelease => Some(quote!(.access(__h::Access::AcquireRelease))),
                Order::SeqCst => Some(quote!(.access(__h::Access::SeqCst))),
            };
            (made, Some(quote!(#constant #order)))
        }
    };
    let cfgs = &common.decor.cfgs;
    let described = described(common);
    quote!(#(#cfgs)* __h::FieldSpec::#made #described #rest)
}

fn tagged(ty: &syn::Type, name: &str) -> TokenStream {
    quote!(tagged::<#ty>(#name))
}

fn raw(ty: &syn::Type, name: &str) -> TokenStream {
    quote!(raw::<#ty>(#name))
}

/// What the docs say of a field.
fn described(common: &super::model::Common) -> TokenStream {
    let (written, at) = (&common.written, line(common.ident.span()));
    let doc = (!common.decor.docs.is_empty()).then(|| {
        let doc = common.decor.doc_expr();
        quote!(.doc(#doc))
    });
    quote!(.type_name(#written).line(#at) #doc)
}

/// The call that adds the tail to the table.
fn tail_spec(class: &Class, tail: &Tail) -> TokenStream {
    let name = plain(&tail.common.ident);
    let made = match &tail.element {
        Element::Tagged(union) => tagged(&union.ty, &name),
        Element::Weak(class) => quote!(weak::<#class>(#name)),
        Element::Raw(prim) => raw(&prim.ty, &name),
    };
    let described = described(&tail.common);
    let constant = tail.constant.then(|| quote!(.constant()));
    let length = class.length().map(|length| plain(&length.common.ident));
    quote!(.tail(__h::TailSpec::new(__h::FieldSpec::#made #described #constant, #length)))
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
            let setter = crate::names::around("set_", name, "");
            let update = crate::names::around("update_", name, "");
            quote! {
                #(#cfgs)*
                #[automatically_derived]
                #[allow(deprecated)]
                impl ::heapwright::HasBitsMut<#bits> for #ident {
                    #[inline]
                    fn __set_bits(&self, bits: #bits) {
                        self.#setter(bits);
                    }
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

/// Each at the user's token that it is about.
fn proofs(class: &Class) -> TokenStream {
    let Class { ident, slots, .. } = class;
    let fields = slots.iter().enumerate().map(|(index, slot)| {
        let (cfgs, name) = (&slot.common().decor.cfgs, &slot.common().ident);
        let index = count(&slots[..index]);
        quote_spanned! {generated_at(name.span())=>
            #(#cfgs)*
            __h::check_field(&__LAYOUT, #index, ::core::mem::offset_of!(#ident, #name));
        }
    });
    let whole = quote_spanned!(generated_at(ident.span())=> const _: () = __h::check_class::<#ident>(););
    let tail = class.tail.as_ref().map(|tail| {
        let name = &tail.common.ident;
        quote_spanned! {generated_at(name.span())=>
            __h::check_tail(&__LAYOUT, ::core::mem::offset_of!(#ident, #name));
        }
    });
    let parent = class.parent.as_ref().map(|parent| {
        let at = parent.segments.last().map_or_else(|| ident.span(), |segment| segment.ident.span());
        let call = quote_spanned!(generated_at(at)=> __parent_is_open::<#parent>());
        quote! {
            const fn __parent_is_open<__T: ::heapwright::OpenClass>() {}
            const _: () = #call;
        }
    });
    // One constant for all fields, as each costs compile time; the call that fails is the one that is shown.
    let placed = (!slots.is_empty()).then(|| quote!(const _: () = { #(#fields)* #tail };));
    quote!(#placed #whole #parent)
}
