//! Tests of heapwright from a user's crate. The tests are in `tests/`; here is what several of them share.
#![forbid(unsafe_code)]
