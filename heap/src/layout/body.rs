//! What the collector needs of a class: how large an instance is and where its pointers lie, in one word.

use super::class::ClassLayout;
use super::width::PointerWidth;
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
    /// Pointers where a bitmap says, in the tail if that is tagged, and where the class's own function says.
    Custom,
}

/// Size and shape of a class's instances, packed into the word that every map carries.
#[bitfield(u64)]
pub struct BodyDescriptor {
    /// How to walk the object.
    #[bits(3)]
    pub visitor_id: VisitorId,
    /// Tagged words of an instance; for a class with a tail, of one without elements.
    #[bits(12)]
    pub size_in_words: u16,
    /// Bytes before the tail.
    #[bits(13)]
    pub header_size: u16,
    /// The tagged word that holds the number of elements.
    #[bits(10)]
    pub length_word: u16,
    /// Binary logarithm of the bytes of an element.
    #[bits(2)]
    pub element_size_log2: u8,
    /// Whether instances have a tail.
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
        let mut class = layout;
        // All fields but the root class's: maps do not move, and the marker visits an object's map by itself.
        while let Some(parent) = class.parent {
            let mut i = 0;
            while i < class.fields.len() {
                let field = &class.fields[i];
                if field.kind.may_hold_pointer() {
                    let word = field.offset.current() / WORD;
                    if word < first {
                        first = word;
                    }
                    if word + 1 > end {
                        end = word + 1;
                    }
                    if word < BITMAP_WORDS {
                        bitmap |= 1 << word;
                    }
                }
                i += 1;
            }
            class = parent;
        }
        let run_is_tagged = first == u32::MAX || all_tagged(layout, first, end);
        let (mut descriptor, tail_is_tagged) = match &layout.tail {
            None => (BodyDescriptor::new(), false),
            Some(tail) => {
                let length_word = match layout.find_field(tail.length_field) {
                    Some(field) => field.offset.current() / WORD,
                    None => 0, // the macros reject it
                };
                let log2 = tail.element_size.current().trailing_zeros() as u8;
                let tagged = tail.element.may_hold_pointer();
                (
                    BodyDescriptor::new()
                        .with_has_tail(true)
                        .with_length_word(length_word as u16)
                        .with_element_size_log2(log2)
                        .with_tail_is_tagged(tagged),
                    tagged,
                )
            }
        };
        let visitor_id = match (first == u32::MAX, tail_is_tagged) {
            (true, false) => VisitorId::DataOnly,
            (true, true) => VisitorId::ToEnd,
            (false, false) if run_is_tagged => VisitorId::Range,
            (false, true) if run_is_tagged && all_tagged(layout, end, header_words) => VisitorId::ToEnd,
            _ => VisitorId::Bitmap,
        };
        let visitor_id = if layout.has_custom_trace() { VisitorId::Custom } else { visitor_id };
        if first == u32::MAX {
            first = header_words;
            end = header_words;
        }
        descriptor = descriptor
            .with_visitor_id(visitor_id)
            .with_size_in_words((layout.instance_size() as u32 / WORD) as u16)
            .with_header_size(header_size as u16)
            .with_first_word(first as u16)
            .with_end_word(end as u16);
        let too_scattered = matches!(visitor_id, VisitorId::Bitmap | VisitorId::Custom) && end > BITMAP_WORDS;
        Body { descriptor, bitmap, too_scattered }
    }
}

/// Whether every word from `first` up to `end` is a tagged field of the class or of one above it.
const fn all_tagged(layout: &ClassLayout, first: u32, end: u32) -> bool {
    let mut word = first;
    while word < end {
        let mut found = false;
        let mut class = layout;
        loop {
            let mut i = 0;
            while i < class.fields.len() {
                let field = &class.fields[i];
                if field.kind.is_tagged() && field.offset.current() == word * WORD {
                    found = true;
                }
                i += 1;
            }
            class = match class.parent {
                Some(parent) => parent,
                None => break,
            };
        }
        if !found {
            return false;
        }
        word += 1;
    }
    true
}
