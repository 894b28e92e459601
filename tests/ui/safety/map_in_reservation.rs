//! Maps do not move and live in a space of their own: none is made in reserved memory.

use heapwright::prelude::*;

#[heap_object(extends = heapwright::Map)]
struct MyMap {
    extra: Smi,
}

fn main() {
    let mut isolate = Isolate::builder().build().unwrap();
    let mut scope = isolate.enter();
    let memory = scope.reserve(1024).unwrap();
    MyMap::new_reserved(&memory, MyMapInit { parent: memory.map_init::<heapwright::Map>(), extra: 1 });
}


