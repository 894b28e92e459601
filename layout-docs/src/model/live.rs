//! Real objects and footprints in the model: what was seen in a heap, as plain data.

use super::{Model, Width};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A real object, as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveObject {
    /// What whoever looked at it calls it.
    pub name: String,
    /// The id of its class, which the model may lack.
    pub class: String,
    /// The pointer width of the heap it lay in.
    pub width: Width,
    /// Where it lay, as `0x7f0012345678`, or its [number](Model::with_numbered_objects), as `#3`.
    pub address: String,
    /// Number of the isolate.
    pub isolate: u64,
    /// Collections that the isolate had had: addresses of objects that agree in it and in `isolate` may be compared.
    pub collections: u64,
    /// The space it lay in.
    pub space: String,
    /// Whether it was young.
    #[serde(rename = "young")]
    pub is_young: bool,
    /// Bytes.
    pub size: u64,
    /// What its bytes are, each of them once, from the first to the last.
    pub parts: Vec<LivePart>,
}

/// A run of bytes of a real object: a field, a field of a struct, an element, or what lies between and behind them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LivePart {
    /// Bytes from the object's start.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The field or the tail; empty for bytes that are no field's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Which element of the tail; the first one of those left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The field of the struct that lies there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// What the bytes are.
    pub kind: LiveKind,
    /// The Rust name of the primitive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primitive: Option<String>,
    /// The bytes in hexadecimal, as they lie in memory. Not there of elements that are left out, nor, where objects are
    /// numbered, of what differs from run to run: references, other addresses and bytes that hold nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// What they hold, in words; of a reference, what is known of the object beside its class.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The object they refer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<LiveReference>,
    /// The fields of the bit field they hold, from bit 0 up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bits: Vec<LiveBits>,
}

/// What the bytes of a real object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LiveKind {
    /// The word of the object's map.
    Map,
    /// A strong tagged value.
    Strong,
    /// A weak reference.
    Weak,
    /// A strong or weak reference, or a Smi.
    MaybeWeak,
    /// A small integer in a tagged word.
    Smi,
    /// A bit field in a Smi.
    SmiBits,
    /// A primitive.
    Raw,
    /// A bit field in raw bytes.
    Bits,
    /// An address of something outside the heap.
    External,
    /// Declared padding.
    Padding,
    /// What rounds the object up to whole tagged words.
    Rounding,
    /// Elements that are left out.
    Elided,
}

/// An object that a real object refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveReference {
    /// The id of its class, which the model may lack.
    pub class: String,
    /// Its address or number.
    pub address: String,
    /// Whether the reference is weak.
    #[serde(rename = "weak", default, skip_serializing_if = "super::is_false")]
    pub is_weak: bool,
    /// Whether the collector remembers the slot, since an old object refers to a young one there.
    #[serde(rename = "remembered", default, skip_serializing_if = "super::is_false")]
    pub is_remembered: bool,
}

/// One field of a bit field in a real object, or an element of an array in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveBits {
    /// Its name with those of the bit fields around it: `color.red`, `states[2]`.
    pub name: String,
    /// The lowest bit.
    pub shift: u32,
    /// How many bits.
    pub size: u32,
    /// What they mean.
    pub value: String,
}

/// What some objects took together with all that they referred to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveFootprint {
    /// What whoever looked calls it.
    pub name: String,
    /// The pointer width of the heap.
    pub width: Width,
    /// From how many objects it was counted.
    pub roots: u64,
    /// Objects that strong references reach.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes among those that hold nothing.
    pub wasted: u64,
    /// Strong references from those objects.
    pub references: u64,
    /// Steps from the roots to the object that takes most.
    pub depth: u64,
    /// Objects beside those that are reached over weak references.
    pub weak_objects: u64,
    /// Their bytes.
    pub weak_bytes: u64,
    /// Each class of what was reached.
    pub classes: Vec<LiveClass>,
    /// Bytes in each space.
    pub spaces: Vec<LiveSpace>,
}

/// Objects of one class in a footprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveClass {
    /// The id of the class, which the model may lack.
    pub class: String,
    /// Its objects that strong references reach.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes among those that hold nothing.
    pub wasted: u64,
    /// Bytes of the largest one.
    pub largest: u64,
    /// Its objects that are reached over weak references only.
    #[serde(default)]
    pub weak_objects: u64,
    /// Their bytes.
    #[serde(default)]
    pub weak_bytes: u64,
}

/// One space in a footprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LiveSpace {
    /// The space.
    pub space: String,
    /// Objects that strong references reach.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Model {
    /// With objects that are numbered instead of telling their addresses: `#1` is the first of [`Model::objects`], and what
    /// they refer to is numbered in the order in which it is met. All that differs from run to run is dropped: the bytes of
    /// references and other addresses, and those that hold nothing. For docs that are committed or made in CI.
    #[must_use]
    pub fn with_numbered_objects(mut self) -> Model {
        let mut numbers = Numbers::default();
        for object in &mut self.objects {
            let moment = (object.isolate, object.collections);
            object.address = numbers.object(moment, &object.address);
        }
        for object in &mut self.objects {
            let moment = (object.isolate, object.collections);
            for part in &mut object.parts {
                if let Some(reference) = &mut part.refers_to {
                    reference.address = numbers.object(moment, &reference.address);
                    part.bytes = None;
                } else if part.kind == LiveKind::External {
                    part.bytes = None;
                    let is_null = part.value == "0x0";
                    part.value = if is_null { "null" } else { "an address" }.to_owned();
                } else if matches!(part.kind, LiveKind::Padding | LiveKind::Rounding) {
                    part.bytes = None;
                }
            }
        }
        for object in &mut self.objects {
            object.isolate = numbers.isolate(object.isolate);
        }
        self
    }
}

/// What has been numbered.
#[derive(Default)]
struct Numbers {
    objects: HashMap<((u64, u64), String), usize>,
    isolates: HashMap<u64, u64>,
}

impl Numbers {
    /// The number of an object at one moment of one isolate; what has one keeps it.
    fn object(&mut self, moment: (u64, u64), address: &str) -> String {
        let next = self.objects.len() + 1;
        format!("#{}", self.objects.entry((moment, address.to_owned())).or_insert(next))
    }

    fn isolate(&mut self, isolate: u64) -> u64 {
        let next = self.isolates.len() as u64 + 1;
        *self.isolates.entry(isolate).or_insert(next)
    }
}

impl LivePart {
    /// What it is called: `next`, `position.start`, `entries[3].key`, `rounding`.
    #[must_use]
    pub fn label(&self) -> String {
        let index = self.index.map_or_else(String::new, |index| format!("[{index}]"));
        let inner = self.inner.as_ref().map_or_else(String::new, |inner| format!(".{inner}"));
        match self.kind {
            LiveKind::Rounding => "rounding".to_owned(),
            _ => format!("{}{index}{inner}", self.field),
        }
    }

    /// The bytes, if the model has them.
    #[must_use]
    pub fn byte_values(&self) -> Option<Vec<u8>> {
        let digits = self.bytes.as_ref()?.as_bytes();
        let value = |digit: u8| char::from(digit).to_digit(16).map_or(0, |value| value as u8);
        Some(digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect())
    }
}
