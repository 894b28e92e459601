//! Loading: JSON text becomes heap objects, value by value, with no tree in between.
//!
//! `serde_json` reads the text and calls a visitor for each value; the visitor makes the object at once. The elements of
//! a container are not known before its end, so their handles are collected in a scope of the container's own: the
//! collector may run at any time and finds them there. At the end the container is made with all of them, its handle
//! escapes to the scope outside, and the scope of the elements ends.

use crate::classes::{JsonArray, JsonArrayInit, JsonInteger, JsonIntegerInit, JsonObject, JsonObjectInit};
use crate::progress::Progress;
use crate::shapes::{KeyList, Place, Shapes};
use crate::strings::Strings;
use heapwright::prelude::*;
use heapwright_objects::{HeapNumber, HeapNumberInit, StandardRoots};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A document that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The text is not JSON. The message ends with line and column.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The heap is full.
    #[error("the document does not fit at line {line} column {column}: {error}")]
    OutOfMemory {
        /// What the heap says.
        #[source]
        error: OutOfMemory,
        /// The line that was being read.
        line: usize,
        /// The column.
        column: usize,
    },
}

/// Loads documents. Strings and shapes are shared among all that one loader loads.
#[derive(Debug)]
pub struct Loader<'h> {
    strings: Strings<'h>,
    shapes: Shapes<'h>,
    /// Where objects are made.
    allocation: AllocationType,
    /// Containers around the value at hand.
    depth: u8,
    /// Values loaded.
    values: u64,
    /// Why the visitor gave up: errors that pass through serde keep no more than a text.
    failure: Option<OutOfMemory>,
    /// Lists of handles that are not in use, so that a container need not allocate one. `'static`, as empty lists hold
    /// no handle of any scope.
    spare_lists: Vec<Vec<Handle<'static, Any>>>,
    progress: Progress,
    /// Where the text begins that is being loaded.
    text_start: usize,
}

/// From so many bytes of text on, objects are made in the old generation at once: nearly all survive the load, and the
/// young generation would copy each twice before it found that out. V8: `kPretenureTreshold` of its JSON parser.
const LARGE: usize = 8 << 20;

/// Values between two looks at the progress bar.
const PROGRESS_INTERVAL: u64 = 1 << 14;

impl<'h> Loader<'h> {
    /// A loader that lives in `scope`, for about so many bytes of text.
    pub fn new(scope: &mut HandleScope<'h>, bytes: usize, progress: Progress) -> Result<Loader<'h>, OutOfMemory> {
        Ok(Loader {
            strings: Strings::new(scope)?,
            shapes: Shapes::new(scope)?,
            allocation: if bytes < LARGE { AllocationType::Young } else { AllocationType::Old },
            depth: 0,
            values: 0,
            failure: None,
            spare_lists: Vec::new(),
            progress,
            text_start: 0,
        })
    }

    /// Loads one document.
    pub fn load<'s>(&mut self, scope: &mut HandleScope<'s>, text: &str) -> Result<Handle<'s, Any>, LoadError> {
        self.depth = 0;
        self.text_start = text.as_ptr().addr();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let seed = ValueSeed { loader: self, scope, place: 0 };
        let loaded = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
        self.progress.finish_document(text.len());
        loaded.map_err(|error| match self.failure.take() {
            Some(failure) => LoadError::OutOfMemory { error: failure, line: error.line(), column: error.column() },
            None => LoadError::Syntax(error),
        })
    }

    /// How many values were loaded, containers and what is in them.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// The shapes of what was loaded.
    pub fn shapes(&self) -> Shapes<'h> {
        self.shapes
    }

    /// Turns the heap's error into serde's, keeping it for [`load`](Self::load).
    fn check<T, E: Error>(&mut self, result: Result<T, OutOfMemory>) -> Result<T, E> {
        result.map_err(|error| {
            let message = E::custom(&error);
            self.failure = Some(error);
            message
        })
    }

    fn take_list<'s>(&mut self) -> Vec<Handle<'s, Any>> {
        self.spare_lists.pop().unwrap_or_default()
    }

    fn put_back_list(&mut self, mut list: Vec<Handle<'_, Any>>) {
        list.clear();
        // Collecting a `Vec` from another reuses its memory: free, and the safe way to change the lifetime.
        self.spare_lists.push(list.into_iter().map(|_| unreachable!("the list is empty")).collect());
    }

    /// Text that lies in the document itself tells how far that has been read.
    fn note_position(&mut self, text: &str) {
        if self.values.is_multiple_of(PROGRESS_INTERVAL) {
            self.progress.set(text.as_ptr().addr() - self.text_start);
        }
    }
}

/// Makes one value, with a handle of it in `scope`.
struct ValueSeed<'a, 'h, 's> {
    loader: &'a mut Loader<'h>,
    scope: &'a mut HandleScope<'s>,
    /// Where in the document the value stands, to guess its shape.
    place: Place,
}

impl<'de, 's> DeserializeSeed<'de> for ValueSeed<'_, '_, 's> {
    type Value = Handle<'s, Any>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Handle<'s, Any>, D::Error> {
        self.loader.values += 1;
        deserializer.deserialize_any(self)
    }
}

impl<'s> ValueSeed<'_, '_, 's> {
    fn integer<E: Error>(self, is_negative: bool, bits: u64) -> Result<Handle<'s, Any>, E> {
        let integer =
            JsonInteger::try_new_in(self.scope, self.loader.allocation, JsonIntegerInit { is_negative, bits });
        Ok(self.loader.check(integer)?.to_any())
    }
}

impl<'de, 's> Visitor<'de> for ValueSeed<'_, '_, 's> {
    type Value = Handle<'s, Any>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Handle<'s, Any>, E> {
        Ok(self.scope.handle(self.scope.null()).to_any())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Handle<'s, Any>, E> {
        let scope = &*self.scope;
        let value = if value { scope.true_value().as_tagged() } else { scope.false_value().as_tagged() };
        Ok(scope.handle(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Handle<'s, Any>, E> {
        match Smi::try_new(value) {
            Ok(small) => Ok(self.scope.handle(small)),
            Err(_) => self.integer(value < 0, value.cast_unsigned()),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Handle<'s, Any>, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.integer(false, value),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Handle<'s, Any>, E> {
        let number = HeapNumber::try_new_in(self.scope, self.loader.allocation, HeapNumberInit { value });
        Ok(self.loader.check(number)?.to_any())
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Handle<'s, Any>, E> {
        self.loader.note_position(text);
        self.visit_str(text)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Handle<'s, Any>, E> {
        let string = self.loader.strings.get(self.scope, self.loader.allocation, text);
        Ok(self.loader.check(string)?.to_any())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Handle<'s, Any>, A::Error> {
        let ValueSeed { loader, scope, place } = self;
        let (mut inner, escape) = scope.escapable();
        let mut list = loader.take_list();
        loader.depth += 1;
        while let Some(element) = elements.next_element_seed(ValueSeed { loader, scope: &mut inner, place })? {
            list.push(element);
        }
        loader.depth -= 1;
        let array = JsonArray::try_new_in(&mut inner, loader.allocation, JsonArrayInit { elements: &list });
        let array = loader.check(array)?;
        loader.put_back_list(list);
        Ok(escape.escape(&inner, array.to_any()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Handle<'s, Any>, A::Error> {
        let ValueSeed { loader, scope, place } = self;
        let (mut inner, escape) = scope.escapable();
        let mut list = loader.take_list();
        let mut keys = KeyList::new(loader.shapes, &inner, place);
        loader.depth += 1;
        while let Some(place) = members.next_key_seed(KeySeed { loader, scope: &mut inner, keys: &mut keys })? {
            list.push(members.next_value_seed(ValueSeed { loader, scope: &mut inner, place })?);
        }
        loader.depth -= 1;
        let shape = keys.finish(loader.shapes, &mut inner, &mut list, loader.depth);
        let shape = loader.check(shape)?;
        let object = JsonObject::try_new_in(&mut inner, loader.allocation, JsonObjectInit { shape, values: &list });
        let object = loader.check(object)?;
        loader.put_back_list(list);
        Ok(escape.escape(&inner, object.to_any()))
    }
}

/// Takes one key, and yields the place of the value below it.
struct KeySeed<'a, 'h, 's> {
    loader: &'a mut Loader<'h>,
    scope: &'a mut HandleScope<'s>,
    keys: &'a mut KeyList<'s>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_, '_> {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_, '_> {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Place, E> {
        let place = self.keys.push(self.scope, key);
        self.loader.check(place)
    }
}
