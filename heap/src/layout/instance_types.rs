//! Instance types: what a declaration says of its class's number, and the proofs that can be had at compile time.
//!
//! Casts do not look at these numbers. They are for what outside of the heap knows a class by number: an API, generated
//! code, a snapshot, a debugger. Classes that say nothing are numbered around those that do, by
//! [`Numbering`](super::Numbering) when an isolate is made.

use super::check::Message;
use super::class::ClassLayout;
use super::descriptor::ClassDescriptor;
use crate::debugger::{Described, Shape, described};
use crate::tagged::HeapClass;

/// Instance types from `first` up to and with `last`. V8: `FIRST_…_TYPE` and `LAST_…_TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceTypeRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl InstanceTypeRange {
    /// All there are.
    pub const ALL: InstanceTypeRange = InstanceTypeRange::new(0, u16::MAX);

    /// From `first` up to and with `last`.
    ///
    /// # Panics
    ///
    /// If `last` is below `first`.
    #[must_use]
    pub const fn new(first: u16, last: u16) -> InstanceTypeRange {
        assert!(first <= last, "a range of instance types goes upwards");
        InstanceTypeRange { first, last }
    }

    /// How many numbers.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // never empty
    pub const fn len(self) -> usize {
        self.last as usize - self.first as usize + 1
    }

    /// Whether `number` is one of them.
    #[must_use]
    pub const fn contains(self, number: u16) -> bool {
        self.first <= number && number <= self.last
    }

    /// Whether all of `other` are among them.
    #[must_use]
    pub const fn covers(self, other: InstanceTypeRange) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// Whether some number is in both.
    #[must_use]
    pub const fn overlaps(self, other: InstanceTypeRange) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    pub(super) const fn hull(self, other: InstanceTypeRange) -> InstanceTypeRange {
        InstanceTypeRange {
            first: if self.first < other.first { self.first } else { other.first },
            last: if self.last > other.last { self.last } else { other.last },
        }
    }
}

impl core::fmt::Display for InstanceTypeRange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}..={}", self.first, self.last) }
    }
}

/// Where a class comes among those that extend the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum InstanceTypeOrder {
    /// Wherever there is room.
    #[default]
    Any,
    /// Before all others, and before the number of the class above. V8: `@lowestInstanceTypeWithinParentClassRange`.
    Lowest,
    /// After all others. V8: `@highestInstanceTypeWithinParentClassRange`.
    Highest,
}

/// What a declaration says of its class's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InstanceTypes {
    /// The number of its own instances. V8: `@apiExposedInstanceTypeValue`.
    pub own: Option<u16>,
    /// Where its own number and those of all classes below it lie, whichever crate declares them. V8:
    /// `@reserveBitsInInstanceType`.
    pub range: Option<InstanceTypeRange>,
    /// Where it comes among its siblings.
    pub order: InstanceTypeOrder,
}

impl InstanceTypes {
    /// A class that says nothing.
    pub const NONE: InstanceTypes = InstanceTypes { own: None, range: None, order: InstanceTypeOrder::Any };

    /// The numbers that the declaration fixes.
    pub(super) const fn fixed(&self) -> Option<InstanceTypeRange> {
        match (self.range, self.own) {
            (Some(range), _) => Some(range),
            (None, Some(own)) => Some(InstanceTypeRange { first: own, last: own }),
            (None, None) => None,
        }
    }
}

/// What a class says of its number, against what the classes above it say.
///
/// # Panics
///
/// At compile time, with both classes and the numbers.
pub const fn check_instance_types<T: HeapClass>() {
    let layout = T::LAYOUT;
    let types = &layout.instance_types;
    if let (Some(own), Some(range)) = (types.own, types.range)
        && !range.contains(own)
    {
        let message = start(layout).text("'s own instance type ").number(own as u32).text(" is not in its range ");
        in_words(message, range).text(": write a number of that range").fail();
    }
    let Some(fixed) = types.fixed() else { return };
    let mut above = layout.parent;
    while let Some(class) = above {
        if let Some(range) = class.instance_types.range {
            if !range.covers(fixed) {
                outside(layout, fixed, class, range);
            }
            return; // what is above that class is its own affair
        }
        if let Some(own) = class.instance_types.own
            && fixed.contains(own)
        {
            clash(class, layout, fixed, InstanceTypeRange { first: own, last: own });
        }
        above = class.parent;
    }
}

/// What the classes of one list say of their numbers, against each other.
pub(super) const fn check_listed(classes: &[&ClassDescriptor]) {
    let mut i = 0;
    while i < classes.len() {
        let class = classes[i].layout();
        if !matches!(class.instance_types.order, InstanceTypeOrder::Any) {
            let mut j = i + 1;
            while j < classes.len() {
                check_order(class, classes[j].layout());
                j += 1;
            }
        }
        if let Some(fixed) = class.instance_types.fixed() {
            let mut j = i + 1;
            while j < classes.len() {
                check_pair(class, fixed, classes[j].layout());
                j += 1;
            }
            if let Some(range) = class.instance_types.range {
                check_room(classes, class, range);
            }
        }
        i += 1;
    }
}

const fn check_pair(a: &ClassLayout, a_fixed: InstanceTypeRange, b: &ClassLayout) {
    let Some(b_fixed) = b.instance_types.fixed() else { return };
    if let (Some(x), Some(y)) = (a.instance_types.own, b.instance_types.own)
        && x == y
    {
        clash(a, b, InstanceTypeRange { first: y, last: y }, InstanceTypeRange { first: x, last: x });
    }
    if a_fixed.overlaps(b_fixed) && !is_below(a, b) && !is_below(b, a) {
        clash(a, b, b_fixed, a_fixed);
    }
}

/// One class at most is the lowest or the highest of those that extend the same class.
const fn check_order(a: &ClassLayout, b: &ClassLayout) {
    let word = match (a.instance_types.order, b.instance_types.order) {
        (InstanceTypeOrder::Lowest, InstanceTypeOrder::Lowest) => "lowest",
        (InstanceTypeOrder::Highest, InstanceTypeOrder::Highest) => "highest",
        _ => return,
    };
    if let (Some(a_parent), Some(b_parent)) = (a.parent, b.parent)
        && is_same(a_parent, b_parent)
    {
        let message = start(b).text(" is to have the ").text(word).text(" instance type below `").text(b_parent.name);
        message.text("`, and so is `").text(a.name).text("` (line ").number(a.line).text("): keep one of them").fail()
    }
}

const fn check_room(classes: &[&ClassDescriptor], class: &ClassLayout, range: InstanceTypeRange) {
    let (mut i, mut needed) = (0, 0);
    while i < classes.len() {
        let other = classes[i].layout();
        if !other.is_abstract && is_below(other, class) {
            needed += 1;
        }
        i += 1;
    }
    if needed > range.len() {
        let message = Message::new().text("the range ");
        in_words(message, range)
            .text(" of class `")
            .text(class.name)
            .text("` is too small for it and the classes below it: ")
            .number((needed - range.len()) as u32)
            .text(" more instance type(s) are needed")
            .fail();
    }
}

/// Constants cannot compare addresses.
const fn is_same(a: &ClassLayout, b: &ClassLayout) -> bool {
    a.line == b.line && super::class::same(a.name, b.name) && super::class::same(a.module_path, b.module_path)
}

/// Whether `class` is `above` or below it.
const fn is_below(class: &ClassLayout, above: &ClassLayout) -> bool {
    if is_same(class, above) {
        return true;
    }
    match class.parent {
        Some(parent) => is_below(parent, above),
        None => false,
    }
}

const fn start(layout: &ClassLayout) -> Message {
    Message::new().text("class `").text(layout.name).text("`")
}

const fn in_words(message: Message, range: InstanceTypeRange) -> Message {
    if range.first == range.last {
        return message.number(range.first as u32);
    }
    message.number(range.first as u32).text("..=").number(range.last as u32)
}

const fn clash(a: &ClassLayout, b: &ClassLayout, b_asks: InstanceTypeRange, a_has: InstanceTypeRange) -> ! {
    let message = start(b).text(" asks for instance type ");
    let message = in_words(message, b_asks).text(", but `").text(a.name).text("` has ");
    let message = in_words(message, a_has);
    message.text(" (line ").number(a.line).text("): give one of them another number").fail()
}

const fn outside(class: &ClassLayout, asks: InstanceTypeRange, above: &ClassLayout, range: InstanceTypeRange) -> ! {
    let message = start(class).text(" asks for instance type ");
    let message = in_words(message, asks).text(", which is outside the range ");
    let message = in_words(message, range).text(" of `").text(above.name).text("` (line ").number(above.line);
    message.text("): classes below a range are numbered within it").fail()
}

impl Described for Option<InstanceTypeRange> {
    const SHAPE: Shape = Shape::Option(2, &InstanceTypeRange::SHAPE);
}

const _: () = {
    // What is said of it above holds.
    let some = Some(InstanceTypeRange { first: 7, last: 8 });
    // SAFETY: of the same size, all initialised; padding would not compile.
    let [is_some, ..] = unsafe { core::mem::transmute::<Option<InstanceTypeRange>, [u16; 3]>(some) };
    // SAFETY: of the same size; what is read is initialised, else this would not compile.
    let is_none = unsafe {
        let [is_some, ..] = core::mem::transmute::<Option<InstanceTypeRange>, [core::mem::MaybeUninit<u16>; 3]>(None);
        is_some.assume_init()
    };
    assert!(is_some == 1 && is_none == 0);
};

described!(struct InstanceTypeRange { first, last });
described!(
    enum InstanceTypeOrder {
        Any,
        Lowest,
        Highest,
    }
);
described!(struct InstanceTypes { own, range, order });
