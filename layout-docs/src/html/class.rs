//! The section of one class.

use super::fields::{self, Section};
use super::links::{ancestors, copy, doc, source};
use super::{collector, facts, lines, live, references, ruler, suggestion};
use crate::graph::references::References;
use crate::index::Index;
use crate::model::Class;
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class, graph: &References<'m>) -> Markup {
    let same = index.is_same_layout(class);
    let views = super::views(same, |width| View::new(index, class, width));
    html! {
        section.entry #(class.id) aria-labelledby={ "title-" (class.id) } {
            (ancestors(index, class))
            header {
                h2 id={ "title-" (class.id) } {
                    a href={ "#" (class.id) } { (class.name) }
                    (copy(&class.id))
                    @for quality in words::qualities(class) { span.badge { (quality) } }
                }
                span.place { code { (class.module) } " · " (source(index, &class.file, class.line)) }
            }
            div.doc { (doc(index, &class.id, &class.doc)) }
            (facts::render(index, class, &views))
            div.diagrams.single[views.len() == 1] {
                @for (label, view) in &views { (ruler::render(view, label, &class.id)) }
            }
            (suggestion::render(index, class))
            (fields::render(index, &index.rows(class), &Section { title: &class.name, anchor: &class.id, file: &class.file, same }))
            (facts::cost(class))
            (references::render(index, class, graph))
            (collector::render(&views))
            (lines::render(&views))
            (live::of_class(index, class))
        }
    }
}
