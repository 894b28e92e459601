//! Instructions come from `InstructionStream::try_new` alone, and no setter writes into pages that are not writable.

use heapwright::code::InstructionStream;
use heapwright::prelude::*;

fn attack(scope: &mut HandleScope<'_>, code: Handle<'_, InstructionStream>) {
    let _ = InstructionStream::try_new_in(scope, AllocationType::Code, InstructionStreamInit { body: &[0xc3] });
    code.get(scope).set_body(0, 0xc3);
    code.get(scope).set_instruction_size(1000);
}

fn main() {}
