//! Writing instructions is safe, running them is not: only who made them knows what they do.

use heapwright::code::InstructionStream;
use heapwright::prelude::*;

fn attack(scope: &HandleScope<'_>, code: Handle<'_, InstructionStream>) {
    let function: unsafe extern "C" fn() = code.get(scope).entry();
    function();
}

fn main() {}
