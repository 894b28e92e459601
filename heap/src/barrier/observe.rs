//! Observers of stores: debuggers, loggers and tests that want to know who writes what.
//!
//! Nobody pays for them while there is none. A store of a reference ends in two flag tests anyway; while stores are
//! observed, both flags are set on every chunk, so that each store reaches the barrier's slow path, which finds the
//! observers in the header of the object's chunk. What needs no barrier (Smis, raw values) does not come by there:
//! setters of fields declared `#[observed]` test a flag of their own.

use crate::layout::{ClassDescriptor, ClassLayout, FieldKind, FieldLayout, StructLayout, TailLayout};
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{Any, HeapClass, HeapObject, Tagged, TaggedCell, Word};
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

/// One store, as an observer sees it: done, with the collector told.
#[derive(Clone, Copy, Debug)]
pub struct Store<'gc> {
    host: &'gc HeapObject,
    place: StorePlace,
    value: Stored<'gc>,
}

impl<'gc> Store<'gc> {
    /// The object that was stored into.
    #[must_use]
    pub fn host(&self) -> &'gc HeapObject {
        self.host
    }

    /// Where in it.
    #[must_use]
    pub fn place(&self) -> StorePlace {
        self.place
    }

    /// What is there now.
    #[must_use]
    pub fn value(&self) -> Stored<'gc> {
        self.value
    }
}

/// Where in an object a store went.
#[derive(Clone, Copy, Debug)]
pub enum StorePlace {
    /// Into a field.
    Field(&'static FieldLayout),
    /// Into an element of a tail.
    Element {
        /// The tail.
        tail: &'static TailLayout,
        /// The element; 0 of an optional field.
        index: usize,
    },
    /// Into a field of a struct that is a field, or an element.
    Part {
        /// The name of the object's field or tail.
        of: &'static str,
        /// The element, of a tail.
        index: Option<usize>,
        /// The field of the struct.
        field: &'static FieldLayout,
    },
}

impl StorePlace {
    /// The name of the field or tail in the declaration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StorePlace::Field(field) => field.name,
            StorePlace::Element { tail, .. } => tail.name,
            StorePlace::Part { of, .. } => of,
        }
    }
}

/// What was stored.
#[derive(Clone, Copy, Debug)]
pub enum Stored<'gc> {
    /// A strong tagged value; a `Smi` or `SmiBits` too.
    Tagged(Tagged<'gc, Any>),
    /// A weak reference, or nothing.
    Weak(Option<&'gc HeapObject>),
    /// Raw bytes, as an unsigned integer.
    Raw(u64),
}

/// Which stores an observer wants to see.
#[derive(Clone, Debug)]
pub struct StoreFilter {
    /// `None` for all.
    wanted: Option<Vec<Wanted>>,
}

#[derive(Clone, Debug)]
struct Wanted {
    class: &'static ClassDescriptor,
    field: Option<&'static str>,
}

impl StoreFilter {
    /// All stores.
    #[must_use]
    pub fn all() -> StoreFilter {
        StoreFilter { wanted: None }
    }

    /// Those into instances of `T` and of the classes below it.
    #[must_use]
    pub fn class<T: HeapClass>() -> StoreFilter {
        StoreFilter { wanted: Some(vec![Wanted { class: T::CLASS, field: None }]) }
    }

    /// Those into one field or tail of instances of `T` and of the classes below it.
    ///
    /// # Panics
    ///
    /// If neither `T` nor a class above it declares a field of that name.
    #[must_use]
    #[track_caller]
    pub fn field<T: HeapClass>(name: &'static str) -> StoreFilter {
        let is_tail = |layout: &ClassLayout| layout.tails.iter().any(|tail| tail.name == name);
        assert!(
            T::LAYOUT.find_field(name).is_some() || lineage(T::LAYOUT).any(is_tail),
            "class `{}` has no field `{name}`",
            T::CLASS.name()
        );
        StoreFilter { wanted: Some(vec![Wanted { class: T::CLASS, field: Some(name) }]) }
    }

    /// Those that this or the other filter lets through.
    #[must_use]
    pub fn or(self, other: StoreFilter) -> StoreFilter {
        StoreFilter { wanted: self.wanted.zip(other.wanted).map(|(this, other)| [this, other].concat()) }
    }

    fn wants(&self, store: &Store<'_>) -> bool {
        let Some(wanted) = &self.wanted else { return true };
        let class = store.host.class();
        wanted.iter().any(|wanted| {
            class.is_subclass_of(wanted.class) && wanted.field.is_none_or(|field| field == store.place.name())
        })
    }
}

/// Names an observer of an isolate, to end it with.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "`HandleScope::unobserve` takes it; else the observer stays as long as the isolate"]
pub struct StoreObserver {
    pub(crate) isolate: u64,
    number: u64,
}

/// The observers of an isolate.
#[derive(Default)]
pub struct StoreObservers {
    list: RefCell<Vec<Observer>>,
    last: Cell<u64>,
    /// A store is being told, or will be by its setter: others are not.
    is_busy: Cell<bool>,
}

struct Observer {
    number: u64,
    filter: StoreFilter,
    callback: Callback,
}

/// What an observer does.
pub(crate) type Callback = Box<dyn Fn(&Store<'_>) + Send>;

impl StoreObservers {
    pub(crate) fn add(&self, isolate: u64, filter: StoreFilter, callback: Callback) -> StoreObserver {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.list.borrow_mut().push(Observer { number, filter, callback });
        StoreObserver { isolate, number }
    }

    /// Takes an observer out. Returns what it did, to be dropped, and whether any is left.
    pub(crate) fn remove(&self, observer: &StoreObserver) -> (Option<Callback>, bool) {
        let mut list = self.list.borrow_mut();
        let index = list.iter().position(|o| o.number == observer.number);
        let callback = index.map(|index| list.remove(index).callback);
        (callback, !list.is_empty())
    }

    /// Tells who wants to know that there was a store into `slot` of the object at `host`.
    #[cold]
    pub(super) fn tell(&self, host: usize, slot: usize) {
        let Some(_busy) = self.begin() else { return };
        // SAFETY: the barrier was called with a host and one of its slots, and nothing moves while a callback runs: it
        // gets no scope, and whoever stores borrows one.
        let Some(store) = (unsafe { describe(host, slot) }) else { return };
        for observer in self.list.borrow().iter() {
            if observer.filter.wants(&store) {
                (observer.callback)(&store);
            }
        }
    }

    /// Keeps other stores from being told; `None` if that is so already.
    fn begin(&self) -> Option<Busy<'_>> {
        // Not `then_some`: a guard that is made and not returned would end what goes on.
        (!self.is_busy.replace(true)).then(|| Busy(self))
    }
}

impl core::fmt::Debug for StoreObservers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} store observers", self.list.borrow().len())
    }
}

/// Ends when dropped, in a panic too.
struct Busy<'a>(&'a StoreObservers);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.is_busy.set(false);
    }
}

/// A store of a reference into a field declared `#[observed]`, begun and not yet told: the barrier, should it have
/// something to do, does not tell of it a second time.
#[must_use]
pub struct Observing<'a> {
    busy: Option<Busy<'a>>,
    host: usize,
}

impl<'a> Observing<'a> {
    /// Before a store into `object`.
    #[inline]
    pub fn of<T: HeapClass>(object: &'a T) -> Observing<'a> {
        let host = core::ptr::from_ref(object).addr();
        let chunk = MemoryChunk::of(host);
        Observing { busy: if chunk.has(ChunkFlags::OBSERVED) { begin(chunk) } else { None }, host }
    }

    /// After it.
    ///
    /// # Safety
    ///
    /// `offset` is that of a field or an element of the object.
    #[inline]
    pub unsafe fn stored(self, offset: usize) {
        if let Some(busy) = self.busy {
            end(busy, self.host, offset);
        }
    }
}

/// After a store of what takes no barrier into a field declared `#[observed]`.
///
/// # Safety
///
/// `offset` is that of a field or an element of the object.
#[inline]
pub unsafe fn observe_stored<T: HeapClass>(object: &T, offset: usize) {
    let host = core::ptr::from_ref(object).addr();
    if MemoryChunk::of(host).has(ChunkFlags::OBSERVED) {
        tell_at(host, offset);
    }
}

#[cold]
#[inline(never)]
fn tell_at(host: usize, offset: usize) {
    if let Some(observers) = MemoryChunk::of(host).observers() {
        observers.tell(host, host + offset);
    }
}

impl core::fmt::Debug for Observing<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Observing")
    }
}

#[cold]
#[inline(never)]
fn begin(chunk: &MemoryChunk) -> Option<Busy<'_>> {
    chunk.observers()?.begin()
}

#[cold]
#[inline(never)]
fn end(busy: Busy<'_>, host: usize, offset: usize) {
    drop(busy);
    tell_at(host, offset);
}

/// The class and those above it.
fn lineage(layout: &'static ClassLayout) -> impl Iterator<Item = &'static ClassLayout> {
    core::iter::successors(Some(layout), |layout| layout.parent)
}

/// What there is to say of a store; `None` if no field or element is there, which the layout check rules out.
///
/// # Safety
///
/// There is an object at `host`, with a field or element at `slot`, and it stays put for `'gc`.
unsafe fn describe<'gc>(host: usize, slot: usize) -> Option<Store<'gc>> {
    // SAFETY: the caller's contract.
    let object: &'gc HeapObject = unsafe { Word::strong(host).as_object() };
    let (layout, offset) = (object.class().layout(), slot - host);
    let (place, kind, size) = match find_field(layout, offset) {
        Some(found) => found,
        // SAFETY: the caller's contract: a whole object.
        None => unsafe { find_element(object, offset) }?,
    };
    // SAFETY: the caller's contract; the layout says what is there. Weak references are cleared in collections only,
    // and what they refer to lives until then.
    let value = unsafe {
        match kind {
            FieldKind::Weak(_) | FieldKind::MaybeWeak(_) if TaggedCell::at(slot).load(Ordering::Relaxed).is_weak() => {
                let word = TaggedCell::at(slot).load(Ordering::Relaxed);
                Stored::Weak((!word.is_cleared()).then(|| word.as_object()))
            }
            kind if kind.is_tagged() => Stored::Tagged(Tagged::from_word(TaggedCell::at(slot).load(Ordering::Relaxed))),
            _ => Stored::Raw(raw_bits(slot, size.current())),
        }
    };
    Some(Store { host: object, place, value })
}

type Found = (StorePlace, FieldKind, crate::layout::PerWidth);

/// The field of a class, or of a struct in it, at `offset`.
fn find_field(layout: &'static ClassLayout, offset: usize) -> Option<Found> {
    let field = lineage(layout).flat_map(|layout| layout.fields).find(|field| covers(field, offset))?;
    match field.kind {
        FieldKind::Struct(parts) => find_part(parts, field.name, None, offset - field.offset.current() as usize),
        kind => Some((StorePlace::Field(field), kind, field.size)),
    }
}

/// The element, or the field of a struct that is one, at `offset`.
///
/// # Safety
///
/// The object is whole.
unsafe fn find_element(object: &HeapObject, offset: usize) -> Option<Found> {
    let class = object.class();
    // SAFETY: the caller's contract, and the class is the object's own.
    let lengths = unsafe { class.tail_lengths(object.address()) };
    let mut start = class.layout().header_size();
    for (tail, length) in class.layout().tails.iter().zip(lengths.as_slice()) {
        let size = tail.element_size.current() as usize;
        let end = start + size * length;
        if offset < end {
            let (index, rest) = (offset.checked_sub(start)? / size, (offset - start) % size);
            return match tail.element {
                FieldKind::Struct(parts) => find_part(parts, tail.name, Some(index), rest),
                kind => Some((StorePlace::Element { tail, index }, kind, tail.element_size)),
            };
        }
        start = end;
    }
    None
}

/// The field of a struct at `offset` from its start.
fn find_part(parts: &'static StructLayout, of: &'static str, index: Option<usize>, offset: usize) -> Option<Found> {
    let field = parts.fields.iter().find(|field| covers(field, offset))?;
    Some((StorePlace::Part { of, index, field }, field.kind, field.size))
}

fn covers(field: &FieldLayout, offset: usize) -> bool {
    let start = field.offset.current() as usize;
    start <= offset && offset < start + field.size.current() as usize
}

/// The bytes of a raw field. Atomic, as other threads may write a field with a memory order.
///
/// # Safety
///
/// There is a raw value of so many bytes at `address`, aligned to four or to its size.
unsafe fn raw_bits(address: usize, size: u32) -> u64 {
    let at = core::ptr::with_exposed_provenance::<()>(address);
    // SAFETY: the caller's contract.
    unsafe {
        match size {
            1 => u64::from((*at.cast::<AtomicU8>()).load(Ordering::Relaxed)),
            2 => u64::from((*at.cast::<AtomicU16>()).load(Ordering::Relaxed)),
            4 => u64::from((*at.cast::<AtomicU32>()).load(Ordering::Relaxed)),
            _ => {
                let half = |index: usize| (*at.cast::<AtomicU32>().add(index)).load(Ordering::Relaxed).to_ne_bytes();
                let ([a, b, c, d], [e, f, g, h]) = (half(0), half(1));
                u64::from_ne_bytes([a, b, c, d, e, f, g, h])
            }
        }
    }
}
