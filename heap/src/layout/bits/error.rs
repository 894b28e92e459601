//! What is wrong with a value or with bits.

/// A value that does not fit its bit field, or bits that are no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitfieldError {
    /// The value has more bits than the field.
    #[error("{value} does not fit `{field}`: at most {maximum}")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// The value, as an unsigned number.
        value: u64,
        /// The largest that fits.
        maximum: u64,
    },
    /// A signed value outside the field's range.
    #[error("{value} does not fit `{field}`: {minimum} to {maximum}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The value.
        value: i64,
        /// The smallest that fits.
        minimum: i64,
        /// The largest that fits.
        maximum: i64,
    },
    /// The bits name no variant of the field's enum.
    #[error("{bits:#b} is no variant of `{field}`")]
    NoVariant {
        /// The field.
        field: &'static str,
        /// The bits.
        bits: u64,
    },
    /// Some bits are no flag of the field's set.
    #[error("bits {bits:#b} of `{field}` are no flags")]
    UnknownFlags {
        /// The field.
        field: &'static str,
        /// The offending bits, counted from the field's lowest.
        bits: u64,
    },
    /// An array has no such element.
    #[error("`{field}` has no element {index}: it has {len}")]
    NoElement {
        /// The field.
        field: &'static str,
        /// The index asked for.
        index: usize,
        /// How many elements there are.
        len: usize,
    },
    /// A bit outside all fields is set.
    #[error("bits {bits:#x} of `{bitfield}` are reserved and must be zero")]
    Reserved {
        /// The struct.
        bitfield: &'static str,
        /// The offending bits, in place.
        bits: u64,
    },
}
