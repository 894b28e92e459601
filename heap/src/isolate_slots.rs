//! Isolate slots: Rust values that each isolate has of its own and finds by name.
//!
//! **Owns** the values of all tables that were given to the builder, made when the isolate is and dropped with it,
//! before its heap. A crate lists its values with [`isolate_slots!`](crate::isolate_slots!).
//!
//! **Promises** that a value can be reached only while the isolate is entered: shared through `&HandleScope`, alone through
//! `&mut HandleScope`. All are [`Send`], for the isolate is.
//!
//! **Never touches** the heap: a value that refers to an object holds a [`Global`](crate::Global).
//!
//! A value stays at its address as long as the isolate lives, also when it is set anew: generated code may be given the
//! address of a [`Cell`](core::cell::Cell) or an atomic. What the isolate itself has for such code is an
//! [`IsolateAddress`](crate::IsolateAddress).
//!
//! V8: `ISOLATE_INIT_LIST`, one central list there.

use crate::handles::HandleScope;
use core::any::Any;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A crate's isolate slots. Made by [`isolate_slots!`](crate::isolate_slots!).
#[derive(Debug)]
pub struct IsolateSlots {
    name: &'static str,
    names: &'static [&'static str],
    type_names: &'static [&'static str],
    make: fn(&mut SlotValues),
    /// Process-wide number plus one; 0 before an isolate uses the table.
    number: AtomicUsize,
}

impl IsolateSlots {
    /// Called by [`isolate_slots!`](crate::isolate_slots!). `make` pushes the first value of each slot, in order.
    #[must_use]
    pub const fn new(
        name: &'static str,
        names: &'static [&'static str],
        type_names: &'static [&'static str],
        make: fn(&mut SlotValues),
    ) -> IsolateSlots {
        IsolateSlots { name, names, type_names, make, number: AtomicUsize::new(0) }
    }

    /// The table's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its slots.
    #[must_use]
    pub const fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The types of its slots, as the declaration spells them.
    #[must_use]
    pub const fn type_names(&self) -> &'static [&'static str] {
        self.type_names
    }

    fn number(&self) -> usize {
        static LAST: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.number.load(Ordering::Relaxed) == 0 {
            *last += 1;
            self.number.store(*last, Ordering::Relaxed);
        }
        self.number.load(Ordering::Relaxed)
    }
}

/// One slot of a table, of type `T`.
#[derive(Debug)]
pub struct IsolateSlot<T> {
    table: &'static IsolateSlots,
    index: usize,
    _type: PhantomData<fn() -> T>,
}

impl<T> Clone for IsolateSlot<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for IsolateSlot<T> {}

impl<T> IsolateSlot<T> {
    /// Called by [`isolate_slots!`](crate::isolate_slots!). A slot that there is not, or that is of another type, is a
    /// panic when it is read.
    #[must_use]
    pub const fn new(table: &'static IsolateSlots, index: usize) -> IsolateSlot<T> {
        IsolateSlot { table, index, _type: PhantomData }
    }
}

/// The values of one table in one isolate.
#[derive(Debug, Default)]
pub struct SlotValues(Vec<Box<dyn Any + Send>>);

impl SlotValues {
    /// Adds the first value of the next slot.
    pub fn push<T: Send + 'static>(&mut self, value: T) {
        self.0.push(Box::new(value));
    }
}

/// The values of all tables of an isolate, by the tables' numbers.
#[derive(Debug)]
pub(crate) struct IsolateValues {
    values: Vec<SlotValues>,
    pub(crate) tables: Vec<&'static IsolateSlots>,
}

impl IsolateValues {
    pub(crate) fn new(tables: &[&'static IsolateSlots]) -> IsolateValues {
        let mut values = Vec::new();
        for table in tables {
            let number = table.number();
            if values.len() <= number {
                values.resize_with(number + 1, SlotValues::default);
            }
            (table.make)(&mut values[number]);
        }
        IsolateValues { values, tables: tables.to_vec() }
    }
}

impl HandleScope<'_> {
    /// The value of an isolate slot. Called by the accessors that [`isolate_slots!`](crate::isolate_slots!) makes.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the slot's table.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn isolate_slot<T: 'static>(&self, slot: IsolateSlot<T>) -> &T {
        let values = self.data().slots.values.get(slot.table.number.load(Ordering::Relaxed));
        match values.and_then(|values| values.0.get(slot.index)).and_then(|value| value.downcast_ref()) {
            Some(value) => value,
            None => no_slot(slot.table, slot.index),
        }
    }

    /// The value of an isolate slot, to be changed. Called by the accessors that
    /// [`isolate_slots!`](crate::isolate_slots!) makes.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the slot's table.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn isolate_slot_mut<T: 'static>(&mut self, slot: IsolateSlot<T>) -> &mut T {
        let values = self.data_mut().slots.values.get_mut(slot.table.number.load(Ordering::Relaxed));
        match values.and_then(|values| values.0.get_mut(slot.index)).and_then(|value| value.downcast_mut()) {
            Some(value) => value,
            None => no_slot(slot.table, slot.index),
        }
    }

    /// The tables of slots that the isolate was made with.
    #[must_use]
    pub fn isolate_slot_tables(&self) -> &[&'static IsolateSlots] {
        &self.data().slots.tables
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_slot(table: &IsolateSlots, index: usize) -> ! {
    panic!(
        "isolate slot `{}` of `{}` is not in this isolate: give the table to `Isolate::builder().slots(…)`",
        table.names.get(index).unwrap_or(&"?"),
        table.name
    )
}
