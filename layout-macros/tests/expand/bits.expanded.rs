use heapwright::prelude::*;

/// Facts about a script.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
#[repr(transparent)]
pub struct ScriptFlags(::core::primitive::u32);

#[allow(dead_code, unused_imports, unreachable_pub, clippy::all, clippy::pedantic)]
impl ScriptFlags {
    /// All fields zero.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }

    /// From the raw integer, as it is. Bits that are no value of their field show when the field is read.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: ::core::primitive::u32) -> Self {
        Self(bits & 0x7fff_ffff)
    }

    /// From a raw integer of unknown origin.
    ///
    /// # Errors
    ///
    /// If a reserved bit is set, or the bits of a field are no value of it.
    #[inline]
    pub const fn try_from_bits(
        bits: ::core::primitive::u32,
    ) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
        if bits & 0xffffffe0 != 0 {
            return ::core::result::Result::Err(::heapwright::BitfieldError::Reserved {
                bitfield: "ScriptFlags",
                bits: (bits & 0xffffffe0) as ::core::primitive::u64,
            });
        }
        ::core::result::Result::Ok(Self(bits))
    }

    /// The raw integer.
    #[inline]
    #[must_use]
    pub const fn into_bits(self) -> ::core::primitive::u32 {
        self.0
    }

    /// Lowest bit of `is_repl_mode`.
    pub const IS_REPL_MODE_SHIFT: ::core::primitive::u32 = 0u32;

    /// Number of bits of `is_repl_mode`.
    pub const IS_REPL_MODE_SIZE: ::core::primitive::u32 = 1u32;

    /// The bits of `is_repl_mode`.
    pub const IS_REPL_MODE_MASK: ::core::primitive::u32 = 0x1;

    /// Highest bit of `is_repl_mode`.
    pub const IS_REPL_MODE_LAST_USED_BIT: ::core::primitive::u32 = Self::IS_REPL_MODE_SHIFT + 1u32 - 1;

    /// Number of bit patterns of `is_repl_mode`.
    pub const IS_REPL_MODE_NUM_VALUES: ::core::primitive::u128 = 1 << 1u32;

    /// Largest value of `is_repl_mode`.
    pub const IS_REPL_MODE_MAX: ::core::primitive::u32 = 0x1;

    /// `is_repl_mode` in its place, all other bits zero.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn encode_is_repl_mode(value: ::core::primitive::bool) -> ::core::primitive::u32 {
        (value as ::core::primitive::u32) << Self::IS_REPL_MODE_SHIFT
    }

    /// `is_repl_mode`, from the raw integer.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn decode_is_repl_mode(bits: ::core::primitive::u32) -> ::core::primitive::bool {
        ((bits & Self::IS_REPL_MODE_MASK) >> Self::IS_REPL_MODE_SHIFT) != 0
    }

    /// The raw integer with `is_repl_mode` replaced.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn update_is_repl_mode(
        bits: ::core::primitive::u32,
        value: ::core::primitive::bool,
    ) -> ::core::primitive::u32 {
        (bits & !Self::IS_REPL_MODE_MASK) | Self::encode_is_repl_mode(value)
    }

    /// Whether the value fits `is_repl_mode`.
    #[inline]
    #[must_use]
    pub const fn is_valid_is_repl_mode(_value: ::core::primitive::bool) -> ::core::primitive::bool {
        true
    }

    /// Whether it was typed into a console.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn is_repl_mode(self) -> ::core::primitive::bool {
        Self::decode_is_repl_mode(self.0)
    }

    /// The same bits with `is_repl_mode` replaced.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn with_is_repl_mode(self, value: ::core::primitive::bool) -> Self {
        Self(Self::update_is_repl_mode(self.0, value))
    }

    /// Replaces `is_repl_mode`.
    #[inline]
    #[track_caller]
    pub const fn set_is_repl_mode(&mut self, value: ::core::primitive::bool) {
        self.0 = Self::update_is_repl_mode(self.0, value);
    }

    /// Lowest bit of `origin`.
    pub const ORIGIN_SHIFT: ::core::primitive::u32 = 1u32;

    /// Number of bits of `origin`.
    pub const ORIGIN_SIZE: ::core::primitive::u32 = 4u32;

    /// The bits of `origin`.
    pub const ORIGIN_MASK: ::core::primitive::u32 = 0x1e;

    /// Highest bit of `origin`.
    pub const ORIGIN_LAST_USED_BIT: ::core::primitive::u32 = Self::ORIGIN_SHIFT + 4u32 - 1;

    /// Number of bit patterns of `origin`.
    pub const ORIGIN_NUM_VALUES: ::core::primitive::u128 = 1 << 4u32;

    /// Largest value of `origin`.
    pub const ORIGIN_MAX: ::core::primitive::u8 = 0xf;

    /// `origin` in its place, all other bits zero.
    ///
    /// # Panics
    ///
    /// If the value does not fit.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn encode_origin(value: ::core::primitive::u8) -> ::core::primitive::u32 {
        ::core::assert!(
            Self::is_valid_origin(value),
            "the value does not fit `ScriptFlags::origin`, which has 4 bit(s)"
        );
        (value as ::core::primitive::u32) << Self::ORIGIN_SHIFT
    }

    /// `origin`, from the raw integer.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn decode_origin(bits: ::core::primitive::u32) -> ::core::primitive::u8 {
        ((bits & Self::ORIGIN_MASK) >> Self::ORIGIN_SHIFT) as ::core::primitive::u8
    }

    /// The raw integer with `origin` replaced.
    ///
    /// # Panics
    ///
    /// If the value does not fit.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn update_origin(bits: ::core::primitive::u32, value: ::core::primitive::u8) -> ::core::primitive::u32 {
        (bits & !Self::ORIGIN_MASK) | Self::encode_origin(value)
    }

    /// Whether the value fits `origin`.
    #[inline]
    #[must_use]
    pub const fn is_valid_origin(value: ::core::primitive::u8) -> ::core::primitive::bool {
        value <= Self::ORIGIN_MAX
    }

    /// `origin` in its place, all other bits zero.
    ///
    /// # Errors
    ///
    /// If the value does not fit: names the field, the value and the limit.
    #[inline]
    pub const fn try_encode_origin(
        value: ::core::primitive::u8,
    ) -> ::core::result::Result<::core::primitive::u32, ::heapwright::BitfieldError> {
        if Self::is_valid_origin(value) {
            ::core::result::Result::Ok(Self::encode_origin(value))
        } else {
            ::core::result::Result::Err(::heapwright::BitfieldError::TooLarge {
                field: "origin",
                value: value as ::core::primitive::u64,
                maximum: Self::ORIGIN_MAX as ::core::primitive::u64,
            })
        }
    }

    /// Where it came from.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn origin(self) -> ::core::primitive::u8 {
        Self::decode_origin(self.0)
    }

    /// The same bits with `origin` replaced.
    ///
    /// # Panics
    ///
    /// If the value does not fit.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn with_origin(self, value: ::core::primitive::u8) -> Self {
        Self(Self::update_origin(self.0, value))
    }

    /// Replaces `origin`.
    ///
    /// # Panics
    ///
    /// If the value does not fit.
    #[inline]
    #[track_caller]
    pub const fn set_origin(&mut self, value: ::core::primitive::u8) {
        self.0 = Self::update_origin(self.0, value);
    }

    /// The same bits with `origin` replaced.
    ///
    /// # Errors
    ///
    /// If the value does not fit: names the field, the value and the limit.
    #[inline]
    pub const fn try_with_origin(
        self,
        value: ::core::primitive::u8,
    ) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
        match Self::try_encode_origin(value) {
            ::core::result::Result::Ok(_) => ::core::result::Result::Ok(self.with_origin(value)),
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }
}

/// The fields of [`ScriptFlags`] as accessors of every heap object that has one `ScriptFlags`.
#[allow(dead_code, unused_imports, unreachable_pub, private_interfaces, private_bounds)]
#[allow(clippy::all, clippy::pedantic)]
pub trait ScriptFlagsAccess: ::heapwright::HasBits<ScriptFlags> {
    /// Whether it was typed into a console.
    #[inline]
    #[track_caller]
    fn is_repl_mode(&self) -> ::core::primitive::bool {
        ::heapwright::HasBits::<ScriptFlags>::__bits(self).is_repl_mode()
    }

    /// Sets `is_repl_mode`.
    #[inline]
    #[track_caller]
    fn set_is_repl_mode(&self, value: ::core::primitive::bool)
    where
        Self: ::heapwright::HasBitsMut<ScriptFlags>,
    {
        ::heapwright::HasBitsMut::<ScriptFlags>::__update_bits(self, |bits| bits.with_is_repl_mode(value));
    }

    /// Where it came from.
    #[inline]
    #[track_caller]
    fn origin(&self) -> ::core::primitive::u8 {
        ::heapwright::HasBits::<ScriptFlags>::__bits(self).origin()
    }

    /// Sets `origin`.
    #[inline]
    #[track_caller]
    fn set_origin(&self, value: ::core::primitive::u8)
    where
        Self: ::heapwright::HasBitsMut<ScriptFlags>,
    {
        let _ = ScriptFlags::encode_origin(value);
        ::heapwright::HasBitsMut::<ScriptFlags>::__update_bits(self, |bits| bits.with_origin(value));
    }
}

#[automatically_derived]
impl<__T: ::heapwright::HasBits<ScriptFlags> + ?::core::marker::Sized> ScriptFlagsAccess for __T {}

const _: () = {
    #[automatically_derived]
    impl ::core::default::Default for ScriptFlags {
        #[inline]
        fn default() -> Self {
            Self::new()
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for ScriptFlags {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::__private::debug_bits(
                <Self as ::heapwright::Bitfield>::LAYOUT,
                self.0 as ::core::primitive::u64,
                f,
            )
        }
    }

    #[automatically_derived]
    impl ::core::convert::From<ScriptFlags> for ::core::primitive::u32 {
        #[inline]
        fn from(bits: ScriptFlags) -> ::core::primitive::u32 {
            bits.0
        }
    }

    #[automatically_derived]
    impl ::core::convert::TryFrom<::core::primitive::u32> for ScriptFlags {
        type Error = ::heapwright::BitfieldError;

        #[inline]
        fn try_from(bits: ::core::primitive::u32) -> ::core::result::Result<Self, ::heapwright::BitfieldError> {
            Self::try_from_bits(bits)
        }
    }

    #[diagnostic::do_not_recommend]
    unsafe impl ::heapwright::Bitfield for ScriptFlags {
        type Storage = ::core::primitive::u32;
        const LAYOUT: &'static ::heapwright::__private::BitfieldLayout = &::heapwright::__private::BitfieldLayout {
            name: "ScriptFlags",
            doc: "Facts about a script.",
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: 0u32,
            storage: ::heapwright::__private::BitStorage::U31,
            fields: &[
                ::heapwright::__private::BitLayout {
                    name: "is_repl_mode",
                    doc: "Whether it was typed into a console.",
                    shift: 0u32,
                    size: 1u32,
                    len: ::core::option::Option::None,
                    kind: ::heapwright::__private::BitKind::Bool,
                    line: 0u32,
                },
                ::heapwright::__private::BitLayout {
                    name: "origin",
                    doc: "Where it came from.",
                    shift: 1u32,
                    size: 4u32,
                    len: ::core::option::Option::None,
                    kind: ::heapwright::__private::BitKind::Unsigned,
                    line: 0u32,
                },
            ],
        };

        #[inline]
        fn from_storage(bits: ::core::primitive::u32) -> Self {
            Self(bits & 0x7fff_ffff)
        }

        #[inline]
        fn into_storage(self) -> ::core::primitive::u32 {
            self.0 & 0x7fff_ffff
        }
    }

    unsafe impl ::heapwright::SmiBitfield for ScriptFlags {}
};
