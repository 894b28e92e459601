//! Scopes: the right to read and to allocate, and the life of handles.

use super::handle::{Handle, ToHandle};
use super::stack::{Slot, StackMark};
use crate::isolate::IsolateData;
use crate::tagged::{TaggedType, Word};
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A guard: while it lives, its isolate is entered on this thread and handles made in it are alive.
///
/// `&HandleScope` reads, `&mut HandleScope` may allocate and so collect. Made by
/// [`Isolate::enter`](crate::Isolate::enter), [`nested`](Self::nested) and [`escapable`](Self::escapable).
/// V8: `HandleScope`.
pub struct HandleScope<'s> {
    isolate: NonNull<IsolateData>,
    start: StackMark,
    is_outermost: bool,
    /// Invariant in `'s`, so that two scopes are never of one type by accident; and not `Send`.
    _isolate: PhantomData<(Cell<&'s mut ()>, *mut ())>,
}

impl<'s> HandleScope<'s> {
    /// # Safety
    ///
    /// `isolate` is entered on this thread and borrowed mutably for `'s`.
    pub(crate) unsafe fn outermost(isolate: NonNull<IsolateData>) -> HandleScope<'s> {
        // SAFETY: the caller's contract.
        let start = unsafe { isolate.as_ref() }.handles.mark();
        HandleScope { isolate, start, is_outermost: true, _isolate: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> &IsolateData {
        // SAFETY: the scope borrows the isolate; nobody has a `&mut IsolateData` while a `&HandleScope` is in use
        // (`data_mut` takes `&mut self`, and inner scopes borrow this one mutably).
        unsafe { self.isolate.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn data_mut(&mut self) -> &mut IsolateData {
        // SAFETY: as in `data`, and `&mut self` excludes all other users.
        unsafe { self.isolate.as_mut() }
    }

    /// A scope inside this one: its handles die with it. This one cannot be used meanwhile.
    #[inline]
    pub fn nested(&mut self) -> HandleScope<'_> {
        let start = self.data().handles.mark();
        HandleScope { isolate: self.isolate, start, is_outermost: false, _isolate: PhantomData }
    }

    /// A scope inside this one, and the right to move one handle out of it. V8: `EscapableHandleScope`.
    #[inline]
    pub fn escapable(&mut self) -> (HandleScope<'_>, Escape<'_, 's>) {
        let slot = self.data().handles.push(Word::CLEARED);
        (self.nested(), Escape { slot, _scopes: PhantomData })
    }

    /// Makes a handle of a reference, a tagged value or a Smi.
    #[inline]
    pub fn handle<V: ToHandle>(&self, value: V) -> Handle<'s, V::Type> {
        let slot = self.data().handles.push(value.to_word());
        // SAFETY: just pushed by a scope of lifetime `'s`, and `ToHandle` promises the type.
        unsafe { Handle::from_slot(slot) }
    }

    /// The number of the isolate, unique in the process.
    #[must_use]
    pub fn isolate_id(&self) -> u64 {
        self.data().id
    }

    /// Handles that are alive, those of outer scopes included.
    #[must_use]
    pub fn handle_count(&self) -> usize {
        self.data().handles.len()
    }
}

impl Drop for HandleScope<'_> {
    #[inline]
    fn drop(&mut self) {
        let handles = &self.data().handles;
        if self.is_outermost {
            handles.kill();
            leave(self.data().id);
        } else {
            handles.cut(self.start);
        }
    }
}

impl core::fmt::Debug for HandleScope<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HandleScope of isolate {}", self.data().id)
    }
}

/// Notes that the isolate is no longer entered on this thread.
pub(crate) fn leave(id: u64) {
    crate::isolate::ENTERED.with(|entered| {
        if entered.get() == id {
            entered.set(0);
        }
    });
}

/// The right to move one handle out of the scope made with it. Using it up makes escaping twice a compile error.
/// V8: `EscapableHandleScope::Escape`, where that is a crash.
#[must_use = "the handle that should escape has not"]
pub struct Escape<'inner, 's> {
    slot: NonNull<Slot>,
    _scopes: PhantomData<(Cell<&'inner mut ()>, Cell<&'s mut ()>)>,
}

impl<'inner, 's> Escape<'inner, 's> {
    /// The same object, as a handle of the outer scope. Takes the inner scope as proof that `handle` is still alive.
    #[inline]
    pub fn escape<U: TaggedType>(self, inner: &HandleScope<'inner>, handle: Handle<'_, U>) -> Handle<'s, U> {
        let _ = inner;
        // SAFETY: `inner` is a scope.
        let word = unsafe { handle.word() };
        // SAFETY: the slot was pushed by the outer scope, of lifetime `'s`, and gets a value of `U`; its block lives
        // as long as the outer scope's.
        unsafe {
            self.slot.as_ref().set(word.bits());
            Handle::from_slot(self.slot)
        }
    }
}

impl core::fmt::Debug for Escape<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Escape")
    }
}
