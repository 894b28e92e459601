//! While a page of code is open for writing, nothing else uses the heap: no collection frees what is being written.

use heapwright::code::InstructionStream;
use heapwright::prelude::*;

fn attack(scope: &mut HandleScope<'_>, code: Handle<'_, InstructionStream>) {
    let mut page = InstructionStream::open_for_writing(scope, code).unwrap();
    scope.collect(CollectionKind::Full);
    page.write(0, &[0xc3]);
}

fn main() {}
