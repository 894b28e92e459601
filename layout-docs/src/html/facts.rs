//! The numbers of a class at a glance.

use super::links::holder_link;
use crate::index::{Holder, Index};
use crate::model::{Class, Length, Tail};
use crate::view::View;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class, views: &[(String, View<'m>)]) -> Markup {
    let holders = index.holders(class);
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
                    dd { ul.tails { @for tail in &class.tails { li { (presence(tail)) } } } }
                }
            }
            @if let Some(cost) = crate::cost::phrase(class) { div.wide { dt { "Cost" } dd { (cost) } } }
            @if !holders.is_empty() {
                div.wide {
                    dt { "Referred to by" }
                    dd {
                        @let (first, more) = holders.split_at(holders.len().min(MOST));
                        (list(first))
                        @if !more.is_empty() {
                            details.more { summary { "and " (more.len()) " more" } (list(more)) }
                        }
                    }
                }
            }
        }
    }
}

const MOST: usize = 8;

fn list(holders: &[Holder<'_>]) -> Markup {
    html! { @for (i, holder) in holders.iter().enumerate() { @if i > 0 { ", " } (holder_link(holder)) } }
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

fn fact(name: &str, value: &impl core::fmt::Display) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
