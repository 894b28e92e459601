//! Strings. V8: `string.h`.
//!
//! **Owns** the string classes, their hash, and the ways from and to Rust's text.
//!
//! **Promises**
//!
//! - *Canonical form*: a string whose characters are all below 256 is a [`SeqOneByteString`], every other one a
//!   [`SeqTwoByteString`]. So equal strings are of one class, and comparing is comparing memory.
//! - The hash is computed when the string is made. Strings never change and may be read-only and shared.
//!
//! **Never touches** the string table: see [`string_table`](crate::string_table).
//!
//! V8 also has strings that are not flat (cons, sliced, thin) and ones whose characters are outside the heap.

mod encoded;
pub(crate) mod hash;

pub(crate) use encoded::Encoded;

use crate::{Name, NameHash, out_of_memory};
use core::fmt::{self, Write as _};
use heapwright::{AllocationType, Handle, HandleScope, HeapObjectExt, OutOfMemory, heap_object};

/// A string of UTF-16 units. V8: `String`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let text = Str::new(&mut scope, "naïve 🦀");
/// let text = text.get(&scope);
/// assert_eq!(text.len(), 8); // the crab is a pair of surrogates
/// assert_eq!(text.char_code_at(2), 0xEF);
/// assert_eq!(text.to_rust_string(), "naïve 🦀");
/// assert!(text.is::<SeqTwoByteString>() && text.eq_str("naïve 🦀"));
/// ```
///
/// The length lies beside the hash, as in V8: raw, so that it takes no more than 4 bytes with full pointers either, and
/// reading it shifts nothing. [`len`](Str::len) is the same number as a `usize`.
#[heap_object(extends = Name, abstract, instance_types = 0..=127, print = Str::print, verify = Str::check)]
pub struct Str {
    /// The number of UTF-16 units.
    #[constant]
    length: u32,
}

/// A string of characters below 256, in Latin-1. V8: `SeqOneByteString`.
#[heap_object(extends = Str, inherits(length: u32), instance_type = 0x28)]
pub struct SeqOneByteString {
    /// The characters.
    #[constant]
    #[length = length]
    chars: [u8],
}

/// A string of UTF-16 units, at least one of them above 255; surrogates may be unpaired. V8: `SeqTwoByteString`.
#[heap_object(extends = Str, inherits(length: u32), instance_type = 0x20)]
pub struct SeqTwoByteString {
    /// The units.
    #[constant]
    #[length = length]
    chars: [u16],
}

/// The characters of a string. V8: `String::FlatContent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrContent<'gc> {
    /// Latin-1 characters.
    OneByte(&'gc [u8]),
    /// UTF-16 units.
    TwoByte(&'gc [u16]),
}

impl Str {
    /// A new string.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[inline]
    #[track_caller]
    pub fn new<'s>(scope: &mut HandleScope<'s>, text: &str) -> Handle<'s, Str> {
        Str::try_new(scope, text).unwrap_or_else(|error| out_of_memory(error))
    }

    /// A new string.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    #[inline]
    #[track_caller]
    pub fn try_new<'s>(scope: &mut HandleScope<'s>, text: &str) -> Result<Handle<'s, Str>, OutOfMemory> {
        Str::try_new_in(scope, AllocationType::Young, text)
    }

    /// A new string in the generation, or the read-only space, asked for.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    #[inline]
    #[track_caller]
    pub fn try_new_in<'s>(
        scope: &mut HandleScope<'s>,
        allocation: AllocationType,
        text: &str,
    ) -> Result<Handle<'s, Str>, OutOfMemory> {
        Encoded::of_str(text).try_allocate(scope, allocation)
    }

    /// A new string of UTF-16 units, surrogates paired or not. V8: `NewStringFromTwoByte`.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn from_utf16<'s>(scope: &mut HandleScope<'s>, units: &[u16]) -> Handle<'s, Str> {
        Str::try_from_utf16(scope, units).unwrap_or_else(|error| out_of_memory(error))
    }

    /// A new string of UTF-16 units, surrogates paired or not. V8: `NewStringFromTwoByte`.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn try_from_utf16<'s>(scope: &mut HandleScope<'s>, units: &[u16]) -> Result<Handle<'s, Str>, OutOfMemory> {
        Encoded::of_utf16(units).try_allocate(scope, AllocationType::Young)
    }

    /// A new string of Latin-1 characters. V8: `NewStringFromOneByte`.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn from_latin1<'s>(scope: &mut HandleScope<'s>, bytes: &[u8]) -> Handle<'s, Str> {
        Str::try_from_latin1(scope, bytes).unwrap_or_else(|error| out_of_memory(error))
    }

    /// A new string of Latin-1 characters. V8: `NewStringFromOneByte`.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn try_from_latin1<'s>(scope: &mut HandleScope<'s>, bytes: &[u8]) -> Result<Handle<'s, Str>, OutOfMemory> {
        Encoded::of_latin1(bytes).try_allocate(scope, AllocationType::Young)
    }

    /// The characters. V8: `GetFlatContent`.
    #[inline]
    #[must_use]
    pub fn content(&self) -> StrContent<'_> {
        match self.try_cast::<SeqOneByteString>() {
            Some(string) => StrContent::OneByte(string.chars_slice()),
            None => StrContent::TwoByte(self.cast::<SeqTwoByteString>().chars_slice()),
        }
    }

    /// The number of UTF-16 units.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.length() as usize
    }

    /// Whether it has no characters.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The UTF-16 unit at `index`. V8: `String::Get`.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn char_code_at(&self, index: usize) -> u16 {
        match self.content() {
            StrContent::OneByte(bytes) => u16::from(bytes[index]),
            StrContent::TwoByte(units) => units[index],
        }
    }

    /// The characters, if all are below 256.
    #[inline]
    #[must_use]
    pub fn as_latin1(&self) -> Option<&[u8]> {
        self.try_cast::<SeqOneByteString>().map(SeqOneByteString::chars_slice)
    }

    /// The text without a copy, if it is ASCII.
    #[inline]
    #[must_use]
    pub fn as_ascii_str(&self) -> Option<&str> {
        if self.name_hash().is_ascii() {
            // What is known is checked again: there is no safe way around it, and it takes 16 bytes at a time.
            core::str::from_utf8(self.as_latin1()?).ok()
        } else {
            None
        }
    }

    /// The text; a surrogate that stands alone becomes U+FFFD.
    #[must_use]
    pub fn to_rust_string(&self) -> String {
        if let Some(text) = self.as_ascii_str() {
            return text.to_owned();
        }
        match self.content() {
            StrContent::OneByte(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
            StrContent::TwoByte(units) => String::from_utf16_lossy(units),
        }
    }

    /// Writes the text; a surrogate that stands alone becomes U+FFFD. V8: `String::WriteUtf8`.
    ///
    /// # Errors
    ///
    /// If `to` fails.
    pub fn write_utf8(&self, to: &mut impl fmt::Write) -> fmt::Result {
        if let Some(text) = self.as_ascii_str() {
            return to.write_str(text);
        }
        match self.content() {
            // Runs of ASCII whole, what is between them by character.
            StrContent::OneByte(bytes) => bytes.chunk_by(|a, b| a.is_ascii() && b.is_ascii()).try_for_each(|run| {
                match core::str::from_utf8(run) {
                    Ok(run) if run.is_ascii() => to.write_str(run),
                    _ => run.iter().try_for_each(|byte| to.write_char(char::from(*byte))),
                }
            }),
            StrContent::TwoByte(units) => char::decode_utf16(units.iter().copied())
                .try_for_each(|unit| to.write_char(unit.unwrap_or(char::REPLACEMENT_CHARACTER))),
        }
    }

    /// Whether both have the same characters. V8: `String::Equals`.
    #[inline]
    #[must_use]
    pub fn equals(&self, other: &Str) -> bool {
        core::ptr::eq(self, other) || (self.name_hash() == other.name_hash() && self.content() == other.content())
    }

    /// Whether it is that text.
    #[inline]
    #[must_use]
    pub fn eq_str(&self, text: &str) -> bool {
        match self.content() {
            StrContent::OneByte(bytes) if self.name_hash().is_ascii() => bytes == text.as_bytes(),
            StrContent::OneByte(bytes) => bytes.iter().map(|byte| char::from(*byte)).eq(text.chars()),
            StrContent::TwoByte(units) => text.encode_utf16().eq(units.iter().copied()),
        }
    }

    /// What `{:?}` prints: the text in quotes; of a long one, the beginning and the length.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 64;
        f.write_char('"')?;
        let shown = self.len().min(SHOWN);
        let units = (0..shown).map(|index| self.char_code_at(index));
        for unit in char::decode_utf16(units) {
            match unit {
                Ok('\'') => f.write_char('\'')?, // needs no escape between double quotes
                Ok(char) => write!(f, "{}", char.escape_debug())?,
                Err(alone) => write!(f, "\\u{{{:x}}}", alone.unpaired_surrogate())?,
            }
        }
        f.write_char('"')?;
        if self.len() > SHOWN { write!(f, "… {} units", self.len()) } else { Ok(()) }
    }

    /// What this crate promises of a string: that it is in its canonical form, and that its hash is that of its text.
    fn check(&self) -> Result<(), String> {
        let hash = match self.content() {
            StrContent::OneByte(bytes) => NameHash::from_mixed(hash::of_bytes(bytes), bytes.is_ascii()),
            StrContent::TwoByte(units) if units.iter().all(|unit| *unit <= 0xFF) => {
                return Err(format!("{self:?} has two bytes a character, and one would do"));
            }
            StrContent::TwoByte(units) => NameHash::from_mixed(hash::of_units(units), false),
        };
        if hash == self.name_hash() {
            Ok(())
        } else {
            Err(format!("{self:?} has the hash {:?}, and its text {hash:?}", self.name_hash()))
        }
    }

    /// The hash that a string of that text has, whole: for tables of one's own.
    #[inline]
    #[must_use]
    pub fn hash_of(text: &str) -> NameHash {
        Encoded::of_str(text).hash()
    }

    /// The string table's string of that text; see [`intern`](crate::intern).
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting; if the isolate lacks [`ROOTS`](crate::ROOTS).
    #[inline]
    #[track_caller]
    pub fn intern<'s>(scope: &mut HandleScope<'s>, text: &str) -> Handle<'s, Str> {
        crate::intern(scope, text)
    }

    /// As [`intern`](Self::intern).
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If the isolate lacks [`ROOTS`](crate::ROOTS).
    #[inline]
    #[track_caller]
    pub fn try_intern<'s>(scope: &mut HandleScope<'s>, text: &str) -> Result<Handle<'s, Str>, OutOfMemory> {
        crate::try_intern(scope, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::string_parent;
    use crate::prelude::CollectionKind;
    use heapwright::Factory as _;

    #[test]
    fn the_verifier_finds_strings_that_are_not_what_they_should_be() {
        // It collects what is wrong.
        let mut isolate = crate::builder().verify(false).build().unwrap();
        let mut scope = isolate.enter();
        scope.verify().unwrap();
        let right = Encoded::of_str("right").hash();
        let init = SeqOneByteStringInit { parent: string_parent(right, 5), chars: b"wrong" };
        SeqOneByteString::new(&mut scope.nested(), init);
        let error = scope.verify().unwrap_err().to_string();
        assert!(error.contains("\"wrong\" has the hash"), "{error}");
        scope.collect(CollectionKind::Young);
        scope.verify().unwrap();
        let init = SeqTwoByteStringInit { parent: string_parent(right, 1), chars: &[0x78] };
        SeqTwoByteString::new(&mut scope, init);
        let error = scope.verify().unwrap_err().to_string();
        assert!(error.contains("\"x\" has two bytes a character"), "{error}");
    }
}
