//! Persistent handles: a set of roots that lives apart from scopes and may travel with a job.
//!
//! The words lie with the isolate and only its thread touches them. What travels is [`PersistentHandles`], the right to
//! use them: a number and a token, which says when they may go. [`PersistentHandle`]s are plain data, like indices: each
//! knows its set, whose number is never used twice, so only the call that filled a slot has made handles of it, with its
//! type. Reading takes the set, the handle and a scope; that the three belong together is checked. The reference read
//! borrows the scope, not the set, and needs no more: nothing is freed or moved but by a collection.

use super::handle::Handle;
use super::scope::HandleScope;
use crate::tagged::{TaggedType, Word};
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Roots that no scope bounds, owned as one: they are given up together when this is dropped, on whatever thread.
/// V8: `PersistentHandles`, as detached by `PersistentHandlesScope`.
///
/// ```
/// # use heapwright::prelude::*;
/// # use heapwright::PersistentHandles;
/// # #[heap_object] struct Function { arity: Smi }
/// # heap_classes! { static CLASSES = [Function]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// let (handles, function) = {
///     let mut scope = isolate.enter();
///     let function = Function::new(&mut scope, FunctionInit { arity: 2 });
///     let mut handles = PersistentHandles::new(&scope);
///     let function = handles.add(&scope, function);
///     (handles, function)
/// };
/// let job = std::thread::spawn(move || {
///     // … compiles, and cannot look into the heap meanwhile …
///     (handles, function)
/// });
/// isolate.enter().collect(CollectionKind::Full);
/// let (handles, function) = job.join().unwrap();
/// let scope = isolate.enter();
/// assert_eq!(handles.get(&scope, function).arity(), 2);
/// ```
pub struct PersistentHandles {
    isolate: u64,
    set: u64,
    len: usize,
    _token: Arc<()>,
}

/// One of the [`PersistentHandles`], of no use without them.
pub struct PersistentHandle<U> {
    set: u64,
    index: usize,
    _type: PhantomData<fn() -> U>,
}

/// A persistent handle that was read with what it does not belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersistentHandlesError {
    /// The handles are another isolate's than the scope.
    #[error("persistent handles of isolate {handles} were used in isolate {entered}")]
    WrongIsolate {
        /// The isolate of the handles.
        handles: u64,
        /// The isolate whose scope was given.
        entered: u64,
    },
    /// The handle is of another set.
    #[error("a persistent handle was used with a set that it was not made by")]
    WrongSet,
}

// By hand: a derive would ask for `U: Copy`.
impl<U> Clone for PersistentHandle<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for PersistentHandle<U> {}

/// An isolate's sets. V8: `PersistentHandlesList`.
#[derive(Debug, Default)]
pub(crate) struct PersistentSets {
    /// In the order of their numbers.
    sets: RefCell<Vec<Set>>,
    /// So many sets are looked through for those without an owner, before there is one more.
    look_at: Cell<usize>,
}

#[derive(Debug)]
struct Set {
    number: u64,
    words: Vec<usize>,
    /// Shared with the owner, if that is still there.
    token: Arc<()>,
}

/// Sets that are not worth a look.
const LEAST_LOOK: usize = 16;

impl Set {
    fn has_owner(&self) -> bool {
        // The owner does not clone its token. Only this thread touches the words, so nothing needs to be ordered.
        Arc::strong_count(&self.token) > 1
    }
}

impl PersistentSets {
    fn create(&self) -> (u64, Arc<()>) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let token = Arc::new(());
        let mut sets = self.sets.borrow_mut();
        if sets.len() >= self.look_at.get() {
            sets.retain(Set::has_owner);
            // Twice what is left: as much is added before the next look, so it costs each of these little.
            self.look_at.set(LEAST_LOOK.max(2 * sets.len()));
        }
        sets.push(Set { number, words: Vec::new(), token: Arc::clone(&token) });
        (number, token)
    }

    /// What `f` makes of the words of a set that has an owner.
    fn with<R>(&self, number: u64, f: impl FnOnce(&mut Vec<usize>) -> R) -> R {
        let mut sets = self.sets.borrow_mut();
        // Numbers rise, so the list is sorted.
        let at = sets.binary_search_by_key(&number, |set| set.number).expect("sets with an owner are kept");
        f(&mut sets[at].words)
    }

    /// Replaces each word, and gives up the sets without an owner.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Word) -> Word) {
        let mut sets = self.sets.borrow_mut();
        sets.retain(Set::has_owner);
        for word in sets.iter_mut().flat_map(|set| &mut set.words) {
            *word = visit(Word::from_bits(*word)).bits();
        }
    }
}

impl PersistentHandles {
    /// An empty set of handles.
    #[must_use]
    pub fn new(scope: &HandleScope<'_>) -> PersistentHandles {
        let (set, token) = scope.data().persistent.create();
        PersistentHandles { isolate: scope.isolate_id(), set, len: 0, _token: token }
    }

    /// A root for what the handle refers to.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's.
    #[track_caller]
    pub fn add<U: TaggedType>(&mut self, scope: &HandleScope<'_>, handle: Handle<'_, U>) -> PersistentHandle<U> {
        self.check_isolate(scope).unwrap_or_else(|error| panic!("{error}"));
        // SAFETY: a scope is given.
        let word = unsafe { handle.word() };
        let index = scope.data().persistent.with(self.set, |words| {
            words.push(word.bits());
            words.len() - 1
        });
        self.len = index + 1;
        PersistentHandle { set: self.set, index, _type: PhantomData }
    }

    /// What a handle refers to.
    ///
    /// # Errors
    ///
    /// If the scope is another isolate's, or the handle is of another set.
    pub fn try_get<'gc, U: TaggedType>(
        &self,
        scope: &'gc HandleScope<'_>,
        handle: PersistentHandle<U>,
    ) -> Result<U::Ref<'gc>, PersistentHandlesError> {
        let word = self.word(scope, handle)?;
        // SAFETY: the slot was filled with a value of `U`, and is a root while the set has its owner; nothing moves or is
        // freed while the scope is borrowed.
        Ok(unsafe { U::from_word(word) })
    }

    /// What a handle refers to.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's, or the handle is of another set.
    #[must_use]
    #[track_caller]
    pub fn get<'gc, U: TaggedType>(&self, scope: &'gc HandleScope<'_>, handle: PersistentHandle<U>) -> U::Ref<'gc> {
        self.try_get(scope, handle).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A handle of the scope for the same.
    ///
    /// # Panics
    ///
    /// If the scope is another isolate's, or the handle is of another set.
    #[must_use]
    #[track_caller]
    pub fn handle<'s, U: TaggedType>(&self, scope: &HandleScope<'s>, handle: PersistentHandle<U>) -> Handle<'s, U> {
        let word = self.word(scope, handle).unwrap_or_else(|error| panic!("{error}"));
        let slot = scope.data().handles.push(word);
        // SAFETY: just pushed by a scope of lifetime `'s`, and the slot was filled with a value of `U`.
        unsafe { Handle::from_slot(slot) }
    }

    /// How many handles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of the isolate.
    #[must_use]
    pub fn isolate_id(&self) -> u64 {
        self.isolate
    }

    /// Whether the handle is one of these. V8: `PersistentHandles::Contains`.
    #[must_use]
    pub fn contains<U>(&self, handle: PersistentHandle<U>) -> bool {
        handle.set == self.set
    }

    fn check_isolate(&self, scope: &HandleScope<'_>) -> Result<(), PersistentHandlesError> {
        let (handles, entered) = (self.isolate, scope.isolate_id());
        if handles == entered { Ok(()) } else { Err(PersistentHandlesError::WrongIsolate { handles, entered }) }
    }

    fn word<U>(&self, scope: &HandleScope<'_>, handle: PersistentHandle<U>) -> Result<Word, PersistentHandlesError> {
        self.check_isolate(scope)?;
        if !self.contains(handle) {
            return Err(PersistentHandlesError::WrongSet);
        }
        Ok(Word::from_bits(scope.data().persistent.with(self.set, |words| words[handle.index])))
    }
}

impl core::fmt::Debug for PersistentHandles {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PersistentHandles of isolate {}, {}", self.isolate, self.len)
    }
}

impl<U> core::fmt::Debug for PersistentHandle<U> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PersistentHandle {}", self.index)
    }
}
