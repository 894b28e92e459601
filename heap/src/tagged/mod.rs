//! Tagged values: how a word says whether it is a small integer or a reference, and the types that make it safe.
//!
//! **Owns** the encoding ([`Word`], [`Smi`]), the values safe code sees ([`Tagged`], `&T`), the cells that fields are
//! made of ([`TaggedField`] and its kin), and the traits that say which class is which ([`HeapClass`], [`IsA`],
//! [`Admits`]).
//!
//! **Promises** that a cell of type `U` only ever holds values of `U`: what may be stored is decided by
//! [`Admits`], at compile time, and what is read needs no check.
//!
//! **Never touches** spaces or the collector; the write barrier is called, not implemented, here.
//!
//! | word ends in | meaning |
//! |---|---|
//! | `0` | Smi: 31 bits above the tag under pointer compression, else 32 bits in the upper half |
//! | `01` | strong reference |
//! | `11` | weak reference; cleared if the low 32 bits are exactly 3 |

mod admits;
mod at_offset;
mod casts;
mod class;
mod external;
mod field;
mod heap_object;
mod init;
mod init_tail;
mod maybe_weak;
pub(crate) mod pattern;
mod raw;
mod read_only;
mod smi;
mod structs;
mod tail;
mod value;
mod word;

pub use admits::{Admits, AdmitsWeak, Nil, ObjectSource, WithMode};
pub use at_offset::{load_at, load_weak_at, store_at, store_weak_at};
pub use casts::HeapObjectExt;
pub use class::{Any, ConcreteClass, HasBits, HasBitsMut, HeapClass, IsA, OpenClass, TaggedType};
pub use external::ExternalField;
pub use field::{
    AlignTagged, BitsField, Inherited, OptionalPaddingBytes, PaddingBytes, RawField, SmiBitsField, SmiField,
    TaggedField, WeakField, admitted, admitted_weak, upcast,
};
pub use heap_object::HeapObject;
pub use init::{Init, ObjectAddress};
pub use init_tail::{Absent, ElementInit, Filled, OptionalInit, RawTailInit, TailInit};
pub use maybe_weak::{
    AdmitsMaybeWeak, MaybeObject, MaybeWeak, MaybeWeakField, MaybeWeakMember, MaybeWeakType, Weak, Weakly,
    admitted_maybe_weak,
};
pub use raw::{AtomicRawValue, RawValue};
pub use read_only::ReadOnly;
pub use smi::{IntoSmi, Smi, SmiError, smi};
pub use structs::{HeapStruct, StructField, StructInit, StructRef};
pub use tail::{Elements, Tail, expect_at_most, expect_length, inherited};
pub use value::Tagged;
pub(crate) use word::RawTagged;
pub use word::{TAGGED_SIZE, TaggedCell, Word};
