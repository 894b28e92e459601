//! Numbers by which objects are known from one snapshot to the next, although they move.
//!
//! Nothing is kept before the first snapshot. From then on each collection looks through the numbered objects once, when
//! all has moved and nothing is reused: moving itself costs nothing more. V8: `HeapObjectsMap`.

use std::collections::HashMap;

/// Ids below are those of nodes that are no objects.
pub(super) const FIRST_ID: u64 = 101;

/// The ids of objects, by address. V8: `HeapObjectsMap`.
#[derive(Debug, Default)]
pub(crate) struct ObjectIds {
    ids: HashMap<usize, u64>,
    given: u64,
}

impl ObjectIds {
    /// The id of the object at `address`; a new one if it has none.
    pub(super) fn id(&mut self, address: usize) -> u64 {
        *self.ids.entry(address).or_insert_with(|| {
            let id = FIRST_ID + 2 * self.given;
            self.given += 1;
            id
        })
    }

    /// After a collection, before memory is reused: `place` says where each object is now; `None` if it died.
    #[cold]
    pub(crate) fn update(&mut self, place: impl Fn(usize) -> Option<usize>) {
        if !self.ids.is_empty() {
            let ids = core::mem::take(&mut self.ids);
            self.ids = ids.into_iter().filter_map(|(address, id)| Some((place(address)?, id))).collect();
        }
    }
}
