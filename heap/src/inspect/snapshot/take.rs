//! Taking a snapshot: a node for each object, an edge for each reference.

use super::ids::FIRST_ID;
use super::plan::{PlaceName, Plan};
use super::{HeapSnapshot, ObjectIds, SnapshotEdge, SnapshotEdgeKind, SnapshotNode, SnapshotNodeKind};
use crate::gc::{CollectionKind, map_of, visit_custom_slots};
use crate::handles::HandleScope;
use crate::inspect::print::{LayoutText, layout_text};
use crate::inspect::walk::load;
use crate::isolate::IsolateData;
use crate::layout::ClassDescriptor;
use crate::roots::RootInfo;
use crate::tagged::{HeapObject, ObjectAddress, TaggedCell, Word};
use core::sync::atomic::Ordering;
use std::collections::HashMap;

/// Characters of a text that a snapshot has. V8: `--heap-snapshot-string-limit`.
const TEXT: usize = 1024;

/// The nodes that every snapshot begins with.
const ROOT: usize = 0;
const GC_ROOTS: usize = 1;

impl HandleScope<'_> {
    /// Collects the whole heap and takes a snapshot of what is left: all objects, by class, and all references, by field.
    /// Weak callbacks that the collection makes due run first.
    ///
    /// Takes memory outside the heap, about 24 bytes an object and as many a reference, and calls no code of users but that
    /// of classes which say themselves where their references are ([`CustomTrace`](crate::gc::CustomTrace)). From the first
    /// snapshot on objects have numbers, the same in all later ones: each collection looks through them once.
    /// [What it is good for](crate::seeing#heap-snapshots). V8: `HeapProfiler::TakeHeapSnapshot`.
    ///
    /// ```
    /// # use heapwright::prelude::*;
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
    /// let first = Node::new(&mut scope, NodeInit { weight: 2, next: last });
    ///
    /// let snapshot = scope.heap_snapshot();
    /// let names = snapshot.nodes().iter().map(|node| snapshot.name(node));
    /// assert_eq!(names.filter(|name| *name == "Node").count(), 2);
    /// let retained = snapshot.retained_sizes();
    /// assert_eq!(retained[0], snapshot.nodes().iter().map(|node| node.self_size).sum::<usize>());
    /// # let _ = first;
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    pub fn heap_snapshot(&mut self) -> HeapSnapshot {
        self.collect(CollectionKind::Full);
        let mut ids = self.data_mut().object_ids.take().unwrap_or_default();
        let snapshot = Taker::new(self.data(), &mut ids).take(self);
        self.data_mut().object_ids = Some(ids);
        snapshot
    }
}

/// A snapshot being taken.
struct Taker<'a> {
    isolate: &'a IsolateData,
    ids: &'a mut ObjectIds,
    snapshot: HeapSnapshot,
    strings: HashMap<Box<str>, u32>,
    /// The objects: address, class, size and node, in the order of nodes.
    objects: Vec<(usize, usize)>,
    /// The node of each address.
    nodes: HashMap<usize, usize>,
    plans: Vec<Plan>,
    /// The plan of each class, by address.
    plan_of: HashMap<usize, usize>,
    /// The values that ephemerons keep alive, by their keys: the name of the edge, and the word.
    values: HashMap<usize, Vec<(String, Word)>>,
}

impl<'a> Taker<'a> {
    fn new(isolate: &'a IsolateData, ids: &'a mut ObjectIds) -> Taker<'a> {
        Taker {
            isolate,
            ids,
            snapshot: HeapSnapshot { nodes: Vec::new(), edges: Vec::new(), strings: Vec::new() },
            strings: HashMap::new(),
            objects: Vec::new(),
            nodes: HashMap::new(),
            plans: Vec::new(),
            plan_of: HashMap::new(),
            values: HashMap::new(),
        }
    }

    fn take(mut self, scope: &HandleScope<'_>) -> HeapSnapshot {
        // By group, in the order in which they first appear: that of `visit_roots`, the same each time.
        let mut groups: Vec<(&str, Vec<RootInfo<'_>>)> = Vec::new();
        scope.visit_roots(|root| match groups.last_mut() {
            Some((name, roots)) if *name == root.group.name() => roots.push(root),
            _ => groups.push((root.group.name(), vec![root])),
        });
        self.add_synthetic("", 1);
        self.add_synthetic("(GC roots)", 3);
        for (index, (name, _)) in groups.iter().enumerate() {
            self.add_synthetic(&format!("({name})"), 5 + 2 * index as u64);
        }
        debug_assert!(self.snapshot.nodes.iter().all(|node| node.id < FIRST_ID));
        self.add_objects();

        self.find_ephemerons();
        self.begin(ROOT);
        self.add_edge(SnapshotEdgeKind::Element, 1, GC_ROOTS);
        self.begin(GC_ROOTS);
        for index in 0..groups.len() {
            self.add_edge(SnapshotEdgeKind::Element, index as u32, GC_ROOTS + 1 + index);
        }
        for (index, (_, roots)) in groups.iter().enumerate() {
            self.begin(GC_ROOTS + 1 + index);
            self.add_roots(roots);
        }
        let first = GC_ROOTS + 1 + groups.len();
        for index in 0..self.objects.len() {
            self.begin(first + index);
            let (address, plan) = self.objects[index];
            self.add_references(address, plan);
        }
        self.snapshot
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let index = self.snapshot.strings.len() as u32;
        self.snapshot.strings.push(text.into());
        self.strings.insert(text.into(), index);
        index
    }

    fn add_node(&mut self, kind: SnapshotNodeKind, name: &str, id: u64, self_size: usize) {
        let name = self.string(name);
        self.snapshot.nodes.push(SnapshotNode { kind, id, self_size, name, first_edge: 0 });
    }

    fn add_synthetic(&mut self, name: &str, id: u64) {
        self.add_node(SnapshotNodeKind::Synthetic, name, id, 0);
    }

    fn add_edge(&mut self, kind: SnapshotEdgeKind, name: u32, to: usize) {
        self.snapshot.edges.push(SnapshotEdge { kind, to, name });
    }

    /// The edges that follow are those of a node.
    fn begin(&mut self, node: usize) {
        self.snapshot.nodes[node].first_edge = self.snapshot.edges.len();
    }

    fn add_objects(&mut self) {
        let isolate = self.isolate;
        isolate.heap.for_each_object(|_, address, size| {
            // SAFETY: the walk stands at an object; nothing moves while the isolate is borrowed.
            let object: &HeapObject = unsafe { ObjectAddress::new(address).as_ref() };
            let plan = self.plan(object.class());
            let (mut kind, class) = (self.plans[plan].kind, self.plans[plan].class);
            let text = match kind {
                SnapshotNodeKind::Object => layout_text(object, TEXT),
                _ => None,
            };
            let name = match &text {
                None => class.name(),
                Some(LayoutText::Text(text, _)) => {
                    kind = SnapshotNodeKind::Text;
                    text
                }
                Some(LayoutText::Number(text)) => {
                    kind = SnapshotNodeKind::Number;
                    text
                }
            };
            self.nodes.insert(address, self.snapshot.nodes.len());
            self.objects.push((address, plan));
            let id = self.ids.id(address);
            self.add_node(kind, name, id, size);
        });
    }

    fn plan(&mut self, class: &'static ClassDescriptor) -> usize {
        let plans = &mut self.plans;
        *self.plan_of.entry(core::ptr::from_ref(class).addr()).or_insert_with(|| {
            plans.push(Plan::new(class));
            plans.len() - 1
        })
    }

    fn add_roots(&mut self, roots: &[RootInfo<'_>]) {
        for (index, root) in roots.iter().enumerate() {
            let Some(&to) = root.address().and_then(|address| self.nodes.get(&address)) else { continue };
            let (kind, name) = match (root.table, root.name) {
                (Some(table), Some(name)) => (SnapshotEdgeKind::Internal, self.string(&format!("{table}.{name}"))),
                _ if root.is_weak() => (SnapshotEdgeKind::Weak, self.string(&index.to_string())),
                _ => (SnapshotEdgeKind::Element, index as u32),
            };
            self.add_edge(kind, name, to);
        }
    }

    /// Finds out which keys keep which values alive.
    fn find_ephemerons(&mut self) {
        for &(address, plan) in &self.objects {
            let plan = &self.plans[plan];
            let values = &mut self.values;
            let id = self.ids.id(address);
            let visit = |key: usize, value: usize, name: String| {
                let (key, value) = (load(address + key), load(address + value));
                if !key.is_cleared() && value.is_strong() {
                    let name = format!("{name} of {} @{id}", plan.class.name());
                    values.entry(key.address()).or_default().push((name, value));
                }
            };
            // SAFETY: an object of the plan's class.
            unsafe { plan.for_each_ephemeron_value(address, visit) };
        }
    }

    fn add_references(&mut self, address: usize, plan: usize) {
        let plans = core::mem::take(&mut self.plans);
        let plan = &plans[plan];
        // SAFETY: an object that the walk found; nothing has moved since.
        let map = unsafe { map_of(address) };
        let name = self.string("map");
        self.add_reference(SnapshotEdgeKind::Internal, name, Word::strong(core::ptr::from_ref(map).addr()));
        let has_custom_trace = plan.class.layout().has_custom_trace();
        let mut named = Vec::new();
        // What an ephemeron holds, its key keeps alive.
        let mut of_ephemerons = Vec::new();
        // SAFETY: an object of the plan's class.
        unsafe { plan.for_each_ephemeron_value(address, |_, value, _| of_ephemerons.push(value)) };
        of_ephemerons.sort_unstable();
        let visit = |at: usize, place: PlaceName<'_>, word: Word| {
            if has_custom_trace {
                named.push(at);
            }
            if word.is_smi() || word.is_cleared() {
                return;
            }
            let is_weak = word.is_weak() || of_ephemerons.binary_search(&at).is_ok();
            let kind = if is_weak { SnapshotEdgeKind::Weak } else { place.kind() };
            let name = match place {
                PlaceName::Element(index) if kind.is_indexed() => index as u32,
                PlaceName::Element(index) => self.string(&index.to_string()),
                PlaceName::Field(name) => self.string(name),
                PlaceName::Long(name) => self.string(&name),
            };
            self.add_reference(kind, name, word);
        };
        // SAFETY: an object of the plan's class.
        unsafe { plan.for_each_word(address, visit) };
        if has_custom_trace {
            self.add_custom_references(address, &named);
        }
        for (name, word) in self.values.remove(&address).unwrap_or_default() {
            let name = self.string(&name);
            self.add_reference(SnapshotEdgeKind::Internal, name, word);
        }
        self.plans = plans;
    }

    /// The references that the class itself knows of, but for those in fields.
    fn add_custom_references(&mut self, address: usize, named: &[usize]) {
        let mut words = Vec::new();
        // SAFETY: an object that the walk found, and its map.
        unsafe {
            let map = map_of(address);
            let size = crate::gc::object_size(address, map);
            visit_custom_slots(address, size, map, &mut |slot: &TaggedCell| {
                words.push((slot.address() - address, slot.load(Ordering::Relaxed)));
            });
        }
        words.retain(|(at, word)| !named.contains(at) && !word.is_smi() && !word.is_cleared());
        for (at, word) in words {
            let (kind, name) = if word.is_weak() {
                (SnapshotEdgeKind::Weak, self.string(&format!("at {at}")))
            } else {
                (SnapshotEdgeKind::Hidden, (at / crate::tagged::TAGGED_SIZE) as u32)
            };
            self.add_reference(kind, name, word);
        }
    }

    fn add_reference(&mut self, kind: SnapshotEdgeKind, name: u32, word: Word) {
        // Every referent is an object that the walk has met.
        if let Some(&to) = self.nodes.get(&word.address()) {
            self.add_edge(kind, name, to);
        }
    }
}
