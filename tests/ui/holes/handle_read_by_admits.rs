//! HOLE: `Admits::word` (and `AdmitsWeak::word`, `ObjectSource::word`, `TaggedTailInit::word`, `WeakTailInit::word`) reads
//! a handle without a scope: here after its scope has ended and its block was freed.

use heapwright::prelude::*;

fn attack(scope: &mut HandleScope<'_>) {
    let inner = scope.nested();
    let handles: Vec<_> = (0..5000).map(|i| inner.handle(smi(i))).collect();
    drop(inner);
    println!("{:?}", heapwright::Admits::<Any, _>::word(&handles[4999]));
}

fn main() {}
