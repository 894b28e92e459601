//! What refers to one class, and what it refers to.

use super::links::{folded, holder_link};
use crate::graph::near;
use crate::graph::references::References;
use crate::graph::svg::{Frame, WIDE};
use crate::index::Index;
use crate::model::Class;
use maud::{Markup, html};

/// The fields whose types name the class, each a link, and the drawing of both sides; what the class refers to is linked
/// where the table of its fields has it.
pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class, graph: &References<'m>) -> Markup {
    let href = |id: &str| index.class(id).map(|class| format!("#{}", class.id));
    let frame = Frame { is_file: false, has_style: false, has_stops: false, width: WIDE, href: &href };
    let drawing = near::draw(index, graph, class, frame);
    let holders: Vec<Markup> = index.holders(class).iter().map(holder_link).collect();
    if drawing.is_none() && holders.is_empty() {
        return html! {};
    }
    super::fold(
        "references",
        "References",
        &html! {
            @if !holders.is_empty() { dl.facts { div.wide { dt { "Referred to by" } dd { (folded(&holders)) } } } }
            @if let Some(drawing) = drawing {
                figure.graph.scroll tabindex="0" role="group" aria-label={ "References of " (class.name) } { (drawing) }
            }
        },
    )
}
