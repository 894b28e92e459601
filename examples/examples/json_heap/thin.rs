//! Dropping half of a document, so that the collector has something to do.
//!
//! Going down from the root through objects, every second element of each array becomes `null`; of an object in which
//! there is no container, every second value in the order of the keys. What was there is garbage then.

use crate::classes::{JsonArray, JsonObject};
use crate::value::Json;
use heapwright::prelude::*;
use heapwright_objects::StandardRoots;
use serde_json::Value;

/// Drops half of what is below `value`. Nothing is allocated, so plain references do.
pub fn drop_half<'gc>(scope: &'gc HandleScope<'_>, value: Tagged<'gc, Any>) {
    match Json::of(value) {
        Json::Array(array) => every_second(array.elements_len()).for_each(|i| array.set_elements(i, scope.null())),
        Json::Object(object) => {
            let is_container = |value: &Tagged<'gc, Any>| value.is::<JsonArray>() || value.is::<JsonObject>();
            if object.values_iter().any(|value| is_container(&value)) {
                object.values_iter().filter(is_container).for_each(|value| drop_half(scope, value));
            } else {
                let mut order: Vec<usize> = (0..object.values_len()).collect();
                order.sort_by_cached_key(|i| object.shape().keys(*i).to_rust_string());
                every_second(order.len()).for_each(|i| object.set_values(order[i], scope.null()));
            }
        }
        _ => {}
    }
}

fn every_second(length: usize) -> impl Iterator<Item = usize> {
    (1..length).step_by(2)
}

/// The same to `serde_json`'s tree, whose objects are ordered by key: what should be left.
pub fn drop_half_of_value(value: &mut Value) {
    match value {
        Value::Array(array) => array.iter_mut().skip(1).step_by(2).for_each(|element| *element = Value::Null),
        Value::Object(object) => {
            let is_container = |value: &Value| value.is_array() || value.is_object();
            if object.values().any(is_container) {
                object.values_mut().filter(|value| is_container(value)).for_each(drop_half_of_value);
            } else {
                object.values_mut().skip(1).step_by(2).for_each(|value| *value = Value::Null);
            }
        }
        _ => {}
    }
}
