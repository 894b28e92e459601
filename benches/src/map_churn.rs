//! A large hash map with chains, in which entries come and go.

use crate::common::{Latency, Outcome, Random, builder, collections, mix};
use heapwright::prelude::*;

/// A key with its value, and the next one of the same bucket.
#[heap_object]
struct Entry {
    key: i32,
    padding: OptionalPadding<4>,
    value: Tagged<Value>,
    next: Tagged<Option<Entry>>,
}

/// Fourteen integers.
#[heap_object]
struct Value {
    a: i32,
    b: i32,
    c: i32,
    d: i32,
    e: i32,
    f: i32,
    g: i32,
    h: i32,
    i: i32,
    j: i32,
    k: i32,
    l: i32,
    m: i32,
    n: i32,
}

/// The buckets.
#[heap_object]
struct Buckets {
    #[constant]
    length: Smi,
    #[length = length]
    buckets: [Tagged<Option<Entry>>],
}

heap_classes! { static CLASSES = [Entry, Value, Buckets]; }

impl Value {
    fn of<'r>(memory: &'r Reservation<'_, '_>, x: i32) -> &'r Value {
        let init = ValueInit {
            a: x,
            b: x ^ 1,
            c: x ^ 2,
            d: x ^ 3,
            e: x ^ 4,
            f: x ^ 5,
            g: x ^ 6,
            h: x,
            i: x ^ 1,
            j: x ^ 2,
            k: x ^ 3,
            l: x ^ 4,
            m: x ^ 5,
            n: x ^ 6,
        };
        Value::new_reserved(memory, init)
    }
}

impl Buckets {
    fn bucket(&self, key: i32) -> usize {
        mix(key as u32) as usize & (self.buckets_len() - 1)
    }

    fn insert(&self, memory: &Reservation<'_, '_>, key: i32) {
        let bucket = self.bucket(key);
        let value = Value::of(memory, key);
        let entry = Entry::new_reserved(memory, EntryInit { key, value, next: self.buckets(bucket) });
        self.set_buckets(bucket, entry);
    }

    /// The value of a key that is there.
    fn remove(&self, key: i32) -> &Value {
        let bucket = self.bucket(key);
        let mut previous: Option<&Entry> = None;
        let mut entry = self.buckets(bucket).expect("the key is there");
        while entry.key() != key {
            previous = Some(entry);
            entry = entry.next().expect("the key is there");
        }
        match previous {
            None => self.set_buckets(bucket, entry.next()),
            Some(previous) => previous.set_next(entry.next()),
        }
        entry.value()
    }
}

/// The keys that are in the map, and those that come next.
struct Keys {
    live: Vec<i32>,
    next: i32,
    random: Random,
    sum: i32,
}

impl Keys {
    fn insert(&mut self, scope: &mut HandleScope<'_>, map: Handle<'_, Buckets>) {
        let memory = scope.reserve(Value::SIZE + Entry::SIZE).expect("memory for an entry");
        map.get(&memory).insert(&memory, self.next);
        self.live.push(self.next);
        self.next += 1;
    }

    fn remove(&mut self, scope: &HandleScope<'_>, map: Handle<'_, Buckets>) {
        let place = self.random.next() as usize % self.live.len();
        let value = map.get(scope).remove(self.live[place]);
        self.sum = self.sum.wrapping_add(value.d());
        self.live.swap_remove(place);
    }
}

/// Grows the map to `count` entries, removing one for five that are added, then replaces half as many.
pub(crate) fn run(count: u32, bits: u32) -> Outcome {
    let builder = builder(&CLASSES).max_heap_size(3 << 30);
    let mut isolate = builder.build().expect("an isolate");
    let mut scope = isolate.enter();
    let map = Buckets::new(&mut scope, BucketsInit { buckets: Filled::new(Nil, 1 << bits) });
    let count = count as usize;
    let mut keys = Keys { live: Vec::with_capacity(count + 8), next: 0, random: Random::new(), sum: 0 };
    let mut latency = Latency::new();
    while keys.live.len() < count {
        for _ in 0..5 {
            keys.insert(&mut scope, map);
        }
        keys.remove(&scope, map);
        latency.step();
    }
    let grow = latency.elapsed();
    for _ in 0..count / 2 {
        keys.remove(&scope, map);
        keys.insert(&mut scope, map);
        latency.step();
    }
    let collections = collections(&scope);
    let (mut sum, mut live) = (keys.sum, 0);
    for first in map.get(&scope).buckets_iter() {
        for entry in std::iter::successors(first, |entry| entry.next()) {
            let value = entry.value();
            sum = sum.wrapping_add(value.a() ^ value.f()).wrapping_add(entry.key());
            live += 1;
        }
    }
    let more = format!(r#"{},"live":{live},"grow_s":{grow:.3}{collections}"#, latency.members());
    Outcome { checksum: u64::from(sum as u32), more, seconds: None }
}
