//! Arrays of fixed length. V8: `fixed-array.h`.
//!
//! Each class declares its own length, at the place where V8's `FixedArrayBase` has it. A class above them with the length
//! would lie the same, but its makers would have to be given the number twice, once for the parent and once by the elements,
//! and could contradict themselves; `FixedArrayInit { elements }` cannot. What is lost is a way to ask any array for its
//! length without knowing which it is; `match_class!` over their union is that.

use core::cell::Cell;
use heapwright::{Any, heap_object};

/// Tagged values, as many as it was made with. V8: `FixedArray`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let hole = scope.handle(scope.the_hole());
/// let array = FixedArray::new(&mut scope, FixedArrayInit { elements: Filled::new(hole, 3) });
/// array.get(&scope).set_elements(0, smi(7));
/// assert_eq!(array.get(&scope).elements(0).as_smi(), Some(7));
/// assert!(array.get(&scope).elements(2).is::<TheHole>());
/// ```
#[heap_object(copy)]
pub struct FixedArray {
    /// The number of elements.
    #[constant]
    length: Smi,
    /// The values.
    #[length = length]
    elements: [Tagged<Any>],
}

impl FixedArray {
    /// Whether it has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length() == 0
    }

    /// Copies `count` elements of `source` from `from` on to those from `to` on; the ranges may overlap in one array.
    /// V8: `FixedArray::CopyElements`, `MoveElements`.
    ///
    /// # Panics
    ///
    /// If either range reaches beyond its array.
    #[track_caller]
    pub fn copy_elements(&self, to: usize, source: &FixedArray, from: usize, count: usize) {
        let fits = |start: usize, len| start.checked_add(count).is_some_and(|end| end <= len);
        assert!(
            fits(from, source.elements_len()) && fits(to, self.elements_len()),
            "{count} elements from {from} of {} do not fit from {to} of {}",
            source.elements_len(),
            self.elements_len()
        );
        // Backwards if what is read next would be overwritten first.
        if to > from {
            (0..count).rev().for_each(|i| self.set_elements(to + i, source.elements(from + i)));
        } else {
            (0..count).for_each(|i| self.set_elements(to + i, source.elements(from + i)));
        }
    }
}

/// Weak references, as many as it was made with; some may be strong, or Smis. V8: `WeakFixedArray`.
///
/// A slot is asked for what it holds: [`try_cast`](heapwright::MaybeWeak::try_cast) finds the object however it is held, and
/// [`is_cleared`](heapwright::MaybeWeak::is_cleared) says that a weak one has died. Where all slots of a class of one's own
/// are weak, declare it with `[Weak<Class>]`, and reading a slot yields an `Option`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let array = WeakFixedArray::new(&mut scope, WeakFixedArrayInit { elements: Filled::new(Nil, 2) });
/// {
///     let mut inner = scope.nested();
///     let short_lived = Str::new(&mut inner, "soon gone");
///     array.get(&inner).set_elements(0, Weakly(short_lived));
///     array.get(&inner).set_elements(1, short_lived);
/// }
/// scope.collect(CollectionKind::Full);
/// assert!(array.get(&scope).elements(0).as_weak().is_some(), "the other slot keeps it alive");
/// array.get(&scope).set_elements(1, smi(7));
/// scope.collect(CollectionKind::Full);
/// assert!(array.get(&scope).elements(0).is_cleared());
/// assert_eq!(array.get(&scope).elements(1).as_smi(), Some(7));
/// ```
#[heap_object(copy)]
pub struct WeakFixedArray {
    /// The number of elements.
    #[constant]
    length: Smi,
    /// The references.
    #[length = length]
    elements: [Tagged<MaybeObject>],
}

/// Bytes that may be changed. V8: `ByteArray`.
///
/// ```
/// # use heapwright_objects::prelude::*;
/// # let mut isolate = heapwright_objects::builder().build().unwrap();
/// # let mut scope = isolate.enter();
/// let array = ByteArray::new(&mut scope, ByteArrayInit { bytes: Filled::new(0_u8, 5) });
/// array.get(&scope).copy_from(1, b"abc");
/// assert_eq!(array.get(&scope).to_vec(), b"\0abc\0");
/// ```
#[heap_object(copy)]
pub struct ByteArray {
    /// The number of bytes.
    #[constant]
    length: Smi,
    /// The bytes.
    #[length = length]
    bytes: [u8],
}

impl ByteArray {
    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length() == 0
    }

    /// Overwrites the bytes from `offset` on.
    ///
    /// # Panics
    ///
    /// If `source` reaches beyond the end.
    #[track_caller]
    pub fn copy_from(&self, offset: usize, source: &[u8]) {
        let Some(target) = self.bytes_slice().get(offset..).and_then(|bytes| bytes.get(..source.len())) else {
            panic!("{} bytes from {offset} on do not fit an array of {}", source.len(), self.bytes_len());
        };
        target.iter().zip(source).for_each(|(to, from)| to.set(*from));
    }

    /// A copy of the bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes_slice().iter().map(Cell::get).collect()
    }
}
