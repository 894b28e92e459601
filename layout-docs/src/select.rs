//! A part of a model: the classes of some crates, or some classes, with all that they need.

use crate::finish::{drop_unheld, each_admitted};
use crate::model::{Class, Elsewhere, Model};
use std::collections::{BTreeSet, HashMap, HashSet};

impl Model {
    /// The classes that the crates of these names list, the classes above them, and what these hold; `-` and `_` are the
    /// same in names.
    ///
    /// Names of crates that the model lacks choose nothing. If it loses a crate, the instance types that an isolate
    /// would [assign](Class::assigned_instance_type) are left out: they are those of all crates together.
    ///
    /// ```
    /// # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
    /// # use heapwright_docs::Model;
    /// let all = Model::from_registries(&[&CLASSES, heapwright::core_classes()]);
    /// assert!(all.clone().of_crates(&["mine"]).classes.is_empty());
    /// assert_eq!(all.clone().of_crates(&["heapwright"]).classes.len(), all.classes.len());
    /// ```
    #[must_use]
    pub fn of_crates<S: AsRef<str>>(mut self, names: &[S]) -> Model {
        let count = self.crates.len();
        self.crates.retain(|c| names.iter().any(|name| is_same_crate(name.as_ref(), &c.name)));
        if self.crates.len() < count {
            for class in &mut self.classes {
                (class.assigned_instance_type, class.assigned_instance_types) = (None, None);
            }
        }
        let listed = self.crates.iter().flat_map(|c| &c.classes).cloned().collect();
        self.of_ids(listed)
    }

    /// The classes with these names, ids or paths, the classes above them, and what these hold.
    #[must_use]
    pub fn of_classes<S: AsRef<str>>(self, names: &[S]) -> Model {
        let chosen = self.classes.iter().filter(|class| names.iter().any(|name| is_called(class, name.as_ref())));
        let chosen = chosen.map(|class| class.id.clone()).collect();
        self.of_ids(chosen)
    }

    fn of_ids(mut self, mut kept: HashSet<String>) -> Model {
        // Each class stands after its parent.
        for class in self.classes.iter().rev() {
            if let Some(parent) = class.parent.as_ref().filter(|_| kept.contains(&class.id)) {
                kept.insert(parent.clone());
            }
        }
        let mut paths: HashMap<String, String> = self.elsewhere.drain(..).map(|class| (class.id, class.path)).collect();
        for class in self.classes.iter().filter(|class| !kept.contains(&class.id)) {
            paths.insert(class.id.clone(), path(class));
        }
        self.classes.retain(|class| kept.contains(&class.id));
        self.crates.iter_mut().for_each(|c| c.classes.retain(|id| kept.contains(id)));
        self.objects.retain(|object| kept.contains(&object.class));
        drop_unheld(&mut self);
        let mut admitted = BTreeSet::new();
        each_admitted(&mut self, |id| admitted.extend([id.clone()]));
        self.elsewhere =
            admitted.into_iter().filter_map(|id| Some(Elsewhere { path: paths.remove(&id)?, id })).collect();
        self
    }
}

/// Whether two names are of one crate.
pub(crate) fn is_same_crate(a: &str, b: &str) -> bool {
    a.replace('-', "_") == b.replace('-', "_")
}

/// Whether a class has this name, id or path.
pub(crate) fn is_called(class: &Class, name: &str) -> bool {
    class.name == name || class.id == name || path(class) == name
}

/// Module and name.
fn path(class: &Class) -> String {
    format!("{}::{}", class.module, class.name)
}

#[cfg(test)]
mod tests {
    use crate::fixture::{live_model, model};
    use crate::model::{Crate, Model};

    /// The fixture as that of two crates.
    fn of_two_crates() -> Model {
        let mut model = model();
        let (ours, theirs) = ["Script", "HeapNumber"]
            .map(str::to_owned)
            .into_iter()
            .chain(
                model
                    .classes
                    .iter()
                    .map(|c| c.id.clone())
                    .filter(|id| !["Script", "HeapNumber"].contains(&id.as_str())),
            )
            .partition(|id| ["Script", "HeapNumber"].contains(&id.as_str()));
        model.crates =
            vec![Crate { name: "our-crate".into(), classes: ours }, Crate { name: "theirs".into(), classes: theirs }];
        model.classes[0].assigned_instance_type = Some(7);
        model
    }

    #[test]
    fn a_crate_has_its_classes_and_what_they_need() {
        let part = of_two_crates().of_crates(&["our_crate"]);
        part.check().unwrap();
        let ids: Vec<&str> = part.classes.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["HeapObject", "HeapNumber", "Struct", "Script"]);
        assert!(part.structs.len() < model().structs.len() && part.bitfields.len() < model().bitfields.len());
        assert_eq!((part.crates.len(), part.classes[0].assigned_instance_type), (1, None));
        let map = part.elsewhere.iter().find(|c| c.id == "Map").unwrap();
        assert_eq!(map.path, format!("{}::Map", model().classes.iter().find(|c| c.id == "Map").unwrap().module));

        let all = of_two_crates().of_crates(&["our-crate", "theirs"]);
        assert_eq!((all.classes.len(), all.classes[0].assigned_instance_type), (model().classes.len(), Some(7)));
    }

    #[test]
    fn classes_are_chosen_by_any_of_their_names() {
        let script = model().classes.iter().find(|c| c.id == "Script").unwrap().clone();
        for name in ["Script", &format!("{}::Script", script.module)] {
            let part = model().of_classes(&[name]);
            part.check().unwrap();
            assert_eq!(part.classes.last(), Some(&script));
            assert_eq!(part.classes.len(), 3);
        }
        assert!(live_model().of_classes(&["Script"]).objects.is_empty());
        assert_eq!(live_model().of_classes(&["FixedArray"]).objects.len(), 1);
    }
}
