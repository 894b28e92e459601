//! Ephemerons: what their entries keep alive, by what the word means; when they have to be cleared; operations on them.

use super::classes::*;
use super::ops::{Class, How, Keep, Path, Value};
use super::slots::{Held, Seen, id, seen};
use super::world::{Shadow, World};
use heapwright::prelude::*;
use std::collections::HashSet;

/// Where the entries of an object begin, by what is known of its slots.
fn entries(slots: &[Held]) -> impl Iterator<Item = usize> {
    slots.iter().enumerate().filter(|(_, held)| matches!(held, Held::Key(..))).map(|(slot, _)| slot)
}

/// The slots of the entry that a slot is of.
fn entry_around(slots: &[Held], slot: usize) -> Option<core::ops::Range<usize>> {
    let start = (0..=slot).rev().find(|start| matches!(slots[*start], Held::Key(..)))?;
    let Held::Key(_, values) = slots[start] else { unreachable!() };
    (start..=start + values).contains(&slot).then_some(start..start + values + 1)
}

/// What lives, and how many of these live because of entries alone.
pub(crate) struct Alive {
    pub(crate) ids: HashSet<i32>,
    pub(crate) kept: usize,
}

impl World {
    /// What lives by the model: what strong references reach, and values whose table and key are reached, round for round.
    pub(crate) fn alive(&self) -> Alive {
        let mut alive = Alive { ids: HashSet::new(), kept: 0 };
        let mut pending: Vec<i32> = self.globals.iter().map(|global| global.0).chain(STONE_IDS).collect();
        // Those with entries.
        let mut tables = Vec::new();
        loop {
            while let Some(id) = pending.pop() {
                if !alive.ids.insert(id) {
                    continue;
                }
                let slots = &self.things[&id].slots;
                let mut end_of_entry = 0;
                for (slot, held) in slots.iter().enumerate() {
                    match *held {
                        Held::Key(_, values) => end_of_entry = slot + values + 1,
                        Held::Strong(id) if slot >= end_of_entry => pending.push(id),
                        _ => {}
                    }
                }
                if end_of_entry > 0 {
                    tables.push(id);
                }
            }
            for table in &tables {
                let slots = &self.things[table].slots;
                for start in entries(slots) {
                    let Held::Key(Some(key), values) = slots[start] else { continue };
                    if alive.ids.contains(&key) {
                        let values = slots[start + 1..=start + values].iter().filter_map(|held| match held {
                            Held::Strong(id) => Some(*id),
                            _ => None,
                        });
                        pending.extend(values.filter(|id| !alive.ids.contains(id)));
                    }
                }
            }
            pending.sort_unstable();
            pending.dedup();
            if pending.is_empty() {
                return alive;
            }
            alive.kept += pending.len();
        }
    }

    /// Compares an entry: all of it is there, or its key has died and nothing is. Returns the key that has.
    pub(crate) fn compare_entry(
        &mut self,
        model: &[Held],
        heap: &[Seen<'_>],
        alive: &HashSet<i32>,
        all_cleared: bool,
        place: &dyn Fn() -> String,
    ) -> Option<i32> {
        let (&[Held::Key(expected, _), ref expected_values @ ..], &[Seen::Key(key, _), ref values @ ..]) =
            (model, heap)
        else {
            panic!("{model:?} is no entry")
        };
        let is_cleared = values.iter().all(|value| matches!(value, Seen::Nothing | Seen::Smi(0)));
        let is_same = values.iter().map(|value| value.held()).eq(expected_values.iter().copied());
        let found = values.iter().map(|value| value.held());
        match (expected, key) {
            (Some(expected), Some(key)) => {
                assert_eq!(id(key), expected, "the key in {}", place());
                assert!(is_same, "{:?} instead of {expected_values:?} in {}", found.collect::<Vec<_>>(), place());
                assert!(!all_cleared || alive.contains(&expected), "the dead key {expected} is left in {}", place());
                if alive.contains(&expected) {
                    self.count.keys[key.space() as usize] += 1;
                    self.count.own_values += usize::from(expected_values.contains(&Held::Strong(expected)));
                }
                None
            }
            (Some(expected), None) => {
                assert!(!alive.contains(&expected), "the entry of the living {expected} was cleared: {}", place());
                assert!(is_cleared, "{:?} without a key in {}", found.collect::<Vec<_>>(), place());
                self.count.entries_cleared += 1;
                Some(expected)
            }
            (None, None) => {
                // Nothing keeps the values of no key. How soon they go is the collector's business, but all go.
                assert!(is_cleared || is_same && !all_cleared, "{:?} in {}", found.collect::<Vec<_>>(), place());
                None
            }
            (None, Some(key)) => panic!("the key {} out of nowhere in {}", id(key), place()),
        }
    }

    /// The model learns that an entry has been cleared, or the values of no key, before a part of it is stored.
    pub(crate) fn learn_of_clearing(&mut self, holder: &HeapObject, slot: usize) {
        let slots = &self.shadow(holder).slots;
        let Some(entry) = entry_around(slots, slot) else { return };
        let (known, now) = (slots[entry.clone()].to_vec(), &seen(holder)[entry.clone()]);
        if matches!(now[0], Seen::Key(None, _)) {
            let alive = self.alive().ids;
            self.compare_entry(&known, now, &alive, false, &|| format!("slot {} of {}", entry.start, id(holder)));
            let now: Vec<_> = now.iter().map(|seen| seen.held()).collect();
            self.shadow(holder).slots[entry].copy_from_slice(&now);
        }
    }

    /// The first object that strong references lead to that has entries.
    fn find_table<'gc>(&self, scope: &'gc HandleScope<'_>, path: Path) -> Option<&'gc HeapObject> {
        let mut pending = vec![self.find(scope, path)?];
        let mut reached = HashSet::new();
        while let Some(object) = pending.pop() {
            let slots = seen(object);
            if slots.iter().any(|slot| matches!(slot, Seen::Key(..))) {
                return Some(object);
            }
            if reached.insert(id(object)) {
                pending.extend(slots.iter().filter_map(|seen| match seen {
                    Seen::Strong(object) => Some(*object),
                    _ => None,
                }));
            }
        }
        None
    }

    /// Stores an entry, part by part.
    pub(crate) fn store_entry(
        &mut self,
        scope: &HandleScope<'_>,
        (holder, entry): (Path, u16),
        key: Path,
        values: &[Value; 2],
    ) {
        let Some(holder) = self.find_table(scope, holder) else { return };
        let slots = &self.shadow(holder).slots;
        let starts: Vec<_> = entries(slots).collect();
        let start = starts[usize::from(entry) % starts.len()];
        let Held::Key(_, count) = slots[start] else { unreachable!() };
        let key = self.find(scope, key).unwrap();
        self.store(holder, start, Seen::Weak(key), How::Set);
        for (i, value) in values.iter().take(count).enumerate() {
            let value = self.value(scope, *value);
            // What may be weak elsewhere is meant to be the key itself here.
            let value = if matches!(value, Seen::Weak(_)) { Seen::Strong(key) } else { value };
            self.store(holder, start + 1 + i, value, How::Set);
        }
    }

    /// A table whose values are the keys of other entries. Where the first key dies, all do: also if the last value is it.
    pub(crate) fn make_chain(
        &mut self,
        scope: &mut HandleScope<'_>,
        count: u8,
        is_ring: bool,
        places: u32,
        (keep_table, keep_first): (Keep, Keep),
    ) {
        let count = usize::from(count);
        let mut made = Vec::new();
        // As many keys, and after them what lies between them.
        for i in 0..=2 * count {
            // In a scavenge, old keys are known to live: a long way to go is one along young ones.
            let is_old = places >> 17 & 1 == 1 && places >> (i % 16) & 1 == 1;
            let place = if is_old { AllocationType::Old } else { AllocationType::Young };
            let id = self.next;
            self.next += 1;
            let parent = NodeInit { id };
            // Now and then a large one.
            let object = if i <= count && places >> 20 & 15 == i as u32 {
                let size = 70_000;
                let init =
                    TextInit { parent: CountedInit { parent, length: size }, units: Filled::new(7, size as usize) };
                let shadow = Shadow { class: Class::Text, slots: Vec::new(), size: size as usize, bits: 0, number: 0 };
                scope.try_new::<Text, _>(place, init).map(|made| (made.upcast(), shadow))
            } else {
                let init = ShapedInit { parent, left: smi(id), right: Nil };
                let slots = vec![Held::Smi(id), Held::Nothing];
                let shadow = Shadow { class: Class::Shaped, slots, size: 0, bits: 0, number: 0 };
                scope.try_new::<Shaped, _>(place, init).map(|made| (made.upcast(), shadow))
            };
            match object {
                Ok((object, shadow)) => {
                    self.settle(scope, object, shadow, Keep::Nothing);
                    made.push((id, object));
                }
                Err(error) => return self.failed(&error),
            }
        }
        let between = made.split_off(count + 1);
        let id = self.next;
        self.next += 1;
        let parent = CountedInit { parent: NodeInit { id }, length: count as u32 };
        let init = TableInit { parent, entries: Filled::new(PairInit { key: Nil, value: smi(0) }, count) };
        let place = if places >> 19 & 1 == 1 { AllocationType::Old } else { AllocationType::Young };
        let table = match scope.try_new::<Table, _>(place, init) {
            Ok(table) => table,
            Err(error) => return self.failed(&error),
        };
        let slots = [Held::Key(None, 1), Held::Smi(0)].repeat(count);
        let shadow = Shadow { class: Class::Table, slots, size: count, bits: 0, number: 0 };
        self.settle(scope, table.upcast(), shadow, keep_table);
        for i in 0..count {
            let at = table.get(scope).as_heap_object();
            let value = if is_ring && i + 1 == count { 0 } else { i + 1 };
            // The last entry first: each round over the table finds one.
            let slot = 2 * (count - 1 - i);
            let next = made[value].1.get(scope);
            let mut leads_on = next;
            if places >> 18 & 1 == 1 {
                // The value is not the next key, but leads to it.
                leads_on = between[i].1.get(scope);
                self.store(leads_on, 0, Seen::Strong(next), How::Set);
            }
            self.store(at, slot, Seen::Weak(made[i].1.get(scope)), How::Set);
            self.store(at, slot + 1, Seen::Strong(leads_on), How::Set);
        }
        match keep_first {
            Keep::Global => self.globals.push((made[0].0, Global::new(scope, made[0].1))),
            Keep::Field(holder, slot) => {
                if let Some(holder) = self.find(scope, holder) {
                    self.store(holder, usize::from(slot), Seen::Strong(made[0].1.get(scope)), How::Set);
                }
            }
            Keep::Nothing => {}
        }
    }
}
