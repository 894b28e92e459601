//! An iterator over elements holds a reference.

use heapwright::prelude::*;

#[heap_object]
struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

fn attack(scope: &mut HandleScope<'_>, bytes: Handle<'_, Bytes>) {
    for byte in bytes.get(scope).data_iter() {
        Bytes::new(scope, BytesInit { data: &[byte] });
    }
}

fn main() {}
