//! A program of operations on a heap, read from bytes, beside a model of it in plain Rust. Any bytes are a program: numbers are
//! taken modulo what exists, and where they end the program does.
//!
//! Objects are young, old and large; slots are strong, weak, either, or rows of them, or entries of ephemerons; roots are handles in nested scopes,
//! globals and weak globals with callbacks. Collections come when they are asked for, when memory is short, and, if the first bytes
//! say so, at every so many allocations. After each one that is asked for, the heap has to be what the model is.

use heapwright::inspect::HeapObjectIterator;
use heapwright::prelude::*;
use heapwright::{IsolateBuilder, MemoryPressureLevel};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// What the model knows of every object is its number.
#[heap_object(open)]
pub struct Item {
    #[constant]
    id: Smi,
}

/// A slot of each kind.
#[heap_object(extends = Item)]
pub struct Node {
    left: Tagged<Any>,
    right: Tagged<Option<Item>>,
    weak: Weak<Item>,
    maybe: Tagged<MaybeObject>,
}

/// Strong slots.
#[heap_object(extends = Item)]
pub struct Row {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

/// Weak slots.
#[heap_object(extends = Item)]
pub struct WeakRow {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Item>],
}

/// Bytes that follow from its number.
#[heap_object(extends = Item)]
pub struct Blob {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

/// A value that lives as long as its key.
#[heap_struct(ephemeron)]
pub struct Entry {
    key: Weak<Item>,
    value: Tagged<Any>,
}

/// Entries, in a field and behind it: keys and values in turn.
#[heap_object(extends = Item)]
pub struct Table {
    own: Inline<Entry>,
    #[constant]
    length: Smi,
    #[length = length]
    entries: [Inline<Entry>],
}

impl Table {
    fn entry(&self, slot: usize) -> EntryRef<'_> {
        if slot < 2 { self.own() } else { self.entries(slot / 2 - 1) }
    }
}

heap_classes! { pub static CLASSES = [Item, Node, Row, WeakRow, Blob, Table]; }

/// The bytes of a program that are left.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }
}

/// What the model holds in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Smi(i32),
    Strong(i32),
    Weak(i32),
    /// The next slot is its value.
    Key(Option<i32>),
}

/// What the heap holds in a slot.
#[derive(Clone, Copy)]
enum Seen<'a> {
    Nothing,
    Smi(i32),
    Strong(&'a Item),
    Weak(&'a Item),
    Key(Option<&'a Item>),
}

impl<'a> Seen<'a> {
    fn held(self) -> Held {
        match self {
            Seen::Nothing => Held::Nothing,
            Seen::Smi(number) => Held::Smi(number),
            Seen::Strong(item) => Held::Strong(item.id()),
            Seen::Weak(item) => Held::Weak(item.id()),
            Seen::Key(key) => Held::Key(key.map(Item::id)),
        }
    }

    fn item(self) -> Option<&'a Item> {
        match self {
            Seen::Strong(item) | Seen::Weak(item) => Some(item),
            Seen::Key(key) => key,
            Seen::Nothing | Seen::Smi(_) => None,
        }
    }
}

fn any(value: Tagged<'_, Any>) -> Seen<'_> {
    value.as_smi().map_or_else(|| Seen::Strong(value.cast()), Seen::Smi)
}

fn slots(item: &Item) -> usize {
    match_class!(match item {
        Node(_) => 4,
        Row(row) => row.elements_len(),
        WeakRow(row) => row.elements_len(),
        Table(table) => 2 + 2 * table.entries_len(),
        _ => 0,
    })
}

fn read(item: &Item, slot: usize) -> Seen<'_> {
    match_class!(match item {
        Node(node) => match slot {
            0 => any(node.left()),
            1 => node.right().map_or(Seen::Nothing, Seen::Strong),
            2 => node.weak().map_or(Seen::Nothing, Seen::Weak),
            _ => {
                let maybe = node.maybe();
                let strong = maybe.as_strong().map(|object| Seen::Strong(object.cast()));
                let weak = maybe.as_weak().map(|object| Seen::Weak(object.cast()));
                maybe.as_smi().map(Seen::Smi).or(strong).or(weak).unwrap_or(Seen::Nothing)
            }
        },
        Row(row) => any(row.elements(slot)),
        WeakRow(row) => row.elements(slot).map_or(Seen::Nothing, Seen::Weak),
        Table(table) => {
            let entry: &Entry = table.entry(slot).into();
            if slot.is_multiple_of(2) { Seen::Key(entry.key()) } else { any(entry.value()) }
        }
        _ => Seen::Nothing,
    })
}

/// Stores a reference or a Smi as the slot takes it.
fn write(item: &Item, slot: usize, to: Option<&Item>, number: i32) {
    let tagged = to.map_or(Tagged::<Any>::from(smi(number)), Tagged::<Any>::from);
    match_class!(match item {
        Node(node) => match (slot, to) {
            (0, _) => node.set_left(tagged),
            (1, _) => node.set_right(to),
            (2, _) => node.set_weak(to),
            (_, Some(to)) if number & 1 == 0 => node.set_maybe(Weakly(to.as_heap_object())),
            (_, Some(to)) => node.set_maybe(to.as_heap_object()),
            (_, None) => node.set_maybe(smi(number)),
        },
        Row(row) => row.set_elements(slot, tagged),
        WeakRow(row) => row.set_elements(slot, to),
        Table(table) if slot.is_multiple_of(2) => table.entry(slot).set_key(to),
        Table(table) => table.entry(slot).set_value(tagged),
        _ => {}
    })
}

/// How often weak callbacks of each object have run.
type Died = Arc<Mutex<HashMap<i32, u32>>>;

/// The model.
#[derive(Default)]
struct World {
    items: HashMap<i32, Vec<Held>>,
    next: i32,
    globals: Vec<Global<Item>>,
    weak_globals: Vec<(i32, WeakGlobal<Item>)>,
    died: Died,
    /// Keys of entries that were found cleared: they are dead, and stay so.
    dead_keys: HashSet<i32>,
    /// How many objects may be made at once: fewer where each costs a collection.
    crowd: usize,
}

impl World {
    fn find<'gc>(
        &self,
        scope: &'gc HandleScope<'_>,
        handles: &[Handle<'gc, Item>],
        input: &mut Input<'_>,
    ) -> Option<&'gc Item> {
        let count = handles.len() + self.globals.len();
        let (root, mut path) = (usize::from(input.byte()), usize::from(input.byte()));
        if count == 0 {
            return None;
        }
        let root = root % count;
        let mut item = match handles.get(root) {
            Some(handle) => handle.get(scope),
            None => self.globals[root - handles.len()].get(scope),
        };
        while path > 0 && slots(item) > 0 {
            let Seen::Strong(next) = read(item, path % slots(item)) else { break };
            (item, path) = (next, path / 5);
        }
        Some(item)
    }

    fn store(&mut self, holder: &Item, slot: usize, to: Option<&Item>, number: i32) {
        if slots(holder) > 0 {
            let slot = slot % slots(holder);
            let shadow = self.items.get_mut(&holder.id()).expect("what is found is known");
            let key = slot & !1;
            if let (Held::Key(known), Seen::Key(None)) = (shadow[key], read(holder, key)) {
                // Cleared, or a value without a key, which may have been: a part of it is stored now.
                self.dead_keys.extend(known);
                (shadow[key], shadow[key + 1]) = (Held::Key(None), read(holder, key + 1).held());
            }
            write(holder, slot, to, number);
            shadow[slot] = read(holder, slot).held();
            if let Some(to) = to {
                let is_it = |id: i32| id == to.id();
                assert!(matches!(shadow[slot], Held::Strong(id) | Held::Weak(id) | Held::Key(Some(id)) if is_it(id)));
            }
        }
    }

    /// A new object, if there is memory for it.
    fn make<'s>(
        &mut self,
        scope: &mut HandleScope<'s>,
        input: &mut Input<'_>,
        to: Option<Handle<'_, Item>>,
    ) -> Option<Handle<'s, Item>> {
        let (class, place, size) = (input.byte() % 8, input.byte() % 4, input.byte());
        // Most are small. Some are too large to be young, and some for a page.
        let size = match size {
            0..200 => usize::from(size) % 16,
            200..250 => usize::from(size - 200) * 10,
            250..253 => 9_000 + usize::from(size),
            _ => 40_000,
        };
        let id = self.next;
        self.next += 1;
        let parent = || ItemInit { id };
        let place = if place == 1 { AllocationType::Old } else { AllocationType::Young };
        let to_any: Handle<'_, Any> = to.map_or_else(|| scope.handle(smi(id)), Handle::to_any);
        let node = NodeInit { parent: parent(), left: to_any, right: to, weak: to, maybe: smi(id) };
        let made = match class {
            0..3 if place == AllocationType::Young && size % 4 == 0 => scope.reserve(Node::SIZE).map(|memory| {
                let node = Node::new_reserved(&memory, node);
                memory.handle(node).upcast()
            }),
            0..3 => Node::try_new_in(scope, place, node).map(Handle::upcast),
            3 | 4 => Row::try_new_in(scope, place, RowInit { parent: parent(), elements: Filled::new(to_any, size) })
                .map(Handle::upcast),
            5 => WeakRow::try_new_in(scope, place, WeakRowInit { parent: parent(), elements: Filled::new(to, size) })
                .map(Handle::upcast),
            6 => {
                let own = EntryInit { key: to, value: to_any };
                let entries = Filled::new(EntryInit { key: Nil, value: smi(0) }, size);
                Table::try_new_in(scope, place, TableInit { parent: parent(), own, entries }).map(Handle::upcast)
            }
            _ => {
                let bytes = Filled::new(id as u8, size * 3);
                Blob::try_new_in(scope, place, BlobInit { parent: parent(), bytes }).map(Handle::upcast)
            }
        };
        let handle: Handle<'s, Item> = made.ok()?;
        let item = handle.get(scope);
        let shadow = (0..slots(item)).map(|slot| read(item, slot).held()).collect();
        self.items.insert(id, shadow);
        Some(handle)
    }

    /// What the model's strong references reach, and values whose tables and keys are reached: round for round.
    fn reachable(&self, roots: impl Iterator<Item = i32>) -> HashSet<i32> {
        let (mut reached, mut pending) = (HashSet::new(), roots.collect::<Vec<_>>());
        let mut entries = Vec::new();
        while !pending.is_empty() {
            while let Some(id) = pending.pop() {
                if !reached.insert(id) {
                    continue;
                }
                let mut key = None;
                for held in &self.items[&id] {
                    match (*held, key.take()) {
                        (Held::Key(of_next), _) => key = Some(of_next),
                        (Held::Strong(id), None) => pending.push(id),
                        (Held::Strong(id), Some(Some(key))) => entries.push((key, id)),
                        _ => {}
                    }
                }
            }
            entries.retain(|(key, value)| {
                let is_alive = reached.contains(key);
                if is_alive {
                    pending.push(*value);
                }
                !is_alive
            });
        }
        reached
    }

    /// The heap is what the model is. Weak references that were cleared are so from now on in the model, too; where all that is
    /// dead has just been collected, they are cleared if and only if nothing else refers to their objects.
    fn compare(&mut self, scope: &HandleScope<'_>, handles: &[Handle<'_, Item>], is_precise: bool) {
        scope.verify().expect("a whole heap");
        let roots: Vec<&Item> = handles
            .iter()
            .map(|handle| handle.get(scope))
            .chain(self.globals.iter().map(|global| global.get(scope)))
            .collect();
        let reachable = self.reachable(roots.iter().map(|item| item.id()));
        let mut seen: HashMap<i32, usize> = HashMap::new();
        let (mut pending, mut cleared) = (roots, HashSet::new());
        self.weak_globals.retain(|(id, global)| match global.get(scope) {
            Some(item) => {
                assert_eq!(item.id(), *id);
                pending.push(item);
                true
            }
            None => {
                cleared.insert(*id);
                assert_eq!(self.died.lock().expect("no panic").get(id), Some(&1), "the callback of {id} runs once");
                false
            }
        });
        while let Some(item) = pending.pop() {
            let (id, address) = (item.id(), item.as_heap_object().address());
            if let Some(before) = seen.insert(id, address) {
                assert_eq!(before, address, "two objects are {id}");
                continue;
            }
            let shadow = self.items.get_mut(&id).unwrap_or_else(|| panic!("{id} was thought dead"));
            assert_eq!(slots(item), shadow.len());
            if let Some(blob) = item.try_cast::<Blob>() {
                assert!(blob.bytes_iter().all(|byte| byte == id as u8), "the bytes of {id}");
            }
            let mut has_lost_key = false;
            for (slot, held) in shadow.iter_mut().enumerate() {
                let found = read(item, slot);
                match (*held, found) {
                    (Held::Weak(dead), Seen::Nothing) => {
                        cleared.insert(dead);
                        *held = Held::Nothing;
                    }
                    (Held::Key(Some(dead)), Seen::Key(None)) => {
                        cleared.insert(dead);
                        *held = Held::Key(None);
                        // The value is gone with it.
                        assert!(matches!(read(item, slot + 1), Seen::Smi(0)), "the value of {dead} in {id}");
                        has_lost_key = true;
                    }
                    // What nothing keeps may go at any time, and has to in a full collection.
                    (Held::Key(None), Seen::Key(None)) => has_lost_key = true,
                    (_, Seen::Smi(0)) if has_lost_key => *held = Held::Smi(0),
                    _ => assert!(!has_lost_key || !is_precise, "slot {slot} of {id}, which has no key"),
                }
                has_lost_key &= matches!(found, Seen::Key(_));
                assert_eq!(found.held(), *held, "slot {slot} of {id}");
                pending.extend(found.item());
            }
        }
        assert_eq!(seen.values().collect::<HashSet<_>>().len(), seen.len(), "two objects at one address");
        self.dead_keys.extend(&cleared);
        assert!(self.dead_keys.iter().all(|id| !seen.contains_key(id)), "an entry of what lives was cleared");
        assert!(reachable.is_disjoint(&cleared) && reachable.iter().all(|id| seen.contains_key(id)));
        assert!(
            self.died.lock().expect("no panic").keys().all(|id| !reachable.contains(id)),
            "a callback of what lives"
        );
        let ids =
            |objects: HeapObjectIterator<'_, '_>| objects.instances_of::<Item>().map(Item::id).collect::<HashSet<_>>();
        assert_eq!(ids(scope.heap_objects().reachable()), reachable);
        if is_precise {
            assert_eq!(seen.len(), reachable.len(), "what is dead is collected");
            assert_eq!(ids(scope.heap_objects()), reachable);
        }
        self.items.retain(|id, _| seen.contains_key(id));
    }
}

/// Runs operations in one scope until it ends.
fn level(
    world: &mut World,
    scope: &mut HandleScope<'_>,
    outer: &[Handle<'_, Item>],
    input: &mut Input<'_>,
    depth: u32,
) {
    let mut own = Vec::new();
    macro_rules! handles {
        () => {
            &outer.iter().copied().chain(own.iter().copied()).collect::<Vec<Handle<'_, Item>>>()
        };
    }
    while !input.0.is_empty() {
        match input.byte() % 32 {
            0..8 => {
                let keep = input.byte() % 4;
                let mut inner = scope.nested();
                let to = world.find(&inner, handles!(), input).map(|item| inner.handle(item));
                let Some(made) = world.make(&mut inner, input, to) else { continue };
                match keep {
                    0 => world.globals.push(Global::new(&inner, made)),
                    1 => {}
                    _ => {
                        if let Some(holder) = world.find(&inner, handles!(), input) {
                            world.store(holder, input.number(), Some(made.get(&inner)), i32::from(keep));
                        }
                    }
                }
            }
            8..10 => {
                let to = world.find(scope, handles!(), input).map(|item| scope.handle(item));
                own.extend(to);
                own.extend(world.make(scope, input, to));
            }
            10..18 => {
                let handles = handles!();
                let to = if input.byte().is_multiple_of(8) { None } else { world.find(scope, handles, input) };
                if let Some(holder) = world.find(scope, handles, input) {
                    world.store(holder, input.number(), to, i32::from(input.byte()));
                }
            }
            18 => {
                // Through a weak reference, which makes it strong again.
                let found = world.find(scope, handles!(), input).and_then(|item| {
                    let count = slots(item);
                    if count == 0 { None } else { read(item, input.number() % count).item() }
                });
                own.extend(found.map(|item| scope.handle(item)));
            }
            19 => world.globals.extend(world.find(scope, handles!(), input).map(|item| Global::from_ref(scope, item))),
            20 | 21 if !world.globals.is_empty() => {
                drop(world.globals.swap_remove(input.number() % world.globals.len()))
            }
            22 => {
                if let Some(item) = world.find(scope, handles!(), input) {
                    let (id, died, handle) = (item.id(), Arc::clone(&world.died), scope.handle(item));
                    own.push(handle);
                    if world.weak_globals.iter().all(|(known, _)| *known != id) {
                        let callback = move |info: &mut heapwright::WeakCallbackInfo| {
                            *died.lock().expect("no panic").entry(id).or_default() += 1;
                            info.second_pass(|scope| drop(scope.verify()));
                        };
                        world.weak_globals.push((id, WeakGlobal::with_callback(scope, handle, callback)));
                    }
                }
            }
            23 if !world.weak_globals.is_empty() => {
                let index = input.number() % world.weak_globals.len();
                own.extend(world.weak_globals[index].1.get(scope).map(|item| scope.handle(item)));
            }
            24 if depth < 8 => level(world, &mut scope.nested(), handles!(), input, depth + 1),
            25 if depth > 0 => return,
            26 | 27 => {
                scope.collect(CollectionKind::Young);
                world.compare(scope, handles!(), false);
            }
            28 => {
                scope.collect(CollectionKind::Full);
                world.compare(scope, handles!(), true);
            }
            29 => {
                // Many small objects that die at once.
                for _ in 0..input.number() % world.crowd {
                    let mut inner = scope.nested();
                    let made =
                        Blob::try_new(&mut inner, BlobInit { parent: ItemInit { id: -1 }, bytes: Filled::new(0, 200) });
                    drop(made);
                }
                world.compare(scope, handles!(), false);
            }
            30 => scope.memory_pressure(MemoryPressureLevel::Critical),
            _ => world.compare(scope, handles!(), false),
        }
    }
}

/// Runs the program that the bytes are.
///
/// # Panics
///
/// If the heap is not what the model is.
pub fn run(data: &[u8]) {
    run_in(Isolate::builder(), data);
}

/// The same, in an isolate of this builder, but for its classes and sizes.
///
/// # Panics
///
/// If the heap is not what the model is.
pub fn run_in(builder: IsolateBuilder, data: &[u8]) {
    let mut input = Input(data);
    let (sizes, stress) = (input.byte(), input.byte());
    let mut builder = builder.classes(&CLASSES);
    if sizes & 1 == 1 {
        builder = builder.semi_space_size(256 << 10, 512 << 10);
    }
    builder = builder.max_heap_size(if sizes & 2 == 2 { 8 << 20 } else { 64 << 20 });
    if sizes & 4 == 4 {
        builder = builder.stress_compaction();
    }
    if sizes & 8 == 8 {
        builder = builder.stress_promotion(u64::from(sizes >> 4));
    }
    builder = match stress % 8 {
        0 | 1 => builder.stress(u32::from(stress >> 3) + 1, CollectionKind::Young),
        2 => builder.stress(u32::from(stress >> 3) + 1, CollectionKind::Full),
        3 => builder.stress(u32::from(stress >> 3) + 20, CollectionKind::Young).stress_marking(),
        4 => builder.incremental_marking(false),
        _ => builder,
    };
    let mut isolate = builder.build().expect("an isolate");
    let mut world = World { crowd: if stress % 8 < 4 { 40 } else { 2048 }, ..World::default() };
    level(&mut world, &mut isolate.enter(), &[], &mut input, 0);
    let mut scope = isolate.enter();
    world.globals.clear();
    scope.collect(CollectionKind::Full);
    world.compare(&scope, &[], true);
    assert!(world.items.is_empty() && world.weak_globals.is_empty());
    assert!(world.died.lock().expect("no panic").values().all(|count| *count == 1));
}
