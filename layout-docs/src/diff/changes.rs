//! The kinds of changes: whom each breaks, and in words.

use super::{Change, Party};
use crate::model::{Access, PerWidth};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What changed. Kinds of values are spelled as in the [lock](crate::Lock).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of members say it")]
pub enum What {
    /// It was not there.
    Added { parent: Option<String>, parent_was_leaf: bool },
    /// It is not there any more.
    Removed,
    /// It has another name.
    Renamed { from: String },
    /// It extends another class.
    Parent { from: Option<String>, to: Option<String> },
    /// It may have no instances of its own any more, or may.
    Abstract { now: bool },
    /// Other classes may extend it, or may not any more.
    Open { now: bool },
    /// The number of its instances.
    InstanceType { from: Option<u16>, to: Option<u16> },
    /// The numbers of instances below it.
    InstanceTypes { from: Option<(u16, u16)>, to: Option<(u16, u16)> },
    /// Where its numbers come among those of its siblings.
    InstanceTypeOrder { from: Option<&'static str>, to: Option<&'static str> },
    /// Instances begin elsewhere.
    Align { from: &'static str, to: &'static str },
    /// An instance has another size.
    Size { from: PerWidth, to: PerWidth },
    /// Its fields end elsewhere: tails, or the fields of classes below it, begin elsewhere.
    End { from: PerWidth, to: PerWidth, has_tails: bool },
    /// All fields of a struct are tagged now, or raw.
    Tagged { now: bool },
    /// The values of a struct live as long as its key now, or as long as its object.
    Ephemeron { now: bool },
    /// A new field.
    FieldAdded { field: String, at: PerWidth, size: PerWidth, holds: String, was_padding: bool },
    /// A field is gone.
    FieldRemoved { field: String, at: PerWidth, size: PerWidth, holds: String },
    /// A field, or a tail, has another name.
    FieldRenamed { from: String, to: String },
    /// Fields lie elsewhere, for one cause.
    Moved { fields: Vec<Moved>, because: String },
    /// A field, or the elements of a tail, have another size.
    FieldSize { field: String, from: PerWidth, to: PerWidth },
    /// A field or tail holds another kind of value.
    Holds { field: String, from: String, to: String },
    /// A field or tail admits other values.
    Admits { field: String, from: String, to: String, more: bool, less: bool },
    /// A field or tail has no setter any more, or has one.
    Constant { field: String, now: bool },
    /// The memory order of a field's or tail's accessors.
    Access { field: String, from: Access, to: Access },
    /// What a weak field closes up over.
    Splice { field: String, from: Option<String>, to: Option<String> },
    /// Bytes that hold nothing, in other pieces.
    Padding,
    /// New elements or a new optional field.
    TailAdded { tail: String, holds: String, length: String },
    /// They are gone.
    TailRemoved { tail: String },
    /// Tails are in another order.
    TailsReordered { from: Vec<String>, to: Vec<String> },
    /// Another number of elements, or another condition.
    Length { tail: String, from: String, to: String },
    /// The integer that bit fields lie in.
    Storage { from: String, to: String },
    /// A new bit field.
    BitsAdded { bits: String, shift: u32, size: u32, has_zero: bool, was_ignored: bool },
    /// A bit field is gone.
    BitsRemoved { bits: String, shift: u32, size: u32 },
    /// A bit field has another name.
    BitsRenamed { from: String, to: String },
    /// A bit field, or several for one reason, have other bits: shift and size, before and after.
    BitsMoved { bits: String, from: (u32, u32), to: (u32, u32) },
    /// Bits mean something else.
    BitsMeaning { bits: String, from: String, to: String },
    /// A new name for a pattern.
    ValueAdded { bits: String, value: String, number: u64 },
    /// A name is gone.
    ValueRemoved { bits: String, value: String, number: u64 },
    /// A pattern has another name.
    ValueRenamed { bits: String, from: String, to: String },
    /// A name has another pattern.
    ValueMoved { bits: String, value: String, from: u64, to: u64 },
    /// Bits that could be anything must be zero, or the other way round.
    Ignored { mask: u64, now: bool },
}

/// A field that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    /// Its name.
    pub field: String,
    /// Its offset before.
    pub from: PerWidth,
    /// Its offset after.
    pub to: PerWidth,
}

const ALL: &[Party] = &[Party::Code, Party::Data, Party::Readers];
const CODE: &[Party] = &[Party::Code];
const DATA: &[Party] = &[Party::Data];
const CODE_DATA: &[Party] = &[Party::Code, Party::Data];
const CODE_READERS: &[Party] = &[Party::Code, Party::Readers];
const NOBODY: &[Party] = &[];

impl From<What> for Change {
    fn from(what: What) -> Change {
        let (breaks, _) = what.judge();
        Change { what, breaks }
    }
}

impl Change {
    /// Why it breaks whom it does, or breaks nobody.
    #[must_use]
    pub fn why(&self) -> &'static str {
        self.what.judge().1
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(4))?;
        map.serialize_entry("what", &self.what)?;
        map.serialize_entry("breaks", self.breaks)?;
        map.serialize_entry("text", &self.what.to_string())?;
        map.serialize_entry("why", self.why())?;
        map.end()
    }
}

impl What {
    /// Whom it breaks, and why.
    fn judge(&self) -> (&'static [Party], &'static str) {
        match self {
            What::Added { parent_was_leaf: true, .. } => {
                (CODE, "its parent was a leaf: code casts to that by comparing one address")
            }
            What::Added { .. } => (NOBODY, "nothing that was there changes"),
            What::Removed => (CODE_DATA, "objects of it are nothing now"),
            What::Renamed { .. } | What::FieldRenamed { .. } | What::BitsRenamed { .. } | What::ValueRenamed { .. } => {
                (NOBODY, "the bytes are the same")
            }
            What::Parent { .. } => (ALL, "casts ask for the ancestors"),
            What::Abstract { now: true } => (CODE_DATA, "instances of it were made"),
            What::Abstract { now: false } | What::Open { .. } => (NOBODY, "nothing that is there changes"),
            What::InstanceType { from: None, .. } | What::InstanceTypes { from: None, .. } => {
                (NOBODY, "nobody could know the number before")
            }
            What::InstanceType { .. } | What::InstanceTypes { .. } => {
                (ALL, "the number is compared, and stored in maps")
            }
            What::InstanceTypeOrder { from: None, .. } => (NOBODY, "nobody could know the order before"),
            What::InstanceTypeOrder { .. } => (CODE, "the order of numbers is compared"),
            What::Align { to: "word", .. } => (CODE, "code relies on where objects begin"),
            What::Align { .. } => (CODE_DATA, "code makes objects, and made those before, that may begin elsewhere"),
            What::Size { .. } => {
                (ALL, "code allocates, and tools step over, the old size; objects made before have it")
            }
            What::End { .. } => (ALL, "what follows lies elsewhere in objects made before"),
            What::Tagged { .. } => (ALL, "the collector treats them otherwise"),
            What::FieldAdded { was_padding: true, .. } => {
                (CODE_DATA, "padding is never written: in objects made before, anything may stand there")
            }
            What::FieldAdded { .. } => (CODE_DATA, "objects made before lack it, and code does not write it"),
            What::FieldRemoved { .. } => (CODE_READERS, "they read what stands there now"),
            What::Moved { .. } => (ALL, "at the old offset is something else"),
            What::FieldSize { .. } => (ALL, "they read and write too much, or too little"),
            What::Holds { .. } => (ALL, "the same bytes mean something else"),
            What::Admits { more: true, less: true, .. } => {
                (CODE_DATA, "what is there is cast without a look, and objects made before hold what it was")
            }
            What::Admits { more: true, .. } => (CODE, "it casts what it reads without a look"),
            What::Admits { less: true, .. } => (CODE_DATA, "objects made before hold what is not expected now"),
            What::Admits { .. } => (NOBODY, "the same values in other words"),
            What::Constant { now: true, .. } => (CODE, "it may still write what nobody reads twice"),
            What::Constant { now: false, .. } => (CODE, "it may keep what it read"),
            What::Access { .. } => (CODE, "both sides of a memory order must agree"),
            What::Splice { .. } | What::Ephemeron { .. } => (NOBODY, "only what the collector does changes"),
            What::Padding => (NOBODY, "it holds nothing"),
            What::TailAdded { .. } | What::TailRemoved { .. } | What::TailsReordered { .. } | What::Length { .. } => {
                (ALL, "size and place of what follows the fields depend on it")
            }
            What::Storage { .. } => (NOBODY, "no bit moves"),
            What::BitsAdded { was_ignored: true, .. } => (CODE_DATA, "its bits could be anything"),
            What::BitsAdded { has_zero: false, .. } => {
                (DATA, "its bits are zero in objects made before, and zero has no name")
            }
            What::BitsAdded { .. } => (NOBODY, "its bits were reserved, and zero"),
            What::BitsRemoved { .. } => (ALL, "its bits mean nothing now, and are not zero in objects made before"),
            What::BitsMoved { .. } => (ALL, "the old mask cuts out something else"),
            What::BitsMeaning { .. } => (ALL, "the same bits mean something else"),
            What::ValueAdded { .. } => (NOBODY, "the pattern was free, and so to be expected"),
            What::ValueRemoved { .. } => (CODE_DATA, "objects made before have it"),
            What::ValueMoved { .. } => (ALL, "the same bits mean something else"),
            What::Ignored { now: false, .. } => (CODE_DATA, "they are not zero in objects made before"),
            What::Ignored { now: true, .. } => (NOBODY, "they are zero until somebody uses them"),
        }
    }
}

impl core::fmt::Display for What {
    /// A sentence without a full stop: ``field `next` moved from 20 to 24 (compressed), because …``.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            What::Added { parent: Some(parent), .. } => write!(f, "added, below `{parent}`"),
            What::Added { parent: None, .. } => f.write_str("added"),
            What::Removed => f.write_str("removed"),
            What::Renamed { from } => write!(f, "renamed: it was `{from}`"),
            What::Parent { from, to } => write!(f, "extends {} instead of {}", name(to), name(from)),
            What::Abstract { now: true } => f.write_str("is abstract now"),
            What::Abstract { now: false } => f.write_str("is abstract no longer"),
            What::Open { now: true } => f.write_str("may be extended now"),
            What::Open { now: false } => f.write_str("may be extended no longer"),
            What::InstanceType { from, to } => write!(f, "instance type {}", change(from, to)),
            What::InstanceTypes { from, to } => {
                let words = |range: &Option<(u16, u16)>| range.map(|(first, last)| format!("{first} to {last}"));
                write!(f, "range of instance types {}", change(&words(from), &words(to)))
            }
            What::InstanceTypeOrder { from, to } => {
                write!(f, "place of its instance types among those of its siblings {}", change(from, to))
            }
            What::Align { from, to } => write!(f, "alignment of its objects {}", change(&Some(from), &Some(to))),
            What::Size { from, to } => {
                let word = if is_growth(*from, *to) { "grew" } else { "shrank" };
                let per = difference(*from, *to);
                write!(f, "{word} {} bytes: {per} an instance", step(*from, *to))
            }
            What::End { from, to, has_tails: true } => {
                write!(
                    f,
                    "elements begin elsewhere: moved {}, {} an instance",
                    step(*from, *to),
                    difference(*from, *to)
                )
            }
            What::End { from, to, has_tails: false } => write!(f, "fields end elsewhere: moved {}", step(*from, *to)),
            What::Tagged { now: true } => f.write_str("its fields are tagged now"),
            What::Tagged { now: false } => f.write_str("its fields are raw now"),
            What::Ephemeron { now: true } => f.write_str("its key keeps its values alive now, as in an ephemeron"),
            What::Ephemeron { now: false } => f.write_str("its values live as long as the object now, no ephemeron's"),
            What::FieldAdded { field, at, size, holds, was_padding } => {
                let place = if *was_padding { " where padding was" } else { "" };
                write!(f, "field `{field}` was added at {at}{place}: {holds}, {}", bytes(*size))
            }
            What::FieldRemoved { field, at, size, holds } => {
                write!(f, "field `{field}` was removed from {at}: {holds}, {}", bytes(*size))
            }
            What::FieldRenamed { from, to } => write!(f, "field `{from}` is called `{to}` now"),
            What::Moved { fields, because } => moved(f, fields, because),
            What::FieldSize { field, from, to } => {
                let word = if is_growth(*from, *to) { "grew" } else { "shrank" };
                write!(f, "`{field}` {word} {} bytes", step(*from, *to))
            }
            What::Holds { field, from, to } => write!(f, "`{field}` holds {to} instead of {from}"),
            What::Admits { field, from, to, more, less } => {
                let word = match (more, less) {
                    (true, false) => "admits more",
                    (false, true) => "admits less",
                    (true, true) => "admits other values",
                    (false, false) => "admits the same",
                };
                write!(f, "`{field}` {word}: {to} instead of {from}")
            }
            What::Constant { field, now: true } => write!(f, "`{field}` is constant now"),
            What::Constant { field, now: false } => write!(f, "`{field}` is constant no longer"),
            What::Access { field, from, to } => write!(f, "`{field}` is {} instead of {}", order(*to), order(*from)),
            What::Splice { field, from: _, to: Some(to) } => write!(f, "`{field}` splices `{to}` now"),
            What::Splice { field, from, to: None } => write!(f, "`{field}` splices {} no longer", name(from)),
            What::Padding => f.write_str("padding lies elsewhere"),
            What::TailAdded { tail, holds, length } => {
                write!(f, "`{tail}` was added behind the fields: {holds}, {length}")
            }
            What::TailRemoved { tail } => write!(f, "`{tail}` was removed from behind the fields"),
            What::TailsReordered { from, to } => {
                write!(f, "what follows the fields is in another order: {} instead of {}", list(to), list(from))
            }
            What::Length { tail, from, to } => write!(f, "`{tail}`: {to} instead of {from}"),
            What::Storage { from, to } => write!(f, "storage {to} instead of {from}"),
            What::BitsAdded { bits, shift, size, was_ignored, .. } => {
                let place = if *was_ignored { ", which were ignored" } else { "" };
                write!(f, "`{bits}` was added in {}{place}", range(*shift, *size))
            }
            What::BitsRemoved { bits, shift, size } => write!(f, "`{bits}` was removed from {}", range(*shift, *size)),
            What::BitsRenamed { from, to } => write!(f, "`{from}` is called `{to}` now"),
            What::BitsMoved { bits, from, to } => {
                write!(f, "`{bits}` moved from {} to {}", range(from.0, from.1), range(to.0, to.1))
            }
            What::BitsMeaning { bits, from, to } => write!(f, "`{bits}` is {to} instead of {from}"),
            What::ValueAdded { bits, value, number } => write!(f, "`{bits}` has a new name: {value} = {number}"),
            What::ValueRemoved { bits, value, number } => write!(f, "`{bits}` has lost a name: {value} = {number}"),
            What::ValueRenamed { bits, from, to } => write!(f, "{from} of `{bits}` is called {to} now"),
            What::ValueMoved { bits, value, from, to } => write!(f, "{value} of `{bits}` is {to} instead of {from}"),
            What::Ignored { mask, now: true } => write!(f, "bits {mask:#x} are ignored now, and were reserved"),
            What::Ignored { mask, now: false } => write!(f, "bits {mask:#x} are reserved now, and were ignored"),
        }
    }
}

fn moved(f: &mut core::fmt::Formatter<'_>, fields: &[Moved], because: &str) -> core::fmt::Result {
    match fields {
        [Moved { field, from, to }] => write!(f, "field `{field}` moved {}, because {because}", step(*from, *to)),
        all => {
            let same = all.windows(2).all(|two| by(two[0].from, two[0].to) == by(two[1].from, two[1].to));
            let names: Vec<String> = all.iter().map(|m| m.field.clone()).collect();
            match all.first().filter(|_| same) {
                Some(m) => {
                    write!(
                        f,
                        "fields {} moved by {}, because {because}",
                        list(&names),
                        difference_in_bytes(m.from, m.to)
                    )
                }
                None => {
                    let places: Vec<String> =
                        all.iter().map(|m| format!("`{}` {}", m.field, step(m.from, m.to))).collect();
                    write!(f, "fields moved, because {because}: {}", places.join(", "))
                }
            }
        }
    }
}

/// `from 28 / 48 to 32 / 56`, `from 20 to 24 (compressed)`.
pub(super) fn step(from: PerWidth, to: PerWidth) -> String {
    match (from.compressed == to.compressed, from.full == to.full) {
        (false, true) => format!("from {} to {} (compressed)", from.compressed, to.compressed),
        (true, false) => format!("from {} to {} (full)", from.full, to.full),
        _ => format!("from {from} to {to}"),
    }
}

/// By how many bytes it is more.
pub(super) fn by(from: PerWidth, to: PerWidth) -> (i64, i64) {
    (i64::from(to.compressed) - i64::from(from.compressed), i64::from(to.full) - i64::from(from.full))
}

/// `+4 / +8`, `-4`, `+4 (compressed)`.
pub(super) fn difference(from: PerWidth, to: PerWidth) -> String {
    match by(from, to) {
        (a, b) if a == b => format!("{a:+}"),
        (a, 0) => format!("{a:+} (compressed)"),
        (0, b) => format!("{b:+} (full)"),
        (a, b) => format!("{a:+} / {b:+}"),
    }
}

/// `+4 / +8 bytes`, `-4 bytes (compressed)`.
pub(super) fn difference_in_bytes(from: PerWidth, to: PerWidth) -> String {
    let text = difference(from, to);
    match text.split_once(" (") {
        Some((number, width)) => format!("{number} bytes ({width}"),
        None => text + " bytes",
    }
}

/// Whether it is more in sum: fields may grow under one width and shrink under the other.
pub(super) fn is_growth(from: PerWidth, to: PerWidth) -> bool {
    let (a, b) = by(from, to);
    a + b > 0
}

/// `4 / 8 bytes`.
fn bytes(bytes: PerWidth) -> String {
    crate::words::bytes(bytes)
}

/// `` `a`, `b` and `c` ``.
pub(super) fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [many @ .., last] if !many.is_empty() => format!("{} and {last}", many.join(", ")),
        all => all.join(""),
    }
}

fn name(name: &Option<String>) -> String {
    name.as_ref().map_or("nothing".to_owned(), |name| format!("`{name}`"))
}

fn change<T: core::fmt::Display>(from: &Option<T>, to: &Option<T>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("changed from {from} to {to}"),
        (None, Some(to)) => format!("is fixed now: {to}"),
        (from, None) => {
            format!("is fixed no longer{}", from.as_ref().map(|from| format!(": it was {from}")).unwrap_or_default())
        }
    }
}

fn order(access: Access) -> &'static str {
    match access {
        Access::Plain => "plain",
        Access::Relaxed => "relaxed",
        Access::AcquireRelease => "acquire/release",
        Access::SeqCst => "sequentially consistent",
    }
}

/// `bit 3`, `bits 5:2`.
fn range(shift: u32, size: u32) -> String {
    if size == 1 {
        format!("bit {shift}")
    } else {
        format!("bits {}:{shift}", (u64::from(shift) + u64::from(size)).saturating_sub(1))
    }
}
