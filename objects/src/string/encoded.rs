//! Text in the form that a string of it has.

use super::{SeqOneByteString, SeqOneByteStringInit, SeqTwoByteString, SeqTwoByteStringInit, Str, StrContent, hash};
use crate::name::{NameHash, string_parent};
use heapwright::{AllocationType, Factory, Handle, HandleScope, OutOfMemory};
use std::borrow::Cow;

/// Text in canonical form, outside the heap, with its hash.
pub(crate) struct Encoded<'a> {
    form: Form<'a>,
    hash: NameHash,
}

enum Form<'a> {
    OneByte(Cow<'a, [u8]>),
    TwoByte(Cow<'a, [u16]>),
}

impl<'a> Encoded<'a> {
    /// Text that is ASCII is taken as it is.
    #[inline]
    pub(crate) fn of_str(text: &'a str) -> Encoded<'a> {
        if text.is_ascii() {
            Encoded::of_one_byte(Cow::Borrowed(text.as_bytes()), true)
        } else {
            Encoded::of_unicode(text)
        }
    }

    fn of_unicode(text: &str) -> Encoded<'static> {
        // U+0080 to U+00FF begin with 0xC2 or 0xC3; all bytes that continue a character are lower.
        if text.bytes().all(|byte| byte <= 0xC3) {
            Encoded::of_one_byte(text.chars().map(|c| c as u8).collect(), false)
        } else {
            Encoded::of_two_byte(text.encode_utf16().collect())
        }
    }

    pub(crate) fn of_latin1(bytes: &'a [u8]) -> Encoded<'a> {
        Encoded::of_one_byte(Cow::Borrowed(bytes), bytes.is_ascii())
    }

    pub(crate) fn of_utf16(units: &'a [u16]) -> Encoded<'a> {
        let all = units.iter().fold(0, |all, unit| all | unit);
        if all <= 0xFF {
            Encoded::of_one_byte(units.iter().map(|unit| *unit as u8).collect(), all < 0x80)
        } else {
            Encoded::of_two_byte(Cow::Borrowed(units))
        }
    }

    #[inline]
    fn of_one_byte(bytes: Cow<'a, [u8]>, is_ascii: bool) -> Encoded<'a> {
        let hash = NameHash::from_mixed(hash::of_bytes(&bytes), is_ascii);
        Encoded { form: Form::OneByte(bytes), hash }
    }

    fn of_two_byte(units: Cow<'a, [u16]>) -> Encoded<'a> {
        let hash = NameHash::from_mixed(hash::of_units(&units), false);
        Encoded { form: Form::TwoByte(units), hash }
    }

    #[inline]
    pub(crate) fn hash(&self) -> NameHash {
        self.hash
    }

    /// Whether `string` has the same characters.
    #[inline]
    pub(crate) fn matches(&self, string: &Str) -> bool {
        match (&self.form, string.content()) {
            (Form::OneByte(own), StrContent::OneByte(bytes)) => **own == *bytes,
            (Form::TwoByte(own), StrContent::TwoByte(units)) => **own == *units,
            _ => false,
        }
    }

    /// Makes the string.
    #[inline]
    #[track_caller]
    pub(crate) fn try_allocate<'s>(
        &self,
        scope: &mut HandleScope<'s>,
        allocation: AllocationType,
    ) -> Result<Handle<'s, Str>, OutOfMemory> {
        match &self.form {
            Form::OneByte(bytes) => {
                let init = SeqOneByteStringInit { parent: string_parent(self.hash, bytes.len()), chars: &**bytes };
                SeqOneByteString::try_new_in(scope, allocation, init).map(Handle::upcast)
            }
            Form::TwoByte(units) => {
                let init = SeqTwoByteStringInit { parent: string_parent(self.hash, units.len()), chars: &**units };
                SeqTwoByteString::try_new_in(scope, allocation, init).map(Handle::upcast)
            }
        }
    }
}
