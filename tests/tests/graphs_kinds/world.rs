//! The shadow model of one heap, and the operations on both.

use super::classes::*;
use super::entries::Alive;
use super::ops::{Class, How, Keep, Op, Path, Value};
use super::slots::{
    Held, Seen, check_shape, class_of, id, instructions, is_known, is_spliced, parts, raw, seen, slots,
};
use heapwright::code::InstructionStream;
use heapwright::inspect::HeapObjectIterator;
use heapwright::{Map, SpaceId, prelude::*};
use std::collections::{HashMap, HashSet};

#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    pub(crate) class: Class,
    pub(crate) slots: Vec<Held>,
    pub(crate) size: usize,
    pub(crate) bits: u32,
    pub(crate) number: u32,
}

/// The shadow of one heap. Its roots are globals, and stones.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) things: HashMap<i32, Shadow>,
    pub(crate) next: i32,
    pub(crate) globals: Vec<(i32, Global<HeapObject>)>,
    /// Where maps and large objects lie: they never move.
    fixed: HashMap<i32, usize>,
    /// Whether memory may run out; then what fails does nothing.
    is_tight: bool,
    pub(crate) count: Count,
}

/// What happened in cases, so that a test can tell that it did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) failures: usize,
    pub(crate) copies: usize,
    pub(crate) of_kinds: usize,
    pub(crate) large: usize,
    /// Weak references that were cleared.
    pub(crate) cleared: usize,
    /// Slots that lead past dead members to a living one.
    pub(crate) spliced: usize,
    /// Ephemerons whose keys have died.
    pub(crate) entries_cleared: usize,
    /// Objects that were found to live because of entries alone.
    pub(crate) kept_by_entries: usize,
    /// Entries with one object as key and value.
    pub(crate) own_values: usize,
    /// Entries with living keys, by the space of the key.
    pub(crate) keys: [usize; SpaceId::ALL.len()],
    /// How often the collector went over to the linear algorithm for ephemerons.
    pub(crate) linear: u64,
}

impl core::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.failures += other.failures;
        self.copies += other.copies;
        self.of_kinds += other.of_kinds;
        self.large += other.large;
        self.cleared += other.cleared;
        self.spliced += other.spliced;
        self.entries_cleared += other.entries_cleared;
        self.kept_by_entries += other.kept_by_entries;
        self.own_values += other.own_values;
        self.keys.iter_mut().zip(other.keys).for_each(|(sum, more)| *sum += more);
        self.linear += other.linear;
    }
}

impl World {
    pub(crate) fn new(is_tight: bool) -> World {
        let stone = Shadow { class: Class::Stone, slots: Vec::new(), size: 0, bits: 0, number: 0 };
        let things = STONE_IDS.into_iter().map(|id| (id, stone.clone())).collect();
        World { is_tight, things, ..World::default() }
    }

    /// The object that a path leads to, by the heap's own strong references.
    pub(crate) fn find<'gc>(&self, scope: &'gc HandleScope<'_>, path: Path) -> Option<&'gc HeapObject> {
        let root = self.globals.get(usize::from(path.root) % self.globals.len().max(1))?;
        match path.root {
            0..1000 => return Some(scope.first_stone().as_heap_object()),
            1000..2000 => return Some(scope.second_stone().as_heap_object()),
            _ => {}
        }
        let mut object = root.1.get(scope);
        let mut turns = path.turns as usize;
        for _ in 0..path.steps {
            let mut next = Vec::new();
            slots(object, &mut |seen, _| {
                if let Seen::Strong(object) = seen {
                    next.push(object);
                }
            });
            if next.is_empty() {
                break;
            }
            object = next[turns % next.len()];
            turns /= 7;
        }
        Some(object)
    }

    pub(crate) fn shadow(&mut self, object: &HeapObject) -> &mut Shadow {
        let id = id(object);
        self.things.get_mut(&id).unwrap_or_else(|| panic!("object {id} was thought dead"))
    }

    pub(crate) fn store<'gc>(&mut self, holder: &'gc HeapObject, slot: usize, value: Seen<'gc>, how: How) {
        let count = self.shadow(holder).slots.len();
        if count == 0 {
            return;
        }
        let slot = slot % count;
        self.learn_of_clearing(holder, slot);
        let (mut at, mut stored) = (0, None);
        slots(holder, &mut |_, put| {
            if at == slot {
                stored = put(value, how);
            }
            at += 1;
        });
        if let Some(stored) = stored {
            self.shadow(holder).slots[slot] = stored.held();
        }
    }

    pub(crate) fn failed(&mut self, error: &dyn core::fmt::Display) {
        assert!(self.is_tight, "{error}");
        self.count.failures += 1;
    }

    /// Makes a new object known and keeps it alive, or not.
    pub(crate) fn settle<'s>(
        &mut self,
        scope: &HandleScope<'s>,
        object: Handle<'s, HeapObject>,
        shadow: Shadow,
        keep: Keep,
    ) {
        let made = object.get(scope);
        raw(made, shadow.number, true);
        if made.is::<Map>() {
            assert_eq!(made.space(), SpaceId::Map);
        }
        self.count.large += usize::from(matches!(made.space(), SpaceId::NewLargeObject | SpaceId::LargeObject));
        self.things.insert(id(made), shadow);
        match keep {
            Keep::Global => self.globals.push((id(made), Global::new(scope, object))),
            Keep::Field(holder, slot) => {
                if let Some(holder) = self.find(scope, holder) {
                    self.store(holder, slot.into(), Seen::Strong(made), How::Set);
                }
            }
            Keep::Nothing => {}
        }
    }

    /// A new object, all of whose slots hold the target as the slots' types admit it.
    pub(crate) fn make(
        &mut self,
        scope: &mut HandleScope<'_>,
        (class, is_old, size, bits): (Class, bool, usize, u32),
        target: Path,
        keep: Keep,
    ) {
        let id = self.next;
        self.next += 1;
        let place = if is_old { AllocationType::Old } else { AllocationType::Young };
        let target: Handle<'_, HeapObject> = match self.find(scope, target) {
            Some(target) => scope.handle(target),
            None => {
                // The first of all.
                let first = SitesInit { parent: NodeInit { id }, first: Nil, plain: Nil, second: Nil };
                let first = match scope.try_new::<Sites, _>(place, first) {
                    Ok(first) => first,
                    Err(error) => return self.failed(&error),
                };
                let shadow = Shadow { class: Class::Sites, slots: vec![Held::Nothing; 3], size: 0, bits: 0, number: 0 };
                return self.settle(scope, first.upcast(), shadow, Keep::Global);
            }
        };
        let parent = NodeInit { id };
        let at = target.get(scope);
        let known = self::id(at);
        // Handles of the target as each kind of slot takes it.
        let node = at.try_cast::<Node>().map(|node| scope.handle(node));
        let member = at.try_cast::<Site>().map(|site| scope.handle(site));
        let (strong, weak) = (Held::Strong(known), Held::Weak(known));
        let option = if node.is_some() { strong } else { Held::Nothing };
        let weak_node = if node.is_some() { weak } else { Held::Nothing };
        let weak_site = if member.is_some() { weak } else { Held::Nothing };
        let link = LinkInit { to: target, near: smi(id), number: 0, far: node };
        let link_slots = [strong, Held::Smi(id), weak_node];
        // Key and value are one object, or there is no key.
        let (key, held_key) = if bits & 0x300 == 0 { (None, None) } else { (Some(target), Some(known)) };
        let pair = PairInit { key, value: target };
        let pair_slots = vec![Held::Key(held_key, 1), strong];
        let triple = TripleInit { key: node, number: 0, first: node, second: smi(id) };
        let triple_slots = [Held::Key(node.is_some().then_some(known), 2), option, Held::Smi(id)];
        let counted = CountedInit { parent: NodeInit { id }, length: size as u32 };
        let number = bits.rotate_left(9);
        let shadow = |slots: Vec<Held>| Shadow { class, slots, size, bits, number };
        let made: Result<(Handle<'_, HeapObject>, Vec<Held>), OutOfMemory> = match class {
            Class::Packet => {
                let parts = parts(bits);
                let links = if parts.has_links() { 2 * size } else { 0 };
                let weaks = size / 2 + usize::from(parts.more());
                let init = PacketInit {
                    parent,
                    parts,
                    count: size as i32,
                    head: link,
                    maybe: Weakly(target),
                    links: Filled::new(link, links),
                    note: parts.has_note().then_some(node),
                    friend: parts.has_friend().then_some(node),
                    nears: Filled::new(smi(id), size),
                    pair: parts.has_pair().then_some(link),
                    weaks: Filled::new(node, weaks),
                    bytes: Filled::new(0, 3 * size + 1),
                };
                let mut slots = link_slots.to_vec();
                slots.push(weak);
                (0..links).for_each(|_| slots.extend(link_slots));
                slots.extend(parts.has_note().then_some(option));
                slots.extend(parts.has_friend().then_some(weak_node));
                slots.extend(vec![Held::Smi(id); size]);
                slots.extend(parts.has_pair().then_some(link_slots).into_iter().flatten());
                slots.extend(vec![weak_node; weaks]);
                scope.try_new::<Packet, _>(place, init).map(|made| (made.upcast(), slots))
            }
            Class::Row => {
                let made = if bits & 1 == 0 {
                    let values = Filled::new(Weakly(target), size);
                    scope.try_new::<Row, _>(place, RowInit { parent: counted, values })
                } else {
                    scope.try_new::<Row, _>(place, RowInit { parent: counted, values: Filled::new(target, size) })
                };
                made.map(|made| (made.upcast(), vec![if bits & 1 == 0 { weak } else { strong }; size]))
            }
            Class::Text => {
                let init = TextInit { parent: counted, units: Filled::new(7, size) };
                scope.try_new::<Text, _>(place, init).map(|made| (made.upcast(), Vec::new()))
            }
            Class::Short => {
                let init = ShortInit { parent, flag: 0, values: Filled::new(smi(id), size) };
                scope.try_new::<Short, _>(place, init).map(|made| (made.upcast(), vec![Held::Smi(id); size]))
            }
            Class::Site => {
                let init = SiteInit { parent, next: member, keeps: target };
                scope.try_new::<Site, _>(place, init).map(|made| (made.upcast(), vec![weak_site, strong]))
            }
            Class::BigSite => {
                let parent = SiteInit { parent, next: member, keeps: target };
                let init = BigSiteInit { parent, other: member, number: 0 };
                scope.try_new::<BigSite, _>(place, init).map(|made| (made.upcast(), vec![weak_site, strong, weak_site]))
            }
            Class::Sites => {
                let init = SitesInit { parent, first: member, plain: member, second: member };
                scope.try_new::<Sites, _>(place, init).map(|made| (made.upcast(), vec![weak_site; 3]))
            }
            Class::Kind => {
                let parent = scope.map_init::<Shaped>();
                let init = KindInit { parent, id, extra: target, friend: node, maybe: Weakly(target) };
                Kind::try_new(scope, init).map(|made| (made.upcast(), vec![strong, weak_node, weak]))
            }
            Class::Shaped => {
                let init = ShapedInit { parent, left: target, right: node };
                scope.try_new::<Shaped, _>(place, init).map(|made| (made.upcast(), vec![strong, option]))
            }
            Class::Table => {
                let init = TableInit { parent: counted, entries: Filled::new(pair, size) };
                let slots = pair_slots.repeat(size);
                scope.try_new::<Table, _>(place, init).map(|made| (made.upcast(), slots))
            }
            Class::Hook => {
                let init = HookInit { parent, before: node, own: pair, after: smi(id) };
                let slots = [vec![weak_node], pair_slots, vec![Held::Smi(id)]].concat();
                scope.try_new::<Hook, _>(place, init).map(|made| (made.upcast(), slots))
            }
            Class::Web => {
                let parts = parts(bits);
                let pairs = if parts.has_links() { 2 * size } else { 0 };
                let init = WebInit {
                    parent: HookInit { parent, before: node, own: pair, after: target },
                    parts,
                    more: triple,
                    count: size as i32,
                    note: parts.has_note().then_some(triple),
                    triples: Filled::new(triple, size),
                    strongs: Filled::new(target, size / 2),
                    pair: parts.has_pair().then_some(pair),
                    pairs: Filled::new(pair, pairs),
                    friend: parts.has_friend().then_some(node),
                };
                let mut slots = [vec![weak_node], pair_slots.clone(), vec![strong]].concat();
                slots.extend(triple_slots.repeat(1 + usize::from(parts.has_note()) + size));
                slots.extend(vec![strong; size / 2]);
                slots.extend(pair_slots.repeat(usize::from(parts.has_pair()) + pairs));
                slots.extend(parts.has_friend().then_some(weak_node));
                scope.try_new::<Web, _>(place, init).map(|made| (made.upcast(), slots))
            }
            Class::Code => {
                InstructionStream::try_new(scope, &instructions(id, size)).map(|made| (made.upcast(), Vec::new()))
            }
            Class::Stone => unreachable!("made with the isolate"),
        };
        match made {
            Ok((made, slots)) => self.settle(scope, made, shadow(slots), keep),
            Err(error) => self.failed(&error),
        }
    }

    /// The first map that strong references lead to.
    fn find_kind<'gc>(&self, scope: &'gc HandleScope<'_>, path: Path) -> Option<&'gc Kind> {
        let mut pending = vec![self.find(scope, path)?];
        let mut reached = HashSet::new();
        while let Some(object) = pending.pop() {
            if let Some(kind) = object.try_cast::<Kind>() {
                return Some(kind);
            }
            if reached.insert(id(object)) {
                pending.extend(seen(object).iter().filter_map(|seen| match seen {
                    Seen::Strong(object) => Some(*object),
                    _ => None,
                }));
            }
        }
        None
    }

    /// A new object with a map of its own, if the path leads to one.
    fn make_of_kind(&mut self, scope: &mut HandleScope<'_>, kind: Path, is_old: bool, target: Path, keep: Keep) {
        let Some(kind) = self.find_kind(scope, kind) else { return };
        let (kind_id, kind) = (kind.id(), scope.handle(kind));
        let target = scope.handle(self.find(scope, target).unwrap());
        let target_id = id(target.get(scope));
        let place = if is_old { AllocationType::Old } else { AllocationType::Young };
        let init = ShapedInit { parent: NodeInit { id: self.next }, left: target, right: Nil };
        self.next += 1;
        match scope.try_new_with_map::<Shaped, _, _>(place, kind, init) {
            Ok(made) => {
                self.count.of_kinds += 1;
                let slots = vec![Held::Strong(target_id), Held::Nothing, Held::Strong(kind_id)];
                let shadow = Shadow { class: Class::Shaped, slots, size: 0, bits: 0, number: 0 };
                self.settle(scope, made.upcast(), shadow, keep);
            }
            Err(error) => self.failed(&error),
        }
    }

    pub(crate) fn copy(&mut self, scope: &mut HandleScope<'_>, source: Path, is_old: bool, keep: Keep) {
        let Some(source) = self.find(scope, source) else { return };
        let class = class_of(source);
        let source = scope.handle(source);
        let place = if is_old { AllocationType::Old } else { AllocationType::Young };
        macro_rules! copy {
            ($Class:ident) => {{
                let source = scope.handle(source.get(scope).cast::<$Class>());
                $Class::try_copy_in(scope, place, source).map(Handle::upcast)
            }};
        }
        let made = match class {
            Class::Packet => copy!(Packet),
            Class::Row => copy!(Row),
            Class::Table => copy!(Table),
            Class::Web => copy!(Web),
            Class::Shaped => copy!(Shaped),
            _ => return,
        };
        let copy: Handle<'_, Node> = match made {
            Ok(copy) => copy,
            Err(error) => return self.failed(&error),
        };
        let mut shadow = self.shadow(source.get(scope)).clone();
        // Making the copy may have cleared what the source refers to weakly; then it is not in the copy either.
        let (mut is_cleared, mut of_entry) = (false, 0);
        for (held, seen) in shadow.slots.iter_mut().zip(seen(source.get(scope))) {
            match (*held, seen) {
                (Held::Weak(_), Seen::Nothing) => *held = Held::Nothing,
                (Held::Key(..), Seen::Key(key, values)) => {
                    is_cleared = key.is_none();
                    of_entry = values;
                    *held = seen.held();
                }
                _ if of_entry > 0 => {
                    of_entry -= 1;
                    if is_cleared {
                        *held = seen.held();
                    }
                }
                _ => {}
            }
        }
        self.count.copies += 1;
        copy.get(scope).set_id(self.next);
        self.next += 1;
        self.settle(scope, copy.upcast(), shadow, keep);
    }

    /// A weak list of new members behind one another, the first in a slot of the holder.
    pub(crate) fn make_sites(
        &mut self,
        scope: &mut HandleScope<'_>,
        count: u8,
        keep_one_in: u8,
        into: (Path, u16),
        keeper: Path,
    ) {
        let mut last: Option<(i32, Handle<'_, Site>)> = None;
        for i in 0..count {
            let id = self.next;
            self.next += 1;
            let init = SiteInit { parent: NodeInit { id }, next: last.map(|last| last.1), keeps: smi(0) };
            let place = if id % 5 == 0 { AllocationType::Old } else { AllocationType::Young };
            let made = match scope.try_new::<Site, _>(place, init) {
                Ok(made) => made,
                Err(error) => return self.failed(&error),
            };
            let next = last.map_or(Held::Nothing, |last| Held::Weak(last.0));
            let slots = vec![next, Held::Smi(0)];
            let shadow = Shadow { class: Class::Site, slots, size: 0, bits: 0, number: 0 };
            let keep = if i % keep_one_in == 0 { Keep::Field(keeper, u16::from(i)) } else { Keep::Nothing };
            self.settle(scope, made.upcast(), shadow, keep);
            last = Some((id, made));
        }
        if let (Some(holder), Some((_, first))) = (self.find(scope, into.0), last) {
            self.store(holder, into.1.into(), Seen::Weak(first.get(scope).as_heap_object()), How::Set);
        }
    }

    /// Compares all that the roots lead to, by weak references too. `all_cleared`: right after a full collection, when no
    /// weak reference to what is dead may be left.
    pub(crate) fn compare(&mut self, scope: &HandleScope<'_>, all_cleared: bool) {
        let Alive { ids: reachable, kept } = self.alive();
        self.count.kept_by_entries += kept;
        let mut pending: Vec<(i32, &HeapObject)> =
            self.globals.iter().map(|(id, global)| (*id, global.get(scope))).collect();
        let stones = [scope.first_stone(), scope.second_stone()].map(Stone::as_heap_object);
        pending.extend(STONE_IDS.into_iter().zip(stones));
        let mut cleared = HashSet::new();
        let mut addresses: HashMap<i32, usize> = HashMap::new();
        // What slots hold now, written back when all chains of dead members have been followed.
        let mut found: Vec<(i32, Vec<Held>)> = Vec::new();
        while let Some((id, object)) = pending.pop() {
            assert_eq!(self::id(object), id, "another object than that which was stored");
            let address = object.address();
            if let Some(known) = addresses.insert(id, address) {
                assert_eq!(known, address, "object {id} exists twice");
                continue;
            }
            if !matches!(object.space(), SpaceId::New | SpaceId::Old) {
                assert_eq!(*self.fixed.entry(id).or_insert(address), address, "{id} moved");
            }
            let shadow = self.things.get(&id).unwrap_or_else(|| panic!("object {id} came back from the dead")).clone();
            assert_eq!(class_of(object), shadow.class);
            check_shape(object, shadow.size, shadow.bits);
            raw(object, shadow.number, false);
            let seen = seen(object);
            assert_eq!(seen.len(), shadow.slots.len());
            let mut end_of_entry = 0;
            for (slot, (heap, model)) in seen.iter().zip(&shadow.slots).enumerate() {
                let place = || format!("slot {slot} of {id}, a {:?}", shadow.class);
                if let Held::Key(_, values) = *model {
                    end_of_entry = slot + 1 + values;
                    let entry = slot..end_of_entry;
                    let (model, heap) = (&shadow.slots[entry.clone()], &seen[entry]);
                    cleared.extend(self.compare_entry(model, heap, &reachable, all_cleared, &place));
                }
                if slot < end_of_entry {
                    continue;
                }
                let Held::Weak(mut expected) = *model else {
                    assert_eq!(heap.held(), *model, "{}", place());
                    continue;
                };
                let mut passed = HashSet::new();
                loop {
                    match heap.held() {
                        Held::Weak(id) if id == expected => {
                            assert!(!all_cleared || reachable.contains(&id), "the dead {id} is left in {}", place());
                            self.count.spliced += usize::from(!passed.is_empty());
                            break;
                        }
                        Held::Weak(_) | Held::Nothing => {}
                        other => panic!("{other:?} instead of weak {expected} in {}", place()),
                    }
                    assert!(!reachable.contains(&expected), "the living {expected} was cleared from {}", place());
                    cleared.insert(expected);
                    let next = match is_spliced(shadow.class, slot) && passed.insert(expected) {
                        true => self.things[&expected].slots[0],
                        false => Held::Nothing,
                    };
                    match next {
                        Held::Weak(next) => expected = next,
                        _ => {
                            assert_eq!(heap.held(), Held::Nothing, "after {expected} in {}", place());
                            self.count.cleared += 1;
                            break;
                        }
                    }
                }
            }
            pending.extend(seen.iter().filter_map(|seen| seen.object()).map(|object| (self::id(object), object)));
            found.push((id, seen.iter().map(|seen| seen.held()).collect()));
        }
        let both: Vec<_> = cleared.iter().filter(|id| addresses.contains_key(id)).collect();
        assert!(both.is_empty(), "cleared in one place and left in another: {both:?}");
        let distinct: HashSet<_> = addresses.values().collect();
        assert_eq!(distinct.len(), addresses.len(), "two objects at one address");
        assert!(reachable.iter().all(|id| addresses.contains_key(id)));
        if all_cleared {
            // No more lives than what lives by the model, wherever it is; and whoever looks without collecting knows.
            let ids = |objects: HeapObjectIterator<'_, '_>| -> HashSet<i32> {
                objects.filter(|object| is_known(object)).map(id).collect()
            };
            assert_eq!(ids(scope.heap_objects()), reachable, "what is dead is gone");
            assert_eq!(ids(scope.heap_objects().reachable()), reachable);
        }
        for (id, slots) in found {
            self.things.get_mut(&id).unwrap().slots = slots;
        }
        // What nothing shows any more cannot come back.
        self.things.retain(|id, _| addresses.contains_key(id));
        self.fixed.retain(|id, _| addresses.contains_key(id));
    }

    pub(crate) fn value<'gc>(&self, scope: &'gc HandleScope<'_>, value: Value) -> Seen<'gc> {
        match value {
            Value::Nothing => Seen::Nothing,
            Value::Smi(n) => Seen::Smi(n),
            Value::Strong(path) => Seen::Strong(self.find(scope, path).unwrap()),
            Value::Weak(path) => Seen::Weak(self.find(scope, path).unwrap()),
        }
    }

    pub(crate) fn step(&mut self, outer: &mut HandleScope<'_>, op: &Op) {
        let scope = &mut outer.nested();
        match *op {
            Op::New { class, is_old, size, bits, target, keep } => {
                self.make(scope, (class, is_old, size, bits), target, keep);
            }
            Op::NewOfKind { kind, is_old, target, keep } => self.make_of_kind(scope, kind, is_old, target, keep),
            Op::Copy { source, is_old, keep } => self.copy(scope, source, is_old, keep),
            Op::Sites { holder, slot, count, keep_one_in, keeper } => {
                self.make_sites(scope, count, keep_one_in, (holder, slot), keeper);
            }
            Op::Store { holder, slot, value, how } => {
                let Some(holder) = self.find(scope, holder) else { return };
                let value = self.value(scope, value);
                self.store(holder, slot.into(), value, how);
            }
            Op::Entry { holder, entry, key, ref values } => self.store_entry(scope, (holder, entry), key, values),
            Op::Chain { count, is_ring, places, table, first } => {
                self.make_chain(scope, count, is_ring, places, (table, first));
            }
            Op::StoreWeaklyReferred { holder, slot, from, from_slot } => {
                let Some(holder) = self.find(scope, holder) else { return };
                let weak: Vec<_> = seen(self.find(scope, from).unwrap())
                    .into_iter()
                    .filter_map(|seen| match seen {
                        Seen::Weak(object) => Some(object),
                        Seen::Key(key, _) => key,
                        _ => None,
                    })
                    .collect();
                if let Some(object) = weak.get(usize::from(from_slot) % weak.len().max(1)) {
                    self.store(holder, slot.into(), Seen::Strong(object), How::Set);
                }
            }
            Op::Fill { holder, number } => {
                if let Some(holder) = self.find(scope, holder) {
                    raw(holder, number, true);
                    self.shadow(holder).number = number;
                }
            }
            Op::MakeGlobal(path) => {
                if let Some(object) = self.find(scope, path) {
                    self.globals.push((id(object), Global::from_ref(scope, object)));
                }
            }
            Op::DropGlobal(index) => {
                if self.globals.len() > 1 {
                    let index = usize::from(index) % self.globals.len();
                    self.globals.swap_remove(index);
                }
            }
            Op::Collect(kind) => {
                scope.collect(kind);
                self.compare(scope, kind == CollectionKind::Full);
            }
            Op::Compare => {
                scope.verify().unwrap();
                self.compare(scope, false);
            }
        }
    }
}
