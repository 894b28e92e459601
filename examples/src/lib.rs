//! Runnable programs are in `examples/`.
#![forbid(unsafe_code)]
