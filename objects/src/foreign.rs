//! Addresses outside the heap. V8: `foreign.h`.

use heapwright::heap_object;

/// An address outside the heap, which means nothing to the collector. V8: `Foreign`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let foreign = Foreign::new(&mut scope, ForeignInit { foreign_address: 0xdead_beef });
/// assert_eq!(foreign.get(&scope).foreign_address(), 0xdead_beef);
/// ```
#[heap_object(instance_type = 204)]
pub struct Foreign {
    /// The address.
    #[constant]
    foreign_address: u64,
}
