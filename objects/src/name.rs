//! What properties are called: strings and symbols. V8: `name.h`.

use crate::string::StrInit;
use crate::{StandardRoots, Str, Undefined, out_of_memory};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use heapwright::{Factory, Handle, HandleScope, HeapObjectExt, OutOfMemory, bitfield, heap_object};

/// The hash of a name, and what is known of its text. V8: the raw hash field.
///
/// The whole word is equal for equal names, and it is never zero, so that tables of hashes may use zero for "free".
#[bitfield(u32)]
pub struct NameHash {
    /// Whether the text has characters below 128 alone, so that its bytes are also its UTF-8.
    #[bits(1)]
    pub is_ascii: bool,
    /// The hash proper, never zero.
    #[bits(31)]
    pub hash_bits: u32,
}

impl NameHash {
    /// From a well mixed number.
    pub(crate) const fn from_mixed(mixed: u64, is_ascii: bool) -> NameHash {
        let hash = (mixed >> 33) as u32;
        NameHash::new().with_hash_bits(if hash == 0 { 1 } else { hash }).with_is_ascii(is_ascii)
    }
}

/// A string or a symbol. V8: `Name`.
///
/// Its hash is known from the start, so names are immutable. Only this crate makes names: that strings are in their
/// canonical form and carry the right hash is relied upon.
#[heap_object(abstract)]
pub struct Name {
    /// The hash.
    #[constant]
    pub(crate) raw_hash: Bits<NameHash>,
}

impl Name {
    /// The hash with what is known of the text.
    #[inline]
    #[must_use]
    pub fn name_hash(&self) -> NameHash {
        self.raw_hash()
    }

    /// The hash: 31 bits, not zero. Equal strings have equal hashes; those of symbols hang on nothing.
    #[inline]
    #[must_use]
    pub fn hash(&self) -> u32 {
        self.raw_hash().hash_bits()
    }

    /// Whether both are the same symbol, or strings of the same characters. V8 compares addresses, as all names of
    /// properties are interned there; here they need not be.
    #[inline]
    #[must_use]
    pub fn is_same(&self, other: &Name) -> bool {
        core::ptr::eq(self, other)
            || (self.raw_hash() == other.raw_hash()
                && match (self.try_cast::<Str>(), other.try_cast::<Str>()) {
                    (Some(one), Some(other)) => one.equals(other),
                    _ => false,
                })
    }
}

/// Facts about a symbol. V8: `SymbolFlags`.
#[bitfield(u32)]
pub struct SymbolFlags {
    /// Not to be seen by programs.
    #[bits(1)]
    pub is_private: bool,
    /// One of those that the language defines.
    #[bits(1)]
    pub is_well_known_symbol: bool,
    /// Made through the public symbol table.
    #[bits(1)]
    pub is_in_public_symbol_table: bool,
    /// Its absence is of interest: lookups of it must not be cached as failures.
    #[bits(1)]
    pub is_interesting_symbol: bool,
    /// The name of a private field or method.
    #[bits(1)]
    pub is_private_name: bool,
    /// The brand of a class with private methods.
    #[bits(1)]
    pub is_private_brand: bool,
}

/// A name that equals itself alone. V8: `Symbol`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let description = Str::new(&mut scope, "iterator");
/// let flags = SymbolFlags::new().with_is_well_known_symbol(true);
/// let symbol = Symbol::create(&mut scope, Some(description), flags);
/// assert!(symbol.get(&scope).is_well_known_symbol());
/// assert!(symbol.get(&scope).description().cast::<Str>().eq_str("iterator"));
/// ```
#[heap_object(extends = Name, instance_type = 128, print = Symbol::print)]
pub struct Symbol {
    /// Facts.
    flags: Bits<SymbolFlags>,
    /// What it says about itself.
    #[constant]
    description: Tagged<(Str, Undefined)>,
}

impl Symbol {
    /// What `{:?}` prints: `Symbol("iterator")`.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description().try_cast::<Str>() {
            Some(description) => write!(f, "Symbol({description:?})"),
            None => f.write_str("Symbol()"),
        }
    }

    /// A new symbol; without a description that is `undefined`.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting; if there is no description and the isolate lacks
    /// [`ROOTS`](crate::ROOTS).
    #[track_caller]
    pub fn create<'s>(
        scope: &mut HandleScope<'s>,
        description: Option<Handle<'_, Str>>,
        flags: SymbolFlags,
    ) -> Handle<'s, Symbol> {
        Symbol::try_create(scope, description, flags).unwrap_or_else(|error| out_of_memory(error))
    }

    /// A new symbol; without a description that is `undefined`.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If there is no description and the isolate lacks [`ROOTS`](crate::ROOTS).
    #[track_caller]
    pub fn try_create<'s>(
        scope: &mut HandleScope<'s>,
        description: Option<Handle<'_, Str>>,
        flags: SymbolFlags,
    ) -> Result<Handle<'s, Symbol>, OutOfMemory> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let parent = NameInit { raw_hash: NameHash::from_mixed(crate::string::hash::of_number(number), false) };
        match description {
            Some(description) => Symbol::try_new(scope, SymbolInit { parent, flags, description }),
            None => {
                let description = scope.handle(scope.undefined());
                Symbol::try_new(scope, SymbolInit { parent, flags, description })
            }
        }
    }
}

/// The `parent` of a new string.
#[inline]
pub(crate) fn string_parent(raw_hash: NameHash, length: usize) -> StrInit<NameInit> {
    // No heap has room for more characters than can be counted: then allocating fails, and nothing is written.
    StrInit { parent: NameInit { raw_hash }, length: length as u32 }
}
