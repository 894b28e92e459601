//! What the collector needs of a class: how large an instance is and where its pointers lie, in one word.

use super::class::{ClassLayout, TailLayout};
use super::field::{FieldKind, FieldLayout};
use super::width::PointerWidth;
use crate::spaces::AllocationAlignment;
use crate::tagged::HeapClass;
use crate::{BitEnum, bitfield};

const WORD: u32 = PointerWidth::CURRENT.tagged_size();

/// The largest fixed part of an object, in tagged words.
pub(super) const MAX_HEADER_WORDS: u32 = 1023;
/// How many tagged words the bitmap shape covers.
pub(super) const BITMAP_WORDS: u32 = 64;

/// How the collector walks an object. Few shapes, so that its inner loops need no indirect call.
/// V8: `VisitorId`, one a class there.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum VisitorId {
    /// No pointers but the map.
    DataOnly,
    /// Pointers in one run of tagged words.
    Range,
    /// Pointers from some word to the object's end.
    ToEnd,
    /// Pointers where a bitmap says, and in the tail if that is tagged.
    Bitmap,
    /// Pointers where a bitmap says, and in tails whose lengths the class's own code computes.
    Computed,
    /// Pointers where a bitmap says, in the tail if that is tagged, and where the class's own function says.
    Custom,
    /// Pointers in entries whose values their keys keep alive, and where the layout table and the class's own function say.
    Ephemerons,
}

/// Size and shape of a class's instances, packed into the word that every map carries.
#[bitfield(u64)]
pub struct BodyDescriptor {
    /// How to walk the object.
    #[bits(3)]
    pub visitor_id: VisitorId,
    /// Tagged words of an instance; for a class with a tail, of one without elements.
    #[bits(10)]
    pub size_in_words: u16,
    /// Where instances may begin.
    #[bits(2)]
    pub alignment: AllocationAlignment,
    /// Bytes before the tail.
    #[bits(13)]
    pub header_size: u16,
    /// Where the 4 bytes with the number of elements are, in units of 4 bytes.
    #[bits(11)]
    pub length_at: u16,
    /// Whether those 4 bytes are a Smi with its tag: a compressed one.
    #[bits(1)]
    pub length_is_tagged: bool,
    /// Binary logarithm of the bytes of an element.
    #[bits(2)]
    pub element_size_log2: u8,
    /// Whether instances have a tail, or several.
    #[bits(1)]
    pub has_tail: bool,
    /// Whether the tail may hold pointers.
    #[bits(1)]
    pub tail_is_tagged: bool,
    /// The first tagged word that may hold a pointer, after the map.
    #[bits(10)]
    pub first_word: u16,
    /// The word after the last one in the fixed part that may hold a pointer.
    #[bits(10)]
    pub end_word: u16,
}

/// The body and the bitmap of its fixed part.
pub(super) struct Body {
    pub(super) descriptor: BodyDescriptor,
    pub(super) bitmap: u64,
    /// Whether the pointers lie in more than one run and beyond what a bitmap covers.
    pub(super) too_scattered: bool,
}

/// The body of a class, made once for all who ask: constants of a type are remembered, function calls are not.
pub(super) struct BodyOf<T>(core::marker::PhantomData<T>);

impl<T: HeapClass> BodyOf<T> {
    pub(super) const BODY: Body = Body::of(T::LAYOUT);
}

impl Body {
    /// The body of a class, from its fields and those above it.
    pub(super) const fn of(layout: &ClassLayout) -> Body {
        let header_size = layout.end().current();
        let header_words = header_size.div_ceil(WORD);
        if header_words > MAX_HEADER_WORDS {
            // `check_class` reports it at the declaration; this only keeps the arithmetic below in range.
            return Body { descriptor: BodyDescriptor::new(), bitmap: 0, too_scattered: false };
        }
        let (mut first, mut end, mut bitmap) = (u32::MAX, 0, 0_u64);
        let mut has_ephemerons = tails_have_ephemerons(layout.tails);
        let mut class = layout;
        // All fields but the root class's: maps do not move, and the marker visits an object's map by itself.
        while let Some(parent) = class.parent {
            let mut i = 0;
            while i < class.fields.len() {
                let field = &class.fields[i];
                if field.kind.may_hold_pointer() {
                    let mut word = field.offset.current() / WORD;
                    let field_end = word + field.size.current() / WORD;
                    has_ephemerons |= field.kind.is_ephemeron();
                    if word < first {
                        first = word;
                    }
                    if field_end > end {
                        end = field_end;
                    }
                    while word < field_end && word < BITMAP_WORDS {
                        bitmap |= 1 << word;
                        word += 1;
                    }
                }
                i += 1;
            }
            class = parent;
        }
        let run_is_tagged = first == u32::MAX || all_tagged(layout, first, end);
        // Put together from encoded fields, as each `with_` is interpreted for each class that is compiled.
        let (tail_bits, tail_is_tagged) = match layout.tails {
            [] => (0, false),
            [tail] if layout.has_simple_tail() => {
                let (length_at, length_is_tagged) = match layout.find_field(tail.length.text()) {
                    Some(field) => length_bytes(field),
                    None => (0, false), // then the tail is not a simple one
                };
                let log2 = tail.element_size.current().trailing_zeros() as u8;
                let tagged = tail.element.may_hold_pointer();
                (
                    BodyDescriptor::encode_has_tail(true)
                        | BodyDescriptor::encode_length_at((length_at / 4) as u16)
                        | BodyDescriptor::encode_length_is_tagged(length_is_tagged)
                        | BodyDescriptor::encode_element_size_log2(log2)
                        | BodyDescriptor::encode_tail_is_tagged(tagged),
                    tagged,
                )
            }
            _ => (BodyDescriptor::encode_has_tail(true), false),
        };
        let visitor_id = match (first == u32::MAX, tail_is_tagged) {
            _ if layout.is_computed() => VisitorId::Computed,
            (true, false) => VisitorId::DataOnly,
            (true, true) => VisitorId::ToEnd,
            (false, false) if run_is_tagged => VisitorId::Range,
            (false, true) if run_is_tagged && all_tagged(layout, end, header_words) => VisitorId::ToEnd,
            _ => VisitorId::Bitmap,
        };
        let visitor_id = if layout.has_custom_trace() { VisitorId::Custom } else { visitor_id };
        let visitor_id = if has_ephemerons { VisitorId::Ephemerons } else { visitor_id };
        if first == u32::MAX {
            first = header_words;
            end = header_words;
        }
        let descriptor = BodyDescriptor::from_bits(
            tail_bits
                | BodyDescriptor::encode_visitor_id(visitor_id)
                | BodyDescriptor::encode_size_in_words(header_words as u16)
                | BodyDescriptor::encode_alignment(layout.alignment)
                | BodyDescriptor::encode_header_size(header_size as u16)
                | BodyDescriptor::encode_first_word(first as u16)
                | BodyDescriptor::encode_end_word(end as u16),
        );
        let by_bitmap = matches!(visitor_id, VisitorId::Bitmap | VisitorId::Computed | VisitorId::Custom);
        let too_scattered = by_bitmap && end > BITMAP_WORDS;
        Body { descriptor, bitmap, too_scattered }
    }
}

const fn tails_have_ephemerons(tails: &[TailLayout]) -> bool {
    let mut i = 0;
    while i < tails.len() {
        if tails[i].element.is_ephemeron() {
            return true;
        }
        i += 1;
    }
    false
}

/// The byte offset of the 4 bytes that count elements, and whether they are a Smi with its tag.
const fn length_bytes(field: &FieldLayout) -> (u32, bool) {
    let offset = field.offset.current();
    match field.kind {
        // A Smi of 8 bytes is its upper half.
        FieldKind::Smi if WORD == 8 => (offset + 4, false),
        FieldKind::Smi => (offset, true),
        _ => (offset, false),
    }
}

/// Whether every word from `first` up to `end` is a tagged field of the class or of one above it: there are as many
/// words of such fields, as no two fields overlap.
const fn all_tagged(layout: &ClassLayout, first: u32, end: u32) -> bool {
    let mut missing = end - first;
    let mut class = layout;
    loop {
        let mut i = 0;
        while i < class.fields.len() {
            let field = &class.fields[i];
            let offset = field.offset.current();
            if offset >= first * WORD && offset < end * WORD && offset.is_multiple_of(WORD) && field.kind.is_tagged() {
                missing -= field.size.current() / WORD;
            }
            i += 1;
        }
        class = match class.parent {
            Some(parent) => parent,
            None => return missing == 0,
        };
    }
}
