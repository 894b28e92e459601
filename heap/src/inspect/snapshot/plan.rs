//! What a class's objects refer to, by name: read once from its layout, for all its objects.

use super::{SnapshotEdgeKind, SnapshotNodeKind};
use crate::inspect::walk::load;
use crate::layout::{ClassDescriptor, ClassLayout, FieldKind, StructLayout};
use crate::map::Map;
use crate::tagged::{HeapClass, Word};

/// How objects of a class are shown.
pub(super) struct Plan {
    pub(super) class: &'static ClassDescriptor,
    pub(super) kind: SnapshotNodeKind,
    /// Where the tagged words of the fixed part are, and what they are called.
    fields: Vec<(usize, String)>,
    tails: Vec<Tail>,
    /// Where the ephemerons of the fixed part are, what they are called, and their layout.
    ephemerons: Vec<(usize, &'static str, &'static StructLayout)>,
}

struct Tail {
    name: &'static str,
    is_condition: bool,
    size: usize,
    /// The tagged words of an element: where, and the name of the field of the struct that it is.
    words: Vec<(usize, Option<&'static str>)>,
    /// If an element is an ephemeron.
    ephemeron: Option<&'static StructLayout>,
}

/// What a word of an object is called.
pub(super) enum PlaceName<'a> {
    /// A field.
    Field(&'a str),
    /// An element of the only tail.
    Element(usize),
    /// What else there is; made for it.
    Long(String),
}

/// The tagged words of a field or an element, and what they are called if it is a struct.
fn words(kind: &FieldKind) -> Vec<(usize, Option<&'static str>)> {
    match kind {
        FieldKind::Struct(layout) => {
            let fields = layout.fields.iter().filter(|field| field.kind.may_hold_pointer());
            fields.map(|field| (field.offset.current() as usize, Some(field.name))).collect()
        }
        kind if kind.may_hold_pointer() => vec![(0, None)],
        _ => Vec::new(),
    }
}

/// The layout of a struct whose key keeps its values alive.
fn ephemeron(kind: &FieldKind) -> Option<&'static StructLayout> {
    match kind {
        FieldKind::Struct(layout) if layout.is_ephemeron => Some(layout),
        _ => None,
    }
}

impl Plan {
    pub(super) fn new(class: &'static ClassDescriptor) -> Plan {
        let layout = class.layout();
        let mut fields = Vec::new();
        let mut ephemerons = Vec::new();
        for (declared_in, field) in layout.all_fields() {
            if declared_in.parent.is_none() {
                continue; // the map
            }
            if let Some(layout) = ephemeron(&field.kind) {
                ephemerons.push((field.offset.current() as usize, field.name, layout));
            }
            for (offset, inner) in words(&field.kind) {
                let name = inner.map_or_else(|| field.name.to_owned(), |inner| format!("{}.{inner}", field.name));
                fields.push((field.offset.current() as usize + offset, name));
            }
        }
        let tails = layout.tails.iter().map(|tail| Tail {
            name: tail.name,
            is_condition: tail.length.is_condition(),
            size: tail.element_size.current() as usize,
            words: words(&tail.element),
            ephemeron: ephemeron(&tail.element),
        });
        let tails: Vec<Tail> = tails.collect();
        Plan { class, kind: kind_of(class, layout, fields.is_empty(), &tails), fields, tails, ephemerons }
    }

    /// Calls `visit` with each value of each ephemeron of an object: where its key and the value are, and what it is called.
    ///
    /// # Safety
    ///
    /// There is an object of this very class at `address`.
    pub(super) unsafe fn for_each_ephemeron_value(&self, address: usize, mut visit: impl FnMut(usize, usize, String)) {
        if self.ephemerons.is_empty() && self.tails.iter().all(|tail| tail.ephemeron.is_none()) {
            return;
        }
        let mut values = |at: usize, name: &str, layout: &'static StructLayout| {
            for field in layout.fields.iter().filter(|field| matches!(field.kind, FieldKind::Tagged(_))) {
                visit(at, at + field.offset.current() as usize, format!("{name}.{}", field.name));
            }
        };
        for (offset, name, layout) in &self.ephemerons {
            values(*offset, name, layout);
        }
        // SAFETY: the caller's contract.
        let lengths = unsafe { self.class.tail_lengths(address) };
        let mut start = self.class.layout().header_size();
        for (tail, &length) in self.tails.iter().zip(lengths.as_slice()) {
            for index in (0..length).filter(|_| tail.ephemeron.is_some()) {
                let name = if tail.is_condition { tail.name.to_owned() } else { format!("{}[{index}]", tail.name) };
                tail.ephemeron.into_iter().for_each(|layout| values(start + index * tail.size, &name, layout));
            }
            start += length * tail.size;
        }
    }

    /// Calls `visit` with each tagged word of an object, but for its map.
    ///
    /// # Safety
    ///
    /// There is an object of this very class at `address`.
    pub(super) unsafe fn for_each_word(&self, address: usize, mut visit: impl FnMut(usize, PlaceName<'_>, Word)) {
        for (offset, name) in &self.fields {
            visit(*offset, PlaceName::Field(name), load(address + offset));
        }
        if self.tails.iter().all(|tail| tail.words.is_empty()) {
            return;
        }
        // SAFETY: the caller's contract.
        let lengths = unsafe { self.class.tail_lengths(address) };
        let mut start = self.class.layout().header_size();
        for (tail, &length) in self.tails.iter().zip(lengths.as_slice()) {
            for index in 0..length {
                for (offset, inner) in &tail.words {
                    let at = start + index * tail.size + offset;
                    let name = match inner {
                        Some(inner) if tail.is_condition => PlaceName::Long(format!("{}.{inner}", tail.name)),
                        Some(inner) => PlaceName::Long(format!("{}[{index}].{inner}", tail.name)),
                        None if tail.is_condition => PlaceName::Field(tail.name),
                        None if self.tails.len() == 1 => PlaceName::Element(index),
                        None => PlaceName::Long(format!("{}[{index}]", tail.name)),
                    };
                    visit(at, name, load(address + at));
                }
            }
            start += length * tail.size;
        }
    }
}

impl PlaceName<'_> {
    /// The kind of edge for a strong reference from there.
    pub(super) fn kind(&self) -> SnapshotEdgeKind {
        match self {
            PlaceName::Element(_) => SnapshotEdgeKind::Element,
            PlaceName::Field(_) | PlaceName::Long(_) => SnapshotEdgeKind::Property,
        }
    }
}

fn kind_of(
    class: &'static ClassDescriptor,
    layout: &'static ClassLayout,
    no_fields: bool,
    tails: &[Tail],
) -> SnapshotNodeKind {
    if class.is_subclass_of(Map::CLASS) {
        SnapshotNodeKind::ObjectShape
    } else if crate::code::code_classes().classes().iter().any(|code| class.is_subclass_of(code)) {
        SnapshotNodeKind::Code
    } else if no_fields && !layout.custom_trace && tails.len() == 1 && !tails[0].words.is_empty() {
        SnapshotNodeKind::Array
    } else {
        SnapshotNodeKind::Object
    }
}
