//! Writes the code of one field of a struct: its codec, and methods over that.

use super::codec::{Codec, Names, hex, mask_of};
use super::model::{Bitfield, Content, Field, Kind, Placed};
use crate::names::{accessor_at, around, generated_at, plain};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

/// A field that has accessors, with the names made for it.
pub(super) struct Named<'a> {
    pub(super) codec: Codec<'a>,
    bits: &'a Placed,
    pub(super) with: Ident,
    pub(super) setter: Ident,
}

impl<'a> Named<'a> {
    pub(super) fn of(bitfield: &'a Bitfield<Placed>, rust: &'a Type, bits: &'a Placed) -> Option<Named<'a>> {
        let Content::Field(field) = &bits.content else { return None };
        let path = format!("{}::{}", bitfield.ident, plain(&field.ident));
        let size = bits.size / field.len.unwrap_or(1);
        let codec = Codec { field, path, rust, size, names: Names::of_field(&field.ident) };
        let (with, setter) = (around("with_", &field.ident, ""), around("set_", &field.ident, ""));
        Some(Named { codec, bits, with, setter })
    }

    pub(super) fn functions(&self) -> TokenStream {
        let shift = self.bits.shift.to_token_stream();
        let mask = hex(mask_of(self.bits.shift, self.bits.size)).to_token_stream();
        let constants = self.codec.constants(&shift, &mask);
        let functions = self.codec.functions();
        let fallible = self.codec.fallible();
        let methods = self.methods();
        quote!(#constants #functions #fallible #methods)
    }

    /// Getter, `with_`, `set_` and `try_with_`.
    fn methods(&self) -> TokenStream {
        let Named { codec, with, setter, .. } = self;
        let Field { decor, ident, ty, vis, kind, len } = codec.field;
        let here = generated_at(ident.span());
        let (docs, passed) = (&decor.docs, &decor.passed);
        let Names { decode, update, .. } = &codec.names;
        let (index, index_parameter) = (codec.index(), codec.index_parameter());
        let (last, last_parameter) = (codec.last(), codec.last_parameter());
        let set_panics = codec.encode_panic_docs();
        // Without a doc comment there is none to add to: `missing_docs` then points at the field.
        let get_panics = (decor.is_documented() && (*kind == Kind::Enum || len.is_some()))
            .then(|| codec.panics((*kind == Kind::Enum).then_some("the bits are no variant of the enum")));
        let with_doc = format!(" The same bits with {} replaced.", codec.value_name());
        let set_doc = format!(" Replaces {}.", codec.value_name());
        let body = quote_spanned!(here=> Self::#decode(self.0 #last));
        let at = accessor_at(ident, decor.is_documented());
        let getter = quote_spanned!(at=> const fn #ident(self #last_parameter) -> #ty { #body });
        let try_with = codec.has_try_encode().then(|| self.try_with(&with_doc));
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
            #vis const fn #with(self, #index_parameter value: #ty) -> Self {
                Self(Self::#update(self.0, #index value))
            }
            #[doc = #set_doc]
            #set_panics
            #(#passed)*
            #[inline]
            #[track_caller]
            #vis const fn #setter(&mut self, #index_parameter value: #ty) {
                self.0 = Self::#update(self.0, #index value);
            }
            #try_with
        }
    }

    fn try_with(&self, doc: &str) -> TokenStream {
        let Named { codec, with, .. } = self;
        let Field { ident, ty, vis, .. } = codec.field;
        let here = generated_at(ident.span());
        let (index, index_parameter) = (codec.index(), codec.index_parameter());
        let require = codec.require();
        let (try_encode, try_with, errors) =
            (&codec.names.try_encode, around("try_with_", ident, ""), codec.encode_errors());
        quote_spanned! {here=>
            #[doc = #doc]
            ///
            /// # Errors
            ///
            #[doc = #errors]
            #[inline]
            #vis const fn #try_with(self, #index_parameter value: #ty) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
                #require
                match Self::#try_encode(#index value) {
                    ::core::result::Result::Ok(_) => ::core::result::Result::Ok(self.#with(#index value)),
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                }
            }
        }
    }
}
