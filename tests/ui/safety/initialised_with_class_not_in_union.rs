//! So is what a new object is given.

use heapwright::prelude::*;

#[heap_object]
struct Apple {
    x: Smi,
}

#[heap_object]
struct Pear {
    x: Smi,
}

#[heap_object]
struct Stone {
    x: Smi,
}

#[heap_object]
struct Basket {
    fruit: Tagged<(Apple, Pear)>,
    apple: Tagged<Apple>,
    maybe: Tagged<Option<Apple>>,
    weak: Weak<Apple>,
}

fn attack(scope: &mut HandleScope<'_>, stone: Handle<'_, Stone>, apple: Handle<'_, Apple>) {
    Basket::new(scope, BasketInit { fruit: stone, apple, maybe: Nil, weak: Nil });
}

fn main() {}
