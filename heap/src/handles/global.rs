//! Globals: references that no scope bounds. They may be cloned and dropped on any thread, and outlive the isolate.

use super::handle::{Handle, ToHandle};
use super::nodes::{Keeper, NODES, NodePlace, NodeRef};
use super::scope::HandleScope;
use super::weak_callback::Registration;
use crate::memory::ChunkSet;
use crate::tagged::{HeapClass, TaggedType, Word};
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use core::sync::atomic::Ordering;
use std::sync::Arc;

/// A root of its own. V8: `v8::Global`.
///
/// It keeps its referent alive until the last clone is dropped. It carries the number of its isolate: using it
/// with another's scope is an error, not undefined.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// let kept = {
///     let mut scope = isolate.enter();
///     let point = Point::new(&mut scope, PointInit { x: 3 });
///     Global::new(&scope, point)
/// };
/// let scope = isolate.enter();
/// assert_eq!(kept.get(&scope).x(), 3);
/// ```
pub struct Global<U> {
    node: NodeRef,
    _type: PhantomData<fn() -> U>,
}

/// A reference that does not keep its referent alive, and may tell of its death
/// ([`with_callback`](Self::with_callback), [`with_finalizer`](Self::with_finalizer)). V8: a `v8::Global` after `SetWeak`.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// let weak = {
///     let mut inner = scope.nested();
///     let point = Point::new(&mut inner, PointInit { x: 3 });
///     WeakGlobal::new(&inner, point)
/// };
/// assert_eq!(weak.get(&scope).map(|point| point.x()), Some(3));
/// scope.collect(CollectionKind::Full); // nothing else refers to the point
/// assert!(weak.get(&scope).is_none());
/// ```
pub struct WeakGlobal<T> {
    node: NodeRef,
    /// What is to run when the referent has died; shared by all clones.
    pub(super) registration: Option<Arc<Registration>>,
    _type: PhantomData<fn() -> T>,
}

/// A global was used with the scope of an isolate that it does not belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a global of isolate {global} was used in isolate {entered}")]
pub struct WrongIsolate {
    /// The global's isolate.
    pub global: u64,
    /// The isolate whose scope was given.
    pub entered: u64,
}

impl NodePlace {
    /// Whether the referent has died.
    pub(super) fn is_cleared(&self) -> bool {
        Word::from_bits(self.node().word.load(Ordering::Relaxed)).is_cleared()
    }
}

impl NodeRef {
    /// The word, for a scope of the right isolate.
    #[inline]
    pub(super) fn word(&self, scope: &HandleScope<'_>) -> Result<Word, WrongIsolate> {
        let (global, entered) = (self.block().isolate, scope.isolate_id());
        if global == entered {
            // Relaxed: only the thread that has entered the isolate writes it, and that is this one.
            Ok(Word::from_bits(self.node().word.load(Ordering::Relaxed)))
        } else {
            Err(WrongIsolate { global, entered })
        }
    }
}

/// An isolate's globals. V8: `GlobalHandles`.
#[derive(Debug)]
pub(crate) struct GlobalHandles {
    isolate: u64,
    blocks: RefCell<Vec<Keeper>>,
    /// Nodes that were free when last looked at.
    free: RefCell<Vec<FreeNodes>>,
    /// Whether there may be pins.
    has_pins: Cell<bool>,
}

/// Free nodes among the 64 of `block` from `first` on: at least one, a bit each.
#[derive(Clone, Copy, Debug)]
struct FreeNodes {
    block: usize,
    first: usize,
    bits: u64,
}

impl FreeNodes {
    /// Those of a block, the first ones last.
    fn of(block: usize, keeper: &Keeper) -> impl Iterator<Item = FreeNodes> {
        keeper.block().nodes.chunks(64).enumerate().rev().filter_map(move |(group, nodes)| {
            let bits = nodes.iter().rev().fold(0, |bits, node| bits << 1 | u64::from(!node.is_owned()));
            (bits != 0).then_some(FreeNodes { block, first: group * 64, bits })
        })
    }
}

/// A weak reference of the heap's own, which does not say what to.
#[derive(Debug)]
pub(crate) struct WeakNode(NodeRef);

impl WeakNode {
    /// Whether no collection has found its referent dead.
    pub(crate) fn is_alive(&self) -> bool {
        !self.0.place().is_cleared()
    }
}

impl GlobalHandles {
    /// A weak reference to the object at `address`.
    pub(crate) fn watch(&self, address: usize) -> WeakNode {
        WeakNode(self.create(Word::strong(address), true))
    }

    pub(crate) fn new(isolate: u64) -> GlobalHandles {
        GlobalHandles { isolate, blocks: RefCell::default(), free: RefCell::default(), has_pins: Cell::new(false) }
    }

    #[inline]
    pub(super) fn create(&self, word: Word, weak: bool) -> NodeRef {
        let mut free = self.free.borrow_mut();
        if free.is_empty() {
            self.look_for_free_nodes(&mut free);
        }
        let nodes = free.last_mut().expect("just found");
        let (block, index) = (nodes.block, nodes.first + nodes.bits.trailing_zeros() as usize);
        nodes.bits &= nodes.bits - 1;
        if nodes.bits == 0 {
            free.pop();
        }
        let keeper = &self.blocks.borrow()[block];
        let node = &keeper.block().nodes[index];
        node.word.store(word.bits(), Ordering::Relaxed);
        node.weak.store(weak, Ordering::Relaxed);
        node.pinned.store(false, Ordering::Relaxed);
        keeper.give_out(index)
    }

    /// Finds nodes whose owners are gone, and makes more if these are few.
    #[cold]
    #[inline(never)]
    fn look_for_free_nodes(&self, free: &mut Vec<FreeNodes>) {
        let mut blocks = self.blocks.borrow_mut();
        for (block, keeper) in blocks.iter().enumerate() {
            free.extend(FreeNodes::of(block, keeper));
        }
        let found: usize = free.iter().map(|nodes| nodes.bits.count_ones() as usize).sum();
        // Looking again pays only if it yields a good part of all nodes.
        if found * 4 <= blocks.len() * NODES {
            let keeper = Keeper::new(self.isolate);
            free.extend(FreeNodes::of(blocks.len(), &keeper));
            blocks.push(keeper);
        }
    }

    /// A strong node whose referent must not move.
    pub(super) fn create_pinned(&self, word: Word) -> NodeRef {
        let node = self.create(word, false);
        node.node().pinned.store(true, Ordering::Relaxed);
        self.has_pins.set(true);
        node
    }

    /// The chunks with objects that must not move; `None` if there are none.
    pub(crate) fn pinned_chunks(&self) -> Option<ChunkSet> {
        if !self.has_pins.get() {
            return None;
        }
        let mut pinned = None;
        for node in self.blocks.borrow().iter().flat_map(|keeper| &keeper.block().nodes) {
            // A pin that is dropped meanwhile counts or not; one that is not cannot be missed.
            if node.is_owned() && node.pinned.load(Ordering::Relaxed) {
                let word = Word::from_bits(node.word.load(Ordering::Relaxed));
                pinned.get_or_insert(ChunkSet::EMPTY).insert(word.address());
            }
        }
        self.has_pins.set(pinned.is_some());
        pinned
    }

    fn for_each(&self, weak: bool, mut visit: impl FnMut(Word) -> Word) {
        for keeper in self.blocks.borrow().iter() {
            for node in &keeper.block().nodes {
                if node.is_owned() && node.weak.load(Ordering::Relaxed) == weak {
                    let word = Word::from_bits(node.word.load(Ordering::Relaxed));
                    if !word.is_cleared() {
                        node.word.store(visit(word).bits(), Ordering::Relaxed);
                    }
                }
            }
        }
    }

    /// Replaces the word of each strong global.
    pub(crate) fn for_each_strong(&self, visit: impl FnMut(Word) -> Word) {
        self.for_each(false, visit);
    }

    /// Replaces the word of each weak global, by [`Word::CLEARED`] if its referent has died.
    pub(crate) fn for_each_weak(&self, visit: impl FnMut(Word) -> Word) {
        self.for_each(true, visit);
    }
}

impl<U: TaggedType> Global<U> {
    /// A root for what the handle refers to.
    #[must_use]
    pub fn new(scope: &HandleScope<'_>, handle: Handle<'_, U>) -> Global<U> {
        // SAFETY: a scope is given.
        let word = unsafe { handle.word() };
        Global { node: scope.data().globals.create(word, false), _type: PhantomData }
    }

    /// A root for what the reference refers to.
    #[must_use]
    pub fn from_ref<V: ToHandle<Type = U>>(scope: &HandleScope<'_>, value: V) -> Global<U> {
        Global { node: scope.data().globals.create(value.to_word(), false), _type: PhantomData }
    }

    /// What it refers to.
    ///
    /// # Errors
    ///
    /// If the scope is another isolate's.
    pub fn try_get<'gc>(&self, scope: &'gc HandleScope<'_>) -> Result<U::Ref<'gc>, WrongIsolate> {
        let word = self.node.word(scope)?;
        // SAFETY: a node of this isolate holds a value of `U`, kept alive and up to date as a root; nothing moves
        // while the scope is borrowed.
        Ok(unsafe { U::from_word(word) })
    }

    /// What it refers to.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(&self, scope: &'gc HandleScope<'_>) -> U::Ref<'gc> {
        self.try_get(scope).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<T: HeapClass> WeakGlobal<T> {
    /// A weak reference to what the handle refers to.
    #[must_use]
    pub fn new(scope: &HandleScope<'_>, handle: Handle<'_, T>) -> WeakGlobal<T> {
        // SAFETY: a scope is given.
        let word = unsafe { handle.word() };
        WeakGlobal::from_node(scope.data().globals.create(word, true), None)
    }

    /// The node is weak and refers to a `T`.
    pub(super) fn from_node(node: NodeRef, registration: Option<Arc<Registration>>) -> WeakGlobal<T> {
        WeakGlobal { node, registration, _type: PhantomData }
    }

    /// What it refers to, if that has not been collected.
    ///
    /// # Errors
    ///
    /// If the scope is another isolate's.
    pub fn try_get<'gc>(&self, scope: &'gc HandleScope<'_>) -> Result<Option<&'gc T>, WrongIsolate> {
        let word = self.node.word(scope)?;
        // SAFETY: a node of this isolate that is not cleared refers to a live `T`; nothing moves or dies while the
        // scope is borrowed.
        Ok(if word.is_cleared() { None } else { Some(unsafe { word.as_object() }) })
    }

    /// What it refers to, if that has not been collected.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's.
    #[must_use]
    #[track_caller]
    pub fn get<'gc>(&self, scope: &'gc HandleScope<'_>) -> Option<&'gc T> {
        self.try_get(scope).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<U> Clone for Global<U> {
    fn clone(&self) -> Self {
        Global { node: self.node.clone(), _type: PhantomData }
    }
}

impl<T> Clone for WeakGlobal<T> {
    fn clone(&self) -> Self {
        WeakGlobal { node: self.node.clone(), registration: self.registration.clone(), _type: PhantomData }
    }
}

impl<U> core::fmt::Debug for Global<U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Global of isolate {}", self.node.block().isolate)
    }
}

impl<T> core::fmt::Debug for WeakGlobal<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WeakGlobal of isolate {}", self.node.block().isolate)
    }
}

impl Drop for GlobalHandles {
    fn drop(&mut self) {
        // The isolate is going away; owners elsewhere keep nodes that nobody can read any more.
        self.for_each_strong(|_| Word::CLEARED);
        self.for_each_weak(|_| Word::CLEARED);
        self.blocks.take().into_iter().for_each(Keeper::leave);
    }
}
