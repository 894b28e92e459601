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
//! Where to look: [`language`] is what can be declared, chapter by chapter, [`layout`] what a declaration is as data, and
//! the crate [`heapwright_macros`](heapwright_macros#what-a-declaration-becomes) shows the code it becomes. [`handles`]
//! explains why references are safe; [`memory`] and [`spaces`] are where objects lie, [`barrier`] and [`gc`] how they are
//! kept, [`code`] is machine code among them, [`inspect`] how they are printed, counted and verified, [`debugger`] how they are found from outside.
//! [`seeing`] shows each instrument at work, with what it prints.
//!
//! # Features
//!
//! `pointer-compression` (default): tagged fields have 4 bytes and Smis 31 bits; without it 8 bytes and 32 bits.
//!
//! `heap-snapshot`: [heap snapshots](inspect::HeapSnapshot) and [allocation profiles](AllocationProfile) can be written as
//! files for Chrome's DevTools and memlab.

#![debugger_visualizer(gdb_script_file = "debugger/heapwright.py")]

extern crate self as heapwright;

pub mod barrier;
pub mod code;
pub mod debugger;
mod error;
pub mod external_memory;
pub mod gc;
pub mod growing;
pub mod handles;
mod heap;
pub mod inspect;
mod isolate;
mod isolate_address;
mod isolate_memory;
pub mod isolate_slots;
pub mod language;
pub mod layout;
pub mod limits;
mod lists;
pub mod map;
pub mod memory;
mod policy;
mod pressure;
pub mod roots;
pub mod sampling;
pub mod schedule;
pub mod seeing;
pub mod spaces;
#[doc(hidden)]
pub mod stress;
pub mod tagged;
mod watch;

pub use barrier::{Store, StoreFilter, StoreObserver, StorePlace, Stored, WriteBarrierMode};
pub use error::{EnterError, IsolateError, OutOfMemory, OutOfMemoryReason, ReservationExhausted};
pub use external_memory::{ExternalMemory, ExternalMemoryError};
pub use gc::{CollectionKind, CollectionPhases, CollectionReason, CollectionRecord, GcCallback, GcEvent};
pub use growing::Growing;
pub use handles::{
    CanonicalHandle, CanonicalScope, CopyClass, CopyError, CopyObject, Escape, Eternal, Factory, Fresh, Global, Handle,
    HandleScope, PersistentHandle, PersistentHandles, PersistentHandlesError, PinError, Pinned, Reservation,
    SealedScope, WeakCallbackInfo, WeakGlobal, WrongIsolate,
};
pub use heapwright_macros::{
    BitEnum, bitfield, context_slots, define_bit_fields, define_bit_ranges, field_offsets, heap_classes, heap_object,
    heap_roots, heap_struct, isolate_slots, match_class,
};
pub use isolate::{Isolate, IsolateBuilder, core_classes};
pub use isolate_address::IsolateAddress;
pub use isolate_memory::IsolateAllocation;
pub use isolate_slots::{IsolateSlot, IsolateSlots};
pub use layout::{
    AtomicBits, BitEnum, Bitfield, BitfieldError, ClassDescriptor, ClassLayout, ClassRegistry, InstanceTypeError,
    InstanceTypeRange, SmiBitfield,
};
pub use limits::{NearHeapLimit, NearHeapLimitCallback};
pub use lists::{SlotType, SlotValue};
pub use map::{Map, MapInit};
pub use policy::{HeapPolicy, PolicyError};
pub use pressure::MemoryPressureLevel;
pub use roots::{RootGroup, RootInfo, RootKey, RootTable};
pub use sampling::AllocationProfile;
pub use schedule::{GcAction, GcDecision, GcSchedule};
pub use spaces::{AllocationType, SpaceId};
pub use tagged::{
    Absent, Admits, AdmitsMaybeWeak, AdmitsWeak, Any, ConcreteClass, Filled, HasBits, HasBitsMut, HeapClass,
    HeapObject, HeapObjectExt, HeapStruct, Init, IntoSmi, IsA, MaybeObject, MaybeWeak, Nil, OpenClass, ReadOnly, Smi,
    StructRef, Tagged, TaggedType, Weak, Weakly, WithMode, smi,
};
pub use watch::{AllocationObserver, AllocationStep};

/// Everything a crate that declares classes needs.
pub mod prelude {
    pub use crate::Factory as _;
    pub use crate::{
        Absent, AllocationType, Any, BitEnum, CollectionKind, CopyObject, Filled, Global, Handle, HandleScope,
        HeapObject, HeapObjectExt, Isolate, MaybeObject, Nil, OutOfMemory, Reservation, Smi, Tagged, WeakGlobal,
        Weakly, WithMode, bitfield, heap_classes, heap_object, heap_struct, match_class, smi,
    };
}

/// What generated code refers to. Not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use core::sync::atomic::Ordering;

    pub use crate::barrier::{Observing, observe_stored};
    pub use crate::debugger::TableEntry;
    pub use crate::inspect::{Fault, plant};
    pub use crate::isolate_slots::SlotValues;
    pub use crate::layout::{
        Access, BitKind, BitLayout, BitStorage, BitfieldLayout, ClassDescriptor, ClassLayout, FieldLayout, FieldSpec,
        Hooks, HooksOf, InputKind, InstanceTypeOrder, InstanceTypeRange, MAX_TAILS, Member, PerWidth, PrintHook,
        RawKind, Splice, StructLayout, TailLayout, TailLength, TailLengthsOf, TypeSet, VerifyHook, as_declared,
        check_aligned, check_alignment, check_class, check_enum_fits, check_instance_types, check_nested_fits,
        check_splice, check_struct, check_tail, debug_bits, field_end, field_offset, first_bits, inherited_input,
        place, place_naturally,
    };
    pub use crate::layout::{
        FlagSet, NoBitEnum, NoBitfield, NoFlagSet, bits_after, check_bits_follow, check_flags_fit,
        checked_element_shift, element_shift, repeat,
    };
    pub use crate::lists::context_value;
    pub use crate::roots::{ObjectRoot, RootOf, set_up_nothing};
    pub use crate::spaces::AllocationAlignment;
    pub use crate::tagged::pattern::{Arm, Exactly, Guarded, check_arms, no_arm, subject, try_arm};
    pub use crate::tagged::{
        Admits, AdmitsMaybeWeak, AdmitsWeak, AlignTagged, BitsField, ElementInit, Elements, ExternalField, HeapStruct,
        Inherited, Init, IntoSmi, MaybeWeakField, ObjectAddress, OptionalInit, OptionalPaddingBytes, PaddingBytes,
        RawField, RawTailInit, SmiBitsField, SmiField, StructField, StructInit, StructRef, TaggedField, Tail, TailInit,
        WeakField, Word, admitted, admitted_maybe_weak, admitted_weak, expect_at_most, expect_length, inherited,
        upcast,
    };

    /// The end of an accessor whose `#[checked]` condition does not hold.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub fn check_failed(accessor: &str, condition: &str) -> ! {
        panic!("`{accessor}`: the condition `{condition}` does not hold")
    }

    /// `N`, from a type: what stands there is evaluated even if nobody uses the result.
    #[must_use]
    pub const fn length<const N: usize>(_: &[(); N]) -> usize {
        N
    }
}
