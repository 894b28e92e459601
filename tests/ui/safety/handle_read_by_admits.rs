//! Reading a handle takes a scope: without one its slot may be gone, here after its scope has ended and its block was
//! freed. So `Admits::word` and its kin are `unsafe`.

use heapwright::prelude::*;

fn attack(scope: &mut HandleScope<'_>) {
    let inner = scope.nested();
    let handles: Vec<_> = (0..5000).map(|i| inner.handle(smi(i))).collect();
    drop(inner);
    println!("{:?}", heapwright::Admits::<Any, _>::word(&handles[4999]));
}

fn main() {}
