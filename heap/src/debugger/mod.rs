//! What is found in a program from outside: by a debugger, in a core file, or in the file of a stripped binary.
//!
//! **Owns** the entries that [`heap_classes!`](crate::heap_classes) leaves in the section [`SECTION`] of a binary, the
//! *schema* that they refer to, the list of the process's isolates, and [`_heapwright_print_object`].
//!
//! **Promises** that nothing has to be kept up to date by hand: what a debugger reads are the very tables that the printer,
//! the verifier and the docs work from, and the schema says where in them each thing lies, with offsets taken by
//! `offset_of!`. A table that gains a field and is not described does not compile.
//!
//! **Never touches** a heap, but for the printer, which only reads.
//!
//! V8 counterpart: `_v8_internal_Print_Object`, and the constants `v8dbg_…` that postmortem tools find in a binary. A
//! script writes those for some classes and fields; here are all classes, in the debugger's own process or none at all.
//!
//! # gdb
//!
//! The script [`GDB_SCRIPT`] is embedded in binaries with debug information, and gdb loads it where it may
//! (`add-auto-load-safe-path`); else `source heapwright.py`. It needs neither symbols nor debug information of the program, but
//! for printing variables.
//!
//! All but `heapwright call` reads memory alone. A gdb before version 14 cannot call functions of any program on a processor with AMX
//! (`Couldn't write extended state status`).
//!
//! ```text
//! (gdb) print handle
//! $1 = <Point 0x7ffe0038205c>
//! (gdb) heapwright print handle
//! Point at 0x7ffe0038205c, 28 bytes, old_space {
//!        4  x: 2
//!        8  y: 1.5
//!       16  style: Style { paint: Striped, opacity: 255 }
//!       20  next: <Point 0x7ffe00382040>
//!       24  seen_from: weak <Point 0x7ffe00382040>
//! }
//! (gdb) heapwright print 0x7ffe0038205d .next.style
//! Style { paint: Striped, opacity: 128 }
//! (gdb) heapwright referrers first
//! <Point 0x7ffe0038205c>.next
//! <Point 0x7ffe0038205c>.seen_from  weakly
//! 2 found
//! (gdb) print/x $heapwright(handle, "next")
//! $2 = 0x7ffe00382040
//! ```
//!
//! # Format
//!
//! The section holds [`TableEntry`]s, one for each registry. Each begins with [`MAGIC`] and its own size, so a reader
//! finds the next one, whichever version wrote it, and skips zeros between them. It refers to the schema, a text:
//!
//! ```text
//! heapwright 0.1.0 tables 1
//! const tagged_size 4
//! struct FieldLayout 168
//!  name 0 str
//!  kind 48 FieldKind
//!  splice 96 null str
//! enum FieldKind 24 8
//!  Tagged 0 TypeSet
//!  Smi 3
//! ```
//!
//! `struct` is followed by the name and the bytes; each line below has a field's name, offset and shape. `enum` is followed
//! by the name, the bytes and the offset of what variants carry; each line below has a variant's name, its number, which is
//! the first byte, and the shape of what it carries, if anything. Shapes: `u8`, `u16`, `u32`, `u64` and `usize`; `bool`; `str`, an address and a length in
//! bytes; `ref S`, an address; `slice S`, an address and a number; `array N S`; `null S`, an `S` that is absent if its
//! first 8 bytes are 0; `option N S`, an `S` after `N` bytes that are 0 if it is absent; or the name of a struct or an enum.

mod entry;
mod isolates;
mod print;
mod schema;
mod shape;

pub use entry::{MAGIC, SECTION, TableEntry};
pub(crate) use isolates::ListedIsolate;
pub use print::_heapwright_print_object;
pub use schema::schema;
pub(crate) use shape::{
    Described, DescribedTable, FieldTable, Shape, Table, VariantTable, described, payload_of, shape_of,
};

/// The gdb script, in Python: `heapwright print`, `heapwright layout` and others. `help heapwright` in gdb lists them.
pub const GDB_SCRIPT: &str = include_str!("heapwright.py");
