//! Writes the code of a bit field.

use super::model::{Bitfield, Content, Field, Kind, Placed, Storage};
use crate::names::{accessor_at, around, generated_at, line, plain, screaming};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

/// The struct, its constants, functions and impls.
pub(super) fn bitfield(bitfield: &Bitfield<Placed>) -> TokenStream {
    let Bitfield { decor, vis, ident, storage, fields } = bitfield;
    let (docs, passed) = (&decor.docs, &decor.passed);
    let rust = format_ident!("{}", storage.rust());
    let named: Vec<_> = fields.iter().filter_map(|bits| Named::of(bitfield, &rust, bits)).collect();
    let functions = named.iter().map(Named::functions);
    let proofs = named.iter().filter_map(Named::proof);
    let whole = whole(bitfield, &rust, &named);
    let layout = layout(bitfield);
    let access = access(bitfield, &named);
    let fits_smi = (*storage == Storage::U31).then(|| quote!(impl ::heapwright::SmiBitfield for #ident {}));
    let mask = from_bits_mask(*storage);
    quote! {
        #(#docs)*
        #(#passed)*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
        #[repr(transparent)]
        #vis struct #ident(#rust);

        #[allow(dead_code, unreachable_pub, clippy::all)]
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
                    ::heapwright::__private::debug_bits(<Self as ::heapwright::Bitfield>::LAYOUT, self.0 as u64, f)
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
                    self.0
                }
            }

            #fits_smi
        };
    }
}

/// What keeps a Smi's bits a Smi's.
fn from_bits_mask(storage: Storage) -> Option<TokenStream> {
    (storage == Storage::U31).then(|| quote!(& 0x7fff_ffff))
}

/// Functions over all fields.
fn whole(bitfield: &Bitfield<Placed>, rust: &Ident, named: &[Named<'_>]) -> TokenStream {
    let Bitfield { vis, ident, storage, fields, .. } = bitfield;
    let mask = from_bits_mask(*storage);
    let enums: Vec<_> = named.iter().filter(|named| named.field.kind == Kind::Enum).collect();
    let mut start = quote!(0);
    for named in named {
        let (ty, shift) = (&named.field.ty, &named.shift);
        match named.field.kind {
            Kind::Enum => start.extend(quote!(| ((::heapwright::__private::first_bits::<#ty>() as #rust) << Self::#shift))),
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
                    bits: (bits & #reserved) as u64,
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
        let with = named.function("with_");
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
                ::heapwright::HasBitsMut::<#ident>::__set_bits(self, ::heapwright::HasBits::<#ident>::__bits(self).#with(value));
            }
        }
    });
    let name = around("", ident, "Access");
    let doc = format!(" The fields of [`{ident}`] as accessors of every heap object that has one `{ident}`.");
    quote! {
        #[doc = #doc]
        #[allow(dead_code, unreachable_pub, private_interfaces, private_bounds, clippy::all)]
        #vis trait #name: ::heapwright::HasBits<#ident> {
            #(#methods)*
        }

        #[automatically_derived]
        impl<__T: ::heapwright::HasBits<#ident> + ?::core::marker::Sized> #name for __T {}
    }
}

/// A field that has accessors, with the names made for it.
struct Named<'a> {
    bitfield: &'a Bitfield<Placed>,
    field: &'a Field,
    bits: &'a Placed,
    rust: &'a Ident,
    shift: Ident,
    mask: Ident,
    max: Ident,
    setter: Ident,
}

impl<'a> Named<'a> {
    fn of(bitfield: &'a Bitfield<Placed>, rust: &'a Ident, bits: &'a Placed) -> Option<Named<'a>> {
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

    fn function(&self, prefix: &str) -> Ident {
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

    fn functions(&self) -> TokenStream {
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
            #vis const #shift: u32 = #lowest;
            #[doc = #size_doc]
            #vis const #size: u32 = #bits_of_field;
            #[doc = #mask_doc]
            #vis const #mask: #rust = #mask_value;
            #[doc = #max_doc]
            #vis const #max: #max_type = #max_value;
            #min
        }
    }

    /// `encode_`, `decode_`, `update_` and `is_valid_`.
    fn codec(&self) -> TokenStream {
        let Named { field: Field { ident, ty, vis, kind, .. }, bits, rust, shift, mask, max, .. } = self;
        let name = plain(ident);
        let [encode, decode, update, is_valid] = ["encode_", "decode_", "update_", "is_valid_"].map(|p| self.function(p));
        let min = screaming(ident, "_MIN");
        let encoded = match kind {
            Kind::Bool => quote!((value as #rust) << Self::#shift),
            Kind::Unsigned(_) => quote!((value as #rust) << Self::#shift),
            Kind::Signed(_) => quote!(((value as #rust) << Self::#shift) & Self::#mask),
            Kind::Enum | Kind::Nested => quote!((value.into_bits() as #rust) << Self::#shift),
        };
        let raw = quote!(((bits & Self::#mask) >> Self::#shift));
        let decoded = match kind {
            Kind::Bool => quote!(bits & Self::#mask != 0),
            Kind::Unsigned(_) => quote!(#raw as #ty),
            Kind::Signed(has) => {
                let unused = has - bits.size;
                quote!((#raw as #ty) << #unused >> #unused)
            }
            Kind::Enum => {
                let message = format!("the bits of `{}` are no variant of its enum", self.path());
                quote! {
                    match <#ty>::from_bits(#raw as u64) {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => ::core::panic!(#message),
                    }
                }
            }
            Kind::Nested => quote!(<#ty>::from_bits(#raw as <#ty as ::heapwright::Bitfield>::Storage)),
        };
        let valid = match kind {
            _ if !self.may_overflow() => quote!(true),
            Kind::Signed(_) => quote!(value >= Self::#min && value <= Self::#max),
            Kind::Nested => quote!(value.into_bits() as u64 <= Self::#max as u64),
            _ => quote!(value <= Self::#max),
        };
        let (value, guard, encode_panics) = match self.may_overflow() {
            false => (quote!(_value), None, None),
            true => {
                let message = format!("the value does not fit `{}`, which has {} bit(s)", self.path(), bits.size);
                let panics = [" ", " # Panics", " ", " If the value does not fit."];
                (quote!(value), Some(quote!(::core::assert!(Self::#is_valid(value), #message);)), Some(quote!(#(#[doc = #panics])*)))
            }
        };
        let decode_panics = match kind {
            Kind::Enum => {
                let panics = [" ", " # Panics", " ", " If the bits are no variant of the enum: see the `try_` form."];
                Some(quote!(#(#[doc = #panics])*))
            }
            _ => None,
        };
        let encode_doc = format!(" `{name}` in its place, all other bits zero.");
        let decode_doc = format!(" `{name}`, from the raw integer.");
        let update_doc = format!(" The raw integer with `{name}` replaced.");
        let valid_doc = format!(" Whether the value fits `{name}`.");
        quote! {
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
            #vis const fn #is_valid(#value: #ty) -> bool {
                #valid
            }
        }
    }

    /// The `try_` forms.
    fn fallible(&self) -> TokenStream {
        let Named { field: Field { ident, ty, vis, kind, .. }, rust, shift, mask, max, .. } = self;
        let name = plain(ident);
        let [encode, try_encode, try_decode, try_with, with, is_valid] =
            ["encode_", "try_encode_", "try_decode_", "try_with_", "with_", "is_valid_"].map(|p| self.function(p));
        let min = screaming(ident, "_MIN");
        let error = match kind {
            Kind::Signed(_) => quote!(OutOfRange {
                field: #name, value: value as i64, minimum: Self::#min as i64, maximum: Self::#max as i64,
            }),
            Kind::Nested => quote!(TooLarge { field: #name, value: value.into_bits() as u64, maximum: Self::#max as u64 }),
            _ => quote!(TooLarge { field: #name, value: value as u64, maximum: Self::#max as u64 }),
        };
        let error = quote!(::core::result::Result::Err(::heapwright::BitfieldError::#error));
        let encode_doc = format!(" `{name}` in its place, all other bits zero.");
        let with_doc = format!(" The same bits with `{name}` replaced.");
        let decode_doc = format!(" `{name}`, from the raw integer.");
        let encoders = matches!(kind, Kind::Unsigned(_) | Kind::Signed(_) | Kind::Nested).then(|| {
            quote! {
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
        let raw = quote!(((bits & Self::#mask) >> Self::#shift));
        let decoded = match kind {
            Kind::Enum => quote! {
                match <#ty>::from_bits(#raw as u64) {
                    ::core::option::Option::Some(value) => ::core::result::Result::Ok(value),
                    ::core::option::Option::None => ::core::result::Result::Err(
                        ::heapwright::BitfieldError::NoVariant { field: #name, bits: #raw as u64 }
                    ),
                }
            },
            _ => quote!(<#ty>::try_from_bits(#raw as <#ty as ::heapwright::Bitfield>::Storage)),
        };
        let decoders = matches!(kind, Kind::Enum | Kind::Nested).then(|| {
            quote! {
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
        quote!(#encoders #decoders)
    }

    /// Getter, `with_` and `set_`.
    fn methods(&self) -> TokenStream {
        let Named { field: Field { decor, ident, ty, vis, kind }, setter, .. } = self;
        let (docs, passed) = (&decor.docs, &decor.passed);
        let name = plain(ident);
        let [decode, update, with] = ["decode_", "update_", "with_"].map(|p| self.function(p));
        let panics = |text: &str| {
            let lines = [" ", " # Panics", " ", text];
            quote!(#(#[doc = #lines])*)
        };
        let set_panics = self.may_overflow().then(|| panics(" If the value does not fit."));
        // Without a doc comment there is none to add to: `missing_docs` then points at the field.
        let get_panics = (*kind == Kind::Enum && decor.is_documented()).then(|| panics(" If the bits are no variant of the enum."));
        let with_doc = format!(" The same bits with `{name}` replaced.");
        let set_doc = format!(" Replaces `{name}`.");
        let body = quote!(Self::#decode(self.0));
        let at = accessor_at(ident, decor.is_documented());
        let getter = quote_spanned!(at=> const fn #ident(self) -> #ty { #body });
        quote! {
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
    fn proof(&self) -> Option<TokenStream> {
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

impl Storage {
    /// Bits of the Rust type.
    fn bits_of_rust(self) -> u32 {
        self.bits().next_power_of_two()
    }
}

/// `size` ones from bit `shift` up.
fn mask_of(shift: u32, size: u32) -> u64 {
    (u64::MAX >> (64 - size)) << shift
}

fn hex(value: u64) -> Literal {
    format!("{value:#x}").parse().expect("a hexadecimal literal")
}
