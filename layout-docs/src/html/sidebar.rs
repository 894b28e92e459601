//! What is on the page, beside it.

use super::links::{bits_anchor, struct_anchor};
use super::{live, overview};
use crate::index::Index;
use crate::model::Class;
use crate::words;
use maud::{Markup, html};

pub(super) fn render(index: &Index<'_>) -> Markup {
    html! {
        nav #sidebar aria-label="Contents" {
            h2 { "Overview" }
            ul.tree {
                @for (anchor, name) in [(overview::TREE, "Class tree"), (overview::GRAPH, "Reference graph")] {
                    li { a.words href={ "#" (anchor) } { (name) } }
                }
            }
            h2 { "Classes" }
            ul.tree { @for root in index.roots() { (branch(index, root)) } }
            @if !index.model.structs.is_empty() {
                h2 { "Structs" }
                ul.tree {
                    @for layout in &index.model.structs {
                        (leaf(&struct_anchor(&layout.id), &layout.name, &layout.size.to_string()))
                    }
                }
            }
            @if !index.model.bitfields.is_empty() {
                h2 { "Bit fields" }
                ul.tree {
                    @for bits in &index.model.bitfields { (leaf(&bits_anchor(&bits.id), &bits.name, &bits.storage)) }
                }
            }
            (live::sidebar(index))
        }
    }
}

fn branch(index: &Index<'_>, class: &Class) -> Markup {
    let children = index.children(class);
    html! {
        li {
            a href={ "#" (class.id) } class=[class.is_abstract.then_some("abstract")] {
                span title=(class.id) { (class.name) }
                small { (words::short_size(class)) }
            }
            @if !children.is_empty() {
                ul { @for child in children { (branch(index, child)) } }
            }
        }
    }
}

/// A link with nothing below it, and its size.
pub(super) fn leaf(anchor: &str, name: &str, size: &str) -> Markup {
    html! { li { a href={ "#" (anchor) } { span title=(name) { (name) } small { (size) } } } }
}
