//! The lock: what compiled code, snapshots and debuggers rely on, as text to commit.
//!
//! A [`Lock`] is a [`Model`] without what may change freely: docs, lines, files, the order of registries, the spelling of
//! types. Its text has one field a line and its classes in the order of their names, so that `git diff` shows what
//! happened and branches that change different classes merge:
//!
//! ```text
//! layout-lock 1
//! crates my-runtime
//!
//! class Point in my_runtime::shapes
//!   extends HeapObject
//!   size 28/48
//!   field x at 4/8 size 4/8 smi
//!   field y at 8/16 size 8 raw f64
//!   field style at 16/24 size 4/8 smi_bits Style
//!   field next at 20/32 size 4/8 strong Point | nil
//!   field seen_from at 24/40 size 4/8 weak Point | nil
//!
//! bitfield Style in my_runtime::shapes
//!   storage u31 of 31
//!   bits paint shift 0 size 2 enum
//!     value Plain = 0
//!     value Dotted = 1
//!   bits opacity shift 2 size 8 unsigned
//! ```
//!
//! `a/b` is `a` bytes with compressed pointers and `b` with full ones. Lines that begin with `#` are comments. The first
//! line has the version of the form ([`LOCK_VERSION`]); a program refuses versions that it does not know.
//!
//! The lock holds what the registries of its `crates` list, and the classes above them: it is compared with so much of a
//! program that has more crates. A class, struct or bit field is named where it is used as it is on its own line, or by
//! its path, `my_runtime::shapes::Point`, where the lock has two of a name, or where a class is not in the lock.

mod names;
mod parse;
mod render;

use crate::model::{
    self, Access, Admits, Alignment, Holds, InstanceTypeOrder, Length, Meaning, Model, PerWidth, Value,
};
use names::Paths;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) use names::{last_segment, short_names};
pub use parse::LockError;
pub(crate) use render::{holds as holds_text, set as set_text};

/// The version of the lock's text that this crate reads and writes.
pub const LOCK_VERSION: u32 = 1;

/// What layout and ABI depend on, of all classes of a model.
///
/// It is made from a model, written with `Display` (or `to_string`), read with [`Lock::parse`], and compared with
/// [`diff`](crate::diff()).
///
/// ```
/// # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
/// use heapwright_docs::{Lock, Model};
///
/// let lock = Lock::from_model(&Model::from_registries(&[heapwright::core_classes(), &CLASSES]));
/// assert!(lock.to_string().contains("class HeapObject in heapwright::tagged::heap_object abstract open\n  size 4/8\n"));
/// assert_eq!(Lock::parse(&lock.to_string()).unwrap(), lock);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The crates whose registries list the classes. If there are none, it is not known.
    pub(crate) crates: BTreeSet<String>,
    /// By path, as all else.
    pub(crate) classes: BTreeMap<String, Class>,
    pub(crate) structs: BTreeMap<String, Struct>,
    pub(crate) bitfields: BTreeMap<String, Bitfield>,
}

/// See [`model::Class`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) parent: Option<String>,
    pub(crate) is_abstract: bool,
    pub(crate) is_open: bool,
    pub(crate) instance_type: Option<u16>,
    pub(crate) instance_types: Option<(u16, u16)>,
    pub(crate) instance_type_order: Option<InstanceTypeOrder>,
    pub(crate) align: Alignment,
    pub(crate) header_size: PerWidth,
    pub(crate) instance_size: PerWidth,
    pub(crate) fields: Vec<Field>,
    pub(crate) tails: Vec<Tail>,
}

/// See [`model::Field`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) holds: Holds,
    pub(crate) offset: PerWidth,
    pub(crate) size: PerWidth,
    pub(crate) constant: bool,
    pub(crate) access: Access,
    pub(crate) splice: Option<String>,
}

/// See [`model::Tail`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) name: String,
    pub(crate) holds: Holds,
    pub(crate) element_size: PerWidth,
    pub(crate) length: Length,
    pub(crate) constant: bool,
    pub(crate) access: Access,
}

/// See [`model::Struct`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Struct {
    pub(crate) is_tagged: bool,
    pub(crate) is_ephemeron: bool,
    pub(crate) size: PerWidth,
    pub(crate) fields: Vec<Field>,
}

/// See [`model::Bitfield`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitfield {
    pub(crate) storage: String,
    pub(crate) storage_bits: u32,
    /// Without gaps, unless they are ignored.
    pub(crate) fields: Vec<Bits>,
}

/// See [`model::Bits`]. A gap is one whose bits are ignored, and has no name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) name: String,
    pub(crate) shift: u32,
    pub(crate) size: u32,
    pub(crate) means: Meaning,
    pub(crate) len: Option<u32>,
    pub(crate) flags: Vec<Value>,
}

impl Lock {
    /// What layout and ABI depend on in `model`.
    #[must_use]
    pub fn from_model(model: &Model) -> Lock {
        let paths = Paths::new(model);
        Lock {
            crates: model.crates.iter().map(|c| c.name.clone()).collect(),
            classes: model.classes.iter().map(|c| (paths.class(&c.id), class(&paths, c))).collect(),
            structs: model.structs.iter().map(|s| (paths.struct_(&s.id), struct_(&paths, s))).collect(),
            bitfields: model.bitfields.iter().map(|b| (paths.bitfield(&b.id), bitfield(&paths, b))).collect(),
        }
    }

    /// The class and those above it, from below. Ends where a class is missing or, in a broken lock, comes again.
    pub(crate) fn lineage<'l>(&'l self, id: &'l str) -> impl Iterator<Item = &'l str> {
        let above = |id: &&'l str| self.classes.get(*id).and_then(|c| c.parent.as_deref());
        std::iter::successors(Some(id), above).take(self.classes.len() + 1)
    }

    /// Where the fields of the classes below this one begin.
    pub(crate) fn end_of(&self, parent: Option<&str>) -> PerWidth {
        parent.and_then(|id| self.classes.get(id)).map(|c| c.header_size).unwrap_or_default()
    }

    /// With other names for classes, structs and bit fields, wherever they are named.
    pub(crate) fn renamed(&self, classes: &Renames, structs: &Renames, bitfields: &Renames) -> Lock {
        fn to(renames: &Renames, id: &str) -> String {
            renames.get(id).map_or(id, String::as_str).to_owned()
        }
        let holds =
            |holds: &Holds| map_ids(holds, &|id| to(classes, id), &|id| to(structs, id), &|id| to(bitfields, id));
        let fields = |fields: &[Field]| -> Vec<Field> {
            fields.iter().map(|f| Field { holds: holds(&f.holds), ..f.clone() }).collect()
        };
        let class = |class: &Class| Class {
            parent: class.parent.as_deref().map(|id| to(classes, id)),
            fields: fields(&class.fields),
            tails: class.tails.iter().map(|t| Tail { holds: holds(&t.holds), ..t.clone() }).collect(),
            ..class.clone()
        };
        let bits = |bits: &Bits| {
            let means = match &bits.means {
                Meaning::Nested { bitfield } => Meaning::Nested { bitfield: to(bitfields, bitfield) },
                means => means.clone(),
            };
            Bits { means, ..bits.clone() }
        };
        let bitfield = |b: &Bitfield| Bitfield { fields: b.fields.iter().map(bits).collect(), ..b.clone() };
        let struct_ = |s: &Struct| Struct { fields: fields(&s.fields), ..s.clone() };
        Lock {
            crates: self.crates.clone(),
            classes: self.classes.iter().map(|(id, c)| (to(classes, id), class(c))).collect(),
            structs: self.structs.iter().map(|(id, s)| (to(structs, id), struct_(s))).collect(),
            bitfields: self.bitfields.iter().map(|(id, b)| (to(bitfields, id), bitfield(b))).collect(),
        }
    }
}

/// From the old name to the new one.
pub(crate) type Renames = HashMap<String, String>;

type Named<'a> = &'a dyn Fn(&str) -> String;

/// The same with other names in it.
pub(crate) fn map_ids(holds: &Holds, class: Named<'_>, struct_: Named<'_>, bitfield: Named<'_>) -> Holds {
    let set = |admits: &[Admits]| -> Vec<Admits> {
        let admit = |admits: &Admits| match admits {
            Admits::Class(id) => Admits::Class(class(id)),
            Admits::Weak(id) => Admits::Weak(class(id)),
            other => other.clone(),
        };
        admits.iter().map(admit).collect()
    };
    match holds {
        Holds::Strong { admits } => Holds::Strong { admits: set(admits) },
        Holds::Weak { admits } => Holds::Weak { admits: set(admits) },
        Holds::MaybeWeak { admits } => Holds::MaybeWeak { admits: set(admits) },
        Holds::SmiBits { bitfield: id } => Holds::SmiBits { bitfield: bitfield(id) },
        Holds::Bits { bitfield: id } => Holds::Bits { bitfield: bitfield(id) },
        Holds::Struct { id } => Holds::Struct { id: struct_(id) },
        other => other.clone(),
    }
}

fn class(paths: &Paths, class: &model::Class) -> Class {
    Class {
        parent: class.parent.as_deref().map(|id| paths.class(id)),
        is_abstract: class.is_abstract,
        is_open: class.is_open,
        instance_type: class.instance_type,
        instance_types: class.instance_types,
        instance_type_order: class.instance_type_order,
        align: class.align,
        header_size: class.header_size,
        instance_size: class.instance_size,
        fields: class.fields.iter().map(|f| field(paths, f)).collect(),
        tails: class
            .tails
            .iter()
            .map(|t| Tail {
                name: t.name.clone(),
                holds: holds(paths, &t.holds),
                element_size: t.element_size,
                length: length(&t.length),
                constant: t.constant,
                access: t.access,
            })
            .collect(),
    }
}

fn field(paths: &Paths, field: &model::Field) -> Field {
    Field {
        name: field.name.clone(),
        holds: holds(paths, &field.holds),
        offset: field.offset,
        size: field.size,
        constant: field.constant,
        access: field.access,
        splice: field.splice.clone(),
    }
}

fn holds(paths: &Paths, holds: &Holds) -> Holds {
    map_ids(holds, &|id| paths.class(id), &|id| paths.struct_(id), &|id| paths.bitfield(id))
}

/// Line breaks and indentation in an expression are no change.
fn length(length: &Length) -> Length {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match length {
        Length::Field(name) => Length::Field(name.clone()),
        Length::Expression(text) => Length::Expression(words(text)),
        Length::Condition(text) => Length::Condition(words(text)),
    }
}

fn struct_(paths: &Paths, layout: &model::Struct) -> Struct {
    Struct {
        is_tagged: layout.is_tagged,
        is_ephemeron: layout.is_ephemeron,
        size: layout.size,
        fields: layout.fields.iter().map(|f| field(paths, f)).collect(),
    }
}

fn bitfield(paths: &Paths, bits: &model::Bitfield) -> Bitfield {
    let fields = bits.fields.iter().filter(|f| f.ignored || f.means != Meaning::Gap);
    let fields = fields.map(|f| Bits {
        name: if f.means == Meaning::Gap { String::new() } else { f.name.clone() },
        shift: f.shift,
        size: f.size,
        means: match &f.means {
            Meaning::Nested { bitfield } => Meaning::Nested { bitfield: paths.bitfield(bitfield) },
            means => means.clone(),
        },
        len: f.len.filter(|_| f.means != Meaning::Gap),
        flags: if f.means == Meaning::Unsigned { f.flags.clone() } else { Vec::new() },
    });
    Bitfield { storage: bits.storage.clone(), storage_bits: bits.storage_bits, fields: fields.collect() }
}

#[cfg(test)]
mod tests;
