//! What must not compile, with what the compiler says instead: the specification of the safety model and of the macros'
//! messages. Each file of `ui/` is one misuse; its first comment says what it teaches.
//!
//! The snapshots belong to the toolchain of `rust-toolchain.toml` and to the default features. To renew them:
//! `TRYBUILD=overwrite cargo test -p heapwright-tests --test ui`, and read the difference.
//!
//! Only cases that fail: trybuild checks them all with one `cargo check`, and would build each had it one to run.
#![forbid(unsafe_code)]
#![cfg(feature = "pointer-compression")]

/// References, handles, scopes, isolates, classes: what safe code cannot do to the heap.
#[test]
#[cfg_attr(heapwright_stress, ignore = "makes no isolates")]
fn unsafe_uses_do_not_compile() {
    trybuild::TestCases::new().compile_fail("ui/safety/*.rs");
}

/// Declarations that the macros reject: every message names what is wrong and its mend.
#[test]
#[cfg_attr(heapwright_stress, ignore = "makes no isolates")]
fn wrong_declarations_do_not_compile() {
    trybuild::TestCases::new().compile_fail("ui/macros/*.rs");
}
