//! The schema of the tables, and values read by it.

use super::BinaryError;
use super::image::Image;
use std::cell::Cell;
use std::collections::HashMap;

/// The most elements that a table has.
const MAX_ELEMENTS: u64 = 1 << 20;
/// The most values in all tables together.
const MAX_VALUES: u32 = 1 << 24;
/// How deep values lie in values.
const MAX_DEPTH: u32 = 16;

/// What the tables look like in memory.
#[derive(Debug, Default)]
pub(super) struct Schema {
    read: Cell<u32>,
    structs: HashMap<String, Struct>,
    enums: HashMap<String, Enum>,
}

#[derive(Debug)]
struct Struct {
    size: usize,
    fields: Vec<(String, usize, Shape)>,
}

#[derive(Debug)]
struct Enum {
    size: usize,
    payload_at: usize,
    /// Name, number and what it carries.
    variants: Vec<(String, u64, Option<Shape>)>,
}

/// The type of a field of a table.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Number(usize),
    Str,
    Ref,
    Slice(Box<Shape>),
    Array(usize, Box<Shape>),
    Null(Box<Shape>),
    Option(usize, Box<Shape>),
    Named(String),
}

/// A value of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
    List(Vec<Value>),
    Record(Record),
    Variant(String, Option<Box<Value>>),
    Absent,
}

/// A struct of the tables.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    name: String,
    address: u64,
    fields: HashMap<String, Value>,
}

impl Schema {
    pub(super) fn parse(text: &str) -> Result<Schema, BinaryError> {
        let first = text.lines().next().unwrap_or_default();
        if !(first.starts_with("heapwright ") && first.ends_with(" tables 1")) {
            let found = first.chars().take(60).collect();
            return Err(BinaryError::Version { found });
        }
        let mut schema = Schema::default();
        let mut current = None;
        for line in text.lines().skip(1) {
            let damaged = || BinaryError::Damaged { what: format!("the schema's line `{line}`"), address: 0 };
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = |word: Option<&&str>| word.and_then(|word| word.parse::<usize>().ok()).ok_or_else(damaged);
            match words.as_slice() {
                ["const", ..] | [] => {}
                ["struct", name, size] if !line.starts_with(' ') => {
                    schema.structs.insert((*name).to_owned(), Struct { size: number(Some(size))?, fields: Vec::new() });
                    current = Some((*name, true));
                }
                ["enum", name, size, at] if !line.starts_with(' ') => {
                    let (size, payload_at) = (number(Some(size))?, number(Some(at))?);
                    schema.enums.insert((*name).to_owned(), Enum { size, payload_at, variants: Vec::new() });
                    current = Some((*name, false));
                }
                [name, at, shape @ ..] if line.starts_with(' ') => {
                    let (owner, is_struct) = current.ok_or_else(damaged)?;
                    let (name, at) = ((*name).to_owned(), number(Some(at))?);
                    let parsed = if shape.is_empty() { None } else { Some(Shape::parse(shape).ok_or_else(damaged)?) };
                    if is_struct {
                        let members = &mut schema.structs.get_mut(owner).ok_or_else(damaged)?.fields;
                        members.push((name, at, parsed.ok_or_else(damaged)?));
                    } else {
                        schema.enums.get_mut(owner).ok_or_else(damaged)?.variants.push((name, at as u64, parsed));
                    }
                }
                _ => return Err(damaged()),
            }
        }
        Ok(schema)
    }

    /// The struct at an address. References in it are numbers: nothing is followed, so nothing runs in circles.
    pub(super) fn record(&self, image: &Image<'_>, name: &str, address: u64) -> Result<Record, BinaryError> {
        self.record_in(image, name, address, 0)
    }

    fn record_in(&self, image: &Image<'_>, name: &str, address: u64, depth: u32) -> Result<Record, BinaryError> {
        let members = &self.structs.get(name).ok_or_else(|| unknown(name))?.fields;
        let mut fields = HashMap::with_capacity(members.len());
        for (field, offset, shape) in members {
            let at = address.wrapping_add(*offset as u64);
            fields.insert(field.clone(), self.value(image, shape, at, &format!("{name}.{field}"), depth)?);
        }
        Ok(Record { name: name.to_owned(), address, fields })
    }

    fn value(&self, image: &Image<'_>, shape: &Shape, at: u64, what: &str, depth: u32) -> Result<Value, BinaryError> {
        self.read.set(self.read.get() + 1);
        if depth == MAX_DEPTH || self.read.get() == MAX_VALUES {
            return Err(BinaryError::Damaged { what: format!("{what}, too much of it"), address: at });
        }
        let depth = depth + 1;
        Ok(match shape {
            Shape::Number(8) | Shape::Ref => Value::Number(image.word(at, what)?),
            Shape::Number(size) => Value::Number(number(image.bytes(at, *size, what)?)),
            Shape::Str => {
                let (address, length) = (image.word(at, what)?, image.word(at.wrapping_add(8), what)?);
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                let bytes = if length == 0 { &[] } else { image.bytes(address, length, what)? };
                let text = core::str::from_utf8(bytes)
                    .map_err(|_| BinaryError::Damaged { what: format!("{what}, no UTF-8"), address })?;
                Value::Text(text.to_owned())
            }
            Shape::Slice(element) => {
                let (address, length) = (image.word(at, what)?, image.word(at.wrapping_add(8), what)?);
                if length > MAX_ELEMENTS {
                    return Err(BinaryError::Damaged { what: format!("{what}, {length} elements"), address });
                }
                self.list(image, element, (address, length as usize), what, depth)?
            }
            Shape::Array(length, element) => self.list(image, element, (at, *length), what, depth)?,
            Shape::Null(_) if image.word(at, what)? == 0 => Value::Absent,
            Shape::Null(inner) => self.value(image, inner, at, what, depth)?,
            Shape::Option(size, inner) => {
                if number(image.bytes(at, *size, what)?) == 0 {
                    Value::Absent
                } else {
                    self.value(image, inner, at.wrapping_add(*size as u64), what, depth)?
                }
            }
            Shape::Named(name) => match self.enums.get(name) {
                Some(Enum { payload_at, variants, .. }) => {
                    let tag = number(image.bytes(at, 1, what)?);
                    let damaged =
                        || BinaryError::Damaged { what: format!("{what}, variant {tag} of {name}"), address: at };
                    let (variant, _, payload) = variants.iter().find(|(_, n, _)| *n == tag).ok_or_else(damaged)?;
                    let payload_at = at.wrapping_add(*payload_at as u64);
                    let payload =
                        payload.as_ref().map(|shape| self.value(image, shape, payload_at, what, depth)).transpose()?;
                    Value::Variant(variant.clone(), payload.map(Box::new))
                }
                None => Value::Record(self.record_in(image, name, at, depth)?),
            },
        })
    }

    fn list(
        &self,
        image: &Image<'_>,
        of: &Shape,
        (at, length): (u64, usize),
        what: &str,
        depth: u32,
    ) -> Result<Value, BinaryError> {
        let size = self.size(of)?;
        if length > 0 {
            image.bytes(at, length.saturating_mul(size), what)?; // before memory is taken for so many
        }
        let each = (0..length).map(|i| self.value(image, of, at.wrapping_add((i * size) as u64), what, depth));
        Ok(Value::List(each.collect::<Result<_, _>>()?))
    }

    fn size(&self, shape: &Shape) -> Result<usize, BinaryError> {
        match shape {
            Shape::Number(size) => Ok(*size),
            Shape::Str | Shape::Slice(_) => Ok(16),
            Shape::Ref => Ok(8),
            Shape::Null(inner) => self.size(inner),
            Shape::Array(length, inner) => Ok(length.saturating_mul(self.size(inner)?)),
            Shape::Named(name) => {
                let of_struct = self.structs.get(name).map(|s| s.size);
                of_struct.or_else(|| self.enums.get(name).map(|e| e.size)).ok_or_else(|| unknown(name))
            }
            Shape::Option(..) => Err(unknown("option")),
        }
    }
}

fn unknown(name: &str) -> BinaryError {
    BinaryError::Damaged { what: format!("the schema says nothing of the size of `{name}`"), address: 0 }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

impl Shape {
    /// From words such as `slice ref ClassDescriptor`.
    fn parse(words: &[&str]) -> Option<Shape> {
        let inner = |words| Shape::parse(words).map(Box::new);
        if words.len() > 8 {
            return None;
        }
        Some(match words {
            ["u8" | "bool"] => Shape::Number(1),
            ["u16"] => Shape::Number(2),
            ["u32"] => Shape::Number(4),
            ["u64" | "usize"] => Shape::Number(8),
            ["str"] => Shape::Str,
            ["ref", rest @ ..] if !rest.is_empty() => Shape::Ref,
            ["slice", rest @ ..] => Shape::Slice(inner(rest)?),
            ["null", rest @ ..] => Shape::Null(inner(rest)?),
            ["array", length, rest @ ..] => Shape::Array(length.parse().ok()?, inner(rest)?),
            ["option", size @ ("1" | "2" | "4" | "8"), rest @ ..] => Shape::Option(size.parse().ok()?, inner(rest)?),
            [name] if name.starts_with(|c: char| c.is_ascii_uppercase()) => Shape::Named((*name).to_owned()),
            _ => return None,
        })
    }
}

/// What is read has to be what the reader thinks it is.
impl Record {
    fn field<'a, T>(&'a self, name: &str, pick: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, BinaryError> {
        self.fields.get(name).and_then(pick).ok_or_else(|| self.damaged(name))
    }

    pub(super) fn damaged(&self, field: &str) -> BinaryError {
        BinaryError::Damaged { what: format!("{}.{field}", self.name), address: self.address }
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, BinaryError> {
        self.field(name, Value::as_number)
    }

    /// A number of fewer bits.
    pub(super) fn small<T: TryFrom<u64>>(&self, name: &str) -> Result<T, BinaryError> {
        self.field(name, |value| T::try_from(value.as_number()?).ok())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, BinaryError> {
        Ok(self.number(name)? != 0)
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, BinaryError> {
        self.field(name, |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    pub(super) fn list(&self, name: &str) -> Result<&[Value], BinaryError> {
        self.field(name, |value| match value {
            Value::List(list) => Some(list.as_slice()),
            _ => None,
        })
    }

    pub(super) fn record(&self, name: &str) -> Result<&Record, BinaryError> {
        self.field(name, Value::as_record)
    }

    /// The name of an enum's variant and what it carries.
    pub(super) fn variant(&self, name: &str) -> Result<(&str, Option<&Value>), BinaryError> {
        self.field(name, Value::as_variant)
    }

    /// What may be absent.
    pub(super) fn optional(&self, name: &str) -> Result<Option<&Value>, BinaryError> {
        self.field(name, Some).map(|value| (*value != Value::Absent).then_some(value))
    }
}

impl Value {
    pub(super) fn as_number(&self) -> Option<u64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }

    pub(super) fn as_record(&self) -> Option<&Record> {
        if let Value::Record(record) = self { Some(record) } else { None }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_variant(&self) -> Option<(&str, Option<&Value>)> {
        if let Value::Variant(name, payload) = self { Some((name, payload.as_deref())) } else { None }
    }
}
