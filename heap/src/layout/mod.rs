//! The layout model: what a class looks like in memory, as constant data.
//!
//! **Owns** the description of every class ([`ClassLayout`], [`FieldLayout`], [`TailLayout`]), of every bit field
//! ([`BitfieldLayout`]), the one `const fn` placement engine ([`place`]), the runtime descriptor of a class
//! ([`ClassDescriptor`]) with what the collector needs ([`BodyDescriptor`]), and the registry a crate lists its
//! classes in ([`ClassRegistry`]).
//!
//! Tails and optional fields are described with the fields; how many elements an object has is computed from its constant
//! fields ([`TailLengths`]). Structs inside objects have a description of their own ([`StructLayout`]).
//!
//! Beside them: what a class says of its number and how an isolate's classes are numbered ([`InstanceTypes`]), and what
//! few classes have, behind one pointer ([`Hooks`]).
//!
//! **Promises** that one declaration yields all of it: offsets are computed here for both pointer widths and are
//! held equal to rustc's own `offset_of!` for the width compiled, so docs, tracing and accessors cannot disagree.
//!
//! **Never touches** the heap: everything here is `const` data or pure functions.

mod assigned;
mod bits;
mod body;
mod check;
mod class;
mod descriptor;
mod engine;
mod field;
mod hooks;
mod instance_types;
mod numbering;
mod offsets;
mod registry;
mod structs;
mod tails;
mod width;

pub use assigned::{AssignedInstanceTypes, assign_instance_types};
pub use bits::{
    AtomicBits, BitEnum, BitKind, BitLayout, BitSetComputer, BitStorage, BitWord, Bitfield, BitfieldError,
    BitfieldLayout, BitsBefore, FlagSet, SmiBitfield, debug_bits,
};
pub(crate) use bits::{NamedValue, debug_bit_value};
#[doc(hidden)]
pub use bits::{
    NoBitEnum, NoBitfield, NoFlagSet, bits_after, check_bits_follow, check_flags_fit, checked_element_shift,
    element_shift, first_bits, repeat,
};
pub use body::{BodyDescriptor, VisitorId};
pub(crate) use check::Message;
pub use check::{
    InputKind, check_aligned, check_alignment, check_class, check_enum_fits, check_nested_fits, check_struct,
    check_tail, inherited_input,
};
pub(crate) use class::same as same_text;
pub use class::{ClassLayout, FieldSection, MAX_TAILS, TailLayout, TailLength};
pub use descriptor::{ClassDescriptor, MAX_INHERITANCE_DEPTH};
pub use engine::{place, place_naturally};
pub use field::{Access, FieldKind, FieldLayout, FieldSpec, Member, RawKind, TypeSet};
pub use hooks::{Hooks, HooksOf, PrintHook, Splice, VerifyHook, check_splice};
pub use instance_types::{InstanceTypeOrder, InstanceTypeRange, InstanceTypes, check_instance_types};
pub use numbering::InstanceTypeError;
pub(crate) use numbering::Numbering;
pub use offsets::{as_declared, field_end, field_offset};
pub use registry::ClassRegistry;
pub use structs::StructLayout;
pub use tails::{TailLengths, TailLengthsOf};
pub use width::{PerWidth, PointerWidth};
