//! Writes the code of a bit field as a whole.

use super::expand_field::{Named, hex, mask_of};
use super::model::{Bitfield, Content, Field, Kind, Placed, Storage};
use crate::names::{around, line, plain, screaming};
use crate::prims::absolute;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Type;

/// The struct, its constants, functions and impls.
pub(super) fn bitfield(bitfield: &Bitfield<Placed>) -> TokenStream {
    let Bitfield { decor, vis, ident, storage, fields } = bitfield;
    let (docs, passed) = (&decor.docs, &decor.passed);
    let rust = absolute(storage.rust(), Span::call_site());
    let named: Vec<_> = fields.iter().filter_map(|bits| Named::of(bitfield, &rust, bits)).collect();
    let functions = named.iter().map(Named::functions);
    let proofs = named.iter().filter_map(Named::proof);
    let whole = whole(bitfield, &rust, &named);
    let layout = layout(bitfield);
    let access = access(bitfield, &named);
    let fits_smi = (*storage == Storage::U31).then(|| quote!(unsafe impl ::heapwright::SmiBitfield for #ident {}));
    let mask = from_bits_mask(*storage);
    quote! {
        #(#docs)*
        #(#passed)*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[repr(transparent)]
        #vis struct #ident(#rust);

        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #ident {
            #whole
            #(#functions)*
        }

        #access

        const _: () = {
            #(#proofs)*

            #[automatically_derived]
            impl ::core::default::Default for #ident {
                #[inline]
                fn default() -> Self {
                    Self::new()
                }
            }

            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::heapwright::__private::debug_bits(<Self as ::heapwright::Bitfield>::LAYOUT, self.0 as ::core::primitive::u64, f)
                }
            }

            #[automatically_derived]
            impl ::core::convert::From<#ident> for #rust {
                #[inline]
                fn from(bits: #ident) -> #rust {
                    bits.0
                }
            }

            // SAFETY (of the generated impl): the struct is the storage integer and both functions are the identity
            // on it (below bit 31, for `u31`); the layout names that storage.
            unsafe impl ::heapwright::Bitfield for #ident {
                type Storage = #rust;
                const LAYOUT: &'static ::heapwright::__private::BitfieldLayout = &#layout;
                #[inline]
                fn from_storage(bits: #rust) -> Self {
                    Self(bits #mask)
                }
                #[inline]
                fn into_storage(self) -> #rust {
                    self.0 #mask
                }
            }

            #fits_smi
        };
    }
}

/// What keeps a Smi's bits a Smi's.
fn from_bits_mask(storage: Storage) -> Option<TokenStream> {
    (storage == Storage::U31).then(|| quote!(&0x7fff_ffff))
}

/// Functions over all fields.
fn whole(bitfield: &Bitfield<Placed>, rust: &Type, named: &[Named<'_>]) -> TokenStream {
    let Bitfield { vis, ident, storage, fields, .. } = bitfield;
    let mask = from_bits_mask(*storage);
    let enums: Vec<_> = named.iter().filter(|named| named.field.kind == Kind::Enum).collect();
    let mut start = quote!(0);
    for named in named {
        let (ty, shift) = (&named.field.ty, &named.shift);
        match named.field.kind {
            Kind::Enum => {
                start.extend(quote!(| ((::heapwright::__private::first_bits::<#ty>() as #rust) << Self::#shift)))
            }
            Kind::Nested => start.extend(quote!(| ((<#ty>::new().into_bits() as #rust) << Self::#shift))),
            _ => {}
        }
    }
    let used = fields
        .iter()
        .filter(|bits| matches!(bits.content, Content::Field(_)))
        .fold(0, |used, bits| used | mask_of(bits.shift, bits.size));
    let reserved = hex(!used & mask_of(0, Storage::bits_of_rust(*storage)));
    let checks = named.iter().filter(|named| matches!(named.field.kind, Kind::Enum | Kind::Nested)).map(|named| {
        let try_decode = &named.function("try_decode_");
        quote! {
            if let ::core::result::Result::Err(error) = Self::#try_decode(bits) {
                return ::core::result::Result::Err(error);
            }
        }
    });
    let name = plain(ident);
    let new_doc = match enums.is_empty() {
        true => " All fields zero.",
        false => " All fields zero; an enum without a zero is its first variant.",
    };
    quote! {
        #[doc = #new_doc]
        #[inline]
        #[must_use]
        #vis const fn new() -> Self {
            Self(#start)
        }

        /// From the raw integer, as it is. Bits that are no value of their field show when the field is read.
        #[inline]
        #[must_use]
        #vis const fn from_bits(bits: #rust) -> Self {
            Self(bits #mask)
        }

        /// From a raw integer of unknown origin.
        ///
        /// # Errors
        ///
        /// If a reserved bit is set, or the bits of a field are no value of it.
        #[inline]
        #vis const fn try_from_bits(bits: #rust) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
            if bits & #reserved != 0 {
                return ::core::result::Result::Err(::heapwright::BitfieldError::Reserved {
                    bitfield: #name,
                    bits: (bits & #reserved) as ::core::primitive::u64,
                });
            }
            #(#checks)*
            ::core::result::Result::Ok(Self(bits))
        }

        /// The raw integer.
        #[inline]
        #[must_use]
        #vis const fn into_bits(self) -> #rust {
            self.0
        }
    }
}

/// The layout as data.
fn layout(bitfield: &Bitfield<Placed>) -> TokenStream {
    let Bitfield { decor, ident, storage, fields, .. } = bitfield;
    let (name, doc, at) = (plain(ident), decor.doc_expr(), line(ident.span()));
    let storage = format_ident!("{}", storage.word().to_uppercase());
    let fields = fields.iter().map(|Placed { shift, size, span, content }| {
        let kind = match content {
            Content::Gap(_) => quote!(Gap),
            Content::Field(Field { ty, kind, .. }) => match kind {
                Kind::Bool => quote!(Bool),
                Kind::Unsigned(_) => quote!(Unsigned),
                Kind::Signed(_) => quote!(Signed),
                Kind::Enum => quote!(Enum(<#ty as ::heapwright::BitEnum>::VARIANTS)),
                Kind::Nested => quote!(Nested(<#ty as ::heapwright::Bitfield>::LAYOUT)),
            },
        };
        let (name, doc) = match content {
            Content::Gap(decor) => (String::new(), decor.doc_expr()),
            Content::Field(field) => (plain(&field.ident), field.decor.doc_expr()),
        };
        let at = line(*span);
        quote! {
            ::heapwright::__private::BitLayout {
                name: #name, doc: #doc, shift: #shift, size: #size, kind: ::heapwright::__private::BitKind::#kind, line: #at,
            }
        }
    });
    quote! {
        ::heapwright::__private::BitfieldLayout {
            name: #name,
            doc: #doc,
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: #at,
            storage: ::heapwright::__private::BitStorage::#storage,
            fields: &[#(#fields),*],
        }
    }
}

/// The trait that carries the accessors to objects with a field of this type.
fn access(bitfield: &Bitfield<Placed>, named: &[Named<'_>]) -> TokenStream {
    let Bitfield { vis, ident, .. } = bitfield;
    let visible = |named: &&Named<'_>| {
        let own = named.field.vis.to_token_stream().to_string();
        own == "pub" || own == vis.to_token_stream().to_string()
    };
    let methods = named.iter().filter(visible).map(|named| {
        let Named { field, setter, .. } = named;
        let Field { decor, ident: name, ty, .. } = field;
        let (docs, passed) = (&decor.docs, &decor.passed);
        let (encode, mask) = (named.function("encode_"), screaming(name, "_MASK"));
        let documented = (!decor.is_documented()).then(|| format!(" Reads `{}`.", plain(name)));
        let documented = documented.iter();
        let set_doc = format!(" Sets `{}`.", plain(name));
        quote! {
            #(#docs)* #(#[doc = #documented])* #(#passed)*
            #[inline]
            fn #name(&self) -> #ty {
                ::heapwright::HasBits::<#ident>::__bits(self).#name()
            }
            #[doc = #set_doc] #(#passed)*
            #[inline]
            #[track_caller]
            fn #setter(&self, value: #ty)
            where
                Self: ::heapwright::HasBitsMut<#ident>,
            {
                let value = #ident::#encode(value);
                ::heapwright::HasBitsMut::<#ident>::__update_bits(self, |bits| {
                    #ident::from_bits((bits.into_bits() & !#ident::#mask) | value)
                });
            }
        }
    });
    let name = around("", ident, "Access");
    let doc = format!(" The fields of [`{ident}`] as accessors of every heap object that has one `{ident}`.");
    quote! {
        #[doc = #doc]
        #[allow(dead_code, unreachable_pub, private_interfaces, private_bounds, clippy::all, clippy::pedantic)]
        #vis trait #name: ::heapwright::HasBits<#ident> {
            #(#methods)*
        }

        #[automatically_derived]
        impl<__T: ::heapwright::HasBits<#ident> + ?::core::marker::Sized> #name for __T {}
    }
}

impl Storage {
    /// Bits of the Rust type.
    fn bits_of_rust(self) -> u32 {
        self.bits().next_power_of_two()
    }
}
