//! Machine code in the heap.
//!
//! **Owns** the classes of code, how it is written, changed and called.
//!
//! **Promises** that no page is ever writable and executable at once, that code never moves, and that safe code can write
//! instructions but not run them: [`InstructionStream::entry`] is `unsafe`.
//!
//! Code is two objects, as in V8. The [`InstructionStream`] holds the instructions and lies in CODE space, or in
//! CODE_LARGE_OBJECT space if it is large; it refers to nothing but its map, so the collector marks it in the header of its
//! chunk and never opens its page for that. The [`Code`] is an ordinary object that refers to it and holds what else is
//! known of it; extend it, or refer to instructions from any class of yours. Instructions live as long as something refers
//! to them.
//!
//! ```
//! use heapwright::code::{Code, CodeInit, InstructionStream};
//! use heapwright::prelude::*;
//!
//! let mut isolate = Isolate::builder().code_range(128 << 20).build()?;
//! let mut scope = isolate.enter();
//! // lea rax, [rdi + rsi]; ret
//! let instructions = InstructionStream::new(&mut scope, &[0x48, 0x8d, 0x04, 0x37, 0xc3]);
//! let code = Code::new(&mut scope, CodeInit { instruction_stream: instructions, metadata: smi(0), flags: 0 });
//! scope.collect(CollectionKind::Full);
//! # #[cfg(target_arch = "x86_64")] {
//! // SAFETY: the instructions are a whole function of that type that touches no memory, and `code` keeps them alive.
//! let sum = unsafe {
//!     let add: unsafe extern "C" fn(i64, i64) -> i64 = code.get(&scope).instruction_stream().entry();
//!     add(40, 2)
//! };
//! assert_eq!(sum, 42);
//! # }
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! Instructions reach [roots](crate::roots) and other [words of the isolate](crate::IsolateAddress) by constant offsets.
//!
//! V8 counterparts: `InstructionStream`, `Code`, `CodePageMemoryModificationScope`.

use crate::debugger::TableEntry;
use crate::error::{OutOfMemory, OutOfMemoryReason};
use crate::handles::{Handle, HandleScope};
use crate::heap_object;
use crate::isolate::IsolateData;
use crate::layout::ClassRegistry;
use crate::memory::{ChunkFlags, MemoryChunk, MemoryError};
use crate::spaces::{AllocationAlignment, AllocationType, CODE_ALIGNMENT, SpaceId, code_space};
use crate::tagged::{Any, HeapClass, ObjectAddress, TaggedCell, Word};
use core::sync::atomic::Ordering;
use std::sync::Arc;

/// Instructions, in pages that are executable. Made by [`try_new`](Self::try_new) alone, never copied or moved. V8:
/// `InstructionStream`.
#[heap_object(factory = none)]
pub struct InstructionStream {
    /// Bytes after the header, a multiple of [`CODE_ALIGNMENT`]. V8: `body_size`.
    #[constant]
    body_size: u32,
    /// Bytes of instructions; what follows them traps. V8: `instruction_size`.
    #[constant]
    instruction_size: u32,
    #[doc = "With the next, lets the instructions begin at a multiple of [`CODE_ALIGNMENT`]."]
    padding: Padding<4>,
    padding_of_full_pointers: OptionalPadding<12>,
    /// The instructions, and traps.
    #[constant]
    #[length = body_size]
    body: [u8],
}

const _: () = assert!(InstructionStream::HEADER_SIZE.is_multiple_of(CODE_ALIGNMENT));

/// What is known of some code: refers to its instructions. Extend it with what your compiler has to say. V8: `Code`.
#[heap_object(open)]
pub struct Code {
    /// The instructions.
    #[constant]
    instruction_stream: Tagged<InstructionStream>,
    /// Free for the embedder: where in the source it comes from, what it relies on.
    metadata: Tagged<Any>,
    /// Free for the embedder: the kind of code, say. V8: `flags`.
    flags: u32,
    padding: OptionalPadding<4>,
}

static CODE_CLASSES: ClassRegistry = ClassRegistry::new("heapwright::code", &[InstructionStream::CLASS, Code::CLASS]);

#[used]
#[unsafe(link_section = "heapwright")]
static CODE_TABLES: TableEntry = TableEntry::new(&CODE_CLASSES);

/// The classes of code, which [`IsolateBuilder::code_range`](crate::IsolateBuilder::code_range) adds; for layout docs.
#[must_use]
pub fn code_classes() -> &'static ClassRegistry {
    &CODE_CLASSES
}

impl InstructionStream {
    /// Puts instructions into code space. Writing them is safe; running them is not.
    ///
    /// The page is opened for writing meanwhile, so no code that shares it can be running on this thread, unless it called back
    /// and waits for this to return.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting; if the isolate was made without a
    /// [code range](crate::IsolateBuilder::code_range); if the system does not let the page be opened or closed. What is left
    /// then is free or garbage; a page that could not be closed cannot be called until it is.
    pub fn try_new<'s>(scope: &mut HandleScope<'s>, instructions: &[u8]) -> Result<Handle<'s, Self>, OutOfMemory> {
        let address = scope.data_mut().make_code(instructions)?;
        // SAFETY: a whole `InstructionStream`, just made.
        let code: &InstructionStream = unsafe { ObjectAddress::new(address).as_ref() };
        Ok(scope.handle(code))
    }

    /// As [`try_new`](Self::try_new).
    ///
    /// # Panics
    ///
    /// Where that fails.
    #[track_caller]
    pub fn new<'s>(scope: &mut HandleScope<'s>, instructions: &[u8]) -> Handle<'s, Self> {
        match Self::try_new(scope, instructions) {
            Ok(code) => code,
            Err(error) => panic!("{error}"),
        }
    }

    /// The address of the first instruction, a multiple of [`CODE_ALIGNMENT`]. It stays the same for as long as the object
    /// lives. V8: `instruction_start`.
    #[inline]
    #[must_use]
    pub fn instruction_start(&self) -> usize {
        self.address() + Self::HEADER_SIZE
    }

    /// A copy of the instructions, without the traps after them.
    #[must_use]
    pub fn instructions(&self) -> Vec<u8> {
        self.body_iter().take(self.instruction_size() as usize).collect()
    }

    /// Whether the instructions may be called: not while their page is open for writing, nor if the system refused to close
    /// it. [`HandleScope::close_code_pages`] tries that again.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        !MemoryChunk::of(self.address()).has(ChunkFlags::OPEN_FOR_WRITING)
    }

    /// The instructions as a function. Only where the processor sees new instructions without being told (x86-64).
    ///
    /// # Panics
    ///
    /// If they are not [executable](Self::is_executable).
    ///
    /// # Safety
    ///
    /// Whoever makes the function promises this of every call of it:
    ///
    /// - The instructions, as they are then, are a whole function of type `F`: they keep to its calling convention, and
    ///   return what it says.
    /// - They do nothing that safe Rust may not do, by themselves or by what they call: above all they neither read nor
    ///   write memory that is not theirs, and do not reach into the heap. But of the isolate, words that are
    ///   [named](crate::IsolateAddress#what-may-be-done-there) and [roots](crate::RootKey::address) may be used as told there.
    /// - From the call to its return the object stays alive (a handle of it, or something that a handle reaches, refers to
    ///   it) and its page closed: what the instructions call back makes or changes no code of this isolate, or has returned
    ///   from that; and the instructions that are being run are not changed.
    #[cfg(any(target_arch = "x86_64", doc))]
    #[inline]
    #[must_use]
    #[track_caller]
    pub unsafe fn entry<F: EntryPoint>(&self) -> F {
        assert!(self.is_executable(), "the page of these instructions is open for writing: they cannot be called");
        // SAFETY: the caller's contract.
        unsafe { F::at(self.instruction_start()) }
    }

    /// Opens the page of some instructions, to change them. Until the scope that is returned is closed or dropped, none of the
    /// code in the page is executable.
    ///
    /// ```
    /// # use heapwright::{code::InstructionStream, prelude::*};
    /// # let mut isolate = Isolate::builder().code_range(128 << 20).build()?;
    /// # let mut scope = isolate.enter();
    /// let code = InstructionStream::new(&mut scope, &[0xb8, 1, 0, 0, 0, 0xc3]); // mov eax, 1; ret
    /// let mut page = InstructionStream::open_for_writing(&mut scope, code)?;
    /// page.write(1, &2_u32.to_le_bytes());
    /// page.close()?;
    /// assert_eq!(code.get(&scope).instructions(), [0xb8, 2, 0, 0, 0, 0xc3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the system refuses; the page is closed then.
    pub fn open_for_writing<'a>(
        scope: &'a mut HandleScope<'_>,
        code: Handle<'_, Self>,
    ) -> Result<CodePageMemoryModificationScope<'a>, MemoryError> {
        let object = code.get(scope);
        let (start, size) = (object.instruction_start(), object.instruction_size() as usize);
        let chunk = MemoryChunk::of(object.address());
        let isolate = scope.data_mut();
        code_space::open(&mut isolate.heap.allocator, chunk)?;
        Ok(CodePageMemoryModificationScope { isolate, chunk, start, size })
    }
}

/// A page of code that is writable, and not executable, as long as this lives. Made by
/// [`InstructionStream::open_for_writing`]. It borrows the scope, so nothing is allocated or collected meanwhile.
///
/// Where this is forgotten ([`core::mem::forget`]), the page stays open until code is next made, or
/// [`HandleScope::close_code_pages`]. V8: `CodePageMemoryModificationScope`.
#[must_use = "the page is closed at once when this is dropped"]
pub struct CodePageMemoryModificationScope<'a> {
    isolate: &'a mut IsolateData,
    chunk: &'static MemoryChunk,
    /// The instructions that may be changed.
    start: usize,
    size: usize,
}

impl CodePageMemoryModificationScope<'_> {
    /// Overwrites instructions, from the one that begins after `offset` bytes.
    ///
    /// # Panics
    ///
    /// If the object has not as many bytes of instructions.
    #[track_caller]
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        let fits = offset.checked_add(bytes.len()).is_some_and(|end| end <= self.size);
        assert!(fits, "{} bytes at {offset} are outside of {} bytes of instructions", bytes.len(), self.size);
        // SAFETY: inside the object's body, which is not a reference to anything; the page is open, and no reference to
        // the body's bytes is in use: the scope is borrowed.
        unsafe { write_bytes(self.start + offset, bytes) };
    }

    /// Closes the page.
    ///
    /// # Errors
    ///
    /// If the system refuses: what is in the page cannot be called then. It is tried again when code is next made.
    pub fn close(self) -> Result<(), MemoryError> {
        let this = &mut *core::mem::ManuallyDrop::new(self);
        code_space::close(&mut this.isolate.heap.allocator, this.chunk)
    }
}

impl Drop for CodePageMemoryModificationScope<'_> {
    fn drop(&mut self) {
        // The chunk stays flagged as open if this fails.
        let _ = code_space::close(&mut self.isolate.heap.allocator, self.chunk);
    }
}

impl core::fmt::Debug for CodePageMemoryModificationScope<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CodePageMemoryModificationScope({:#x}, {} bytes)", self.start, self.size)
    }
}

impl HandleScope<'_> {
    /// Closes pages of code that stayed open because the system refused to close them, or because their
    /// [scope](CodePageMemoryModificationScope) was forgotten.
    ///
    /// # Errors
    ///
    /// The first refusal, after all were tried.
    pub fn close_code_pages(&mut self) -> Result<(), MemoryError> {
        self.data_mut().heap.close_code_pages()
    }
}

/// # Safety
///
/// The bytes there are code memory that is open for writing, and nothing reads them meanwhile.
unsafe fn write_bytes(address: usize, bytes: &[u8]) {
    let to = core::ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the caller's contract; a slice of Rust's is not code memory.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
}

impl IsolateData {
    /// Makes an `InstructionStream`; returns where.
    fn make_code(&mut self, instructions: &[u8]) -> Result<usize, OutOfMemory> {
        let error = |requested, reason| OutOfMemory { requested, space: SpaceId::Code, reason };
        let memory = |requested, e| error(requested, OutOfMemoryReason::Memory(Arc::new(e)));
        let body = instructions.len().next_multiple_of(CODE_ALIGNMENT);
        let size = InstructionStream::HEADER_SIZE + body;
        let Some(range) = self.heap.allocator.code_range() else {
            return Err(error(size, OutOfMemoryReason::NoCodeRange));
        };
        let maximum = range.max_object_size();
        if size > maximum {
            return Err(error(size, OutOfMemoryReason::TooLarge { maximum }));
        }
        let map = self.map_word::<InstructionStream>();
        self.heap.close_code_pages().map_err(|e| memory(size, e))?;
        let address = self.allocate_raw(size, AllocationAlignment::Word, AllocationType::Code, false)?;
        let chunk = MemoryChunk::of(address);
        let heap = &mut self.heap;
        let is_large = chunk.has(ChunkFlags::LARGE);
        // SAFETY: a block of code space is a filler until it is written to.
        let block = if is_large { size } else { unsafe { crate::gc::size_of_object(address) } };
        let mut rest = block;
        let written = code_space::open(&mut heap.allocator, chunk).and_then(|()| {
            rest = block - size;
            // SAFETY: the block is free, and its chunk open.
            unsafe {
                code_space::fill(heap.fillers, address + size, rest);
                write_code(address, map, body, instructions);
            }
            code_space::close(&mut heap.allocator, chunk)
        });
        if written.is_err() {
            heap.discount_allocation(chunk.space(), size);
        } else if let Some(marking) = chunk.marking() {
            marking.shade(address);
        }
        if written.is_ok() {
            heap.made_code_under_watch(address);
        }
        if is_large && written.is_err() {
            // SAFETY: nothing refers to the object, which was allocated last.
            unsafe { heap.code_large_object_space.take_back(&mut heap.allocator) };
        } else if rest > 0 {
            // All of the block if it was not opened. If it was not closed, the object is one that nothing refers to.
            heap.code_space.free(address + block - rest, rest);
        }
        written.map(|()| address).map_err(|e| memory(size, e))
    }
}

/// Writes a new `InstructionStream`.
///
/// # Safety
///
/// There are free bytes for the header and `body` more at `address`, in a chunk that is open; `body` is the length of
/// `instructions` rounded up to [`CODE_ALIGNMENT`], at most 4 GiB; `map` is the map of `InstructionStream`.
unsafe fn write_code(address: usize, map: Word, body: usize, instructions: &[u8]) {
    let start = address + InstructionStream::HEADER_SIZE;
    // SAFETY: the caller's contract; constant fields are given their value here.
    unsafe {
        TaggedCell::at(address).store(map, Ordering::Relaxed);
        let object: &InstructionStream = ObjectAddress::new(address).as_ref();
        object.body_size.set(body as u32);
        object.instruction_size.set(instructions.len() as u32);
        write_bytes(start, instructions);
        core::ptr::with_exposed_provenance_mut::<u8>(start + instructions.len())
            .write_bytes(code_space::TRAP, body - instructions.len());
    }
}

/// A type of functions that instructions may be: `unsafe extern "C" fn`s of up to six parameters.
///
/// # Safety
///
/// Implemented here only: the type is a function pointer.
#[diagnostic::on_unimplemented(
    message = "instructions cannot be called as a `{Self}`",
    note = "`InstructionStream::entry` gives an `unsafe extern \"C\" fn` of up to six parameters"
)]
pub unsafe trait EntryPoint: Copy {
    /// The function at an address.
    ///
    /// # Safety
    ///
    /// As for [`InstructionStream::entry`].
    #[doc(hidden)]
    unsafe fn at(address: usize) -> Self;
}

macro_rules! entry_points {
    ($(($($parameter:ident)*))*) => { $(
        // SAFETY: a function pointer.
        unsafe impl<R, $($parameter),*> EntryPoint for unsafe extern "C" fn($($parameter),*) -> R {
            #[inline]
            unsafe fn at(address: usize) -> Self {
                let code = core::ptr::with_exposed_provenance::<()>(address);
                // SAFETY: an address in the code range is not null; the rest is the caller's contract.
                unsafe { core::mem::transmute::<*const (), Self>(code) }
            }
        }
    )* };
}

entry_points! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }
