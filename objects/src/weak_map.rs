//! Maps whose keys are held weakly and keep their values alive. V8: `ephemeron-hash-table`, `JSWeakMap`.
//!
//! - A [`WeakMap`] is two objects, as in V8: itself, which stays, and its table, which is replaced when it grows or has
//!   become too large for what is left in it.
//! - The entries of the table are declared as ephemerons: when a key dies, the collector clears it and its value, though the
//!   value may lead to the key, or to keys of this and other maps whose values lead back.
//! - Open addressing, linear probing, a power of two of entries. Each has the hash of its key, as a number, which the
//!   collector leaves as it is: **zero means that the entry was never used**. One with a hash and no key is a tombstone, for
//!   probing to go past and for the next insertion that comes by.
//! - Objects move, so a hash made of an address would not last. V8 gives an object a random number when it is first asked
//!   for one, and keeps it where the object's properties are. Here the class of the key says what its hash is:
//!   [`IdentityHash`].

use crate::{Name, Str, Symbol, out_of_memory};
use heapwright::{
    Admits, Any, Factory, Filled, Handle, HandleScope, HeapClass, HeapObject, HeapObjectExt, Nil, OutOfMemory, Tagged,
    heap_object, heap_struct, smi,
};

/// Entries of a table that holds little.
const MIN_CAPACITY: usize = 8;

/// Objects that can be keys of a [`WeakMap`]: those that know a number which stays the same while they live. Two objects may
/// have the same; the fewer do, the faster. It is not trusted: what comes of a number that changes is a key that is not found.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// use heapwright_objects::IdentityHash;
///
/// /// Its makers count.
/// #[heap_object]
/// pub struct Session {
///     #[constant]
///     number: Smi,
/// }
///
/// impl IdentityHash for Session {
///     fn identity_hash(&self) -> u32 {
///         self.number() as u32
///     }
/// }
/// ```
pub trait IdentityHash: HeapClass {
    /// The number.
    fn identity_hash(&self) -> u32;
}

impl IdentityHash for Name {
    fn identity_hash(&self) -> u32 {
        self.name_hash().into_bits()
    }
}

impl IdentityHash for Symbol {
    fn identity_hash(&self) -> u32 {
        self.name_hash().into_bits()
    }
}

/// Strings of equal texts are different keys, as all objects are.
impl IdentityHash for Str {
    fn identity_hash(&self) -> u32 {
        self.name_hash().into_bits()
    }
}

/// An entry of an [`EphemeronHashTable`].
#[heap_struct(ephemeron)]
pub struct EphemeronHashTableEntry {
    /// What keeps the value alive.
    pub(crate) key: Weak<HeapObject>,
    /// What the key's hash was made into; zero if there never was a key. Stays when the key dies.
    pub(crate) hash: Smi,
    /// Any value.
    pub(crate) value: Tagged<Any>,
}

/// The table of a [`WeakMap`]. V8: `EphemeronHashTable`.
#[heap_object]
pub struct EphemeronHashTable {
    /// The number of entries.
    #[constant]
    pub(crate) capacity: Smi,
    /// Entries that have been used, those of dead keys included.
    pub(crate) used: Smi,
    /// The entries.
    #[length = capacity]
    pub(crate) entries: [Inline<EphemeronHashTableEntry>],
}

impl EphemeronHashTable {
    fn try_create<'s>(
        scope: &mut HandleScope<'s>,
        capacity: usize,
    ) -> Result<Handle<'s, EphemeronHashTable>, OutOfMemory> {
        debug_assert!(capacity.is_power_of_two());
        let entry = EphemeronHashTableEntryInit { key: Nil, hash: 0, value: smi(0) };
        EphemeronHashTable::try_new(scope, EphemeronHashTableInit { used: 0, entries: Filled::new(entry, capacity) })
    }

    /// The smallest table that is at most half full with so many entries.
    fn capacity_for(entries: usize) -> usize {
        (entries * 2).next_power_of_two().max(MIN_CAPACITY)
    }

    /// What is stored of a hash: a Smi, and not zero.
    fn stored(hash: u32) -> i32 {
        // Its low bits choose the entry, so all bits have a say in them.
        ((hash ^ (hash >> 15)).wrapping_mul(0x9e37_79b1) >> 3) as i32 + 1
    }

    /// The entries on the way of a stored hash.
    fn way(&self, hash: i32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.entries_len() - 1;
        (0..=mask).map(move |step| (hash as usize + step) & mask)
    }

    fn find<K: IdentityHash>(&self, key: &K) -> Option<usize> {
        let hash = EphemeronHashTable::stored(key.identity_hash());
        let mut used = self.way(hash).take_while(|i| self.entries(*i).hash() != 0);
        let is_it = |i: &usize| {
            let entry = self.entries(*i);
            entry.hash() == hash && entry.key().is_some_and(|found| core::ptr::eq(found, key.as_heap_object()))
        };
        used.find(is_it)
    }

    /// The first entry on the way that has no key.
    fn insert_at(&self, hash: i32) -> usize {
        let free = self.way(hash).find(|i| self.entries(*i).key().is_none());
        free.expect("a quarter of the entries has never been used")
    }

    /// Whether one more entry may be used.
    fn has_room(&self) -> bool {
        (self.used() as usize + 1) * 4 <= self.entries_len() * 3
    }

    /// How many keys live, those that died since the last collection included.
    fn living(&self) -> usize {
        (0..self.entries_len()).filter(|i| self.entries(*i).key().is_some()).count()
    }

    /// Puts the living entries of another table in.
    fn insert_all(&self, other: &EphemeronHashTable) {
        for i in 0..other.entries_len() {
            let from = other.entries(i);
            if let Some(key) = from.key() {
                let to = self.entries(self.insert_at(from.hash()));
                to.set_key(key);
                to.set_hash(from.hash());
                to.set_value(from.value());
                self.set_used(self.used() + 1);
            }
        }
    }
}

/// A map that holds its keys weakly and keeps their values alive as long as the keys live. V8: `JSWeakMap`; the semantics are
/// those of JavaScript's `WeakMap`, but that deaths can be seen in [`len`](Self::len).
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let map = WeakMap::create(&mut scope);
/// let key = Str::new(&mut scope, "key");
/// {
///     let mut inner = scope.nested();
///     // The value refers to its key, and does not keep it alive.
///     let value = FixedArray::new(&mut inner, FixedArrayInit { elements: &[key] });
///     WeakMap::set(&mut inner, map, key, value);
///     let other = Str::new(&mut inner, "soon gone");
///     WeakMap::set(&mut inner, map, other, smi(3));
///     assert_eq!(map.get(&inner).len(), 2);
/// }
/// scope.collect(CollectionKind::Full);
/// assert_eq!(map.get(&scope).len(), 1);
/// let value = map.get(&scope).get(key.get(&scope)).unwrap();
/// assert!(value.is::<FixedArray>());
/// assert!(map.get(&scope).remove(key.get(&scope)));
/// assert!(map.get(&scope).is_empty());
/// ```
#[heap_object]
pub struct WeakMap {
    /// The entries.
    pub(crate) table: Tagged<EphemeronHashTable>,
}

impl WeakMap {
    /// An empty map.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn create<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, WeakMap> {
        WeakMap::try_create(scope).unwrap_or_else(|error| out_of_memory(error))
    }

    /// An empty map.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    pub fn try_create<'s>(scope: &mut HandleScope<'s>) -> Result<Handle<'s, WeakMap>, OutOfMemory> {
        let (mut inner, escape) = scope.escapable();
        let table = EphemeronHashTable::try_create(&mut inner, MIN_CAPACITY)?;
        let map = WeakMap::try_new(&mut inner, WeakMapInit { table })?;
        Ok(escape.escape(&inner, map))
    }

    /// The value of a key. Keys are compared by identity. V8: `EphemeronHashTable::Lookup`.
    #[must_use]
    pub fn get<K: IdentityHash>(&self, key: &K) -> Option<Tagged<'_, Any>> {
        let table = self.table();
        Some(<&EphemeronHashTableEntry>::from(table.entries(table.find(key)?)).value())
    }

    /// Whether there is an entry of a key.
    #[must_use]
    pub fn contains<K: IdentityHash>(&self, key: &K) -> bool {
        self.table().find(key).is_some()
    }

    /// Gives a key a value, in place of the one it has, if any. V8: `JSWeakCollection::Set`.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn set<K: IdentityHash, I>(
        scope: &mut HandleScope<'_>,
        map: Handle<'_, WeakMap>,
        key: Handle<'_, K>,
        value: impl Admits<Any, I>,
    ) {
        WeakMap::try_set(scope, map, key, value).unwrap_or_else(|error| out_of_memory(error));
    }

    /// As [`set`](Self::set). Allocates only if the table has to grow, or to lose what has died.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting; the map is as it was.
    pub fn try_set<K: IdentityHash, I>(
        scope: &mut HandleScope<'_>,
        map: Handle<'_, WeakMap>,
        key: Handle<'_, K>,
        value: impl Admits<Any, I>,
    ) -> Result<(), OutOfMemory> {
        if let Some(found) = map.get(scope).table().find(key.get(scope)) {
            map.get(scope).table().entries(found).set_value(value);
            return Ok(());
        }
        if !map.get(scope).table().has_room() {
            rehash(scope, map)?;
        }
        let table = map.get(scope).table();
        let hash = EphemeronHashTable::stored(key.get(scope).identity_hash());
        let entry = table.entries(table.insert_at(hash));
        if entry.hash() == 0 {
            table.set_used(table.used() + 1);
        }
        entry.set_hash(hash);
        entry.set_key(key.get(scope).as_heap_object());
        entry.set_value(value);
        Ok(())
    }

    /// Removes a key and its value; whether it was there. V8: `JSWeakCollection::Delete`.
    pub fn remove<K: IdentityHash>(&self, key: &K) -> bool {
        let Some(found) = self.table().find(key) else { return false };
        let entry = self.table().entries(found);
        entry.set_key(Nil);
        entry.set_value(smi(0));
        true
    }

    /// How many entries there are. Those whose keys died since the last collection are among them. Looks at all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table().living()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries the table has room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table().entries_len()
    }
}

/// Replaces the table by one that has the living entries alone and is at most half full with one more.
#[cold]
#[inline(never)]
fn rehash(scope: &mut HandleScope<'_>, map: Handle<'_, WeakMap>) -> Result<(), OutOfMemory> {
    let mut scope = scope.nested();
    let living = map.get(&scope).table().living();
    let new = EphemeronHashTable::try_create(&mut scope, EphemeronHashTable::capacity_for(living + 1))?;
    // Making it may have collected: there are at most as many entries now. Nothing below allocates.
    new.get(&scope).insert_all(map.get(&scope).table());
    map.get(&scope).set_table(new);
    Ok(())
}
