//! From class tables to the model: with `extract_live`, the only module that knows `heapwright`'s types.

use crate::finish::{GENERATOR, finish, full_id};
use crate::model::{
    Access, Admits, Alignment, Bitfield, Bits, Class, Crate, Field, Holds, InstanceTypeOrder, Length, Meaning, Model,
    PerWidth, SCHEMA_VERSION, Struct, Tail, Value,
};
use heapwright::layout::{
    self, BitKind, BitfieldLayout, ClassDescriptor, ClassRegistry, FieldKind, FieldLayout, Member, StructLayout,
    TailLayout, TailLength, TypeSet,
};
use heapwright::spaces::AllocationAlignment;

impl Model {
    /// The classes that `registries` list and all classes above them, in the order of the class tree, with the bit
    /// fields and the structs that they hold.
    ///
    /// ```
    /// # static CLASSES: heapwright::layout::ClassRegistry = heapwright::layout::ClassRegistry::new("mine", &[]);
    /// let model = heapwright_docs::Model::from_registries(&[&CLASSES]);
    /// assert_eq!(model.crates[0].name, "mine");
    /// assert!(model.check().is_ok());
    /// ```
    #[must_use]
    pub fn from_registries(registries: &[&ClassRegistry]) -> Model {
        let classes = with_ancestors(registries);
        let bitfields = all_bitfields(&classes);
        let structs = all_structs(&classes);
        // Registries of which no isolate can be made are drawn without numbers.
        let assigned = layout::assign_instance_types(registries).unwrap_or_default();
        let model = Model {
            schema_version: SCHEMA_VERSION,
            generator: GENERATOR.to_owned(),
            source_url: None,
            crates: registries
                .iter()
                .map(|registry| Crate {
                    name: registry.crate_name().to_owned(),
                    classes: registry.classes().iter().map(|c| class_id(c)).collect(),
                })
                .collect(),
            classes: classes.iter().map(|c| class(c, &assigned)).collect(),
            bitfields: bitfields.iter().map(|b| bitfield(b)).collect(),
            structs: structs.iter().map(|s| struct_(s)).collect(),
            elsewhere: Vec::new(),
            objects: Vec::new(),
            footprints: Vec::new(),
        };
        finish(model)
    }
}

type ClassRef = &'static ClassDescriptor;

/// The classes in the order of the lists, each after those above it.
fn with_ancestors(registries: &[&ClassRegistry]) -> Vec<ClassRef> {
    let mut found: Vec<ClassRef> = Vec::new();
    for class in registries.iter().flat_map(|r| r.classes()) {
        let first_new = found.len();
        let mut above = Some(*class);
        while let Some(class) = above.filter(|c| !found.contains(c)) {
            found.insert(first_new, class);
            above = class.parent();
        }
    }
    found
}

/// The bit fields that the classes hold, and those nested in them.
fn all_bitfields(classes: &[ClassRef]) -> Vec<&'static BitfieldLayout> {
    fn add(bits: &'static BitfieldLayout, found: &mut Vec<&'static BitfieldLayout>) {
        if found.iter().any(|b| (b.module_path, b.name, b.line) == (bits.module_path, bits.name, bits.line)) {
            return;
        }
        found.push(bits);
        for field in bits.fields {
            if let BitKind::Nested(nested) = field.kind {
                add(nested, found);
            }
        }
    }
    let mut found = Vec::new();
    for class in classes {
        for kind in kinds(class) {
            if let FieldKind::SmiBits(bits) | FieldKind::Bits(bits) = kind {
                add(bits, &mut found);
            }
        }
    }
    found
}

/// The structs that lie in instances of the classes.
fn all_structs(classes: &[ClassRef]) -> Vec<&'static StructLayout> {
    let mut found: Vec<&'static StructLayout> = Vec::new();
    for kind in classes.iter().flat_map(|c| kinds(c)) {
        if let FieldKind::Struct(layout) = kind
            && found.iter().all(|s| (s.module_path, s.name, s.line) != (layout.module_path, layout.name, layout.line))
        {
            found.push(layout);
        }
    }
    found
}

fn class_id(class: &ClassDescriptor) -> String {
    let layout = class.layout();
    full_id(layout.module_path, layout.name, layout.line)
}

fn bitfield_id(bits: &BitfieldLayout) -> String {
    full_id(bits.module_path, bits.name, bits.line)
}

fn struct_id(layout: &StructLayout) -> String {
    full_id(layout.module_path, layout.name, layout.line)
}

/// What the own fields and the elements of a class hold, and the fields of structs among them.
fn kinds(class: ClassRef) -> impl Iterator<Item = &'static FieldKind> {
    let layout = class.layout();
    let own = layout.fields.iter().map(|f| &f.kind).chain(layout.tails.iter().map(|t| &t.element));
    own.flat_map(|kind| {
        let inner: &'static [FieldLayout] = if let FieldKind::Struct(layout) = kind { layout.fields } else { &[] };
        std::iter::once(kind).chain(inner.iter().map(|f| &f.kind))
    })
}

fn class(class: &ClassDescriptor, assigned: &[layout::AssignedInstanceTypes]) -> Class {
    let layout = class.layout();
    let assigned = assigned.iter().find(|a| a.class == class);
    Class {
        id: class_id(class),
        name: layout.name.to_owned(),
        crate_name: layout.module_path.split("::").next().unwrap_or_default().to_owned(),
        module: layout.module_path.to_owned(),
        file: layout.file.to_owned(),
        line: layout.line,
        doc: doc(layout.doc),
        parent: class.parent().map(class_id),
        is_abstract: layout.is_abstract,
        is_open: layout.is_open,
        instance_type: layout.instance_types.own,
        instance_types: layout.instance_types.range.map(|range| (range.first, range.last)),
        instance_type_order: match layout.instance_types.order {
            layout::InstanceTypeOrder::Any => None,
            layout::InstanceTypeOrder::Lowest => Some(InstanceTypeOrder::Lowest),
            layout::InstanceTypeOrder::Highest => Some(InstanceTypeOrder::Highest),
        },
        assigned_instance_type: assigned.and_then(|a| a.own),
        assigned_instance_types: assigned.and_then(|a| a.range).map(|range| (range.first, range.last)),
        is_copy: layout.is_copy,
        align: match layout.alignment {
            AllocationAlignment::Word => Alignment::Word,
            AllocationAlignment::Double => Alignment::Double,
            AllocationAlignment::DoubleUnaligned => Alignment::DoubleUnaligned,
        },
        header_size: both(layout.end()),
        instance_size: both(layout.end().round_up_to_tagged()),
        fields: layout.fields.iter().map(field).collect(),
        tails: layout.tails.iter().map(tail).collect(),
    }
}

fn field(field: &FieldLayout) -> Field {
    Field {
        name: field.name.to_owned(),
        type_name: field.type_name.to_owned(),
        doc: doc(field.doc),
        line: field.line,
        holds: holds(&field.kind),
        offset: both(field.offset),
        size: both(field.size),
        align: both(field.align),
        constant: field.constant,
        access: access(field.access),
        splice: field.splice.map(str::to_owned),
    }
}

fn access(access: layout::Access) -> Access {
    match access {
        layout::Access::Plain => Access::Plain,
        layout::Access::Relaxed => Access::Relaxed,
        layout::Access::AcquireRelease => Access::AcquireRelease,
        layout::Access::SeqCst => Access::SeqCst,
    }
}

fn tail(tail: &TailLayout) -> Tail {
    Tail {
        name: tail.name.to_owned(),
        type_name: tail.type_name.to_owned(),
        doc: doc(tail.doc),
        line: tail.line,
        holds: holds(&tail.element),
        element_size: both(tail.element_size),
        element_align: both(tail.element_align),
        length: match tail.length {
            TailLength::Field(text) => Length::Field(text.to_owned()),
            TailLength::Expression(text) => Length::Expression(text.to_owned()),
            TailLength::Condition(text) => Length::Condition(text.to_owned()),
        },
        constant: tail.constant,
        access: access(tail.access),
    }
}

fn struct_(layout: &StructLayout) -> Struct {
    Struct {
        id: struct_id(layout),
        name: layout.name.to_owned(),
        module: layout.module_path.to_owned(),
        file: layout.file.to_owned(),
        line: layout.line,
        doc: doc(layout.doc),
        is_tagged: layout.is_tagged,
        is_ephemeron: layout.is_ephemeron,
        size: both(layout.size),
        align: both(layout.align),
        fields: layout.fields.iter().map(field).collect(),
    }
}

fn holds(kind: &FieldKind) -> Holds {
    match kind {
        FieldKind::Tagged(set) => Holds::Strong { admits: admits(*set) },
        FieldKind::Weak(set) => Holds::Weak { admits: admits(*set) },
        FieldKind::MaybeWeak(set) => Holds::MaybeWeak { admits: admits(*set) },
        FieldKind::Smi => Holds::Smi,
        FieldKind::SmiBits(bits) => Holds::SmiBits { bitfield: bitfield_id(bits) },
        FieldKind::Raw(raw) => Holds::Raw { primitive: raw.name().to_owned() },
        FieldKind::Bits(bits) => Holds::Bits { bitfield: bitfield_id(bits) },
        FieldKind::External(type_name) => Holds::External { type_name: (*type_name).to_owned() },
        FieldKind::Struct(layout) => Holds::Struct { id: struct_id(layout) },
        FieldKind::Padding => Holds::Padding,
    }
}

fn admits(set: TypeSet) -> Vec<Admits> {
    let admits = |member: &Member| match member {
        Member::Any => Admits::Any,
        Member::Smi => Admits::Smi,
        Member::None => Admits::None,
        Member::Class(class) => Admits::Class(class_id(class)),
        Member::Weak(class) => Admits::Weak(class_id(class)),
    };
    set.members().iter().map(admits).collect()
}

fn bitfield(bits: &BitfieldLayout) -> Bitfield {
    Bitfield {
        id: bitfield_id(bits),
        name: bits.name.to_owned(),
        module: bits.module_path.to_owned(),
        file: bits.file.to_owned(),
        line: bits.line,
        doc: doc(bits.doc),
        storage: bits.storage.name().to_owned(),
        storage_bits: bits.storage.bits(),
        fields: bits
            .fields
            .iter()
            .map(|field| Bits {
                name: field.name.to_owned(),
                doc: doc(field.doc),
                line: field.line,
                shift: field.shift,
                size: field.size,
                means: meaning(field.kind),
                len: field.len,
                flags: if let BitKind::Flags(flags) = field.kind { values(flags) } else { Vec::new() },
                ignored: matches!(field.kind, BitKind::Ignored),
            })
            .collect(),
    }
}

fn meaning(kind: BitKind) -> Meaning {
    match kind {
        BitKind::Bool => Meaning::Bool,
        BitKind::Unsigned | BitKind::Flags(_) => Meaning::Unsigned,
        BitKind::Signed => Meaning::Signed,
        BitKind::Enum(variants) => Meaning::Enum { values: values(variants) },
        BitKind::Nested(nested) => Meaning::Nested { bitfield: bitfield_id(nested) },
        BitKind::Gap | BitKind::Ignored => Meaning::Gap,
    }
}

fn values(values: &[(&str, u64)]) -> Vec<Value> {
    values.iter().map(|&(name, value)| Value { name: name.to_owned(), value }).collect()
}

/// A doc comment without the space after each `///`.
fn doc(text: &str) -> String {
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn both(bytes: layout::PerWidth) -> PerWidth {
    PerWidth { compressed: bytes.compressed, full: bytes.full }
}
