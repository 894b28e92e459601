//! Strings of a document: equal texts that occur near each other become one object.

use crate::classes::{StringCache, StringCacheInit};
use heapwright::prelude::*;
use heapwright_objects::Str;

/// Slots of the cache. More would find more, but would not stay in the processor's cache.
const SLOTS: usize = 4096;

/// Longer texts seldom occur twice.
const LONGEST: usize = 128;

/// Makes the strings of a document.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'h> {
    cache: Handle<'h, StringCache>,
}

impl<'h> Strings<'h> {
    /// With an empty cache.
    pub fn new(scope: &mut HandleScope<'h>) -> Result<Strings<'h>, OutOfMemory> {
        let cache = StringCache::try_new(scope, StringCacheInit { slots: Filled::new(Nil, SLOTS) })?;
        Ok(Strings { cache })
    }

    /// The string object of a text; a new one is made where `allocation` says.
    pub fn get<'s>(
        self,
        scope: &mut HandleScope<'s>,
        allocation: AllocationType,
        text: &str,
    ) -> Result<Handle<'s, Str>, OutOfMemory> {
        if text.len() > LONGEST {
            return Str::try_new_in(scope, allocation, text);
        }
        let hash = Str::hash_of(text);
        let slot = hash.hash_bits() as usize % SLOTS;
        if let Some(known) = self.cache.get(scope).slots(slot)
            && known.name_hash() == hash
            && known.eq_str(text)
        {
            return Ok(scope.handle(known));
        }
        let string = Str::try_new_in(scope, allocation, text)?;
        // Read the cache anew: making the string may have moved it.
        self.cache.get(scope).set_slots(slot, string);
        Ok(string)
    }
}
