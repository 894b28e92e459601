//! Printing an object by its address: for debuggers.

use super::isolates::ISOLATES;
use crate::inspect::debug_fields;
use crate::map::Map;
use crate::memory::{CAGE_SIZE, CHUNK_SIZE};
use crate::tagged::{HeapObject, RawTagged, TAGGED_SIZE, Word};
use core::fmt;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

/// Prints an object to standard error, all fields with their offsets. For calls from a debugger, where nothing else is
/// at hand; in programs, use `{:#?}`. V8: `_v8_internal_Print_Object`.
///
/// It takes the object's address, a tagged word, or the lower half of one, as it stands in a compressed field. What is no
/// object is said to be none. The class's `print` hook is not called: it might run into what is to be found.
///
/// ```text
/// (gdb) call (void) _heapwright_print_object(0x7f780038205d)
/// Point at 0x7f780038205c, 28 bytes, old_space {
///        4  x: 2
/// ```
///
/// # Safety
///
/// Nothing runs that uses the isolate: the process is stopped in a debugger, or this thread has entered the isolate. Not
/// during a collection, while words may refer to where objects were.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _heapwright_print_object(object: usize) {
    // A panic must not leave the function, and nobody is there to hear of one.
    let _ = std::panic::catch_unwind(|| {
        let text = format!("{}\n", Printed(object));
        let _ = std::io::stderr().write_all(text.as_bytes());
    });
}

/// A word, printed as what it refers to.
struct Printed(usize);

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.0;
        match object_at(word) {
            // SAFETY: it has a map of one of the isolate's classes; that the heap is whole is the caller's contract.
            Some(address) => write!(f, "{:#?}", Fields(unsafe { Word::strong(address).as_object() })),
            None if Word::from_bits(word).is_cleared() => f.write_str("<cleared>"),
            None if word.is_multiple_of(2) => write!(f, "{word:#x}: no object of any isolate; as a Smi, {}", smi(word)),
            None => write!(f, "{word:#x}: no object of any isolate"),
        }
    }
}

struct Fields<'gc>(&'gc HeapObject);

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_fields(self.0, f)
    }
}

#[allow(clippy::unnecessary_cast)] // under one of the two widths
fn smi(word: usize) -> i32 {
    crate::tagged::Smi::from_word(Word::decompress(word as RawTagged, 0)).value()
}

/// The address of the object that a word, compressed or not, or an address refers to.
fn object_at(word: usize) -> Option<usize> {
    let memory = File::open("/proc/self/mem").ok()?; // to read what may not be there without dying of it
    let read = |address: usize| {
        let mut bytes = [0; 8];
        memory.read_exact_at(&mut bytes, address as u64).ok()?;
        Some(u64::from_le_bytes(bytes) as usize)
    };
    ISOLATES.find(|isolate| {
        let address = if word < CAGE_SIZE { isolate.cage_base + word } else { word };
        let address = Word::from_bits(address).address();
        // No object lies in the first chunk, but perhaps roots, which look like one if they refer to a map.
        if !(isolate.cage_base + CHUNK_SIZE..isolate.cage_base + CAGE_SIZE).contains(&address) {
            return None;
        }
        let map = Word::decompress(read(address)? as RawTagged, address);
        let in_cage = map.address() & !(CAGE_SIZE - 1) == isolate.cage_base;
        if !map.is_strong() || !in_cage || !address.is_multiple_of(TAGGED_SIZE) {
            return None;
        }
        let class = read(map.address() + Map::CLASS_ENTRY_OFFSET)?;
        isolate.classes.iter().any(|c| core::ptr::from_ref(*c).addr() == class).then_some(address)
    })
}
