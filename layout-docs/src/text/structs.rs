//! One struct in plain text.

use super::{draw, fields, heading, holders, prose};
use crate::index::Index;
use crate::model::{Struct, Width};
use crate::view::View;
use crate::words;
use std::fmt::Write as _;

/// Draws one struct with its table. Offsets are from the struct's start.
pub(crate) fn render<'m>(index: &Index<'m>, layout: &'m Struct, out: &mut String) {
    heading(
        out,
        &layout.name,
        &format!("{}  {}:{}", layout.module, crate::index::shown_file(&layout.file), layout.line),
    );
    let _ = writeln!(out, "{} in objects, {}", words::sort(layout), words::bytes(layout.size));
    prose(out, &layout.doc);
    holders(out, "held by", index.struct_holders(layout));
    let same = index.is_same_struct(layout);
    let _ = writeln!(out, "\n{}", fields::table(&index.struct_rows(layout), same));
    for width in Width::ALL.into_iter().take(if same { 1 } else { 2 }) {
        let view = View::of_struct(index, layout, width);
        let _ = writeln!(out, "\n{}; the collector sees {}", words::pointers(width, same), words::collector(&view));
        out.push_str(&draw(&view));
    }
}
