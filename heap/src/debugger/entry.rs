//! What a registry leaves in the binary.

use super::isolates::{ISOLATES, IsolateList};
use super::print::_heapwright_print_object;
use super::schema::schema;
use crate::layout::ClassRegistry;

/// The section that the entries lie in.
pub const SECTION: &str = "heapwright";

/// The bytes that every entry begins with.
pub const MAGIC: [u8; 16] = *b"heapwright\0table";

/// What a registry leaves in the section [`SECTION`]: how tables are laid out, and where they are. Written by
/// [`heap_classes!`](crate::heap_classes).
#[repr(C)]
#[derive(Debug)]
pub struct TableEntry {
    /// [`MAGIC`].
    magic: [u8; 16],
    /// Bytes of this entry.
    size: usize,
    schema: *const u8,
    schema_length: usize,
    registry: &'static ClassRegistry,
    isolates: &'static IsolateList,
    print: unsafe extern "C" fn(usize),
}

// SAFETY: the pointer is to constant text; the rest is `Sync`.
unsafe impl Sync for TableEntry {}

impl TableEntry {
    /// The entry of a registry.
    #[must_use]
    pub const fn new(registry: &'static ClassRegistry) -> TableEntry {
        TableEntry {
            magic: MAGIC,
            size: size_of::<TableEntry>(),
            schema: schema().as_ptr(),
            schema_length: schema().len(),
            registry,
            isolates: &ISOLATES,
            print: _heapwright_print_object,
        }
    }
}
