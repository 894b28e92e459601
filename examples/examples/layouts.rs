//! The layouts of all classes that `json_heap` uses: drawn, locked, compared. All commands of `layout-docs` in a line of one's
//! own.
//!
//! ```sh
//! cargo run --example layouts -- render
//! cargo run --example layouts -- check examples/examples/json_heap/layouts.lock
//! cargo run --example layouts -- --help
//! ```
#![forbid(unsafe_code)]
// Only the tables of the classes are used here.
#![allow(dead_code)]

#[path = "json_heap/classes.rs"]
mod classes;

fn main() -> std::process::ExitCode {
    heapwright_docs::cli(&[&classes::CLASSES, &heapwright_objects::CLASSES, heapwright::core_classes()])
}
