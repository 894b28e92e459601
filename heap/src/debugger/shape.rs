//! How a table in memory is described, so that it can be read by a program that was not compiled with it.

use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};

/// The type of a field of a table.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// An unsigned integer or a truth value: its word in the schema.
    Plain(&'static str),
    /// An address and a length in bytes.
    Str,
    /// An address.
    Ref(&'static Shape),
    /// An address and a number of elements.
    Slice(&'static Shape),
    /// So many elements.
    Array(usize, &'static Shape),
    /// Absent if the first 8 bytes, an address, are 0.
    Null(&'static Shape),
    /// Behind so many bytes, which are 0 if it is absent.
    Option(usize, &'static Shape),
    /// A struct or an enum with a table of its own.
    Named(&'static str),
}

/// A type that tables are made of.
pub(crate) trait Described {
    const SHAPE: Shape;
}

/// A struct or an enum, with what it is made of.
pub(crate) trait DescribedTable: Described {
    const TABLE: Table;
}

/// What a struct or an enum is made of.
#[derive(Clone, Copy)]
pub(crate) enum Table {
    Struct { name: &'static str, size: usize, fields: &'static [FieldTable] },
    Enum { name: &'static str, size: usize, payload_at: usize, variants: &'static [VariantTable] },
}

#[derive(Clone, Copy)]
pub(crate) struct FieldTable {
    pub(crate) name: &'static str,
    pub(crate) offset: usize,
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy)]
pub(crate) struct VariantTable {
    pub(crate) name: &'static str,
    pub(crate) payload: Option<Shape>,
}

/// The shape of the field that a function picks.
pub(crate) const fn shape_of<S, T: Described>(_: fn(&S) -> &T) -> Shape {
    T::SHAPE
}

/// The shape of what a variant carries, from its constructor.
pub(crate) const fn payload_of<T: Described, E>(_: fn(T) -> E) -> Shape {
    T::SHAPE
}

/// Describes a struct or an enum of the tables, beside its declaration. All fields are listed, those that readers have no
/// use for after `skip`; variants in their order.
macro_rules! described {
    (struct $type:ident { $($field:ident),* $(,)? } $(skip { $($skipped:ident),* $(,)? })?) => {
        impl $crate::debugger::Described for $type {
            const SHAPE: $crate::debugger::Shape = $crate::debugger::Shape::Named(stringify!($type));
        }
        impl $crate::debugger::DescribedTable for $type {
            const TABLE: $crate::debugger::Table = $crate::debugger::Table::Struct {
                name: stringify!($type),
                size: size_of::<$type>(),
                fields: &[$($crate::debugger::FieldTable {
                    name: stringify!($field),
                    offset: core::mem::offset_of!($type, $field),
                    shape: $crate::debugger::shape_of(|table: &$type| &table.$field),
                }),*],
            };
        }
        const _: () = {
            #[allow(dead_code)] // fails to compile when a field is missing above
            fn all_fields_are_listed(table: &$type) {
                let $type { $($field: _,)* $($($skipped: _,)*)? } = table;
            }
        };
    };
    (enum $type:ident { $($variant:ident $(($payload:pat))?),* $(,)? }) => {
        impl $crate::debugger::Described for $type {
            const SHAPE: $crate::debugger::Shape = $crate::debugger::Shape::Named(stringify!($type));
        }
        impl $crate::debugger::DescribedTable for $type {
            const TABLE: $crate::debugger::Table = $crate::debugger::Table::Enum {
                name: stringify!($type),
                size: size_of::<$type>(),
                // `repr(C, u8)`: one byte, then a union of all that variants carry.
                payload_at: align_of::<$type>(),
                variants: &[$($crate::debugger::VariantTable {
                    name: stringify!($variant),
                    payload: $crate::debugger::described!(@payload $type $variant $($payload)?),
                }),*],
            };
        }
        const _: () = {
            #[allow(dead_code)] // fails to compile when a variant is missing above
            fn all_variants_are_listed(table: &$type) {
                match table {
                    $($type::$variant $(($payload))? => {})*
                }
            }
        };
    };
    (@payload $type:ident $variant:ident $payload:pat) => {
        Some($crate::debugger::payload_of($type::$variant))
    };
    (@payload $type:ident $variant:ident) => {
        None
    };
}
pub(crate) use described;

macro_rules! plain {
    ($($type:ty: $word:literal),* $(,)?) => {
        $(impl Described for $type {
            const SHAPE: Shape = Shape::Plain($word);
        })*
    };
}

plain! {
    u8: "u8",
    u16: "u16",
    u32: "u32",
    u64: "u64",
    usize: "usize",
    bool: "bool",
    AtomicU32: "u32",
    AtomicUsize: "usize",
}

impl<T: Described> Described for core::cell::Cell<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl Described for &'static str {
    const SHAPE: Shape = Shape::Str;
}

impl<T: Described> Described for &'static T {
    const SHAPE: Shape = Shape::Ref(&T::SHAPE);
}

impl<T: Described> Described for AtomicPtr<T> {
    const SHAPE: Shape = Shape::Null(&Shape::Ref(&T::SHAPE));
}

impl<T: Described> Described for &'static [T] {
    const SHAPE: Shape = Shape::Slice(&T::SHAPE);
}

impl<T: Described, const N: usize> Described for [T; N] {
    const SHAPE: Shape = Shape::Array(N, &T::SHAPE);
}

impl<T: Described> Described for Option<&'static T> {
    const SHAPE: Shape = Shape::Null(&<&'static T>::SHAPE);
}

impl Described for Option<&'static str> {
    const SHAPE: Shape = Shape::Null(&Shape::Str);
}

impl Described for Option<u16> {
    const SHAPE: Shape = Shape::Option(2, &u16::SHAPE);
}

impl Described for Option<u32> {
    const SHAPE: Shape = Shape::Option(4, &u32::SHAPE);
}

/// What the schema says of types whose layout the language leaves open, held against what the compiler does.
const _: () = {
    use core::mem::{MaybeUninit, transmute};

    // An address and a length: the second word of a reference to three bytes is 3.
    // SAFETY: of the same size, and the word that is read is initialised; were it an address, this would not compile.
    let [_, length] = unsafe { transmute::<&'static str, [MaybeUninit<usize>; 2]>("abc") };
    // SAFETY: as above.
    assert!(unsafe { length.assume_init() } == 3);
    // SAFETY: as above.
    let [_, number] = unsafe { transmute::<&'static [u16], [MaybeUninit<usize>; 2]>(&[1, 2, 3]) };
    // SAFETY: as above.
    assert!(unsafe { number.assume_init() } == 3);
    // No text: the address is 0.
    // SAFETY: of the same size; what is read is initialised, else this would not compile.
    let [address, _] = unsafe { transmute::<Option<&'static str>, [MaybeUninit<usize>; 2]>(None) };
    // SAFETY: as above.
    assert!(unsafe { address.assume_init() } == 0);

    // SAFETY: of the same size, all initialised; padding would not compile.
    let [is_some, value] = unsafe { transmute::<Option<u16>, [u16; 2]>(Some(7)) };
    assert!(is_some == 1 && value == 7);
    // SAFETY: of the same size; what is read is initialised, else this would not compile.
    let [is_some, _] = unsafe { transmute::<Option<u16>, [MaybeUninit<u16>; 2]>(None) };
    // SAFETY: as above.
    assert!(unsafe { is_some.assume_init() } == 0);
    // SAFETY: of the same size, all initialised.
    let [is_some, value] = unsafe { transmute::<Option<u32>, [u32; 2]>(Some(7)) };
    assert!(is_some == 1 && value == 7);
    // SAFETY: of the same size; what is read is initialised, else this would not compile.
    let [is_some, _] = unsafe { transmute::<Option<u32>, [MaybeUninit<u32>; 2]>(None) };
    // SAFETY: as above.
    assert!(unsafe { is_some.assume_init() } == 0);
};
