//! What the fuzz targets run: a function of bytes each, which panics if something is wrong. `tests/tests/fuzz.rs` runs the
//! same functions on the corpus and on inputs from a fixed seed, so that no nightly toolchain is needed to have them tested.
#![forbid(unsafe_code)]

pub mod mutator;
pub mod readers;
