//! Numbering the classes of an isolate.
//!
//! **Promises** that the numbers follow from the list of classes alone; that every pin and range of a declaration is
//! respected; and that the numbers of a class and of all below it lie in one range, in which no other class has a number.
//!
//! First fit: what is fixed stays, the rest takes the lowest free numbers, in the order of the class tree. Classes
//! without instances have a range but no number.

use super::descriptor::ClassDescriptor;
use super::instance_types::{InstanceTypeOrder, InstanceTypeRange};
use std::collections::HashMap;

type ClassRef = &'static ClassDescriptor;

/// Classes whose wishes for numbers cannot all be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceTypeError {
    /// Two classes ask for one number.
    #[error("instance type {number} is asked for by both {first:?} and {second:?}")]
    Taken {
        /// One of them.
        first: ClassRef,
        /// The other.
        second: ClassRef,
        /// The number.
        number: u16,
    },
    /// A class asks for numbers outside the range of a class above it.
    #[error("{class:?} asks for instance type {asked}, outside the range {range} of {above:?}")]
    OutsideRange {
        /// The class.
        class: ClassRef,
        /// What it asks for.
        asked: InstanceTypeRange,
        /// The class above it.
        above: ClassRef,
        /// That one's range.
        range: InstanceTypeRange,
    },
    /// The numbers of two classes that are not one below the other lie across each other.
    #[error("instance types {first_range} of {first:?} and those below it overlap {second_range} of {second:?}")]
    Overlap {
        /// One of them.
        first: ClassRef,
        /// Its numbers and those below it.
        first_range: InstanceTypeRange,
        /// The other.
        second: ClassRef,
        /// Its numbers and those below it.
        second_range: InstanceTypeRange,
    },
    /// A class and those below it do not fit a range.
    #[error(
        "the instance types {range} do not suffice for {class:?} and the classes below it: {missing} more are needed"
    )]
    RangeTooSmall {
        /// The class.
        class: ClassRef,
        /// The numbers there are.
        range: InstanceTypeRange,
        /// How many more are needed.
        missing: usize,
    },
    /// A class cannot come before, or after, all others of its parent.
    #[error("{class:?} is to have the {word} instance type of those below {parent:?}, but {other:?} has {range}", word = if *lowest { "lowest" } else { "highest" })]
    Order {
        /// The class.
        class: ClassRef,
        /// Whether it is to be the lowest, else the highest.
        lowest: bool,
        /// The class above both.
        parent: ClassRef,
        /// The class that stands in the way.
        other: ClassRef,
        /// That one's numbers.
        range: InstanceTypeRange,
    },
}

/// The numbers of an isolate's classes.
#[derive(Debug)]
pub(crate) struct Numbering {
    /// In the order of their ranges, each before those below it.
    pub(crate) classes: Vec<ClassRef>,
    numbers: HashMap<usize, (Option<u16>, Option<InstanceTypeRange>)>,
}

impl Numbering {
    /// Numbers `classes`, which come each after the one above it, beginning with the root class. Only classes that ask
    /// for them get numbers of `reserved`.
    pub(crate) fn new(classes: &[ClassRef], reserved: &[InstanceTypeRange]) -> Result<Numbering, InstanceTypeError> {
        let mut tree = Tree::new(classes, reserved);
        tree.check_declared()?;
        tree.find_hulls()?;
        tree.place(0, InstanceTypeRange::ALL).map_err(Fail::into_error)?;
        let mut nodes = tree.nodes;
        // A range begins no later than those within it; where they begin together, the class above comes first.
        nodes.sort_by_key(|node| (node.range.map_or(u32::MAX, |r| u32::from(r.first)), node.class.depth()));
        Ok(Numbering {
            classes: nodes.iter().map(|node| node.class).collect(),
            numbers: nodes.iter().map(|n| (key(n.class), (n.own, n.range))).collect(),
        })
    }

    /// The number of a class's own instances.
    pub(crate) fn own(&self, class: ClassRef) -> Option<u16> {
        self.numbers.get(&key(class))?.0
    }

    /// The numbers of a class and of those below it.
    pub(crate) fn range(&self, class: ClassRef) -> Option<InstanceTypeRange> {
        self.numbers.get(&key(class))?.1
    }
}

fn key(class: ClassRef) -> usize {
    core::ptr::from_ref(class).addr()
}

struct Node {
    class: ClassRef,
    children: Vec<usize>,
    /// What declarations fix of its numbers and of those below it.
    hull: Option<InstanceTypeRange>,
    own: Option<u16>,
    range: Option<InstanceTypeRange>,
    /// Classes with instances, itself included.
    count: usize,
}

struct Tree<'r> {
    nodes: Vec<Node>,
    reserved: &'r [InstanceTypeRange],
}

enum Fail {
    /// Nothing helps.
    Final(InstanceTypeError),
    /// More room around the class would help.
    Small { class: ClassRef, range: InstanceTypeRange, missing: usize },
}

impl Fail {
    fn into_error(self) -> InstanceTypeError {
        match self {
            Fail::Final(error) => error,
            Fail::Small { class, range, missing } => InstanceTypeError::RangeTooSmall { class, range, missing },
        }
    }
}

fn single(number: u16) -> InstanceTypeRange {
    InstanceTypeRange { first: number, last: number }
}

impl<'r> Tree<'r> {
    fn new(classes: &[ClassRef], reserved: &'r [InstanceTypeRange]) -> Tree<'r> {
        let mut places = HashMap::new();
        let mut nodes: Vec<Node> = Vec::with_capacity(classes.len());
        for (index, class) in classes.iter().copied().enumerate() {
            places.insert(key(class), index);
            let own = class.layout().instance_types.own;
            nodes.push(Node { class, children: Vec::new(), hull: None, own, range: None, count: 0 });
            if let Some(parent) = class.parent() {
                nodes[places[&key(parent)]].children.push(index);
            }
        }
        let mut tree = Tree { nodes, reserved };
        for index in (0..tree.nodes.len()).rev() {
            let below: usize = tree.nodes[index].children.iter().map(|c| tree.nodes[*c].count).sum();
            tree.nodes[index].count = below + usize::from(!tree.nodes[index].class.layout().is_abstract);
        }
        tree
    }

    /// What declarations fix, against each other.
    fn check_declared(&self) -> Result<(), InstanceTypeError> {
        let fixed: Vec<(ClassRef, InstanceTypeRange)> = self
            .nodes
            .iter()
            .filter_map(|node| Some((node.class, node.class.layout().instance_types.fixed()?)))
            .collect();
        for (i, &(class, asked)) in fixed.iter().enumerate() {
            let own = class.layout().instance_types.own;
            let mut above = if own.is_some() { Some(class) } else { class.parent() };
            while let Some(ancestor) = above {
                if let Some(range) = ancestor.layout().instance_types.range {
                    let asked = if ancestor == class { own.map_or(asked, single) } else { asked };
                    if !range.covers(asked) {
                        return Err(InstanceTypeError::OutsideRange { class, asked, above: ancestor, range });
                    }
                    if ancestor != class {
                        break;
                    }
                }
                above = ancestor.parent();
            }
            for &(other, other_asked) in &fixed[..i] {
                if let (Some(number), Some(taken)) = (own, other.layout().instance_types.own)
                    && number == taken
                {
                    return Err(InstanceTypeError::Taken { first: other, second: class, number });
                }
                if asked.overlaps(other_asked) && !class.is_subclass_of(other) && !other.is_subclass_of(class) {
                    return Err(InstanceTypeError::Overlap {
                        first: other,
                        first_range: other_asked,
                        second: class,
                        second_range: asked,
                    });
                }
            }
        }
        Ok(())
    }

    /// From below: the numbers from the lowest to the highest that is fixed.
    fn find_hulls(&mut self) -> Result<(), InstanceTypeError> {
        for index in (0..self.nodes.len()).rev() {
            let node = &self.nodes[index];
            let mut parts: Vec<(InstanceTypeRange, ClassRef)> =
                node.own.map(|own| (single(own), node.class)).into_iter().collect();
            parts.extend(node.children.iter().filter_map(|c| Some((self.nodes[*c].hull?, self.nodes[*c].class))));
            parts.sort_by_key(|(range, _)| *range);
            for pair in parts.windows(2) {
                let ((first_range, first), (second_range, second)) = (pair[0], pair[1]);
                if first_range.overlaps(second_range) {
                    return Err(InstanceTypeError::Overlap { first, first_range, second, second_range });
                }
            }
            let hull = parts.into_iter().map(|(range, _)| range).reduce(InstanceTypeRange::hull);
            self.nodes[index].hull = node.class.layout().instance_types.range.or(hull);
        }
        Ok(())
    }

    /// Numbers a class and those below it within `room`; what they take is its range.
    fn place(&mut self, index: usize, room: InstanceTypeRange) -> Result<(), Fail> {
        let class = self.nodes[index].class;
        let declared = class.layout().instance_types.range;
        let result = self.place_in(index, declared.unwrap_or(room));
        match (result, declared) {
            (Err(Fail::Small { missing, .. }), Some(range)) => {
                Err(Fail::Final(InstanceTypeError::RangeTooSmall { class, range, missing }))
            }
            (result, _) => result,
        }
    }

    fn place_in(&mut self, index: usize, room: InstanceTypeRange) -> Result<(), Fail> {
        let node = &self.nodes[index];
        let (class, children) = (node.class, node.children.clone());
        let types = class.layout().instance_types;
        let small = |missing| Fail::Small { class, range: room, missing };
        if node.count > room.len() {
            return Err(small(node.count - room.len()));
        }
        let mut taken: Vec<InstanceTypeRange> = types.own.map(single).into_iter().collect();
        taken.extend(children.iter().filter_map(|c| self.nodes[*c].hull));
        // What is fixed, from the lowest; each may take more around what is fixed of it.
        let mut fixed: Vec<usize> = children.iter().copied().filter(|c| self.nodes[*c].hull.is_some()).collect();
        fixed.sort_by_key(|c| self.nodes[*c].hull);
        for child in fixed {
            self.place_around(child, room, &taken)?;
            taken.extend(self.nodes[child].range);
        }
        // The rest.
        let order = |tree: &Tree<'_>, child: usize| tree.nodes[child].class.layout().instance_types.order;
        let floating: Vec<usize> =
            children.iter().copied().filter(|c| self.nodes[*c].hull.is_none() && self.nodes[*c].count > 0).collect();
        for wanted in [InstanceTypeOrder::Lowest, InstanceTypeOrder::Any, InstanceTypeOrder::Highest] {
            if wanted == InstanceTypeOrder::Any && types.own.is_none() && !class.layout().is_abstract {
                let own = self.gap(room, &taken, 1, 0).map_err(small)?;
                taken.push(own);
                self.nodes[index].own = Some(own.first);
            }
            for child in floating.iter().copied() {
                if order(self, child) != wanted {
                    continue;
                }
                let from = match wanted {
                    InstanceTypeOrder::Highest => taken.iter().map(|r| usize::from(r.last) + 1).max().unwrap_or(0),
                    _ => 0,
                };
                let range = self.gap(room, &taken, self.nodes[child].count, from).map_err(small)?;
                self.place(child, range)?;
                taken.push(range);
            }
        }
        let all = taken.into_iter().reduce(InstanceTypeRange::hull);
        self.nodes[index].range = types.range.or(all);
        self.check_order(index).map_err(Fail::Final)
    }

    /// Numbers a class of which something is fixed, in as little of the free room around that as will do.
    fn place_around(&mut self, index: usize, room: InstanceTypeRange, taken: &[InstanceTypeRange]) -> Result<(), Fail> {
        let Some(hull) = self.nodes[index].hull else { return Ok(()) };
        let mut limit = room;
        for other in taken.iter().chain(self.reserved).filter(|other| !other.overlaps(hull)) {
            if other.last < hull.first {
                limit.first = limit.first.max(other.last + 1);
            } else {
                limit.last = limit.last.min(other.first - 1);
            }
        }
        let mut window = hull;
        loop {
            match self.place(index, window) {
                Err(Fail::Small { class, missing, .. }) => {
                    if window == limit {
                        return Err(Fail::Small { class, range: limit, missing });
                    }
                    let missing = missing.max(1);
                    let right = missing.min(usize::from(limit.last - window.last));
                    let left = (missing - right).min(usize::from(window.first - limit.first));
                    window.last += right as u16;
                    window.first -= left as u16;
                }
                result => return result,
            }
        }
    }

    /// The first `count` numbers in a row from `from` that nobody has; else how many are missing.
    fn gap(
        &self,
        room: InstanceTypeRange,
        taken: &[InstanceTypeRange],
        count: usize,
        from: usize,
    ) -> Result<InstanceTypeRange, usize> {
        let mut blocked: Vec<InstanceTypeRange> = taken.iter().chain(self.reserved).copied().collect();
        blocked.sort_unstable();
        let (mut at, mut longest) = (from.max(usize::from(room.first)), 0);
        let end = usize::from(room.last) + 1;
        let ends = blocked.iter().map(|b| (usize::from(b.first), usize::from(b.last) + 1)).chain([(end, end)]);
        for (first, after) in ends {
            let free = first.min(end).saturating_sub(at);
            if free >= count {
                return Ok(InstanceTypeRange { first: at as u16, last: (at + count - 1) as u16 });
            }
            longest = longest.max(free);
            at = at.max(after);
        }
        Err(count - longest)
    }

    /// Whether the lowest and the highest child are what they are to be.
    fn check_order(&self, index: usize) -> Result<(), InstanceTypeError> {
        let parent = &self.nodes[index];
        for child in parent.children.iter().map(|c| &self.nodes[*c]) {
            let order = child.class.layout().instance_types.order;
            let (Some(range), true) = (child.range, order != InstanceTypeOrder::Any) else { continue };
            let lowest = order == InstanceTypeOrder::Lowest;
            let own = parent.own.map(|own| (parent.class, single(own)));
            let siblings = parent.children.iter().filter_map(|c| Some((self.nodes[*c].class, self.nodes[*c].range?)));
            for (other, other_range) in own.into_iter().chain(siblings).filter(|(class, _)| *class != child.class) {
                if (lowest && other_range.first < range.first) || (!lowest && other_range.last > range.last) {
                    return Err(InstanceTypeError::Order {
                        class: child.class,
                        lowest,
                        parent: parent.class,
                        other,
                        range: other_range,
                    });
                }
            }
        }
        Ok(())
    }
}
