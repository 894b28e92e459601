use heapwright::prelude::*;

/// What is known of one property.
#[heap_struct]
pub struct Descriptor {
    /// Its name.
    #[constant]
    key: Tagged<HeapObject>,
    /// Its attributes.
    details: Smi,
}
