//! Writing a snapshot as a `.heapsnapshot`, which Chrome's DevTools and memlab load.

use super::HeapSnapshot;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io::{self, BufWriter, Write};

const NODE_FIELDS: [&str; 6] = ["type", "name", "id", "self_size", "edge_count", "detachedness"];

/// By number, as [`SnapshotNodeKind`](super::SnapshotNodeKind) has them.
const NODE_TYPES: [&str; 15] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
    "object shape",
];

const EDGE_FIELDS: [&str; 3] = ["type", "name_or_index", "to_node"];

/// By number, as [`SnapshotEdgeKind`](super::SnapshotEdgeKind) has them.
const EDGE_TYPES: [&str; 7] = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

impl HeapSnapshot {
    /// Writes the snapshot in the format of Chrome's DevTools (Memory, Load profile), which memlab reads as well. The file's
    /// name has to end in `.heapsnapshot`. With the cargo feature `heap-snapshot`.
    ///
    /// ```no_run
    /// # use heapwright::prelude::*;
    /// # let mut isolate = Isolate::builder().build().unwrap();
    /// # let mut scope = isolate.enter();
    /// scope.heap_snapshot().write_to(std::fs::File::create("now.heapsnapshot")?)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write_to(&self, writer: impl Write) -> io::Result<()> {
        let mut writer = BufWriter::new(writer);
        serde_json::to_writer(&mut writer, &File(self))?;
        writer.flush()
    }
}

/// The keys in the order that readers expect, `strings` last. A list that is left out hangs DevTools.
struct File<'a>(&'a HeapSnapshot);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        const NONE: [u8; 0] = [];
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("snapshot", &Header(self.0))?;
        map.serialize_entry("nodes", &Nodes(self.0))?;
        map.serialize_entry("edges", &Edges(self.0))?;
        for empty in ["trace_function_infos", "trace_tree", "samples", "locations"] {
            map.serialize_entry(empty, &NONE)?;
        }
        map.serialize_entry("strings", &self.0.strings)?;
        map.end()
    }
}

struct Header<'a>(&'a HeapSnapshot);

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("meta", &Meta)?;
        map.serialize_entry("node_count", &self.0.nodes.len())?;
        map.serialize_entry("edge_count", &self.0.edges.len())?;
        map.serialize_entry("trace_function_count", &0)?;
        map.serialize_entry("extra_native_bytes", &0)?;
        map.end()
    }
}

struct Meta;

impl Serialize for Meta {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("node_fields", &NODE_FIELDS)?;
        map.serialize_entry("node_types", &(NODE_TYPES, "string", "number", "number", "number", "number"))?;
        map.serialize_entry("edge_fields", &EDGE_FIELDS)?;
        map.serialize_entry("edge_types", &(EDGE_TYPES, "string_or_number", "node"))?;
        map.serialize_entry(
            "trace_function_info_fields",
            &["function_id", "name", "script_name", "script_id", "line", "column"],
        )?;
        map.serialize_entry("trace_node_fields", &["id", "function_info_index", "count", "size", "children"])?;
        map.serialize_entry("sample_fields", &["timestamp_us", "last_assigned_id"])?;
        let location_fields = ["object_index", "script_id", "script_object_index", "line", "column"];
        map.serialize_entry("location_fields", &location_fields)?;
        map.end()
    }
}

struct Nodes<'a>(&'a HeapSnapshot);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.nodes.len() * NODE_FIELDS.len()))?;
        for (index, node) in self.0.nodes.iter().enumerate() {
            list.serialize_element(&(node.kind as u8))?;
            list.serialize_element(&node.name)?;
            list.serialize_element(&node.id)?;
            list.serialize_element(&node.self_size)?;
            list.serialize_element(&self.0.edges(index).len())?;
            list.serialize_element(&0)?;
        }
        list.end()
    }
}

struct Edges<'a>(&'a HeapSnapshot);

impl Serialize for Edges<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.edges.len() * EDGE_FIELDS.len()))?;
        for edge in &self.0.edges {
            list.serialize_element(&(edge.kind as u8))?;
            list.serialize_element(&edge.name)?;
            list.serialize_element(&(edge.to * NODE_FIELDS.len()))?;
        }
        list.end()
    }
}
