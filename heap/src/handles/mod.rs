//! Handles: references that survive collections, because the collector knows where they are.
//!
//! **Owns** the handle stack, scopes, reservations, globals, eternal and persistent handles, and weak callbacks.
//!
//! **Promises** what the three tiers of references promise:
//!
//! | tier | type | lives | survives a collection |
//! |---|---|---|---|
//! | raw reference | `&'gc T`, [`Tagged<'gc, U>`](crate::Tagged) | until the scope is next used to allocate | no: the borrow checker ends it |
//! | handle | [`Handle<'s, U>`] | as long as its scope | yes |
//! | global | [`Global<U>`], [`WeakGlobal<U>`], [`PersistentHandles`] | until dropped | yes |
//! | | [`Eternal<U>`] | as long as the isolate | yes |
//!
//! Scopes for a purpose: in a [`CanonicalScope`] each object has one handle, with a [`SealedScope`] none can be made.
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
mod observe;
mod persistent;
mod reservation;
mod scope;
mod sealed;
mod stack;
mod weak_callback;

pub use canonical::{CanonicalHandle, CanonicalScope};
pub use copy::{CopyClass, CopyError, CopyObject};
pub use eternal::Eternal;
pub(crate) use eternal::EternalHandles;
pub use factory::Factory;
pub(crate) use global::GlobalHandles;
pub use global::{Global, WeakGlobal, WrongIsolate};
pub use handle::{Handle, ToHandle};
pub(crate) use persistent::PersistentSets;
pub use persistent::{PersistentHandle, PersistentHandles, PersistentHandlesError};
pub use reservation::{Fresh, Reservation};
pub(crate) use scope::leave;
pub use scope::{Escape, HandleScope};
pub use sealed::SealedScope;
pub(crate) use stack::HandleStack;
pub use weak_callback::WeakCallbackInfo;
pub(crate) use weak_callback::WeakCallbacks;
