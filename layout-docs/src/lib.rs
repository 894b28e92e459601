//! Draws the object layouts of Heapwright classes: as text, Markdown, chapters for mdBook, one self-contained HTML page, and
//! JSON; which class refers to which, for Graphviz and as SVG; bit fields as SVG, as RFCs draw packets, and for WaveDrom.
//!
//! ```text
//! ClassRegistry ──extract──▶ Model ──▶ render_text, render_markdown, render_html, render_json
//!                              ▲                                                       │
//!                              └───────────────── Model::from_json ◀───────────────────┘
//! ```
//!
//! | form | function |
//! |---|---|
//! | terminal | [`render_text`] |
//! | Markdown, one document | [`render_markdown`] |
//! | Markdown, chapters of a book | [`render_mdbook`], [`write_mdbook`] |
//! | HTML | [`render_html`] |
//! | JSON | [`render_json`] |
//! | reference graph | [`render_graph_svg`], [`render_dot`] |
//! | one bit field | [`render_bitfield_svg`], [`render_bitfield_text`], [`render_wavedrom`] |
//!
//! [`render_page_map`] and [`render_page_map_svg`] draw what the pages of a heap are full of.
//!
//! [`Model::with_object`] and [`Model::with_footprint`] add real objects that were seen in a heap, drawn over their layouts.
//!
//! A crate has its layouts on a page, under lock and compared in three lines each:
//!
//! ```no_run
//! # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
//! // examples/layouts.rs: `cargo run --example layouts -- render -f html -o layouts.html`
//! fn main() -> std::process::ExitCode {
//!     heapwright_docs::cli(&[&CLASSES])
//! }
//!
//! // tests/layouts.rs: the lock is written by `LAYOUT_DOCS=overwrite cargo test`
//! #[test]
//! fn layouts_are_locked() {
//!     heapwright_docs::assert_locked(&[&CLASSES], concat!(env!("CARGO_MANIFEST_DIR"), "/layouts.lock"));
//! }
//! ```
//!
//! [`diff`](mod@diff) says which changes break compiled code, snapshots and debuggers.
//!
//! **Owns** the [`Model`] (plain data, with a versioned JSON form: [`MODEL_SCHEMA`]), everything that draws it, and the
//! [`Lock`].
//!
//! **Promises** that what it draws is what the class tables say: offsets are copied, never computed again. Both
//! pointer widths are drawn, whichever one this build was made for.
//!
//! **Never touches** a heap. Three modules know `heapwright`'s types: one for classes, one for real objects that were
//! [looked at](heapwright::inspect), and that of the map of pages; all others read the model.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod binary;
mod bitfield;
mod check;
mod check_live;
mod cli;
mod cost;
pub mod diff;
mod doc;
mod extract;
mod extract_live;
mod finish;
#[cfg(test)]
mod fixture;
mod graph;
mod html;
mod index;
mod lock;
mod locked;
mod markdown;
mod markdown_live;
mod mdbook;
pub mod model;
mod overlay;
mod page_map;
mod reorder;
mod rows;
mod schema;
mod select;
mod text;
mod view;
mod words;
mod write;

pub use binary::BinaryError;
pub use bitfield::{render_bitfield_svg, render_bitfield_text, render_wavedrom, render_wavedrom_all};
pub use check::ModelError;
#[doc(hidden)]
pub use cli::cli_of_files;
pub use cli::{LoadError, cli, load};
pub use diff::{Diff, Verdict, diff};
pub use graph::{render_dot, render_graph_svg};
pub use html::render_html;
pub use lock::{LOCK_VERSION, Lock, LockError};
pub use locked::assert_locked;
pub use markdown::render_markdown;
pub use mdbook::{render_mdbook, write_mdbook};
pub use model::{Model, SCHEMA_VERSION};
pub use page_map::{Colour, render_page_map, render_page_map_svg};
pub use schema::MODEL_SCHEMA;
pub use text::{render_objects, render_text};
pub use write::{render_json, write_all};
