//! The search index: for each section of the page and each of its rows, what it is found by.

use super::links::{bits_anchor, field_anchor, struct_anchor};
use super::live::footprint_anchor;
use crate::doc;
use crate::index::Index;
use crate::model::{Admits, Bitfield, Bits, Class, Holds, Meaning, Struct};
use crate::overlay;
use crate::rows;
use crate::words;
use serde::Serialize;

/// One class, struct or bit field.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    item: Item,
    rows: Vec<Item>,
}

/// One thing that can be found.
#[derive(Debug, Serialize)]
struct Item {
    /// The anchor.
    id: String,
    /// What it is called; rows without the name of their section.
    name: String,
    /// What style sheets call its kind.
    kind: &'static str,
    /// What it is, in a few words or as a type.
    about: String,
    /// All other words that find it.
    words: String,
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
    let item = Item {
        id: class.id.clone(),
        name: class.name.clone(),
        kind: "class",
        about: if class.is_abstract { "abstract class" } else { "class" }.to_owned(),
        words: text([&doc::plain(&class.doc), &words::qualities(class).join(", "), &class.module]),
    };
    Entry { item, rows: index.own_rows(class).iter().map(|r| row(index, &class.id, r)).collect() }
}

fn struct_<'m>(index: &Index<'m>, layout: &'m Struct) -> Entry {
    let anchor = struct_anchor(&layout.id);
    let rows = index.struct_rows(layout).iter().map(|r| row(index, &anchor, r)).collect();
    let words = text([&doc::plain(&layout.doc), &layout.module]);
    Entry {
        item: Item { id: anchor, name: layout.name.clone(), kind: "class", about: "struct".to_owned(), words },
        rows,
    }
}

fn row(index: &Index<'_>, section: &str, row: &rows::Row<'_>) -> Item {
    let mut notes = row.notes();
    if let Some(length) = row.length {
        let (what, _) = words::presence(length);
        notes.push(format!("{what} {}", length.text()));
        notes.push(if row.condition().is_some() { "optional" } else { "tail" }.to_owned());
    }
    let kind = words::kind(row.role, row.holds);
    Item {
        id: field_anchor(section, &row.anchor()),
        name: row.label(),
        kind: row.role.key(),
        about: row.type_name.to_owned(),
        words: text([&doc::plain(row.doc), kind, &held(index, row), &notes.join(", ")]),
    }
}

/// Names of what it may hold that its type does not say.
fn held(index: &Index<'_>, row: &rows::Row<'_>) -> String {
    let holds: &Holds = row.holds;
    let admits = holds.admits().iter().map(|a| match a {
        Admits::Class(id) | Admits::Weak(id) => index.class(id).map_or(id.as_str(), |c| c.name.as_str()),
        other => words::admits_name(other),
    });
    let layout = holds.struct_id().map(|id| index.struct_(id).map_or(id, |s| s.name.as_str()));
    let all = admits.chain(holds.bitfield()).chain(layout);
    all.filter(|name| !row.type_name.contains(name)).collect::<Vec<_>>().join(", ")
}

fn bitfield(bits: &Bitfield) -> Entry {
    let anchor = bits_anchor(&bits.id);
    let rows = bits.fields.iter().map(|f| bit(&anchor, f)).collect();
    let about = format!("bit field in {}", bits.storage);
    let words = text([&doc::plain(&bits.doc), &bits.module]);
    Entry { item: Item { id: anchor, name: bits.name.clone(), kind: "bits", about, words }, rows }
}

fn bit(section: &str, bits: &Bits) -> Item {
    let nested = if let Meaning::Nested { bitfield } = &bits.means { bitfield } else { "" };
    let range = words::bit_range(bits.shift, bits.size);
    Item {
        id: field_anchor(section, &bits.name),
        name: bits.name.clone(),
        kind: if bits.means == Meaning::Gap { "padding" } else { "bits" },
        about: format!("{}, {} {range}", words::bits_kind(bits), if bits.size == 1 { "bit" } else { "bits" }),
        words: text([&doc::plain(&bits.doc), &words::values(bits), nested]),
    }
}

/// Real objects and footprints, found by their names and classes.
fn live(index: &Index<'_>) -> impl Iterator<Item = Entry> {
    let entry = |id: String, name: &str, about: &str, words: String| Entry {
        item: Item { id, name: name.to_owned(), kind: "class", about: about.to_owned(), words },
        rows: Vec::new(),
    };
    let objects = index.model.objects.iter().enumerate().map(move |(i, object)| {
        let words = text([&object.class, &object.space, &object.address]);
        entry(overlay::anchor(i), &object.name, "real object", words)
    });
    let footprints = index
        .model
        .footprints
        .iter()
        .enumerate()
        .map(move |(i, footprint)| entry(footprint_anchor(i), &footprint.name, "footprint", String::new()));
    objects.chain(footprints)
}

fn text<const N: usize>(parts: [&str; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" · ")
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
        let found = |id: &str, word: &str| {
            let entry = entries.iter().find(|e| e["id"] == id).unwrap();
            let has = |row: &serde_json::Value, member: &str| row[member].as_str().unwrap().contains(word);
            entry["rows"].as_array().unwrap().iter().any(|r| ["name", "about", "words"].iter().any(|m| has(r, m)))
        };
        for class in &model.classes {
            assert!(class.fields.iter().all(|f| found(&class.id, &f.name)), "{}", class.id);
            assert!(class.tails.iter().all(|t| found(&class.id, &t.name)), "{}", class.id);
        }
        assert!(found("bits.ScriptFlags", "Host = 0") && found("bits.ScriptFlags", "unsigned, bits 5:2"));
        assert!(found("bits.ScriptFlags", "How it came to be compiled"));
        assert!(found("struct.Descriptor", "value") && found("DescriptorArray", "entries[i].value"));
        assert!(found("ScopeInfo", "only if flags.has_function_name()") && found("DescriptorArray", "strong or weak"));
        assert!(found("ScopeInfo", "optional") && found("Script", "Undefined") && !json.contains('<'));
    }
}
