//! The table of a class's fields.

use super::links::{admits, class_link, field_anchor, inline_doc};
use crate::index::{Index, Placed};
use crate::model::{Class, Field, Holds, PerWidth, Tail, Width};
use crate::view::Role;
use crate::words;
use maud::{Markup, html};

pub(super) fn render<'m>(index: &Index<'m>, class: &'m Class) -> Markup {
    let same = index.is_same_layout(class);
    let fields = index.fields(class);
    html! {
        table.fields role="table" {
            caption.sr { "Fields of " (class.name) }
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
                @for placed in &fields {
                    @if !same || words::line_break(placed, Width::Full).is_some() { (line_mark(placed, same)) }
                    (row(index, placed, same))
                }
                @if let Some(tail) = &class.tail { (tail_row(index, class, tail, same)) }
            }
        }
    }
}

fn head(class: &str, text: &str) -> Markup {
    html! { th class=(class) scope="col" role="columnheader" { (text) } }
}

/// A line across the table where a cache line begins.
fn line_mark(placed: &Placed<'_>, same: bool) -> Markup {
    html! {
        @for width in Width::ALL.into_iter().filter(|w| !same || *w == Width::Full) {
            @if let Some(byte) = words::line_break(placed, width) {
                tr class={ "line-mark" @if !same { " w-" (width.name()) } } role="row" {
                    td colspan="6" role="cell" {
                        "byte " (byte) ": next cache line" @if !same { " (" (width.name()) ")" }
                    }
                }
            }
        }
    }
}

fn offsets(at: PerWidth, same: bool) -> Markup {
    html! {
        @if same {
            td.num role="cell" data-label="Offset" { (at.full) }
        } @else {
            td.num.w-compressed role="cell" data-label="Comp." { (at.compressed) }
            td.num.w-full role="cell" data-label="Full" { (at.full) }
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

fn row(index: &Index<'_>, placed: &Placed<'_>, same: bool) -> Markup {
    let Placed { owner, field, inherited } = *placed;
    let anchor = (!inherited).then(|| field_anchor(&owner.id, &field.name));
    let role = Role::of(field);
    html! {
        tr role="row" id=[anchor.as_ref()] class={ "k-" (role.name()) @if inherited { " inherited" } } {
            (offsets(field.offset, same))
            (size(field.size, None))
            td.name role="cell" {
                @match &anchor {
                    Some(anchor) => a.code href={ "#" (anchor) } { (field.name) },
                    None => a.code href={ "#" (field_anchor(&owner.id, &field.name)) } { (field.name) },
                }
                code.type { (field.type_name) }
            }
            (kind(role, &field.holds))
            td.about.nothing[says_nothing(field)] role="cell" {
                (inline_doc(&field.doc))
                span.chips {
                    @for note in words::field_notes(field) { span.note { (note) } }
                    @if inherited { span.note { "from " (class_link(index, &owner.id)) } }
                    (admits(index, &field.holds))
                }
            }
        }
    }
}

fn says_nothing(field: &Field) -> bool {
    let notes = words::field_notes(field);
    field.doc.is_empty() && notes.is_empty() && field.holds.admits().is_empty() && field.holds.bitfield().is_none()
}

fn tail_row(index: &Index<'_>, class: &Class, tail: &Tail, same: bool) -> Markup {
    let role = Role::of_kind(&tail.holds);
    let anchor = field_anchor(&class.id, &tail.name);
    html! {
        tr role="row" id=(anchor) class={ "tail k-" (role.name()) } {
            (offsets(class.header_size, same))
            (size(tail.element_size, Some(&tail.length_field)))
            td.name role="cell" {
                a.code href={ "#" (anchor) } { (tail.name) }
                code.type { (tail.type_name) }
            }
            (kind(role, &tail.holds))
            td.about role="cell" {
                (inline_doc(&tail.doc))
                span.chips {
                    span.note { "elements" }
                    @if tail.constant { span.note { "constant" } }
                    (admits(index, &tail.holds))
                }
            }
        }
    }
}

fn kind(role: Role, holds: &Holds) -> Markup {
    html! { td.kind role="cell" { span.dot aria-hidden="true" {} (words::kind(role, holds)) } }
}
