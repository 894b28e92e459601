//! Handles: references that survive collections, because the collector knows where they are.
//!
//! Objects move. So a plain reference lives until something is allocated, and what shall live longer is a *handle*: a slot
//! that the collector updates. There are three tiers, and most code needs no more than these:
//!
//! | tier | type | lives | survives a collection |
//! |---|---|---|---|
//! | raw reference | `&'gc T`, [`Tagged<'gc, U>`](crate::Tagged) | until the scope is next used to allocate | no: the borrow checker ends it |
//! | handle | [`Handle<'s, U>`] | as long as its scope | yes |
//! | global | [`Global<U>`], [`WeakGlobal<U>`], [`PersistentHandles`] | until dropped | yes |
//! | | [`Eternal<U>`] | as long as the isolate | yes |
//!
//! ```
//! use heapwright::prelude::*;
//!
//! /// A number, and the one after it.
//! #[heap_object]
//! pub struct Node {
//!     value: Smi,
//!     next: Tagged<Option<Node>>,
//! }
//! heap_classes! { pub static CLASSES = [Node]; }
//!
//! // Makes a list; the handles of the work die with the inner scope, and one escapes.
//! fn list<'s>(scope: &mut HandleScope<'s>, values: &[i32]) -> Option<Handle<'s, Node>> {
//!     let (mut inner, escape) = scope.escapable();
//!     let mut last: Option<Handle<'_, Node>> = None;
//!     for value in values.iter().rev() {
//!         last = Some(Node::new(&mut inner, NodeInit { value: *value, next: last }));
//!     }
//!     let first = last?;
//!     Some(escape.escape(&inner, first))
//! }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let kept: Global<Node> = {
//!     let mut scope = isolate.enter(); // the outermost scope
//!     let first = list(&mut scope, &[1, 2, 3]).unwrap();
//!     scope.collect(CollectionKind::Full); // all of it moves
//!     let node: &Node = first.get(&scope); // a raw reference, until the scope allocates
//!     assert_eq!(node.next().unwrap().value(), 2);
//!     Global::new(&scope, first) // lives on without a scope
//! };
//! let weak = {
//!     let scope = isolate.enter();
//!     let first = scope.handle(kept.get(&scope));
//!     WeakGlobal::new(&scope, first)
//! };
//! drop(kept); // on whatever thread
//! let mut scope = isolate.enter();
//! scope.collect(CollectionKind::Full);
//! assert!(weak.get(&scope).is_none());
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Which one to use
//!
//! | to | take | made by | V8 |
//! |---|---|---|---|
//! | use an object until the next allocation | `&T`, [`Tagged`](crate::Tagged) | [`Handle::get`], fields' getters | `Tagged<T>` |
//! | use it across allocations, in this function and those it calls | [`Handle`] | `Class::new` ([`Factory`]), [`HandleScope::handle`] | `Handle` |
//! | not fill up on handles in a loop | an inner [`HandleScope`] | [`HandleScope::nested`] | `HandleScope` |
//! | return one of an inner scope's handles | [`Escape`] | [`HandleScope::escapable`] | `EscapableHandleScope` |
//! | keep it in a struct of yours, between entering and leaving | [`Global`] | [`Global::new`] | `v8::Global` |
//! | keep it until the isolate ends, as plain data that is `Copy` | [`Eternal`] | [`Eternal::new`] | `v8::Eternal` |
//! | keep many, for a job that may be on another thread, and give them up together | [`PersistentHandles`] | [`PersistentHandles::new`], [`add`](PersistentHandles::add) | `PersistentHandles` |
//! | know of it without keeping it alive, and be told when it dies | [`WeakGlobal`] | [`WeakGlobal::new`], [`with_callback`](WeakGlobal::with_callback), [`with_finalizer`](WeakGlobal::with_finalizer) | `SetWeak` |
//! | have a hash map by object | [`CanonicalHandle`] | [`HandleScope::canonical`] | `CanonicalHandleScope` |
//! | write a function that can read and make no handle | [`SealedScope`] | [`HandleScope::sealed`] | `SealHandleScope` |
//! | build several objects with plain references among them | [`Reservation`] | [`HandleScope::reserve`] | allocation folding |
//! | give out its address | [`Pinned`] | [`HandleScope::pin`] | none |
//! | copy an object | [`CopyObject`] | a class declared `copy` | `Factory::CopyJSObject` and others |
//!
//! Handles, scopes and raw references stay with their thread. Globals of all kinds, eternals and persistent handles may go
//! anywhere and come back; using one with another isolate's scope panics, and their `try_get` says so instead.
//!
//! Handles lie in blocks of 1022; a scope that ends gives its blocks back, but for one that is kept.
//!
//! **Owns** the handle stack, scopes, reservations, globals, eternal and persistent handles, and weak callbacks.
//!
//! # Why this is safe
//!
//! 1. Everything that may collect takes `&mut HandleScope`; everything that reads takes `&HandleScope` and borrows it
//!    for as long as the result is used. So no raw reference exists while objects move.
//! 2. An inner scope borrows the outer one mutably, and its handles carry that borrow as their lifetime. They may exist
//!    when it has ended, but while they do, no scope of the isolate can be used; and reading a handle, in whatever way,
//!    takes a scope in use.
//! 3. One isolate is entered per thread at a time, checked in [`Isolate::enter`](crate::Isolate::enter), and nothing that
//!    refers into a heap (scopes, references, element views and their iterators) is `Send`. So all raw references of a
//!    thread belong to one heap, and no store can cross.
//! 4. One thing lifetimes cannot see: a handle of the outermost scope may outlive that scope and meet the scope of
//!    another isolate. So the outermost scope kills its slots when it ends, and reading a dead slot panics.
//! 5. The stack's state lives in the isolate: forgetting a scope leaks its slots until the one around it ends, no more.
//!
//! 6. Weak callbacks are given no scope while anybody's is borrowed for a collection, and capture nothing that refers into
//!    a heap, for they are `Send` and `'static`. Those that are given a scope run where one is held mutably and no
//!    allocation is under way ([`WeakGlobal::with_callback`]).
//! 7. Eternal and persistent handles are numbers: of an isolate or a set, never used twice, and of a slot, never filled
//!    twice. Both are compared with the scope's before a slot is read.
//!
//! `tests/ui/` has a failing program for each.
//!
//! **Never touches** spaces: a slot is a root, nothing else.

mod allocate;
mod canonical;
mod copy;
mod eternal;
mod factory;
mod global;
mod handle;
mod nodes;
mod observe;
mod persistent;
mod pinned;
mod reservation;
mod scope;
mod sealed;
mod stack;
mod weak_callback;

/// What `nodes` counts with: a test puts a model of threads in its place.
mod sync {
    pub(super) use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

    /// The number of the isolate that is entered on this thread; 0 for none.
    #[inline]
    pub(super) fn entered() -> u64 {
        crate::isolate::ENTERED.get()
    }
}

pub use canonical::{CanonicalHandle, CanonicalScope};
pub use copy::{CopyClass, CopyError, CopyObject};
pub use eternal::Eternal;
pub(crate) use eternal::EternalHandles;
pub use factory::Factory;
pub use global::{Global, WeakGlobal, WrongIsolate};
pub(crate) use global::{GlobalHandles, WeakNode};
pub use handle::{Handle, ToHandle};
pub(crate) use persistent::PersistentSets;
pub use persistent::{PersistentHandle, PersistentHandles, PersistentHandlesError};
pub use pinned::{PinError, Pinned};
pub use reservation::{Fresh, Reservation};
pub(crate) use scope::leave;
pub use scope::{Escape, HandleScope};
pub use sealed::SealedScope;
pub(crate) use stack::HandleStack;
pub use weak_callback::WeakCallbackInfo;
pub(crate) use weak_callback::WeakCallbacks;
