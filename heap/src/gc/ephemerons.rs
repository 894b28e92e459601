//! Ephemerons: entries whose values live as long as something else keeps their key. V8: what `EphemeronHashTable` has
//! visitors of its own for; here any struct declared `#[heap_struct(ephemeron)]`, wherever it lies.
//!
//! Both collectors do the same, in two parts that know nothing of each other:
//!
//! - **Noting.** An object with entries is visited. Where a key is known to live, its values are visited as strong
//!   references are; else the [`Entry`] is noted, in a list of who visits.
//! - **Resolving**, when nothing else is left to visit. The values of noted entries whose keys have turned out to live are
//!   visited, and what they lead to, which may make other keys live: again until nothing changes. That is quick where
//!   values seldom lead to keys, and takes quadratic time where entries form a chain. So after [`ROUNDS`] rounds the rest are
//!   put into a table by key, and each object that is found looks itself up: linear time, whatever the order.
//!
//! Entries that are left then have dead keys and are cleared: no key, and `None` for each value. Neither refers to anything,
//! so this takes no barrier, and a slot that was remembered is forgotten when it is next looked at.
//!
//! A scavenge takes old keys for living ones. Remembered slots do not say what they are, and a value may not be taken for a
//! strong reference: chunks with old objects that have entries are flagged, and for the slots of those their objects are
//! looked up by a walk. Other chunks, and programs without ephemerons, do not pay for it.

use super::body::{map_of, object_size};
use super::marking_visitor::MarkingVisitor;
use super::scavenger::{forwarded, store_weak};
use crate::barrier::SlotAction;
use crate::heap::Heap;
use crate::layout::{ClassDescriptor, FieldKind, StructLayout};
use crate::map::Map;
use crate::memory::{ChunkFlags, ChunkSet, MemoryChunk};
use crate::tagged::{TAGGED_SIZE, TaggedCell, Word};
use core::sync::atomic::Ordering;
use std::collections::HashMap;

/// Rounds before resolving goes over to the linear algorithm. V8: `kMaxEphemeronFixpointIterations`.
const ROUNDS: usize = 10;

/// An ephemeron in an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    at: usize,
    layout: &'static StructLayout,
}

impl Entry {
    /// # Safety
    ///
    /// An ephemeron of that layout is at `at`, and stays there as long as the entry is in use.
    const unsafe fn new(at: usize, layout: &'static StructLayout) -> Entry {
        Entry { at, layout }
    }

    /// The key's slot: the first field.
    pub(crate) fn key(&self) -> &TaggedCell {
        // SAFETY: the promise of `new`.
        unsafe { TaggedCell::at(self.at) }
    }

    /// The slots of the values: all other fields but numbers.
    pub(crate) fn values(&self) -> impl Iterator<Item = &TaggedCell> {
        let values = self.layout.fields.iter().filter(|field| matches!(field.kind, FieldKind::Tagged(_)));
        // SAFETY: the promise of `new`: these words of the struct are tagged.
        values.map(|field| unsafe { TaggedCell::at(self.at + field.offset.current() as usize) })
    }

    /// All slots that may refer to something.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &TaggedCell> {
        core::iter::once(self.key()).chain(self.values())
    }

    fn key_word(&self) -> Word {
        self.key().load(Ordering::Relaxed)
    }

    /// Whether a value is not `None`.
    fn has_values(&self) -> bool {
        self.values().any(|value| !value.load(Ordering::Relaxed).same(Word::ZERO))
    }

    /// The entry of a dead key.
    fn clear(&self) {
        self.key().store(Word::CLEARED, Ordering::Relaxed);
        self.values().for_each(|value| value.store(Word::ZERO, Ordering::Relaxed));
    }
}

/// A part of an object of a class with ephemerons.
pub(super) enum Part {
    /// Tagged words, from one byte offset to another.
    Words(usize, usize),
    Entry(Entry),
}

/// Calls `visit` with the parts of an object that may hold pointers, but for its map.
///
/// # Safety
///
/// There is an object with that map at `address`, and its class has ephemerons.
#[inline(never)]
pub(super) unsafe fn visit_parts(address: usize, map: &Map, visit: &mut dyn FnMut(Part)) {
    let class = map.class();
    let mut layout = class.layout();
    while let Some(parent) = layout.parent {
        for field in layout.fields.iter().filter(|field| field.kind.may_hold_pointer()) {
            let start = field.offset.current() as usize;
            match &field.kind {
                FieldKind::Struct(layout) if layout.is_ephemeron => {
                    // SAFETY: the layout says that one is there.
                    visit(Part::Entry(unsafe { Entry::new(address + start, layout) }));
                }
                _ => visit(Part::Words(start, start + field.size.current() as usize)),
            }
        }
        layout = parent;
    }
    // SAFETY: the caller's contract.
    let lengths = unsafe { class.tail_lengths(address) };
    let mut start = class.layout().header_size();
    for (tail, length) in class.layout().tails.iter().zip(lengths.as_slice()) {
        let size = tail.element_size.current() as usize;
        let end = start + length * size;
        match &tail.element {
            FieldKind::Struct(layout) if layout.is_ephemeron => {
                for at in (start..end).step_by(size) {
                    // SAFETY: the layout says that one is there.
                    visit(Part::Entry(unsafe { Entry::new(address + at, layout) }));
                }
            }
            element if element.may_hold_pointer() => visit(Part::Words(start, end)),
            _ => {}
        }
        start = end;
    }
}

/// The entry that the word `offset` bytes from an object's start is of.
///
/// # Safety
///
/// There is an object of that very class at `address`.
unsafe fn entry_at(address: usize, class: &'static ClassDescriptor, offset: usize) -> Option<Entry> {
    if !class.layout().has_ephemerons() {
        return None;
    }
    for (_, field) in class.layout().all_fields() {
        let start = field.offset.current() as usize;
        if let FieldKind::Struct(layout) = field.kind
            && layout.is_ephemeron
            && (start..start + field.size.current() as usize).contains(&offset)
        {
            // SAFETY: the layout says that one is there.
            return Some(unsafe { Entry::new(address + start, layout) });
        }
    }
    // SAFETY: the caller's contract.
    let lengths = unsafe { class.tail_lengths(address) };
    let mut start = class.layout().header_size();
    for (tail, length) in class.layout().tails.iter().zip(lengths.as_slice()) {
        let size = tail.element_size.current() as usize;
        let end = start + length * size;
        if (start..end).contains(&offset) {
            return match tail.element {
                FieldKind::Struct(layout) if layout.is_ephemeron => {
                    let at = offset - (offset - start) % size;
                    // SAFETY: as above.
                    Some(unsafe { Entry::new(address + at, layout) })
                }
                _ => None,
            };
        }
        start = end;
    }
    None
}

/// What resolving ephemerons took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EphemeronTotals {
    /// Entries whose keys were not known to live when all else had been visited.
    pub noted: u64,
    /// Rounds over them.
    pub rounds: u64,
    /// How often it went over to the linear algorithm.
    pub linear: u64,
    /// Entries that lost their keys.
    pub cleared: u64,
}

// Marking.

impl MarkingVisitor {
    /// Visits an entry of a marked object. What is stored into it later is shaded by the barrier, key and values alike.
    #[cold]
    #[inline(never)]
    pub(super) fn visit_ephemeron<const SHARED: bool>(&mut self, entry: Entry) {
        let key = entry.key_word();
        if self.is_known_alive(key) {
            self.mark_values::<SHARED>(entry);
        } else if !key.is_cleared() || entry.has_values() {
            self.ephemerons.push(entry);
        }
    }

    /// The same, of this object.
    #[cold]
    #[inline(never)]
    pub(super) fn visit_ephemeron_of<const SHARED: bool>(&mut self, object: usize, entry: Entry) {
        self.hosts.insert(object);
        self.visit_ephemeron::<SHARED>(entry);
    }

    /// Not a young key while young objects may move: those are found out about in the pause.
    fn is_known_alive(&self, key: Word) -> bool {
        !key.is_cleared() && {
            if self.rest_lives && !self.looks_at(key.address()) {
                return true;
            }
            let chunk = MemoryChunk::of(key.address());
            chunk.has(ChunkFlags::READ_ONLY) || chunk.is_marked(key.address())
        }
    }

    /// For an entry whose key lives.
    fn mark_values<const SHARED: bool>(&mut self, entry: Entry) {
        let key = entry.key_word();
        if !key.is_cleared() {
            self.note(entry.at, key);
        }
        for value in entry.values() {
            let word = value.load(if SHARED { Ordering::Acquire } else { Ordering::Relaxed });
            if word.is_strong() {
                self.mark::<SHARED>(word);
                self.note(value.address(), word);
            }
        }
    }

    /// Marks the values of entries that are still noted and whose keys live, and all that follows from it. Nothing is grey.
    pub(super) fn resolve_ephemerons(&mut self, totals: &mut EphemeronTotals) {
        totals.noted += self.ephemerons.len() as u64;
        for _ in 0..ROUNDS {
            if self.ephemerons.is_empty() {
                return;
            }
            totals.rounds += 1;
            let noted = core::mem::take(&mut self.ephemerons);
            for entry in noted {
                self.visit_ephemeron::<false>(entry);
            }
            if self.grey.is_empty() {
                return;
            }
            self.advance_by::<false>(usize::MAX);
        }
        totals.linear += 1;
        self.resolve_linearly();
    }

    fn resolve_linearly(&mut self) {
        let mut waiting = Waiting::default();
        loop {
            for entry in core::mem::take(&mut self.ephemerons) {
                let key = entry.key_word();
                if self.is_known_alive(key) {
                    self.mark_values::<false>(entry);
                } else {
                    waiting.add(entry, key);
                }
            }
            // Each object that has been marked since is grey, and is looked up before it is visited: what its entries make
            // grey lies above it, and comes first.
            // Of rows that are partly visited, the object has been looked up.
            let entries = match self.grey.objects.last() {
                Some(&object) => waiting.take(object),
                None if self.grey.is_empty() => break,
                None => Vec::new(),
            };
            if entries.is_empty() {
                self.visit_last();
            }
            for entry in entries {
                self.mark_values::<false>(entry);
            }
        }
        self.ephemerons = waiting.into_entries().collect();
    }

    /// Clears the entries whose keys are dead: those left when all that lives is marked.
    pub(super) fn clear_ephemerons(&mut self, totals: &mut EphemeronTotals) {
        for entry in core::mem::take(&mut self.ephemerons) {
            if !self.is_known_alive(entry.key_word()) {
                entry.clear();
                totals.cleared += 1;
            }
        }
    }
}

/// Entries by key: those that something waits for.
#[derive(Debug)]
struct Waiting<E> {
    by_key: HashMap<usize, Vec<E>>,
    /// Without keys.
    keyless: Vec<E>,
}

impl<E> Default for Waiting<E> {
    fn default() -> Waiting<E> {
        Waiting { by_key: HashMap::new(), keyless: Vec::new() }
    }
}

impl<E> Waiting<E> {
    fn add(&mut self, entry: E, key: Word) {
        if key.is_cleared() {
            self.keyless.push(entry);
        } else {
            self.by_key.entry(key.address()).or_default().push(entry);
        }
    }

    fn take(&mut self, key: usize) -> Vec<E> {
        self.by_key.remove(&key).unwrap_or_default()
    }

    fn into_entries(self) -> impl Iterator<Item = E> {
        self.by_key.into_values().flatten().chain(self.keyless)
    }
}

// Scavenges.

/// An entry that a scavenge has noted, and the first chunk of the object around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    entry: Entry,
    host: &'static MemoryChunk,
}

impl Noted {
    /// An entry to be decided. What is remembered of old hosts is found by their chunks' flags.
    pub(super) fn new(entry: Entry, host: &'static MemoryChunk) -> Noted {
        if host.remembers() {
            flag(host);
        }
        Noted { entry, host }
    }
}

/// What entries need of a scavenge.
pub(super) trait Scavenge {
    /// Where objects are that have not been found alive, or have been moved away.
    fn from(&self) -> &ChunkSet;

    fn heap(&self) -> &Heap;

    /// The entries that were noted.
    fn noted(&mut self) -> &mut Vec<Noted>;

    /// Visits a slot as one of an object whose class is not known, and remembers it if it must be.
    fn visit_and_remember(&mut self, slot: &TaggedCell, host: &'static MemoryChunk);

    /// Visits survivors until none is left.
    fn drain(&mut self);

    /// Visits the slots of one survivor, `before` first with each, and notes its entries; whether there was one.
    fn visit_one(&mut self, before: &mut dyn FnMut(&TaggedCell)) -> bool;
}

/// Visits an entry of a survivor, or one that a remembered slot is of.
#[cold]
#[inline(never)]
pub(super) fn visit(scavenge: &mut impl Scavenge, entry: Entry, host: &'static MemoryChunk) {
    let noted = Noted::new(entry, host);
    if !visit_if_alive(scavenge, entry, host) && refers_to(scavenge.from(), &entry) {
        scavenge.noted().push(noted);
    }
}

/// Says of each of these old chunks whether objects with entries are there, as far as they are alive.
pub(super) fn flag_hosts(hosts: &ChunkSet, chunks: impl Iterator<Item = &'static MemoryChunk>) {
    for chunk in chunks {
        let has = hosts.contains(chunk.address());
        if chunk.has(ChunkFlags::HAS_EPHEMERONS) != has {
            chunk.set_flag(ChunkFlags::HAS_EPHEMERONS, has);
        }
    }
}

/// Says that an old chunk has objects with entries.
pub(super) fn flag(host: &MemoryChunk) {
    if !host.has(ChunkFlags::HAS_EPHEMERONS) {
        host.set_flag(ChunkFlags::HAS_EPHEMERONS, true);
    }
}

/// Whether some slot of the entry is one that a scavenge has to look at.
fn refers_to(from: &ChunkSet, entry: &Entry) -> bool {
    entry.slots().any(|slot| {
        let word = slot.load(Ordering::Relaxed);
        !word.is_smi() && !word.is_cleared() && from.contains(word.address())
    })
}

/// Visits an entry whose key is known to live; else does nothing.
fn visit_if_alive(scavenge: &mut impl Scavenge, entry: Entry, host: &'static MemoryChunk) -> bool {
    let key = entry.key_word();
    if key.is_cleared() {
        return false;
    }
    let Some(now) = forwarded(scavenge.from(), key) else { return false };
    if !now.same(key) {
        store_weak(entry.at, host, now);
    }
    entry.values().for_each(|value| scavenge.visit_and_remember(value, host));
    true
}

/// Visits the remembered slots of a flagged chunk: those of entries as entries. Only the slots of living objects are found. How many
/// there were, an entry's as one.
#[cold]
#[inline(never)]
pub(super) fn visit_remembered(scavenge: &mut impl Scavenge, host: &'static MemoryChunk) -> usize {
    let (plain, entries) = take_remembered(scavenge.heap(), host);
    let visited = plain.len() + entries.len();
    for slot in plain {
        // SAFETY: a remembered slot of an object that the walk has found.
        scavenge.visit_and_remember(unsafe { TaggedCell::at(slot) }, host);
    }
    for entry in entries {
        visit(scavenge, entry, host);
    }
    visited
}

/// Takes the remembered slots of a flagged chunk: those that are of living objects' entries, and those that are not. All are
/// forgotten, to be remembered anew where that is right.
pub(super) fn take_remembered(heap: &Heap, host: &'static MemoryChunk) -> (Vec<usize>, Vec<Entry>) {
    let Some(remembered) = host.old_to_new() else { return Default::default() };
    let mut slots = Vec::new();
    remembered.iterate(|offset| {
        slots.push(host.address() + offset);
        SlotAction::Remove
    });
    slots.sort_unstable();
    let (mut entries, mut plain) = (Vec::<Entry>::new(), Vec::new());
    let mut rest = slots.iter().copied().peekable();
    // The walk is cut short behind the last slot.
    let _ = heap.walk_chunk(host, |object| {
        // SAFETY: the walk stands at an object outside the space that is evacuated, or at a filler.
        let (map, size) = unsafe {
            let map = map_of(object);
            (map, object_size(object, map))
        };
        while let Some(slot) = rest.next_if(|slot| *slot < object + size) {
            if slot < object + TAGGED_SIZE {
                continue; // of an object that has died
            }
            // SAFETY: an object of that class.
            match unsafe { entry_at(object, map.class(), slot - object) } {
                None => plain.push(slot),
                // The slots of an entry follow each other.
                Some(entry) if entries.last().is_some_and(|last| last.at == entry.at) => {}
                Some(entry) => entries.push(entry),
            }
        }
        if rest.peek().is_some() { Ok(size) } else { Err(()) }
    });
    (plain, entries)
}

/// Visits the values of noted entries whose keys live, and all that follows from it; clears the others. All survivors known
/// so far have been visited.
pub(super) fn resolve(scavenge: &mut impl Scavenge, totals: &mut EphemeronTotals) {
    totals.noted += scavenge.noted().len() as u64;
    let mut rounds = 0;
    while !scavenge.noted().is_empty() {
        if rounds == ROUNDS {
            totals.linear += 1;
            resolve_linearly(scavenge);
            break;
        }
        rounds += 1;
        let mut any = false;
        for noted in core::mem::take(scavenge.noted()) {
            if visit_if_alive(scavenge, noted.entry, noted.host) {
                any = true;
            } else {
                scavenge.noted().push(noted);
            }
        }
        if !any {
            break;
        }
        scavenge.drain();
    }
    totals.rounds += rounds as u64;
    for noted in core::mem::take(scavenge.noted()) {
        noted.entry.clear();
        totals.cleared += 1;
    }
}

fn resolve_linearly(scavenge: &mut impl Scavenge) {
    let mut waiting = Waiting::default();
    // Where objects were that slots visited since the table was begun refer to.
    let mut met: Vec<usize> = Vec::new();
    loop {
        for noted in core::mem::take(scavenge.noted()) {
            if !visit_and_meet(scavenge, noted, &mut met) {
                waiting.add(noted, noted.entry.key_word());
            }
        }
        while let Some(object) = met.pop() {
            for noted in waiting.take(object) {
                let alive = visit_and_meet(scavenge, noted, &mut met);
                debug_assert!(alive, "what was met has been evacuated");
            }
        }
        let more = scavenge.visit_one(&mut |slot| {
            let word = slot.load(Ordering::Relaxed);
            if word.is_strong() {
                met.push(word.address());
            }
        });
        if !more && met.is_empty() && scavenge.noted().is_empty() {
            break;
        }
    }
    scavenge.noted().extend(waiting.into_entries());
}

/// Visits an entry whose key is known to live, and notes where its values were.
fn visit_and_meet(scavenge: &mut impl Scavenge, noted: Noted, met: &mut Vec<usize>) -> bool {
    let before = met.len();
    let values = noted.entry.values().map(|value| value.load(Ordering::Relaxed));
    met.extend(values.filter(|word| word.is_strong()).map(Word::address));
    let alive = visit_if_alive(scavenge, noted.entry, noted.host);
    if !alive {
        met.truncate(before);
    }
    alive
}
