//! The layouts of the standard classes: all commands of `layout-docs` over the classes of a crate that one uses.
//!
//! ```sh
//! cargo run --example standard_layouts -- render -f html -o standard.html
//! cargo run --example standard_layouts -- check objects/layouts.lock
//! ```
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    heapwright_docs::cli(&[&heapwright_objects::CLASSES, heapwright::core_classes()])
}
