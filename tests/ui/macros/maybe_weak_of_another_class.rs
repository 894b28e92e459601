//! A union says which of its classes are held strongly and which weakly.
use heapwright::prelude::*;

#[heap_object]
pub struct Text {}

#[heap_object]
pub struct Info {
    of: Tagged<(Weak<Info>, Text, Smi)>,
}

fn store(scope: &HandleScope<'_>, info: Handle<'_, Info>, text: Handle<'_, Text>) {
    let at = info.get(scope);
    at.set_of(Weakly(info));
    at.set_of(text);
    at.set_of(info);
    at.set_of(Weakly(text));
}

fn main() {}
