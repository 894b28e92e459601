//! The layout model: what a class looks like in memory, as constant data.
//!
//! **Owns** the description of every class ([`ClassLayout`], [`FieldLayout`], [`TailLayout`]), of every bit field
//! ([`BitfieldLayout`]), the one `const fn` placement engine ([`place`]), the runtime descriptor of a class
//! ([`ClassDescriptor`]) with what the collector needs ([`BodyDescriptor`]), and the registry a crate lists its
//! classes in ([`ClassRegistry`]).
//!
//! **Promises** that one declaration yields all of it: offsets are computed here for both pointer widths and are
//! held equal to rustc's own `offset_of!` for the width compiled, so docs, tracing and accessors cannot disagree.
//!
//! **Never touches** the heap: everything here is `const` data or pure functions.

mod bits;
mod body;
mod check;
mod class;
mod descriptor;
mod engine;
mod field;
mod offsets;
mod registry;
mod width;

pub use bits::{
    BitEnum, BitKind, BitLayout, BitStorage, Bitfield, BitfieldError, BitfieldLayout, SmiBitfield, debug_bits,
    first_bits,
};
pub use body::{BodyDescriptor, VisitorId};
pub(crate) use check::Message;
pub use check::{check_class, check_enum_fits, check_field, check_nested_fits, check_tail};
pub(crate) use class::same as same_text;
pub use class::{ClassLayout, FieldSection, TailLayout, TailSpec};
pub use descriptor::{ClassDescriptor, MAX_INHERITANCE_DEPTH};
pub use engine::place;
pub use field::{Access, FieldKind, FieldLayout, FieldSpec, Member, RawKind, TypeSet};
pub use offsets::{as_declared, field_end, field_offset};
pub use registry::ClassRegistry;
pub use width::{PerWidth, PointerWidth};
