//! Writing a document back: heap objects become JSON text, value by value.

use crate::shapes::with_text;
use crate::value::Json;
use heapwright::prelude::*;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::io::{self, Write};

/// A value that serde can write. It borrows the scope, so nothing is allocated on the heap while it lives, and plain
/// references do.
struct View<'gc>(Tagged<'gc, Any>);

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Json::of(self.0) {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(value),
            Json::SmallInteger(value) => serializer.serialize_i32(value),
            Json::Integer(value) if value.is_negative() => serializer.serialize_i64(value.bits().cast_signed()),
            Json::Integer(value) => serializer.serialize_u64(value.bits()),
            Json::Float(value) => serializer.serialize_f64(value),
            Json::String(text) => with_text(text, |text| serializer.serialize_str(text)),
            Json::Array(array) => serializer.collect_seq(array.elements_iter().map(View)),
            Json::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.values_len()))?;
                for (key, value) in object.shape().keys_iter().zip(object.values_iter()) {
                    with_text(key, |key| map.serialize_key(key))?;
                    map.serialize_value(&View(value))?;
                }
                map.end()
            }
        }
    }
}

/// Writes a value as JSON without spaces. A document is at most 128 levels deep, as `serde_json` reads no more, so
/// there is stack enough.
pub fn write(value: Tagged<'_, Any>, out: impl Write) -> io::Result<()> {
    serde_json::to_writer(out, &View(value)).map_err(io::Error::from)
}

/// The same into memory.
pub fn to_text(value: Tagged<'_, Any>) -> io::Result<String> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    String::from_utf8(out).map_err(io::Error::other)
}
