//! Writes what encodes and decodes one field in raw integers: constants and functions that need no struct.

use super::model::{Field, Kind};
use crate::names::{around, generated_at, plain, screaming};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

/// One field's bits, and the names of what is made for them.
pub(super) struct Codec<'a> {
    pub(super) field: &'a Field,
    /// `Flags::kinds`, for panics.
    pub(super) path: String,
    /// The Rust type of the storage.
    pub(super) rust: &'a Type,
    /// Bits of a value.
    pub(super) size: u32,
    pub(super) names: Names,
}

/// The names of what is made for a field.
pub(super) struct Names {
    pub(super) shift: Ident,
    pub(super) size: Ident,
    pub(super) mask: Ident,
    pub(super) last_used_bit: Ident,
    pub(super) num_values: Ident,
    pub(super) max: Ident,
    pub(super) min: Ident,
    pub(super) len: Ident,
    pub(super) encode: Ident,
    pub(super) decode: Ident,
    pub(super) update: Ident,
    pub(super) is_valid: Ident,
    pub(super) try_encode: Ident,
    pub(super) try_decode: Ident,
}

impl Names {
    /// `KINDS_SHIFT`, `encode_kinds` …: beside those of other fields.
    pub(super) fn of_field(ident: &Ident) -> Names {
        Names::new(|suffix| screaming(ident, &format!("_{suffix}")), |prefix| around(&format!("{prefix}_"), ident, ""))
    }

    /// `SHIFT`, `encode` …: of a type that stands for the field.
    pub(super) fn alone(ident: &Ident) -> Names {
        let here = |name: &str| format_ident!("{name}", span = ident.span());
        Names::new(here, here)
    }

    fn new(constant: impl Fn(&str) -> Ident, function: impl Fn(&str) -> Ident) -> Names {
        Names {
            shift: constant("SHIFT"),
            size: constant("SIZE"),
            mask: constant("MASK"),
            last_used_bit: constant("LAST_USED_BIT"),
            num_values: constant("NUM_VALUES"),
            max: constant("MAX"),
            min: constant("MIN"),
            len: constant("LEN"),
            encode: function("encode"),
            decode: function("decode"),
            update: function("update"),
            is_valid: function("is_valid"),
            try_encode: function("try_encode"),
            try_decode: function("try_decode"),
        }
    }
}

impl Codec<'_> {
    /// The field's name, for docs and errors.
    pub(super) fn name(&self) -> String {
        plain(&self.field.ident)
    }

    /// What docs call the value: `` `mode` ``, or an element of an array.
    pub(super) fn value_name(&self) -> String {
        match self.field.len {
            None => format!("`{}`", self.name()),
            Some(_) => format!("element `index` of `{}`", self.name()),
        }
    }

    /// Whether some values of the type do not fit.
    pub(super) fn may_overflow(&self) -> bool {
        match self.field.kind {
            Kind::Bool | Kind::Enum => false,
            Kind::Unsigned(has) | Kind::Signed(has) => self.size < has,
            Kind::Nested | Kind::Flags => true,
        }
    }

    /// Whether `encode` may panic.
    pub(super) fn encode_panics(&self) -> bool {
        self.may_overflow() || self.field.len.is_some()
    }

    /// `index: usize,` for an array.
    pub(super) fn index_parameter(&self) -> Option<TokenStream> {
        self.field.len.map(|_| quote!(index: ::core::primitive::usize,))
    }

    /// `, index: usize` for an array.
    pub(super) fn last_parameter(&self) -> Option<TokenStream> {
        self.field.len.map(|_| quote!(, index: ::core::primitive::usize))
    }

    /// `, index` for an array.
    pub(super) fn last(&self) -> Option<TokenStream> {
        self.field.len.map(|_| quote!(, index))
    }

    /// `index,` for an array.
    pub(super) fn index(&self) -> Option<TokenStream> {
        self.field.len.map(|_| quote!(index,))
    }

    /// What panics, for docs; `what` is about the value.
    pub(super) fn panics(&self, what: Option<&str>) -> TokenStream {
        let lines = match (what, self.field.len) {
            (None, None) => return TokenStream::new(),
            (Some(what), None) => format!(" If {what}."),
            (None, Some(_)) => " If there is no such element.".to_owned(),
            (Some(what), Some(_)) => format!(" If there is no such element, or {what}."),
        };
        let lines = [" ", " # Panics", " ", &lines];
        quote!(#(#[doc = #lines])*)
    }

    /// Why `encode` panics.
    pub(super) fn encode_panic_docs(&self) -> TokenStream {
        self.panics(self.may_overflow().then_some("the value does not fit"))
    }

    /// Why `decode` panics.
    pub(super) fn decode_panic_docs(&self) -> TokenStream {
        let reason = "the bits are no variant of the enum: see the `try_` form";
        self.panics((self.field.kind == Kind::Enum).then_some(reason))
    }

    /// Whether there is a `try_encode`.
    pub(super) fn has_try_encode(&self) -> bool {
        self.field.len.is_some() || !matches!(self.field.kind, Kind::Bool | Kind::Enum)
    }

    /// Whether there is a `try_decode`.
    pub(super) fn has_try_decode(&self) -> bool {
        self.field.len.is_some() || self.field.kind.is_partial()
    }

    /// Evaluates to an error at the type, unless it has the trait that its kind asks for. What follows it in the same
    /// body may then call the type's functions: that they are missing is no second error.
    pub(super) fn require(&self) -> TokenStream {
        let ty = &self.field.ty;
        let (stand_in, proof) = match self.field.kind {
            Kind::Enum => (quote!(NoBitEnum), quote!(<#ty as ::heapwright::BitEnum>::BITS)),
            Kind::Nested => (quote!(NoBitfield), quote!(<#ty as ::heapwright::Bitfield>::LAYOUT)),
            Kind::Flags => (quote!(NoFlagSet), quote!(<#ty as ::heapwright::__private::FlagSet>::BITS)),
            _ => return TokenStream::new(),
        };
        quote! {
            use ::heapwright::__private::#stand_in as _;
            let _ = #proof;
        }
    }

    /// `size` ones.
    fn ones(&self) -> Literal {
        hex(mask_of(0, self.size))
    }

    /// The lowest bit of the value: what computes it, and its name.
    fn shift(&self) -> (TokenStream, TokenStream) {
        let Names { shift, size, len, .. } = &self.names;
        if self.field.len.is_none() {
            return (TokenStream::new(), quote!(Self::#shift));
        }
        let path = &self.path;
        let find = quote! {
            let shift = ::heapwright::__private::element_shift(#path, Self::#shift, Self::#size, Self::#len, index);
        };
        (find, quote!(shift))
    }

    /// The value's bits, from bit 0 up.
    fn raw(&self, shift: &TokenStream) -> TokenStream {
        let (mask, ones) = (&self.names.mask, self.ones());
        match self.field.len {
            None => quote!(((bits & Self::#mask) >> #shift)),
            Some(_) => quote!(((bits >> #shift) & #ones)),
        }
    }

    /// The constants; `shift` is the lowest bit.
    pub(super) fn constants(&self, shift_value: &TokenStream, mask_value: &TokenStream) -> TokenStream {
        let Field { ty, vis, kind, len, .. } = self.field;
        let Names { shift, size, mask, last_used_bit, num_values, max, min, len: len_name, .. } = &self.names;
        let (rust, bits, total) = (self.rust, self.size, self.size * len.unwrap_or(1));
        let name = self.name();
        let of = match len {
            None => format!("`{name}`"),
            Some(_) => format!("an element of `{name}`"),
        };
        let [shift_doc, mask_doc, last_doc, len_doc] =
            ["Lowest bit of", "The bits of", "Highest bit of", "Number of elements of"]
                .map(|text| format!(" {text} `{name}`."));
        let [size_doc, num_doc, max_doc, min_doc] =
            ["Number of bits of", "Number of bit patterns of", "Largest value of", "Smallest value of"]
                .map(|text| format!(" {text} {of}."));
        let largest = mask_of(0, bits);
        let (max_type, max_value) = match kind {
            Kind::Signed(_) => (ty.to_token_stream(), hex(largest >> 1)),
            Kind::Unsigned(_) => (ty.to_token_stream(), hex(largest)),
            _ => (rust.to_token_stream(), hex(largest)),
        };
        let min =
            matches!(kind, Kind::Signed(_)).then(|| quote!(#[doc = #min_doc] #vis const #min: #ty = -Self::#max - 1;));
        let len = len.map(|len| {
            let len = len as usize;
            quote!(#[doc = #len_doc] #vis const #len_name: ::core::primitive::usize = #len;)
        });
        quote! {
            #[doc = #shift_doc]
            #vis const #shift: ::core::primitive::u32 = #shift_value;
            #[doc = #size_doc]
            #vis const #size: ::core::primitive::u32 = #bits;
            #[doc = #mask_doc]
            #vis const #mask: #rust = #mask_value;
            #[doc = #last_doc]
            #vis const #last_used_bit: ::core::primitive::u32 = Self::#shift + #total - 1;
            #[doc = #num_doc]
            #vis const #num_values: ::core::primitive::u128 = 1 << #bits;
            #[doc = #max_doc]
            #vis const #max: #max_type = #max_value;
            #min
            #len
        }
    }

    /// `encode`, `decode`, `update` and `is_valid`.
    pub(super) fn functions(&self) -> TokenStream {
        let Field { ident, ty, vis, kind, .. } = self.field;
        let here = generated_at(ident.span());
        let Names { mask, max, min, encode, decode, update, is_valid, .. } = &self.names;
        let (rust, ones, require) = (self.rust, self.ones(), self.require());
        let (find, shift) = self.shift();
        let (index_parameter, last_parameter) = (self.index_parameter(), self.last_parameter());
        let number = match kind {
            Kind::Bool | Kind::Unsigned(_) => quote!((value as #rust)),
            Kind::Signed(_) => quote!((value as #rust & #ones)),
            // Masked, lest an enum whose trait is implemented by hand reaches into neighbours.
            Kind::Enum => quote!((<#ty>::into_bits(value) as #rust & #ones)),
            Kind::Nested => quote!((<#ty>::into_bits(value) as #rust)),
            Kind::Flags => quote!((<#ty>::bits(&value) as #rust)),
        };
        let raw = self.raw(&shift);
        let decoded = match kind {
            Kind::Bool => quote_spanned!(here=> #raw != 0),
            Kind::Unsigned(_) => quote_spanned!(here=> #raw as #ty),
            Kind::Signed(has) => {
                let unused = has - self.size;
                quote_spanned!(here=> (#raw as #ty) << #unused >> #unused)
            }
            Kind::Enum => {
                let message = format!("the bits of `{}` are no variant of its enum", self.path);
                quote_spanned! {here=>
                    match <#ty>::from_bits(#raw as ::core::primitive::u64) {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => ::core::panic!(#message),
                    }
                }
            }
            Kind::Nested => quote_spanned!(here=> <#ty>::from_bits(#raw as _)),
            Kind::Flags => quote_spanned!(here=> <#ty>::from_bits_retain(#raw as _)),
        };
        let wide = self.value_as_u64();
        let valid = match kind {
            _ if !self.may_overflow() => quote_spanned!(here=> true),
            Kind::Signed(_) => quote_spanned!(here=> value >= Self::#min && value <= Self::#max),
            Kind::Nested | Kind::Flags => {
                quote_spanned!(here=> #require #wide <= Self::#max as ::core::primitive::u64)
            }
            _ => quote_spanned!(here=> value <= Self::#max),
        };
        let (value, guard) = match self.may_overflow() {
            false => (quote_spanned!(here=> _value), None),
            true => {
                let message = format!("the value does not fit `{}`, which has {} bit(s)", self.path, self.size);
                (
                    quote_spanned!(here=> value),
                    Some(quote_spanned!(here=> ::core::assert!(Self::#is_valid(value), #message);)),
                )
            }
        };
        let (encode_panics, decode_panics) = (self.encode_panic_docs(), self.decode_panic_docs());
        let updated = match self.field.len {
            None => quote_spanned!(here=> (bits & !Self::#mask) | Self::#encode(value)),
            Some(_) => quote_spanned!(here=> #find (bits & !(#ones << #shift)) | Self::#encode(index, value)),
        };
        let [name, value_name] = [format!("`{}`", self.name()), self.value_name()];
        let encode_doc = format!(" {} in its place, all other bits zero.", capitalised(&value_name));
        let decode_doc = format!(" {}, from the raw integer.", capitalised(&value_name));
        let update_doc = format!(" The raw integer with {value_name} replaced.");
        let valid_doc = format!(" Whether the value fits {name}.");
        quote_spanned! {here=>
            #[doc = #encode_doc]
            #encode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #encode(#index_parameter value: #ty) -> #rust {
                #require
                #guard
                #find
                #number << #shift
            }
            #[doc = #decode_doc]
            #decode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #decode(bits: #rust #last_parameter) -> #ty {
                #require
                #find
                #decoded
            }
            #[doc = #update_doc]
            #encode_panics
            #[inline]
            #[must_use]
            #[track_caller]
            #vis const fn #update(bits: #rust, #index_parameter value: #ty) -> #rust {
                #updated
            }
            #[doc = #valid_doc]
            #[inline]
            #[must_use]
            #vis const fn #is_valid(#value: #ty) -> ::core::primitive::bool {
                #valid
            }
        }
    }

    /// The value as a `u64`, for errors.
    fn value_as_u64(&self) -> TokenStream {
        let ty = &self.field.ty;
        match self.field.kind {
            Kind::Enum | Kind::Nested => quote!(<#ty>::into_bits(value) as ::core::primitive::u64),
            Kind::Flags => quote!(<#ty>::bits(&value) as ::core::primitive::u64),
            _ => quote!(value as ::core::primitive::u64),
        }
    }

    /// `try_encode` and `try_decode`, where they can fail.
    pub(super) fn fallible(&self) -> TokenStream {
        let encoder = self.has_try_encode().then(|| self.try_encode());
        let decoder = self.has_try_decode().then(|| self.try_decode());
        quote!(#encoder #decoder)
    }

    /// `match` on the place of an array's element, around `body`.
    fn checked(&self, body: TokenStream) -> TokenStream {
        let Names { shift, size, len, .. } = &self.names;
        let name = self.name();
        match self.field.len {
            None => body,
            Some(_) => quote! {
                match ::heapwright::__private::checked_element_shift(#name, Self::#shift, Self::#size, Self::#len, index) {
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
                    ::core::result::Result::Ok(_) => { #body }
                }
            },
        }
    }

    fn try_encode(&self) -> TokenStream {
        let Field { ident, ty, vis, kind, .. } = self.field;
        let here = generated_at(ident.span());
        let Names { max, min, encode, try_encode, is_valid, .. } = &self.names;
        let (rust, name) = (self.rust, self.name());
        let (index, index_parameter) = (self.index(), self.index_parameter());
        let require = self.require();
        let wide = self.value_as_u64();
        let error = match kind {
            Kind::Signed(_) => quote!(OutOfRange {
                field: #name,
                value: value as ::core::primitive::i64,
                minimum: Self::#min as ::core::primitive::i64,
                maximum: Self::#max as ::core::primitive::i64,
            }),
            _ => quote!(TooLarge { field: #name, value: #wide, maximum: Self::#max as ::core::primitive::u64 }),
        };
        let encoded = quote!(::core::result::Result::Ok(Self::#encode(#index value)));
        let body = match kind {
            Kind::Bool | Kind::Enum => encoded,
            _ => quote! {
                if Self::#is_valid(value) {
                    #encoded
                } else {
                    ::core::result::Result::Err(::heapwright::BitfieldError::#error)
                }
            },
        };
        let body = self.checked(body);
        let doc = format!(" {} in its place, all other bits zero.", capitalised(&self.value_name()));
        let errors = self.encode_errors();
        quote_spanned! {here=>
            #[doc = #doc]
            ///
            /// # Errors
            ///
            #[doc = #errors]
            #[inline]
            #vis const fn #try_encode(#index_parameter value: #ty) -> ::core::result::Result<#rust, ::heapwright::BitfieldError> {
                #require
                #body
            }
        }
    }

    /// When `try_encode` fails.
    pub(super) fn encode_errors(&self) -> &'static str {
        match (self.field.len, self.field.kind) {
            (None, _) => " If the value does not fit: names the field, the value and the limit.",
            (Some(_), Kind::Bool | Kind::Enum) => " If there is no such element.",
            (Some(_), _) => " If there is no such element, or the value does not fit.",
        }
    }

    fn try_decode(&self) -> TokenStream {
        let Field { ident, ty, vis, kind, .. } = self.field;
        let here = generated_at(ident.span());
        let Names { shift, decode, try_decode, .. } = &self.names;
        let (rust, name, require) = (self.rust, self.name(), self.require());
        let (last, last_parameter) = (self.last(), self.last_parameter());
        let raw = self.raw(&match self.field.len {
            None => quote!(Self::#shift),
            Some(_) => self.element_shift(),
        });
        let body = match kind {
            Kind::Enum => quote! {
                match <#ty>::from_bits(#raw as ::core::primitive::u64) {
                    ::core::option::Option::Some(value) => ::core::result::Result::Ok(value),
                    ::core::option::Option::None => ::core::result::Result::Err(
                        ::heapwright::BitfieldError::NoVariant { field: #name, bits: #raw as ::core::primitive::u64 }
                    ),
                }
            },
            Kind::Nested => quote!(<#ty>::try_from_bits(#raw as _)),
            Kind::Flags => quote! {
                let unknown = #raw as ::core::primitive::u64 & !(<#ty>::bits(&<#ty>::all()) as ::core::primitive::u64);
                if unknown == 0 {
                    ::core::result::Result::Ok(<#ty>::from_bits_retain(#raw as _))
                } else {
                    ::core::result::Result::Err(
                        ::heapwright::BitfieldError::UnknownFlags { field: #name, bits: unknown }
                    )
                }
            },
            _ => quote!(::core::result::Result::Ok(Self::#decode(bits #last))),
        };
        let body = self.checked(body);
        let doc = format!(" {}, from the raw integer.", capitalised(&self.value_name()));
        let errors = match (self.field.len, kind.is_partial()) {
            (None, _) => " If the bits are no value of the field.",
            (Some(_), true) => " If there is no such element, or its bits are no value of it.",
            (Some(_), false) => " If there is no such element.",
        };
        quote_spanned! {here=>
            #[doc = #doc]
            ///
            /// # Errors
            ///
            #[doc = #errors]
            #[inline]
            #vis const fn #try_decode(bits: #rust #last_parameter) -> ::core::result::Result<#ty, ::heapwright::BitfieldError> {
                #require
                #body
            }
        }
    }

    /// The lowest bit of an element that exists.
    fn element_shift(&self) -> TokenStream {
        let Names { shift, size, .. } = &self.names;
        quote!((Self::#shift + Self::#size * index as ::core::primitive::u32))
    }

    /// That what the type needs fits the field, reported at the field.
    pub(super) fn proof(&self) -> Option<TokenStream> {
        let Field { ident, ty, kind, .. } = self.field;
        let (name, size, require) = (plain(ident), self.size, self.require());
        let at = generated_at(ident.span());
        match kind {
            Kind::Enum => Some(quote_spanned! {at=>
                const _: () = ::heapwright::__private::check_enum_fits(#name, <#ty as ::heapwright::BitEnum>::BITS, #size);
            }),
            Kind::Nested => Some(quote_spanned! {at=>
                const _: () = ::heapwright::__private::check_nested_fits(#name, <#ty as ::heapwright::Bitfield>::LAYOUT, #size);
            }),
            Kind::Flags => {
                let spelled = ty.span().source_text().unwrap_or_else(|| ty.to_token_stream().to_string());
                Some(quote_spanned! {at=>
                    #[allow(unused_imports)]
                    const _: () = {
                        #require
                        ::heapwright::__private::check_flags_fit(
                            #name,
                            #spelled,
                            <#ty>::bits(&<#ty>::all()) as ::core::primitive::u64,
                            <#ty as ::heapwright::__private::FlagSet>::BITS,
                            #size,
                        )
                    };
                })
            }
            _ => None,
        }
    }
}

/// With a capital letter, unless it begins with a name.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// `size` ones from bit `shift` up.
pub(super) fn mask_of(shift: u32, size: u32) -> u64 {
    (u64::MAX >> (64 - size)) << shift
}

/// A literal in hexadecimal.
pub(super) fn hex(value: u64) -> Literal {
    format!("{value:#x}").parse().expect("a hexadecimal literal")
}
