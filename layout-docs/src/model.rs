//! The model: everything the renderers know, as plain data with a stable JSON form.
//!
//! The JSON form has a [version](SCHEMA_VERSION). Within a version, members may be added but none is removed or given
//! another meaning; readers ignore members they do not know. Sizes and offsets are in bytes. Classes come in the order
//! of the class tree: each after its parent, and all classes below it before its next sibling.

mod live;

pub use live::{LiveBits, LiveClass, LiveFootprint, LiveKind, LiveObject, LivePart, LiveReference, LiveSpace};

use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the JSON form that this crate reads and writes.
pub const SCHEMA_VERSION: u32 = 2;

/// The layouts of some crates' classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Model {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name and version of the program that made the model.
    pub generator: String,
    /// Where sources can be read: a URL with `{file}` and `{line}` in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The crates whose registries were read.
    pub crates: Vec<Crate>,
    /// The classes, in the order of the class tree.
    pub classes: Vec<Class>,
    /// The bit fields that fields of the classes hold, and those nested in them.
    pub bitfields: Vec<Bitfield>,
    /// The structs that lie in instances of the classes.
    pub structs: Vec<Struct>,
    /// Classes that fields admit and that are not among the [classes](Self::classes).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// Real objects that were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<LiveObject>,
    /// What real objects took with all that they referred to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub footprints: Vec<LiveFootprint>,
}

/// One registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Crate {
    /// The crate's name.
    pub name: String,
    /// The ids of the classes it lists, in its order.
    pub classes: Vec<String>,
}

/// A class that fields admit and that the model lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Elsewhere {
    /// What fields call it: its name or, where another class of the model shares that, its path.
    pub id: String,
    /// Its path: module and name.
    pub path: String,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Class {
    /// What other parts of the model call it: its name or, where two classes share that, its path.
    pub id: String,
    /// The struct's name.
    pub name: String,
    /// The crate that declares it.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The module that declares it.
    pub module: String,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: u32,
    /// The doc comment, lines joined by `\n`.
    #[serde(default)]
    pub doc: String,
    /// The id of the class it extends.
    pub parent: Option<String>,
    /// Whether it has no instances of its own.
    #[serde(rename = "abstract")]
    pub is_abstract: bool,
    /// Whether other classes may extend it.
    #[serde(rename = "open")]
    pub is_open: bool,
    /// The number of its instances in every isolate, if the declaration pins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<u16>,
    /// The lowest and the highest number of its instances and of those of classes below it, if the declaration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_types: Option<(u16, u16)>,
    /// Whether its numbers come before, or after, those of all its siblings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type_order: Option<InstanceTypeOrder>,
    /// The number of its own instances in an isolate with exactly the model's [crates](Model::crates), in their order.
    /// Other isolates may give another one, unless the declaration pins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_instance_type: Option<u16>,
    /// The lowest and the highest number of its instances and of those of classes below it in such an isolate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_instance_types: Option<(u16, u16)>,
    /// Whether its objects may be copied whole.
    #[serde(rename = "copy", default, skip_serializing_if = "core::ops::Not::not")]
    pub is_copy: bool,
    /// Where its objects may begin, if it or a class above it asks for more than a tagged word's alignment.
    #[serde(default, skip_serializing_if = "Alignment::is_word")]
    pub align: Alignment,
    /// Where its fields end: the bytes before the first tail, or before a child's fields.
    pub header_size: PerWidth,
    /// Bytes of an instance without its tails, rounded up to whole tagged words.
    pub instance_size: PerWidth,
    /// Its own fields in the order of their offsets, without inherited ones and without the tails.
    pub fields: Vec<Field>,
    /// The elements and optional fields after the last field, in order.
    pub tails: Vec<Tail>,
}

/// Where the objects of a class may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// At any tagged word.
    #[default]
    Word,
    /// At a multiple of 8 bytes.
    Double,
    /// 4 bytes beyond a multiple of 8; with 8-byte tagged fields at any tagged word.
    DoubleUnaligned,
}

impl Alignment {
    /// Whether any tagged word will do.
    #[must_use]
    pub fn is_word(&self) -> bool {
        *self == Alignment::Word
    }

    /// As declarations spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Alignment::Word => "word",
            Alignment::Double => "double",
            Alignment::DoubleUnaligned => "double_unaligned",
        }
    }
}

/// Where a class's instance types come among those of its siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InstanceTypeOrder {
    /// Before all others.
    Lowest,
    /// After all others.
    Highest,
}

/// A number of bytes under each pointer width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PerWidth {
    /// With 4-byte tagged fields.
    pub compressed: u32,
    /// With 8-byte tagged fields.
    pub full: u32,
}

/// The two pointer widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Width {
    /// 4-byte tagged fields.
    Compressed,
    /// 8-byte tagged fields.
    Full,
}

/// One field in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Field {
    /// The name in the declaration.
    pub name: String,
    /// The type as the declaration spells it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The doc comment.
    #[serde(default)]
    pub doc: String,
    /// The line of the declaration in the class's file.
    pub line: u32,
    /// What it holds.
    pub holds: Holds,
    /// Bytes from the start of the object or, for a field of a [`Struct`], of the struct.
    pub offset: PerWidth,
    /// Bytes.
    pub size: PerWidth,
    /// The alignment it needs.
    pub align: PerWidth,
    /// Whether it has no setter.
    pub constant: bool,
    /// The memory order of its accessors.
    pub access: Access,
    /// Of a weak field: the field of its referent that takes its place when the referent dies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splice: Option<String>,
}

/// Elements of one kind at the end of an object, or an optional field. The first tail begins at [`Class::header_size`],
/// each other one where the one before it ends, which depends on the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tail {
    /// The name in the declaration.
    pub name: String,
    /// The type as the declaration spells it.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The doc comment.
    #[serde(default)]
    pub doc: String,
    /// The line of the declaration.
    pub line: u32,
    /// What each element holds.
    pub holds: Holds,
    /// Bytes of one element.
    pub element_size: PerWidth,
    /// The alignment an element needs.
    pub element_align: PerWidth,
    /// How many elements there are.
    pub length: Length,
    /// Whether elements have no setter.
    pub constant: bool,
    /// The memory order of accessors.
    pub access: Access,
}

/// How many elements a tail has, as the declaration spells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
pub enum Length {
    /// As many as the field of this name holds.
    Field(String),
    /// As many as this expression over constant fields says.
    Expression(String),
    /// One if this condition over constant fields holds, else none: the tail is an optional field.
    Condition(String),
}

/// A struct whose fields lie in objects: it has no map, no identity and no life of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Struct {
    /// What other parts of the model call it: its name or, where two share that, its path.
    pub id: String,
    /// The struct's name.
    pub name: String,
    /// The module that declares it.
    pub module: String,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: u32,
    /// The doc comment.
    #[serde(default)]
    pub doc: String,
    /// Whether its fields are tagged words, all of them; else they are raw, all of them.
    #[serde(rename = "tagged")]
    pub is_tagged: bool,
    /// Whether its first field is a key, weak, and its values live as long as the key does.
    #[serde(rename = "ephemeron", default, skip_serializing_if = "core::ops::Not::not")]
    pub is_ephemeron: bool,
    /// Bytes.
    pub size: PerWidth,
    /// The alignment it needs.
    pub align: PerWidth,
    /// Its fields in the order of their offsets. No field holds a struct.
    pub fields: Vec<Field>,
}

/// What a field or an element holds, and so how the collector treats it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Holds {
    /// A strong tagged value: traced.
    Strong {
        /// What may stand here.
        admits: Vec<Admits>,
    },
    /// A weak reference: cleared when its referent dies.
    Weak {
        /// What may stand here.
        admits: Vec<Admits>,
    },
    /// A strong or a weak reference, or a Smi.
    MaybeWeak {
        /// What may stand here.
        admits: Vec<Admits>,
    },
    /// A small integer in a tagged word.
    Smi,
    /// A bit field in a Smi.
    SmiBits {
        /// The id of the bit field.
        bitfield: String,
    },
    /// A primitive: never traced.
    Raw {
        /// The Rust name of the type.
        primitive: String,
    },
    /// A bit field in raw bytes.
    Bits {
        /// The id of the bit field.
        bitfield: String,
    },
    /// An address of something outside the heap: never traced.
    External {
        /// The type of what is there.
        #[serde(rename = "type")]
        type_name: String,
    },
    /// The fields of a struct.
    Struct {
        /// The id of the struct.
        id: String,
    },
    /// Bytes that hold nothing.
    Padding,
}

/// One alternative of a tagged field's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Admits {
    /// Any tagged value.
    Any,
    /// A small integer.
    Smi,
    /// No object.
    None,
    /// An instance of the class with this id or of one below it. The class may be one that the model lacks.
    Class(String),
    /// A weak reference to such an instance, or a cleared one.
    Weak(String),
}

/// The memory order of a field's accessors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// For the thread that has entered the isolate.
    Plain,
    /// Relaxed atomics.
    Relaxed,
    /// Loads acquire, stores release.
    AcquireRelease,
    /// Sequentially consistent.
    SeqCst,
}

/// A struct of bit fields in one integer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bitfield {
    /// What other parts of the model call it: its name or, where two share that, its path.
    pub id: String,
    /// The struct's name.
    pub name: String,
    /// The module that declares it.
    pub module: String,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: u32,
    /// The doc comment.
    #[serde(default)]
    pub doc: String,
    /// The word in `#[bitfield(…)]`.
    pub storage: String,
    /// Bits that fields may use.
    pub storage_bits: u32,
    /// Its fields from bit 0 up, gaps included.
    pub fields: Vec<Bits>,
}

/// One field of a bit field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Bits {
    /// Its name.
    pub name: String,
    /// The doc comment.
    #[serde(default)]
    pub doc: String,
    /// The line of the declaration.
    pub line: u32,
    /// The lowest bit.
    pub shift: u32,
    /// How many bits; of an array, those of all elements.
    pub size: u32,
    /// What they mean; of an array, what those of each element mean.
    pub means: Meaning,
    /// How many elements share the bits evenly, if it is an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub len: Option<u32>,
    /// If it is a set of flags: their names, each with its bits in the set. It means an unsigned integer then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Value>,
    /// Of a gap: whether its bits may be anything and are kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignored: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What the bits of a field mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Meaning {
    /// One bit, or more of which one is used.
    Bool,
    /// An unsigned integer.
    Unsigned,
    /// A signed integer in two's complement.
    Signed,
    /// One of these names.
    Enum {
        /// The names with their bits.
        values: Vec<Value>,
    },
    /// A bit field in a bit field.
    Nested {
        /// Its id.
        bitfield: String,
    },
    /// Bits that must stay zero, unless they are [ignored](Bits::ignored).
    Gap,
}

/// One name of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Value {
    /// The variant's name.
    pub name: String,
    /// Its bits.
    pub value: u64,
}

impl Model {
    /// With the place where sources can be read: a URL with `{file}` and `{line}` in it, such as
    /// `https://example.org/blob/main/{file}#L{line}`.
    #[must_use]
    pub fn with_source_url(mut self, url: impl Into<String>) -> Model {
        self.source_url = Some(url.into());
        self
    }

    /// With paths of source files relative to `root`, for those below it: the compiler names files of other
    /// workspaces by their absolute path.
    #[must_use]
    pub fn with_source_root(mut self, root: impl AsRef<Path>) -> Model {
        let root = root.as_ref();
        let classes = self.classes.iter_mut().map(|c| &mut c.file);
        let bitfields = self.bitfields.iter_mut().map(|b| &mut b.file);
        let structs = self.structs.iter_mut().map(|s| &mut s.file);
        for file in classes.chain(bitfields).chain(structs) {
            if let Some(relative) = Path::new(file.as_str()).strip_prefix(root).ok().and_then(Path::to_str) {
                *file = relative.to_owned();
            }
        }
        self
    }
}

impl Width {
    /// Both, compressed first.
    pub const ALL: [Width; 2] = [Width::Compressed, Width::Full];

    /// Bytes of a tagged field.
    #[must_use]
    pub const fn tagged_size(self) -> u32 {
        match self {
            Width::Compressed => 4,
            Width::Full => 8,
        }
    }

    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Width::Compressed => "compressed",
            Width::Full => "full",
        }
    }
}

impl PerWidth {
    /// The number under `width`.
    #[must_use]
    pub const fn get(self, width: Width) -> u32 {
        match width {
            Width::Compressed => self.compressed,
            Width::Full => self.full,
        }
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: PerWidth) -> PerWidth {
        PerWidth { compressed: self.compressed + other.compressed, full: self.full + other.full }
    }

    /// Whether both numbers are the same.
    #[must_use]
    pub const fn is_same(self) -> bool {
        self.compressed == self.full
    }
}

impl core::fmt::Display for PerWidth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.is_same() { write!(f, "{}", self.compressed) } else { write!(f, "{} / {}", self.compressed, self.full) }
    }
}

impl Length {
    /// The field, expression or condition.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Length::Field(text) | Length::Expression(text) | Length::Condition(text) => text,
        }
    }
}

impl Tail {
    /// Whether it is an optional field: one element or none.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        matches!(self.length, Length::Condition(_))
    }
}

impl Holds {
    /// Whether the collector sees a tagged word here. Of a [`Struct`], its own fields say it.
    #[must_use]
    pub const fn is_tagged(&self) -> bool {
        matches!(
            self,
            Holds::Strong { .. } | Holds::Weak { .. } | Holds::MaybeWeak { .. } | Holds::Smi | Holds::SmiBits { .. }
        )
    }

    /// What a tagged value may be; nothing for other kinds.
    #[must_use]
    pub fn admits(&self) -> &[Admits] {
        match self {
            Holds::Strong { admits } | Holds::Weak { admits } | Holds::MaybeWeak { admits } => admits,
            _ => &[],
        }
    }

    /// The id of the bit field held here.
    #[must_use]
    pub fn bitfield(&self) -> Option<&str> {
        match self {
            Holds::SmiBits { bitfield } | Holds::Bits { bitfield } => Some(bitfield),
            _ => None,
        }
    }

    /// The id of the struct held here.
    #[must_use]
    pub fn struct_id(&self) -> Option<&str> {
        match self {
            Holds::Struct { id } => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::model;

    #[test]
    fn only_files_below_the_root_become_relative() {
        let mut model = model();
        model.classes[0].file = "/src/root/heap/a.rs".into();
        let model = model.with_source_root("/src/root");
        assert_eq!(model.classes[0].file, "heap/a.rs");
        assert_eq!(model.classes[1].file, "heap/src/map.rs");
    }
}
