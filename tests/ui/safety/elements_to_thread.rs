//! An iterator over elements is not `Send`: another thread could enter another isolate and store this heap's references
//! there.

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
