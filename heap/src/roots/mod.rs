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
//! | keep a number likewise | a root of type [`Smi`]: no object, and the collector passes over it |
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
//!
//! The roots of all tables are one array of full tagged words, at a place that does not change as long as the isolate lives:
//! behind the isolate's data, and so, if that is [allocated in the cage](crate::IsolateAllocation::InCage), at the cage's
//! start. Generated code loads a root by one constant offset, as in V8 from its root register:
//!
//! | instruction (x86-64) | with | in isolates whose data lies |
//! |---|---|---|
//! | `mov rax, [r13 + offset]` | `r13` = [isolate root](HandleScope::isolate_root), [`offset_from_isolate_root`](RootKey::offset_from_isolate_root) | anywhere |
//! | `mov rax, [r14 + offset]` | `r14` = [cage base](HandleScope::cage_base), [`offset_from_cage_base`](RootKey::offset_from_cage_base) | in the cage |

mod visitor;

pub use visitor::{RootGroup, RootInfo};

use crate::error::IsolateError;
use crate::handles::HandleScope;
use crate::layout::Member;
use crate::tagged::{Admits, Any, Smi, Tagged, TaggedType, Word};
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A crate's roots. Made by [`heap_roots!`](crate::heap_roots).
#[derive(Debug)]
pub struct RootTable {
    name: &'static str,
    roots: &'static [&'static str],
    entries: &'static [RootEntry],
    setup: SetUp,
    /// Process-wide number plus one; 0 before an isolate uses the table.
    number: AtomicUsize,
}

/// What a table says of a root besides its name: whether it is always a Smi, and what it is at first.
#[derive(Clone, Copy, Debug)]
pub struct RootEntry {
    is_smi: bool,
    first: Option<Smi>,
}

impl RootEntry {
    /// A root of type `U` that a setup gives its value.
    #[must_use]
    pub const fn of<U: TaggedType>() -> RootEntry {
        RootEntry { is_smi: matches!(U::SET.members(), [Member::Smi]), first: None }
    }

    /// The same root, with a value from the start. Called by [`heap_roots!`](crate::heap_roots).
    ///
    /// # Panics
    ///
    /// In the evaluation of a constant, which fails to compile: if its type is not [`Smi`], or the value does not fit one.
    #[must_use]
    #[track_caller]
    pub const fn with_value(self, value: i32) -> RootEntry {
        assert!(
            self.is_smi,
            "only a root of type `Smi` can have a value here: give this one its value in the setup function, \
             `scope.set_root(key, value)`"
        );
        RootEntry { is_smi: true, first: Some(Smi::new(value)) }
    }

    fn first_word(self) -> usize {
        self.first.map_or(UNSET, |smi| smi.to_word().bits())
    }
}

/// Finds the entry of a type without asking it for a trait, so that a type which cannot stand in a list is reported for its
/// getter alone: what is [`Smi`] has an `ENTRY` of its own, all others that of [`ObjectRoot`].
#[doc(hidden)]
#[derive(Debug)]
pub struct RootOf<U>(PhantomData<U>);

impl RootOf<Smi> {
    /// Of a Smi.
    pub const ENTRY: RootEntry = RootEntry::of::<Smi>();
}

/// See [`RootOf`].
#[doc(hidden)]
pub trait ObjectRoot {
    /// Of anything else.
    const ENTRY: RootEntry = RootEntry { is_smi: false, first: None };
}

impl<U> ObjectRoot for RootOf<U> {}

/// The setup of a table whose roots all have their values from the start.
///
/// # Errors
///
/// None.
pub fn set_up_nothing(_: &mut HandleScope<'_>) -> Result<(), crate::OutOfMemory> {
    Ok(())
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
    /// `index` is below the table's number of roots, the table's entry there was made for `U`, and all keys of that index have
    /// the same `U`.
    #[must_use]
    pub const unsafe fn new(table: &'static RootTable, index: usize) -> RootKey<U> {
        RootKey { table, index, _type: PhantomData }
    }

    /// The root's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.table.roots[self.index]
    }

    /// The address of the root's slot: a full tagged word, 8 bytes under both widths, that a collection updates where it
    /// is, and 3 until the root is set. It stays the same as long as the isolate lives. For generated code; what may be done there is told with
    /// [`IsolateAddress`](crate::IsolateAddress#what-may-be-done-there). V8: `RootsTable::slot`.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the root's table.
    #[must_use]
    #[track_caller]
    pub fn address(self, scope: &HandleScope<'_>) -> usize {
        match scope.data().roots.slot(self) {
            Some(slot) => core::ptr::from_ref(slot).addr(),
            None => no_root(self.table, self.index),
        }
    }

    /// The same, in bytes from the [isolate root](HandleScope::isolate_root): equal in all isolates of this program that
    /// were made with the same tables in the same order. V8: `IsolateData::root_slot_offset`.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the root's table.
    #[must_use]
    #[track_caller]
    pub fn offset_from_isolate_root(self, scope: &HandleScope<'_>) -> usize {
        self.address(scope) - scope.isolate_root()
    }

    /// The same, in bytes from the [cage base](HandleScope::cage_base), and equal in the same isolates; `None` if the
    /// isolate's data lies [outside](crate::IsolateAllocation) of its cage.
    ///
    /// ```
    /// use heapwright::{IsolateAllocation, heap_roots, prelude::*};
    ///
    /// heap_roots! {
    ///     static LIMITS, keys in limit, getters in Limits;
    ///     /// How deep calls may nest.
    ///     depth: Smi = 400,
    /// }
    ///
    /// let mut isolate = Isolate::builder().roots(&LIMITS).allocation(IsolateAllocation::InCage).build()?;
    /// let scope = isolate.enter();
    /// let offset = limit::depth.offset_from_cage_base(&scope).unwrap();
    /// // mov rax, [rdi + offset]; ret: a function of the cage base that returns the root's word.
    /// let code = [&[0x48, 0x8b, 0x87][..], &(offset as u32).to_le_bytes(), &[0xc3]].concat();
    /// # assert_eq!((code.len(), scope.cage_base() + offset), (8, limit::depth.address(&scope)));
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the isolate was made without the root's table.
    #[must_use]
    #[track_caller]
    pub fn offset_from_cage_base(self, scope: &HandleScope<'_>) -> Option<usize> {
        scope.data().offset_in_cage(self.address(scope))
    }
}

impl RootTable {
    /// Called by [`heap_roots!`](crate::heap_roots).
    ///
    /// # Panics
    ///
    /// If there are not as many entries as names.
    #[must_use]
    pub const fn new(
        name: &'static str,
        roots: &'static [&'static str],
        entries: &'static [RootEntry],
        setup: SetUp,
    ) -> RootTable {
        assert!(roots.len() == entries.len(), "a root has a name and an entry");
        RootTable { name, roots, entries, setup, number: AtomicUsize::new(0) }
    }

    /// Whether the root of that index is of type [`Smi`], so that it never refers to an object. V8: `RootsTable::IsSmi…`,
    /// by its place in `SMI_ROOT_LIST`.
    ///
    /// # Panics
    ///
    /// If there are not as many roots.
    #[must_use]
    pub const fn is_smi_root(&self, index: usize) -> bool {
        self.entries[index].is_smi
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

/// The slots of all tables of an isolate, one after the other in the order in which the tables were given: full tagged
/// words under both widths. They lie behind the isolate's data and never move. V8: `RootsTable`.
#[derive(Debug)]
pub(crate) struct Roots {
    /// The first slot of each table, by the tables' numbers; none for one that was not given.
    tables: Vec<Option<NonNull<Cell<usize>>>>,
    slots: NonNull<[Cell<usize>]>,
    /// The tables, in the order in which they were given.
    given: Vec<&'static RootTable>,
}

impl Roots {
    /// Initializes the slots.
    ///
    /// # Safety
    ///
    /// There is memory for a slot for each root of the tables, which are all different; it is this value's alone as long
    /// as that lives.
    pub(crate) unsafe fn new(tables: &[&'static RootTable], slots: NonNull<Cell<usize>>) -> Roots {
        let mut starts = Vec::new();
        let mut count = 0;
        for table in tables {
            let number = table.number();
            if starts.len() <= number {
                starts.resize(number + 1, None);
            }
            // SAFETY: the caller's contract: there are slots for this table behind those of the tables before it.
            unsafe {
                starts[number] = Some(slots.add(count));
                for entry in table.entries {
                    slots.add(count).write(Cell::new(entry.first_word()));
                    count += 1;
                }
            }
        }
        Roots { tables: starts, slots: NonNull::slice_from_raw_parts(slots, count), given: tables.to_vec() }
    }

    /// The slots of a table, if the isolate has it.
    #[inline]
    fn table(&self, table: &RootTable) -> Option<&[Cell<usize>]> {
        let start = self.start(table)?;
        // SAFETY: the table's slots, which are this value's: see `new`.
        Some(unsafe { core::slice::from_raw_parts(start.as_ptr(), table.roots.len()) })
    }

    #[inline(always)]
    fn start(&self, table: &RootTable) -> Option<NonNull<Cell<usize>>> {
        // Not `flatten`, which computes whether there is something before it asks.
        match self.tables.get(table.number.load(Ordering::Relaxed)) {
            Some(start) => *start,
            None => None,
        }
    }

    /// The slot of a root, if the isolate has its table.
    #[inline(always)]
    pub(crate) fn slot<U>(&self, key: RootKey<U>) -> Option<&Cell<usize>> {
        let start = self.start(key.table)?;
        // SAFETY: whoever made the key promised that the table has as many roots, so the slot is one of the table's.
        Some(unsafe { start.add(key.index).as_ref() })
    }

    fn slots(&self) -> &[Cell<usize>] {
        // SAFETY: all of them were initialized in `new`, and are this value's as long as it lives; they are changed through
        // shared references alone.
        unsafe { self.slots.as_ref() }
    }

    /// Each root that is set, with its table and its index there.
    fn for_each_named(&self, mut visit: impl FnMut(&'static RootTable, usize, Word)) {
        for table in &self.given {
            for (index, slot) in self.table(table).unwrap_or_default().iter().enumerate() {
                if slot.get() != UNSET {
                    visit(table, index, Word::from_bits(slot.get()));
                }
            }
        }
    }

    /// Replaces the word of each root that is set.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Word) -> Word) {
        for slot in self.slots() {
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
        match self.data().roots.slot(key) {
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
        match self.data().roots.slot(key) {
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
