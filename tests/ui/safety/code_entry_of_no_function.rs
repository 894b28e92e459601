//! Instructions are a C function, whose callers promise something: not one of Rust's, nor one that is safe to call.

use heapwright::code::InstructionStream;

unsafe fn attack(code: &InstructionStream) {
    let _: fn() = unsafe { code.entry() };
    let _: extern "C" fn() = unsafe { code.entry() };
    let _: usize = unsafe { code.entry() };
}

fn main() {}
