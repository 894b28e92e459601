//! Writes the code of one field: constants, functions over raw integers, methods.

use super::model::{Bitfield, Content, Field, Kind, Placed};
use crate::names::{accessor_at, around, generated_at, plain, screaming};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

/// A field that has accessors, with the names made for it.
pub(super) struct Named<'a> {
    bitfield: &'a Bitfield<Placed>,
    pub(super) field: &'a Field,
    bits: &'a Placed,
    rust: &'a Type,
    pub(super) shift: Ident,
    mask: Ident,
    max: Ident,
    pub(super) setter: Ident,
}

impl<'a> Named<'a> {
    pub(super) fn of(bitfield: &'a Bitfield<Placed>, rust: &'a Type, bits: &'a Placed) -> Option<Named<'a>> {
        let Content::Field(field) = &bits.content else { return None };
        Some(Named {
            bitfield,
            field,
            bits,
            rust,
            shift: screaming(&field.ident, "_SHIFT"),
            mask: screaming(&field.ident, "_MASK"),
            max: screaming(&field.ident, "_MAX"),
            setter: around("set_", &field.ident, ""),
        })
    }

    pub(super) fn function(&self, prefix: &str) -> Ident {
        around(prefix, &self.field.ident, "")
    }

    /// `Struct::field`, for messages.
    fn path(&self) -> String {
        format!("{}::{}", self.bitfield.ident, plain(&self.field.ident))
    }

    /// Whether some values of the type do not fit.
    fn may_overflow(&self) -> bool {
        match self.field.kind {
            Kind::Bool | Kind::Enum => false,
            Kind::Unsigned(has) | Kind::Signed(has) => self.bits.size < has,
            Kind::Nested => true,
        }
    }

    pub(super) fn functions(&self) -> TokenStream {
        let constants = self.constants();
        let codec = self.codec();
        let fallible = self.fallible();
        let methods = self.methods();
        quote!(#constants #codec #fallible #methods)
    }

    fn constants(&self) -> TokenStream {
        let Named { field: Field { ident, ty, vis, kind, .. }, bits, rust, shift, mask, max, .. } = self;
        let (lowest, bits_of_field) = (bits.shift, bits.size);
        let mask_value = hex(mask_of(bits.shift, bits.size));
        let size = screaming(ident, "_SIZE");
        let name = plain(ident);
        let doc = |text: &str| format!(" {text} `{name}`.");
        let [shift_doc, size_doc, mask_doc, max_doc, min_doc] =
            ["Lowest bit of", "Number of bits of", "The bits of", "Largest value of", "Smallest value of"].map(doc);
        let largest = mask_of(0, bits.size);
        let (max_type, max_value) = match kind {
            Kind::Signed(_) => (ty.to_token_stream(), hex(largest >> 1)),
            Kind::Unsigned(_) => (ty.to_token_stream(), hex(largest)),
            _ => (rust.to_token_stream(), hex(largest)),
        };
        let min = matches!(kind, Kind::Signed(_)).then(|| {
            let min = screaming(ident, "_MIN");
            quote!(#[doc = #min_doc] #vis const #min: #ty = -Self::#max - 1;)
        });
        quote! {
            #[doc = #shift_doc]
            #vis const #shift: ::core::primitive::u32 = #lowest;
            #[doc = #size_doc]
            #vis const #size: ::core::primitive::u32 = #bits_of_field;
            #[doc = #mask_doc]
            #vis const #mask: #rust = #mask_value;
            #[doc = #max_doc]
            #vis const #max: #max_type = #max_value;
            #min
        }
    }

    /// `encode_`, `decode_`, `update_` and `is_valid_`.
    fn codec(&self) -> TokenStream {
        let here = generated_at(self.field.ident.span());
        let Named { field: Field { ident, ty, vis, kind, .. }, bits, rust, shift, mask, max, .. } = self;
        let name = plain(ident);
        let [encode, decode, update, is_valid] =
            ["encode_", "decode_", "update_", "is_valid_"].map(|p| self.function(p));
        let min = screaming(ident, "_MIN");
        let encoded = match kind {
            Kind::Bool => quote_spanned!(here=> (value as #rust) << Self::#shift),
            Kind::Unsigned(_) => quote_spanned!(here=> (value as #rust) << Self::#shift),
            Kind::Signed(_) => quote_spanned!(here=> ((value as #rust) << Self::#shift) & Self::#mask),
            Kind::Enum | Kind::Nested => quote_spanned!(here=> (value.into_bits() as #rust) << Self::#shift),
        };
        let raw = quote_spanned!(here=> ((bits & Self::#mask) >> Self::#shift));
        let decoded = match kind {
            Kind::Bool => quote_spanned!(here=> bits & Self::#mask != 0),
            Kind::Unsigned(_) => quote_spanned!(here=> #raw as #ty),
            Kind::Signed(has) => {
                let unused = has - bits.size;
                quote_spanned!(here=> (#raw as #ty) << #unused >> #unused)
            }
            Kind::Enum => {
                let message = format!("the bits of `{}` are no variant of its enum", self.path());
                quote_spanned! {here=>
                    match <#ty>::from_bits(#raw as ::core::primitive::u64) {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => ::core::panic!(#message),
                    }
                }
            }
            Kind::Nested => quote_spanned!(here=> <#ty>::from_bits(#raw as <#ty as ::heapwright::Bitfield>::Storage)),
        };
        let valid = match kind {
            _ if !self.may_overflow() => quote_spanned!(here=> true),
            Kind::Signed(_) => quote_spanned!(here=> value >= Self::#min && value <= Self::#max),
            Kind::Nested => {
                quote_spanned!(here=> value.into_bits() as ::core::primitive::u64 <= Self::#max as ::core::primitive::u64)
            }
            _ => quote_spanned!(here=> value <= Self::#max),
        };
        let (value, guard, encode_panics) = match self.may_overflow() {
            false => (quote_spanned!(here=> _value), None, None),
            true => {
                let message = format!("the value does not fit `{}`, which has {} bit(s)", self.path(), bits.size);
                let panics = [" ", " # Panics", " ", " If the value does not fit."];
                (
                    quote_spanned!(here=> value),
                    Some(quote_spanned!(here=> ::core::assert!(Self::#is_valid(value), #message);)),
                    Some(quote_spanned!(here=> #(#[doc = #panics])*)),
                )
            }
        };
        let decode_panics = match kind {
            Kind::Enum => {
                let panics = [" ", " # Panics", " ", " If the bits are no variant of the enum: see the `try_` form."];
                Some(quote_spanned!(here=> #(#[doc = #panics])*))
            }
            _ => None,
        };
        let encode_doc = format!(" `{name}` in its place, all other bits zero.");
        let decode_doc = format!(" `{name}`, from the raw integer.");
        let update_doc = format!(" The raw integer with `{name}` replaced.");
        let valid_doc = format!(" Whether the value fits `{name}`.");
        quote_spanned! {here=>
            #[doc = #encode_doc]
            #encode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #encode(value: #ty) -> #rust {
                #guard
                #encoded
            }
            #[doc = #decode_doc]
            #decode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #decode(bits: #rust) -> #ty {
                #decoded
            }
            #[doc = #update_doc]
            #encode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #update(bits: #rust, value: #ty) -> #rust {
                (bits & !Self::#mask) | Self::#encode(value)
            }
            #[doc = #valid_doc]
            #[inline]
            #[must_use]
            #vis const fn #is_valid(#value: #ty) -> ::core::primitive::bool {
                #valid
            }
        }
    }

    /// The `try_` forms.
    fn fallible(&self) -> TokenStream {
        let here = generated_at(self.field.ident.span());
        let Named { field: Field { ident, ty, vis, kind, .. }, rust, shift, mask, max, .. } = self;
        let name = plain(ident);
        let [encode, try_encode, try_decode, try_with, with, is_valid] =
            ["encode_", "try_encode_", "try_decode_", "try_with_", "with_", "is_valid_"].map(|p| self.function(p));
        let min = screaming(ident, "_MIN");
        let error = match kind {
            Kind::Signed(_) => quote_spanned!(here=> OutOfRange {
                field: #name, value: value as ::core::primitive::i64, minimum: Self::#min as ::core::primitive::i64, maximum: Self::#max as ::core::primitive::i64,
            }),
            Kind::Nested => {
                quote_spanned!(here=> TooLarge { field: #name, value: value.into_bits() as ::core::primitive::u64, maximum: Self::#max as ::core::primitive::u64 })
            }
            _ => {
                quote_spanned!(here=> TooLarge { field: #name, value: value as ::core::primitive::u64, maximum: Self::#max as ::core::primitive::u64 })
            }
        };
        let error = quote_spanned!(here=> ::core::result::Result::Err(::heapwright::BitfieldError::#error));
        let encode_doc = format!(" `{name}` in its place, all other bits zero.");
        let with_doc = format!(" The same bits with `{name}` replaced.");
        let decode_doc = format!(" `{name}`, from the raw integer.");
        let encoders = matches!(kind, Kind::Unsigned(_) | Kind::Signed(_) | Kind::Nested).then(|| {
            quote_spanned! {here=>
                #[doc = #encode_doc]
                ///
                /// # Errors
                ///
                /// If the value does not fit: names the field, the value and the limit.
                #[inline]
                #vis const fn #try_encode(value: #ty) -> ::core::result::Result<#rust, ::heapwright::BitfieldError> {
                    if Self::#is_valid(value) { ::core::result::Result::Ok(Self::#encode(value)) } else { #error }
                }
                #[doc = #with_doc]
                ///
                /// # Errors
                ///
                /// If the value does not fit: names the field, the value and the limit.
                #[inline]
                #vis const fn #try_with(self, value: #ty) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
                    if Self::#is_valid(value) { ::core::result::Result::Ok(self.#with(value)) } else { #error }
                }
            }
        });
        let raw = quote_spanned!(here=> ((bits & Self::#mask) >> Self::#shift));
        let decoded = match kind {
            Kind::Enum => quote_spanned! {here=>
                match <#ty>::from_bits(#raw as ::core::primitive::u64) {
                    ::core::option::Option::Some(value) => ::core::result::Result::Ok(value),
                    ::core::option::Option::None => ::core::result::Result::Err(
                        ::heapwright::BitfieldError::NoVariant { field: #name, bits: #raw as ::core::primitive::u64 }
                    ),
                }
            },
            _ => quote_spanned!(here=> <#ty>::try_from_bits(#raw as <#ty as ::heapwright::Bitfield>::Storage)),
        };
        let decoders = matches!(kind, Kind::Enum | Kind::Nested).then(|| {
            quote_spanned! {here=>
                #[doc = #decode_doc]
                ///
                /// # Errors
                ///
                /// If the bits are no value of the field.
                #[inline]
                #vis const fn #try_decode(bits: #rust) -> ::core::result::Result<#ty, ::heapwright::BitfieldError> {
                    #decoded
                }
            }
        });
        quote_spanned!(here=> #encoders #decoders)
    }

    /// Getter, `with_` and `set_`.
    fn methods(&self) -> TokenStream {
        let here = generated_at(self.field.ident.span());
        let Named { field: Field { decor, ident, ty, vis, kind }, setter, .. } = self;
        let (docs, passed) = (&decor.docs, &decor.passed);
        let name = plain(ident);
        let [decode, update, with] = ["decode_", "update_", "with_"].map(|p| self.function(p));
        let panics = |text: &str| {
            let lines = [" ", " # Panics", " ", text];
            quote_spanned!(here=> #(#[doc = #lines])*)
        };
        let set_panics = self.may_overflow().then(|| panics(" If the value does not fit."));
        // Without a doc comment there is none to add to: `missing_docs` then points at the field.
        let get_panics =
            (*kind == Kind::Enum && decor.is_documented()).then(|| panics(" If the bits are no variant of the enum."));
        let with_doc = format!(" The same bits with `{name}` replaced.");
        let set_doc = format!(" Replaces `{name}`.");
        let body = quote_spanned!(here=> Self::#decode(self.0));
        let at = accessor_at(ident, decor.is_documented());
        let getter = quote_spanned!(at=> const fn #ident(self) -> #ty { #body });
        quote_spanned! {here=>
            #(#docs)*
            #get_panics
            #(#passed)*
            #[inline]
            #[must_use]
            #[track_caller]
            #vis #getter
            #[doc = #with_doc]
            #set_panics
            #(#passed)*
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #with(self, value: #ty) -> Self {
                Self(Self::#update(self.0, value))
            }
            #[doc = #set_doc]
            #set_panics
            #(#passed)*
            #[inline]
            #[track_caller]
            #vis const fn #setter(&mut self, value: #ty) {
                self.0 = Self::#update(self.0, value);
            }
        }
    }

    /// That what the type needs fits the field, reported at the field.
    pub(super) fn proof(&self) -> Option<TokenStream> {
        let Field { ident, ty, kind, .. } = self.field;
        let (name, size) = (plain(ident), self.bits.size);
        let at = generated_at(ident.span());
        match kind {
            Kind::Enum => Some(quote_spanned! {at=>
                const _: () = ::heapwright::__private::check_enum_fits(#name, <#ty as ::heapwright::BitEnum>::BITS, #size);
            }),
            Kind::Nested => Some(quote_spanned! {at=>
                const _: () = ::heapwright::__private::check_nested_fits(#name, <#ty as ::heapwright::Bitfield>::LAYOUT, #size);
            }),
            _ => None,
        }
    }
}

/// `size` ones from bit `shift` up.
pub(super) fn mask_of(shift: u32, size: u32) -> u64 {
    (u64::MAX >> (64 - size)) << shift
}

/// A literal in hexadecimal.
pub(super) fn hex(value: u64) -> Literal {
    format!("{value:#x}").parse().expect("a hexadecimal literal")
}
