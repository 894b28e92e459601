//! The numbers of a class at a glance.

use super::links::{class_link, folded};
use crate::index::Index;
use crate::model::{Class, Length, Tail};
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class, views: &[(String, View<'m>)]) -> Markup {
    let pointers: Vec<String> = views.iter().map(|(_, v)| format!("{} of {}", v.pointers(), v.words().len())).collect();
    let pointers = if pointers.iter().all(|p| *p == pointers[0]) { pointers[0].clone() } else { pointers.join(" / ") };
    let losses = words::losses(index, class);
    html! {
        dl.facts {
            @match class.tails.as_slice() {
                [] if class.is_abstract => (fact("Fields end at", &class.header_size)),
                [] => (fact("Size", &words::bytes(class.instance_size))),
                [Tail { length: Length::Field(length), element_size, .. }] => {
                    (fact("Header", &class.header_size))
                    (fact("Element", &words::bytes(*element_size)))
                    div { dt { "Elements" } dd { code { (length) } } }
                },
                _ => (fact("Header", &class.header_size)),
            }
            div.lost[losses != "none"] { dt { "Losses" } dd { (losses) } }
            (fact("Words with pointers", &pointers))
            @if class.instance_size.full > crate::view::CACHE_LINE {
                (fact("Cache lines", &words::cache_lines(class)))
            }
            @if !matches!(class.tails.as_slice(), [] | [Tail { length: Length::Field(_), .. }]) {
                div.wide {
                    dt { (words::tail_count(&class.tails)) }
                    dd { ul.plain { @for tail in &class.tails { li { (presence(tail)) } } } }
                }
            }
            @if !index.children(class).is_empty() {
                div.wide {
                    dt { "Extended by" }
                    dd { (folded(&index.children(class).iter().map(|c| class_link(index, &c.id)).collect::<Vec<_>>())) }
                }
            }
        }
    }
}

fn presence(tail: &Tail) -> Markup {
    let text = tail.length.text();
    html! {
        @if tail.is_optional() {
            code { (tail.name) } ": " (tail.element_size) " if " code { (text) }
        } @else {
            code { (tail.name) } ": " code { (words::factor(&tail.length)) } " × " (tail.element_size)
        }
    }
}

/// What instances cost.
pub(super) fn cost(class: &Class) -> Markup {
    let lines = crate::cost::lines(class);
    if lines.is_empty() {
        return html! {};
    }
    super::fold(
        "cost",
        "What it costs",
        &html! { ul.plain { @for line in lines { li { (with_whole_numbers(&line)) } } } },
    )
}

/// Digits in groups that stay on one line.
fn with_whole_numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_within =
        |i: usize| i > 0 && chars[i - 1].is_ascii_digit() && chars.get(i + 1).is_some_and(char::is_ascii_digit);
    chars.iter().enumerate().map(|(i, c)| if *c == ' ' && is_within(i) { '\u{a0}' } else { *c }).collect()
}

/// A name and its value.
pub(super) fn fact(name: &str, value: &(impl core::fmt::Display + ?Sized)) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
