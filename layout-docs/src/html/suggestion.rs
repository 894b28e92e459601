//! A tighter order of a class's fields: the bytes before and after, and the ruler that it would have.

use super::ruler;
use crate::index::Index;
use crate::model::{Class, PerWidth, Width};
use crate::reorder::{Slot, suggest};
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class) -> Markup {
    let Some(suggestion) = suggest(index, class) else { return html! {} };
    let none = PerWidth { compressed: 0, full: 0 };
    let start = class.parent.as_deref().and_then(|id| index.class(id)).map_or(none, |parent| parent.header_size);
    let after = suggestion.apply(class, start);
    let of = |class: &Class| if ends_in_fields(index, class) { class.instance_size } else { class.header_size };
    let same = Width::ALL.map(|w| View::new(index, &after, w).end());
    let views = super::views(same[0] == same[1], |width| View::new(index, &after, width));
    html! {
        aside.suggestion aria-label={ "Better order for " (class.name) } {
            h3 {
                "A tighter order saves " (words::bytes(suggestion.saved)) ": "
                span.nowrap { (of(class)) " → " (words::bytes(of(&after))) }
            }
            ol {
                @for slot in &suggestion.slots {
                    li {
                        @match slot {
                            Slot::Field(field) => { code { (field.name) } },
                            Slot::Padding(padding, _) => { code.pad { (padding) } },
                        }
                    }
                }
            }
            details {
                summary { "Draw it" }
                div.diagrams.single[views.len() == 1] {
                    @for (label, view) in &views { (ruler::render(view, label, &class.id)) }
                }
            }
        }
    }
}

/// Whether instances end with the fields, so that they are rounded up to whole words there.
fn ends_in_fields(index: &Index<'_>, class: &Class) -> bool {
    class.tails.is_empty() && !class.is_open && index.children(class).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn shows_the_bytes_before_and_after_and_draws_the_order() {
        let model = model();
        let index = Index::new(&model);
        let html = render(&index, index.class("Sloppy").unwrap()).into_string();
        assert!(html.contains("16 / 32 → 12 / 24 bytes"), "{html}");
        assert!(html.contains(">map<") && html.contains(">port<") && html.contains("data-row=\"Sloppy.next\""));
        assert!(!html.contains(">padding<"), "{html}");
        assert!(render(&index, index.class("Script").unwrap()).into_string().is_empty());
    }
}
