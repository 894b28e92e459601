//! Which classes lose bytes, at the top of the page.

use super::links::class_link;
use crate::index::Index;
use crate::model::{Class, PerWidth, Width};
use crate::view::View;
use maud::{Markup, html};

/// How many are listed before the rest is folded away.
const MOST: usize = 10;

pub(super) fn losses(index: &Index<'_>) -> Markup {
    let mut classes: Vec<(&Class, PerWidth)> = index.model.classes.iter().map(|c| (c, lost(index, c))).collect();
    classes.retain(|(_, lost)| lost.compressed + lost.full > 0);
    classes.sort_by_key(|(_, lost)| std::cmp::Reverse(lost.compressed + lost.full));
    let (first, more) = classes.split_at(classes.len().min(MOST));
    html! {
        @if classes.is_empty() {
            p { "No class loses bytes to padding, holes or rounding." }
        } @else {
            div.chip-line { span { "Bytes are lost in" } (list(index, first)) }
            @if !more.is_empty() {
                details.more { summary { "and in " (more.len()) " more" } div.chip-line { (list(index, more)) } }
            }
        }
    }
}

fn list(index: &Index<'_>, classes: &[(&Class, PerWidth)]) -> Markup {
    html! { @for (class, lost) in classes { span.chip { (class_link(index, &class.id)) " " (lost) } } }
}

/// The bytes of an instance that hold nothing.
fn lost<'m>(index: &Index<'m>, class: &'m Class) -> PerWidth {
    let lost = |width| View::new(index, class, width).losses().total();
    PerWidth { compressed: lost(Width::Compressed), full: lost(Width::Full) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn the_worst_comes_first() {
        let mut model = model();
        let html = losses(&Index::new(&model)).into_string();
        let (sloppy, map) = (html.find("#Sloppy").unwrap(), html.find("#Map").unwrap());
        assert!(sloppy < map && html.contains("</a> 5 / 13<") && !html.contains("#Script"), "{html}");
        model.classes.retain(|class| class.id == "Struct" || class.id == "HeapObject");
        assert!(losses(&Index::new(&model)).into_string().contains("No class loses bytes"));
    }
}
