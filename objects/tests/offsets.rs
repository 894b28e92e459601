//! Fields lie where V8 has them, with full pointers and with compressed ones.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::layout::PointerWidth;
use heapwright::{ClassLayout, HeapClass};
use heapwright_objects::prelude::*;

/// Asserts offsets with full pointers, as V8 11.3 exports them, and with compressed ones.
#[track_caller]
fn assert_offsets(layout: &'static ClassLayout, fields: &[(&str, u32, u32)]) {
    for (name, full, compressed) in fields {
        let offset = match (layout.find_field(name), layout.tails) {
            (Some(field), _) => field.offset,
            (None, [tail, ..]) if tail.name == *name => layout.end(),
            _ => panic!("{} has no field {name}", layout.name),
        };
        assert_eq!(offset.get(PointerWidth::Full), *full, "{}::{name} with full pointers", layout.name);
        assert_eq!(offset.get(PointerWidth::Compressed), *compressed, "{}::{name}, compressed", layout.name);
    }
}

#[test]
fn fields_lie_where_v8_has_them() {
    assert_offsets(HeapObject::LAYOUT, &[("map", 0, 0)]);
    assert_offsets(
        Oddball::LAYOUT,
        &[("to_number_raw", 8, 4), ("to_string", 16, 12), ("to_number", 24, 16), ("type_of", 32, 20), ("kind", 40, 24)],
    );
    assert_offsets(HeapNumber::LAYOUT, &[("value", 8, 4)]);
    assert_offsets(FixedArray::LAYOUT, &[("length", 8, 4), ("elements", 16, 8)]);
    assert_offsets(WeakFixedArray::LAYOUT, &[("length", 8, 4), ("elements", 16, 8)]);
    assert_offsets(ByteArray::LAYOUT, &[("length", 8, 4), ("bytes", 16, 8)]);
    assert_offsets(Name::LAYOUT, &[("raw_hash", 8, 4)]);
    assert_offsets(Symbol::LAYOUT, &[("flags", 12, 8), ("description", 16, 12)]);
    assert_offsets(Foreign::LAYOUT, &[("foreign_address", 8, 4)]);
}

/// The length is a 32-bit integer beside the hash; and the collector reads it by itself, without calling the class.
#[test]
fn strings_lie_as_in_v8() {
    assert_offsets(Str::LAYOUT, &[("raw_hash", 8, 4), ("length", 12, 8)]);
    for layout in [SeqOneByteString::LAYOUT, SeqTwoByteString::LAYOUT] {
        assert_offsets(layout, &[("raw_hash", 8, 4), ("length", 12, 8), ("chars", 16, 12)]);
        assert!(layout.has_simple_tail() && !layout.is_computed());
    }
}

/// V8 says all of these in Torque: `script.tq`, `descriptor-array.tq`.
#[test]
fn scripts_and_descriptors_lie_as_in_v8() {
    let script = [
        "source",
        "name",
        "line_offset",
        "column_offset",
        "context_data",
        "script_type",
        "line_ends",
        "id",
        "eval_from_shared_or_wrapped_arguments",
        "eval_from_position",
        "eval_from_scope_info",
        "infos",
        "compiled_lazy_function_positions",
        "flags",
        "source_url",
        "source_mapping_url",
        "debug_id",
        "host_defined_options",
        "source_hash",
    ];
    let fields: Vec<_> = (1..).zip(script).map(|(word, name)| (name, 8 * word, 4 * word)).collect();
    assert_offsets(Script::LAYOUT, &fields);
    assert_eq!(Script::LAYOUT.fields.len(), script.len());
    use heapwright_objects::{DescriptorEntry, EnumCache, PropertyDetails, ScriptFlags};
    assert_eq!((ScriptFlags::ORIGIN_OPTIONS_SHIFT, ScriptFlags::DESERIALIZED_SHIFT), (3, 9));

    assert_offsets(EnumCache::LAYOUT, &[("keys", 8, 4), ("indices", 16, 8)]);
    assert_offsets(
        DescriptorArray::LAYOUT,
        &[
            ("number_of_all_descriptors", 8, 4),
            ("number_of_descriptors", 10, 6),
            ("flags", 12, 8),
            ("enum_cache", 16, 12),
            ("descriptors", 24, 16),
        ],
    );
    assert_eq!(DescriptorEntry::SIZE, 3 * PointerWidth::CURRENT.tagged_size() as usize);
    assert_eq!((PropertyDetails::REPRESENTATION_SHIFT, PropertyDetails::OFFSET_IN_WORDS_SHIFT), (6, 19));
    assert_eq!(PropertyDetails::IS_IN_OBJECT_LAST_USED_BIT, 30);
    assert_eq!(DescriptorArray::MAX_DESCRIPTORS, 1020);
}

/// V8's own fields come later here: the inherited part holds more.
#[test]
fn the_map_keeps_the_order_of_v8() {
    let order = [
        "instance_size_in_words",
        "visitor_id",
        "instance_type",
        "bit_field2",
        "bit_field3",
        "prototype",
        "constructor_or_back_pointer",
        "instance_descriptors",
        "dependent_code",
        "prototype_validity_cell",
        "transitions_or_prototype_info",
    ];
    let offsets: Vec<u32> =
        order.iter().map(|name| ExtendedMap::LAYOUT.find_field(name).expect(name).offset.current()).collect();
    assert!(offsets.is_sorted(), "{offsets:?}");
    let words = offsets[5..].windows(2).all(|pair| pair[1] - pair[0] == PointerWidth::CURRENT.tagged_size());
    assert!(words, "{offsets:?}");
    use heapwright_objects::{MapBitField2, MapBitField3};
    assert_eq!((MapBitField3::NUMBER_OF_OWN_DESCRIPTORS_SHIFT, MapBitField3::NUMBER_OF_OWN_DESCRIPTORS_SIZE), (10, 10));
    assert_eq!(MapBitField3::IS_DICTIONARY_MAP_SHIFT, 21);
    assert_eq!((MapBitField2::ELEMENTS_KIND_SHIFT, MapBitField2::ELEMENTS_KIND_SIZE), (2, 6));
}

/// The constants are those of the width compiled in.
#[test]
fn constants_agree_with_the_tables() {
    let current =
        |full: usize, compressed: usize| if PointerWidth::CURRENT == PointerWidth::Full { full } else { compressed };
    assert_eq!(Oddball::KIND_OFFSET, current(40, 24));
    assert_eq!(Undefined::SIZE, current(48, 28));
    assert_eq!(HeapNumber::SIZE, current(16, 12));
    assert_eq!(FixedArray::HEADER_SIZE, current(16, 8));
    assert_eq!(FixedArray::size_for(3), current(40, 20));
    assert_eq!(SeqOneByteString::size_for(5), current(24, 20));
}
