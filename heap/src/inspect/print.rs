//! Printing objects from their layout. V8: `HeapObjectPrint`, generated per class there.

use super::walk::load;
use crate::layout::{BitStorage, FieldKind, RawKind, debug_bits};
use crate::tagged::{HeapClass, HeapObject, HeapObjectExt, HeapStruct, Smi, StructRef, Word};
use core::fmt;

/// Elements of a tail that are printed.
const SHOWN: usize = 16;

/// One line: class and address. V8: `ShortPrint`.
pub(crate) fn brief(object: &HeapObject, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "<{} {:#x}>", object.class().name(), object.address())
}

/// What `{:?}` prints of an object: what the `print` hook of its class writes, or that of the nearest class above that
/// has one; without one, [`debug_fields`]. With `{:#?}`, both.
///
/// The one-line form in which objects appear within others, in unions and in panics has no use for hooks: it has to be
/// short, must not run in circles, and a panic must not call code that may panic.
///
/// # Errors
///
/// If the formatter fails.
pub fn debug_object<T: HeapClass>(object: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let object = object.as_heap_object();
    let Some(hook) = object.class().print_hook() else { return debug_fields(object, f) };
    // SAFETY: the hook of the object's class or of one above it, and so for such objects.
    unsafe { hook(object, f) }?;
    if f.alternate() {
        f.write_str("\n")?;
        debug_fields(object, f)?;
    }
    Ok(())
}

/// All fields, by the object's own class. With `{:#?}`, one a line, with offsets. For `print` hooks that add to it:
/// `{:?}` would call the hook again.
///
/// # Errors
///
/// If the formatter fails.
pub fn debug_fields<T: HeapClass>(object: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let object = object.as_heap_object();
    let class = object.class();
    let verbose = f.alternate();
    write!(f, "{}", class.name())?;
    if verbose {
        write!(f, " at {:#x}, {} bytes, {}", object.address(), object.size(), object.space())?;
    }
    f.write_str(" {")?;
    let mut first = true;
    let mut field = |f: &mut fmt::Formatter<'_>, offset: usize, name: &dyn fmt::Display| {
        if verbose {
            write!(f, "\n    {offset:>4}  {name}: ")
        } else if core::mem::take(&mut first) {
            write!(f, " {name}: ")
        } else {
            write!(f, ", {name}: ")
        }
    };
    for (declared_in, layout) in class.layout().all_fields() {
        if declared_in.parent.is_none() || matches!(layout.kind, FieldKind::Padding) {
            continue; // the map is the class, which is printed; padding is nothing
        }
        let offset = layout.offset.current() as usize;
        field(f, offset, &layout.name)?;
        value(object.address() + offset, &layout.kind, f)?;
    }
    // SAFETY: a reference is to a whole object, and the class is its own.
    let lengths = unsafe { class.tail_lengths(object.address()) };
    let mut start = class.layout().header_size();
    for (tail, &length) in class.layout().tails.iter().zip(lengths.as_slice()) {
        let size = tail.element_size.current() as usize;
        let end = start + length * size;
        if tail.length.is_condition() {
            if length > 0 {
                field(f, start, &tail.name)?;
                value(object.address() + start, &tail.element, f)?;
            }
            start = end;
            continue;
        }
        field(f, start, &tail.name)?;
        f.write_str("[")?;
        for i in 0..length.min(SHOWN) {
            if i > 0 {
                f.write_str(", ")?;
            }
            value(object.address() + start + i * size, &tail.element, f)?;
        }
        if length > SHOWN {
            write!(f, ", … {} more", length - SHOWN)?;
        }
        f.write_str("]")?;
        start = end;
    }
    f.write_str(if verbose { "\n}" } else { " }" })
}

/// All fields of a struct in an object: what `{:?}` prints of its view.
///
/// # Errors
///
/// If the formatter fails.
pub fn debug_struct<S: HeapStruct>(at: StructRef<'_, S>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    value(core::ptr::from_ref(at.cells()).addr(), &FieldKind::Struct(S::LAYOUT), f)
}

/// One value, as its kind says.
fn value(address: usize, kind: &FieldKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        FieldKind::Tagged(types) if types.zero_is_nil() && load(address).same(Word::ZERO) => f.write_str("nil"),
        FieldKind::Tagged(_) | FieldKind::Weak(_) | FieldKind::MaybeWeak(_) | FieldKind::Smi => word(load(address), f),
        FieldKind::SmiBits(layout) => {
            debug_bits(layout, u64::from(Smi::from_word(load(address)).value() as u32 & 0x7fff_ffff), f)
        }
        FieldKind::Bits(layout) => debug_bits(layout, raw_bits(address, layout.storage), f),
        FieldKind::Raw(kind) => raw(raw_bits(address, storage(*kind)), *kind, f),
        FieldKind::External(_) => write!(f, "{:#x}", raw_bits(address, BitStorage::U64)),
        FieldKind::Struct(layout) => {
            f.write_str(layout.name)?;
            let mut separator = " { ";
            for field in layout.fields.iter().filter(|field| !matches!(field.kind, FieldKind::Padding)) {
                write!(f, "{separator}{}: ", field.name)?;
                value(address + field.offset.current() as usize, &field.kind, f)?;
                separator = ", ";
            }
            f.write_str(" }")
        }
        FieldKind::Padding => Ok(()),
    }
}

fn word(word: Word, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if word.is_smi() {
        return write!(f, "{}", Smi::from_word(word));
    }
    if word.is_cleared() {
        return f.write_str("<cleared>");
    }
    if word.is_weak() {
        f.write_str("weak ")?;
    }
    // SAFETY: a field of a live object refers to a live object.
    brief(unsafe { word.as_object() }, f)
}

fn raw_bits(address: usize, storage: BitStorage) -> u64 {
    let at = core::ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the layout says that a raw field of that size lies there; only this thread touches raw fields.
    unsafe {
        match storage.size() {
            1 => u64::from(at.read()),
            2 => u64::from(at.cast::<u16>().read_unaligned()),
            4 => u64::from(at.cast::<u32>().read_unaligned()),
            _ => at.cast::<u64>().read_unaligned(),
        }
    }
}

/// A primitive, from its bits.
fn raw(bits: u64, kind: RawKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        RawKind::U8 | RawKind::U16 | RawKind::U32 | RawKind::U64 => write!(f, "{bits:?}"),
        RawKind::I8 => write!(f, "{:?}", bits as i8),
        RawKind::I16 => write!(f, "{:?}", bits as i16),
        RawKind::I32 => write!(f, "{:?}", bits as i32),
        RawKind::I64 => write!(f, "{:?}", bits as i64),
        RawKind::F32 => write!(f, "{:?}", f32::from_bits(bits as u32)),
        RawKind::F64 => write!(f, "{:?}", f64::from_bits(bits)),
        RawKind::Bool => write!(f, "{}", bits != 0),
    }
}

/// The same as a text.
pub(super) fn raw_text(bits: u64, kind: RawKind) -> String {
    fmt::from_fn(|f| raw(bits, kind, f)).to_string()
}

/// The integer that has the bits of such a primitive.
const fn storage(kind: RawKind) -> BitStorage {
    match kind.size() {
        1 => BitStorage::U8,
        2 => BitStorage::U16,
        4 => BitStorage::U32,
        _ => BitStorage::U64,
    }
}

/// Characters of a text that are shown of an object that something refers to.
const TEXT: usize = 24;

/// What an object is, if its layout alone tells.
pub(super) enum LayoutText {
    /// The first characters of a text, and whether there are more.
    Text(String, bool),
    /// A number.
    Number(String),
}

/// What an object is in a few characters, if its layout alone tells: text or a number.
pub(super) fn reference_text(object: &HeapObject) -> Option<String> {
    Some(match layout_text(object, TEXT)? {
        LayoutText::Text(text, more) => format!("{text:?}{}", if more { "…" } else { "" }),
        LayoutText::Number(text) => text,
    })
}

/// The same, with as many characters of a text as there are up to `most`.
pub(super) fn layout_text(object: &HeapObject, most: usize) -> Option<LayoutText> {
    let (class, layout) = (object.class(), object.class().layout());
    if let [tail, others @ ..] = layout.tails {
        if !others.is_empty() || !matches!(tail.element, FieldKind::Raw(RawKind::U8)) || tail.length.is_condition() {
            return None;
        }
        // SAFETY: a reference is to a whole object, and the class is its own.
        let length = unsafe { class.tail_lengths(object.address()) }.as_slice()[0];
        let start = object.address() + layout.header_size();
        let bytes = (0..length.min(most)).map(|i| raw_bits(start + i, BitStorage::U8) as u8);
        let text: String = bytes.map(char::from).collect();
        let is_text = length > 0 && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        return is_text.then_some(LayoutText::Text(text, length > most));
    }
    let mut fields = layout
        .all_fields()
        .filter(|(declared_in, field)| declared_in.parent.is_some() && !matches!(field.kind, FieldKind::Padding));
    let (Some((_, field)), None) = (fields.next(), fields.next()) else { return None };
    let FieldKind::Raw(kind) = field.kind else { return None };
    let at = object.address() + field.offset.current() as usize;
    Some(LayoutText::Number(raw_text(raw_bits(at, storage(kind)), kind)))
}
