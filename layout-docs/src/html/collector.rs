//! What the collector sees: one box per tagged word.

use crate::model::{Class, Holds};
use crate::view::{Role, View};
use crate::words;
use maud::{Markup, html};

const BOX: usize = 26;
const PER_ROW: usize = 16;
const ROW: usize = 42;

pub(super) fn render(class: &Class, views: &[(String, View<'_>)]) -> Markup {
    html! {
        details.collector open {
            summary { "The collector’s view" }
            div.diagrams.single[views.len() == 1] {
                @for (label, view) in views { (strip(class, view, label, views.len() == 1)) }
            }
        }
    }
}

fn strip(class: &Class, view: &View<'_>, label: &str, single: bool) -> Markup {
    let word = view.width.tagged_size() as usize;
    let mut words: Vec<(Role, String, String)> = view
        .words()
        .into_iter()
        .enumerate()
        .map(|(i, (role, name))| (role, format!("byte {}: {} ({name})", i * word, role.name()), (i * word).to_string()))
        .collect();
    if let Some(tail) = &class.tail {
        let role = words::element_role(tail);
        let each = match &tail.holds {
            Holds::Strong { .. } => "each element is traced",
            Holds::Weak { .. } => "each element is a weak reference",
            _ => "elements are skipped",
        };
        words.push((role, format!("{}: {each}", tail.name), "…".to_owned()));
    }
    let rows = words.len().div_ceil(PER_ROW).max(1);
    let (width, height) = (PER_ROW * BOX + 2, rows * ROW);
    let letters: String = words.iter().map(|(role, ..)| role.letter()).collect();
    html! {
        figure class=[(!single).then(|| format!("w-{}", view.width.name()))] {
            figcaption { (label) }
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label={ (label) ", word by word: " (letters) } {
                @for (i, (role, title, offset)) in words.iter().enumerate() {
                    @let (x, y) = (i % PER_ROW * BOX + 1, i / PER_ROW * ROW + 1);
                    g class={ "k-" (role.name()) } {
                        title { (title) }
                        rect.cell x=(x) y=(y) width=(BOX) height=(BOX) {}
                        text.letter x=(x + BOX / 2) y=(y + 17) { (role.letter()) }
                    }
                    text.offset x=(x + BOX / 2) y=(y + BOX + 11) { (offset) }
                }
            }
        }
    }
}
