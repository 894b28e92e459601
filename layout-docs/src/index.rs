//! The model with its ids resolved: parents, children, who refers to whom.

use crate::model::{Admits, Bitfield, Class, LiveObject, Meaning, Model, Struct};
use crate::rows::Row;
use std::collections::HashMap;

/// A model whose ids can be looked up.
pub(crate) struct Index<'m> {
    pub(crate) model: &'m Model,
    classes: HashMap<&'m str, &'m Class>,
    bitfields: HashMap<&'m str, &'m Bitfield>,
    structs: HashMap<&'m str, &'m Struct>,
    children: HashMap<&'m str, Vec<&'m Class>>,
    holders: HashMap<&'m str, Vec<Holder<'m>>>,
    bit_holders: HashMap<&'m str, Vec<Holder<'m>>>,
    struct_holders: HashMap<&'m str, Vec<Holder<'m>>>,
    /// Each real object by isolate, moment and address: its place in the model.
    objects: HashMap<(u64, u64, &'m str), usize>,
}

/// A field or tail that refers to something.
#[derive(Clone)]
pub(crate) struct Holder<'m> {
    /// The id of the class or bit field it belongs to.
    pub(crate) owner: &'m str,
    pub(crate) field: String,
    /// The last part of its anchor.
    pub(crate) anchor: String,
    pub(crate) owner_is_bitfield: bool,
}

impl<'m> Index<'m> {
    pub(crate) fn new(model: &'m Model) -> Index<'m> {
        let mut index = Index {
            model,
            classes: model.classes.iter().map(|c| (c.id.as_str(), c)).collect(),
            bitfields: model.bitfields.iter().map(|b| (b.id.as_str(), b)).collect(),
            structs: model.structs.iter().map(|s| (s.id.as_str(), s)).collect(),
            children: HashMap::new(),
            holders: HashMap::new(),
            bit_holders: HashMap::new(),
            struct_holders: HashMap::new(),
            objects: HashMap::new(),
        };
        for (place, object) in model.objects.iter().enumerate() {
            let key = (object.isolate, object.collections, object.address.as_str());
            index.objects.entry(key).or_insert(place);
        }
        for class in &model.classes {
            if let Some(parent) = &class.parent {
                index.children.entry(parent).or_default().push(class);
            }
            for row in index.own_rows(class) {
                index.note(class, &row);
            }
        }
        for bits in &model.bitfields {
            for field in &bits.fields {
                if let Meaning::Nested { bitfield } = &field.means {
                    let (field, anchor) = (field.name.clone(), field.name.clone());
                    let holder = Holder { owner: &bits.id, field, anchor, owner_is_bitfield: true };
                    index.bit_holders.entry(bitfield).or_default().push(holder);
                }
            }
        }
        index
    }

    fn note(&mut self, class: &'m Class, row: &Row<'m>) {
        let holder = Holder { owner: &class.id, field: row.label(), anchor: row.anchor(), owner_is_bitfield: false };
        for admits in row.holds.admits() {
            if let Admits::Class(id) | Admits::Weak(id) = admits {
                let holders = self.holders.entry(id).or_default();
                // A field may admit strong and weak references to one class.
                if holders.last().is_none_or(|h| (h.owner, &h.field) != (holder.owner, &holder.field)) {
                    holders.push(holder.clone());
                }
            }
        }
        if let Some(id) = row.holds.bitfield() {
            self.bit_holders.entry(id).or_default().push(holder.clone());
        }
        if let Some(id) = row.holds.struct_id() {
            self.struct_holders.entry(id).or_default().push(holder);
        }
    }

    pub(crate) fn class(&self, id: &str) -> Option<&'m Class> {
        self.classes.get(id).copied()
    }

    pub(crate) fn bitfield(&self, id: &str) -> Option<&'m Bitfield> {
        self.bitfields.get(id).copied()
    }

    pub(crate) fn struct_(&self, id: &str) -> Option<&'m Struct> {
        self.structs.get(id).copied()
    }

    /// The place of a real object in the model, if it was seen at the same moment as `beside`.
    pub(crate) fn object(&self, beside: &LiveObject, address: &str) -> Option<usize> {
        self.objects.get(&(beside.isolate, beside.collections, address)).copied()
    }

    /// The classes that no class of the model is above.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &'m Class> {
        self.model.classes.iter().filter(|c| c.parent.is_none())
    }

    pub(crate) fn children(&self, class: &Class) -> &[&'m Class] {
        self.children.get(class.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The classes from the root down to this one.
    pub(crate) fn lineage(&self, class: &'m Class) -> Vec<&'m Class> {
        let parent = |c: &&'m Class| c.parent.as_deref().and_then(|id| self.class(id));
        let mut line: Vec<_> = std::iter::successors(Some(class), parent).collect();
        line.reverse();
        line
    }

    /// The fields whose type names this class.
    pub(crate) fn holders(&self, class: &Class) -> &[Holder<'m>] {
        self.holders.get(class.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The fields that hold this bit field.
    pub(crate) fn bit_holders(&self, bits: &Bitfield) -> &[Holder<'m>] {
        self.bit_holders.get(bits.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The fields and tails that hold this struct.
    pub(crate) fn struct_holders(&self, layout: &Struct) -> &[Holder<'m>] {
        self.struct_holders.get(layout.id.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Whether the layout is the same under both pointer widths.
    pub(crate) fn is_same_layout(&self, class: &'m Class) -> bool {
        class.header_size.is_same()
            && class.instance_size.is_same()
            && self.rows(class).iter().all(|row| row.at.is_same() && row.size.is_same())
    }

    /// Whether a struct's layout is the same under both pointer widths.
    pub(crate) fn is_same_struct(&self, layout: &'m Struct) -> bool {
        layout.size.is_same() && self.struct_rows(layout).iter().all(|row| row.at.is_same() && row.size.is_same())
    }

    /// Where the source of a line can be read. An absolute path is that of a machine, and leads nowhere.
    pub(crate) fn source_link(&self, file: &str, line: u32) -> Option<String> {
        let template = self.model.source_url.as_ref().filter(|_| !is_absolute(file))?;
        let file = file.replace('\\', "/");
        let encoded: String = file
            .bytes()
            .map(|b| match b {
                b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
                _ if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect();
        Some(template.replace("{file}", &encoded).replace("{line}", &line.to_string()))
    }
}

/// A source file as it is shown: the compiler names those of other packages by their absolute paths, of which only the
/// package and what is below it says something to readers.
pub(crate) fn shown_file(file: &str) -> String {
    if !is_absolute(file) {
        return file.to_owned();
    }
    let parts: Vec<&str> = file.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    // `…/registry/src/INDEX/PACKAGE/…`, `…/git/checkouts/REPOSITORY/REVISION/…`
    let fetched = parts.windows(2).enumerate().rev().find_map(|(i, two)| match two {
        ["registry", "src"] => Some((i + 3, i + 4)),
        ["git", "checkouts"] => Some((i + 2, i + 4)),
        _ => None,
    });
    let is_source = |part: &&str| ["src", "tests", "examples", "benches"].contains(part);
    let local = || parts.iter().rposition(is_source).filter(|at| *at > 0).map(|at| (at - 1, at));
    match fetched.filter(|(_, below)| *below < parts.len()).or_else(local) {
        Some((package, below)) => format!("{} · {}", parts[package], parts[below..].join("/")),
        None => parts.last().copied().unwrap_or_default().to_owned(),
    }
}

fn is_absolute(file: &str) -> bool {
    let drive = |file: &str| file.len() > 2 && file.as_bytes()[0].is_ascii_alphabetic() && file.as_bytes()[1] == b':';
    file.starts_with(['/', '\\']) || (drive(file) && ['/', '\\'].contains(&char::from(file.as_bytes()[2])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn resolves_the_tree_and_the_references() {
        let model = model();
        let index = Index::new(&model);
        let script = index.class("Script").unwrap();
        let names: Vec<_> = index.lineage(script).iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["HeapObject", "Struct", "Script"]);
        assert_eq!(index.rows(script)[0].from.map(|c| c.name.as_str()), Some("HeapObject"));
        let str_class = index.class("Str").unwrap();
        assert!(index.holders(str_class).iter().any(|h| (h.owner, h.field.as_str()) == ("Script", "source")));
        assert_eq!(index.roots().count(), 1);
    }

    #[test]
    fn source_links_encode_the_file() {
        let mut model = model();
        model.source_url = Some("https://example.org/{file}#L{line}".into());
        let link = Index::new(&model).source_link("a b/c.rs", 7);
        assert_eq!(link.as_deref(), Some("https://example.org/a%20b/c.rs#L7"));
        assert_eq!(Index::new(&model).source_link("/home/me/a/src/c.rs", 7), None);
    }

    #[test]
    fn paths_of_a_machine_are_not_shown() {
        for (file, shown) in [
            ("heap/src/map.rs", "heap/src/map.rs"),
            (
                "/home/me/.cargo/registry/src/index.crates.io-6f17d22bba15001f/heapwright-0.1.0/src/map.rs",
                "heapwright-0.1.0 · src/map.rs",
            ),
            (
                "/home/me/.cargo/git/checkouts/heapwright-a1b2/4f3e2d1/heap/src/map.rs",
                "heapwright-a1b2 · heap/src/map.rs",
            ),
            ("/home/me/heapwright/heap/src/gc/src/map.rs", "gc · src/map.rs"),
            ("/home/me/build.rs", "build.rs"),
            ("C:\\me\\heap\\src\\map.rs", "heap · src/map.rs"),
            ("/src/map.rs", "map.rs"),
            ("/registry/src/", "registry · src"),
            ("/", ""),
        ] {
            assert_eq!(shown_file(file), shown);
        }
    }
}
