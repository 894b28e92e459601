//! Bit fields as WaveDrom's register descriptions.

use super::{Run, runs};
use crate::index::Index;
use crate::model::{Bitfield, Bits, Meaning, Model};
use serde::Serialize;
use std::collections::BTreeMap;

/// Bits of a lane. WaveDrom's own fonts leave room for about six characters a bit then.
const LANE: u32 = 16;
/// The width of the picture in pixels.
const WIDTH: u32 = 920;
/// Of WaveDrom's font, in pixels.
const CHARACTER: u32 = 8;

/// A diagram.
#[derive(Debug, Serialize)]
struct Diagram {
    /// From bit 0 up.
    reg: Vec<Field>,
    config: Config,
}

#[derive(Debug, Serialize)]
struct Field {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    bits: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    attr: Option<Attr>,
    /// The colour.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    colour: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotate: Option<i32>,
}

/// What stands below the bits.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Attr {
    /// Its binary digits, one below each bit.
    Digits(u32),
    Text(String),
}

#[derive(Debug, Serialize)]
struct Config {
    bits: u32,
    lanes: u32,
    hspace: u32,
    vspace: u32,
}

/// A bit field as a register in WaveDrom's JSON (`{"reg": [...], "config": {...}}`), from bit 0 up, for WaveDrom and
/// `bit-field`. Nothing if the model has no bit field with this id.
///
/// Elements of arrays are fields of their own; below each field stands its kind: `bool`, `u12`, `i5`, `enum`, `flags` or the
/// bit field that is nested there, and its colour says the same. Bits without a field have no name; those that stay zero
/// have zeros below.
#[must_use]
pub fn render_wavedrom(model: &Model, id: &str) -> Option<String> {
    let index = Index::new(model);
    index.bitfield(id).map(|bits| json(&diagram(&index, bits)))
}

/// All bit fields of the model as WaveDrom's JSON: an object with a [diagram](render_wavedrom) for each id.
#[must_use]
pub fn render_wavedrom_all(model: &Model) -> String {
    let index = Index::new(model);
    let diagrams: BTreeMap<&str, Diagram> =
        model.bitfields.iter().map(|bits| (bits.id.as_str(), diagram(&index, bits))).collect();
    json(&diagrams)
}

fn json(value: &impl Serialize) -> String {
    let mut json = serde_json::to_string_pretty(value)
        .unwrap_or_else(|e| unreachable!("strings and numbers have a JSON form: {e}"));
    json.push('\n');
    json
}

fn diagram(index: &Index<'_>, bits: &Bitfield) -> Diagram {
    let lanes = bits.storage_bits.div_ceil(LANE);
    // All lanes are equally wide.
    let columns = bits.storage_bits.div_ceil(lanes);
    let reg: Vec<Field> = runs(bits).iter().map(|run| field(index, run, columns)).collect();
    let upright = reg.iter().filter(|f| f.rotate.is_some()).filter_map(|f| f.name.as_ref());
    let longest = upright.map(|name| name.chars().count() as u32).max().unwrap_or(0);
    let vspace = (longest.min(40) * CHARACTER + 62).max(84);
    Diagram { reg, config: Config { bits: columns * lanes, lanes, hspace: WIDTH, vspace } }
}

fn field(index: &Index<'_>, run: &Run<'_>, columns: u32) -> Field {
    let Some((_, field)) = run.field.filter(|_| !run.is_gap()) else {
        let attr =
            run.field.map(|(_, gap)| if gap.ignored { Attr::Text("ignored".to_owned()) } else { Attr::Digits(0) });
        return Field { name: None, bits: run.size, attr, colour: None, rotate: None };
    };
    let (kind, colour) = kind(index, field, run.size);
    // The narrowest piece of it, should it go on in another lane: each piece has the name.
    let end = run.shift + run.size;
    let piece = (run.shift / columns..end.div_ceil(columns))
        .map(|lane| end.min((lane + 1) * columns) - run.shift.max(lane * columns))
        .min()
        .unwrap_or(run.size);
    let fits = run.name.chars().count() as u32 * CHARACTER <= piece * (WIDTH / columns);
    Field {
        name: Some(run.name.clone()),
        bits: run.size,
        attr: Some(Attr::Text(kind)),
        colour: Some(colour),
        rotate: (!fits).then_some(-90),
    }
}

/// What stands below a field, and the number of its colour in WaveDrom.
fn kind(index: &Index<'_>, field: &Bits, size: u32) -> (String, u8) {
    match &field.means {
        Meaning::Bool => ("bool".to_owned(), 4),
        Meaning::Unsigned if !field.flags.is_empty() => ("flags".to_owned(), 6),
        Meaning::Unsigned => (format!("u{size}"), 3),
        Meaning::Signed => (format!("i{size}"), 2),
        Meaning::Enum { .. } => ("enum".to_owned(), 5),
        Meaning::Nested { bitfield } => (index.bitfield(bitfield).map_or(bitfield, |b| &b.name).clone(), 7),
        Meaning::Gap => (String::new(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use serde_json::Value;

    #[test]
    fn fields_follow_each_other_from_bit_0_and_cover_all_bits() {
        let model = model();
        let all: Value = serde_json::from_str(&render_wavedrom_all(&model)).unwrap();
        for bits in &model.bitfields {
            let one: Value = serde_json::from_str(&render_wavedrom(&model, &bits.id).unwrap()).unwrap();
            assert_eq!(one, all[&bits.id]);
            let reg = one["reg"].as_array().unwrap();
            let mut shift = 0;
            for field in reg {
                if let Some(name) = field["name"].as_str().filter(|n| !n.contains('[')) {
                    let declared = bits.fields.iter().find(|f| f.name == name).unwrap();
                    assert_eq!(
                        (u64::from(declared.shift), u64::from(declared.size)),
                        (shift, field["bits"].as_u64().unwrap())
                    );
                }
                shift += field["bits"].as_u64().unwrap();
            }
            assert_eq!(shift, u64::from(bits.storage_bits));
        }
        assert_eq!(render_wavedrom(&model, "Nothing"), None);
    }

    #[test]
    fn kinds_are_said_below() {
        let model = model();
        let json = render_wavedrom(&model, "ScriptFlags").unwrap();
        assert!(json.contains("\"attr\": \"enum\"") && json.contains("\"attr\": 0"), "{json}");
        assert!(json.contains("\"lanes\": 2"), "{json}");
    }
}
