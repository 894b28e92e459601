//! The string table: one string for each text that was interned, so that equal ones are the same object.
//!
//! V8: `string-table.h`, a table outside the heap there, with a flag in the maps of internalized strings. Here:
//!
//! - The table is a heap object, referred to from the root
//!   [`string_table`](crate::StandardRoots::string_table): open addressing, linear probing, a power of two of slots.
//! - Its references are weak: an interned string that nobody uses dies like any other.
//! - A cleared reference reads like one that was never set. So the hashes are kept apart, as plain numbers in an object of
//!   their own, where **zero means that a slot was never used**: no string hashes to zero. A slot with a hash but no string
//!   is a tombstone; probing goes on past it, and the next insertion that comes by takes it.
//! - Probing reads the hashes alone, sixteen to a cache line, and looks at a string only if its hash matches.
//! - When three quarters of the slots have been used, tombstones among them, the living are put into a new table at most
//!   half full, larger or smaller than the old one, and that becomes the root.
//! - Strings carry no flag: whether one is interned is asked of the table
//!   ([`is_internalized`](StringTable::is_internalized)), which costs a probe but needs no second map for each string class
//!   and no change to a string that may be read-only.

use crate::string::Encoded;
use crate::{NameHash, StandardRoots, Str, out_of_memory};
use heapwright::{AllocationType, Factory, Filled, Handle, HandleScope, Nil, OutOfMemory, heap_object};

/// Slots of a table that holds little.
const MIN_CAPACITY: usize = 64;

/// A table of weakly held strings. V8: `StringTable::Data`.
#[heap_object]
pub struct StringTable {
    /// The number of slots.
    #[constant]
    pub(crate) capacity: Smi,
    /// Slots that have been used, those of dead strings included.
    pub(crate) used: Smi,
    /// The hash of each slot, zero if it was never used.
    #[constant]
    pub(crate) hashes: Tagged<StringTableHashes>,
    /// The strings.
    #[length = capacity]
    pub(crate) strings: [Weak<Str>],
}

/// The hashes of a string table's slots.
#[heap_object]
pub struct StringTableHashes {
    /// The number of slots.
    #[constant]
    pub(crate) length: Smi,
    /// The whole hash words.
    #[length = length]
    pub(crate) hashes: [u32],
}

impl StringTable {
    /// An empty table of `capacity` slots, a power of two.
    pub(crate) fn try_create<'s>(
        scope: &mut HandleScope<'s>,
        capacity: usize,
    ) -> Result<Handle<'s, StringTable>, OutOfMemory> {
        debug_assert!(capacity.is_power_of_two());
        let old = AllocationType::Old;
        let hashes = StringTableHashesInit { hashes: Filled::new(0_u32, capacity) };
        let hashes = StringTableHashes::try_new_in(scope, old, hashes)?;
        let init = StringTableInit { used: 0, hashes, strings: Filled::new(Nil, capacity) };
        StringTable::try_new_in(scope, old, init)
    }

    /// The smallest table that is at most half full with so many strings.
    pub(crate) fn capacity_for(strings: usize) -> usize {
        (strings * 2).next_power_of_two().max(MIN_CAPACITY)
    }

    /// The number of slots.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.strings_len()
    }

    /// The strings that are alive. Those that died since the last collection are still among them.
    pub fn iter(&self) -> impl Iterator<Item = &Str> {
        self.strings_iter().flatten()
    }

    /// The interned string of that text, if there is one. Allocates nothing on the heap.
    #[inline]
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Str> {
        let text = Encoded::of_str(text);
        self.look_up(text.hash(), |string| text.matches(string))
    }

    /// The interned string equal to `string`, if there is one.
    #[must_use]
    pub fn find_equal(&self, string: &Str) -> Option<&Str> {
        self.look_up(string.name_hash(), |other| string.equals(other))
    }

    /// Whether `string` is the one that stands for its text.
    #[must_use]
    pub fn is_internalized(&self, string: &Str) -> bool {
        self.find_equal(string).is_some_and(|found| core::ptr::eq(found, string))
    }

    #[inline]
    fn look_up(&self, hash: NameHash, matches: impl Fn(&Str) -> bool) -> Option<&Str> {
        let hashes = self.hashes().hashes_slice();
        let mask = hashes.len() - 1;
        let mut slot = hash.hash_bits() as usize & mask;
        loop {
            let found = hashes[slot].get();
            if found == 0 {
                return None; // never used: nothing was ever put beyond it
            }
            if found == hash.into_bits()
                && let Some(string) = self.strings(slot)
                && matches(string)
            {
                return Some(string);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Puts in a string that is not there, in the first slot on its way that holds none.
    fn insert(&self, string: &Str) {
        let hash = string.name_hash();
        let hashes = self.hashes().hashes_slice();
        let mask = hashes.len() - 1;
        let mut slot = hash.hash_bits() as usize & mask;
        while hashes[slot].get() != 0 && self.strings(slot).is_some() {
            slot = (slot + 1) & mask;
        }
        if hashes[slot].get() == 0 {
            self.set_used(self.used() + 1);
        }
        hashes[slot].set(hash.into_bits());
        self.set_strings(slot, string);
    }

    /// Whether one more slot may be used.
    fn has_room(&self) -> bool {
        (self.used() as usize + 1) * 4 <= self.slots() * 3
    }
}

/// The one string of that text: the interned one, or a new one that is interned from now on. It is kept as long as
/// something else refers to it. V8: `Factory::InternalizeString`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let a = intern(&mut scope, "length");
/// let b = intern(&mut scope, "length");
/// assert!(core::ptr::eq(a.get(&scope), b.get(&scope)));
/// ```
///
/// # Panics
///
/// If there is no memory, even after collecting; if the isolate lacks [`ROOTS`](crate::ROOTS).
#[inline]
#[track_caller]
pub fn intern<'s>(scope: &mut HandleScope<'s>, text: &str) -> Handle<'s, Str> {
    try_intern(scope, text).unwrap_or_else(|error| out_of_memory(error))
}

/// As [`intern`]. Allocates only if the text is not interned yet.
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
    let text = Encoded::of_str(text);
    if let Some(string) = scope.string_table().look_up(text.hash(), |string| text.matches(string)) {
        return Ok(scope.handle(string));
    }
    make_room(scope)?;
    let string = text.try_allocate(scope, AllocationType::Old)?;
    scope.string_table().insert(string.get(scope));
    Ok(string)
}

/// The interned string equal to `string`: `string` itself if there was none.
///
/// # Panics
///
/// If there is no memory, even after collecting; if the isolate lacks [`ROOTS`](crate::ROOTS).
#[track_caller]
pub fn intern_handle<'s>(scope: &mut HandleScope<'s>, string: Handle<'_, Str>) -> Handle<'s, Str> {
    try_intern_handle(scope, string).unwrap_or_else(|error| out_of_memory(error))
}

/// As [`intern_handle`].
///
/// # Errors
///
/// If there is no memory, even after collecting.
///
/// # Panics
///
/// If the isolate lacks [`ROOTS`](crate::ROOTS).
#[track_caller]
pub fn try_intern_handle<'s>(
    scope: &mut HandleScope<'s>,
    string: Handle<'_, Str>,
) -> Result<Handle<'s, Str>, OutOfMemory> {
    if let Some(string) = scope.string_table().find_equal(string.get(scope)) {
        return Ok(scope.handle(string));
    }
    make_room(scope)?;
    scope.string_table().insert(string.get(scope));
    Ok(scope.handle(string.get(scope)))
}

/// Makes sure that one more string fits.
#[inline]
fn make_room(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    if scope.string_table().has_room() { Ok(()) } else { rehash(scope) }
}

/// Replaces the table by one that has the living strings alone and is at most half full with one more.
#[cold]
#[inline(never)]
fn rehash(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let mut scope = scope.nested();
    let living = scope.string_table().iter().count();
    let new = StringTable::try_create(&mut scope, StringTable::capacity_for(living + 1))?;
    // Making it may have collected: there are at most as many strings now. Nothing below allocates.
    let table = new.get(&scope);
    scope.string_table().iter().for_each(|string| table.insert(string));
    crate::roots::set_string_table(&scope, new);
    Ok(())
}
