//! Heap objects as V8 has them, declared once.
//!
//! A runtime author declares a heap object type as an annotated struct, and gets from that one declaration: field
//! offsets, tagged accessors, bit fields, write barriers, tracing, casts, printers, verifiers, allocation and layout
//! docs, over a generational, moving heap in one memory reservation.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! /// A point that may have a neighbour.
//! #[heap_object]
//! pub struct Point {
//!     /// Where it is.
//!     x: Smi,
//!     /// Its neighbour.
//!     next: Tagged<Option<Point>>,
//! }
//!
//! heap_classes! { pub static CLASSES = [Point]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let first = Point::new(&mut scope, PointInit { x: 1, next: Nil });
//! let second = Point::new(&mut scope, PointInit { x: 2, next: first });
//! scope.collect(CollectionKind::Full);
//! assert_eq!(second.get(&scope).next().unwrap().x(), 1);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! A reference that is held across an allocation does not compile:
//!
//! ```compile_fail,E0502
//! # use heapwright::prelude::*;
//! # #[heap_object] pub struct Point { x: Smi }
//! # fn f(scope: &mut HandleScope<'_>) {
//! let point = Point::new(scope, PointInit { x: 1 });
//! let raw: &Point = point.get(scope);
//! Point::new(scope, PointInit { x: 2 }); // may move the first point
//! raw.x();
//! # }
//! ```
//!
//! Where to look: [`handles`] explains why references are safe, [`layout`] what a declaration becomes, [`memory`] and
//! [`spaces`] where objects lie, [`barrier`] and [`gc`] how they are kept.
//!
//! # Features
//!
//! `pointer-compression` (default): tagged fields have 4 bytes and Smis 31 bits; without it 8 bytes and 32 bits.

extern crate self as heapwright;

pub mod barrier;
mod error;
pub mod gc;
pub mod handles;
mod heap;
pub mod inspect;
mod isolate;
pub mod layout;
pub mod map;
pub mod memory;
pub mod roots;
pub mod spaces;
pub mod tagged;

pub use barrier::{Store, StoreFilter, StoreObserver, StorePlace, Stored, WriteBarrierMode};
pub use error::{EnterError, IsolateError, OutOfMemory, OutOfMemoryReason, ReservationExhausted};
pub use gc::{CollectionKind, CollectionReason, CollectionRecord};
pub use handles::{Escape, Fresh, Global, Handle, HandleScope, Reservation, WeakGlobal};
pub use heapwright_macros::{BitEnum, bitfield, heap_classes, heap_object};
pub use isolate::{Isolate, IsolateBuilder, core_classes};
pub use layout::{BitEnum, Bitfield, BitfieldError, ClassDescriptor, ClassLayout, ClassRegistry, SmiBitfield};
pub use map::{Map, MapInit};
pub use roots::{RootKey, RootTable};
pub use spaces::{AllocationType, SpaceId};
pub use tagged::{
    Admits, AdmitsWeak, Any, ConcreteClass, Filled, HasBits, HasBitsMut, HeapClass, HeapObject, HeapObjectExt, Init,
    IntoSmi, IsA, Nil, OpenClass, ReadOnly, Smi, Tagged, TaggedType, smi,
};

/// Everything a crate that declares classes needs.
pub mod prelude {
    pub use crate::{
        AllocationType, Any, BitEnum, CollectionKind, Filled, Global, Handle, HandleScope, HeapObject, HeapObjectExt,
        Isolate, Nil, OutOfMemory, Reservation, Smi, Tagged, WeakGlobal, bitfield, heap_classes, heap_object, smi,
    };
}

/// What generated code refers to. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::barrier::{Observing, observe_stored};
    pub use crate::error::{OutOfMemory, ReservationExhausted};
    pub use crate::layout::{
        Access, BitKind, BitLayout, BitStorage, BitfieldLayout, ClassDescriptor, ClassLayout, FieldLayout, FieldSpec,
        Member, TailSpec, TypeSet, check_class, check_enum_fits, check_field, check_nested_fits, check_tail,
        debug_bits, first_bits, place,
    };
    pub use crate::tagged::{
        Admits, AdmitsWeak, AlignTagged, BitsField, Inherited, Init, IntoSmi, ObjectAddress, OptionalPaddingBytes,
        PaddingBytes, RawElements, RawField, RawTail, RawTailInit, SmiBitsField, SmiField, TaggedElements, TaggedField,
        TaggedTail, TaggedTailInit, WeakElements, WeakField, WeakTail, WeakTailInit, Word, admitted, admitted_weak,
        copied, upcast,
    };

    /// The end of an accessor whose `#[checked]` condition does not hold.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn check_failed(accessor: &str, condition: &str) -> ! {
        panic!("`{accessor}`: the condition `{condition}` does not hold")
    }

    /// The end of an infallible allocation that failed.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn out_of_memory(error: OutOfMemory) -> ! {
        panic!("{error}")
    }

    /// The end of an infallible allocation from a reservation that is used up.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn reservation_exhausted(error: ReservationExhausted) -> ! {
        panic!("{error}")
    }
}
