//! A class that extends the map takes the fields of the map from the scope.

use heapwright::prelude::*;

#[heap_object(extends = heapwright::Map)]
struct MyMap {
    extra: Smi,
}

fn attack(scope: &mut HandleScope<'_>) {
    MyMap::new(scope, MyMapInit { parent: (), extra: 1 });
}

fn main() {}
