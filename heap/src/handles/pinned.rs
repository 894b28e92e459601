//! Pins: objects that must not move.
//!
//! A pin is a strong node of the isolate's globals with a flag. The collector asks which chunks have one before it chooses
//! what to evacuate, and again before it does: so a pin counts at once, whoever drops it and on whatever thread.

use super::global::WrongIsolate;
use super::handle::Handle;
use super::nodes::NodeRef;
use super::scope::HandleScope;
use crate::gc::{CollectionKind, CollectionReason, size_of_object};
use crate::memory::MemoryChunk;
use crate::tagged::HeapClass;
use core::marker::PhantomData;

/// An object that stays where it is, and alive, until the last clone of this is dropped; made by [`HandleScope::pin`].
///
/// For addresses that leave Rust: what C keeps, a system call writes to, or generated code embeds. Who only needs an
/// object at different times takes a [`Global`](crate::Global), which costs others nothing. As a global, a pin may be cloned and
/// dropped on any thread and outlive the isolate, with which the object goes all the same; and using it with another
/// isolate's scope is an error.
///
/// Pins are counted: an object that was pinned twice moves when both pins are dropped. Each costs what a global does. As long as
/// there is one, the chunk of the object, 256 KiB, is not compacted: what else is free there serves new old objects, but the
/// chunk is not given back. Objects with a chunk of their own, maps, code and read-only objects never move: a pin costs
/// nothing more there.
///
/// V8 pins only what a conservative scan of the stack seems to refer to, and has no such handle.
pub struct Pinned<T> {
    node: NodeRef,
    address: usize,
    _type: PhantomData<fn() -> T>,
}

/// An object could not be pinned: it is young, and there is no room for it elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an object of {size} bytes cannot be pinned: it is young, and all of the heap's {limit} bytes but {available} are in use, so \
     that it cannot become old"
)]
#[non_exhaustive]
pub struct PinError {
    /// Bytes of the object.
    pub size: usize,
    /// Bytes that the heap may commit.
    pub limit: usize,
    /// Those that it has not committed.
    pub available: usize,
}

impl HandleScope<'_> {
    /// Pins an object: its address is the same until the pin is dropped. A young object becomes old first, for the young
    /// generation is always moved: with it everything young that lives, in one young collection. So it is better to make what
    /// is to be pinned [old](crate::AllocationType::Old).
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Buffer { #[constant] length: Smi, #[length = length] data: [u8] }
    /// # heap_classes! { static CLASSES = [Buffer]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let buffer = Buffer::try_new_in(&mut scope, AllocationType::Old, BufferInit { data: Filled::new(7, 100) })?;
    /// let pin = scope.pin(buffer)?;
    /// let data = (pin.address() + Buffer::HEADER_SIZE) as *const u8; // for as long as `pin` and the isolate
    /// scope.collect(CollectionKind::Full);
    /// assert_eq!(pin.address(), std::ptr::from_ref(buffer.get(&scope)).addr());
    /// # let _ = data;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the object is young, and stays so because there is no memory for it in the old generation.
    #[track_caller]
    pub fn pin<T: HeapClass>(&mut self, handle: Handle<'_, T>) -> Result<Pinned<T>, PinError> {
        // SAFETY: a scope is given, and it is the one whose objects the handle may refer to.
        let is_young = |_: &Self| MemoryChunk::of(unsafe { handle.word() }.address()).is_young();
        if is_young(self) {
            let isolate = self.data_mut();
            isolate.collect(CollectionKind::Young, CollectionReason::Pin);
            isolate.shorten_area();
        }
        // SAFETY: a scope is given.
        let word = unsafe { handle.word() };
        if is_young(self) {
            let memory = self.data().heap.allocator.statistics();
            let available = memory.available();
            // SAFETY: an object.
            let size = unsafe { size_of_object(word.address()) };
            return Err(PinError { size, limit: memory.capacity, available });
        }
        let node = self.data().globals.create_pinned(word);
        Ok(Pinned { node, address: word.address(), _type: PhantomData })
    }
}

impl<T: HeapClass> Pinned<T> {
    /// Where the object begins, with the word of its map; its fields follow at their
    /// [offsets](crate::layout::ClassLayout::all_fields). Right as long as the isolate lives and a clone of this does. What
    /// is read or written there is up to who does it, in `unsafe` code: fields keep the values that their types allow, and
    /// references are stored by setters alone.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address
    }

    /// The object.
    ///
    /// # Errors
    ///
    /// If the scope is another isolate's.
    pub fn try_get<'gc>(&self, scope: &'gc HandleScope<'_>) -> Result<&'gc T, WrongIsolate> {
        let word = self.node.word(scope)?;
        debug_assert_eq!(word.address(), self.address, "a pinned object moved");
        // SAFETY: a strong node of this isolate, made for a `T`; nothing dies while the scope is borrowed.
        Ok(unsafe { word.as_object() })
    }

    /// The object.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(&self, scope: &'gc HandleScope<'_>) -> &'gc T {
        self.try_get(scope).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<T> Clone for Pinned<T> {
    fn clone(&self) -> Self {
        Pinned { node: self.node.clone(), address: self.address, _type: PhantomData }
    }
}

impl<T> core::fmt::Debug for Pinned<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pinned at {:#x}", self.address)
    }
}
