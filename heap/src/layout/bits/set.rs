//! Items of a few bits, packed into words.

use super::word::BitWord;
use core::marker::PhantomData;

/// Items of `BITS_PER_ITEM` bits each, packed into words of type `W`: where an item lies, and how it is read and
/// replaced. The words are the caller's, in an array or in an object's elements. V8: `BitSetComputer`.
///
/// Items are `bool` or integers, signed ones in two's complement; an item never straddles two words. All functions
/// are `const`.
///
/// ```
/// use heapwright::layout::BitSetComputer;
///
/// /// Two bits for each register.
/// type Registers = BitSetComputer<u8, 2, u32>;
///
/// assert_eq!(Registers::ITEMS_PER_WORD, 16);
/// let mut words = [0_u32; Registers::word_count(20)];
/// let at = Registers::index(0, 17);
/// words[at] = Registers::encode(words[at], 17, 3);
/// assert_eq!(words, [0, 0b1100]);
/// assert_eq!(Registers::decode(words[at], 17), 3);
/// ```
///
/// A number of bits that the word or the item has no room for does not compile:
///
/// ```compile_fail
/// # use heapwright::layout::BitSetComputer;
/// BitSetComputer::<u8, 9, u32>::decode(0, 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BitSetComputer<T, const BITS_PER_ITEM: u32, W> {
    _of: PhantomData<fn(T) -> W>,
}

impl<T: BitItem, const BITS_PER_ITEM: u32, W: BitWord> BitSetComputer<T, BITS_PER_ITEM, W> {
    /// Items in a word. V8: `kItemsPerWord`.
    pub const ITEMS_PER_WORD: usize = {
        assert!(BITS_PER_ITEM > 0, "an item has at least one bit");
        assert!(BITS_PER_ITEM <= W::BITS, "an item has more bits than a word");
        assert!(BITS_PER_ITEM <= T::BITS, "an item has more bits than its type");
        (W::BITS / BITS_PER_ITEM) as usize
    };

    /// Words that hold so many items.
    #[inline]
    #[must_use]
    pub const fn word_count(items: usize) -> usize {
        items.div_ceil(Self::ITEMS_PER_WORD)
    }

    /// The word of an item, if that of item 0 is `base`.
    ///
    /// # Panics
    ///
    /// If that is more than a `usize` holds.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn index(base: usize, item: usize) -> usize {
        match base.checked_add(item / Self::ITEMS_PER_WORD) {
            Some(index) => index,
            None => panic!("the index of the item's word overflows"),
        }
    }

    /// The lowest bit of an item in its word.
    #[inline]
    #[must_use]
    pub const fn shift(item: usize) -> u32 {
        (item % Self::ITEMS_PER_WORD) as u32 * BITS_PER_ITEM
    }
}

/// What an item can be: `bool`, `u8` to `u64`, `i8` to `i64`.
#[doc(hidden)]
pub trait BitItem: Copy {
    /// Bits that its values need.
    const BITS: u32;
}

macro_rules! for_word {
    ($word:ty; $($item:ty, $bits:expr, |$value:ident| $valid:expr, |$part:ident, $unused:ident| $decoded:expr;)*) => { $(
        impl<const BITS_PER_ITEM: u32> BitSetComputer<$item, BITS_PER_ITEM, $word> {
            /// The bits of item 0 in its word. V8: `kMask`.
            pub const MASK: $word = {
                let _ = Self::ITEMS_PER_WORD; // proves the numbers of bits
                <$word>::MAX >> (<$word>::BITS - BITS_PER_ITEM)
            };

            /// Whether the value fits an item.
            #[inline]
            #[must_use]
            pub const fn is_valid($value: $item) -> bool {
                let _ = Self::ITEMS_PER_WORD;
                $valid
            }

            /// The word with one item replaced.
            ///
            /// # Panics
            ///
            /// If the value does not fit.
            #[inline]
            #[must_use]
            #[track_caller]
            pub const fn encode(previous: $word, item: usize, value: $item) -> $word {
                assert!(Self::is_valid(value), "the value has more bits than an item");
                let shift = Self::shift(item);
                (previous & !(Self::MASK << shift)) | ((value as $word & Self::MASK) << shift)
            }

            /// The item's value, from its word.
            #[inline]
            #[must_use]
            pub const fn decode(word: $word, item: usize) -> $item {
                let $part = (word >> Self::shift(item)) & Self::MASK;
                let $unused = $bits - BITS_PER_ITEM;
                $decoded
            }
        }
    )* };
}

macro_rules! items {
    ($($word:ty),*) => { $(
        for_word! { $word;
            bool, 1, |_value| true, |part, _unused| part != 0;
            u8, 8, |value| value <= u8::MAX >> (8 - BITS_PER_ITEM), |part, _unused| part as u8;
            u16, 16, |value| value <= u16::MAX >> (16 - BITS_PER_ITEM), |part, _unused| part as u16;
            u32, 32, |value| value <= u32::MAX >> (32 - BITS_PER_ITEM), |part, _unused| part as u32;
            u64, 64, |value| value <= u64::MAX >> (64 - BITS_PER_ITEM), |part, _unused| part as u64;
            i8, 8, |value| (value << (8 - BITS_PER_ITEM)) >> (8 - BITS_PER_ITEM) == value,
                |part, unused| ((part as i8) << unused) >> unused;
            i16, 16, |value| (value << (16 - BITS_PER_ITEM)) >> (16 - BITS_PER_ITEM) == value,
                |part, unused| ((part as i16) << unused) >> unused;
            i32, 32, |value| (value << (32 - BITS_PER_ITEM)) >> (32 - BITS_PER_ITEM) == value,
                |part, unused| ((part as i32) << unused) >> unused;
            i64, 64, |value| (value << (64 - BITS_PER_ITEM)) >> (64 - BITS_PER_ITEM) == value,
                |part, unused| ((part as i64) << unused) >> unused;
        }
    )* };
}
items!(u8, u16, u32, u64);

macro_rules! bit_items {
    ($($item:ty, $bits:expr;)*) => { $(
        impl BitItem for $item {
            const BITS: u32 = $bits;
        }
    )* };
}
bit_items! { bool, 1; u8, 8; u16, 16; u32, 32; u64, 64; i8, 8; i16, 16; i32, 32; i64, 64; }
