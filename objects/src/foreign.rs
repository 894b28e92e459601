//! Addresses outside the heap. V8: `foreign.h`.

use core::ffi::c_void;
use heapwright::heap_object;

/// An address outside the heap, which means nothing to the collector. V8: `Foreign`.
///
/// Whose it is, and how long something lies there, is between those who make it and those who read it: a class of one's own
/// with a field `External<Thing>` has the type too.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let mut thing = 7_u64;
/// let foreign_address = (&raw mut thing).cast();
/// let foreign = Foreign::new(&mut scope, ForeignInit { foreign_address });
/// scope.collect(CollectionKind::Full);
/// assert_eq!(foreign.get(&scope).foreign_address().cast(), &raw mut thing);
/// ```
#[heap_object(instance_type = 204)]
pub struct Foreign {
    /// The address.
    #[constant]
    foreign_address: External<c_void>,
}
