//! How many elements an object's tails have.

use super::class::MAX_TAILS;
use crate::tagged::ObjectAddress;

/// The number of elements of each of an object's tails, in the order of their declaration.
#[derive(Clone, Copy, Debug)]
pub struct TailLengths {
    pub(crate) lengths: [usize; MAX_TAILS],
    pub(crate) count: usize,
}

impl TailLengths {
    /// Of an object without tails.
    pub(crate) const NONE: TailLengths = TailLengths { lengths: [0; MAX_TAILS], count: 0 };

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        &self.lengths[..self.count]
    }
}

/// Computes the lengths of an object's tails from its constant fields. Made by the macros of functions that are `const`:
/// the same fields yield the same lengths, each time and everywhere, so an object keeps the size it was made with.
///
/// # Safety
///
/// There is an object of the class at the address, its constant fields written.
pub type TailLengthsOf = unsafe fn(ObjectAddress, &mut [usize; MAX_TAILS]);
