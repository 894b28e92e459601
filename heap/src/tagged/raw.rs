//! Raw fields: plain data in objects, which the collector never reads.

use super::word::{TAGGED_SIZE, on_failure};
use crate::layout::RawKind;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

/// A primitive that a raw field may hold: an integer, a float or a `bool`.
///
/// # Safety
///
/// `Cell` has the size of `Self`, an alignment of at most [`TAGGED_SIZE`], and `KIND` names `Self`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a raw field",
    label = "not plain data the heap knows",
    note = "raw fields are integers, floats, `bool`, or a `#[bitfield]` as `Bits<{Self}>`: they are copied without running code, so nothing with `Drop` or a pointer into Rust memory"
)]
pub unsafe trait RawValue: Copy + core::fmt::Debug + 'static {
    /// What holds it in an object.
    #[doc(hidden)]
    type Cell;
    /// Which primitive it is.
    const KIND: RawKind;

    #[doc(hidden)]
    fn load(cell: &Self::Cell) -> Self;
    #[doc(hidden)]
    fn store(cell: &Self::Cell, value: Self);
}

/// A raw value that one instruction reads or writes whole under both pointer widths: fields with a memory order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not atomic in a heap object",
    label = "8 bytes, aligned to 4 under pointer compression",
    note = "use a 4-byte integer, or leave the order out"
)]
pub trait AtomicRawValue: RawValue {
    #[doc(hidden)]
    fn load_ordered(cell: &Self::Cell, order: Ordering) -> Self;
    #[doc(hidden)]
    fn store_ordered(cell: &Self::Cell, value: Self, order: Ordering);
    /// Stores a value and returns the one before.
    #[doc(hidden)]
    fn swap(cell: &Self::Cell, value: Self, order: Ordering) -> Self;
    /// Stores `new` if the cell holds the bits of `current`; what it held before.
    #[doc(hidden)]
    fn compare_exchange(cell: &Self::Cell, current: Self, new: Self, order: Ordering) -> Result<Self, Self>;
}

macro_rules! atomic {
    ($($value:ty, $cell:ty, $kind:ident, $to:expr, $from:expr;)*) => { $(
        // SAFETY: the atomic has the size and alignment of the integer it is named for, at most 4.
        unsafe impl RawValue for $value {
            type Cell = $cell;
            const KIND: RawKind = RawKind::$kind;

            #[inline]
            fn load(cell: &$cell) -> $value {
                $from(cell.load(Ordering::Relaxed))
            }

            #[inline]
            fn store(cell: &$cell, value: $value) {
                cell.store($to(value), Ordering::Relaxed);
            }
        }

        impl AtomicRawValue for $value {
            #[inline]
            fn load_ordered(cell: &$cell, order: Ordering) -> $value {
                $from(cell.load(order))
            }

            #[inline]
            fn store_ordered(cell: &$cell, value: $value, order: Ordering) {
                cell.store($to(value), order);
            }

            #[inline]
            fn swap(cell: &$cell, value: $value, order: Ordering) -> $value {
                $from(cell.swap($to(value), order))
            }

            #[inline]
            fn compare_exchange(
                cell: &$cell,
                current: $value,
                new: $value,
                order: Ordering,
            ) -> Result<$value, $value> {
                cell.compare_exchange($to(current), $to(new), order, on_failure(order)).map($from).map_err($from)
            }
        }
    )* };
}
atomic! {
    u8, AtomicU8, U8, |v| v, |v| v;
    i8, AtomicU8, I8, |v: i8| v as u8, |v| v as i8;
    bool, AtomicU8, Bool, u8::from, |v| v != 0;
    u16, AtomicU16, U16, |v| v, |v| v;
    i16, AtomicU16, I16, |v: i16| v as u16, |v| v as i16;
    u32, AtomicU32, U32, |v| v, |v| v;
    i32, AtomicU32, I32, |v: i32| v as u32, |v| v as i32;
    f32, AtomicU32, F32, f32::to_bits, f32::from_bits;
}

/// Eight raw bytes, aligned to a tagged word only.
#[doc(hidden)]
#[repr(transparent)]
pub struct EightBytes(UnsafeCell<[u32; 2]>);

macro_rules! eight_bytes {
    ($($value:ty, $kind:ident;)*) => { $(
        // SAFETY: eight bytes, aligned to four.
        unsafe impl RawValue for $value {
            type Cell = EightBytes;
            const KIND: RawKind = RawKind::$kind;

            #[inline]
            fn load(cell: &EightBytes) -> $value {
                // SAFETY: eight initialised bytes; only the thread that has entered the isolate touches raw
                // fields, for objects are not `Sync`. The collector copies them while no mutator runs.
                unsafe { cell.0.get().cast::<$value>().read_unaligned() }
            }

            #[inline]
            fn store(cell: &EightBytes, value: $value) {
                // SAFETY: as in `load`.
                unsafe { cell.0.get().cast::<$value>().write_unaligned(value) }
            }
        }
    )* };
}
eight_bytes! { u64, U64; i64, I64; f64, F64; }

const _: () = assert!(core::mem::align_of::<EightBytes>() <= TAGGED_SIZE && size_of::<EightBytes>() == 8);
