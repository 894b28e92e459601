//! The section of one struct that lies in objects.

use super::fields::{self, Section};
use super::links::{copy, doc, folded, holder_link, source, struct_anchor};
use super::{collector, ruler};
use crate::index::Index;
use crate::model::Struct;
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, layout: &'m Struct) -> Markup {
    let anchor = struct_anchor(&layout.id);
    let same = index.is_same_struct(layout);
    let views = super::views(same, |width| View::of_struct(index, layout, width));
    let holders = index.struct_holders(layout);
    html! {
        section.entry.struct #(anchor) aria-labelledby={ "title-" (anchor) } {
            header {
                h2 id={ "title-" (anchor) } {
                    a href={ "#" (anchor) } { (layout.name) }
                    (copy(&anchor))
                    span.badge { "struct" } span.badge { (if layout.is_tagged { "tagged" } else { "raw" }) }
                    @if layout.is_ephemeron { span.badge { "ephemeron" } }
                }
                span.place { code { (layout.module) } " · " (source(index, &layout.file, layout.line)) }
            }
            div.doc { (doc(index, &anchor, &layout.doc)) }
            dl.facts {
                div { dt { "Size" } dd { (words::bytes(layout.size)) } }
                @if !holders.is_empty() {
                    div.wide {
                        dt { "Held by" }
                        dd { (folded(&holders.iter().map(holder_link).collect::<Vec<_>>())) }
                    }
                }
            }
            div.diagrams.single[views.len() == 1] {
                @for (label, view) in &views { (ruler::render(view, label, &anchor)) }
            }
            (fields::render(index, &index.struct_rows(layout), &Section { title: &layout.name, anchor: &anchor, file: &layout.file, same }))
            (collector::render(&views))
        }
    }
}
