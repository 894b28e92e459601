//! A view of a struct is the object's: it does not outlive the scope that the object is read with.

use heapwright::prelude::*;

#[heap_struct]
struct Entry {
    details: Smi,
}

#[heap_object]
struct Table {
    first: Inline<Entry>,
}

fn attack(scope: &mut HandleScope<'_>) -> i32 {
    let first = {
        let mut inner = scope.nested();
        let table = Table::new(&mut inner, TableInit { first: EntryInit { details: 1 } });
        table.get(&inner).first()
    };
    first.details()
}

fn main() {}
