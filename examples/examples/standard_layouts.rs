//! The layout docs of the standard classes, in all four forms: `cargo run --example standard_layouts -- DIR`.
#![forbid(unsafe_code)]

use heapwright_docs::{Model, render_text, write_all};
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dir = env::args_os().nth(1).map_or_else(|| PathBuf::from("target/standard_layouts"), PathBuf::from);
    let model = Model::from_registries(&[&heapwright_objects::CLASSES, heapwright::core_classes()]);
    for path in write_all(&model, &dir, "layouts")? {
        println!("{}", path.display());
    }
    fs::write(dir.join("layouts.txt"), render_text(&model))
}
