//! The functions that say how many elements a tail of an object has: a field's value, or what the user's expression makes
//! of earlier constant fields.

use super::expand_access::private_length;
use super::model::{Class, Computed, Number, Source, Tail, TailLength, ValueKind};
use crate::names::{around, generated_at, plain};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The private function that says how many elements a tail of this object has.
pub(super) fn length_of(class: &Class, tail: &Tail) -> TokenStream {
    let name = private_length(tail);
    let here = generated_at(tail.common.ident.span());
    let (computed, kind) = match &tail.length {
        TailLength::Field { source, .. } => {
            let value = input(class, *source, here);
            // A number of elements is not negative, and its sign needs no extension.
            let unsigned = matches!(class.number(*source), Some(Number::Smi))
                .then(|| quote_spanned!(here=> as ::core::primitive::u32));
            return quote_spanned! {here=>
                #[inline]
                fn #name(&self) -> ::core::primitive::usize {
                    #value #unsigned as ::core::primitive::usize
                }
            };
        }
        TailLength::Expression(computed) => (computed, None),
        TailLength::Condition(computed) => (computed, Some(quote!(::core::primitive::bool))),
    };
    let Computed { expr, inputs, .. } = computed;
    let values = inputs.iter().map(|(_, source)| input(class, *source, here));
    let parameters = inputs.iter().map(|(ident, source)| {
        let ty = input_type(class, *source);
        quote!(#ident: #ty)
    });
    // The one number must come out each time, in the collector too. A `const fn` of constant fields sees to that, but
    // for the sign of a NaN, which the optimiser may choose where it knows the arguments: what could compute with
    // floating-point numbers is compiled once, and called.
    let inline =
        if is_integer_arithmetic(&expr.to_token_stream()) { quote!(#[inline]) } else { quote!(#[inline(never)]) };
    let (result, cast) = match kind {
        Some(bool) => (bool, None),
        None => (quote!(::core::primitive::usize), Some(quote!(as ::core::primitive::usize))),
    };
    quote_spanned! {here=>
        #inline
        fn #name(&self) -> ::core::primitive::usize {
            const fn __compute(#(#parameters),*) -> #result {
                (#expr) #cast
            }
            __compute(#(#values),*) as ::core::primitive::usize
        }
    }
}

/// Whether an expression is made of integers, names and operators, without a call and without floating-point numbers. If
/// in doubt it is not.
fn is_integer_arithmetic(tokens: &TokenStream) -> bool {
    use proc_macro2::{Delimiter, Spacing, TokenTree};
    const WORDS: [&str; 6] = ["if", "else", "match", "as", "in", "return"];
    const INTEGERS: [&str; 12] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize"];
    // What stands before a token: something that can be called (a name, a group, the end of type arguments), or `as`.
    let (mut callable, mut is_cast) = (false, false);
    tokens.clone().into_iter().all(|token| {
        let (was_callable, was_cast) = (std::mem::take(&mut callable), std::mem::take(&mut is_cast));
        match token {
            TokenTree::Group(group) => {
                callable = true;
                let is_call = was_callable && group.delimiter() == Delimiter::Parenthesis;
                !is_call && is_integer_arithmetic(&group.stream())
            }
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                callable = !WORDS.contains(&word.as_str());
                is_cast = word == "as";
                word != "f32" && word != "f64" && (!was_cast || INTEGERS.contains(&word.as_str()))
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                !text.contains('.') && !text.ends_with("f32") && !text.ends_with("f64")
            }
            TokenTree::Punct(punct) => {
                callable = punct.as_char() == '>';
                // A macro; `!=` is joint.
                punct.as_char() != '!' || !was_callable || punct.spacing() == Spacing::Joint
            }
        }
    })
}

/// The value of a field that lengths are made from.
fn input(class: &Class, source: Source, here: Span) -> TokenStream {
    match source {
        Source::Slot(slot) => match class.slots[slot].value() {
            Some(value) => {
                let (of, name) = (value.kind.cell_word(here), &value.common.ident);
                quote_spanned!(here=> #of::get(&self.#name))
            }
            None => quote!(0), // padding is no input: reported
        },
        Source::Optional(index) => {
            let tail = &class.tails[index];
            let (of, elements) = (tail.kind.cell_word(here), around("__", &tail.common.ident, ""));
            quote_spanned!(here=>
                ::core::option::Option::map(::heapwright::__private::Elements::optional(self.#elements()), |cell| #of::get(cell))
            )
        }
        Source::Inherited(index) => {
            let inherited = &class.inherits[index];
            let at = generated_at(inherited.ident.span());
            let offset = inherited_offset(class, inherited);
            let ty = match &inherited.prim {
                None => quote!(::heapwright::__private::SmiField),
                Some(prim) => {
                    let ty = &prim.ty;
                    quote!(::heapwright::__private::RawField<#ty>)
                }
            };
            // SAFETY of the generated code: the layout of the class above says that there is such a field.
            quote_spanned!(at=> unsafe { ::heapwright::__private::inherited::<_, #ty>(self, const { #offset }) }.get())
        }
    }
}

/// Where an inherited field is, as a constant expression that fails if it is not what the declaration says.
pub(super) fn inherited_offset(class: &Class, inherited: &super::model::Inherited) -> TokenStream {
    let (parent, name) = (class.parent(), plain(&inherited.ident));
    let kind = match &inherited.prim {
        None => quote!(Smi),
        Some(prim) => {
            let kind = format_ident!("{}", raw_kind(prim.word));
            quote!(Raw(::heapwright::__private::RawKind::#kind))
        }
    };
    quote_spanned! {generated_at(inherited.ident.span())=>
        ::heapwright::__private::inherited_input(
            <#parent as ::heapwright::HeapClass>::LAYOUT,
            #name,
            ::heapwright::__private::InputKind::#kind,
        )
    }
}

/// The name of a primitive in `RawKind`.
fn raw_kind(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// The type that the value has in an expression.
fn input_type(class: &Class, source: Source) -> TokenStream {
    let of = |kind: &ValueKind| match kind {
        ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => ty.to_token_stream(),
        ValueKind::Raw(prim) => prim.ty.to_token_stream(),
        _ => quote!(::core::primitive::i32),
    };
    match source {
        Source::Slot(slot) => class.slots[slot].value().map(|value| of(&value.kind)).unwrap_or_default(),
        Source::Optional(index) => {
            let ty = of(&class.tails[index].kind);
            quote!(::core::option::Option<#ty>)
        }
        Source::Inherited(index) => match &class.inherits[index].prim {
            None => quote!(::core::primitive::i32),
            Some(prim) => prim.ty.to_token_stream(),
        },
    }
}
