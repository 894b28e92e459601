//! Looking values up by JSON pointer (RFC 6901).

use crate::classes::{KeyOrder, Shape};
use crate::shapes::with_text;
use crate::value::Json;
use heapwright::prelude::*;
use std::cmp::Ordering;

/// A text that is not a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pointer}` is not a JSON pointer: {reason}")]
pub struct PointerError {
    /// The text.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A path into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl std::str::FromStr for Pointer {
    type Err = PointerError;

    fn from_str(pointer: &str) -> Result<Pointer, PointerError> {
        let error = |reason| PointerError { pointer: pointer.to_owned(), reason };
        if pointer.is_empty() {
            return Ok(Pointer(Vec::new()));
        }
        let steps = pointer.strip_prefix('/').ok_or_else(|| error("it is neither empty nor begins with `/`"))?;
        let unescape = |step: &str| {
            let is_tilde_escaped = step.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
            is_tilde_escaped.then(|| step.replace("~1", "/").replace("~0", "~"))
        };
        let steps = steps.split('/').map(unescape).collect::<Option<_>>();
        steps.map(Pointer).ok_or_else(|| error("a `~` is followed by neither `0` nor `1`"))
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl Pointer {
    /// A pointer deep into the document: from an object to its member with the most elements, from an array to the middle.
    pub fn into_the_thick(mut value: Tagged<'_, Any>) -> Pointer {
        let mut steps = Vec::new();
        loop {
            let (step, inner) = match Json::of(value) {
                Json::Array(array) if array.elements_len() > 0 => {
                    let middle = array.elements_len() / 2;
                    (middle.to_string(), array.elements(middle))
                }
                Json::Object(object) => {
                    let members = object.shape().keys_iter().zip(object.values_iter());
                    let Some((key, inner)) = members.max_by_key(|(_, value)| size(*value)) else {
                        return Pointer(steps);
                    };
                    (key.to_rust_string(), inner)
                }
                _ => return Pointer(steps),
            };
            steps.push(step);
            value = inner;
        }
    }

    /// The same path but for its last step, unless it has only one.
    pub fn parent(&self) -> Option<Pointer> {
        self.0.split_last().filter(|(_, parent)| !parent.is_empty()).map(|(_, parent)| Pointer(parent.to_vec()))
    }

    /// The value at the end of the path that begins at `value`.
    pub fn find<'gc>(&self, value: Tagged<'gc, Any>) -> Option<Tagged<'gc, Any>> {
        self.0.iter().try_fold(value, |value, step| child(value, step))
    }
}

/// How many values a value has in it.
fn size(value: Tagged<'_, Any>) -> usize {
    match Json::of(value) {
        Json::Array(array) => array.elements_len(),
        Json::Object(object) => object.values_len(),
        _ => 0,
    }
}

/// One step down.
fn child<'gc>(value: Tagged<'gc, Any>, step: &str) -> Option<Tagged<'gc, Any>> {
    match Json::of(value) {
        Json::Array(array) => {
            let is_index = step == "0" || (!step.starts_with('0') && step.bytes().all(|b| b.is_ascii_digit()));
            let index = step.parse().ok().filter(|index| is_index && *index < array.elements_len())?;
            Some(array.elements(index))
        }
        Json::Object(object) => position(object.shape(), step).map(|index| object.values(index)),
        _ => None,
    }
}

/// Where in a shape the key is.
fn position(shape: &Shape, key: &str) -> Option<usize> {
    let facts = shape.facts();
    if key.len() > usize::from(facts.longest_key()) && facts.longest_key() < crate::shapes::LONGEST_KEY {
        return None;
    }
    match facts.key_order() {
        KeyOrder::AsWritten => shape.keys_iter().position(|other| other.eq_str(key)),
        KeyOrder::Ascending => bisect(shape.keys_len(), |index| with_text(shape.keys(index), |other| other.cmp(key))),
    }
}

/// The index below `length` that compares equal, if `compare` ascends.
fn bisect(length: usize, compare: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low.midpoint(high);
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Some(middle),
            Ordering::Greater => high = middle,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_parsed_and_printed() {
        for text in ["", "/", "/a", "/a~1b/~0/0", "//x"] {
            assert_eq!(text.parse::<Pointer>().unwrap().to_string(), text);
        }
        assert_eq!("/a~1b/~01".parse::<Pointer>().unwrap().0, ["a/b", "~1"]);
        assert!("a".parse::<Pointer>().unwrap_err().to_string().contains("`a` is not a JSON pointer"));
        assert!("/~2".parse::<Pointer>().is_err());
        assert!("/a~".parse::<Pointer>().is_err());
    }

    #[test]
    fn bisection_finds_what_is_there() {
        let numbers = [1, 3, 5, 7, 9];
        for n in 0..11 {
            assert_eq!(bisect(numbers.len(), |i| numbers[i].cmp(&n)), numbers.iter().position(|x| *x == n));
        }
    }
}
