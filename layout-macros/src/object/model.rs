//! What a `#[heap_object]` declaration says, once it is known to make sense.

use crate::attrs::Decor;
use proc_macro2::Ident;
use syn::{Expr, Path, Type, Visibility};

/// A class.
pub(super) struct Class {
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// The class it extends; `HeapObject` if none is named.
    pub(super) parent: Option<Path>,
    pub(super) openness: Openness,
    /// Whether to make an `…Init` struct and `new` functions.
    pub(super) has_factory: bool,
    /// Own fields in order, without the tail.
    pub(super) slots: Vec<Slot>,
    pub(super) tail: Option<Tail>,
}

/// Who may have instances and extend the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Openness {
    /// Nobody extends it: casts are one compare.
    Leaf,
    /// Others may extend it.
    Open,
    /// Others extend it, and it has no instances of its own.
    Abstract,
}

/// Bytes of the fixed part.
pub(super) enum Slot {
    Value(Value),
    Padding(Padding),
}

/// What fields of every kind have.
pub(super) struct Common {
    pub(super) decor: Decor,
    /// Of the accessors: what the field says, else what the class says.
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// As the user wrote it, for the docs.
    pub(super) written: String,
    /// Whether its name is taken, which is reported: no accessors are made, as rustc would report them again.
    pub(super) is_mute: bool,
}

/// A field with accessors.
pub(super) struct Value {
    pub(super) common: Common,
    pub(super) kind: ValueKind,
    pub(super) constant: bool,
    pub(super) order: Order,
    pub(super) more: More,
}

/// What a field's accessors do besides reading and writing it.
#[derive(Default)]
pub(super) struct More {
    /// Whether there is a `swap_…`.
    pub(super) swap: bool,
    /// Whether there is a `compare_exchange_…`.
    pub(super) compare_exchange: bool,
    /// What has to hold when it is read.
    pub(super) on_get: Vec<Check>,
    /// What has to hold of a value that is stored.
    pub(super) on_set: Vec<Check>,
    /// Whether all stores can be observed.
    pub(super) observed: bool,
}

/// A condition of `#[checked]` or `#[debug_checked]`.
#[derive(Clone)]
pub(super) struct Check {
    pub(super) condition: Expr,
    /// Only in debug builds.
    pub(super) debug: bool,
}

/// What a field holds.
pub(super) enum ValueKind {
    /// `Tagged<…>`
    Tagged(Union),
    /// `Weak<Class>`
    Weak(Type),
    /// `Smi`
    Smi,
    /// `SmiBits<B>`
    SmiBits(Type),
    /// `Bits<B>`
    Bits(Type),
    /// `u8` to `f64`, `bool`
    Raw(Prim),
}

/// The memory order of a field's accessors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Plain,
    Relaxed,
    AcquireRelease,
    SeqCst,
}

/// What a strong tagged word may refer to.
pub(super) struct Union {
    /// The argument of `Tagged<…>`.
    pub(super) ty: Type,
    pub(super) shape: Shape,
}

/// How a strong tagged word is read.
pub(super) enum Shape {
    /// As `&Class`.
    Class,
    /// As `Option<&Class>`, of this class.
    Optional(Type),
    /// As `Tagged<'_, …>`.
    Many,
}

/// A raw primitive.
pub(super) struct Prim {
    /// The primitive whatever its word names where the class is declared.
    pub(super) ty: Type,
    pub(super) word: &'static str,
    pub(super) bytes: u32,
}

/// Bytes that hold nothing.
pub(super) struct Padding {
    pub(super) common: Common,
    pub(super) bytes: Expr,
    /// Only with full pointers.
    pub(super) optional: bool,
}

/// Elements after the last field.
pub(super) struct Tail {
    pub(super) common: Common,
    pub(super) element: Element,
    pub(super) constant: bool,
    /// Whether all stores can be observed.
    pub(super) observed: bool,
    /// Which of the class's slots holds the number of elements: a constant Smi.
    pub(super) length: usize,
}

/// What each element of a tail holds.
pub(super) enum Element {
    Tagged(Union),
    Weak(Type),
    Raw(Prim),
}

impl Slot {
    pub(super) fn common(&self) -> &Common {
        match self {
            Slot::Value(value) => &value.common,
            Slot::Padding(padding) => &padding.common,
        }
    }

    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Slot::Value(value) => Some(value),
            Slot::Padding(_) => None,
        }
    }
}

impl Class {
    /// The fields with accessors, the tail apart.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().filter_map(Slot::value)
    }

    /// The fields that a new object is given a value for: all but the length of a tail, which the tail knows.
    pub(super) fn given(&self) -> impl Iterator<Item = &Value> {
        let length = self.tail.as_ref().map(|tail| tail.length);
        self.slots
            .iter()
            .enumerate()
            .filter(move |(index, _)| Some(*index) != length)
            .filter_map(|(_, slot)| slot.value())
    }

    /// The length field of the tail.
    pub(super) fn length(&self) -> Option<&Value> {
        self.slots.get(self.tail.as_ref()?.length)?.value()
    }
}

impl Value {
    /// Whether a new object's value for it has a generic type.
    pub(super) fn is_generic(&self) -> bool {
        matches!(self.kind, ValueKind::Tagged(_) | ValueKind::Weak(_))
    }
}
