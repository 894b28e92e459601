//! The section of one class.

use super::links::{ancestors, class_link, doc, source};
use super::{collector, facts, fields, live, overview, ruler};
use crate::graph::references::References;
use crate::index::Index;
use crate::model::Class;
use crate::reorder::{Slot, suggest};
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class, graph: &References<'m>) -> Markup {
    let same = index.is_same_layout(class);
    let views = super::views(same, |width| View::new(index, class, width));
    html! {
        section.entry #(class.id) aria-labelledby={ (class.id) ".-title" } {
            (ancestors(index, class))
            header {
                h2 id={ (class.id) ".-title" } {
                    a href={ "#" (class.id) } { (class.name) }
                    @for quality in words::qualities(class) { span.badge { (quality) } }
                }
                span.place { code { (class.module) } " · " (source(index, &class.file, class.line)) }
            }
            div.doc { (doc(&class.doc)) }
            (facts::render(index, class, &views))
            div.diagrams.single[views.len() == 1] {
                @for (label, view) in &views { (ruler::render(view, label)) }
            }
            (fields::render(index, &index.rows(class), &class.name, &class.id, same))
            (collector::render(&views))
            (overview::neighbours(index, class, graph))
            (suggestion(index, class))
            (live::of_class(index, class))
            @if !index.children(class).is_empty() {
                p.below { "Extended by " @for child in index.children(class) { span.chip { (class_link(index, &child.id)) } } }
            }
        }
    }
}

fn suggestion<'m>(index: &Index<'m>, class: &'m Class) -> Markup {
    html! {
        @if let Some(suggestion) = suggest(index, class) {
            aside.suggestion aria-label={ "Better order for " (class.name) } {
                h3 { "A tighter order saves " (words::bytes(suggestion.saved)) }
                ol {
                    @for slot in &suggestion.slots {
                        li {
                            @match slot {
                                Slot::Field(field) => { code { (field.name) } },
                                Slot::Padding(padding) => { code.pad { (padding) } },
                            }
                        }
                    }
                }
            }
        }
    }
}
