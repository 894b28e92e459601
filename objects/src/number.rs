//! Numbers that are no Smis. V8: `heap-number.h`.

use core::fmt;
use heapwright::heap_object;

/// A floating-point number. V8: `HeapNumber`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let number = HeapNumber::new(&mut scope, HeapNumberInit { value: 1.5 });
/// assert_eq!(number.get(&scope).value(), 1.5);
/// assert!(scope.nan_value().value().is_nan());
/// ```
#[heap_object(copy, print = HeapNumber::print)]
pub struct HeapNumber {
    /// The number.
    #[constant]
    value: f64,
}

impl HeapNumber {
    /// What `{:?}` prints: the number.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.value())
    }
}
