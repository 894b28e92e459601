//! Heap snapshots: all objects and references by name, the same numbers each time, and files that readers take.
#![allow(missing_docs)]

use heapwright::gc::{CustomTrace, SlotVisitor};
use heapwright::inspect::{HeapSnapshot, SnapshotEdgeKind, SnapshotEdgeName, SnapshotNodeKind};
use heapwright::prelude::*;
use heapwright::tagged::{TAGGED_SIZE, store_at};
use heapwright_tests::Random;
use serde_json::{Value, json};
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

/// What V8 says of the format of its files (15.2): readers of today look for these names.
fn meta_of_v8() -> Value {
    json!({
        "node_fields": ["type", "name", "id", "self_size", "edge_count", "detachedness"],
        "node_types": [
            [
                "hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native", "synthetic",
                "concatenated string", "sliced string", "symbol", "bigint", "object shape",
            ],
            "string", "number", "number", "number", "number",
        ],
        "edge_fields": ["type", "name_or_index", "to_node"],
        "edge_types": [
            ["context", "element", "property", "internal", "hidden", "shortcut", "weak"],
            "string_or_number", "node",
        ],
        "trace_function_info_fields": ["function_id", "name", "script_name", "script_id", "line", "column"],
        "trace_node_fields": ["id", "function_info_index", "count", "size", "children"],
        "sample_fields": ["timestamp_us", "last_assigned_id"],
        "location_fields": ["object_index", "script_id", "script_object_index", "line", "column"],
    })
}

const KEYS: [&str; 8] =
    ["snapshot", "nodes", "edges", "trace_function_infos", "trace_tree", "samples", "locations", "strings"];

fn ensure(holds: bool, what: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.into()) }
}

/// Reads a file as strictly as any reader, and returns the self size of each node by its name.
fn check_file(text: &str) -> Result<HashMap<String, usize>, String> {
    // All texts of users are in `strings`, which comes last: what looks like a key before is one.
    let places: Vec<_> = KEYS.iter().map(|key| text.find(&format!("\"{key}\":"))).collect();
    ensure(places.iter().all(Option::is_some) && places.is_sorted(), format!("keys at {places:?}"))?;
    check_content(&serde_json::from_str(text).map_err(|error| error.to_string())?)
}

/// The same of what the file says, in whatever order.
fn check_content(file: &Value) -> Result<HashMap<String, usize>, String> {
    ensure(file.as_object().is_some_and(|keys| keys.len() == KEYS.len()), "other keys")?;
    let head = file["snapshot"].as_object().ok_or("no head")?;
    let names: HashSet<&str> = head.keys().map(String::as_str).collect();
    let expected = ["meta", "node_count", "edge_count", "trace_function_count", "extra_native_bytes"];
    ensure(names == expected.into(), format!("a head of {names:?}"))?;
    ensure(head["meta"] == meta_of_v8(), "other fields or types than V8's")?;
    for list in ["trace_function_infos", "trace_tree", "samples", "locations"] {
        ensure(file[list] == json!([]), format!("{list} is no empty list"))?;
    }
    ensure(head["trace_function_count"] == 0 && head["extra_native_bytes"] == 0, "counts of what there is none of")?;
    let types = |of: &str| -> Vec<String> { serde_json::from_value(head["meta"][of][0].clone()).unwrap_or_default() };
    let (node_types, edge_types) = (types("node_types"), types("edge_types"));
    let strings: Vec<String> = serde_json::from_value(file["strings"].clone()).map_err(|error| error.to_string())?;
    ensure(strings.iter().collect::<HashSet<_>>().len() == strings.len(), "a string twice")?;
    let mut used = HashSet::new();
    let mut string = |index: u32| {
        used.insert(index);
        strings.get(index as usize).cloned().ok_or(format!("string {index} of {}", strings.len()))
    };
    // DevTools keeps all numbers in 32 bits.
    let numbers = |of: &str| -> Result<Vec<u32>, String> {
        serde_json::from_value(file[of].clone()).map_err(|error| format!("{of}: {error}"))
    };
    let (nodes, edges) = (numbers("nodes")?, numbers("edges")?);
    ensure(head["node_count"] == nodes.len() / 6 && nodes.len().is_multiple_of(6), "node count")?;
    ensure(head["edge_count"] == edges.len() / 3 && edges.len().is_multiple_of(3), "edge count")?;
    let (mut ids, mut sizes, mut first_edges) = (HashSet::new(), HashMap::new(), vec![0_usize]);
    for (at, node) in nodes.chunks(6).enumerate() {
        let [kind, name, id, self_size, count, detachedness] = *node else { unreachable!() };
        let kind = node_types.get(kind as usize).ok_or(format!("node type {kind}"))?;
        ensure((kind == "synthetic") == (self_size == 0), format!("a {kind} of {self_size} bytes"))?;
        ensure((self_size as usize).is_multiple_of(TAGGED_SIZE), format!("{self_size} bytes are not whole words"))?;
        let name = string(name)?;
        let is_root = kind == "synthetic" && name.is_empty() && id == 1;
        ensure(is_root == (at == 0), format!("node {at} is `{name}`, and the first is the root"))?;
        // Readers take the class of an object for granted, and even ids for those of objects outside of the heap.
        ensure(at == 0 || !name.is_empty(), format!("node {at} has no name"))?;
        ensure(id % 2 == 1 && ids.insert(id), format!("id {id}"))?;
        ensure(detachedness == 0, "detachedness")?;
        *sizes.entry(name).or_default() += self_size as usize;
        first_edges.push(first_edges[at] + count as usize);
    }
    ensure(first_edges.last() == Some(&(edges.len() / 3)), "the edges of all nodes are all edges")?;
    let (mut reached, mut found) = (HashSet::from([0]), vec![0_usize]);
    while let Some(node) = found.pop() {
        let mut names = HashSet::new();
        for edge in edges[first_edges[node] * 3..first_edges[node + 1] * 3].chunks(3) {
            let [kind, name, to] = *edge else { unreachable!() };
            let kind = edge_types.get(kind as usize).ok_or(format!("edge type {kind}"))?;
            let is_index = kind == "element" || kind == "hidden";
            let text = if is_index { name.to_string() } else { string(name)? };
            ensure(!text.is_empty() && names.insert((is_index, text.clone())), format!("`{text}` twice in {node}"))?;
            ensure(to.is_multiple_of(6) && to > 0 && (to as usize) < nodes.len(), format!("an edge to {to}"))?;
            let to = to as usize / 6;
            if kind != "weak" && reached.insert(to) {
                found.push(to);
            }
        }
    }
    // A snapshot is taken after a full collection: what nothing keeps alive is not in it.
    ensure(reached.len() == nodes.len() / 6, format!("{} nodes are not reached", nodes.len() / 6 - reached.len()))?;
    ensure(used.len() == strings.len(), "a string that nobody has")?;
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
    let _ = (kept, texts);
    the_checker_fires(&text);
}

/// On each of its rules: a file that breaks one alone is refused, and with the words that are expected.
fn the_checker_fires(text: &str) {
    for (from, to, expected) in [
        ("\"samples\":[],", "", "keys at"),
        ("\"samples\":[],\"locations\":[],", "\"locations\":[],\"samples\":[],", "keys at"),
        ("\"strings\":[", "\"more\":[],\"strings\":[", "other keys"),
        ("\"strings\":[\"\",", "\"strings\":[", "the first is the root"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        let error = check_file(&damaged).unwrap_err();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
    let file: Value = serde_json::from_str(text).unwrap();
    check_content(&file).unwrap();
    let last_node = file["nodes"].as_array().unwrap().len() - 6;
    let (one, two) = (last_node + 2, last_node - 4);
    let push = |list: &mut Value, value: Value| list.as_array_mut().unwrap().push(value);
    type Damage<'a> = &'a dyn Fn(&mut Value);
    let damages: &[(&str, Damage<'_>)] = &[
        ("a head of", &|file| file["snapshot"]["node_counts"] = json!(1)),
        ("other fields or types than V8's", &|file| file["snapshot"]["meta"]["node_types"][0][3] = json!("thing")),
        ("other fields or types than V8's", &|file| push(&mut file["snapshot"]["meta"]["edge_fields"], json!("more"))),
        ("samples is no empty list", &|file| push(&mut file["samples"], json!(0))),
        ("locations is no empty list", &|file| file["locations"] = json!(null)),
        ("counts of what there is none of", &|file| file["snapshot"]["trace_function_count"] = json!(1)),
        ("node count", &|file| file["snapshot"]["node_count"] = json!(1)),
        ("node count", &|file| push(&mut file["nodes"], json!(0))),
        ("edge count", &|file| file["snapshot"]["edge_count"] = json!(1)),
        ("edge count", &|file| push(&mut file["edges"], json!(0))),
        ("a string twice", &|file| {
            let first = file["strings"][1].clone();
            push(&mut file["strings"], first);
        }),
        ("a string that nobody has", &|file| push(&mut file["strings"], json!("of nobody"))),
        ("of", &|file| file["nodes"][7] = json!(1_000_000)),
        ("invalid value", &|file| file["nodes"][9] = json!(-4)),
        ("invalid value", &|file| file["nodes"][8] = json!(1_u64 << 32)),
        ("node type 15", &|file| file["nodes"][6] = json!(15)),
        ("a object of 0 bytes", &|file| file["nodes"][6] = json!(3)),
        ("a synthetic of 8 bytes", &|file| file["nodes"][9] = json!(8)),
        ("are not whole words", &|file| file["nodes"][last_node + 3] = json!(TAGGED_SIZE + 1)),
        ("the first is the root", &|file| file["nodes"][2] = json!(99)),
        ("has no name", &|file| file["nodes"][7] = json!(0)),
        ("id ", &|file| file["nodes"][one] = file["nodes"][two].clone()),
        ("id 400000", &|file| file["nodes"][one] = json!(400_000)),
        ("detachedness", &|file| file["nodes"][11] = json!(1)),
        ("the edges of all nodes are all edges", &|file| file["nodes"][4] = json!(2)),
        ("edge type 7", &|file| file["edges"][0] = json!(7)),
        ("of", &|file| (file["edges"][0], file["edges"][1]) = (json!(2), json!(1_000_000))),
        ("twice", &|file| file["edges"][4] = file["edges"][7].clone()),
        ("an edge to 7", &|file| file["edges"][2] = json!(7)),
        ("an edge to 0", &|file| file["edges"][2] = json!(0)),
        ("an edge to 6000000", &|file| file["edges"][2] = json!(6_000_000)),
        ("nodes are not reached", &|file| (file["edges"][0], file["edges"][1]) = (json!(6), json!(1))),
    ];
    for (expected, damage) in damages {
        let mut damaged = file.clone();
        damage(&mut damaged);
        assert_ne!(damaged, file, "{expected}");
        let error = check_content(&damaged).expect_err(expected);
        assert!(error.contains(expected), "`{expected}` is not in `{error}`");
    }
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
