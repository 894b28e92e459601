//! The schema as a text, put together at compile time.

use super::isolates::{IsolateList, IsolateNode};
use super::shape::{DescribedTable, Shape, Table};
use crate::layout::{
    Access, BitKind, BitLayout, BitStorage, BitfieldLayout, ClassDescriptor, ClassLayout, ClassRegistry, FieldKind,
    FieldLayout, InstanceTypeOrder, InstanceTypeRange, InstanceTypes, Member, NamedValue, PerWidth, RawKind,
    StructLayout, TailLayout, TailLength, TypeSet,
};
use crate::map::Map;
use crate::memory::{CAGE_SIZE, CHUNK_SIZE, MemoryChunk};
use crate::spaces::{AllocationAlignment, LinearAllocationArea, SpaceId};
use crate::tagged::TAGGED_SIZE;

/// What the tables look like in memory, for programs that were not compiled with them. See the
/// [format](super#format).
#[must_use]
pub const fn schema() -> &'static str {
    match core::str::from_utf8(TEXT.bytes.split_at(TEXT.length).0) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    }
}

static TEXT: Text = Text::new();

const TABLES: &[Table] = &[
    <ClassRegistry as DescribedTable>::TABLE,
    <ClassDescriptor as DescribedTable>::TABLE,
    <ClassLayout as DescribedTable>::TABLE,
    <FieldLayout as DescribedTable>::TABLE,
    <TailLayout as DescribedTable>::TABLE,
    <StructLayout as DescribedTable>::TABLE,
    <BitfieldLayout as DescribedTable>::TABLE,
    <BitLayout as DescribedTable>::TABLE,
    <TypeSet as DescribedTable>::TABLE,
    <PerWidth as DescribedTable>::TABLE,
    <InstanceTypes as DescribedTable>::TABLE,
    <InstanceTypeRange as DescribedTable>::TABLE,
    <NamedValue as DescribedTable>::TABLE,
    <FieldKind as DescribedTable>::TABLE,
    <Member as DescribedTable>::TABLE,
    <TailLength as DescribedTable>::TABLE,
    <RawKind as DescribedTable>::TABLE,
    <Access as DescribedTable>::TABLE,
    <BitKind as DescribedTable>::TABLE,
    <BitStorage as DescribedTable>::TABLE,
    <InstanceTypeOrder as DescribedTable>::TABLE,
    <AllocationAlignment as DescribedTable>::TABLE,
    <SpaceId as DescribedTable>::TABLE,
    <MemoryChunk as DescribedTable>::TABLE,
    <IsolateList as DescribedTable>::TABLE,
    <IsolateNode as DescribedTable>::TABLE,
    <LinearAllocationArea as DescribedTable>::TABLE,
];

const CONSTANTS: &[(&str, usize)] = &[
    ("tagged_size", TAGGED_SIZE),
    ("cage_size", CAGE_SIZE),
    ("chunk_size", CHUNK_SIZE),
    ("marks_offset", crate::memory::MARKS_OFFSET),
    ("map_class_entry", Map::CLASS_ENTRY_OFFSET),
];

/// Bytes that the text may have.
const CAPACITY: usize = 8192;

struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Text {
    const fn new() -> Text {
        let mut text = Text { bytes: [0; CAPACITY], length: 0 };
        text.push("heapwright ");
        text.push(env!("CARGO_PKG_VERSION"));
        text.push(" tables 1\n");
        let mut i = 0;
        while i < CONSTANTS.len() {
            text.push("const ");
            text.push(CONSTANTS[i].0);
            text.number(CONSTANTS[i].1);
            text.push("\n");
            i += 1;
        }
        let mut i = 0;
        while i < TABLES.len() {
            text.table(&TABLES[i]);
            i += 1;
        }
        text
    }

    const fn table(&mut self, table: &Table) {
        match table {
            Table::Struct { name, size, fields } => {
                self.push("struct ");
                self.push(name);
                self.number(*size);
                self.push("\n");
                let mut i = 0;
                while i < fields.len() {
                    self.push(" ");
                    self.push(fields[i].name);
                    self.number(fields[i].offset);
                    self.shape(&fields[i].shape);
                    self.push("\n");
                    i += 1;
                }
            }
            Table::Enum { name, size, payload_at, variants } => {
                self.push("enum ");
                self.push(name);
                self.number(*size);
                self.number(*payload_at);
                self.push("\n");
                let mut i = 0;
                while i < variants.len() {
                    self.push(" ");
                    self.push(variants[i].name);
                    self.number(i);
                    if let Some(payload) = &variants[i].payload {
                        self.shape(payload);
                    }
                    self.push("\n");
                    i += 1;
                }
            }
        }
    }

    /// A space and the words of a shape.
    const fn shape(&mut self, shape: &Shape) {
        let inner = match shape {
            Shape::Plain(word) | Shape::Named(word) => {
                self.push(" ");
                self.push(word);
                return;
            }
            Shape::Str => {
                self.push(" str");
                return;
            }
            Shape::Ref(inner) => {
                self.push(" ref");
                inner
            }
            Shape::Slice(inner) => {
                self.push(" slice");
                inner
            }
            Shape::Array(length, inner) => {
                self.push(" array");
                self.number(*length);
                inner
            }
            Shape::Null(inner) => {
                self.push(" null");
                inner
            }
            Shape::Option(at, inner) => {
                self.push(" option");
                self.number(*at);
                inner
            }
        };
        self.shape(inner);
    }

    /// A space and a number.
    const fn number(&mut self, number: usize) {
        self.push(" ");
        let mut divisor = 1;
        while number / divisor >= 10 {
            divisor *= 10;
        }
        while divisor > 0 {
            self.byte(b'0' + (number / divisor % 10) as u8);
            divisor /= 10;
        }
    }

    const fn push(&mut self, text: &str) {
        let mut i = 0;
        while i < text.len() {
            self.byte(text.as_bytes()[i]);
            i += 1;
        }
    }

    const fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::schema;

    #[test]
    fn every_name_that_is_used_is_declared() {
        let declared: Vec<&str> = schema()
            .lines()
            .filter_map(|line| line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum ")))
            .filter_map(|line| line.split(' ').next())
            .collect();
        let mut used = 0;
        for line in schema().lines().filter(|line| line.starts_with(' ')) {
            let words: Vec<&str> = line.trim().split(' ').collect();
            let last = words[words.len() - 1];
            if words.len() > 2 && last.starts_with(char::is_uppercase) {
                assert!(declared.contains(&last), "{last} in `{line}`");
                used += 1;
            }
        }
        assert!(used > 20, "{}", schema());
    }

    #[test]
    fn numbers_are_decimal() {
        assert!(schema().contains(&format!("\nconst cage_size {}\n", 1_u64 << 32)));
        assert!(schema().contains("\n Field 0 str\n"));
    }
}
