//! Heap snapshots: all objects and references by name, the same numbers each time, and files that readers take.
#![allow(missing_docs)]

use heapwright::gc::{CustomTrace, SlotVisitor};
use heapwright::inspect::{HeapSnapshot, SnapshotEdgeKind, SnapshotEdgeName, SnapshotNodeKind};
use heapwright::prelude::*;
use heapwright::tagged::{TAGGED_SIZE, store_at};
use heapwright_tests::Random;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

#[heap_object]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
    seen: Weak<Node>,
}

#[heap_object]
pub struct List {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct WeakList {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Weak<Node>],
}

#[heap_object]
pub struct Text {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

#[heap_object]
pub struct Number {
    value: f64,
}

#[heap_struct]
pub struct Entry {
    pub key: Tagged<Any>,
    pub value: Weak<Node>,
}

/// Several tails.
#[heap_object]
pub struct Table {
    #[constant]
    count: Smi,
    first: Inline<Entry>,
    #[present_if = count > 1]
    note: Tagged<Any>,
    #[length = count]
    entries: [Inline<Entry>],
    #[length = count]
    rest: [Tagged<Any>],
}

/// The first words of its tail are references.
#[heap_object(trace = custom)]
struct Frame {
    #[constant]
    references: u32,
    padding: OptionalPadding<4>,
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    bytes: [u32],
}

impl Frame {
    fn slot(index: u32) -> usize {
        Frame::HEADER_SIZE + index as usize * TAGGED_SIZE
    }
    fn fits(&self, index: u32) -> bool {
        index < self.references() && Frame::slot(index + 1) <= Frame::HEADER_SIZE + self.bytes_len() * 4
    }
}

// SAFETY: visits the words that `references` counts and the tail has room for; both are constant.
unsafe impl CustomTrace for Frame {
    unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>) {
        for index in (0..self.references()).take_while(|index| self.fits(*index)) {
            // SAFETY: such a word, which is a Smi at first and then written with `store_at` alone.
            unsafe { visitor.visit(Frame::slot(index)) }
        }
    }
}

heap_classes! { static CLASSES = [Node, List, WeakList, Text, Number, Table, Frame]; }

fn isolate() -> Isolate {
    heapwright_objects::builder().classes(&CLASSES).build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, Node> {
    Node::new(scope, NodeInit { value, next: smi(0), seen: Nil })
}

/// The node of an object that a global of this snapshot's heap keeps.
fn find(snapshot: &HeapSnapshot, class: &str) -> usize {
    let mut found = (0..snapshot.nodes().len()).filter(|node| snapshot.name(&snapshot.nodes()[*node]) == class);
    let first = found.next().unwrap_or_else(|| panic!("no {class}"));
    assert_eq!(found.next(), None, "two of {class}");
    first
}

/// `field kind class`, for each edge but that of the map.
fn edges(snapshot: &HeapSnapshot, node: usize) -> Vec<String> {
    let edges = snapshot.edges(node);
    let [map, others @ ..] = edges else { panic!("an object without a map") };
    assert_eq!((map.kind, snapshot.edge_name(map)), (SnapshotEdgeKind::Internal, SnapshotEdgeName::Name("map")));
    assert_eq!(snapshot.nodes()[map.to].kind, SnapshotNodeKind::ObjectShape);
    let describe = |edge: &heapwright::inspect::SnapshotEdge| {
        let to = snapshot.name(&snapshot.nodes()[edge.to]);
        format!("{} {:?} {to}", snapshot.edge_name(edge), edge.kind)
    };
    others.iter().map(describe).collect()
}

#[test]
fn references_have_the_names_of_the_declaration() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let number = Number::new(&mut scope, NumberInit { value: 2.5 });
    let text = Text::new(&mut scope, TextInit { bytes: b"some text" });
    let target = node(&mut scope, 1);
    target.get(&scope).set_next(number.get(&scope));
    let list = List::new(&mut scope, ListInit { elements: Filled::new(text, 2) });
    let weak = WeakList::new(&mut scope, WeakListInit { elements: Filled::new(target, 2) });
    let frame = Frame::new(&mut scope, FrameInit { references: 2, bytes: Filled::new(0, 8) });
    // SAFETY: the second word that `trace` visits.
    unsafe { store_at(frame.get(&scope), Frame::slot(1), text.get(&scope)) };
    let table = Table::new(
        &mut scope,
        TableInit {
            count: 2,
            first: EntryInit { key: list, value: Nil },
            note: Some(text),
            entries: Filled::new(EntryInit { key: smi(3), value: target }, 2),
            rest: Filled::new(number, 2),
        },
    );
    let snapshot = scope.heap_snapshot();

    let kind = |class| snapshot.nodes()[find(&snapshot, class)].kind;
    assert_eq!(kind("some text"), SnapshotNodeKind::Text);
    assert_eq!(kind("2.5"), SnapshotNodeKind::Number);
    assert_eq!(kind("Node"), SnapshotNodeKind::Object);
    assert_eq!(kind("List"), SnapshotNodeKind::Array);
    assert_eq!(kind("Frame"), SnapshotNodeKind::Object);
    let of = |class| edges(&snapshot, find(&snapshot, class));
    assert_eq!(of("2.5"), [""; 0]);
    assert_eq!(of("Node"), ["next Property 2.5"]);
    assert_eq!(of("List"), ["[0] Element some text", "[1] Element some text"]);
    assert_eq!(of("WeakList"), ["0 Weak Node", "1 Weak Node"]);
    let word = Frame::slot(1) / TAGGED_SIZE;
    assert_eq!(of("Frame"), [format!("[{word}] Hidden some text")]);
    assert_eq!(
        of("Table"),
        [
            "first.key Property List",
            "note Property some text",
            "entries[0].value Weak Node",
            "entries[1].value Weak Node",
            "rest[0] Property 2.5",
            "rest[1] Property 2.5",
        ]
    );
    let size = |class| snapshot.nodes()[find(&snapshot, class)].self_size;
    assert_eq!(size("Node"), Node::SIZE);
    assert_eq!(size("List"), List::size_for(2));
    let _ = (weak, table);
}

#[test]
fn roots_have_groups_and_names() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (strong, weak) = {
        let mut inner = scope.nested();
        let kept = node(&mut inner, 1);
        (Global::new(&inner, kept), WeakGlobal::new(&inner, kept))
    };
    let handle = Text::new(&mut scope, TextInit { bytes: b"held" });
    let snapshot = scope.heap_snapshot();
    let name = |node: usize| snapshot.name(&snapshot.nodes()[node]);
    let [gc_roots] = snapshot.edges(0) else { panic!("one edge leads from the root") };
    assert_eq!((name(0), name(gc_roots.to)), ("", "(GC roots)"));
    let groups: HashMap<_, _> = snapshot.edges(gc_roots.to).iter().map(|edge| (name(edge.to), edge.to)).collect();
    let of = |group: &str| -> Vec<(String, SnapshotEdgeKind, &str)> {
        let edges = snapshot.edges(groups[group]).iter();
        edges.map(|edge| (snapshot.edge_name(edge).to_string(), edge.kind, name(edge.to))).collect()
    };
    assert_eq!(of("(globals)"), [("[0]".to_owned(), SnapshotEdgeKind::Element, "Node")]);
    assert_eq!(of("(weak globals)"), [("0".to_owned(), SnapshotEdgeKind::Weak, "Node")]);
    assert_eq!(of("(handle scopes)"), [("[0]".to_owned(), SnapshotEdgeKind::Element, "held")]);
    let maps = of("(class maps)");
    assert!(maps.iter().any(|(name, kind, _)| name == "classes.Node" && *kind == SnapshotEdgeKind::Internal));
    let roots = of("(strong root list)");
    assert!(roots.iter().any(|(root, ..)| root.ends_with(".undefined")), "{roots:?}");
    let _ = (strong, weak, handle);
}

/// A graph of so many nodes, each of which leads to an earlier one and weakly to another; and some lists of them.
fn random_graph(scope: &mut HandleScope<'_>, random: &mut Random, count: usize) -> Vec<Global<Node>> {
    let mut scope = scope.nested();
    let mut nodes: Vec<Handle<'_, Node>> = Vec::new();
    let mut kept = Vec::new();
    for i in 0..count {
        let new = node(&mut scope, i as i32);
        if i > 0 {
            new.get(&scope).set_next(nodes[random.below(i)].get(&scope));
            new.get(&scope).set_seen(nodes[random.below(i)].get(&scope));
        }
        if random.one_in(4) && i > 0 {
            let list = List::new(&mut scope, ListInit { elements: Filled::new(nodes[random.below(i)], 3) });
            list.get(&scope).set_elements(1, new.get(&scope).next());
            new.get(&scope).set_next(list.get(&scope));
        }
        nodes.push(new);
        if random.one_in(10) {
            kept.push(Global::new(&scope, new));
        }
    }
    kept
}

#[test]
fn all_objects_are_there_and_what_is_retained_is_freed() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut random = Random::new(11);
    let mut kept = random_graph(&mut scope, &mut random, 300);
    while let Some(global) = (!kept.is_empty()).then(|| kept.swap_remove(random.below(kept.len()))) {
        let snapshot = scope.heap_snapshot();
        let objects = snapshot.nodes().iter().filter(|node| node.kind != SnapshotNodeKind::Synthetic);
        let (count, bytes) = objects.fold((0, 0), |(count, bytes), node| (count + 1, bytes + node.self_size));
        let statistics = scope.class_statistics();
        assert_eq!(count, statistics.iter().map(|of| of.objects).sum::<usize>());
        assert_eq!(bytes, statistics.iter().map(|of| of.bytes).sum::<usize>());

        // What the object alone keeps alive, and is kept by this global alone, goes with the global.
        let value = global.get(&scope).value();
        let node = (0..snapshot.nodes().len()).find(|&at| {
            snapshot.name(&snapshot.nodes()[at]) == "Node"
                && snapshot.nodes()[at].id == id_of(&snapshot, &scope, &global)
        });
        let node = node.unwrap_or_else(|| panic!("node {value} is not in the snapshot"));
        let referrers = (0..snapshot.nodes().len())
            .flat_map(|from| snapshot.edges(from))
            .filter(|edge| edge.to == node && edge.kind != SnapshotEdgeKind::Weak)
            .count();
        let retained = snapshot.retained_sizes()[node];
        drop(global);
        let after = scope.heap_snapshot();
        let left: usize = after.nodes().iter().map(|node| node.self_size).sum();
        assert_eq!(bytes - left, if referrers == 1 { retained } else { 0 }, "node {value}");
    }
}

/// The id of the object of a global: that of the edge at its place in the group of globals.
fn id_of(snapshot: &HeapSnapshot, scope: &HandleScope<'_>, global: &Global<Node>) -> u64 {
    let group = find(snapshot, "(globals)");
    let mut index = None;
    let mut at = 0;
    scope.visit_roots(|root| {
        if root.group == heapwright::RootGroup::Globals {
            if root.address() == Some(global.get(scope).address()) {
                index = Some(at);
            }
            at += 1;
        }
    });
    let edge = snapshot.edges(group)[index.unwrap()];
    snapshot.nodes()[edge.to].id
}

#[test]
fn an_object_keeps_its_number_over_its_life() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut random = Random::new(5);
    let mut kept = random_graph(&mut scope, &mut random, 200);
    let first = scope.heap_snapshot();
    let known: HashMap<u64, usize> = first.nodes().iter().map(|node| (node.id, node.self_size)).collect();
    assert_eq!(known.len(), first.nodes().len(), "ids are unique");
    assert!(known.keys().all(|id| id % 2 == 1));
    let ids: Vec<u64> = kept.iter().map(|global| id_of(&first, &scope, global)).collect();

    let mut all: HashSet<u64> = known.keys().copied().collect();
    for round in 0..6 {
        // New ones among the old, which move and are promoted.
        let more = random_graph(&mut scope, &mut random, 200);
        scope.collect(if round % 2 == 0 { CollectionKind::Young } else { CollectionKind::Full });
        if round == 3 {
            kept.truncate(kept.len() / 2);
        }
        let snapshot = scope.heap_snapshot();
        for (global, id) in kept.iter().zip(&ids) {
            assert_eq!(id_of(&snapshot, &scope, global), *id);
        }
        let now: HashSet<u64> = snapshot.nodes().iter().map(|node| node.id).collect();
        assert_eq!(now.len(), snapshot.nodes().len());
        let new = now.difference(&all).count();
        assert!(new >= 50, "{new} new ones, with numbers that were never used");
        all.extend(now);
        drop(more);
    }
}

/// Reads a file as strictly as any reader, and returns the self size of each node by its name.
fn check_file(text: &str) -> Result<HashMap<String, usize>, String> {
    fn ensure(holds: bool, what: impl Into<String>) -> Result<(), String> {
        if holds { Ok(()) } else { Err(what.into()) }
    }
    let expected =
        ["snapshot", "nodes", "edges", "trace_function_infos", "trace_tree", "samples", "locations", "strings"];
    // All texts of users are in `strings`, which comes last: what looks like a key before is one.
    let places: Vec<_> = expected.iter().map(|key| text.find(&format!("\"{key}\":"))).collect();
    ensure(places.iter().all(Option::is_some) && places.is_sorted(), format!("keys at {places:?}"))?;
    let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    ensure(file.as_object().is_some_and(|keys| keys.len() == expected.len()), "other keys")?;
    let meta = &file["snapshot"]["meta"];
    let fields = |name: &str| -> Vec<String> { serde_json::from_value(meta[name].clone()).unwrap_or_default() };
    ensure(fields("node_fields") == ["type", "name", "id", "self_size", "edge_count", "detachedness"], "node fields")?;
    ensure(fields("edge_fields") == ["type", "name_or_index", "to_node"], "edge fields")?;
    for (list, names) in [
        ("trace_function_infos", "trace_function_info_fields"),
        ("trace_tree", "trace_node_fields"),
        ("samples", "sample_fields"),
        ("locations", "location_fields"),
    ] {
        ensure(file[list].is_array() && !fields(names).is_empty(), format!("{list} without {names}"))?;
    }
    let types = |of: &str| -> Vec<String> { serde_json::from_value(meta[of][0].clone()).unwrap_or_default() };
    let (node_types, edge_types) = (types("node_types"), types("edge_types"));
    ensure(meta["node_types"].as_array().is_some_and(|types| types.len() == 6), "a type for each node field")?;
    ensure(meta["edge_types"].as_array().is_some_and(|types| types.len() == 3), "a type for each edge field")?;
    let strings: Vec<String> = serde_json::from_value(file["strings"].clone()).map_err(|error| error.to_string())?;
    let numbers = |of: &str| -> Result<Vec<u64>, String> {
        serde_json::from_value(file[of].clone()).map_err(|error| format!("{of}: {error}"))
    };
    let (nodes, edges) = (numbers("nodes")?, numbers("edges")?);
    ensure(Some(nodes.len() as u64) == file["snapshot"]["node_count"].as_u64().map(|count| count * 6), "node count")?;
    ensure(Some(edges.len() as u64) == file["snapshot"]["edge_count"].as_u64().map(|count| count * 3), "edge count")?;
    let (mut ids, mut sizes, mut edge_count) = (HashSet::new(), HashMap::new(), 0);
    for (at, node) in nodes.chunks(6).enumerate() {
        let [kind, name, id, self_size, count, detachedness] = *node else { unreachable!() };
        let kind = node_types.get(kind as usize).ok_or(format!("node type {kind}"))?;
        ensure((kind == "synthetic") == (self_size == 0), format!("a {kind} of {self_size} bytes"))?;
        ensure(at > 0 || kind == "synthetic", "the first node is the root")?;
        let name = strings.get(name as usize).ok_or(format!("string {name}"))?;
        ensure(id % 2 == 1 && ids.insert(id), format!("id {id}"))?;
        ensure(detachedness == 0, "detachedness")?;
        *sizes.entry(name.clone()).or_default() += self_size as usize;
        edge_count += count;
    }
    ensure(edge_count * 3 == edges.len() as u64, "the edges of all nodes are all edges")?;
    for edge in edges.chunks(3) {
        let [kind, name, to] = *edge else { unreachable!() };
        let kind = edge_types.get(kind as usize).ok_or(format!("edge type {kind}"))?;
        let is_index = kind == "element" || kind == "hidden";
        ensure(is_index || name < strings.len() as u64, format!("string {name} of a {kind} edge"))?;
        ensure(to % 6 == 0 && to < nodes.len() as u64, format!("an edge to {to}"))?;
    }
    Ok(sizes)
}

#[test]
fn files_are_what_readers_expect() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let kept = random_graph(&mut scope, &mut Random::new(3), 500);
    let long = vec![b'x'; 5000];
    let texts: [&[u8]; 4] = [b"with \"quotes\" and \\", b"\x01\xff\n", b"", &long];
    let texts = texts.map(|bytes| Text::new(&mut scope, TextInit { bytes }));
    let snapshot = scope.heap_snapshot();
    let mut file = Vec::new();
    snapshot.write_to(&mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let sizes = check_file(&text).unwrap();
    assert_eq!(sizes["with \"quotes\" and \\"], Text::size_for(19));
    assert_eq!(sizes["Text"], Text::size_for(3) + Text::size_for(0));
    assert_eq!(sizes[&"x".repeat(1024)], Text::size_for(5000));
    let nodes = scope.class_statistics().iter().find(|of| of.class.name() == "Node").unwrap().bytes;
    assert_eq!(sizes["Node"], nodes);

    // The checker fires.
    for (from, to) in [
        ("\"samples\":[],", ""),
        ("\"node_count\":", "\"node_count\":1"),
        ("\"strings\":[\"\",", "\"strings\":["),
        ("\"nodes\":[9,", "\"nodes\":[3,"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        assert!(check_file(&damaged).is_err(), "{from} -> {to}");
    }
    let _ = (kept, texts);
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let snapshot = scope.heap_snapshot();
    let error = snapshot.write_to(Full(1000)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    snapshot.write_to(Full(10_000_000)).unwrap();
}

#[test]
fn snapshots_under_stress() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = heapwright_objects::builder().classes(&CLASSES).stress(1, kind).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let kept = random_graph(&mut scope, &mut Random::new(8), 12);
        let first = scope.heap_snapshot();
        let ids: Vec<u64> = kept.iter().map(|global| id_of(&first, &scope, global)).collect();
        let more = random_graph(&mut scope, &mut Random::new(9), 12);
        let second = scope.heap_snapshot();
        assert!(second.nodes().len() > first.nodes().len());
        assert!(kept.iter().zip(ids).all(|(global, id)| id_of(&second, &scope, global) == id));
        drop(more);
    }
}
