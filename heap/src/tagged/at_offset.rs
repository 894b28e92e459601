//! Tagged words in bytes that are declared raw, for classes that trace them themselves.

use super::admits::{Admits, AdmitsWeak};
use super::class::{Any, HeapClass};
use super::heap_object::HeapObject;
use super::value::Tagged;
use super::word::{TAGGED_SIZE, TaggedCell, Word};
use crate::barrier::{self, WriteBarrierMode};
use core::sync::atomic::Ordering;

/// # Safety
///
/// As for [`load_at`].
unsafe fn cell<T: HeapClass>(object: &T, offset: usize) -> (&TaggedCell, usize) {
    let host = core::ptr::from_ref(object).addr();
    debug_assert!(offset >= TAGGED_SIZE && offset.is_multiple_of(TAGGED_SIZE), "byte {offset} begins no slot");
    // SAFETY: the caller's contract.
    (unsafe { TaggedCell::at(host + offset) }, host)
}

/// The strong value of the word `offset` bytes from the object's start; see [`CustomTrace`](crate::gc::CustomTrace).
///
/// # Safety
///
/// A whole, aligned word of the object that its class traces, and that holds a Smi or what [`store_at`] wrote.
#[inline]
#[must_use]
pub unsafe fn load_at<T: HeapClass>(object: &T, offset: usize) -> Tagged<'_, Any> {
    // SAFETY: the caller's contract; the reference borrows the object, and so the scope.
    unsafe { Tagged::from_word(cell(object, offset).0.load(Ordering::Relaxed)) }
}

/// Stores a strong value in the word `offset` bytes from the object's start, and tells the collector.
///
/// # Safety
///
/// A whole, aligned word of the object that its class traces.
#[inline]
pub unsafe fn store_at<T: HeapClass, I>(object: &T, offset: usize, value: impl Admits<Any, I>) {
    // SAFETY: the caller's contract; `object` borrows a scope of the isolate.
    unsafe {
        let ((cell, host), word) = (cell(object, offset), value.word());
        cell.store(word, Ordering::Relaxed);
        if !word.is_smi() {
            barrier::write_object(host, cell.address(), word, WriteBarrierMode::UPDATE);
        }
    }
}

/// The referent of the weak word `offset` bytes from the object's start, if it lives.
///
/// # Safety
///
/// A whole, aligned word of the object that its class traces, and that holds a Smi or what [`store_weak_at`] wrote.
#[inline]
#[must_use]
pub unsafe fn load_weak_at<T: HeapClass>(object: &T, offset: usize) -> Option<&HeapObject> {
    // SAFETY: the caller's contract.
    let word: Word = unsafe { cell(object, offset) }.0.load(Ordering::Relaxed);
    if word.is_smi() { None } else { super::field::weak_ref(word) }
}

/// Stores a weak reference in the word `offset` bytes from the object's start, and tells the collector.
///
/// # Safety
///
/// A whole, aligned word of the object that its class traces.
#[inline]
pub unsafe fn store_weak_at<T: HeapClass, I>(object: &T, offset: usize, value: impl AdmitsWeak<HeapObject, I>) {
    // SAFETY: the caller's contract; `object` borrows a scope of the isolate.
    unsafe {
        let ((cell, host), word) = (cell(object, offset), value.word());
        super::field::store_weak(cell, host, word, WriteBarrierMode::UPDATE, Ordering::Relaxed);
    }
}
