//! Shapes: objects with the same keys share one list of them.
//!
//! While an object is read, a [`KeyList`] follows its keys. It guesses the shape from where the object stands in the
//! document, and as long as the keys are those of the guess, a key costs one comparison of bytes: nothing is hashed,
//! searched or allocated. If the guess fails, the shapes met before at such a place are tried; if none fits, the keys
//! are interned and collected, and at the object's end their shape is found in the [`ShapeTable`] or made.

use crate::classes::{KeyOrder, Shape, ShapeFacts, ShapeIndex, ShapeIndexInit, ShapeInit, ShapeTable, ShapeTableInit};
use heapwright::prelude::*;
use heapwright_objects::{Str, try_intern};
use std::collections::HashMap;

/// Slots of the table of guesses.
const PLACES: usize = 1024;

/// Slots of the first table of shapes.
const FIRST_TABLE: usize = 256;

/// The most that fit [`ShapeFacts`].
pub const LONGEST_KEY: u16 = ShapeFacts::LONGEST_KEY_MAX;

/// Shapes that are tried one after another at one place.
const VARIANTS: usize = 4;

/// A number for a place in a document, such as "what stands below the key `dependencies`". Places may share a number;
/// guesses are then worse.
pub type Place = u32;

/// Finds and makes the shapes of a document.
#[derive(Clone, Copy, Debug)]
pub struct Shapes<'h> {
    index: Handle<'h, ShapeIndex>,
    /// The shape of the last object at each place.
    guesses: Handle<'h, ShapeTable>,
}

impl<'h> Shapes<'h> {
    /// With no shapes yet.
    pub fn new(scope: &mut HandleScope<'h>) -> Result<Shapes<'h>, OutOfMemory> {
        let table = ShapeTable::try_new(scope, ShapeTableInit { slots: Filled::new(Nil, FIRST_TABLE) })?;
        let guesses = ShapeTable::try_new(scope, ShapeTableInit { slots: Filled::new(Nil, PLACES) })?;
        let index = ShapeIndex::try_new(scope, ShapeIndexInit { table, filled: 0 })?;
        Ok(Shapes { index, guesses })
    }

    /// The shapes that are alive.
    pub fn all<'gc>(self, scope: &'gc HandleScope<'_>) -> impl Iterator<Item = &'gc Shape>
    where
        'h: 'gc,
    {
        self.index.get(scope).table().slots_iter().flatten()
    }

    fn guess<'s>(self, scope: &HandleScope<'s>, place: Place) -> Option<Handle<'s, Shape>> {
        self.guesses.get(scope).slots(place as usize % PLACES).map(|shape| scope.handle(shape))
    }

    /// The shape with these keys. If one occurs twice, its first value in `values` is replaced by its last one.
    fn find_or_make<'s>(
        self,
        scope: &mut HandleScope<'s>,
        keys: &mut Vec<Handle<'s, Str>>,
        values: &mut Vec<Handle<'s, Any>>,
        depth: u8,
    ) -> Result<Handle<'s, Shape>, OutOfMemory> {
        if let Some(shape) = self.find(scope, keys) {
            return Ok(shape); // and so no key occurs twice, for none does in a shape
        }
        if has_duplicates(scope, keys) {
            remove_duplicates(scope, keys, values);
            return self.find_or_make(scope, keys, values, depth);
        }
        let (facts, hash) = (describe(scope, keys, depth), hash_of(scope, keys));
        let shape = Shape::try_new(scope, ShapeInit { facts, hash, objects: 0, variant: Nil, keys: &*keys })?;
        self.insert(scope, shape)?;
        Ok(shape)
    }

    fn find<'s>(self, scope: &HandleScope<'s>, keys: &[Handle<'s, Str>]) -> Option<Handle<'s, Shape>> {
        let table = self.index.get(scope).table();
        let hash = hash_of(scope, keys);
        let has_keys = |shape: &&Shape| {
            shape.hash() == hash
                && shape.keys_len() == keys.len()
                && keys.iter().zip(shape.keys_iter()).all(|(key, other)| std::ptr::eq(key.get(scope), other))
        };
        probe(table, hash).map_while(|slot| table.slots(slot)).find(has_keys).map(|shape| scope.handle(shape))
    }

    fn insert(self, scope: &mut HandleScope<'_>, shape: Handle<'_, Shape>) -> Result<(), OutOfMemory> {
        let index = self.index.get(scope);
        if index.filled() as usize * 2 >= index.table().slots_len() {
            self.renew_table(scope)?;
        }
        let index = self.index.get(scope);
        if put(index.table(), shape.get(scope)) {
            index.set_filled(index.filled() + 1);
        }
        Ok(())
    }

    /// Replaces the table by one that is at most a quarter full with the shapes that are still alive.
    fn renew_table(self, scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
        let mut scope = scope.nested();
        let alive = self.all(&scope).count();
        let slots = (alive * 4).next_power_of_two().max(FIRST_TABLE);
        let table = ShapeTable::try_new(&mut scope, ShapeTableInit { slots: Filled::new(Nil, slots) })?;
        // Making it may have collected, so there are at most as many shapes now.
        let table = table.get(&scope);
        let moved = self.all(&scope).filter(|shape| put(table, shape)).count();
        let index = self.index.get(&scope);
        index.set_table(table);
        index.set_filled(i32::try_from(moved).unwrap_or(i32::MAX));
        Ok(())
    }
}

/// The slots at which a shape with that hash may lie, in the order they are tried.
fn probe(table: &ShapeTable, hash: u32) -> impl Iterator<Item = usize> + use<> {
    let slots = table.slots_len();
    (0..slots).map(move |i| (hash as usize + i) % slots)
}

/// Stores a shape at its first empty slot; whether there was one.
fn put(table: &ShapeTable, shape: &Shape) -> bool {
    let empty = probe(table, shape.hash()).find(|slot| table.slots(*slot).is_none());
    if let Some(slot) = empty {
        table.set_slots(slot, shape);
    }
    empty.is_some()
}

fn hash_of(scope: &HandleScope<'_>, keys: &[Handle<'_, Str>]) -> u32 {
    keys.iter().fold(0, |hash: u32, key| (hash.rotate_left(5) ^ key.get(scope).hash()).wrapping_mul(0x9e37_79b9))
}

/// Interned strings of equal text are one object, so equal addresses tell.
fn has_duplicates(scope: &HandleScope<'_>, keys: &[Handle<'_, Str>]) -> bool {
    let mut addresses: Vec<*const Str> = keys.iter().map(|key| std::ptr::from_ref(key.get(scope))).collect();
    addresses.sort_unstable();
    addresses.windows(2).any(|pair| pair[0] == pair[1])
}

/// Leaves of each key the first occurrence, with the value of the last one.
fn remove_duplicates<'s>(scope: &HandleScope<'s>, keys: &mut Vec<Handle<'s, Str>>, values: &mut Vec<Handle<'s, Any>>) {
    let mut first: HashMap<*const Str, usize> = HashMap::new();
    let mut kept = 0;
    for i in 0..keys.len() {
        let at = *first.entry(std::ptr::from_ref(keys[i].get(scope))).or_insert(kept);
        (keys[at], values[at]) = (keys[i], values[i]);
        kept = kept.max(at + 1);
    }
    keys.truncate(kept);
    values.truncate(kept);
}

/// Lends the text of a string, which is copied only if it is not ASCII.
pub fn with_text<R>(string: &Str, use_it: impl FnOnce(&str) -> R) -> R {
    match string.as_ascii_str() {
        Some(text) => use_it(text),
        None => use_it(&string.to_rust_string()),
    }
}

fn describe(scope: &HandleScope<'_>, keys: &[Handle<'_, Str>], depth: u8) -> ShapeFacts {
    let longest = keys.iter().map(|key| with_text(key.get(scope), str::len)).max().unwrap_or(0);
    let longest = u16::try_from(longest).map_or(LONGEST_KEY, |longest| longest.min(LONGEST_KEY));
    let ascending = |a: &Str, b: &Str| with_text(a, |a| with_text(b, |b| a < b));
    let order = if keys.windows(2).all(|pair| ascending(pair[0].get(scope), pair[1].get(scope))) {
        KeyOrder::Ascending
    } else {
        KeyOrder::AsWritten
    };
    ShapeFacts::new().with_key_order(order).with_longest_key(longest).with_depth(depth)
}

/// The keys of an object that is being read.
#[derive(Debug)]
pub struct KeyList<'s> {
    place: Place,
    /// The guess when the object began.
    guessed: Option<Handle<'s, Shape>>,
    keys: Keys<'s>,
}

#[derive(Debug)]
enum Keys<'s> {
    /// The first `matched` keys are those of `shape`.
    Follow { shape: Handle<'s, Shape>, matched: usize },
    /// No shape is known to fit.
    Collect(Vec<Handle<'s, Str>>),
}

impl<'s> KeyList<'s> {
    /// For an object at `place`.
    pub fn new(shapes: Shapes<'_>, scope: &HandleScope<'s>, place: Place) -> KeyList<'s> {
        let guessed = shapes.guess(scope, place);
        let keys = match guessed {
            Some(shape) => Keys::Follow { shape, matched: 0 },
            None => Keys::Collect(Vec::new()),
        };
        KeyList { place, guessed, keys }
    }

    /// Takes the next key, and returns the place of what stands below it.
    pub fn push(&mut self, scope: &mut HandleScope<'s>, key: &str) -> Result<Place, OutOfMemory> {
        if let Keys::Follow { shape, matched } = self.keys {
            let fits = |shape: &Shape| matched < shape.keys_len() && shape.keys(matched).eq_str(key);
            let follow = if fits(shape.get(scope)) { Some(shape) } else { variant(scope, shape, matched, fits) };
            if let Some(shape) = follow {
                self.keys = Keys::Follow { shape, matched: matched + 1 };
                return Ok(shape.get(scope).keys(matched).hash());
            }
        }
        let key = try_intern(scope, key)?;
        self.collected(scope).push(key);
        Ok(key.get(scope).hash())
    }

    /// The shape of the object, all keys being taken. If a key occurred twice, the last of its `values` is left, as
    /// `serde_json` does it.
    pub fn finish(
        mut self,
        shapes: Shapes<'_>,
        scope: &mut HandleScope<'s>,
        values: &mut Vec<Handle<'s, Any>>,
        depth: u8,
    ) -> Result<Handle<'s, Shape>, OutOfMemory> {
        let shape = match self.complete(scope) {
            Some(shape) => shape,
            None => shapes.find_or_make(scope, self.collected(scope), values, depth)?,
        };
        let found = shape.get(scope);
        found.set_objects(found.objects().saturating_add(1).min(Smi::MAX.value()));
        let guessed = self.guessed.map(|guessed| guessed.get(scope));
        if !guessed.is_some_and(|guessed| std::ptr::eq(guessed, found)) {
            if let Some(guessed) = guessed {
                found.set_variant(guessed);
            }
            shapes.guesses.get(scope).set_slots(self.place as usize % PLACES, found);
        }
        Ok(shape)
    }

    /// The shape that was followed, if it has no more keys than were taken, or a variant of which that is true.
    fn complete(&self, scope: &HandleScope<'s>) -> Option<Handle<'s, Shape>> {
        let Keys::Follow { shape, matched } = self.keys else { return None };
        let ends_here = |shape: &Shape| shape.keys_len() == matched;
        if ends_here(shape.get(scope)) { Some(shape) } else { variant(scope, shape, matched, ends_here) }
    }

    /// Gives up following a shape, if one is followed: the keys so far become a list.
    fn collected(&mut self, scope: &HandleScope<'s>) -> &mut Vec<Handle<'s, Str>> {
        if let Keys::Follow { shape, matched } = self.keys {
            let shape = shape.get(scope);
            self.keys = Keys::Collect((0..matched).map(|i| scope.handle(shape.keys(i))).collect());
        }
        match &mut self.keys {
            Keys::Collect(keys) => keys,
            Keys::Follow { .. } => unreachable!("replaced above"),
        }
    }
}

/// A shape met before `shape` at some place that has the same first `matched` keys and `fits`.
fn variant<'s>(
    scope: &HandleScope<'s>,
    shape: Handle<'s, Shape>,
    matched: usize,
    fits: impl Fn(&Shape) -> bool,
) -> Option<Handle<'s, Shape>> {
    let shape = shape.get(scope);
    let begins_alike =
        |other: &Shape| other.keys_len() >= matched && (0..matched).all(|i| std::ptr::eq(shape.keys(i), other.keys(i)));
    std::iter::successors(shape.variant(), |shape| shape.variant())
        .take(VARIANTS)
        .find(|other| fits(other) && begins_alike(other))
        .map(|other| scope.handle(other))
}
