//! An order of a class's own fields that needs less padding.

use crate::index::Index;
use crate::model::{Access, Alignment, Class, Field, Holds, PerWidth, Tail, Width};

/// A better order.
pub(crate) struct Suggestion<'m> {
    pub(crate) slots: Vec<Slot<'m>>,
    /// Bytes of an instance (of the header, for classes with a tail or with children) that it saves.
    pub(crate) saved: PerWidth,
    /// Where the fields end in that order.
    end: PerWidth,
}

impl Suggestion<'_> {
    /// `class` in this order, for those who draw it.
    pub(crate) fn apply(&self, class: &Class, start: PerWidth) -> Class {
        let mut at = start;
        let mut fields = Vec::new();
        for slot in &self.slots {
            let mut field = match slot {
                Slot::Field(field) => (*field).clone(),
                Slot::Padding(type_name, size) => padding(type_name, *size),
            };
            field.offset = at;
            at = at.plus(field.size);
            fields.push(field);
        }
        let rounded = |width: Width| self.end.get(width).next_multiple_of(width.tagged_size());
        let instance_size = PerWidth { compressed: rounded(Width::Compressed), full: rounded(Width::Full) };
        Class { fields, header_size: self.end, instance_size, ..class.clone() }
    }
}

fn padding(type_name: &str, size: PerWidth) -> Field {
    Field {
        name: "padding".to_owned(),
        type_name: type_name.to_owned(),
        doc: String::new(),
        line: 0,
        holds: Holds::Padding,
        offset: size,
        size,
        align: PerWidth { compressed: 1, full: 1 },
        constant: true,
        access: Access::Plain,
        splice: None,
    }
}

/// One step of an order.
pub(crate) enum Slot<'m> {
    Field(&'m Field),
    /// The type of a padding field that is still needed, and its size.
    Padding(String, PerWidth),
}

/// The best order found, if it saves bytes under one pointer width and costs none under the other.
pub(crate) fn suggest<'m>(index: &Index<'m>, class: &'m Class) -> Option<Suggestion<'m>> {
    let fields: Vec<&Field> = class.fields.iter().filter(|f| f.holds != Holds::Padding).collect();
    // Offsets of the last are aligned to 4 bytes beyond what they say, which is not reckoned with here.
    if fields.len() < 2 || class.align == Alignment::DoubleUnaligned {
        return None;
    }
    let start = class.parent.as_deref().and_then(|id| index.class(id)).map_or([0, 0], |p| both(p.header_size));
    let finish = Finish::of(index, class);
    let before = finish.size(both(class.header_size));
    let better = |order: Vec<&'m Field>| {
        let (slots, end) = place(order, start, &finish)?;
        let after = finish.size(end);
        let saved = [before[0].checked_sub(after[0])?, before[1].checked_sub(after[1])?];
        (saved != [0, 0])
            .then_some((saved[0] + saved[1], Suggestion { slots, saved: per_width(saved), end: per_width(end) }))
    };
    let mut best: Option<(u32, Suggestion<'m>)> = None;
    for candidate in candidates(fields, start).into_iter().filter_map(better) {
        if best.as_ref().is_none_or(|b| candidate.0 > b.0) {
            best = Some(candidate);
        }
    }
    best.map(|(_, suggestion)| suggestion)
}

/// What comes after the own fields, and so what their end is rounded up to.
struct Finish {
    /// The alignment that whatever follows needs.
    align: [u32; 2],
    is_leaf: bool,
}

impl Finish {
    fn of(index: &Index<'_>, class: &Class) -> Finish {
        let word = Width::ALL.map(Width::tagged_size);
        let children = index.children(class);
        let align = if !class.tails.is_empty() {
            // The first tail begins where all of them are aligned, whatever the lengths.
            let most = |of: fn(&Tail) -> u32| class.tails.iter().map(of).max().unwrap_or(1);
            [most(|t| t.element_align.compressed), most(|t| t.element_align.full)]
        } else if class.is_open || !children.is_empty() {
            let end = both(class.header_size);
            [aligned_like(end[0], word[0]), aligned_like(end[1], word[1])]
        } else {
            [1, 1]
        };
        Finish { align, is_leaf: class.tails.is_empty() && !class.is_open && children.is_empty() }
    }

    fn size(&self, end: [u32; 2]) -> [u32; 2] {
        if self.is_leaf { [end[0].next_multiple_of(4), end[1].next_multiple_of(8)] } else { end }
    }
}

/// The largest power of two up to `word` that divides `end`.
fn aligned_like(end: u32, word: u32) -> u32 {
    if end == 0 { word } else { (1 << end.trailing_zeros().min(3)).min(word) }
}

fn both(bytes: PerWidth) -> [u32; 2] {
    [bytes.compressed, bytes.full]
}

fn per_width([compressed, full]: [u32; 2]) -> PerWidth {
    PerWidth { compressed, full }
}

fn candidates(fields: Vec<&Field>, start: [u32; 2]) -> Vec<Vec<&Field>> {
    let mut descending = fields.clone();
    descending.sort_by_key(|f| std::cmp::Reverse((f.align.full, f.align.compressed)));
    let mut ascending = fields.clone();
    ascending.sort_by_key(|f| (f.align.full, f.align.compressed));
    vec![best_fit(fields, start), descending, ascending]
}

/// Takes, at each step, the field that needs the least padding there; of those, the one that needs most alignment.
fn best_fit(mut fields: Vec<&Field>, mut at: [u32; 2]) -> Vec<&Field> {
    let mut order = Vec::with_capacity(fields.len());
    while !fields.is_empty() {
        let cost = |f: &Field| {
            let pad = gap(at, both(f.align));
            (pad[0] + pad[1], std::cmp::Reverse((f.align.full, f.align.compressed)))
        };
        let next = (0..fields.len()).min_by_key(|&i| (cost(fields[i]), i)).unwrap_or(0);
        let field = fields.remove(next);
        let (pad, size) = (gap(at, both(field.align)), both(field.size));
        at = [at[0] + pad[0] + size[0], at[1] + pad[1] + size[1]];
        order.push(field);
    }
    order
}

fn gap(at: [u32; 2], align: [u32; 2]) -> [u32; 2] {
    [at[0].next_multiple_of(align[0]) - at[0], at[1].next_multiple_of(align[1]) - at[1]]
}

/// The order with the padding it still needs, and where it ends; nothing if no padding type can express it.
fn place<'m>(order: Vec<&'m Field>, start: [u32; 2], finish: &Finish) -> Option<(Vec<Slot<'m>>, [u32; 2])> {
    let mut slots = Vec::new();
    let mut at = start;
    let pad = |at: [u32; 2], align, slots: &mut Vec<Slot<'m>>| {
        let missing = gap(at, align);
        let optional = missing[1].checked_sub(missing[0])?;
        if missing[0] > 0 {
            slots.push(Slot::Padding(format!("Padding<{}>", missing[0]), per_width([missing[0]; 2])));
        }
        if optional > 0 {
            slots.push(Slot::Padding(format!("OptionalPadding<{optional}>"), per_width([0, optional])));
        }
        Some([at[0] + missing[0], at[1] + missing[1]])
    };
    for field in order {
        at = pad(at, both(field.align), &mut slots)?;
        slots.push(Slot::Field(field));
        at = [at[0] + field.size.compressed, at[1] + field.size.full];
    }
    at = pad(at, finish.align, &mut slots)?;
    Some((slots, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn finds_the_bytes_that_padding_wastes() {
        let model = model();
        let index = Index::new(&model);
        let sloppy = suggest(&index, index.class("Sloppy").unwrap()).unwrap();
        assert_eq!(sloppy.saved, PerWidth { compressed: 4, full: 8 });
        assert!(sloppy.slots.iter().all(|s| matches!(s, Slot::Field(_))));
    }

    #[test]
    fn says_nothing_where_nothing_is_gained() {
        let model = model();
        let index = Index::new(&model);
        for id in ["HeapObject", "FixedArray", "Str", "Script", "HeapNumber", "ScopeInfo", "DescriptorArray"] {
            assert!(suggest(&index, index.class(id).unwrap()).is_none(), "{id}");
        }
    }
}
