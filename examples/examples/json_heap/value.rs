//! One value of a document, seen as JSON: the one place that asks an object for its class.

use crate::classes::{JsonArray, JsonInteger, JsonObject};
use heapwright::prelude::*;
use heapwright_objects::{HeapNumber, Null, Str, True};

/// A JSON value. It borrows the scope, so it is gone before anything can move.
#[derive(Clone, Copy, Debug)]
pub enum Json<'gc> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer in the slot itself.
    SmallInteger(i32),
    /// Any other integer.
    Integer(&'gc JsonInteger),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string.
    String(&'gc Str),
    /// An array.
    Array(&'gc JsonArray),
    /// An object.
    Object(&'gc JsonObject),
}

impl<'gc> Json<'gc> {
    /// What a slot of a document holds.
    pub fn of(value: Tagged<'gc, Any>) -> Json<'gc> {
        if let Some(integer) = value.as_smi() {
            Json::SmallInteger(integer)
        } else if let Some(string) = value.try_cast() {
            Json::String(string)
        } else if let Some(object) = value.try_cast() {
            Json::Object(object)
        } else if let Some(array) = value.try_cast() {
            Json::Array(array)
        } else if let Some(number) = value.try_cast::<HeapNumber>() {
            Json::Float(number.value())
        } else if let Some(integer) = value.try_cast() {
            Json::Integer(integer)
        } else if value.is::<Null>() {
            Json::Null
        } else {
            Json::Bool(value.is::<True>())
        }
    }
}
