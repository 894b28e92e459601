//! Anchors, links and doc comments.

use crate::doc::{self, Block, Span};
use crate::index::{Holder, Index, shown_file};
use crate::model::{Admits, Class, Holds};
use crate::words;
use maud::{Markup, html};

/// The anchor of a field.
pub(super) fn field_anchor(owner: &str, field: &str) -> String {
    format!("{owner}.{}", field.replace(char::is_whitespace, "-"))
}

/// The anchor of a bit field.
pub(super) fn bits_anchor(id: &str) -> String {
    format!("bits.{id}")
}

/// The anchor of a struct.
pub(super) fn struct_anchor(id: &str) -> String {
    format!("struct.{id}")
}

/// The button that copies a section's link.
pub(super) fn copy(anchor: &str) -> Markup {
    html! {
        button.copy type="button" aria-label={ "Copy the link to " (anchor) } {
            svg viewBox="0 0 20 20" aria-hidden="true" {
                path d="M8.5 11.5a3.2 3.2 0 0 0 4.6 0l2.6-2.6a3.2 3.2 0 0 0-4.6-4.6l-1 1M11.5 8.5a3.2 3.2 0 0 0-4.6 0l-2.6 2.6a3.2 3.2 0 0 0 4.6 4.6l1-1" {}
            }
        }
    }
}

/// A class's name, as a link if the model has it.
pub(super) fn class_link(index: &Index<'_>, id: &str) -> Markup {
    html! {
        @match index.class(id) {
            Some(class) => a.code href={ "#" (class.id) } { (class.id) },
            None => code { (id) },
        }
    }
}

/// A bit field's name as a link.
pub(super) fn bits_link(index: &Index<'_>, id: &str) -> Markup {
    let name = index.bitfield(id).map_or(id, |b| b.name.as_str());
    html! { a.code href={ "#" (bits_anchor(id)) } { (name) } }
}

/// A struct's name as a link.
pub(super) fn struct_link(index: &Index<'_>, id: &str) -> Markup {
    let name = index.struct_(id).map_or(id, |s| s.name.as_str());
    html! { a.code href={ "#" (struct_anchor(id)) } { (name) } }
}

/// A field that refers to something, as a link.
pub(super) fn holder_link(holder: &Holder<'_>) -> Markup {
    let owner = if holder.owner_is_bitfield { bits_anchor(holder.owner) } else { holder.owner.to_owned() };
    html! { a.code href={ "#" (field_anchor(&owner, &holder.anchor)) } { (holder.owner) "." (holder.field) } }
}

/// How many links of a list are shown before the rest is folded away.
const MOST: usize = 12;

/// Some links with commas between them; of many the first ones.
pub(super) fn folded(links: &[Markup]) -> Markup {
    let list = |links: &[Markup]| html! { @for (i, link) in links.iter().enumerate() { @if i > 0 { ", " } (link) } };
    // One or two are not worth a fold.
    let (first, more) = links.split_at(if links.len() > MOST + 2 { MOST } else { links.len() });
    html! {
        (list(first))
        @if !more.is_empty() { details.more { summary { "and " (more.len()) " more" } (list(more)) } }
    }
}

/// `file:line`, as a link if the model says where sources can be read.
pub(super) fn source(index: &Index<'_>, file: &str, line: u32) -> Markup {
    html! {
        @match index.source_link(file, line) {
            Some(url) => a.code.source href=(url) rel="noopener noreferrer" { (file) ":" (line) },
            None => span.code.source { (shown_file(file)) ":" (line) },
        }
    }
}

/// The line from the root down to a class, without the class.
pub(super) fn ancestors<'m>(index: &Index<'m>, class: &'m Class) -> Markup {
    let line = index.lineage(class);
    html! {
        @if line.len() > 1 {
            nav.ancestors aria-label={ "Classes above " (class.name) } {
                @for above in &line[..line.len() - 1] {
                    (class_link(index, &above.id)) span aria-hidden="true" { " › " }
                }
            }
        }
    }
}

/// Where in the page the target of a doc comment's link is: a class, struct, bit field, or a field of one of them. `here` is
/// the section that the comment stands in.
fn resolve(index: &Index<'_>, here: &str, target: &str) -> Option<String> {
    let path = target.trim_matches('`').trim_end_matches("()");
    let path = path.split_once('@').map_or(path, |(_, path)| path);
    let thing = |path: &str| {
        let name = path.rsplit("::").next().unwrap_or(path);
        let class = index.class(path).or_else(|| index.class(name)).map(|c| c.id.clone());
        let layout = || index.struct_(path).or_else(|| index.struct_(name)).map(|s| struct_anchor(&s.id));
        let bits = || index.bitfield(path).or_else(|| index.bitfield(name)).map(|b| bits_anchor(&b.id));
        class.or_else(layout).or_else(bits)
    };
    thing(path).or_else(|| {
        let (owner, name) = path.rsplit_once("::")?;
        let owner = if owner == "Self" { here.to_owned() } else { thing(owner)? };
        let names: Vec<&str> = match owner.split_once('.') {
            None => index.class(&owner)?.fields.iter().map(|f| f.name.as_str()).collect(),
            Some(("struct", id)) => index.struct_(id)?.fields.iter().map(|f| f.name.as_str()).collect(),
            Some((_, id)) => index.bitfield(id)?.fields.iter().map(|f| f.name.as_str()).collect(),
        };
        names.contains(&name).then(|| field_anchor(&owner, name))
    })
}

/// A doc comment as blocks, in the section `here`.
pub(super) fn doc(index: &Index<'_>, here: &str, text: &str) -> Markup {
    let blocks = doc::parse(text);
    html! {
        @for run in blocks.chunk_by(|a, b| matches!((a, b), (Block::Item(_), Block::Item(_)))) {
            @match &run[0] {
                Block::Item(_) => ul {
                    @for item in run { @if let Block::Item(item) = item { li { (spans(index, here, item)) } } }
                },
                Block::Paragraph(text) => p { (spans(index, here, text)) },
                Block::Code(text) => pre tabindex="0" { code { (text) } },
            }
        }
    }
}

/// A doc comment in a table.
pub(super) fn inline_doc(index: &Index<'_>, here: &str, text: &str) -> Markup {
    html! {
        @for block in doc::parse(text) {
            @match &block {
                Block::Paragraph(text) | Block::Item(text) => { (spans(index, here, text)) " " },
                Block::Code(text) => { code { (text) } " " },
            }
        }
    }
}

fn spans(index: &Index<'_>, here: &str, spans: &[Span]) -> Markup {
    html! {
        @for span in spans {
            @match span {
                Span::Text(text) => (text),
                Span::Code(text) => code { (text) },
                Span::Emphasis(text) => em { (text) },
                Span::Link { text, is_code, target } => {
                    @if target.starts_with("https://") || target.starts_with("http://") {
                        a class=[is_code.then_some("code")] href=(target) rel="noopener noreferrer" { (text) }
                    } @else if let Some(anchor) = resolve(index, here, target) {
                        a class=[is_code.then_some("code")] href={ "#" (anchor) } { (text) }
                    } @else if *is_code {
                        code { (text) }
                    } @else {
                        (text)
                    }
                },
            }
        }
    }
}

/// A type as the declaration spells it, with links where it names what it `holds`; then what it does not name.
pub(super) fn type_and_rest(index: &Index<'_>, type_name: &str, holds: &Holds) -> (Markup, Vec<Markup>) {
    // Each name with the anchor it has in the page, and a word before it.
    let mut names: Vec<(&str, Option<String>, &str)> = Vec::new();
    if let Some(bits) = holds.bitfield().and_then(|id| index.bitfield(id)) {
        names.push((&bits.name, Some(bits_anchor(&bits.id)), ""));
    }
    if let Some(layout) = holds.struct_id().and_then(|id| index.struct_(id)) {
        names.push((&layout.name, Some(struct_anchor(&layout.id)), ""));
    }
    for admits in holds.admits() {
        let word = if matches!(admits, Admits::Weak(_)) { "weak " } else { "" };
        names.push(match admits {
            Admits::Class(id) | Admits::Weak(id) => match index.class(id) {
                Some(class) => (&class.name, Some(class.id.clone()), word),
                None => (words::admits_name(admits), None, word),
            },
            other => (words::admits_name(other), None, ""),
        });
    }
    let is_named = |name: &str| {
        let says = |word: &str| word == name || (name == "nil" && ["Option", "Nil"].contains(&word));
        identifiers(type_name).any(says)
    };
    let rest = names.iter().filter(|(name, ..)| !is_named(name)).map(|(name, anchor, word)| {
        html! {
            (word)
            @match anchor {
                Some(anchor) => a.code href={ "#" (anchor) } { (name) },
                None => (name),
            }
        }
    });
    let rest = rest.collect();
    let linked = html! {
        @for piece in type_name.split_inclusive(|c: char| !is_word(c)) {
            @let end = piece.rfind(is_word).map_or(0, |i| i + piece[i..].chars().next().map_or(0, char::len_utf8));
            @let (word, after) = piece.split_at(end);
            @match names.iter().find(|(name, ..)| *name == word) {
                Some((_, Some(anchor), _)) => a href={ "#" (anchor) } { (word) },
                _ => (word),
            }
            (after)
        }
    };
    (linked, rest)
}

/// A name with places to break it, if it is long.
pub(super) fn breakable(name: &str) -> Markup {
    html! {
        @if name.len() < 25 { (name) } @else {
            @for part in name.split_inclusive(['_', '.']) { (part) wbr; }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn identifiers(type_name: &str) -> impl Iterator<Item = &str> {
    type_name.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn links_of_doc_comments_lead_into_the_page() {
        let model = model();
        let index = Index::new(&model);
        let to = |target| resolve(&index, "Script", target);
        assert_eq!(to("crate::Map").as_deref(), Some("Map"));
        assert_eq!(to("`Self::source`").as_deref(), Some("Script.source"));
        assert_eq!(to("ScriptFlags::priority").as_deref(), Some("bits.ScriptFlags.priority"));
        assert_eq!(to("struct@Descriptor").as_deref(), Some("struct.Descriptor"));
        assert_eq!(to("Vec::push"), None);
        let html = doc(&index, "Script", "[x](javascript:alert), [y](https://a.b/?c=\"d), [`Map`].").into_string();
        assert_eq!(
            html,
            "<p>x, <a href=\"https://a.b/?c=%22d\" rel=\"noopener noreferrer\">y</a>, \
             <a class=\"code\" href=\"#Map\">Map</a>.</p>"
                .replace("%22", "&quot;")
        );
    }

    #[test]
    fn types_link_what_they_name() {
        let model = model();
        let index = Index::new(&model);
        let admits =
            vec![Admits::Class("Map".into()), Admits::Smi, Admits::Class("Str".into()), Admits::Weak("Gone".into())];
        let (linked, rest) = type_and_rest(&index, "Tagged<(Map, Smi, Alias)>", &Holds::Strong { admits });
        assert_eq!(linked.into_string(), "Tagged&lt;(<a href=\"#Map\">Map</a>, Smi, Alias)&gt;");
        let rest: Vec<_> = rest.into_iter().map(Markup::into_string).collect();
        assert_eq!(rest, ["<a class=\"code\" href=\"#Str\">Str</a>", "weak Gone"]);
    }
}
