//! One HTML page: styles, script, diagrams and search inside, no network.

pub(crate) mod bits;
mod class;
mod collector;
mod facts;
mod fields;
mod lines;
mod links;
mod live;
mod losses;
mod overview;
mod references;
mod ruler;
mod search;
mod sidebar;
mod structs;
mod suggestion;
#[cfg(test)]
pub(crate) mod wellformed;

use crate::graph::references::References;
use crate::index::Index;
use crate::model::{Model, Width};
use crate::view::{CACHE_LINE, Role, View};
use crate::words;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const THEME: &str = include_str!("theme.js");
/// Two files, one scope.
const SCRIPT: &str =
    concat!("(() => {\n\"use strict\";\n", include_str!("page.js"), include_str!("search.js"), "})();\n");
/// Forbids the page every request: what it needs is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The model as one HTML page that needs no other file.
///
/// Each class is at `#<id>`, each field, own or inherited, at `#<id>.<field>`, each struct at `#struct.<id>`, each bit
/// field at `#bits.<id>`. The query `?theme=dark` or `?theme=light` chooses a theme, `?q=<words>` begins with a search.
#[must_use]
pub fn render_html(model: &Model) -> String {
    let index = Index::new(model);
    let title = title(model);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="generator" content=(model.generator);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(crate::graph::STYLE)) (PreEscaped(overview::STYLE)) }
                script { (PreEscaped(THEME)) }
            }
            body {
                a.skip href="#content" { "Skip to the layouts" }
                (top(&title))
                div.frame {
                    (sidebar::render(&index))
                    main #content tabindex="-1" { (content(&index)) }
                }
                p #status role="status" {}
                script type="application/json" #search-index { (PreEscaped(search::render(&index))) }
                script { (PreEscaped(SCRIPT)) }
                @if !model.objects.is_empty() { script { (PreEscaped(live::SCRIPT)) } }
            }
        }
    };
    page.into_string()
}

fn title(model: &Model) -> String {
    match model.crates.as_slice() {
        [one] => format!("{} layouts", one.name),
        _ => "Object layouts".to_owned(),
    }
}

fn top(title: &str) -> Markup {
    html! {
        header.top {
            button #menu.icon type="button" aria-controls="sidebar" aria-expanded="false" aria-label="Contents" {
                svg viewBox="0 0 20 20" aria-hidden="true" { path d="M3 5h14M3 10h14M3 15h14" {} }
            }
            a.brand href="#content" { (title) }
            (search_box())
            div.widths role="group" aria-label="Pointer width" {
                (width_button("both", "Both", ""))
                (width_button("compressed", "Compressed", "Comp."))
                (width_button("full", "Full", ""))
            }
            button #theme.icon type="button" aria-label="Theme" {
                svg.auto viewBox="0 0 20 20" aria-hidden="true" {
                    circle cx="10" cy="10" r="6.5" {}
                    path.solid d="M10 3.5a6.5 6.5 0 0 1 0 13z" {}
                }
                svg.light viewBox="0 0 20 20" aria-hidden="true" {
                    circle cx="10" cy="10" r="3.4" {}
                    path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.5 1.5M14.2 14.2l1.5 1.5M4.3 15.7l1.5-1.5M14.2 5.8l1.5-1.5" {}
                }
                svg.dark viewBox="0 0 20 20" aria-hidden="true" {
                    path d="M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z" {}
                }
            }
        }
    }
}

fn width_button(key: &str, name: &str, short: &str) -> Markup {
    html! {
        button type="button" data-show=(key) aria-pressed=(key == "both") {
            @if short.is_empty() { (name) } @else {
                span.long { (name) } span.short title=(name) { (short) }
            }
        }
    }
}

fn search_box() -> Markup {
    html! {
        div.search role="search" {
            label.sr for="q" { "Search classes, fields, types and docs" }
            svg viewBox="0 0 20 20" aria-hidden="true" {
                circle cx="9" cy="9" r="5.5" {}
                path d="M13.2 13.2L17 17" {}
            }
            input #q type="text" inputmode="search" enterkeyhint="go" placeholder="Search classes, fields, types, docs"
                autocomplete="off" autocapitalize="off" spellcheck="false" role="combobox" aria-expanded="false"
                aria-controls="results" aria-autocomplete="list" aria-keyshortcuts="/" aria-describedby="hint";
            kbd aria-hidden="true" { "/" }
            div #found hidden {
                ul #results role="listbox" aria-label="Found" {}
                p #hint role="status" {}
            }
        }
    }
}

fn content(index: &Index<'_>) -> Markup {
    let model = index.model;
    let graph = References::new(index);
    html! {
        section.intro aria-labelledby="intro-title" {
            h1 #intro-title { (title(model)) }
            p {
                (count(model.classes.len(), "class", "classes"))
                @if !model.structs.is_empty() { ", " (count(model.structs.len(), "struct", "structs")) }
                " and "
                (count(model.bitfields.len(), "bit field", "bit fields"))
                @if model.crates.len() > 1 {
                    " of "
                    @for (i, part) in model.crates.iter().enumerate() {
                        @if i > 0 { (if i + 1 == model.crates.len() { " and " } else { ", " }) }
                        b { (part.name) }
                    }
                }
                ". Numbers are bytes. Where two stand side by side, the first is for "
                b { "compressed" } " pointers (tagged words of 4 bytes), the second for " b { "full" } " ones (of 8)."
            }
            ul.legend aria-label="Colours" {
                @for role in &Role::ALL {
                    li { span class={ "swatch k-" (role.key()) } aria-hidden="true" { (collector::mark(*role)) } b { (role.name()) } " " (role.meaning()) }
                }
                li { span.swatch.inherited aria-hidden="true" {} b { "inherited" } " declared by a class above" }
                li { span.swatch.break aria-hidden="true" {} b { "cache line" } " every " (CACHE_LINE) " bytes a new one" }
                @if !model.bitfields.is_empty() {
                    li { span.swatch.parts aria-hidden="true" { i.h0 {} i.h1 {} i.h2 {} i.h3 {} } b { "parts of bits" } " colours that only tell them apart" }
                }
            }
            (losses::losses(index))
        }
        (overview::render(index))
        @for class in &model.classes { (class::render(index, class, &graph)) }
        @for layout in &model.structs { (structs::render(index, layout)) }
        @for bits in &model.bitfields { (bits::render(index, bits)) }
        (live::render(index))
        footer { "Made by " (model.generator) ". Offsets are copied from the class tables that the collector uses." }
    }
}

/// One view for each pointer width, or a single one if they are the same.
fn views<'m>(same: bool, view: impl Fn(Width) -> View<'m>) -> Vec<(String, View<'m>)> {
    let view = |width| (words::capital(words::pointers(width, same)), view(width));
    if same { vec![view(Width::Full)] } else { Width::ALL.into_iter().map(view).collect() }
}

/// A part of a section that can be folded away.
fn fold(class: &str, title: &str, content: &Markup) -> Markup {
    html! { details class={ "fold " (class) } open { summary { (title) } (content) } }
}

/// As much of a text as there is room for, with so much for each character.
fn fit(text: &str, room: impl Into<u64>, advance: f64) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    words::cut(&shown, (room.into() as f64 / advance) as usize, '…')
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use std::collections::HashSet;

    fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
        let start = format!(" {name}=\"");
        html.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn ids_are_unique_and_links_lead_to_them() {
        let html = render_html(&model());
        let ids = attributes(&html, "id");
        let unique: HashSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        for href in attributes(&html, "href") {
            let target = href.strip_prefix('#').unwrap_or_else(|| panic!("{href} leaves the page"));
            assert!(unique.contains(target), "{target}");
        }
    }

    #[test]
    fn equal_layouts_have_one_column_and_one_diagram() {
        let mut model = model();
        let mut class = model.classes[0].clone();
        let eight = crate::model::PerWidth { compressed: 8, full: 8 };
        class.id = "Opaque".into();
        class.header_size = eight;
        class.instance_size = eight;
        class.fields[0].size = eight;
        class.fields[0].holds = crate::model::Holds::Raw { primitive: "u64".into() };
        model.classes = vec![class];
        model.structs.clear();
        model.check().unwrap();
        let html = render_html(&model);
        assert!(html.contains("Both pointer widths") && html.contains(">Offset<"));
        let main = html.split("<main").nth(1).unwrap();
        assert!(!main.contains(">Comp.<") && !main.contains("Compressed pointers"));
    }

    #[test]
    fn no_tag_has_an_attribute_twice() {
        for tag in render_html(&model()).split('<').filter_map(|rest| rest.split('>').next()) {
            for attribute in [" class=\"", " id=\"", " style=\""] {
                assert!(tag.matches(attribute).count() < 2, "<{tag}>");
            }
        }
    }

    #[test]
    fn nothing_is_loaded() {
        let html = render_html(&model());
        for word in ["src=", "http://", "https://", "url(", "@import", "fetch("] {
            assert!(!html.contains(word), "{word}");
        }
    }

    #[test]
    fn docs_are_escaped() {
        let mut model = model();
        model.classes[0].doc = "<script>alert(1)</script> & more".into();
        model.classes[0].fields[0].name = "</script><b>".into();
        let html = render_html(&model);
        assert!(!html.contains("<script>alert") && !html.contains("</script><b>"));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    }

    #[test]
    fn diagrams_are_well_formed() {
        let html = render_html(&model());
        let mut count = 0;
        for rest in html.split("<svg").skip(1) {
            let svg = format!("<svg{}</svg>", rest.split("</svg>").next().unwrap());
            wellformed::check(&svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn offsets_of_both_widths_appear() {
        let html = render_html(&model());
        let row = html.split("id=\"Map.pointer_bitmap\"").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row.contains(">32<") && row.contains(">40<"), "{row}");
    }
}
