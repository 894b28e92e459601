//! The search index: for each section of the page, the words it is found by.

use super::links::{bits_anchor, field_anchor, struct_anchor};
use super::live::{footprint_anchor, object_anchor};
use crate::index::Index;
use crate::model::{Admits, Bitfield, Class, Holds, Meaning, Struct};
use crate::rows;
use crate::words;
use serde::Serialize;

/// One class or bit field.
#[derive(Debug, Serialize)]
struct Entry {
    /// The anchor of the section.
    id: String,
    /// The words that find the section as a whole, in lower case.
    text: String,
    /// Its rows.
    rows: Vec<Row>,
}

/// One field.
#[derive(Debug, Serialize)]
struct Row {
    /// The anchor of the table's row.
    id: String,
    /// The words that find it, in lower case.
    text: String,
}

/// The index as JSON that may stand inside a `<script>`.
pub(super) fn render(index: &Index<'_>) -> String {
    let classes = index.model.classes.iter().map(|c| class(index, c));
    let structs = index.model.structs.iter().map(|s| struct_(index, s));
    let bitfields = index.model.bitfields.iter().map(bitfield);
    let entries: Vec<Entry> = classes.chain(structs).chain(bitfields).chain(live(index)).collect();
    let json = serde_json::to_string(&entries).unwrap_or_else(|e| unreachable!("strings have a JSON form: {e}"));
    json.replace('<', "\\u003c")
}

fn class<'m>(index: &Index<'m>, class: &'m Class) -> Entry {
    Entry {
        id: class.id.clone(),
        text: text([class.name.as_str(), &class.module, &words::qualities(class).join(" ")]),
        rows: index.own_rows(class).iter().map(|r| row(index, &class.id, r)).collect(),
    }
}

fn struct_<'m>(index: &Index<'m>, layout: &'m Struct) -> Entry {
    let anchor = struct_anchor(&layout.id);
    Entry {
        text: text([layout.name.as_str(), &layout.module, "struct"]),
        rows: index.struct_rows(layout).iter().map(|r| row(index, &anchor, r)).collect(),
        id: anchor,
    }
}

fn row(index: &Index<'_>, section: &str, row: &rows::Row<'_>) -> Row {
    let mut notes = row.notes().join(" ");
    if let Some(length) = row.length {
        notes.push_str(if row.condition().is_some() { " optional " } else { " tail " });
        notes.push_str(length.text());
    }
    let kind = words::kind(row.role, row.holds);
    Row {
        id: field_anchor(section, &row.anchor()),
        text: text([row.label().as_str(), row.type_name, kind, &held(index, row.holds), &notes]),
    }
}

fn held(index: &Index<'_>, holds: &Holds) -> String {
    let admits = holds.admits().iter().map(|a| match a {
        Admits::Class(id) | Admits::Weak(id) => index.class(id).map_or(id.as_str(), |c| c.name.as_str()),
        other => words::admits_name(other),
    });
    let layout = holds.struct_id().map(|id| index.struct_(id).map_or(id, |s| s.name.as_str()));
    admits.chain(holds.bitfield()).chain(layout).collect::<Vec<_>>().join(" ")
}

fn bitfield(bits: &Bitfield) -> Entry {
    let anchor = bits_anchor(&bits.id);
    let rows = bits.fields.iter().map(|f| {
        let nested = if let Meaning::Nested { bitfield } = &f.means { bitfield } else { "" };
        Row { id: field_anchor(&anchor, &f.name), text: text([f.name.as_str(), &words::values(f), nested]) }
    });
    Entry { text: text([bits.name.as_str(), &bits.module, &bits.storage]), rows: rows.collect(), id: anchor }
}

/// Real objects and footprints, found by their names and classes.
fn live(index: &Index<'_>) -> impl Iterator<Item = Entry> {
    let entry = |id: String, text: String| Entry { id, text, rows: Vec::new() };
    let objects = index.model.objects.iter().enumerate();
    let footprints = index.model.footprints.iter().enumerate();
    objects
        .map(move |(i, o)| entry(object_anchor(i), text([o.name.as_str(), &o.class, &o.space, "real object"])))
        .chain(footprints.map(move |(i, f)| entry(footprint_anchor(i), text([f.name.as_str(), "footprint"]))))
}

fn text<const N: usize>(parts: [&str; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn every_class_field_tail_and_bit_can_be_found() {
        let model = model();
        let json = render(&Index::new(&model));
        let entries: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(entries.len(), model.classes.len() + model.structs.len() + model.bitfields.len());
        let found = |id: &str, row: &str| {
            let entry = entries.iter().find(|e| e["id"] == id).unwrap();
            entry["rows"].as_array().unwrap().iter().any(|r| r["text"].as_str().unwrap().contains(row))
        };
        for class in &model.classes {
            assert!(class.fields.iter().all(|f| found(&class.id, &f.name)), "{}", class.id);
            assert!(class.tails.iter().all(|t| found(&class.id, &t.name)), "{}", class.id);
        }
        assert!(found("bits.ScriptFlags", "host = 0"));
        assert!(found("struct.Descriptor", "value") && found("DescriptorArray", "entries[i].value"));
        assert!(found("ScopeInfo", "optional flags.has_function_name()") && found("DescriptorArray", "strong or weak"));
        assert!(found("Script", "undefined") && !json.contains('<'));
    }
}
