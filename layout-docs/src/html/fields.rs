//! The table of a class's fields.

use super::links::{breakable, class_link, field_anchor, inline_doc, struct_anchor, struct_link, type_and_rest};
use crate::index::Index;
use crate::model::{Holds, PerWidth, Width};
use crate::rows::Row;
use crate::view::Role;
use crate::words;
use maud::{Markup, PreEscaped, html};

/// What a table belongs to.
pub(super) struct Section<'s> {
    pub(super) title: &'s str,
    pub(super) anchor: &'s str,
    /// The file that declares it.
    pub(super) file: &'s str,
    /// Whether both pointer widths have one layout.
    pub(super) same: bool,
}

/// The table of a section.
pub(super) fn render(index: &Index<'_>, rows: &[Row<'_>], section: &Section<'_>) -> Markup {
    let same = section.same;
    html! {
        table.fields role="table" {
            caption.sr { "Fields of " (section.title) }
            thead role="rowgroup" {
                tr role="row" {
                    @if same {
                        (head("num at", "Offset"))
                    } @else {
                        (head("num at w-compressed", "Comp."))
                        (head("num at w-full", "Full"))
                    }
                    (head("num size", "Size")) (head("name", "Field")) (head("kind", "Kind")) (head("about", "About"))
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    @if !same || words::line_break(row, Width::Full).is_some() { (line_mark(row, same)) }
                    (table_row(index, row, rows, section))
                }
            }
        }
    }
}

pub(super) fn head(class: &str, text: &str) -> Markup {
    html! { th class=(class) scope="col" role="columnheader" { (text) } }
}

/// A line across the table where a cache line begins.
fn line_mark(row: &Row<'_>, same: bool) -> Markup {
    html! {
        @for width in Width::ALL.into_iter().filter(|w| !same || *w == Width::Full) {
            @if let Some(byte) = words::line_break(row, width) {
                tr class={ "line-mark" @if !same { " w-" (width.name()) } } role="row" {
                    td colspan="6" role="cell" {
                        "byte " (byte) ": next cache line"
                        @if row.offset().is_some_and(|at| at.get(width) < byte) { ", inside " code { (row.label()) } }
                        @if !same { " (" (width.name()) " pointers)" }
                    }
                }
            }
        }
    }
}

fn offsets(row: &Row<'_>, same: bool) -> Markup {
    html! {
        @if same {
            td.num role="cell" data-label="Offset" { (row.at.text(Width::Full)) }
        } @else {
            td.num.w-compressed role="cell" data-label="Comp." { (row.at.text(Width::Compressed)) }
            td.num.w-full role="cell" data-label="Full" { (row.at.text(Width::Full)) }
        }
    }
}

fn size(size: PerWidth, has_elements: bool) -> Markup {
    html! {
        td.num role="cell" data-label="Size" {
            @if size.is_same() {
                (size.full)
            } @else {
                span.w-compressed { (size.compressed) }
                span.between { " / " }
                span.w-full { (size.full) }
            }
            @if has_elements { small { " × n" } }
        }
    }
}

fn table_row(index: &Index<'_>, row: &Row<'_>, rows: &[Row<'_>], section: &Section<'_>) -> Markup {
    let owner = row.from.map_or(section.anchor, |class| &class.id);
    let here = field_anchor(section.anchor, &row.anchor());
    // Inherited fields have a place here too, unless the class has one of that name.
    let is_hidden = row.from.is_some() && rows.iter().any(|own| own.from.is_none() && own.anchor() == row.anchor());
    let has_elements = row.length.is_some() && row.condition().is_none();
    let (type_name, rest) = type_and_rest(index, row.type_name, row.holds);
    let notes = html! {
        (presence(row))
        @for note in row.notes() { span.note { (note) } }
        @if let Some(outer) = row.outer { span.note { "in " (struct_link(index, &outer.layout.id)) } }
        @if let Some(owner) = row.from { span.note { "from " (class_link(index, &owner.id)) } }
        @for name in rest { span.chip { (name) } }
        (line_link(index, row, section))
    }
    .into_string();
    let docs = row.outer.map_or_else(|| owner.to_owned(), |outer| struct_anchor(&outer.layout.id));
    html! {
        tr role="row" id=[(!is_hidden).then_some(&here)] class={
            "k-" (row.role.key()) @if row.from.is_some() { " inherited" } @if row.length.is_some() { " tail" }
            @if row.outer.is_some() { " part" }
        } {
            (offsets(row, section.same))
            (size(row.size, has_elements))
            td.name role="cell" {
                a.code href={ "#" (if is_hidden { field_anchor(owner, &row.anchor()) } else { here.clone() }) } { (breakable(&row.label())) }
                code.type { (type_name) }
            }
            (kind(row.role, row.holds))
            td.about.nothing[row.doc.is_empty() && notes.is_empty()] role="cell" {
                (inline_doc(index, &docs, row.doc))
                @if !notes.is_empty() { span.chips { (PreEscaped(notes)) } }
            }
        }
    }
}

/// Where a field is declared, if sources can be read.
fn line_link(index: &Index<'_>, row: &Row<'_>, section: &Section<'_>) -> Markup {
    let file = match (row.outer, row.from) {
        (Some(outer), _) => &outer.layout.file,
        (None, Some(class)) => &class.file,
        (None, None) => section.file,
    };
    html! {
        @if let Some(url) = index.source_link(file, row.line) {
            a.line href=(url) rel="noopener noreferrer" { "line " (row.line) }
        }
    }
}

/// How many elements there are, or whether the field is there.
fn presence(row: &Row<'_>) -> Markup {
    html! {
        @if let Some(length) = row.length {
            @let (what, text) = words::presence(length);
            span.note { (what) " " code { (text) } }
        }
    }
}

fn kind(role: Role, holds: &Holds) -> Markup {
    html! { td.kind role="cell" { span.dot aria-hidden="true" {} (words::kind(role, holds)) } }
}
