//! From the tables of a binary to a model.

use super::BinaryError;
use super::image::Image;
use super::schema::{Record, Schema, Value};
use crate::finish::{GENERATOR, finish, full_id};
use crate::model::{
    Access, Admits, Alignment, Bitfield, Bits, Class, Crate, Field, Holds, InstanceTypeOrder, Length, Meaning, Model,
    PerWidth, SCHEMA_VERSION, Struct, Tail, Value as Named,
};
use heapwright::debugger::MAGIC;
use std::collections::HashMap;

/// All classes of all registries that the entries refer to.
pub(super) fn read(image: &Image<'_>) -> Result<Model, BinaryError> {
    let mut reader = Reader {
        image,
        schema: Schema::default(),
        classes: HashMap::new(),
        order: Vec::new(),
        bitfields: HashMap::new(),
        structs: HashMap::new(),
    };
    let mut crates: Vec<Crate> = Vec::new();
    for &(address, bytes) in image.entries() {
        for offset in (0..bytes.len()).step_by(8).filter(|at| bytes[*at..].starts_with(&MAGIC)) {
            let entry = address + offset as u64;
            let word = |n: u64| image.word(entry + MAGIC.len() as u64 + 8 * n, "TableEntry");
            let (text, length, registry) = (word(1)?, word(2)?, word(3)?);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let text = core::str::from_utf8(image.bytes(text, length, "the schema")?);
            let text =
                text.map_err(|_| BinaryError::Damaged { what: "the schema, no UTF-8".into(), address: entry })?;
            reader.schema = Schema::parse(text)?;
            crates.push(reader.registry(registry)?);
        }
    }
    if crates.is_empty() {
        return Err(BinaryError::NoTables);
    }
    // The linker's order says nothing. The program's own classes come before those that it builds on.
    crates.sort_by_cached_key(|c| (is_of_heapwright(&c.name), c.name.clone(), c.classes.clone()));
    let Reader { mut classes, order, bitfields, structs, .. } = reader;
    // In the order of the lists too, so that two builds of a program have one model.
    let listed = crates.iter().flat_map(|c| &c.classes).cloned();
    let mut ordered: Vec<Class> = Vec::new();
    let by_id: HashMap<String, u64> =
        order.iter().filter_map(|at| classes.get(at)).map(|c| (c.class.id.clone(), c.address)).collect();
    for id in listed.collect::<Vec<_>>() {
        let first_new = ordered.len();
        let mut above = by_id.get(&id).copied();
        while let Some(Read { class, parent, .. }) = above.and_then(|at| classes.remove(&at)) {
            ordered.insert(first_new, class);
            above = parent;
        }
    }
    Ok(finish(Model {
        schema_version: SCHEMA_VERSION,
        generator: GENERATOR.to_owned(),
        source_url: None,
        crates,
        classes: ordered,
        bitfields: bitfields.into_values().collect(),
        structs: structs.into_values().collect(),
        elsewhere: Vec::new(),
        objects: Vec::new(),
        footprints: Vec::new(),
    }))
}

/// Whether a crate is one of Heapwright's own, which others build on.
fn is_of_heapwright(name: &str) -> bool {
    name == "heapwright" || name == "heapwright-objects" || name.starts_with("heapwright::")
}

/// A class with where its descriptor and that of its parent are.
struct Read {
    class: Class,
    address: u64,
    parent: Option<u64>,
}

struct Reader<'i, 'f> {
    image: &'i Image<'f>,
    schema: Schema,
    /// By the addresses of descriptors.
    classes: HashMap<u64, Read>,
    order: Vec<u64>,
    /// By the addresses of layouts.
    bitfields: HashMap<u64, Bitfield>,
    structs: HashMap<u64, Struct>,
}

impl Reader<'_, '_> {
    fn record(&self, name: &str, address: u64) -> Result<Record, BinaryError> {
        self.schema.record(self.image, name, address)
    }

    fn registry(&mut self, address: u64) -> Result<Crate, BinaryError> {
        let registry = self.record("ClassRegistry", address)?;
        let mut classes = Vec::new();
        for class in registry.list("classes")? {
            let descriptor = class.as_number().ok_or_else(|| registry.damaged("classes"))?;
            self.class(descriptor)?;
            classes.push(self.class_id(descriptor)?);
        }
        Ok(Crate { name: registry.text("crate_name")?.to_owned(), classes })
    }

    /// Reads a class and those above it.
    fn class(&mut self, descriptor: u64) -> Result<(), BinaryError> {
        let mut next = Some((descriptor, None));
        while let Some((address, depth)) = next {
            let record = self.record("ClassDescriptor", address)?;
            let found = record.number("depth")?;
            if depth.is_some_and(|depth| depth != found) {
                return Err(record.damaged("depth"));
            }
            let parent = match found.checked_sub(1) {
                None => None,
                Some(above) => {
                    let parent = usize::try_from(above).ok().and_then(|i| record.list("display").ok()?.get(i));
                    Some(parent.and_then(Value::as_number).ok_or_else(|| record.damaged("display"))?)
                }
            };
            if self.classes.contains_key(&address) {
                return Ok(());
            }
            let class = self.read_class(&record, parent)?;
            self.classes.insert(address, Read { class, address, parent });
            self.order.push(address);
            next = parent.map(|parent| (parent, Some(found - 1)));
        }
        Ok(())
    }

    fn read_class(&mut self, descriptor: &Record, parent: Option<u64>) -> Result<Class, BinaryError> {
        let layout = self.record("ClassLayout", descriptor.number("layout")?)?;
        let types = layout.record("instance_types")?;
        let range = types.optional("range")?.and_then(Value::as_record);
        let fields = self.fields(layout.list("fields")?, &layout)?;
        let tails = layout.list("tails")?.iter().map(|tail| {
            let tail = tail.as_record().ok_or_else(|| layout.damaged("tails"))?;
            self.tail(tail)
        });
        let tails = tails.collect::<Result<Vec<_>, _>>()?;
        let parent_id = parent.map(|parent| self.class_id(parent)).transpose()?;
        let header_size = match fields.last() {
            Some(last) => plus(last.offset, last.size).ok_or_else(|| layout.damaged("fields"))?,
            None => self.end_of(parent)?,
        };
        let text = |name| layout.text(name).map(str::to_owned);
        let module = text("module_path")?;
        Ok(Class {
            id: full_id(&module, layout.text("name")?, layout.small("line")?),
            name: text("name")?,
            crate_name: module.split("::").next().unwrap_or_default().to_owned(),
            module,
            file: text("file")?,
            line: layout.small("line")?,
            doc: doc(layout.text("doc")?),
            parent: parent_id,
            is_abstract: layout.flag("is_abstract")?,
            is_open: layout.flag("is_open")?,
            instance_type: types.optional("own")?.and_then(Value::as_number).map(|number| number as u16),
            instance_types: range
                .map(|range| Ok::<_, BinaryError>((range.small("first")?, range.small("last")?)))
                .transpose()?,
            instance_type_order: match types.variant("order")?.0 {
                "Lowest" => Some(InstanceTypeOrder::Lowest),
                "Highest" => Some(InstanceTypeOrder::Highest),
                _ => None,
            },
            assigned_instance_type: None, // an isolate gives them
            assigned_instance_types: None,
            is_copy: layout.flag("is_copy")?,
            align: match layout.variant("alignment")?.0 {
                "Double" => Alignment::Double,
                "DoubleUnaligned" => Alignment::DoubleUnaligned,
                _ => Alignment::Word,
            },
            header_size,
            instance_size: PerWidth {
                compressed: header_size
                    .compressed
                    .checked_next_multiple_of(4)
                    .ok_or_else(|| layout.damaged("fields"))?,
                full: header_size.full.checked_next_multiple_of(8).ok_or_else(|| layout.damaged("fields"))?,
            },
            fields,
            tails,
        })
    }

    /// Where the fields of a class end that is perhaps not read yet.
    fn end_of(&mut self, mut descriptor: Option<u64>) -> Result<PerWidth, BinaryError> {
        let mut depth = 0;
        while let Some(address) = descriptor {
            let record = self.record("ClassDescriptor", address)?;
            let layout = self.record("ClassLayout", record.number("layout")?)?;
            if let Some(last) = self.fields(layout.list("fields")?, &layout)?.last() {
                return plus(last.offset, last.size).ok_or_else(|| layout.damaged("fields"));
            }
            let above = record.number("depth")?.checked_sub(1);
            let parent = above.and_then(|above| record.list("display").ok()?.get(usize::try_from(above).ok()?));
            descriptor = parent.and_then(Value::as_number);
            depth += 1;
            if depth > 64 {
                return Err(record.damaged("display"));
            }
        }
        Ok(PerWidth { compressed: 0, full: 0 })
    }

    fn class_id(&self, descriptor: u64) -> Result<String, BinaryError> {
        let descriptor = self.record("ClassDescriptor", descriptor)?;
        let layout = self.record("ClassLayout", descriptor.number("layout")?)?;
        id(&layout)
    }

    fn fields(&mut self, fields: &[Value], of: &Record) -> Result<Vec<Field>, BinaryError> {
        let record = |field: &'_ Value| field.as_record().cloned().ok_or_else(|| of.damaged("fields"));
        fields.iter().map(|field| self.field(&record(field)?)).collect()
    }

    fn field(&mut self, field: &Record) -> Result<Field, BinaryError> {
        Ok(Field {
            name: field.text("name")?.to_owned(),
            type_name: field.text("type_name")?.to_owned(),
            doc: doc(field.text("doc")?),
            line: field.small("line")?,
            holds: self.holds(field, "kind")?,
            offset: both(field, "offset")?,
            size: both(field, "size")?,
            align: both(field, "align")?,
            constant: field.flag("constant")?,
            access: access(field)?,
            splice: field.optional("splice")?.and_then(Value::as_text).map(str::to_owned),
        })
    }

    fn tail(&mut self, tail: &Record) -> Result<Tail, BinaryError> {
        let (length, text) = tail.variant("length")?;
        let text = text.and_then(Value::as_text).ok_or_else(|| tail.damaged("length"))?.to_owned();
        Ok(Tail {
            name: tail.text("name")?.to_owned(),
            type_name: tail.text("type_name")?.to_owned(),
            doc: doc(tail.text("doc")?),
            line: tail.small("line")?,
            holds: self.holds(tail, "element")?,
            element_size: both(tail, "element_size")?,
            element_align: both(tail, "element_align")?,
            length: match length {
                "Field" => Length::Field(text),
                "Expression" => Length::Expression(text),
                "Condition" => Length::Condition(text),
                _ => return Err(tail.damaged("length")),
            },
            constant: tail.flag("constant")?,
            access: access(tail)?,
        })
    }

    fn holds(&mut self, field: &Record, name: &str) -> Result<Holds, BinaryError> {
        let damaged = || field.damaged(name);
        let (kind, payload) = field.variant(name)?;
        let admits = || -> Result<Vec<Admits>, BinaryError> {
            let set = payload.and_then(Value::as_record).ok_or_else(damaged)?;
            set.list("members")?.iter().map(|member| self.admits(member, set)).collect()
        };
        let address = || payload.and_then(Value::as_number).ok_or_else(damaged);
        Ok(match kind {
            "Tagged" => Holds::Strong { admits: admits()? },
            "Weak" => Holds::Weak { admits: admits()? },
            "MaybeWeak" => Holds::MaybeWeak { admits: admits()? },
            "Smi" => Holds::Smi,
            "SmiBits" => Holds::SmiBits { bitfield: self.bitfield(address()?)? },
            "Bits" => Holds::Bits { bitfield: self.bitfield(address()?)? },
            "Raw" => {
                let (primitive, _) = payload.and_then(Value::as_variant).ok_or_else(damaged)?;
                Holds::Raw { primitive: primitive.to_ascii_lowercase() }
            }
            "External" => {
                let type_name = payload.and_then(Value::as_text).ok_or_else(damaged)?;
                Holds::External { type_name: type_name.to_owned() }
            }
            "Struct" => Holds::Struct { id: self.struct_(address()?)? },
            "Padding" => Holds::Padding,
            _ => return Err(damaged()),
        })
    }

    fn admits(&self, member: &Value, set: &Record) -> Result<Admits, BinaryError> {
        let damaged = || set.damaged("members");
        let (member, class) = member.as_variant().ok_or_else(damaged)?;
        let class = || self.class_id(class.and_then(Value::as_number).ok_or_else(damaged)?);
        Ok(match member {
            "Any" => Admits::Any,
            "Smi" => Admits::Smi,
            "None" => Admits::None,
            "Class" => Admits::Class(class()?),
            "Weak" => Admits::Weak(class()?),
            _ => return Err(damaged()),
        })
    }

    /// Reads a struct; its id.
    fn struct_(&mut self, address: u64) -> Result<String, BinaryError> {
        if let Some(known) = self.structs.get(&address) {
            return Ok(known.id.clone());
        }
        let layout = self.record("StructLayout", address)?;
        let id = id(&layout)?;
        let mut read = Struct {
            id: id.clone(),
            name: layout.text("name")?.to_owned(),
            module: layout.text("module_path")?.to_owned(),
            file: layout.text("file")?.to_owned(),
            line: layout.small("line")?,
            doc: doc(layout.text("doc")?),
            is_tagged: layout.flag("is_tagged")?,
            is_ephemeron: layout.flag("is_ephemeron")?,
            size: both(&layout, "size")?,
            align: both(&layout, "align")?,
            fields: Vec::new(),
        };
        self.structs.insert(address, read.clone()); // should it hold itself, which none does
        read.fields = self.fields(layout.list("fields")?, &layout)?;
        self.structs.insert(address, read);
        Ok(id)
    }

    /// Reads a bit field and those nested in it; its id.
    fn bitfield(&mut self, address: u64) -> Result<String, BinaryError> {
        let mut first = None;
        let mut waiting = vec![address];
        while let Some(address) = waiting.pop() {
            let layout = self.record("BitfieldLayout", address)?;
            let id = id(&layout)?;
            if !self.bitfields.contains_key(&address) {
                let storage = layout.variant("storage")?.0.to_ascii_lowercase();
                let mut fields = Vec::new();
                for field in layout.list("fields")? {
                    let field = field.as_record().ok_or_else(|| layout.damaged("fields"))?;
                    fields.push(self.bits(field, &mut waiting)?);
                }
                let bits = Bitfield {
                    id: id.clone(),
                    name: layout.text("name")?.to_owned(),
                    module: layout.text("module_path")?.to_owned(),
                    file: layout.text("file")?.to_owned(),
                    line: layout.small("line")?,
                    doc: doc(layout.text("doc")?),
                    storage_bits: storage.trim_start_matches('u').parse().map_err(|_| layout.damaged("storage"))?,
                    storage,
                    fields,
                };
                self.bitfields.insert(address, bits);
            }
            first.get_or_insert(id);
        }
        first.ok_or(BinaryError::NoTables)
    }

    fn bits(&self, field: &Record, waiting: &mut Vec<u64>) -> Result<Bits, BinaryError> {
        let (kind, payload) = field.variant("kind")?;
        let names = || payload.map_or(Ok(Vec::new()), |names| named(names, field));
        let means = match kind {
            "Bool" => Meaning::Bool,
            "Unsigned" | "Flags" => Meaning::Unsigned,
            "Signed" => Meaning::Signed,
            "Enum" => Meaning::Enum { values: names()? },
            "Nested" => {
                let nested = payload.and_then(Value::as_number).ok_or_else(|| field.damaged("kind"))?;
                waiting.push(nested);
                Meaning::Nested { bitfield: id(&self.record("BitfieldLayout", nested)?)? }
            }
            "Gap" | "Ignored" => Meaning::Gap,
            _ => return Err(field.damaged("kind")),
        };
        Ok(Bits {
            name: field.text("name")?.to_owned(),
            doc: doc(field.text("doc")?),
            line: field.small("line")?,
            shift: field.small("shift")?,
            size: field.small("size")?,
            means,
            len: field.optional("len")?.and_then(Value::as_number).map(|len| len as u32),
            flags: if kind == "Flags" { names()? } else { Vec::new() },
            ignored: kind == "Ignored",
        })
    }
}

fn id(layout: &Record) -> Result<String, BinaryError> {
    Ok(full_id(layout.text("module_path")?, layout.text("name")?, layout.small("line")?))
}

fn both(record: &Record, name: &str) -> Result<PerWidth, BinaryError> {
    let both = record.record(name)?;
    Ok(PerWidth { compressed: both.small("compressed")?, full: both.small("full")? })
}

fn plus(a: PerWidth, b: PerWidth) -> Option<PerWidth> {
    Some(PerWidth { compressed: a.compressed.checked_add(b.compressed)?, full: a.full.checked_add(b.full)? })
}

fn access(field: &Record) -> Result<Access, BinaryError> {
    Ok(match field.variant("access")?.0 {
        "Plain" => Access::Plain,
        "Relaxed" => Access::Relaxed,
        "AcquireRelease" => Access::AcquireRelease,
        "SeqCst" => Access::SeqCst,
        _ => return Err(field.damaged("access")),
    })
}

fn named(values: &Value, field: &Record) -> Result<Vec<Named>, BinaryError> {
    let Value::List(values) = values else { return Err(field.damaged("kind")) };
    let read = |value: &Value| {
        let value = value.as_record().ok_or_else(|| field.damaged("kind"))?;
        Ok(Named { name: value.text("name")?.to_owned(), value: value.number("value")? })
    };
    values.iter().map(read).collect()
}

/// A doc comment without the space after each `///`.
fn doc(text: &str) -> String {
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}
