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
//! **Owns** the [`Model`] (plain data, with a versioned JSON form) and everything that draws it.
//!
//! **Promises** that what it draws is what the class tables say: offsets are copied, never computed again. Both
//! pointer widths are drawn, whichever one this build was made for.
//!
//! **Never touches** a heap. Only one module knows `heapwright`'s types; all others read the model.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod binary;
mod bitfield;
mod check;
mod doc;
mod extract;
mod finish;
#[cfg(test)]
mod fixture;
mod graph;
mod html;
mod index;
mod markdown;
mod mdbook;
pub mod model;
mod reorder;
mod rows;
mod text;
mod view;
mod words;
mod write;

pub use binary::BinaryError;
pub use bitfield::{render_bitfield_svg, render_bitfield_text, render_wavedrom, render_wavedrom_all};
pub use check::ModelError;
pub use graph::{render_dot, render_graph_svg};
pub use html::render_html;
pub use markdown::render_markdown;
pub use mdbook::{render_mdbook, write_mdbook};
pub use model::{Model, SCHEMA_VERSION};
pub use text::render_text;
pub use write::{render_json, write_all};
