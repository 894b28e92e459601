//! Writes the code of a bit field as a whole.

use super::codec::{Names, hex, mask_of};
use super::expand_field::Named;
use super::model::{Bitfield, Content, Field, Kind, Placed, Storage};
use crate::names::{around, line, plain};
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
    let proofs = named.iter().filter_map(|named| named.codec.proof());
    let whole = whole(bitfield, &rust, &named);
    let layout = layout(bitfield);
    let access = access(bitfield, &named);
    // SAFETY of the generated impl: the functions of a `u31` keep bit 31 zero.
    let fits_smi = (*storage == Storage::U31).then(|| quote!(unsafe impl ::heapwright::SmiBitfield for #ident {}));
    let mask = from_bits_mask(*storage);
    quote! {
        #(#docs)*
        #(#passed)*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[repr(transparent)]
        #vis struct #ident(#rust);

        #[allow(dead_code, unused_imports, unreachable_pub, clippy::all, clippy::pedantic)]
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

            #[automatically_derived]
            impl ::core::convert::TryFrom<#rust> for #ident {
                type Error = ::heapwright::BitfieldError;
                #[inline]
                fn try_from(bits: #rust) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
                    Self::try_from_bits(bits)
                }
            }

            // SAFETY (of the generated impl): the struct is the storage integer, transparently, and both functions are
            // the identity on it. For `u31`, its functions keep bit 31 zero. The layout names that storage.
            #[diagnostic::do_not_recommend]
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
    let start = named.iter().filter_map(|named| start(named, rust));
    let partial: Vec<_> =
        named.iter().map(|named| &named.codec).filter(|codec| codec.field.kind.is_partial()).collect();
    let used = fields
        .iter()
        .filter(|bits| !bits.content.is_reserved())
        .fold(0, |used, bits| used | mask_of(bits.shift, bits.size));
    let reserved = hex(!used & mask_of(0, Storage::bits_of_rust(*storage)));
    let checks = partial.iter().map(|codec| {
        let (try_decode, len) = (&codec.names.try_decode, &codec.names.len);
        let last = codec.last();
        let check = quote! {
            if let ::core::result::Result::Err(error) = Self::#try_decode(bits #last) {
                return ::core::result::Result::Err(error);
            }
        };
        match last {
            None => check,
            Some(_) => quote! {
                let mut index = 0;
                while index < Self::#len {
                    #check
                    index += 1;
                }
            },
        }
    });
    let name = plain(ident);
    let has_enums = partial.iter().any(|codec| codec.field.kind == Kind::Enum);
    let new_doc = match !has_enums {
        true => " All fields zero.",
        false => " All fields zero; an enum without a zero is its first variant.",
    };
    quote! {
        #[doc = #new_doc]
        #[inline]
        #[must_use]
        #vis const fn new() -> Self {
            Self(0 #(| #start)*)
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

/// What is not zero of a field in a new struct.
fn start(named: &Named<'_>, rust: &Type) -> Option<TokenStream> {
    let Field { ty, kind, len, .. } = named.codec.field;
    let Names { shift, size, mask, len: len_name, .. } = &named.codec.names;
    let require = named.codec.require();
    let first = match kind {
        Kind::Enum => quote!(::heapwright::__private::first_bits(<#ty as ::heapwright::BitEnum>::VARIANTS)),
        Kind::Nested => quote!({ #require <#ty>::into_bits(<#ty>::new()) as ::core::primitive::u64 }),
        _ => return None,
    };
    let all = match len {
        None => first,
        Some(_) => quote!(::heapwright::__private::repeat(#first, Self::#size, Self::#len_name)),
    };
    Some(quote!(((#all as #rust) << Self::#shift) & Self::#mask))
}

/// The layout as data.
fn layout(bitfield: &Bitfield<Placed>) -> TokenStream {
    let Bitfield { decor, ident, storage, fields, .. } = bitfield;
    let (name, doc, at) = (plain(ident), decor.doc_expr(), line(ident.span()));
    let storage = format_ident!("{}", storage.word().to_uppercase());
    let fields = fields.iter().map(|Placed { shift, size, span, content }| {
        let kind = match content {
            Content::Gap { ignored: false, .. } => quote!(Gap),
            Content::Gap { ignored: true, .. } => quote!(Ignored),
            Content::Field(Field { ty, kind, .. }) => match kind {
                Kind::Bool => quote!(Bool),
                Kind::Unsigned(_) => quote!(Unsigned),
                Kind::Signed(_) => quote!(Signed),
                Kind::Enum => quote!(Enum(<#ty as ::heapwright::BitEnum>::VARIANTS)),
                Kind::Nested => quote!(Nested(<#ty as ::heapwright::Bitfield>::LAYOUT)),
                Kind::Flags => {
                    let names = flag_names(ty);
                    quote!(Flags(#names))
                }
            },
        };
        let (name, doc) = match content {
            Content::Gap { decor, .. } => (String::new(), decor.doc_expr()),
            Content::Field(field) => (plain(&field.ident), field.decor.doc_expr()),
        };
        let at = line(*span);
        let len = match content {
            Content::Field(Field { len: Some(len), .. }) => quote!(::core::option::Option::Some(#len)),
            _ => quote!(::core::option::Option::None),
        };
        quote! {
            ::heapwright::__private::BitLayout {
                name: #name, doc: #doc, shift: #shift, size: #size, len: #len, kind: ::heapwright::__private::BitKind::#kind, line: #at,
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

/// The names and bits of a type's flags.
fn flag_names(ty: &Type) -> TokenStream {
    let flags = quote!(<#ty as ::heapwright::__private::FlagSet>::FLAGS);
    quote!({
        const NAMES: &'static [(&'static ::core::primitive::str, ::core::primitive::u64)] = &{
            #[allow(unused_imports)]
            use ::heapwright::__private::NoFlagSet as _;
            let mut names = [("", 0); <[_]>::len(#flags)];
            let mut i = 0;
            while i < <[_]>::len(&names) {
                let flag = &#flags[i];
                names[i] = (flag.name(), <#ty>::bits(flag.value()) as ::core::primitive::u64);
                i += 1;
            }
            names
        };
        NAMES
    })
}

/// The trait that carries the accessors to objects with a field of this type.
fn access(bitfield: &Bitfield<Placed>, named: &[Named<'_>]) -> TokenStream {
    let Bitfield { vis, ident, .. } = bitfield;
    let visible = |named: &&Named<'_>| {
        let own = named.codec.field.vis.to_token_stream().to_string();
        own == "pub" || own == vis.to_token_stream().to_string()
    };
    let methods = named.iter().filter(visible).map(|named| {
        let Named { codec, with, setter, .. } = named;
        let Field { decor, ident: name, ty, .. } = codec.field;
        let (index, index_parameter, last_parameter) = (codec.index(), codec.index_parameter(), codec.last_parameter());
        let (docs, passed) = (&decor.docs, &decor.passed);
        let documented = (!decor.is_documented()).then(|| format!(" Reads {}.", codec.value_name()));
        let documented = documented.iter();
        let set_doc = format!(" Sets {}.", codec.value_name());
        let (require, encode) = (codec.require(), &codec.names.encode);
        // Outside the closure, which would be where a panic is reported.
        let check = codec.encode_panics().then(|| quote!(let _ = #ident::#encode(#index value);));
        quote! {
            #(#docs)* #(#[doc = #documented])* #(#passed)*
            #[inline]
            #[track_caller]
            fn #name(&self #last_parameter) -> #ty {
                ::heapwright::HasBits::<#ident>::__bits(self).#name(#index)
            }
            #[doc = #set_doc] #(#passed)*
            #[inline]
            #[track_caller]
            fn #setter(&self, #index_parameter value: #ty)
            where
                Self: ::heapwright::HasBitsMut<#ident>,
            {
                #require
                #check
                ::heapwright::HasBitsMut::<#ident>::__update_bits(self, |bits| bits.#with(#index value));
            }
        }
    });
    let name = around("", ident, "Access");
    let doc = format!(" The fields of [`{ident}`] as accessors of every heap object that has one `{ident}`.");
    quote! {
        #[doc = #doc]
        #[allow(dead_code, unused_imports, unreachable_pub, private_interfaces, private_bounds)]
        #[allow(clippy::all, clippy::pedantic)]
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
