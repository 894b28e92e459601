//! A handle is stored as what it refers to.

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

fn attack(basket: &Basket, stone: Handle<'_, Stone>) {
    basket.set_fruit(stone);
}

fn main() {}
