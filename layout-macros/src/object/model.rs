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
    /// What else stands in `#[heap_object(…)]`.
    pub(super) words: super::class_words::ClassWords,
    /// Inherited fields that lengths are made from.
    pub(super) inherits: Vec<Inherited>,
    /// Own fields in order, without the tails.
    pub(super) slots: Vec<Slot>,
    /// What follows them, in order.
    pub(super) tails: Vec<Tail>,
}

/// An inherited field that lengths are made from: `inherits(length: Smi)`.
pub(super) struct Inherited {
    pub(super) ident: Ident,
    /// `None` for a Smi.
    pub(super) prim: Option<Prim>,
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
    /// What a new object has if nothing else is given.
    pub(super) default: Option<Expr>,
    /// Of a weak field: the field of its referent that replaces it when that dies.
    pub(super) splice: Option<Ident>,
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
    /// `Tagged<(A, Weak<B>)>`, `Tagged<MaybeObject>`
    MaybeWeak(Type),
    /// `Smi`
    Smi,
    /// `SmiBits<B>`
    SmiBits(Type),
    /// `Bits<B>`
    Bits(Type),
    /// `u8` to `f64`, `bool`
    Raw(Prim),
    /// `External<T>`
    External(Type),
    /// `Inline<S>`
    Struct(Type),
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

/// Elements after the fields that all instances have, or a field that some have.
pub(super) struct Tail {
    pub(super) common: Common,
    /// What an element is.
    pub(super) kind: ValueKind,
    pub(super) constant: bool,
    pub(super) order: Order,
    pub(super) more: More,
    pub(super) length: TailLength,
}

/// How many elements there are.
pub(super) enum TailLength {
    /// As many as this field says, which is a number: one of the class's own slots, or one of the inherited.
    Field { ident: Ident, source: Source },
    /// As many as an expression says.
    Expression(Computed),
    /// One if a condition holds, else none.
    Condition(Computed),
}

/// An expression over earlier constant fields.
pub(super) struct Computed {
    pub(super) expr: Expr,
    /// As the user wrote it.
    pub(super) text: String,
    /// The fields that it names.
    pub(super) inputs: Vec<(Ident, Source)>,
}

/// Where the value of a field that lengths are made from is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// One of the class's own slots.
    Slot(usize),
    /// One of the inherited fields.
    Inherited(usize),
    /// An optional field: one of the tails.
    Optional(usize),
}

impl Tail {
    /// Whether it is an optional field.
    pub(super) fn is_optional(&self) -> bool {
        matches!(self.length, TailLength::Condition(_))
    }

    /// The field, expression or condition, as the user wrote it.
    pub(super) fn length_text(&self) -> String {
        match &self.length {
            TailLength::Field { ident, .. } => ident.to_string(),
            TailLength::Expression(computed) | TailLength::Condition(computed) => computed.text.clone(),
        }
    }
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

    /// The slot that a new object is given no value for, as its one tail knows it: the number of elements.
    pub(super) fn implied_length(&self) -> Option<usize> {
        let slots = self.tails.iter().filter_map(|tail| match tail.length {
            TailLength::Field { source: Source::Slot(slot), .. } => Some(slot),
            _ => None,
        });
        let mut unique = slots.clone();
        let slot = unique.next()?;
        let used = self.tails.iter().any(|tail| match &tail.length {
            TailLength::Field { .. } => false,
            TailLength::Expression(computed) | TailLength::Condition(computed) => {
                computed.inputs.iter().any(|(_, source)| *source == Source::Slot(slot))
            }
        });
        (unique.next().is_none() && !used).then_some(slot)
    }

    /// The fields that a new object is given a value for: all but the length of a tail, if the tail knows it.
    pub(super) fn given(&self) -> impl Iterator<Item = &Value> {
        let length = self.implied_length();
        self.slots
            .iter()
            .enumerate()
            .filter(move |(index, _)| Some(*index) != length)
            .filter_map(|(_, slot)| slot.value())
    }

    /// Whether the collector knows the size of instances without the class's own code, for certain: what is not known
    /// for certain is decided by constants of the layout.
    pub(super) fn is_surely_simple(&self) -> bool {
        match self.tails.as_slice() {
            [] => true,
            [Tail { kind: ValueKind::Struct(_), .. }] => false,
            [Tail { length: TailLength::Field { source, .. }, .. }] => match self.number(*source) {
                Some(Number::Smi) => true,
                Some(Number::Prim(prim)) => prim.bytes == 4,
                None => false,
            },
            _ => false,
        }
    }

    /// What kind of number a field is.
    pub(super) fn number(&self, source: Source) -> Option<Number<'_>> {
        match source {
            Source::Slot(slot) => match &self.slots.get(slot)?.value()?.kind {
                ValueKind::Smi => Some(Number::Smi),
                ValueKind::Raw(prim) => Some(Number::Prim(prim)),
                _ => None,
            },
            Source::Inherited(index) => Some(match &self.inherits.get(index)?.prim {
                None => Number::Smi,
                Some(prim) => Number::Prim(prim),
            }),
            Source::Optional(_) => None,
        }
    }
}

/// A field that can count elements.
pub(super) enum Number<'a> {
    Smi,
    Prim(&'a Prim),
}

impl Value {
    /// Whether a new object's value for it has a generic type.
    pub(super) fn is_generic(&self) -> bool {
        self.kind.is_generic()
    }
}

impl ValueKind {
    /// Whether a new object's value for it has a generic type.
    pub(super) fn is_generic(&self) -> bool {
        matches!(self, ValueKind::Tagged(_) | ValueKind::Weak(_) | ValueKind::MaybeWeak(_) | ValueKind::Struct(_))
    }

    /// Whether its setters take a mode for the write barrier.
    pub(super) fn has_barrier(&self) -> bool {
        matches!(self, ValueKind::Tagged(_) | ValueKind::Weak(_) | ValueKind::MaybeWeak(_))
    }

    /// Whether it is made of tagged words; `None` if only the struct's own declaration knows.
    pub(super) fn is_tagged(&self) -> Option<bool> {
        match self {
            ValueKind::Tagged(_)
            | ValueKind::Weak(_)
            | ValueKind::MaybeWeak(_)
            | ValueKind::Smi
            | ValueKind::SmiBits(_) => Some(true),
            ValueKind::Bits(_) | ValueKind::Raw(_) | ValueKind::External(_) => Some(false),
            ValueKind::Struct(_) => None,
        }
    }
}
