//! What objects take together with all that they refer to.

use crate::gc::{Entry, map_of, object_size, visit_slots_and_ephemerons};
use crate::handles::HandleScope;
use crate::layout::{ClassDescriptor, ClassLayout, FieldKind};
use crate::memory::{CHUNK_SIZE, MemoryChunk};
use crate::spaces::SpaceId;
use crate::tagged::{Any, TAGGED_SIZE, Tagged, TaggedCell};
use core::fmt;
use core::sync::atomic::Ordering;
use std::collections::HashMap;

/// All objects that some objects keep alive, counted: what they take in the heap. Made by [`HandleScope::footprint`];
/// `{}` prints it as a table.
///
/// What an object alone keeps alive (what would be freed with it) is another question, which takes dominators to answer;
/// this counts what is shared, too.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Footprint {
    /// How many roots it was counted from; the same one twice counts once, and Smis do not.
    pub roots: usize,
    /// Objects that strong references reach, the roots among them.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Bytes among those that hold nothing: declared padding, and what rounds objects up to whole tagged words.
    pub wasted: usize,
    /// Strong references from those objects, maps left out: the edges of the graph.
    pub references: usize,
    /// Steps from the roots to the object that takes most: 0 if roots refer to nothing.
    pub depth: usize,
    /// Objects that are not among those, and are reached over at least one weak reference.
    pub weak_objects: usize,
    /// Their bytes.
    pub weak_bytes: usize,
    /// Each class of what was reached, most bytes first.
    pub classes: Vec<ClassFootprint>,
    /// Each space that has any of the `objects`.
    pub spaces: Vec<SpaceFootprint>,
}

/// Objects of one class in a [`Footprint`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassFootprint {
    /// The class.
    pub class: &'static ClassDescriptor,
    /// Its objects that strong references reach, without those of classes below it.
    pub objects: usize,
    /// Their bytes, without what they refer to.
    pub bytes: usize,
    /// Bytes among those that hold nothing.
    pub wasted: usize,
    /// Bytes of the largest one.
    pub largest: usize,
    /// Its objects that are reached over weak references only.
    pub weak_objects: usize,
    /// Their bytes.
    pub weak_bytes: usize,
}

/// Objects of one space in a [`Footprint`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpaceFootprint {
    /// The space.
    pub space: SpaceId,
    /// Objects that strong references reach.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl HandleScope<'_> {
    /// Counts what `roots` and all they refer to take. An object that is reached more than once counts once. Maps count
    /// where fields refer to them, not as what every object begins with: they belong to classes, not to objects.
    ///
    /// Takes a list of its own, not the stack, so that the depth of the graph costs nothing, and a bit for each tagged word
    /// of the chunks it meets. Nothing is allocated in the heap, and no code of users is called but that of classes which
    /// say themselves where their references are ([`CustomTrace`](crate::gc::CustomTrace)), as the collector calls it.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// #[heap_object]
    /// pub struct Node {
    ///     weight: Smi,
    ///     next: Tagged<Option<Node>>,
    ///     seen_from: Weak<Node>,
    /// }
    ///
    /// # heap_classes! { static CLASSES = [Node]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let lookout = Node::new(&mut scope, NodeInit { weight: 1, next: Nil, seen_from: Nil });
    /// let last = Node::new(&mut scope, NodeInit { weight: 2, next: Nil, seen_from: lookout });
    /// let first = Node::new(&mut scope, NodeInit { weight: 3, next: last, seen_from: Nil });
    ///
    /// let footprint = scope.footprint([first.get(&scope)]);
    /// assert_eq!((footprint.objects, footprint.bytes), (2, 2 * Node::SIZE));
    /// assert_eq!((footprint.depth, footprint.weak_objects), (1, 1));
    /// println!("{footprint}");
    /// # let printed = footprint.to_string();
    /// # let expected = include_str!("footprint.txt");
    /// # assert_eq!(cfg!(feature = "pointer-compression"), printed == expected, "{printed}");
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// prints, with compressed pointers:
    ///
    /// ```text
    #[doc = include_str!("footprint.txt")]
    /// ```
    #[must_use]
    pub fn footprint<'gc>(&'gc self, roots: impl IntoIterator<Item = impl Into<Tagged<'gc, Any>>>) -> Footprint {
        let mut count = Count::default();
        for root in roots {
            if let Some(object) = root.into().as_object()
                && count.seen.insert(object.address())
            {
                count.footprint.roots += 1;
                count.found.push(object.address());
            }
        }
        count.run()
    }
}

/// A count under way.
#[derive(Default)]
struct Count {
    footprint: Footprint,
    seen: Seen,
    /// What has been seen and not yet been counted, all at one distance from the roots.
    found: Vec<usize>,
    /// What weak references refer to.
    weak: Vec<usize>,
    /// The values of ephemerons whose keys have not been counted, by key; 0 for those without.
    ephemerons: HashMap<usize, Vec<usize>>,
    /// Each class by its address: where in `footprint.classes` it is, and its padding.
    classes: HashMap<usize, (usize, Padding)>,
}

/// Bytes that hold nothing in each object of a class.
struct Padding {
    fields: usize,
    tails: Vec<usize>,
}

impl Count {
    fn run(mut self) -> Footprint {
        let mut level = 0;
        while !self.found.is_empty() {
            self.footprint.depth = level;
            level += 1;
            for address in core::mem::take(&mut self.found) {
                self.visit(address, false);
            }
        }
        // What strong references reach is known, so all else that these lead to is reached weakly.
        let mut weak = core::mem::take(&mut self.weak);
        weak.extend(core::mem::take(&mut self.ephemerons).into_values().flatten());
        while let Some(address) = weak.pop() {
            if self.seen.insert(address) {
                self.visit(address, true);
                weak.append(&mut self.found);
                weak.append(&mut self.weak);
            }
        }
        let footprint = &mut self.footprint;
        footprint.classes.sort_by_key(|of| (core::cmp::Reverse((of.bytes, of.weak_bytes)), of.class.name()));
        footprint.spaces.sort_by_key(|of| of.space);
        self.footprint
    }

    /// Counts an object, and notes what it refers to.
    fn visit(&mut self, address: usize, weakly: bool) {
        // SAFETY: `address` is that of a root, or was read from a field of an object that was; the scope is borrowed, so
        // all of them stay whole and where they are.
        let (map, size) = unsafe {
            let map = map_of(address);
            (map, object_size(address, map))
        };
        self.add(map.class(), address, size, weakly);
        // Values of ephemerons whose key this is, and which were counted first.
        for value in self.ephemerons.remove(&address).unwrap_or_default() {
            self.meet(value);
        }
        let visit = |this: &mut Count, slot: &TaggedCell| {
            let word = slot.load(Ordering::Relaxed);
            if word.is_smi() || word.is_cleared() {
                return;
            }
            if weakly {
                this.found.push(word.address());
            } else if word.is_weak() {
                this.weak.push(word.address());
            } else {
                this.footprint.references += 1;
                this.meet(word.address());
            }
        };
        let entry = |this: &mut Count, entry: Entry| {
            if weakly {
                entry.slots().for_each(|slot| visit(this, slot));
                return;
            }
            visit(this, entry.key());
            let key = entry.key().load(Ordering::Relaxed);
            let key = if key.is_cleared() { 0 } else { key.address() };
            if this.seen.contains(key) {
                entry.values().for_each(|slot| visit(this, slot));
                return;
            }
            for word in entry.values().map(|slot| slot.load(Ordering::Relaxed)).filter(|word| word.is_strong()) {
                this.footprint.references += 1;
                this.ephemerons.entry(key).or_default().push(word.address());
            }
        };
        // SAFETY: an object of that size with that map, as above.
        unsafe { visit_slots_and_ephemerons(address, size, map, self, visit, entry) };
    }

    /// What a strong reference refers to.
    fn meet(&mut self, address: usize) {
        if self.seen.insert(address) {
            self.found.push(address);
        }
    }

    fn add(&mut self, class: &'static ClassDescriptor, address: usize, size: usize, weakly: bool) {
        let footprint = &mut self.footprint;
        let (place, padding) = self.classes.entry(core::ptr::from_ref(class).addr()).or_insert_with(|| {
            footprint.classes.push(ClassFootprint {
                class,
                objects: 0,
                bytes: 0,
                wasted: 0,
                largest: 0,
                weak_objects: 0,
                weak_bytes: 0,
            });
            (footprint.classes.len() - 1, Padding::of(class.layout()))
        });
        let of = &mut footprint.classes[*place];
        if weakly {
            of.weak_objects += 1;
            of.weak_bytes += size;
            footprint.weak_objects += 1;
            footprint.weak_bytes += size;
            return;
        }
        let wasted = padding.in_object(class, address, size);
        of.objects += 1;
        of.bytes += size;
        of.wasted += wasted;
        of.largest = of.largest.max(size);
        footprint.objects += 1;
        footprint.bytes += size;
        footprint.wasted += wasted;
        let space = MemoryChunk::of(address).space();
        match footprint.spaces.iter_mut().find(|of| of.space == space) {
            Some(of) => {
                of.objects += 1;
                of.bytes += size;
            }
            None => footprint.spaces.push(SpaceFootprint { space, objects: 1, bytes: size }),
        }
    }
}

impl Padding {
    fn of(layout: &'static ClassLayout) -> Padding {
        let tails = layout.tails.iter().map(|tail| padding(&tail.element, tail.element_size.current()));
        Padding {
            fields: layout.all_fields().map(|(_, field)| padding(&field.kind, field.size.current())).sum(),
            tails: tails.collect(),
        }
    }

    fn in_object(&self, class: &ClassDescriptor, address: usize, size: usize) -> usize {
        let layout = class.layout();
        if self.tails.is_empty() {
            return self.fields + (size - layout.header_size());
        }
        // SAFETY: a whole object of that very class, by the contract of `visit`.
        let lengths = unsafe { class.tail_lengths(address) };
        let tails = self.tails.iter().zip(lengths.as_slice());
        let in_tails: usize = tails.map(|(padding, length)| padding * length).sum();
        let used = layout.header_size() + layout.tail_bytes(lengths.as_slice());
        self.fields + in_tails + (size - used)
    }
}

/// Bytes that hold nothing in a field or an element of so many bytes.
fn padding(kind: &FieldKind, size: u32) -> usize {
    match kind {
        FieldKind::Padding => size as usize,
        FieldKind::Struct(layout) => layout.fields.iter().map(|f| padding(&f.kind, f.size.current())).sum(),
        _ => 0,
    }
}

/// A set of addresses of objects: a bit for each tagged word of the chunks that have any.
#[derive(Default)]
struct Seen {
    chunks: HashMap<usize, usize>,
    bits: Vec<[u64; WORDS]>,
    /// The chunk of the last address and its place in `bits`: the next one is likely to be of the same.
    last: Option<(usize, usize)>,
}

const WORDS: usize = CHUNK_SIZE / TAGGED_SIZE / 64;

impl Seen {
    /// Whether an address was added.
    fn contains(&self, address: usize) -> bool {
        let word = address % CHUNK_SIZE / TAGGED_SIZE;
        let place = self.chunks.get(&(address / CHUNK_SIZE));
        place.is_some_and(|place| self.bits[*place][word / 64] & 1 << (word % 64) != 0)
    }

    /// Adds an address; whether it is new.
    fn insert(&mut self, address: usize) -> bool {
        let (chunk, word) = (address / CHUNK_SIZE, address % CHUNK_SIZE / TAGGED_SIZE);
        let place = match self.last {
            Some((last, place)) if last == chunk => place,
            _ => *self.chunks.entry(chunk).or_insert_with(|| {
                self.bits.push([0; WORDS]);
                self.bits.len() - 1
            }),
        };
        self.last = Some((chunk, place));
        let (bits, mask) = (&mut self.bits[place][word / 64], 1 << (word % 64));
        let is_new = *bits & mask == 0;
        *bits |= mask;
        is_new
    }
}

impl fmt::Display for Footprint {
    /// A line about all, a table of the classes, and lines about spaces and weak references.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {}, {}, {} wasted; depth {}, {}",
            counted(self.roots, "root"),
            counted(self.objects, "object"),
            counted(self.bytes, "byte"),
            count(self.wasted),
            self.depth,
            counted(self.references, "reference"),
        )?;
        let mut rows = vec![["class", "objects", "bytes", "share", "average", "largest", "wasted"].map(str::to_owned)];
        rows.extend(self.classes.iter().filter(|of| of.objects > 0).map(|of| {
            let share = of.bytes as f64 * 100.0 / self.bytes as f64;
            let [objects, bytes, largest, wasted] = [of.objects, of.bytes, of.largest, of.wasted].map(count);
            let (share, average) = (format!("{share:.1}%"), format!("{:.1}", of.average()));
            [of.class.name().to_owned(), objects, bytes, share, average, largest, wasted]
        }));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).fold(0, usize::max);
        let widths: [usize; 7] = core::array::from_fn(width);
        for [name, numbers @ ..] in rows.iter().filter(|_| self.objects > 0) {
            write!(f, "{name:<0$}", widths[0])?;
            numbers.iter().zip(&widths[1..]).try_for_each(|(number, width)| write!(f, "  {number:>width$}"))?;
            writeln!(f)?;
        }
        let spaces = self.spaces.iter().map(|of| format!("{} {}", of.space, count(of.bytes)));
        if self.objects > 0 {
            writeln!(f, "bytes by space: {}", spaces.collect::<Vec<_>>().join(", "))?;
        }
        if self.weak_objects > 0 {
            let (objects, bytes) = (counted(self.weak_objects, "object"), counted(self.weak_bytes, "byte"));
            writeln!(f, "reached only weakly, and not counted: {objects}, {bytes}")?;
        }
        Ok(())
    }
}

impl ClassFootprint {
    /// Bytes of an object, on average; 0 if strong references reach none.
    #[must_use]
    pub fn average(&self) -> f64 {
        if self.objects == 0 { 0.0 } else { self.bytes as f64 / self.objects as f64 }
    }
}

/// A number with its digits in groups of three.
fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}
