//! Real objects for the docs: what lies in this very heap, drawn over the layouts.

use crate::classes::{JsonArray, JsonObject, Shape};
use heapwright::inspect::{Footprint, ObjectImage};
use heapwright::prelude::*;
use heapwright_docs::Model;

/// Elements of each tail that are drawn.
const ELEMENTS: usize = 24;

/// What was seen of the heap. Plain data: it stays when objects move, and when the heap is gone.
#[derive(Default)]
pub struct Seen {
    objects: Vec<(&'static str, ObjectImage)>,
    footprint: Footprint,
}

impl Seen {
    /// Looks at a document: its root, an object with its shape, a key, and what all of it takes.
    pub fn of<'gc>(scope: &'gc HandleScope<'_>, document: Tagged<'gc, Any>) -> Seen {
        let mut seen = Seen { footprint: scope.footprint([document]), ..Seen::default() };
        let Some(root) = document.as_object() else { return seen };
        let mut add = |name, object: &HeapObject| seen.objects.push((name, scope.object_image(object, ELEMENTS)));
        add("the document", root);
        if let Some(shape) = shape_in(document) {
            add("a shape", shape.as_heap_object());
            add("the map of shapes", shape.map().as_heap_object());
            if let Some(key) = shape.keys_iter().next() {
                add("its first key", key.as_heap_object());
            }
        }
        seen
    }

    /// What the document takes.
    pub fn footprint(&self) -> &Footprint {
        &self.footprint
    }

    /// The model with what was seen, without addresses: they differ from run to run.
    pub fn add_to(&self, model: Model) -> Model {
        let with_object = |model: Model, (name, image): &(&str, ObjectImage)| model.with_object(*name, image);
        let model = self.objects.iter().fold(model, with_object);
        model.with_footprint("the document with all that it refers to", &self.footprint).with_numbered_objects()
    }
}

/// The shape of the first object that is met in a value.
fn shape_in<'gc>(value: Tagged<'gc, Any>) -> Option<&'gc Shape> {
    let mut next = Some(value);
    while let Some(value) = next {
        if let Some(object) = value.try_cast::<JsonObject>() {
            return Some(object.shape());
        }
        next = value.try_cast::<JsonArray>().and_then(|array| array.elements_iter().next());
    }
    None
}
