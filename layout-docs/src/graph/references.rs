//! The edges, as the fields' admitted sets have them.

use crate::index::Index;
use crate::model::{Admits, Class, Holds, Model};
use std::collections::HashMap;

/// Classes and the references between them.
pub(crate) struct References<'m> {
    /// The classes of the model in its order, then those that fields name and the model lacks.
    pub(crate) nodes: Vec<Node<'m>>,
    /// In the order of the fields.
    pub(crate) edges: Vec<Edge>,
}

/// A class.
pub(crate) struct Node<'m> {
    pub(crate) id: &'m str,
    /// Nothing if the model lacks it.
    pub(crate) class: Option<&'m Class>,
    /// Its own fields that may refer to objects of any class, and how.
    pub(crate) any: Vec<(String, Strength)>,
}

/// All fields of one class that refer to another one equally strongly.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) strength: Strength,
    /// Their names as tables have them.
    pub(crate) fields: Vec<String>,
}

/// Whether a reference keeps its referent alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Strength {
    Strong,
    Weak,
    /// Each value says which.
    Either,
}

impl Strength {
    pub(crate) const ALL: [Strength; 3] = [Strength::Strong, Strength::Weak, Strength::Either];

    /// What style sheets call it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Strength::Strong => "strong",
            Strength::Weak => "weak",
            Strength::Either => "either",
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Strength::Either => "strong or weak",
            other => other.key(),
        }
    }
}

impl Node<'_> {
    pub(crate) fn name(&self) -> &str {
        self.class.map_or(self.id, |class| class.name.as_str())
    }

    /// The names of the fields that may refer to anything.
    pub(crate) fn any_fields(&self) -> String {
        self.any.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl<'m> References<'m> {
    pub(crate) fn new(index: &Index<'m>) -> References<'m> {
        let model = index.model;
        let nodes = model.classes.iter().map(|c| Node { id: &c.id, class: Some(c), any: Vec::new() }).collect();
        let mut graph = References { nodes, edges: Vec::new() };
        let mut places: HashMap<&str, usize> = graph.nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
        let top = class_above_all(model);
        let mut edges: HashMap<(usize, usize, Strength), usize> = HashMap::new();
        for (from, class) in model.classes.iter().enumerate() {
            for row in index.own_rows(class) {
                let (targets, any) = targets(row.holds.admits(), row.holds, top.filter(|top| *top != class.id));
                graph.nodes[from].any.extend(any.map(|strength| (row.label(), strength)));
                for (id, strength) in targets {
                    let to = *places.entry(id).or_insert_with(|| {
                        graph.nodes.push(Node { id, class: None, any: Vec::new() });
                        graph.nodes.len() - 1
                    });
                    let edge = *edges.entry((from, to, strength)).or_insert_with(|| {
                        graph.edges.push(Edge { from, to, strength, fields: Vec::new() });
                        graph.edges.len() - 1
                    });
                    graph.edges[edge].fields.push(row.label());
                }
            }
        }
        graph
    }
}

/// The class that all others are below, if there are others.
fn class_above_all(model: &Model) -> Option<&str> {
    let mut roots = model.classes.iter().filter(|c| c.parent.is_none());
    match (roots.next(), roots.next()) {
        (Some(root), None) if model.classes.len() > 1 => Some(&root.id),
        _ => None,
    }
}

/// What a field may refer to, and how strongly to anything, if that.
fn targets<'m>(admits: &'m [Admits], holds: &Holds, top: Option<&str>) -> (Vec<(&'m str, Strength)>, Option<Strength>) {
    let is_weak = matches!(holds, Holds::Weak { .. });
    let mut targets: Vec<(&str, Strength)> = Vec::new();
    let mut any = None;
    for admitted in admits {
        let (id, strength) = match admitted {
            Admits::Any if is_weak => (None, Strength::Weak),
            Admits::Any => (None, Strength::Strong),
            Admits::Class(id) if !is_weak => (Some(id.as_str()), Strength::Strong),
            Admits::Class(id) | Admits::Weak(id) => (Some(id.as_str()), Strength::Weak),
            Admits::Smi | Admits::None => continue,
        };
        let both = |found: Strength| if found == strength { found } else { Strength::Either };
        match id.filter(|id| top != Some(id)) {
            None => any = Some(any.map_or(strength, both)),
            Some(id) => match targets.iter_mut().find(|(other, _)| *other == id) {
                Some((_, found)) => *found = both(*found),
                None => targets.push((id, strength)),
            },
        }
    }
    (targets, any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    fn edges(model: &Model) -> Vec<String> {
        let index = Index::new(model);
        let graph = References::new(&index);
        let name = |i: usize| graph.nodes[i].id.to_owned();
        let line = |e: &Edge| format!("{} {} {}: {}", name(e.from), e.strength.key(), name(e.to), e.fields.join(" "));
        graph.edges.iter().map(line).collect()
    }

    #[test]
    fn fields_tails_and_fields_of_structs_are_edges() {
        let model = model();
        let edges = edges(&model);
        assert!(edges.contains(&"HeapObject strong Map: map".to_owned()), "{edges:#?}");
        assert!(edges.iter().any(|e| e.starts_with("Script strong Str: ") && e.contains("source")), "{edges:#?}");
        assert!(edges.iter().any(|e| e.starts_with("DescriptorArray ") && e.contains("entries[i].key")), "{edges:#?}");
    }

    #[test]
    fn anything_is_a_mark_and_what_is_strong_or_weak_is_one_edge() {
        let mut model = model();
        let script = model.classes.iter().position(|c| c.id == "Script").unwrap();
        let admits = vec![
            Admits::Any,
            Admits::Weak("HeapObject".into()),
            Admits::Class("Str".into()),
            Admits::Weak("Str".into()),
            Admits::Weak("Elsewhere".into()),
        ];
        model.classes[script].fields[0].holds = Holds::MaybeWeak { admits };
        let edges = edges(&model);
        let name = model.classes[script].fields[0].name.clone();
        assert!(edges.contains(&format!("Script either Str: {name}")), "{edges:#?}");
        assert!(edges.contains(&format!("Script weak Elsewhere: {name}")), "{edges:#?}");
        assert!(!edges.iter().any(|e| e.contains("Script") && e.contains("HeapObject")), "{edges:#?}");
        let index = Index::new(&model);
        let graph = References::new(&index);
        assert_eq!(graph.nodes[script].any[0], (name, Strength::Either));
        assert!(graph.nodes.iter().any(|n| n.id == "Elsewhere" && n.class.is_none()));
    }

    #[test]
    fn a_class_alone_may_refer_to_itself() {
        let mut model = model();
        model.classes.truncate(1);
        model.classes[0].fields[0].holds = Holds::Strong { admits: vec![Admits::Class("HeapObject".into())] };
        assert_eq!(edges(&model), ["HeapObject strong HeapObject: map"]);
    }
}
