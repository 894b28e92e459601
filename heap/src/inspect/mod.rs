//! Looking at the heap: printing objects, taking images of them, counting what they take, proving that all is as it
//! should be.
//!
//! [`HandleScope::object_image`](crate::HandleScope::object_image) and [`HandleScope::footprint`](crate::HandleScope::footprint)
//! return plain data for programs: a debugger's window, a test, the layout docs.
//!
//! [`seeing`](crate::seeing) shows what all of it prints.
//!
//! **Owns** nothing. **Promises** to read only, and to work from the classes' layout tables, so that it cannot go stale.
//! Classes may have printers and verifiers of their own beside; verifiers are called when all else has been found right.

mod address_set;
mod chunks;
mod footprint;
mod image;
mod objects;
mod page_map;
mod plant;
mod print;
mod snapshot;
mod statistics;
mod verify;
mod walk;

pub use chunks::ChunkInfo;
pub use footprint::{ClassFootprint, Footprint, SpaceFootprint};
pub use image::{ImageBits, ImagePart, ImageReference, ImageValue, ObjectImage, PartKind};
pub use objects::HeapObjectIterator;
pub use page_map::{PageBytes, PageOccupancy};
#[doc(hidden)]
pub use plant::{Fault, plant};
pub(crate) use print::brief;
pub use print::{debug_fields, debug_object, debug_struct};
pub(crate) use snapshot::ObjectIds;
pub use snapshot::{HeapSnapshot, SnapshotEdge, SnapshotEdgeKind, SnapshotEdgeName, SnapshotNode, SnapshotNodeKind};
pub use statistics::{ClassStatistics, HeapStatistics};
pub use verify::{VerifyError, Violation};
