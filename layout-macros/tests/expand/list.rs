use heapwright::prelude::*;

/// A linked list of numbers.
#[heap_object]
pub struct List {
    /// The first number.
    #[constant]
    head: Smi,
    /// The rest.
    tail: Tagged<Option<List>>,
}
