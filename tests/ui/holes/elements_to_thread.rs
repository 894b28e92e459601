//! HOLE: an iterator over elements is `Send`, so another thread gets references into this heap, can enter another isolate
//! and store them there.

use heapwright::prelude::*;

#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

fn attack(array: &Array, other: &mut Isolate) {
    let mut elements = array.elements_iter();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let mut scope = other.enter();
            let mine = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 1) });
            mine.get(&scope).set_elements(0, elements.next().unwrap());
        });
    });
}

fn main() {}
