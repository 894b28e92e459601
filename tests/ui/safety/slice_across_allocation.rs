//! A slice of an object's bytes is a reference.

use heapwright::prelude::*;

#[heap_object]
struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

fn attack(scope: &mut HandleScope<'_>, bytes: Handle<'_, Bytes>) -> u8 {
    let slice = bytes.get(scope).data_slice();
    scope.collect(CollectionKind::Young);
    slice[0]
}

fn main() {}
