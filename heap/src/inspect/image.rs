//! One object as plain data: its bytes, and what each of them is.

use super::print::{raw_text, reference_text};
use crate::barrier::SlotSet;
use crate::handles::HandleScope;
use crate::layout::{BitKind, BitfieldLayout, ClassDescriptor, FieldKind, RawKind, debug_bit_value, debug_bits};
use crate::memory::MemoryChunk;
use crate::spaces::SpaceId;
use crate::tagged::{HeapClass, HeapObject, HeapObjectExt, RawTagged, Smi, TAGGED_SIZE, TaggedCell, Word};
use core::fmt;

/// One object as it was at one moment: its bytes, and what each of them is. Nothing in it refers to the heap, so it stays
/// what it is while objects move and change. Made by [`HandleScope::object_image`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectImage {
    /// The class.
    pub class: &'static ClassDescriptor,
    /// Where the object lay.
    pub address: usize,
    /// The space it lay in.
    pub space: SpaceId,
    /// Whether it was young.
    pub is_young: bool,
    /// Number of the isolate, counted up in each process.
    pub isolate: u64,
    /// Collections that the isolate had had: addresses mean the same in images that agree in it and in `isolate`.
    pub collections: u64,
    /// All bytes, as they lie in memory.
    pub bytes: Vec<u8>,
    /// What they are, from the first to the last: each part begins where the one before it ends.
    pub parts: Vec<ImagePart>,
}

/// A run of bytes of one object: a field, a field of a struct in it, an element, or what lies between and behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImagePart {
    /// Bytes from the object's start.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
    /// The field or the tail, as the class declares it; empty for bytes that are no field's.
    pub field: &'static str,
    /// Which element of the tail, the first one for [`Elided`](PartKind::Elided); nothing for fields, optional ones included.
    pub index: Option<usize>,
    /// The field of the struct that lies there.
    pub inner: Option<&'static str>,
    /// How the bytes are to be understood.
    pub kind: PartKind,
    /// What they hold.
    pub value: ImageValue,
}

/// How the bytes of a part are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartKind {
    /// The word of the object's map.
    Map,
    /// A strong tagged value.
    Strong,
    /// A weak reference.
    Weak,
    /// A strong or weak reference, or a Smi.
    MaybeWeak,
    /// A Smi.
    Smi,
    /// A bit field in a Smi.
    SmiBits,
    /// A primitive.
    Raw(RawKind),
    /// A bit field in raw bytes.
    Bits,
    /// An address outside the heap.
    External,
    /// Declared padding.
    Padding,
    /// The rest of the last tagged word, behind the last field or element.
    Rounding,
    /// Elements that the image leaves out.
    Elided,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageValue {
    /// Nothing that means anything: padding, rounding.
    Nothing,
    /// A small integer.
    Smi(i32),
    /// No object, in a field of an `Option`: the Smi zero.
    Nil,
    /// A reference to an object.
    Reference(ImageReference),
    /// A weak reference whose referent has died.
    Cleared,
    /// A primitive, as `{:?}` prints it.
    Raw(String),
    /// A bit field.
    Bits {
        /// Its name.
        name: &'static str,
        /// All bits.
        bits: u64,
        /// All of it as `{:?}` prints it.
        text: String,
        /// Its fields from bit 0 up, those of nested ones among them, without gaps.
        fields: Vec<ImageBits>,
    },
    /// An address outside the heap.
    External(u64),
    /// So many elements that the image leaves out.
    Elided(usize),
}

/// An object that a field refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageReference {
    /// Its class.
    pub class: &'static ClassDescriptor,
    /// Where it lay.
    pub address: usize,
    /// Whether the reference is weak.
    pub is_weak: bool,
    /// Whether the object was young.
    pub is_young: bool,
    /// Whether the slot was in the remembered set, where slots of old objects that refer to young ones are.
    pub is_remembered: bool,
    /// What the object is in a few characters, where its layout alone tells: the text of a class whose only tail is bytes
    /// of ASCII, the number of a class whose only field is a number. No code of users is called.
    pub text: Option<String>,
}

/// One field of a bit field, or one element of an array in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageBits {
    /// Its name with those of the bit fields around it: `kind`, `color.red`, `states[2]`.
    pub name: String,
    /// The lowest bit, counted from that of the outermost bit field.
    pub shift: u32,
    /// How many bits.
    pub size: u32,
    /// The value as `{:?}` prints it: a number, `true`, the name of a variant, names of flags.
    pub value: String,
}

impl HandleScope<'_> {
    /// An object as plain data: the bytes of all its fields and elements with what they mean, by its own class. Of each
    /// tail the first `elements` are decoded; one part stands for the others, whose bytes are there all the same.
    ///
    /// Nothing is allocated in the heap and no code of users is called: neither `print` hooks nor accessors. There is
    /// nothing that could fail: whoever has a reference has a whole object. V8: `Print`, for programs.
    ///
    /// ```
    /// use heapwright::inspect::{ImageValue, PartKind};
    /// use heapwright::prelude::*;
    ///
    /// #[heap_object]
    /// pub struct Row {
    ///     next: Tagged<Option<Row>>,
    ///     #[constant]
    ///     length: Smi,
    ///     #[constant]
    ///     #[length = length]
    ///     cells: [u16],
    /// }
    ///
    /// heap_classes! { static CLASSES = [Row]; }
    /// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    /// let mut scope = isolate.enter();
    /// let row = Row::new(&mut scope, RowInit { next: Nil, cells: &[7, 8, 9] });
    ///
    /// let image = scope.object_image(row.get(&scope), 2);
    /// scope.collect(CollectionKind::Full); // the row moves, the image stays
    /// assert_eq!(image.class.name(), "Row");
    /// assert_eq!(image.bytes.len(), image.size());
    /// let names: Vec<String> = image.parts.iter().map(|part| part.to_string()).collect();
    /// assert_eq!(names, ["map", "next", "length", "cells[0]", "cells[1]", "cells[2]", "rounding"]);
    /// assert_eq!(image.parts[4].kind, PartKind::Raw(heapwright::layout::RawKind::U16));
    /// assert_eq!(image.parts[4].value.to_string(), "8");
    /// assert_eq!(image.bytes_of(&image.parts[4]), [8, 0]);
    /// assert_eq!(image.parts[5].value, ImageValue::Elided(1));
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[must_use]
    pub fn object_image<T: HeapClass>(&self, object: &T, elements: usize) -> ObjectImage {
        let object = object.as_heap_object();
        let chunk = MemoryChunk::of(object.address());
        let collector = &self.data().heap.collector;
        let bytes = bytes_of(object);
        let reader = Reader {
            address: object.address(),
            bytes: &bytes,
            remembered: chunk.old_to_new().map(|slots| (slots, object.address() - chunk.address())),
        };
        ObjectImage {
            class: object.class(),
            address: object.address(),
            space: chunk.space(),
            is_young: chunk.is_young(),
            isolate: self.data().id,
            collections: collector.young.count + collector.full.count,
            parts: reader.parts(object, elements),
            bytes,
        }
    }
}

/// A copy of an object's bytes.
pub(super) fn bytes_of(object: &HeapObject) -> Vec<u8> {
    let (address, size) = (object.address(), object.size());
    let mut bytes = Vec::with_capacity(size);
    for offset in (0..size).step_by(TAGGED_SIZE) {
        // SAFETY: objects are whole tagged words long and aligned to them, and memory of the heap is initialised whatever
        // lies there: the system hands it out as zeros. Other threads could write tagged words alone, and those
        // atomically, as this reads; what is raw only this thread touches, which is here.
        let word = unsafe { TaggedCell::at(address + offset) }.load_raw();
        bytes.extend(word.to_ne_bytes());
    }
    bytes
}

impl ObjectImage {
    /// Bytes of the object.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of one of its parts; none if the part is another image's and does not fit.
    #[must_use]
    pub fn bytes_of(&self, part: &ImagePart) -> &[u8] {
        let end = part.offset.saturating_add(part.size);
        self.bytes.get(part.offset..end).unwrap_or_default()
    }
}

/// The copied bytes of an object, and what it takes to understand them.
struct Reader<'a> {
    address: usize,
    bytes: &'a [u8],
    /// The chunk's remembered slots, and where in the chunk the object begins.
    remembered: Option<(&'a SlotSet, usize)>,
}

/// Where a part belongs.
#[derive(Clone, Copy)]
struct Place {
    field: &'static str,
    index: Option<usize>,
}

impl Reader<'_> {
    fn parts(&self, object: &HeapObject, most: usize) -> Vec<ImagePart> {
        let (class, layout) = (object.class(), object.class().layout());
        let mut parts = Vec::new();
        for (declared_in, field) in layout.all_fields() {
            let (at, place) = (field.offset.current() as usize, Place { field: field.name, index: None });
            let first = parts.len();
            self.field(at, place, &field.kind, field.size.current() as usize, &mut parts);
            if declared_in.parent.is_none() {
                parts[first..].iter_mut().for_each(|part| part.kind = PartKind::Map);
            } else if declared_in.is_map() && field.name == "class_entry" {
                // The address of the descriptor, for all that maps declare it as a number.
                let value = ImageValue::External(self.raw(at, field.size.current() as usize));
                parts[first..]
                    .iter_mut()
                    .for_each(|part| (part.kind, part.value) = (PartKind::External, value.clone()));
            }
        }
        // SAFETY: a reference is to a whole object, and the class is its own.
        let lengths = unsafe { class.tail_lengths(object.address()) };
        let mut start = layout.header_size();
        for (tail, &length) in layout.tails.iter().zip(lengths.as_slice()) {
            let size = tail.element_size.current() as usize;
            let is_optional = tail.length.is_condition();
            let shown = if is_optional { length } else { length.min(most) };
            for i in 0..shown {
                let place = Place { field: tail.name, index: (!is_optional).then_some(i) };
                self.field(start + i * size, place, &tail.element, size, &mut parts);
            }
            if length > shown {
                let place = Place { field: tail.name, index: Some(shown) };
                let value = ImageValue::Elided(length - shown);
                parts.push(place.part(start + shown * size, (length - shown) * size, PartKind::Elided, value));
            }
            start += length * size;
        }
        if start < self.bytes.len() {
            let nowhere = Place { field: "", index: None };
            parts.push(nowhere.part(start, self.bytes.len() - start, PartKind::Rounding, ImageValue::Nothing));
        }
        parts
    }

    /// A field or an element; of a struct, each of its fields.
    fn field(&self, at: usize, place: Place, kind: &FieldKind, size: usize, parts: &mut Vec<ImagePart>) {
        if size == 0 {
            return; // padding of the other width
        }
        let FieldKind::Struct(layout) = kind else {
            parts.push(self.part(at, place, kind, size));
            return;
        };
        for field in layout.fields.iter().filter(|field| field.size.current() > 0) {
            let at = at + field.offset.current() as usize;
            let part = self.part(at, place, &field.kind, field.size.current() as usize);
            parts.push(ImagePart { inner: Some(field.name), ..part });
        }
    }

    fn part(&self, at: usize, place: Place, kind: &FieldKind, size: usize) -> ImagePart {
        let (kind, value) = match kind {
            FieldKind::Tagged(types) => {
                let value = self.tagged(at);
                let is_nil = types.zero_is_nil() && value == ImageValue::Smi(0);
                (PartKind::Strong, if is_nil { ImageValue::Nil } else { value })
            }
            FieldKind::Weak(_) => (PartKind::Weak, self.tagged(at)),
            FieldKind::MaybeWeak(_) => (PartKind::MaybeWeak, self.tagged(at)),
            FieldKind::Smi => (PartKind::Smi, self.tagged(at)),
            FieldKind::SmiBits(layout) => {
                let bits = u64::from(Smi::from_word(self.word(at)).value() as u32 & 0x7fff_ffff);
                (PartKind::SmiBits, bits_value(layout, bits))
            }
            FieldKind::Bits(layout) => (PartKind::Bits, bits_value(layout, self.raw(at, size))),
            FieldKind::Raw(raw) => (PartKind::Raw(*raw), ImageValue::Raw(raw_text(self.raw(at, size), *raw))),
            FieldKind::External(_) => (PartKind::External, ImageValue::External(self.raw(at, size))),
            // Structs do not nest: `field` has taken this one apart.
            FieldKind::Struct(_) | FieldKind::Padding => (PartKind::Padding, ImageValue::Nothing),
        };
        place.part(at, size, kind, value)
    }

    fn word(&self, at: usize) -> Word {
        let mut raw = [0; TAGGED_SIZE];
        raw.copy_from_slice(&self.bytes[at..at + TAGGED_SIZE]);
        Word::decompress(RawTagged::from_ne_bytes(raw), self.address)
    }

    /// Up to eight bytes as an integer.
    fn raw(&self, at: usize, size: usize) -> u64 {
        let mut raw = [0; 8];
        raw[..size].copy_from_slice(&self.bytes[at..at + size]);
        u64::from_le_bytes(raw)
    }

    fn tagged(&self, at: usize) -> ImageValue {
        let word = self.word(at);
        if word.is_smi() {
            return ImageValue::Smi(Smi::from_word(word).value());
        }
        if word.is_cleared() {
            return ImageValue::Cleared;
        }
        // SAFETY: a field of a whole object refers to a whole object, which stays while the scope is borrowed; the word was
        // read under that same borrow.
        let target: &HeapObject = unsafe { word.as_object() };
        ImageValue::Reference(ImageReference {
            class: target.class(),
            address: target.address(),
            is_weak: word.is_weak(),
            is_young: MemoryChunk::of(target.address()).is_young(),
            is_remembered: self.remembered.is_some_and(|(slots, start)| slots.contains(start + at)),
            text: reference_text(target),
        })
    }
}

impl Place {
    fn part(self, offset: usize, size: usize, kind: PartKind, value: ImageValue) -> ImagePart {
        ImagePart { offset, size, field: self.field, index: self.index, inner: None, kind, value }
    }
}

fn bits_value(layout: &'static BitfieldLayout, bits: u64) -> ImageValue {
    fn add(layout: &BitfieldLayout, bits: u64, prefix: &str, base: u32, fields: &mut Vec<ImageBits>) {
        for field in layout.fields.iter().filter(|f| !matches!(f.kind, BitKind::Gap | BitKind::Ignored)) {
            for index in 0..field.len.unwrap_or(1) {
                let size = field.element_size();
                let shift = field.shift + index * size;
                let mut name = format!("{prefix}{}", field.name);
                if field.len.is_some() {
                    name.push_str(&format!("[{index}]"));
                }
                match field.kind {
                    BitKind::Nested(nested) => {
                        let value = (bits >> shift) & (u64::MAX >> (64 - size));
                        add(nested, value, &format!("{name}."), base + shift, fields);
                    }
                    _ => {
                        let value = fmt::from_fn(|f| debug_bit_value(field, bits >> shift, f)).to_string();
                        fields.push(ImageBits { name, shift: base + shift, size, value });
                    }
                }
            }
        }
    }
    let mut fields = Vec::new();
    add(layout, bits, "", 0, &mut fields);
    let text = fmt::from_fn(|f| debug_bits(layout, bits, f)).to_string();
    ImageValue::Bits { name: layout.name, bits, text, fields }
}

impl fmt::Display for ImagePart {
    /// What the part is called: `next`, `position.start`, `entries[3].key`, `rounding`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == PartKind::Rounding {
            return f.write_str("rounding");
        }
        f.write_str(self.field)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        if let Some(inner) = self.inner {
            write!(f, ".{inner}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ImageValue {
    /// As `{:?}` of an object prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageValue::Nothing => Ok(()),
            ImageValue::Smi(value) => write!(f, "{value}"),
            ImageValue::Reference(reference) => write!(f, "{reference}"),
            ImageValue::Nil => f.write_str("nil"),
            ImageValue::Cleared => f.write_str("<cleared>"),
            ImageValue::Raw(text) | ImageValue::Bits { text, .. } => f.write_str(text),
            ImageValue::External(address) => write!(f, "{address:#x}"),
            ImageValue::Elided(elements) => write!(f, "… {elements} more"),
        }
    }
}

impl fmt::Display for ImageReference {
    /// `weak <Point 0x7f…>`, `<OneByteString "name" 0x7f…>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "weak " } else { "" };
        let text = self.text.as_ref().map_or_else(String::new, |text| format!(" {text}"));
        write!(f, "{weak}<{}{text} {:#x}>", self.class.name(), self.address)
    }
}
