//! What the collector sees: one box per tagged word.

use crate::model::Holds;
use crate::view::{Role, TailView, View};
use crate::words;
use maud::{Markup, html};

const BOX: usize = 26;
const PER_ROW: usize = 16;
const ROW: usize = 42;

/// One tagged word.
struct Word {
    role: Role,
    title: String,
    /// What stands below it: its offset, or dots.
    below: String,
    optional: bool,
}

pub(super) fn render(views: &[(String, View<'_>)]) -> Markup {
    let strips = html! {
        div.diagrams.single[views.len() == 1] {
            @for (label, view) in views { (strip(view, label, views.len() == 1)) }
        }
    };
    super::fold("collector", "The collector’s view", &strips)
}

fn tail_words(tail: &TailView<'_>, view: &View<'_>) -> Vec<Word> {
    let optional = tail.tail.is_optional();
    let words = tail.words(view.width);
    let is_one = words.len() == 1;
    let word = |(i, (role, name)): (usize, (Role, String))| Word {
        role,
        title: format!("{name}: {}", describe(tail, role)),
        below: if optional {
            "?".to_owned()
        } else if is_one {
            "…".to_owned()
        } else {
            format!("+{}", i * view.width.tagged_size() as usize)
        },
        optional,
    };
    words.into_iter().enumerate().map(word).collect()
}

fn describe(tail: &TailView<'_>, role: Role) -> String {
    if tail.tail.is_optional() {
        let (what, condition) = words::presence(&tail.tail.length);
        return format!("{}, {what} {condition}", role.name());
    }
    let each = match (&tail.tail.holds, role) {
        (Holds::Struct { .. }, Role::Raw) => "skipped in each element",
        (Holds::Struct { .. }, role) => return format!("{} in each element", role.name()),
        (_, Role::Strong) => "each element is traced",
        (_, Role::Weak) => "each element is a weak reference",
        (_, Role::MaybeWeak) => "each element is strong or weak",
        _ => "elements are skipped",
    };
    each.to_owned()
}

fn strip(view: &View<'_>, label: &str, single: bool) -> Markup {
    let size = view.width.tagged_size() as usize;
    let fixed = view.words().into_iter().enumerate().map(|(i, (role, name))| Word {
        role,
        title: format!("byte {}: {} ({name})", i * size, role.name()),
        below: (i * size).to_string(),
        optional: false,
    });
    let words: Vec<Word> = fixed.chain(view.tails.iter().flat_map(|tail| tail_words(tail, view))).collect();
    let rows = words.len().div_ceil(PER_ROW).max(1);
    let (width, height) = (PER_ROW * BOX + 2, rows * ROW);
    let spoken = words::collector(view);
    html! {
        figure class=[(!single).then(|| format!("w-{}", view.width.name()))] {
            figcaption { (label) }
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label={ (label) ", word by word: " (spoken) } {
                @for (i, Word { role, title, below, optional }) in words.iter().enumerate() {
                    @let (x, y) = (i % PER_ROW * BOX + 1, i / PER_ROW * ROW + 1);
                    g class={ "k-" (role.key()) @if *optional { " optional" } } {
                        title { (title) }
                        rect.cell x=(x) y=(y) width=(BOX) height=(BOX) {}
                        text.letter x=(x + BOX / 2) y=(y + 17) { (mark(*role)) }
                    }
                    text.offset x=(x + BOX / 2) y=(y + BOX + 11) { (below) }
                }
            }
        }
    }
}

/// What stands in the box.
pub(super) fn mark(role: Role) -> String {
    match role {
        Role::MaybeWeak => "S/W".to_owned(),
        other => other.letter().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::index::Index;
    use crate::model::Width;

    fn svg(id: &str) -> String {
        let model = model();
        let index = Index::new(&model);
        let view = View::new(&index, index.class(id).unwrap(), Width::Compressed);
        strip(&view, "Compressed pointers", false).into_string()
    }

    #[test]
    fn elements_and_optional_fields_say_what_the_collector_does() {
        let descriptors = svg("DescriptorArray");
        assert!(descriptors.contains("entries[i].value: strong or weak in each element"), "{descriptors}");
        assert!(descriptors.contains(">S/W<") && descriptors.contains(">+8<"));
        let scope = svg("ScopeInfo");
        assert!(scope.contains("function_name: strong, only if flags.has_function_name()"), "{scope}");
        assert!(scope.contains("k-strong optional") && scope.contains("locals: elements are skipped"));
        assert!(svg("FixedArray").contains("elements: each element is traced"));
    }
}
