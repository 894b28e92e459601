//! From what was seen in a heap to the model: with `extract`, the only module that knows `heapwright`'s types.

use crate::model::{
    LiveBits, LiveClass, LiveFootprint, LiveKind, LiveObject, LivePart, LiveReference, LiveSpace, Model, Width,
};
use heapwright::ClassDescriptor;
use heapwright::inspect::{Footprint, ImagePart, ImageValue, ObjectImage, PartKind};
use heapwright::layout::PointerWidth;
use std::fmt::Write as _;

impl Model {
    /// With a real object: its bytes and values are drawn over its layout, under this name.
    ///
    /// ```
    /// use heapwright::prelude::*;
    /// use heapwright_docs::{Model, render_text};
    ///
    /// #[heap_object]
    /// pub struct Point {
    ///     x: Smi,
    ///     next: Tagged<Option<Point>>,
    /// }
    ///
    /// heap_classes! { static CLASSES = [Point]; }
    ///
    /// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// let mut scope = isolate.enter();
    /// let origin = Point::new(&mut scope, PointInit { x: 0, next: Nil });
    /// let point = Point::new(&mut scope, PointInit { x: -1, next: origin });
    /// let model = Model::from_registries(&[&CLASSES])
    ///     .with_object("a point", &scope.object_image(point.get(&scope), 32))
    ///     .with_object("the origin", &scope.object_image(origin.get(&scope), 32))
    ///     .with_footprint("the point and what it refers to", &scope.footprint([point.get(&scope)]))
    ///     .with_numbered_objects();
    /// assert!(model.check().is_ok());
    /// println!("{}", render_text(&model));
    /// # let text = render_text(&model);
    /// # let text = &text[text.find("a point: ").unwrap()..];
    /// # let expected = include_str!("extract_live.txt");
    /// # assert_eq!(cfg!(feature = "pointer-compression"), text.starts_with(expected), "{text}");
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    ///
    /// prints, below the classes, with compressed pointers:
    ///
    /// ```text
    #[doc = include_str!("extract_live.txt")]
    /// …
    /// ```
    #[must_use]
    pub fn with_object(mut self, name: impl Into<String>, image: &ObjectImage) -> Model {
        let object = LiveObject {
            name: name.into(),
            class: self.live_class(image.class),
            width: WIDTH,
            address: address(image.address),
            isolate: image.isolate,
            collections: image.collections,
            space: image.space.name().to_owned(),
            is_young: image.is_young,
            size: image.size() as u64,
            parts: image.parts.iter().map(|part| self.live_part(image, part)).collect(),
        };
        self.objects.push(object);
        self
    }

    /// With what some objects took with all that they referred to, under this name.
    #[must_use]
    pub fn with_footprint(mut self, name: impl Into<String>, footprint: &Footprint) -> Model {
        let classes = footprint.classes.iter().map(|of| LiveClass {
            class: self.live_class(of.class),
            objects: of.objects as u64,
            bytes: of.bytes as u64,
            wasted: of.wasted as u64,
            largest: of.largest as u64,
            weak_objects: of.weak_objects as u64,
            weak_bytes: of.weak_bytes as u64,
        });
        let spaces = footprint.spaces.iter().map(|of| LiveSpace {
            space: of.space.name().to_owned(),
            objects: of.objects as u64,
            bytes: of.bytes as u64,
        });
        let footprint = LiveFootprint {
            name: name.into(),
            width: WIDTH,
            roots: footprint.roots as u64,
            objects: footprint.objects as u64,
            bytes: footprint.bytes as u64,
            wasted: footprint.wasted as u64,
            references: footprint.references as u64,
            depth: footprint.depth as u64,
            weak_objects: footprint.weak_objects as u64,
            weak_bytes: footprint.weak_bytes as u64,
            classes: classes.collect(),
            spaces: spaces.collect(),
        };
        self.footprints.push(footprint);
        self
    }

    /// The id of a class; its path, if the model lacks it.
    fn live_class(&self, class: &ClassDescriptor) -> String {
        let layout = class.layout();
        let is_it = |c: &&crate::model::Class| {
            (c.name.as_str(), c.module.as_str(), c.line) == (layout.name, layout.module_path, layout.line)
        };
        self.classes.iter().find(is_it).map_or_else(|| path(layout.module_path, layout.name), |class| class.id.clone())
    }

    fn live_part(&self, image: &ObjectImage, part: &ImagePart) -> LivePart {
        let (kind, primitive) = kind(part.kind);
        LivePart {
            offset: part.offset as u64,
            size: part.size as u64,
            field: part.field.to_owned(),
            index: part.index.map(|index| index as u64),
            inner: part.inner.map(str::to_owned),
            kind,
            primitive,
            bytes: (kind != LiveKind::Elided).then(|| hex(image.bytes_of(part))),
            value: match &part.value {
                ImageValue::Reference(reference) => reference.text.clone().unwrap_or_default(),
                value => value.to_string(),
            },
            refers_to: match &part.value {
                ImageValue::Reference(reference) => Some(LiveReference {
                    class: self.live_class(reference.class),
                    address: address(reference.address),
                    is_weak: reference.is_weak,
                    is_remembered: reference.is_remembered,
                }),
                _ => None,
            },
            bits: match &part.value {
                ImageValue::Bits { fields, .. } => fields
                    .iter()
                    .map(|bits| LiveBits {
                        name: bits.name.clone(),
                        shift: bits.shift,
                        size: bits.size,
                        value: bits.value.clone(),
                    })
                    .collect(),
                _ => Vec::new(),
            },
        }
    }
}

/// What a class is called that the model lacks.
fn path(module: &str, name: &str) -> String {
    format!("{module}::{name}")
}

/// The pointer width that the linked `heapwright` is built for.
const WIDTH: Width = match PointerWidth::CURRENT {
    PointerWidth::Compressed => Width::Compressed,
    PointerWidth::Full => Width::Full,
};

fn kind(kind: PartKind) -> (LiveKind, Option<String>) {
    let kind = match kind {
        PartKind::Raw(raw) => return (LiveKind::Raw, Some(raw.name().to_owned())),
        PartKind::Map => LiveKind::Map,
        PartKind::Strong => LiveKind::Strong,
        PartKind::Weak => LiveKind::Weak,
        PartKind::MaybeWeak => LiveKind::MaybeWeak,
        PartKind::Smi => LiveKind::Smi,
        PartKind::SmiBits => LiveKind::SmiBits,
        PartKind::Bits => LiveKind::Bits,
        PartKind::External => LiveKind::External,
        PartKind::Rounding => LiveKind::Rounding,
        PartKind::Elided => LiveKind::Elided,
        // Padding, and what a newer `heapwright` may know: bytes of which nothing is said.
        _ => LiveKind::Padding,
    };
    (kind, None)
}

fn address(address: usize) -> String {
    format!("{address:#x}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
