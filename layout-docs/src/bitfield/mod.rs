//! Bit fields in the forms that other documents take: a picture, the text diagrams of RFCs, and WaveDrom's JSON.

pub(crate) mod packet;
mod svg;
mod wavedrom;

pub(crate) use svg::draw_inline;

pub use packet::render_bitfield_text;
pub use svg::render_bitfield_svg;
pub use wavedrom::{render_wavedrom, render_wavedrom_all};

use crate::model::{Bitfield, Bits, Meaning};
use crate::words;

/// A run of bits as diagrams show it: a field, an element of an array, or bits without a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run<'m> {
    pub(crate) shift: u32,
    pub(crate) size: u32,
    /// Empty for bits without a field.
    pub(crate) name: String,
    /// The field and its number; nothing for bits that none covers.
    pub(crate) field: Option<(usize, &'m Bits)>,
}

impl Run<'_> {
    pub(crate) fn is_gap(&self) -> bool {
        self.field.is_none_or(|(_, field)| field.means == Meaning::Gap)
    }
}

/// All bits of the storage from the lowest to the highest.
pub(crate) fn runs(bits: &Bitfield) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (i, field) in bits.fields.iter().enumerate() {
        let run = |shift, size, name| Run { shift, size, name, field: Some((i, field)) };
        match field.len {
            Some(len) if len > 0 && field.means != Meaning::Gap => {
                let size = field.size / len;
                runs.extend((0..len).map(|n| run(field.shift + n * size, size, format!("{}[{n}]", field.name))));
            }
            _ => runs.push(run(field.shift, field.size, field.name.clone())),
        }
    }
    let unused = words::unused_bits(bits).into_iter();
    runs.extend(unused.map(|(shift, size)| Run { shift, size, name: String::new(), field: None }));
    runs.sort_by_key(|run| run.shift);
    runs
}
