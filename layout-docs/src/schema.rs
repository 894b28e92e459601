//! The JSON Schema of models, as published.

/// The JSON Schema (draft 2020-12) of [`Model`](crate::Model)'s JSON form, version [`SCHEMA_VERSION`](crate::SCHEMA_VERSION).
///
/// It is the file `schema/model-2.schema.json` of this crate, and made from the types in [`model`](crate::model): a test
/// compares them. It says what readers take, so members that may be missing are not required, and members that it does
/// not know are allowed, as later writers may add some. What it cannot say (that ids resolve, that fields do not
/// overlap) is checked by [`Model::check`](crate::Model::check).
pub const MODEL_SCHEMA: &str = include_str!("../schema/model-2.schema.json");

#[cfg(test)]
mod tests;
