//! The last step in making a model, wherever its classes come from: their order, and ids that are short.

use crate::model::{Admits, Class, Elsewhere, Field, Holds, Meaning, Model};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What models say made them.
pub(crate) const GENERATOR: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// An id that no other declaration has: module, name and line.
pub(crate) fn full_id(module: &str, name: &str, line: u32) -> String {
    format!("{module}::{name}::L{line}")
}

/// A model whose ids are full ones, with classes in the order of the class tree, bit fields and structs in the order in
/// which these hold them, and ids no longer than they need to be. What no class holds is dropped.
pub(crate) fn finish(mut model: Model) -> Model {
    model.classes = in_tree_order(std::mem::take(&mut model.classes));
    drop_unheld(&mut model);
    shorten(&mut model);
    model
}

/// Drops the bit fields and the structs that no class holds.
pub(crate) fn drop_unheld(model: &mut Model) {
    let (bitfields, structs) = in_order_of_use(model);
    model.bitfields = picked(std::mem::take(&mut model.bitfields), &bitfields, |b| &b.id);
    model.structs = picked(std::mem::take(&mut model.structs), &structs, |s| &s.id);
}

/// Each class after its parent and before its parent's next child.
fn in_tree_order(classes: Vec<Class>) -> Vec<Class> {
    fn visit(
        index: usize,
        below: &HashMap<String, Vec<usize>>,
        classes: &mut [Option<Class>],
        ordered: &mut Vec<Class>,
    ) {
        let Some(class) = classes[index].take() else { return };
        let children = below.get(&class.id).map_or(&[][..], Vec::as_slice);
        ordered.push(class);
        for child in children {
            visit(*child, below, classes, ordered);
        }
    }
    let mut below: HashMap<String, Vec<usize>> = HashMap::new();
    let mut roots = Vec::new();
    for (i, class) in classes.iter().enumerate() {
        match &class.parent {
            Some(parent) => below.entry(parent.clone()).or_default().push(i),
            None => roots.push(i),
        }
    }
    let mut classes: Vec<Option<Class>> = classes.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(classes.len());
    for root in roots {
        visit(root, &below, &mut classes, &mut ordered);
    }
    ordered
}

/// The ids of the bit fields that the classes hold, each before those nested in it, and of the structs.
fn in_order_of_use(model: &Model) -> (Vec<String>, Vec<String>) {
    let structs: HashMap<&str, &[Field]> = model.structs.iter().map(|s| (s.id.as_str(), s.fields.as_slice())).collect();
    let nested: HashMap<&str, Vec<&str>> = model
        .bitfields
        .iter()
        .map(|bits| {
            let nested = bits.fields.iter().filter_map(|field| match &field.means {
                Meaning::Nested { bitfield } => Some(bitfield.as_str()),
                _ => None,
            });
            (bits.id.as_str(), nested.collect())
        })
        .collect();
    let mut used = Used { nested: &nested, seen: HashSet::new(), bitfields: Vec::new(), structs: Vec::new() };
    for class in &model.classes {
        for holds in class.fields.iter().map(|f| &f.holds).chain(class.tails.iter().map(|t| &t.holds)) {
            used.add(holds);
            if let Some(fields) = holds.struct_id().and_then(|id| structs.get(id)) {
                fields.iter().for_each(|field| used.add(&field.holds));
            }
        }
    }
    (used.bitfields, used.structs)
}

struct Used<'m> {
    nested: &'m HashMap<&'m str, Vec<&'m str>>,
    seen: HashSet<&'m str>,
    bitfields: Vec<String>,
    structs: Vec<String>,
}

impl<'m> Used<'m> {
    fn add(&mut self, holds: &'m Holds) {
        if let Some(id) = holds.struct_id()
            && self.seen.insert(id)
        {
            self.structs.push(id.to_owned());
        }
        // A stack of its own, for bit fields nest as deep as a file says.
        let mut waiting: Vec<&'m str> = holds.bitfield().into_iter().collect();
        while let Some(id) = waiting.pop() {
            if self.seen.insert(id) {
                self.bitfields.push(id.to_owned());
                waiting.extend(self.nested.get(id).into_iter().flatten().rev());
            }
        }
    }
}

fn picked<T>(all: Vec<T>, ids: &[String], id: impl Fn(&T) -> &String) -> Vec<T> {
    let mut all: HashMap<String, T> = all.into_iter().map(|one| (id(&one).clone(), one)).collect();
    ids.iter().filter_map(|id| all.remove(id)).collect()
}

/// Gives each class, bit field and struct the shortest id that no other of its sort has: the name; the path where another
/// module has the same name; the path and the line where two functions of one module do.
fn shorten(model: &mut Model) {
    let mut classes: Vec<String> = model.classes.iter().map(|c| c.id.clone()).collect();
    let listed = model.crates.iter().flat_map(|c| &c.classes).cloned();
    classes.extend(listed);
    let mut admitted = BTreeSet::new();
    each_admitted(model, |id| admitted.extend([id.clone()]));
    let is_elsewhere = |id: &String| !model.classes.iter().any(|c| c.id == *id);
    let elsewhere: Vec<String> = admitted.iter().filter(|id| is_elsewhere(id)).cloned().collect();
    classes.extend(admitted);
    let classes = short_ids(classes);
    model.elsewhere = elsewhere
        .into_iter()
        .map(|full| Elsewhere {
            path: full.rsplit_once("::").map_or(full.as_str(), |(path, _line)| path).to_owned(),
            id: classes.get(&full).cloned().unwrap_or(full),
        })
        .collect();
    let bitfields = short_ids(model.bitfields.iter().map(|b| b.id.clone()).collect());
    let structs = short_ids(model.structs.iter().map(|s| s.id.clone()).collect());

    let short = |ids: &HashMap<String, String>, id: &mut String| {
        if let Some(short) = ids.get(id) {
            id.clone_from(short);
        }
    };
    each_admitted(model, |id| short(&classes, id));
    model.crates.iter_mut().flat_map(|c| &mut c.classes).for_each(|id| short(&classes, id));
    for class in &mut model.classes {
        short(&classes, &mut class.id);
        class.parent.iter_mut().for_each(|id| short(&classes, id));
    }
    each_held(model, |holds| match holds {
        Holds::SmiBits { bitfield } | Holds::Bits { bitfield } => short(&bitfields, bitfield),
        Holds::Struct { id } => short(&structs, id),
        _ => {}
    });
    for bits in &mut model.bitfields {
        short(&bitfields, &mut bits.id);
        for field in &mut bits.fields {
            if let Meaning::Nested { bitfield } = &mut field.means {
                short(&bitfields, bitfield);
            }
        }
    }
    model.structs.iter_mut().for_each(|s| short(&structs, &mut s.id));
}

fn each_held(model: &mut Model, mut visit: impl FnMut(&mut Holds)) {
    for class in &mut model.classes {
        class.fields.iter_mut().for_each(|field| visit(&mut field.holds));
        class.tails.iter_mut().for_each(|tail| visit(&mut tail.holds));
    }
    model.structs.iter_mut().flat_map(|s| &mut s.fields).for_each(|field| visit(&mut field.holds));
}

/// Visits the id of each class that a field admits.
pub(crate) fn each_admitted(model: &mut Model, mut visit: impl FnMut(&mut String)) {
    each_held(model, |holds| {
        if let Holds::Strong { admits } | Holds::Weak { admits } | Holds::MaybeWeak { admits } = holds {
            for admits in admits {
                if let Admits::Class(id) | Admits::Weak(id) = admits {
                    visit(id);
                }
            }
        }
    });
}

/// The short id of each full one.
fn short_ids(full: Vec<String>) -> HashMap<String, String> {
    fn parts(full: &str) -> Option<(&str, &str)> {
        let (path, _line) = full.rsplit_once("::")?;
        Some((path, path.rsplit_once("::").map_or(path, |(_, name)| name)))
    }
    let full: HashSet<String> = full.into_iter().collect();
    let (mut by_path, mut by_name) = (HashMap::new(), HashMap::new());
    for (path, name) in full.iter().filter_map(|id| parts(id)) {
        *by_path.entry(path).or_insert(0) += 1;
        *by_name.entry(name).or_insert(0) += 1;
    }
    let short = |id: &String| {
        let (path, name) = parts(id)?;
        let short = match (by_name[name], by_path[path]) {
            (1, _) => name,
            (_, 1) => path,
            _ => id,
        };
        Some((id.clone(), short.to_owned()))
    };
    full.iter().filter_map(short).collect()
}
