//! A union that does not name `Smi` takes none.

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

fn attack(basket: &Basket) {
    basket.set_fruit(smi(1));
}

fn main() {}
