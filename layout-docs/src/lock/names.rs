//! What a lock calls classes, structs and bit fields: by their paths, and in its text by their names where only one has
//! that.

use super::{Lock, Renames};
use crate::model::{Admits, Holds, Model};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The paths of all that a model names, by its ids. Of things that are declared in functions of one module, which share
/// a path, only the order is kept: `path::#1`, `path::#2`.
pub(super) struct Paths {
    classes: Renames,
    structs: Renames,
    bitfields: Renames,
}

impl Paths {
    pub(super) fn new(model: &Model) -> Paths {
        let path =
            |module: &str, name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
        let classes = model.classes.iter().map(|c| (c.id.as_str(), path(&c.module, &c.name), c.line));
        let elsewhere = model.elsewhere.iter().map(|c| {
            let line = c.id.rsplit_once("::L").and_then(|(_, line)| line.parse().ok());
            (c.id.as_str(), c.path.clone(), line.unwrap_or_default())
        });
        Paths {
            classes: numbered(classes.chain(elsewhere)),
            structs: numbered(model.structs.iter().map(|s| (s.id.as_str(), path(&s.module, &s.name), s.line))),
            bitfields: numbered(model.bitfields.iter().map(|b| (b.id.as_str(), path(&b.module, &b.name), b.line))),
        }
    }

    pub(super) fn class(&self, id: &str) -> String {
        of(&self.classes, id)
    }

    pub(super) fn struct_(&self, id: &str) -> String {
        of(&self.structs, id)
    }

    pub(super) fn bitfield(&self, id: &str) -> String {
        of(&self.bitfields, id)
    }
}

fn of(names: &Renames, id: &str) -> String {
    names.get(id).map_or(id, String::as_str).to_owned()
}

fn numbered<'m>(all: impl Iterator<Item = (&'m str, String, u32)>) -> Renames {
    let mut by_path: BTreeMap<String, Vec<(u32, &str)>> = BTreeMap::new();
    for (id, path, line) in all {
        by_path.entry(path).or_default().push((line, id));
    }
    let mut names = Renames::new();
    for (path, mut ids) in by_path {
        ids.sort_unstable();
        match ids.as_slice() {
            [(_, one)] => drop(names.insert((*one).to_owned(), path)),
            many => names
                .extend(many.iter().enumerate().map(|(i, (_, id))| ((*id).to_owned(), format!("{path}::#{}", i + 1)))),
        }
    }
    names
}

/// A path as module and name; a number belongs to the name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let end = path.rfind("::#").unwrap_or(path.len());
    match path[..end].rfind("::") {
        Some(at) => (&path[..at], &path[at + 2..]),
        None => ("", path),
    }
}

/// The name in a path, without a number.
pub(crate) fn last_segment(path: &str) -> &str {
    let name = split(path).1;
    name.split("::#").next().unwrap_or(name)
}

/// The names of those paths that are the only ones with theirs.
pub(crate) fn short_names<'p>(paths: impl IntoIterator<Item = &'p str>) -> Renames {
    let paths: BTreeSet<&str> = paths.into_iter().collect();
    let mut count: HashMap<&str, u32> = HashMap::new();
    for path in &paths {
        *count.entry(split(path).1).or_default() += 1;
    }
    let is_short = |path: &&str| count[split(path).1] == 1;
    paths.iter().filter(|path| is_short(path)).map(|path| ((*path).to_owned(), split(path).1.to_owned())).collect()
}

impl Lock {
    /// The classes that fields name, of this lock or not.
    pub(crate) fn admitted(&self) -> impl Iterator<Item = &str> {
        let of_classes = self
            .classes
            .values()
            .flat_map(|c| c.fields.iter().map(|f| &f.holds).chain(c.tails.iter().map(|t| &t.holds)));
        let of_structs = self.structs.values().flat_map(|s| s.fields.iter().map(|f| &f.holds));
        of_classes.chain(of_structs).flat_map(Holds::admits).filter_map(|admits| match admits {
            Admits::Class(id) | Admits::Weak(id) => Some(id.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_before_the_name() {
        assert_eq!(split("a::b::C"), ("a::b", "C"));
        assert_eq!(split("a::C::#2"), ("a", "C::#2"));
        assert_eq!((split("C"), split("C::#1"), split("")), (("", "C"), ("", "C::#1"), ("", "")));
        assert_eq!((last_segment("a::C::#2"), last_segment("C")), ("C", "C"));
    }

    #[test]
    fn only_names_that_are_alone_are_short() {
        let short = short_names(["a::B", "b::B", "a::C", "D"]);
        assert_eq!(short.len(), 2);
        assert_eq!((short["a::C"].as_str(), short["D"].as_str()), ("C", "D"));
    }
}
