//! Where objects may begin: at any tagged word, or so that what is 8 bytes wide in them is aligned.
//!
//! With full pointers every object is double-aligned. With compressed ones a class may ask for it; a filler of one word is
//! put before the object where need be, in each space and again wherever a collection moves it.

use crate::BitEnum;
use crate::debugger::described;
use crate::tagged::TAGGED_SIZE;

/// What the addresses of a class's objects are multiples of: `#[heap_object(align = double)]`. V8: `AllocationAlignment`.
///
/// ```
/// use heapwright::prelude::*;
/// use heapwright::spaces::AllocationAlignment;
/// use heapwright::tagged::HeapClass;
///
/// #[heap_object(align = double)]
/// struct Samples {
///     /// How many.
///     #[constant]
///     length: Smi,
///     #[length = length]
///     data: [f64],
/// }
/// heap_classes! { static CLASSES = [Samples]; }
///
/// assert_eq!(Samples::ALIGNMENT, AllocationAlignment::Double);
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let samples = Samples::new(&mut scope, SamplesInit { data: Filled::new(0.5, 3) });
/// scope.collect(CollectionKind::Full);
/// let data: &[core::cell::Cell<f64>] = samples.get(&scope).data_slice();
/// assert_eq!(data.as_ptr().addr() % 8, 0);
/// assert_eq!(data[2].get(), 0.5);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum AllocationAlignment {
    /// Of a tagged word: 4 bytes, 8 with full pointers. What each class has unless it asks. V8: `kTaggedAligned`.
    #[default]
    Word,
    /// Of 8 bytes: what lies at a multiple of 8 in the object is aligned to 8. V8: `kDoubleAligned`.
    Double,
    /// 4 bytes beyond a multiple of 8: what follows a map word of 4 bytes is aligned to 8. With full pointers, where the
    /// map word has 8, it is the same as [`Double`](Self::Double). V8: `kDoubleUnaligned`.
    DoubleUnaligned,
}

impl AllocationAlignment {
    /// Its name, as declarations spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            AllocationAlignment::Word => "word",
            AllocationAlignment::Double => "double",
            AllocationAlignment::DoubleUnaligned => "double_unaligned",
        }
    }

    /// The most bytes that may be lost before such an object: a word with compressed pointers, unless any word will do; else
    /// nothing. V8: `Heap::GetMaximumFillToAlign`.
    ///
    /// A [reservation](crate::HandleScope::reserve) for `n` objects of an aligned class `T` takes
    /// `n * (T::SIZE + T::ALIGNMENT.maximum_fill())` bytes.
    #[inline]
    #[must_use]
    pub const fn maximum_fill(self) -> usize {
        match self {
            AllocationAlignment::Word => 0,
            _ => 8 - TAGGED_SIZE,
        }
    }

    /// The bytes that are lost before such an object where `address` is the first that is free. V8:
    /// `Heap::GetFillToAlign`.
    #[inline]
    #[must_use]
    pub const fn fill(self, address: usize) -> usize {
        let beyond = address & self.maximum_fill();
        match self {
            AllocationAlignment::DoubleUnaligned => self.maximum_fill() - beyond,
            _ => beyond,
        }
    }

    /// Where such an object lies, as far as the alignment of its fields goes: bytes beyond a multiple of 8, for
    /// compressed and for full pointers.
    pub(crate) const fn bias(self) -> [u32; 2] {
        match self {
            AllocationAlignment::DoubleUnaligned => [4, 0],
            _ => [0, 0],
        }
    }
}

described!(
    enum AllocationAlignment {
        Word,
        Double,
        DoubleUnaligned,
    }
);

#[cfg(test)]
mod tests {
    use super::AllocationAlignment::{Double, DoubleUnaligned, Word};
    use super::*;

    #[test]
    fn fillers_are_as_long_as_need_be() {
        let fills = |alignment: AllocationAlignment| [0x1000, 0x1004, 0x1008].map(|address| alignment.fill(address));
        assert_eq!(fills(Word), [0, 0, 0]);
        if TAGGED_SIZE == 4 {
            assert_eq!(fills(Double), [0, 4, 0]);
            assert_eq!(fills(DoubleUnaligned), [4, 0, 4]);
        } else {
            assert_eq!([Double, DoubleUnaligned].map(|alignment| alignment.fill(0x1008)), [0, 0]);
        }
    }
}
