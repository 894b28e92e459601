//! Anchors, links and doc comments.

use crate::doc::{self, Block, Span};
use crate::index::{Holder, Index};
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

/// A class's name, as a link if the model has it.
pub(super) fn class_link(index: &Index<'_>, id: &str) -> Markup {
    html! {
        @match index.class(id) {
            Some(class) => a.code href={ "#" (class.id) } { (class.name) },
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

/// What a field admits, or the bit field or struct it holds.
pub(super) fn admits(index: &Index<'_>, holds: &Holds) -> Markup {
    html! {
        @if let Some(id) = holds.bitfield() {
            span.chip { (bits_link(index, id)) }
        }
        @if let Some(id) = holds.struct_id() {
            span.chip { (struct_link(index, id)) }
        }
        @for admits in holds.admits() {
            span.chip {
                @match admits {
                    Admits::Class(id) => (class_link(index, id)),
                    Admits::Weak(id) => { "weak " (class_link(index, id)) },
                    other => (words::admits_name(other)),
                }
            }
        }
    }
}

/// `file:line`, as a link if the model says where sources can be read.
pub(super) fn source(index: &Index<'_>, file: &str, line: u32) -> Markup {
    html! {
        @match index.source_link(file, line) {
            Some(url) => a.code.source href=(url) rel="noopener noreferrer" { (file) ":" (line) },
            None => span.code.source { (file) ":" (line) },
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

/// A doc comment as blocks.
pub(super) fn doc(text: &str) -> Markup {
    let blocks = doc::parse(text);
    html! {
        @for run in blocks.chunk_by(|a, b| matches!((a, b), (Block::Item(_), Block::Item(_)))) {
            @match &run[0] {
                Block::Item(_) => ul {
                    @for item in run { @if let Block::Item(item) = item { li { (spans(item)) } } }
                },
                Block::Paragraph(text) => p { (spans(text)) },
                Block::Code(text) => pre { code { (text) } },
            }
        }
    }
}

/// A doc comment in a table.
pub(super) fn inline_doc(text: &str) -> Markup {
    html! {
        @for block in doc::parse(text) {
            @match &block {
                Block::Paragraph(text) | Block::Item(text) => { (spans(text)) " " },
                Block::Code(text) => { code { (text) } " " },
            }
        }
    }
}

fn spans(spans: &[Span]) -> Markup {
    html! {
        @for span in spans {
            @match span {
                Span::Text(text) => (text),
                Span::Code(text) => code { (text) },
                Span::Emphasis(text) => em { (text) },
            }
        }
    }
}
