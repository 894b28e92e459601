//! The table of a class's fields.

use super::links::{admits, class_link, field_anchor, inline_doc, struct_link};
use crate::index::Index;
use crate::model::{Holds, Length, PerWidth, Width};
use crate::rows::Row;
use crate::view::Role;
use crate::words;
use maud::{Markup, html};

/// The table of the section `anchor`, which is called `title`.
pub(super) fn render(index: &Index<'_>, rows: &[Row<'_>], title: &str, anchor: &str, same: bool) -> Markup {
    html! {
        table.fields role="table" {
            caption.sr { "Fields of " (title) }
            thead role="rowgroup" {
                tr role="row" {
                    @if same {
                        (head("num", "Offset"))
                    } @else {
                        (head("num w-compressed", "Comp."))
                        (head("num w-full", "Full"))
                    }
                    (head("num", "Size")) (head("", "Field")) (head("", "Kind")) (head("", "About"))
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    @if !same || words::line_break(row, Width::Full).is_some() { (line_mark(row, same)) }
                    (table_row(index, row, anchor, same))
                }
            }
        }
    }
}

fn head(class: &str, text: &str) -> Markup {
    html! { th class=(class) scope="col" role="columnheader" { (text) } }
}

/// A line across the table where a cache line begins.
fn line_mark(row: &Row<'_>, same: bool) -> Markup {
    html! {
        @for width in Width::ALL.into_iter().filter(|w| !same || *w == Width::Full) {
            @if let Some(byte) = words::line_break(row, width) {
                tr class={ "line-mark" @if !same { " w-" (width.name()) } } role="row" {
                    td colspan="6" role="cell" {
                        "byte " (byte) ": next cache line" @if !same { " (" (width.name()) ")" }
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

fn size(size: PerWidth, times: Option<&str>) -> Markup {
    html! {
        td.num role="cell" data-label="Size" {
            @if size.is_same() {
                (size.full)
            } @else {
                span.w-compressed { (size.compressed) }
                span.between { " / " }
                span.w-full { (size.full) }
            }
            @if let Some(times) = times { small { " × " (times) } }
        }
    }
}

fn table_row(index: &Index<'_>, row: &Row<'_>, section: &str, same: bool) -> Markup {
    let here = row.from.is_none();
    let anchor = field_anchor(row.from.map_or(section, |class| &class.id), &row.anchor());
    let times = match row.length {
        Some(Length::Field(field)) => Some(field.as_str()),
        Some(Length::Expression(_)) => Some("n"),
        _ => None,
    };
    html! {
        tr role="row" id=[here.then_some(&anchor)] class={
            "k-" (row.role.key()) @if !here { " inherited" } @if row.length.is_some() { " tail" } @if row.outer.is_some() { " part" }
        } {
            (offsets(row, same))
            (size(row.size, times))
            td.name role="cell" {
                a.code href={ "#" (anchor) } { (row.label()) }
                code.type { (row.type_name) }
            }
            (kind(row.role, row.holds))
            td.about.nothing[says_nothing(row)] role="cell" {
                (inline_doc(row.doc))
                span.chips {
                    (presence(row))
                    @for note in row.notes() { span.note { (note) } }
                    @if let Some(outer) = row.outer { span.note { "in " (struct_link(index, &outer.layout.id)) } }
                    @if let Some(owner) = row.from { span.note { "from " (class_link(index, &owner.id)) } }
                    (admits(index, row.holds))
                }
            }
        }
    }
}

/// Whether there are elements, and how many where the size does not say it.
fn presence(row: &Row<'_>) -> Markup {
    html! {
        @match row.length {
            Some(Length::Field(_)) => span.note { "elements" },
            Some(length) => {
                @let (what, text) = words::presence(length);
                span.note { (what) " " code { (text) } }
            },
            None => {},
        }
    }
}

fn says_nothing(row: &Row<'_>) -> bool {
    row.doc.is_empty()
        && row.length.is_none()
        && row.outer.is_none()
        && row.notes().is_empty()
        && row.holds.admits().is_empty()
        && row.holds.bitfield().or(row.holds.struct_id()).is_none()
}

fn kind(role: Role, holds: &Holds) -> Markup {
    html! { td.kind role="cell" { span.dot aria-hidden="true" {} (words::kind(role, holds)) } }
}
