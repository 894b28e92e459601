//! Roots: objects that an isolate always keeps and knows by name.
//!
//! A crate lists its roots with [`heap_roots!`](crate::heap_roots), and gives them their values in a function. The embedder
//! gives the table to the builder; what objects the function makes as read-only are sealed with the isolate. From then on each
//! root has a getter on every scope:
//!
//! ```
//! use heapwright::prelude::*;
//!
//! /// A value that there is one of.
//! #[heap_object]
//! pub struct Oddball {
//!     #[constant]
//!     kind: Smi,
//! }
//! heap_classes! { pub static CLASSES = [Oddball]; }
//!
//! heapwright::heap_roots! {
//!     /// What every program of this language has.
//!     pub static ROOTS, keys in root, getters in LanguageRoots, set up by set_up;
//!     /// No value.
//!     undefined: Oddball,
//!     /// A value that programs may change.
//!     last_error: Any,
//!     /// A number, which needs no object.
//!     version: Smi,
//! }
//!
//! fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
//!     let undefined = Oddball::try_new_in(scope, AllocationType::ReadOnly, OddballInit { kind: 0 })?;
//!     scope.set_root(root::undefined, undefined);
//!     scope.set_root(root::last_error, undefined);
//!     scope.set_root(root::version, 7);
//!     Ok(())
//! }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build()?;
//! let mut scope = isolate.enter();
//! assert_eq!((scope.undefined().kind(), scope.version()), (0, 7)); // getters, from the trait `LanguageRoots`
//! let error = Oddball::new(&mut scope, OddballInit { kind: 3 });
//! scope.set_root(root::last_error, error); // keys are private to the crate, if it says so
//! scope.collect(CollectionKind::Full);
//! assert_eq!(scope.last_error().cast::<Oddball>().kind(), 3);
//!
//! // All roots with their names, and everything else that keeps objects alive.
//! let names: Vec<_> = scope.named_roots().map(|root| root.name).collect();
//! assert_eq!(names, ["undefined", "last_error", "version"]);
//! scope.visit_roots(|root| println!("{root}")); // strong root list ROOTS.version: 7
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Which one to use
//!
//! | to | take |
//! |---|---|
//! | keep an object that each isolate has one of, by name | a root of its class |
//! | keep a number likewise | a root of type [`Smi`](crate::Smi): no object, and the collector passes over it |
//! | keep what is of one class or another | a root of a union, `(A, B)`, or of type [`Any`]; one that may be nothing is an `Option<A>`. Without the `Tagged` that fields have |
//! | keep a Rust value for each isolate | [`isolate_slots!`](crate::isolate_slots!), see [`isolate_slots`](mod@crate::isolate_slots) |
//! | keep a list that grows | a root, or a field of one, that refers to an array; or [globals](crate::handles) |
//! | see what keeps objects alive | [`HandleScope::visit_roots`]: each root's [group](RootGroup), table and name, as a [`RootInfo`] |
//! | print the roots alone | [`HandleScope::named_roots`] |
//!
//! Reading a root takes `&HandleScope` and gives a plain reference, valid until something is allocated; setting one takes a
//! key, and what is set must be of the root's type: that is checked when compiling. Read-only objects can be made in a
//! table's setup alone.
//!
//! **Owns** the root tables of an isolate.
//!
//! **Promises** that a root read has been set: the builder checks it after the table's setup, and every read before
//! that.
//!
//! **Never touches** spaces. V8: `ROOT_LIST`, `SMI_ROOT_LIST` and `RootsTable`, one central list there.

mod visitor;

pub use visitor::{RootGroup, RootInfo};

use crate::error::IsolateError;
use crate::handles::HandleScope;
use crate::tagged::{Admits, Any, Tagged, TaggedType, Word};
use core::cell::Cell;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A crate's roots. Made by [`heap_roots!`](crate::heap_roots).
#[derive(Debug)]
pub struct RootTable {
    name: &'static str,
    roots: &'static [&'static str],
    setup: SetUp,
    /// Process-wide number plus one; 0 before an isolate uses the table.
    number: AtomicUsize,
}

/// Gives a table's roots their values when an isolate is made.
pub type SetUp = fn(&mut HandleScope<'_>) -> Result<(), crate::OutOfMemory>;

/// One root of a table, of type `U`: what [`HandleScope::set_root`] and [`HandleScope::root`] take. It is a constant in the
/// module that `keys in …` names in [`heap_roots!`](crate::heap_roots).
#[derive(Debug)]
pub struct RootKey<U> {
    table: &'static RootTable,
    index: usize,
    _type: PhantomData<fn() -> U>,
}

/// A root with its name, from [`HandleScope::named_roots`].
#[derive(Clone, Copy, Debug)]
pub struct NamedRoot<'gc> {
    /// The table's name.
    pub table: &'static str,
    /// The root's name in the table.
    pub name: &'static str,
    /// What it is now.
    pub value: Tagged<'gc, Any>,
}

impl<U> Clone for RootKey<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for RootKey<U> {}

impl<U> RootKey<U> {
    /// Called by [`heap_roots!`](crate::heap_roots).
    ///
    /// # Safety
    ///
    /// `index` is below the table's number of roots, and all keys of that index have the same `U`.
    #[must_use]
    pub const unsafe fn new(table: &'static RootTable, index: usize) -> RootKey<U> {
        RootKey { table, index, _type: PhantomData }
    }

    /// The root's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.table.roots[self.index]
    }
}

impl RootTable {
    /// Called by [`heap_roots!`](crate::heap_roots).
    #[must_use]
    pub const fn new(name: &'static str, roots: &'static [&'static str], setup: SetUp) -> RootTable {
        RootTable { name, roots, setup, number: AtomicUsize::new(0) }
    }

    /// The table's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its roots.
    #[must_use]
    pub const fn roots(&self) -> &'static [&'static str] {
        self.roots
    }

    fn number(&self) -> usize {
        static LAST: std::sync::Mutex<usize> = std::sync::Mutex::new(0);
        let number = self.number.load(Ordering::Relaxed);
        if number > 0 {
            return number;
        }
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.number.load(Ordering::Relaxed) == 0 {
            *last += 1;
            self.number.store(*last, Ordering::Relaxed);
        }
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&'static self, scope: &mut HandleScope<'_>) -> Result<(), IsolateError> {
        (self.setup)(scope)?;
        let slots = scope.data().roots.table(self).unwrap_or_default();
        match slots.iter().position(|slot| slot.get() == UNSET) {
            Some(index) => Err(IsolateError::RootNotSet { table: self.name, root: self.roots[index] }),
            None => Ok(()),
        }
    }
}

/// What a root holds before it is set: no strong value looks like that.
const UNSET: usize = Word::CLEARED.bits();

/// The slots of all tables of an isolate, by the tables' numbers.
#[derive(Debug)]
pub(crate) struct Roots {
    tables: Vec<Box<[Cell<usize>]>>,
    /// The tables, in the order in which they were given.
    given: Vec<&'static RootTable>,
}

impl Roots {
    pub(crate) fn new(tables: &[&'static RootTable]) -> Roots {
        let mut roots = Roots { tables: Vec::new(), given: tables.to_vec() };
        for table in tables {
            let number = table.number();
            if roots.tables.len() <= number {
                roots.tables.resize_with(number + 1, Box::default);
            }
            roots.tables[number] = table.roots.iter().map(|_| Cell::new(UNSET)).collect();
        }
        roots
    }

    #[inline]
    fn table(&self, table: &RootTable) -> Option<&[Cell<usize>]> {
        self.tables.get(table.number.load(Ordering::Relaxed)).map(|slots| &**slots)
    }

    /// Each root that is set, with the names of its table and its own.
    fn for_each_named(&self, mut visit: impl FnMut(&'static str, &'static str, Word)) {
        for table in &self.given {
            for (name, slot) in table.roots.iter().zip(self.table(table).unwrap_or_default()) {
                if slot.get() != UNSET {
                    visit(table.name, name, Word::from_bits(slot.get()));
                }
            }
        }
    }

    /// Replaces the word of each root that is set.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Word) -> Word) {
        for slot in self.tables.iter().flatten() {
            if slot.get() != UNSET {
                slot.set(visit(Word::from_bits(slot.get())).bits());
            }
        }
    }
}

impl HandleScope<'_> {
    /// The value of a root. Called by the getters that [`heap_roots!`](crate::heap_roots) makes.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the root's table, or the table's setup has not set it yet.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn root<U: TaggedType>(&self, key: RootKey<U>) -> U::Ref<'_> {
        match self.data().roots.table(key.table).and_then(|slots| slots.get(key.index)) {
            // SAFETY: the slot is set, and all keys of it have the same `U`; nothing moves while the scope is borrowed.
            Some(slot) if slot.get() != UNSET => unsafe { U::from_word(Word::from_bits(slot.get())) },
            _ => no_root(key.table, key.index),
        }
    }

    /// The roots that are set, table by table in the order of their lists. For printers and snapshots.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # heapwright::heap_roots! { static ROOTS, keys in root, getters in MyRoots, set up by set_up; limit: Smi }
    /// # fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    /// #     scope.set_root(root::limit, 3);
    /// #     Ok(())
    /// # }
    /// # let mut isolate = Isolate::builder().roots(&ROOTS).build().unwrap();
    /// # let scope = isolate.enter();
    /// let lines: Vec<_> = scope.named_roots().map(|root| format!("{}: {:?}", root.name, root.value)).collect();
    /// assert_eq!(lines, ["limit: 3"]);
    /// ```
    pub fn named_roots(&self) -> impl Iterator<Item = NamedRoot<'_>> {
        let roots = &self.data().roots;
        roots.given.iter().flat_map(move |table| {
            let slots = roots.table(table).unwrap_or_default();
            table.roots.iter().zip(slots).filter(|(_, slot)| slot.get() != UNSET).map(move |(name, slot)| NamedRoot {
                table: table.name,
                name,
                // SAFETY: the slot is set, so a Smi or a strong reference; nothing moves while the scope is borrowed.
                value: unsafe { Tagged::from_word(Word::from_bits(slot.get())) },
            })
        })
    }

    /// Gives a root its value. Keys are private to the crate that lists the root.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the root's table.
    #[track_caller]
    pub fn set_root<U: TaggedType, I>(&self, key: RootKey<U>, value: impl Admits<U, I>) {
        match self.data().roots.table(key.table).and_then(|slots| slots.get(key.index)) {
            // SAFETY: `self` is a scope of the isolate.
            Some(slot) => slot.set(unsafe { value.word() }.bits()),
            None => no_root(key.table, key.index),
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_root(table: &RootTable, index: usize) -> ! {
    panic!(
        "root `{}` of `{}` has no value: give the table to `Isolate::builder().roots(…)`, and set the root in its setup \
         before reading it",
        table.roots[index], table.name
    )
}
