//! Draws the object layouts of Heapwright classes: as text, Markdown, one self-contained HTML page, and JSON.
//!
//! ```text
//! ClassRegistry ──extract──▶ Model ──▶ render_text, render_markdown, render_html, render_json
//!                              ▲                                                       │
//!                              └───────────────── Model::from_json ◀───────────────────┘
//! ```
//!
//! [`Model::with_object`] and [`Model::with_footprint`] add real objects that were seen in a heap, drawn over their layouts.
//!
//! **Owns** the [`Model`] (plain data, with a versioned JSON form) and everything that draws it.
//!
//! **Promises** that what it draws is what the class tables say: offsets are copied, never computed again. Both
//! pointer widths are drawn, whichever one this build was made for.
//!
//! **Never touches** a heap. Two modules know `heapwright`'s types, one for classes and one for real objects that were
//! [looked at](heapwright::inspect); all others read the model.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod check;
mod check_live;
mod cost;
mod doc;
mod extract;
mod extract_live;
#[cfg(test)]
mod fixture;
mod html;
mod index;
mod markdown;
mod markdown_live;
pub mod model;
mod overlay;
mod reorder;
mod rows;
mod text;
mod view;
mod words;
mod write;

pub use check::ModelError;
pub use html::render_html;
pub use markdown::render_markdown;
pub use model::{Model, SCHEMA_VERSION};
pub use text::{render_objects, render_text};
pub use write::{render_json, write_all};
