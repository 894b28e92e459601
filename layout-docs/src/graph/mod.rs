//! The reference graph: which class refers to which, by which fields, strongly or weakly.
//!
//! [`references`] reads it from the fields, [`layered`] places it, [`dot`] and [`svg`] write it, [`near`] draws one class
//! with what stands next to it.
//!
//! An edge begins at the class that declares the field: classes below inherit it. Fields of structs count as fields of
//! the class that the struct lies in. A field that may refer to anything is a mark of its class, not an edge to each.

mod dot;
mod layered;
pub(crate) mod near;
pub(crate) mod references;
pub(crate) mod svg;

pub use dot::render_dot;
pub use svg::render_graph_svg;

/// The styles that the graph needs within a page that has its own colours.
pub(crate) const STYLE: &str = include_str!("graph.css");
