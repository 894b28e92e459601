//! One class or struct under one pointer width: its bytes in order, its tagged words as the collector sees them, its
//! losses.

use crate::index::Index;
use crate::model::{Class, Holds, Struct, Tail, Width};
use crate::rows::Row;

/// Bytes of a cache line.
pub(crate) const CACHE_LINE: u32 = 64;

/// What some bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Map,
    Strong,
    Weak,
    MaybeWeak,
    Smi,
    Raw,
    Bits,
    Padding,
}

/// A run of bytes.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'m> {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) part: Part<'m>,
}

/// What stands in a run of bytes.
#[derive(Clone, Copy)]
pub(crate) enum Part<'m> {
    Field(Row<'m>),
    /// Bytes between fields that no field covers.
    Hole,
    /// Bytes after the last field, up to a whole tagged word.
    Rounding,
}

/// Bytes that hold nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub(crate) padding: u32,
    pub(crate) holes: u32,
    pub(crate) rounding: u32,
}

/// A class or a struct under one pointer width.
pub(crate) struct View<'m> {
    pub(crate) width: Width,
    pub(crate) is_abstract: bool,
    pub(crate) cells: Vec<Cell<'m>>,
    pub(crate) tails: Vec<TailView<'m>>,
}

/// A tail under one pointer width.
pub(crate) struct TailView<'m> {
    pub(crate) tail: &'m Tail,
    pub(crate) role: Role,
    /// Bytes of an element.
    pub(crate) size: u32,
    /// The bytes of one element, from 0.
    pub(crate) cells: Vec<Cell<'m>>,
}

impl Role {
    pub(crate) const ALL: [Role; 8] =
        [Role::Map, Role::Strong, Role::Weak, Role::MaybeWeak, Role::Smi, Role::Raw, Role::Bits, Role::Padding];

    /// What style sheets call it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Role::MaybeWeak => "maybe",
            other => other.name(),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Map => "map",
            Role::Strong => "strong",
            Role::Weak => "weak",
            Role::MaybeWeak => "strong or weak",
            Role::Smi => "smi",
            Role::Raw => "raw",
            Role::Bits => "bits",
            Role::Padding => "padding",
        }
    }

    pub(crate) const fn letter(self) -> char {
        match self {
            Role::Map => 'M',
            Role::Strong => 'S',
            Role::Weak => 'W',
            Role::MaybeWeak => 'E',
            Role::Smi => 'I',
            Role::Raw => 'R',
            Role::Bits => 'B',
            Role::Padding => 'P',
        }
    }

    const fn may_hold_pointer(self) -> bool {
        matches!(self, Role::Map | Role::Strong | Role::Weak | Role::MaybeWeak)
    }

    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Role::Map => "the object's map: says what it is",
            Role::Strong => "traced: keeps its referent alive",
            Role::Weak => "cleared when its referent dies",
            Role::MaybeWeak => "each value says which",
            Role::Smi => "a small integer in a tagged word",
            Role::Raw => "plain bytes: never traced",
            Role::Bits => "a bit field, in a Smi or in raw bytes",
            Role::Padding => "holds nothing",
        }
    }
}

impl Cell<'_> {
    pub(crate) fn role(&self) -> Role {
        match self.part {
            Part::Field(row) => row.role,
            Part::Hole | Part::Rounding => Role::Padding,
        }
    }

    pub(crate) fn name(&self) -> String {
        match &self.part {
            Part::Field(row) => row.label(),
            Part::Hole => "hole".to_owned(),
            Part::Rounding => "rounding".to_owned(),
        }
    }

    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self.part, Part::Field(row) if row.from.is_some())
    }
}

impl Losses {
    pub(crate) const fn total(self) -> u32 {
        self.padding + self.holes + self.rounding
    }
}

impl<'m> View<'m> {
    pub(crate) fn new(index: &Index<'m>, class: &'m Class, width: Width) -> View<'m> {
        let header = class.header_size.get(width);
        let mut cells = cells(&index.rows(class), header, width);
        let size = class.instance_size.get(width);
        if class.tails.is_empty() && !class.is_abstract && size > header {
            cells.push(Cell { start: header, end: size, part: Part::Rounding });
        }
        let tail = |tail: &'m Tail| {
            let size = tail.element_size.get(width);
            let rows: Vec<Row<'m>> = index.element_rows(class, tail).into_iter().map(Row::of_element).collect();
            TailView { tail, role: index.role(&tail.holds), size, cells: self::cells(&rows, size, width) }
        };
        View { width, is_abstract: class.is_abstract, cells, tails: class.tails.iter().map(tail).collect() }
    }

    pub(crate) fn of_struct(index: &Index<'m>, layout: &'m Struct, width: Width) -> View<'m> {
        let cells = cells(&index.struct_rows(layout), layout.size.get(width), width);
        View { width, is_abstract: false, cells, tails: Vec::new() }
    }

    /// The bytes before the tail, rounding included.
    pub(crate) fn end(&self) -> u32 {
        self.cells.last().map_or(0, |c| c.end)
    }

    pub(crate) fn losses(&self) -> Losses {
        let mut losses = Losses::default();
        for cell in &self.cells {
            let bytes = cell.end - cell.start;
            match cell.part {
                Part::Hole => losses.holes += bytes,
                Part::Rounding => losses.rounding += bytes,
                Part::Field(row) if *row.holds == Holds::Padding => losses.padding += bytes,
                Part::Field(_) => {}
            }
        }
        losses
    }

    /// What the collector sees in each tagged word before the tails, with the field that it finds there.
    pub(crate) fn words(&self) -> Vec<(Role, String)> {
        words(&self.cells, self.width)
    }

    /// How many tagged words before the tails may hold a pointer.
    pub(crate) fn pointers(&self) -> usize {
        self.words().iter().filter(|(role, _)| role.may_hold_pointer()).count()
    }
}

impl TailView<'_> {
    /// What the collector sees in each tagged word of an element; one word for all if it looks at none.
    pub(crate) fn words(&self, width: Width) -> Vec<(Role, String)> {
        let words = words(&self.cells, width);
        if words.iter().all(|(role, _)| *role == Role::Raw) {
            return vec![(Role::Raw, self.tail.name.clone())];
        }
        words
    }
}

/// The bytes from 0 to `size`: what has a fixed place, and what lies between.
fn cells<'m>(rows: &[Row<'m>], size: u32, width: Width) -> Vec<Cell<'m>> {
    let mut cells = Vec::new();
    let mut end = 0;
    for row in rows.iter().filter(|row| row.is_leaf()) {
        let Some(start) = row.offset().map(|at| at.get(width)) else { continue };
        let size = row.size.get(width);
        if start > end {
            cells.push(Cell { start: end, end: start, part: Part::Hole });
        }
        if size > 0 {
            cells.push(Cell { start, end: start + size, part: Part::Field(*row) });
        }
        end = start + size;
    }
    if size > end {
        cells.push(Cell { start: end, end: size, part: Part::Hole });
    }
    cells
}

fn words(cells: &[Cell<'_>], width: Width) -> Vec<(Role, String)> {
    let word = width.tagged_size();
    let end = cells.last().map_or(0, |c| c.end);
    (0..end.div_ceil(word))
        .map(|i| {
            let mut here = cells.iter().filter(|c| c.start < (i + 1) * word && c.end > i * word).peekable();
            let first = here.peek().map_or_else(String::new, |c| c.name());
            let tagged =
                here.find(|c| c.start == i * word && matches!(c.part, Part::Field(row) if row.holds.is_tagged()));
            tagged.map_or((Role::Raw, first), |cell| (collector_role(cell.role()), cell.name()))
        })
        .collect()
}

/// A tagged word with a bit field in it is a Smi to the collector.
pub(crate) fn collector_role(role: Role) -> Role {
    match role {
        Role::Bits => Role::Smi,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn padding_rounding_and_words() {
        let model = model();
        let index = Index::new(&model);
        let map = index.class("Map").unwrap();
        assert_eq!(View::new(&index, map, Width::Compressed).losses().total(), 0);
        assert_eq!(View::new(&index, map, Width::Full).losses().padding, 4);
        let flags = index.class("Sloppy").unwrap();
        let view = View::new(&index, flags, Width::Full);
        assert_eq!(view.losses().rounding, 6);
        assert!(view.losses().padding > 0);
        let script = index.class("Script").unwrap();
        let roles: Vec<_> =
            View::new(&index, script, Width::Compressed).words().iter().map(|(r, _)| r.letter()).collect();
        assert_eq!(roles.iter().collect::<String>(), "MSSIWISI");
    }

    #[test]
    fn cells_cover_every_byte_once() {
        let model = model();
        let index = Index::new(&model);
        for class in &model.classes {
            for width in Width::ALL {
                let view = View::new(&index, class, width);
                let mut end = 0;
                for cell in &view.cells {
                    assert_eq!(cell.start, end, "{} {}", class.id, cell.name());
                    end = cell.end;
                }
                assert_eq!(end, view.end());
            }
        }
    }
}
