//! Which fields share a cache line, and which lie across two.

use crate::view::{CACHE_LINE, Cell, View};
use maud::{Markup, html};

/// Nothing, unless some layout is longer than a line.
pub(super) fn render(views: &[(String, View<'_>)]) -> Markup {
    if views.iter().all(|(_, view)| view.end() <= CACHE_LINE) {
        return html! {};
    }
    let lists = html! {
        p.hint { "For objects that begin on a line of " (CACHE_LINE) " bytes; others are cut elsewhere." }
        div.diagrams.single[views.len() == 1] {
            @for (label, view) in views { (list(view, label, views.len() == 1)) }
        }
    };
    super::fold("lines", "Cache lines", &lists)
}

fn list(view: &View<'_>, label: &str, single: bool) -> Markup {
    html! {
        div class=[(!single).then(|| format!("w-{}", view.width.name()))] {
            h3 { (label) }
            ol {
                @for line in 0..view.end().div_ceil(CACHE_LINE) {
                    @let (start, end) = (line * CACHE_LINE, view.end().min((line + 1) * CACHE_LINE));
                    li {
                        b { "Bytes " (start) "–" (end - 1) } " "
                        @for (i, cell) in view.cells.iter().filter(|c| c.start < end && c.end > start).enumerate() {
                            @if i > 0 { ", " }
                            code class=(format!("k-{}", cell.role().key())) { (cell.name()) }
                        }
                    }
                }
            }
            @let across: Vec<_> = view.cells.iter().filter(|cell| is_across(cell)).map(Cell::name).collect();
            p {
                @match across.as_slice() {
                    [] => "No field lies across two lines.",
                    [one] => strong { code { (one) } " lies across two lines." },
                    many => strong {
                        @for (i, name) in many.iter().enumerate() { @if i > 0 { ", " } code { (name) } }
                        " lie across two lines."
                    },
                }
            }
        }
    }
}

fn is_across(cell: &Cell<'_>) -> bool {
    cell.start / CACHE_LINE != (cell.end - 1) / CACHE_LINE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::index::Index;
    use crate::model::Width;

    #[test]
    fn fields_are_listed_by_line_and_straddlers_said() {
        let mut model = model();
        let shared = |model: &crate::Model| {
            let index = Index::new(model);
            let class = index.class("SharedFunctionInfo").unwrap();
            render(&[("Full pointers".to_owned(), View::new(&index, class, Width::Full))]).into_string()
        };
        let html = shared(&model);
        assert!(html.contains("Bytes 0–63") && html.contains("Bytes 64–71"), "{html}");
        assert!(html.split("Bytes 64–71").nth(1).unwrap().contains(">unique_id<"));
        assert!(html.contains("No field lies across two lines."));
        let class = model.classes.iter_mut().find(|c| c.id == "SharedFunctionInfo").unwrap();
        let i = class.fields.iter().position(|f| f.name == "unique_id").unwrap();
        // Its neighbour before it gives up two bytes.
        class.fields[i - 1].size.full = 2;
        class.fields[i].offset.full = 62;
        class.fields[i].size.full = 6;
        model.check().unwrap();
        let html = shared(&model);
        assert!(html.contains("<strong><code>unique_id</code> lies across two lines.</strong>"), "{html}");
    }
}
