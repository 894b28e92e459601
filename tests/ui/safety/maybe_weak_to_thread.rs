//! A value that may be weak refers into its heap, so it stays on the thread that has entered the isolate.

use heapwright::prelude::*;

#[heap_object]
struct Link {
    value: Tagged<MaybeObject>,
}

fn attack(link: &Link, other: &mut Isolate) {
    let value = link.value();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let mut scope = other.enter();
            let mine = Link::new(&mut scope, LinkInit { value: Nil });
            mine.get(&scope).set_value(value);
        });
    });
}

fn main() {}
