//! One class under one pointer width: its bytes in order, its tagged words as the collector sees them, its losses.

use crate::index::{Index, Placed};
use crate::model::{Class, Field, Holds, Width};

/// Bytes of a cache line.
pub(crate) const CACHE_LINE: u32 = 64;

/// What some bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Map,
    Strong,
    Weak,
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
    Field(Placed<'m>),
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

/// A class under one pointer width.
pub(crate) struct View<'m> {
    pub(crate) class: &'m Class,
    pub(crate) width: Width,
    pub(crate) cells: Vec<Cell<'m>>,
}

impl Role {
    pub(crate) const ALL: [Role; 7] =
        [Role::Map, Role::Strong, Role::Weak, Role::Smi, Role::Raw, Role::Bits, Role::Padding];

    /// The role of a field. The tagged word that every object begins with is its map.
    pub(crate) fn of(field: &Field) -> Role {
        match &field.holds {
            Holds::Strong { .. } if field.offset.full == 0 => Role::Map,
            holds => Role::of_kind(holds),
        }
    }

    pub(crate) fn of_kind(holds: &Holds) -> Role {
        match holds {
            Holds::Strong { .. } => Role::Strong,
            Holds::Weak { .. } => Role::Weak,
            Holds::Smi => Role::Smi,
            Holds::Raw { .. } => Role::Raw,
            Holds::SmiBits { .. } | Holds::Bits { .. } => Role::Bits,
            Holds::Padding => Role::Padding,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Map => "map",
            Role::Strong => "strong",
            Role::Weak => "weak",
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
            Role::Smi => 'I',
            Role::Raw => 'R',
            Role::Bits => 'B',
            Role::Padding => 'P',
        }
    }

    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Role::Map => "the object's map: says what it is",
            Role::Strong => "traced: keeps its referent alive",
            Role::Weak => "cleared when its referent dies",
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
            Part::Field(placed) => Role::of(placed.field),
            Part::Hole | Part::Rounding => Role::Padding,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match &self.part {
            Part::Field(placed) => &placed.field.name,
            Part::Hole => "hole",
            Part::Rounding => "rounding",
        }
    }

    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self.part, Part::Field(placed) if placed.inherited)
    }
}

impl Losses {
    pub(crate) const fn total(self) -> u32 {
        self.padding + self.holes + self.rounding
    }
}

impl<'m> View<'m> {
    pub(crate) fn new(index: &Index<'m>, class: &'m Class, width: Width) -> View<'m> {
        let mut cells = Vec::new();
        let mut end = 0;
        for placed in index.fields(class) {
            let (start, size) = (placed.field.offset.get(width), placed.field.size.get(width));
            if start > end {
                cells.push(Cell { start: end, end: start, part: Part::Hole });
            }
            if size > 0 {
                cells.push(Cell { start, end: start + size, part: Part::Field(placed) });
            }
            end = start + size;
        }
        let header = class.header_size.get(width);
        if header > end {
            cells.push(Cell { start: end, end: header, part: Part::Hole });
        }
        let size = class.instance_size.get(width);
        if class.tail.is_none() && !class.is_abstract && size > header {
            cells.push(Cell { start: header, end: size, part: Part::Rounding });
        }
        View { class, width, cells }
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
                Part::Field(placed) if placed.field.holds == Holds::Padding => losses.padding += bytes,
                Part::Field(_) => {}
            }
        }
        losses
    }

    /// What the collector sees in each tagged word before the tail, with the field that it finds there.
    pub(crate) fn words(&self) -> Vec<(Role, &str)> {
        let word = self.width.tagged_size();
        (0..self.end().div_ceil(word))
            .map(|i| {
                let here = self.cells.iter().filter(|c| c.start < (i + 1) * word && c.end > i * word);
                let mut name = "";
                for cell in here {
                    if let Part::Field(placed) = cell.part
                        && placed.field.holds.is_tagged()
                        && cell.start == i * word
                    {
                        return (collector_role(cell.role()), placed.field.name.as_str());
                    }
                    if name.is_empty() {
                        name = match &cell.part {
                            Part::Field(placed) => &placed.field.name,
                            Part::Hole => "hole",
                            Part::Rounding => "rounding",
                        };
                    }
                }
                (Role::Raw, name)
            })
            .collect()
    }

    /// How many tagged words before the tail may hold a pointer.
    pub(crate) fn pointers(&self) -> usize {
        self.words().iter().filter(|(role, _)| matches!(role, Role::Map | Role::Strong | Role::Weak)).count()
    }
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
