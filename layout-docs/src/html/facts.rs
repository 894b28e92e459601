//! The numbers of a class at a glance.

use super::links::holder_link;
use crate::index::Index;
use crate::model::Class;
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
            @match &class.tail {
                Some(tail) => {
                    (fact("Header", &class.header_size))
                    (fact("Element", &format!("{} bytes", tail.element_size)))
                    div { dt { "Elements" } dd { code { (tail.length_field) } } }
                },
                None if class.is_abstract => (fact("Fields end at", &class.header_size)),
                None => (fact("Size", &words::bytes(class.instance_size))),
            }
            div.lost[losses != "none"] { dt { "Losses" } dd { (losses) } }
            (fact("Words with pointers", &pointers))
            @if class.instance_size.full > crate::view::CACHE_LINE {
                (fact("Cache lines", &words::cache_lines(class)))
            }
            @if !holders.is_empty() {
                div.wide {
                    dt { "Referred to by" }
                    dd {
                        @for (i, holder) in holders.iter().take(MOST).enumerate() {
                            @if i > 0 { ", " } (holder_link(holder))
                        }
                        @if holders.len() > MOST { " and " (holders.len() - MOST) " more" }
                    }
                }
            }
        }
    }
}

const MOST: usize = 8;

fn fact(name: &str, value: &impl core::fmt::Display) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}
