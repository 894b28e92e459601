//! The class tree beside the page.

use super::links::{bits_anchor, struct_anchor};
use super::live;
use crate::index::Index;
use crate::model::Class;
use crate::words;
use maud::{Markup, html};

pub(super) fn render(index: &Index<'_>) -> Markup {
    html! {
        nav #sidebar aria-label="Classes, structs and bit fields" {
            h2 { "Classes" }
            ul.tree { @for root in index.roots() { (branch(index, root)) } }
            @if !index.model.structs.is_empty() {
                h2 { "Structs" }
                ul.tree {
                    @for layout in &index.model.structs {
                        @let anchor = struct_anchor(&layout.id);
                        li data-for=(anchor) {
                            a href={ "#" (anchor) } {
                                span title=(layout.name) { (layout.name) }
                                small { (layout.size) }
                            }
                        }
                    }
                }
            }
            @if !index.model.bitfields.is_empty() {
                h2 { "Bit fields" }
                ul.tree {
                    @for bits in &index.model.bitfields {
                        @let anchor = bits_anchor(&bits.id);
                        li data-for=(anchor) {
                            a href={ "#" (anchor) } {
                                span title=(bits.name) { (bits.name) }
                                small { (bits.storage) }
                            }
                        }
                    }
                }
            }
            (live::sidebar(index))
        }
    }
}

fn branch(index: &Index<'_>, class: &Class) -> Markup {
    let children = index.children(class);
    html! {
        li data-for=(class.id) {
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
