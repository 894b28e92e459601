//! An iterator over all objects of the heap.

use crate::gc::{Entry, map_of, object_size, size_of_object, visit_slots_and_ephemerons};
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::memory::MemoryChunk;
use crate::spaces::SpaceId;
use crate::tagged::{HeapClass, HeapObject, TaggedCell, Word};
use core::sync::atomic::Ordering;
use std::collections::{HashMap, HashSet};

/// All objects of a heap, or those of a space, of a class, or that are reachable; from [`HandleScope::heap_objects`].
///
/// It borrows the scope, as what it returns does: nothing is collected, and nothing moves, while either is in use.
/// V8: `HeapObjectIterator`.
pub struct HeapObjectIterator<'gc, 's> {
    scope: &'gc HandleScope<'s>,
    /// The addresses of those still to be looked through.
    chunks: std::vec::IntoIter<usize>,
    /// Objects of the chunk at hand.
    found: std::vec::IntoIter<usize>,
    reachable: Option<HashSet<usize>>,
}

impl<'gc> HeapObjectIterator<'gc, '_> {
    /// Only objects in this space.
    #[must_use]
    pub fn in_space(mut self, space: SpaceId) -> Self {
        let chunks: Vec<_> = self.chunks.filter(|chunk| MemoryChunk::of(*chunk).space() == space).collect();
        self.chunks = chunks.into_iter();
        self
    }

    /// Only objects that roots reach, through other objects but not through weak references: what a full collection would
    /// keep. Follows all references before it returns, and takes a word and a half outside the heap for each such object. V8:
    /// `HeapObjectsFiltering::kFilterUnreachable`.
    #[must_use]
    pub fn reachable(mut self) -> Self {
        self.reachable = Some(self.scope.data().reachable_objects());
        self
    }

    /// Only objects of class `T` and of classes below it, as that.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// for x in 1..=100 {
    ///     Point::new(&mut scope.nested(), PointInit { x }); // the handle is gone at once
    /// }
    /// let sum = |points: HeapObjectIterator<'_, '_>| points.instances_of::<Point>().map(Point::x).sum::<i32>();
    /// # use heapwright::inspect::HeapObjectIterator;
    /// assert_eq!(sum(scope.heap_objects()), 5050); // dead, and not collected yet
    /// assert_eq!(sum(scope.heap_objects().reachable()), 0);
    /// ```
    pub fn instances_of<T: HeapClass>(self) -> impl Iterator<Item = &'gc T> {
        self.filter(|object| object.is_instance_of::<T>()).map(|object| {
            // SAFETY: an object of the class, or of one below it; borrowed as long.
            unsafe { Word::strong(object.address()).as_object() }
        })
    }
}

impl<'gc> Iterator for HeapObjectIterator<'gc, '_> {
    type Item = &'gc HeapObject;

    fn next(&mut self) -> Option<&'gc HeapObject> {
        loop {
            let is_wanted = |address: &usize| self.reachable.as_ref().is_none_or(|wanted| wanted.contains(address));
            if let Some(address) = self.found.find(is_wanted) {
                // SAFETY: the walk of its chunk found a whole object here. `self` borrows the scope for `'gc`, so nothing has
                // been collected since, and nothing will be as long as the reference lives.
                return Some(unsafe { Word::strong(address).as_object() });
            }
            self.found = self.scope.data().objects_of(MemoryChunk::of(self.chunks.next()?)).into_iter();
        }
    }
}

impl core::fmt::Debug for HeapObjectIterator<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HeapObjectIterator of isolate {}", self.scope.isolate_id())
    }
}

impl IsolateData {
    /// The addresses of a chunk's objects. All at once, so that the walk does not depend on what a reservation makes meanwhile.
    fn objects_of(&self, chunk: &'static MemoryChunk) -> Vec<usize> {
        let mut objects = Vec::new();
        let _ = self.heap.walk_chunk::<()>(chunk, |address| {
            if !self.heap.is_filler(address) {
                objects.push(address);
            }
            // SAFETY: the walk stands at an object.
            Ok(unsafe { size_of_object(address) })
        });
        objects
    }

    /// The addresses of what roots reach; through the values of ephemerons, if they reach their keys.
    pub(super) fn reachable_objects(&self) -> HashSet<usize> {
        let (mut reached, mut pending) = (HashSet::new(), Vec::new());
        let mut reach = |pending: &mut Vec<usize>, word: Word| {
            if word.is_strong() && reached.insert(word.address()) {
                pending.push(word.address());
            }
        };
        for chunk in self.heap.read_only_space.chunks() {
            self.objects_of(chunk).into_iter().for_each(|address| reach(&mut pending, Word::strong(address)));
        }
        self.maps.iter().for_each(|map| reach(&mut pending, *map));
        self.for_each_root(|word| {
            reach(&mut pending, word);
            word
        });
        let load = |slot: &TaggedCell| slot.load(Ordering::Relaxed);
        let mut visited = HashSet::new();
        // Entries by keys that have not been visited.
        let mut waiting: HashMap<usize, Vec<Entry>> = HashMap::new();
        while let Some(address) = pending.pop() {
            visited.insert(address);
            for entry in waiting.remove(&address).into_iter().flatten() {
                entry.values().for_each(|value| reach(&mut pending, load(value)));
            }
            // SAFETY: what a root or a field of an object refers to is an object.
            unsafe {
                let map = map_of(address);
                reach(&mut pending, Word::strong(core::ptr::from_ref(map).addr()));
                let size = object_size(address, map);
                let mut entries = Vec::new();
                visit_slots_and_ephemerons(
                    address,
                    size,
                    map,
                    &mut pending,
                    |pending, slot| reach(pending, load(slot)),
                    |_, entry| entries.push(entry),
                );
                for entry in entries {
                    let key = load(entry.key());
                    if key.is_cleared() {
                        continue;
                    }
                    if visited.contains(&key.address()) {
                        entry.values().for_each(|value| reach(&mut pending, load(value)));
                    } else {
                        waiting.entry(key.address()).or_default().push(entry);
                    }
                }
            }
        }
        reached
    }
}

impl<'s> HandleScope<'s> {
    /// All objects, space by space: those that died since their space was last collected too, unless
    /// [`reachable`](HeapObjectIterator::reachable) ones are asked for. Fillers and free blocks are left out, and so is an
    /// object that is being made while this is called. Objects that a reservation makes meanwhile may be missing.
    ///
    /// ```
    /// use heapwright::SpaceId;
    /// use heapwright::prelude::*;
    ///
    /// #[heap_object]
    /// pub struct Node {
    ///     weight: Smi,
    ///     next: Tagged<Option<Node>>,
    /// }
    ///
    /// # heap_classes! { static CLASSES = [Node]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// # let mut scope = isolate.enter();
    /// let last = Node::new(&mut scope, NodeInit { weight: 1, next: Nil });
    /// Node::new(&mut scope, NodeInit { weight: 2, next: last });
    ///
    /// for object in scope.heap_objects().in_space(SpaceId::New) {
    ///     println!("{} bytes: {object:?}", object.size());
    /// }
    /// let heaviest = scope.heap_objects().instances_of::<Node>().max_by_key(|node| node.weight());
    /// assert!(heaviest.is_some_and(|node| node.weight() == 2 && node.next().is_some()));
    /// let bytes: usize = scope.heap_objects().map(|object| object.size()).sum();
    /// let by_class: usize = scope.class_statistics().iter().map(|class| class.bytes).sum();
    /// assert_eq!(bytes, by_class);
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// Its output, with compressed pointers:
    ///
    /// ```text
    /// 12 bytes: <Node 0x7fb600042080>
    /// 12 bytes: <Node 0x7fb60004208c>
    /// ```
    ///
    /// A reference that outlives the next allocation does not compile:
    ///
    /// ```compile_fail,E0502
    /// # use heapwright::prelude::*;
    /// # #[heap_object] struct Point { x: Smi }
    /// # fn f(scope: &mut HandleScope<'_>) {
    /// let first = scope.heap_objects().next().unwrap();
    /// Point::new(scope, PointInit { x: 1 });
    /// first.size();
    /// # }
    /// ```
    #[must_use]
    pub fn heap_objects(&self) -> HeapObjectIterator<'_, 's> {
        let chunks: Vec<_> = self.data().heap.all_chunks().into_iter().map(MemoryChunk::address).collect();
        HeapObjectIterator { scope: self, chunks: chunks.into_iter(), found: Vec::new().into_iter(), reachable: None }
    }
}
