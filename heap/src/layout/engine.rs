//! The placement engine: fields in the order of their declaration, one after the other, never padded silently.

use super::field::{FieldLayout, FieldSpec};
use super::width::PerWidth;

/// Places `specs` one after the other from `start`, for both pointer widths.
///
/// Nothing is aligned here: a field that would be misaligned stays where the declaration puts it, and
/// [`check_aligned`](super::check_aligned) turns it into an error that says how many bytes of padding to add.
#[must_use]
pub const fn place<const N: usize>(start: PerWidth, specs: [FieldSpec; N]) -> [FieldLayout; N] {
    let mut end = start;
    let mut placed = [EMPTY; N];
    let mut i = 0;
    while i < N {
        let spec = specs[i];
        placed[i] = FieldLayout {
            name: spec.name,
            type_name: spec.type_name,
            doc: spec.doc,
            line: spec.line,
            kind: spec.kind,
            offset: end,
            size: spec.size,
            align: spec.align,
            constant: spec.constant,
            access: spec.access,
            splice: spec.splice,
        };
        end = end.plus(spec.size);
        i += 1;
    }
    placed
}

/// The same in a class declared with an alignment: fields of 8 raw bytes are to be aligned to 8.
#[must_use]
pub const fn place_naturally<const N: usize>(start: PerWidth, mut specs: [FieldSpec; N]) -> [FieldLayout; N] {
    let mut i = 0;
    while i < N {
        specs[i].align = specs[i].kind.natural_align(specs[i].size, specs[i].align);
        i += 1;
    }
    place(start, specs)
}

const EMPTY: FieldLayout = FieldLayout {
    name: "",
    type_name: "",
    doc: "",
    line: 0,
    kind: super::field::FieldKind::Padding,
    offset: PerWidth::both(0),
    size: PerWidth::both(0),
    align: PerWidth::both(1),
    constant: false,
    access: super::field::Access::Plain,
    splice: None,
};
