//! Heap snapshots: all objects and how they refer to each other, at one moment, as data that refers to the heap no more.
//!
//! **Owns** the graph, its dominators, and the numbers by which objects are known from one snapshot to the next.
//! **Promises** names from the classes' layout tables, so that a snapshot cannot go stale, and every reference that the
//! collector follows.
//!
//! V8 counterparts: `HeapSnapshot`, `HeapSnapshotGenerator`, `HeapObjectsMap`.

mod dominators;
mod ids;
#[cfg(feature = "heap-snapshot")]
mod json;
mod plan;
mod take;

pub(crate) use ids::ObjectIds;

use core::fmt;

/// All objects of a heap and how they refer to each other, at one moment. Made by
/// [`HandleScope::heap_snapshot`](crate::HandleScope::heap_snapshot).
///
/// The first node is the root of all. It leads to `(GC roots)`, that to a node for each [`RootGroup`](crate::RootGroup)
/// that has any, and those to the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapSnapshot {
    nodes: Vec<SnapshotNode>,
    /// Those of the first node, then those of the second, and so on.
    edges: Vec<SnapshotEdge>,
    /// No text twice.
    strings: Vec<Box<str>>,
}

/// An object, or something that leads to objects, in a [`HeapSnapshot`]. V8: `HeapEntry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotNode {
    /// What kind of thing it is.
    pub kind: SnapshotNodeKind,
    /// The same in all snapshots that the object is in, and no other object's: an odd number.
    pub id: u64,
    /// Bytes of the object alone.
    pub self_size: usize,
    name: u32,
    /// Where its edges begin; they end where the next node's begin.
    first_edge: usize,
}

/// What kind of thing a node is, as Chrome's DevTools sort them. V8: `HeapEntry::Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SnapshotNodeKind {
    /// Nothing that a user would know.
    Hidden = 0,
    /// A class whose references are all elements.
    Array = 1,
    /// A text, where the layout alone tells.
    Text = 2,
    /// Any other object.
    Object = 3,
    /// Machine code, and what is known of it.
    Code = 4,
    /// A class whose only field is a number.
    Number = 7,
    /// A node that stands for no object.
    Synthetic = 9,
    /// A map.
    ObjectShape = 14,
}

/// A reference in a [`HeapSnapshot`]. V8: `HeapGraphEdge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotEdge {
    /// What kind of reference it is.
    pub kind: SnapshotEdgeKind,
    /// The node it leads to.
    pub to: usize,
    /// A string, or a number: the kind says which.
    name: u32,
}

/// What kind of reference an edge is, as Chrome's DevTools sort them. V8: `HeapGraphEdge::Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum SnapshotEdgeKind {
    /// An element of the class's only tail; it has a number.
    Element = 1,
    /// A field, or an element of one of several tails.
    Property = 2,
    /// The map, a root with a name, or from the key of an ephemeron to a value that it keeps alive.
    Internal = 3,
    /// A reference of which only the class itself knows what it is; it has a number.
    Hidden = 4,
    /// A weak reference, or that of an object to a value in an ephemeron of its: keeps nothing alive.
    Weak = 6,
}

impl SnapshotEdgeKind {
    /// Whether such edges have numbers, not names.
    #[must_use]
    pub const fn is_indexed(self) -> bool {
        matches!(self, SnapshotEdgeKind::Element | SnapshotEdgeKind::Hidden)
    }
}

/// What an edge is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotEdgeName<'a> {
    /// A field's name, `map`, `tail[3]`.
    Name(&'a str),
    /// Which element.
    Index(u32),
}

impl fmt::Display for SnapshotEdgeName<'_> {
    /// `next`, `[3]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotEdgeName::Name(name) => f.write_str(name),
            SnapshotEdgeName::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl HeapSnapshot {
    /// All nodes; the first is the root.
    #[must_use]
    pub fn nodes(&self) -> &[SnapshotNode] {
        &self.nodes
    }

    /// How many references there are.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// The references of the `node`th node, in the order of its layout.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    #[must_use]
    #[track_caller]
    pub fn edges(&self, node: usize) -> &[SnapshotEdge] {
        let end = self.nodes.get(node + 1).map_or(self.edges.len(), |next| next.first_edge);
        &self.edges[self.nodes[node].first_edge..end]
    }

    /// The name of a node: the class, the text of a string, the number, a group of roots.
    ///
    /// # Panics
    ///
    /// Perhaps, if the node is another snapshot's.
    #[must_use]
    pub fn name(&self, node: &SnapshotNode) -> &str {
        &self.strings[node.name as usize]
    }

    /// The name or number of an edge.
    ///
    /// # Panics
    ///
    /// Perhaps, if the edge is another snapshot's.
    #[must_use]
    pub fn edge_name(&self, edge: &SnapshotEdge) -> SnapshotEdgeName<'_> {
        if edge.kind.is_indexed() {
            SnapshotEdgeName::Index(edge.name)
        } else {
            SnapshotEdgeName::Name(&self.strings[edge.name as usize])
        }
    }

    /// The first node with a certain [id](SnapshotNode::id).
    #[must_use]
    pub fn find(&self, id: u64) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// Bytes that would be freed if a node went away, for each: its own, and those of all objects that cannot be reached but
    /// through it. Weak references do not count, and nodes that only they reach retain themselves alone. Takes memory for
    /// a few words a node, and time that grows a little faster than the graph.
    #[must_use]
    pub fn retained_sizes(&self) -> Vec<usize> {
        dominators::retained_sizes(self)
    }

    /// For each node, the last one that all ways from the root lead through; `None` for the root itself, and for what only
    /// weak references reach.
    #[must_use]
    pub fn dominators(&self) -> Vec<Option<usize>> {
        dominators::dominators(self)
    }
}
