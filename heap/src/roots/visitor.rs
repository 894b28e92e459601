//! Visiting roots: what keeps objects alive, by group and name.
//!
//! The visitor is for people who look, not for the collector: it gets copies, so it may make handles and globals
//! meanwhile, and cannot change a root.

use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::layout::ClassDescriptor;
use crate::map::Map;
use crate::tagged::{Any, Tagged, Word};

/// What kind of root it is. V8: `Root`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RootGroup {
    /// The map of a class of the isolate; its name is the class's.
    ClassMaps,
    /// A root of a table of [`heap_roots!`](crate::heap_roots), with its name there; one of type
    /// [`Smi`](crate::Smi) is of the next group.
    StrongRootList,
    /// A root of such a table that is declared `Smi`. V8: `kSmiRootList`.
    SmiRootList,
    /// A handle of a scope.
    HandleScopes,
    /// A [`Global`](crate::Global), one in an isolate slot too, or a [`Pinned`](crate::Pinned) object.
    Globals,
    /// A [`WeakGlobal`](crate::WeakGlobal), which keeps nothing alive.
    WeakGlobals,
    /// An [`Eternal`](crate::Eternal).
    Eternals,
    /// One of some [`PersistentHandles`](crate::PersistentHandles).
    PersistentHandles,
}

impl RootGroup {
    /// Words for it. V8: `RootVisitor::RootName`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RootGroup::ClassMaps => "class maps",
            RootGroup::StrongRootList => "strong root list",
            RootGroup::SmiRootList => "Smi root list",
            RootGroup::HandleScopes => "handle scopes",
            RootGroup::Globals => "globals",
            RootGroup::WeakGlobals => "weak globals",
            RootGroup::Eternals => "eternal handles",
            RootGroup::PersistentHandles => "persistent handles",
        }
    }
}

/// A root, from [`HandleScope::visit_roots`]. V8: what `RootVisitor::VisitRootPointer` is given.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RootInfo<'gc> {
    /// Its group.
    pub group: RootGroup,
    /// The list it stands in, if it has a name: that of the root table, or `classes`.
    pub table: Option<&'static str>,
    /// Its name there.
    pub name: Option<&'static str>,
    /// What it refers to, or the Smi that it is.
    pub value: Tagged<'gc, Any>,
}

impl RootInfo<'_> {
    /// The class of the object it refers to; `None` of a Smi.
    #[must_use]
    pub fn class(&self) -> Option<&'static ClassDescriptor> {
        self.value.as_object().map(|object| object.class())
    }

    /// The address of the object it refers to, as long as that does not move; `None` of a Smi.
    #[must_use]
    pub fn address(&self) -> Option<usize> {
        self.value.as_object().map(|object| object.address())
    }

    /// Whether it keeps nothing alive.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.group == RootGroup::WeakGlobals
    }
}

impl core::fmt::Display for RootInfo<'_> {
    /// `strong root list BASE.bedrock: <Stone 0x7f…>`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.group.name())?;
        if let (Some(table), Some(name)) = (self.table, self.name) {
            write!(f, " {table}.{name}")?;
        }
        write!(f, ": {:?}", self.value)
    }
}

impl HandleScope<'_> {
    /// Shows each root there is: the maps of classes, the roots of the tables in the order of their lists, handles from
    /// the outermost scope's on, globals, weak globals that are not empty, eternal and persistent handles. Each once for
    /// each time that it is one: an object with three handles is shown three times. Values of isolate slots are no roots;
    /// the globals in them are. V8: `Heap::IterateRoots` with a `RootVisitor`.
    ///
    /// The visitor sees the roots as they were when this was called.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # use heapwright::RootGroup;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    /// let point = Point::new(&mut scope, PointInit { x: 3 });
    /// let _global = Global::new(&scope, point);
    /// let mut groups = Vec::new();
    /// scope.visit_roots(|root| {
    ///     if root.class().is_some_and(|class| class.name() == "Point") {
    ///         groups.push(root.group);
    ///     }
    /// });
    /// assert_eq!(groups, [RootGroup::HandleScopes, RootGroup::Globals]);
    /// ```
    pub fn visit_roots<'gc>(&'gc self, visit: impl FnMut(RootInfo<'gc>)) {
        self.data().root_infos().into_iter().for_each(visit);
    }
}

impl IsolateData {
    fn root_infos(&self) -> Vec<RootInfo<'_>> {
        let mut all = Vec::new();
        let mut add = |group, table, name, word: Word| {
            if !word.is_cleared() {
                // SAFETY: a root is a Smi or refers to an object that is alive; nothing moves while the isolate is
                // borrowed, as the scope is.
                let value = unsafe { Tagged::from_word(word) };
                all.push(RootInfo { group, table, name, value });
            }
            word
        };
        for map in &self.maps {
            // SAFETY: the isolate's maps live as long as it does and never move.
            let class = unsafe { map.as_object::<Map>() }.class();
            add(RootGroup::ClassMaps, Some("classes"), Some(class.name()), *map);
        }
        self.roots.for_each_named(|table, index, word| {
            let group = if table.is_smi_root(index) { RootGroup::SmiRootList } else { RootGroup::StrongRootList };
            add(group, Some(table.name()), Some(table.roots()[index]), word);
        });
        self.handles.for_each(|word| add(RootGroup::HandleScopes, None, None, word));
        self.globals.for_each_strong(|word| add(RootGroup::Globals, None, None, word));
        self.globals.for_each_weak(|word| add(RootGroup::WeakGlobals, None, None, word));
        self.eternals.for_each(|word| add(RootGroup::Eternals, None, None, word));
        self.persistent.for_each(|word| add(RootGroup::PersistentHandles, None, None, word));
        all
    }
}
