//! Classes with structs and with several kinds of elements.

use super::classes::*;
use super::texts::text;
use super::{assert_offsets, under_stress};
use heapwright::HeapClass;
use heapwright::prelude::*;
use heapwright::tagged::TAGGED_SIZE;

#[test]
fn offsets() {
    assert_offsets(
        V8Map::LAYOUT,
        &[
            ("instance_size_in_words", 4, 8),
            ("inobject_properties_start_or_constructor_function_index", 5, 9),
            ("used_or_unused_instance_size_in_words", 6, 10),
            ("visitor_id", 7, 11),
            ("instance_type", 8, 12),
            ("bit_field", 10, 14),
            ("bit_field2", 11, 15),
            ("bit_field3", 12, 16),
            ("prototype", 16, 24),
            ("constructor_or_back_pointer", 20, 32),
            ("instance_descriptors", 24, 40),
            ("dependent_code", 28, 48),
            ("prototype_validity_cell", 32, 56),
            ("transitions_or_prototype_info", 36, 64),
        ],
        (40, 72),
    );
    assert_eq!(MapBitFields2::ELEMENTS_KIND_SHIFT, 2);
    assert_eq!((MapBitFields3::NUMBER_OF_OWN_DESCRIPTORS_SHIFT, MapBitFields3::IS_DICTIONARY_MAP_SHIFT), (10, 21));
    assert_offsets(
        DescriptorArray::LAYOUT,
        &[
            ("number_of_all_descriptors", 4, 8),
            ("number_of_descriptors", 6, 10),
            ("flags", 8, 12),
            ("enum_cache", 12, 16),
        ],
        (16, 24),
    );
    assert_offsets(
        FeedbackVector::LAYOUT,
        &[
            ("length", 4, 8),
            ("invocation_count", 8, 12),
            ("invocation_count_before_stable", 12, 20),
            ("osr_state", 13, 21),
            ("flags", 14, 22),
            ("shared_function_info", 16, 24),
            ("closure_feedback_cell_array", 20, 32),
            ("parent_feedback_cell", 24, 40),
        ],
        (28, 48),
    );
    assert_offsets(
        SwissNameDictionary::LAYOUT,
        &[("hash", 4, 8), ("capacity", 8, 12), ("meta_table", 12, 16)],
        (16, 24),
    );
    assert_offsets(
        Script::LAYOUT,
        &[
            ("source", 4, 8),
            ("name", 8, 16),
            ("line_offset", 12, 24),
            ("column_offset", 16, 32),
            ("context_data", 20, 40),
            ("script_type", 24, 48),
            ("line_ends", 28, 56),
            ("id", 32, 64),
            ("eval_from_shared_or_wrapped_arguments", 36, 72),
            ("eval_from_position", 40, 80),
            ("eval_from_scope_info", 44, 88),
            ("infos", 48, 96),
            ("compiled_lazy_function_positions", 52, 104),
            ("flags", 56, 112),
            ("source_url", 60, 120),
            ("source_mapping_url", 64, 128),
            ("debug_id", 68, 136),
            ("host_defined_options", 72, 144),
            ("source_hash", 76, 152),
        ],
        (80, 160),
    );
    assert_offsets(
        SharedFunctionInfo::LAYOUT,
        &[
            ("untrusted_function_data", 4, 8),
            ("name_or_scope_info", 8, 16),
            ("outer_scope_info_or_feedback_metadata", 12, 24),
            ("script", 16, 32),
            ("length", 20, 40),
            ("formal_parameter_count", 22, 42),
            ("function_token_offset", 24, 44),
            ("expected_nof_properties", 26, 46),
            ("flags2", 27, 47),
            ("flags", 28, 48),
            ("function_literal_id", 32, 52),
            ("unique_id", 36, 56),
            ("age", 40, 60),
            ("feedback_slot", 42, 62),
        ],
        (44, 64),
    );
}

fn array<'s>(scope: &mut HandleScope<'s>, length: usize) -> Handle<'s, FixedArray> {
    let parent = FixedArrayBaseInit { length: length as i32 };
    FixedArray::new(scope, FixedArrayInit { parent, objects: Filled::new(smi(0), length) })
}

fn undefined<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Oddball> {
    Oddball::new(scope, OddballInit { parent: (), kind: 5 })
}

fn enum_cache<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, EnumCache> {
    let empty = array(scope, 0);
    EnumCache::new(scope, EnumCacheInit { parent: (), keys: empty, indices: empty })
}

#[test]
fn descriptor_arrays_are_made_of_structs() {
    under_stress(|scope| {
        let (enum_cache, undefined) = (enum_cache(scope), undefined(scope));
        let free = DescriptorEntryInit { key: undefined, details: smi(0), value: smi(0) };
        let descriptors = Filled::new(free, 5);
        let init = DescriptorArrayInit {
            number_of_descriptors: 2,
            flags: DescriptorArrayFlags::new(),
            enum_cache,
            descriptors,
        };
        let array = DescriptorArray::new(scope, init);
        let key = text(scope, "length");
        let entry = array.get(scope).descriptors(1);
        entry.set_key(key);
        entry.set_details(smi(9));
        entry.set_value(Weakly(key));
        scope.collect(CollectionKind::Young);
        scope.collect(CollectionKind::Full);
        let object = array.get(scope);
        assert_eq!((object.number_of_all_descriptors(), object.descriptors_len()), (5, 5));
        assert_eq!(object.as_heap_object().size(), DescriptorArray::size_for(5));
        assert_eq!(DescriptorArray::size_for(5), DescriptorArray::HEADER_SIZE + 5 * 3 * TAGGED_SIZE);
        let entry = object.descriptors(1);
        assert_eq!(entry.key().cast::<SeqOneByteString>().chars_slice(), b"length");
        assert_eq!(entry.details().as_smi(), Some(9));
        assert!(entry.value().as_weak().is_some());
        assert!(object.descriptors(4).key().is::<Oddball>());
        assert_eq!(DescriptorEntry::DETAILS_OFFSET, TAGGED_SIZE);
        assert!(format!("{object:?}").contains("DescriptorEntry { key: <SeqOneByteString"), "{object:?}");
    });
}

/// Elements of a large object lie in other chunks than its header: the barrier has to find that.
#[test]
fn structs_far_into_a_large_object_are_remembered() {
    under_stress(|scope| {
        let (enum_cache, undefined) = (enum_cache(scope), undefined(scope));
        let free = DescriptorEntryInit { key: undefined, details: smi(0), value: smi(0) };
        let flags = DescriptorArrayFlags::new();
        let descriptors = Filled::new(free, 60_000);
        let init = DescriptorArrayInit { number_of_descriptors: 0, flags, enum_cache, descriptors };
        let array = DescriptorArray::try_new_in(scope, AllocationType::Old, init).unwrap();
        assert_eq!(array.get(scope).as_heap_object().space(), heapwright::SpaceId::LargeObject);
        let key = text(scope, "far");
        array.get(scope).descriptors(59_999).set_key(key);
        array.get(scope).descriptors(30_000).set_value(key);
        scope.verify().unwrap();
        scope.collect(CollectionKind::Young);
        let array = array.get(scope);
        assert_eq!(array.descriptors(59_999).key().cast::<SeqOneByteString>().chars_slice(), b"far");
        assert_eq!(array.descriptors(30_000).value().as_strong().unwrap().cast::<Text>().length(), 3);
    });
}

#[test]
#[should_panic(expected = "counts its elements in `number_of_all_descriptors`, up to 65535, and was given 65536")]
fn more_descriptors_than_can_be_counted() {
    let mut isolate = super::isolate(None);
    let mut scope = isolate.enter();
    let (enum_cache, undefined) = (enum_cache(&mut scope), undefined(&mut scope));
    let free = DescriptorEntryInit { key: undefined, details: smi(0), value: smi(0) };
    let (flags, descriptors) = (DescriptorArrayFlags::new(), Filled::new(free, 65_536));
    let init = DescriptorArrayInit { number_of_descriptors: 0, flags, enum_cache, descriptors };
    DescriptorArray::new(&mut scope, init);
}

fn map<'s>(scope: &mut HandleScope<'s>, instance_type: u16) -> Handle<'s, V8Map> {
    let init = V8MapInit {
        instance_size_in_words: 3,
        inobject_properties_start_or_constructor_function_index: 0,
        used_or_unused_instance_size_in_words: 0,
        visitor_id: 0,
        instance_type,
        bit_field: MapBitFields1::new(),
        bit_field2: MapBitFields2::new(),
        bit_field3: MapBitFields3::new().with_is_extensible(true),
        prototype: smi(0),
        constructor_or_back_pointer: smi(0),
        instance_descriptors: Nil,
        dependent_code: Nil,
        prototype_validity_cell: smi(0),
        transitions_or_prototype_info: smi(0),
    };
    V8Map::new(scope, init)
}

/// A strong reference, a weak one, or a Smi in one field, each of a class that the declaration names for it.
#[test]
fn a_maps_transitions_may_be_weak_or_strong() {
    under_stress(|scope| {
        let root = map(scope, 1);
        let weak: Vec<_> = [map(scope, 2), map(scope, 3)].into_iter().map(Weakly).collect();
        let all = TransitionArray::new(scope, TransitionArrayInit { transitions: &weak });
        let root = {
            let mut inner = scope.nested();
            let child = map(&mut inner, 4);
            root.get(&inner).set_transitions_or_prototype_info(Weakly(child));
            child.get(&inner).set_constructor_or_back_pointer(root);
            let held = root.get(&inner).transitions_or_prototype_info();
            assert_eq!(held.as_weak().unwrap().cast::<V8Map>().instance_type(), 4);
            root
        };
        scope.collect(CollectionKind::Full);
        scope.collect(CollectionKind::Full);
        assert!(root.get(scope).transitions_or_prototype_info().is_cleared());
        root.get(scope).set_transitions_or_prototype_info(all);
        scope.collect(CollectionKind::Full);
        let held = root.get(scope).transitions_or_prototype_info();
        let all = held.as_strong().unwrap().cast::<TransitionArray>();
        assert_eq!(all.transitions(1).try_cast::<V8Map>().unwrap().instance_type(), 3);
        root.get(scope).set_transitions_or_prototype_info(root);
        root.get(scope).set_transitions_or_prototype_info(smi(0));
        assert_eq!(root.get(scope).transitions_or_prototype_info().as_smi(), Some(0));
        assert!(root.get(scope).is_extensible());
    });
}

/// A dictionary of three tables, one after the other, as large as one number says.
#[test]
fn a_swiss_table_has_three_tails() {
    under_stress(|scope| {
        for capacity in [0, 4, 8, 64] {
            let parent = FixedArrayBaseInit { length: 6 };
            let meta_table = ByteArray::new(scope, ByteArrayInit { parent, values: Filled::new(0_u8, 6) });
            let n = capacity as usize;
            let init = SwissNameDictionaryInit {
                hash: 3,
                capacity,
                meta_table,
                data_table: Filled::new(smi(0), 2 * n),
                ctrl_table: Filled::new(0x80_u8, n + 16),
                property_details_table: Filled::new(1_u8, n),
            };
            let table = SwissNameDictionary::new(scope, init);
            if capacity > 0 {
                let name = text(scope, "name");
                let at = table.get(scope);
                at.set_data_table(2 * n - 2, name);
                at.set_data_table(2 * n - 1, smi(5));
                at.set_ctrl_table(n + 15, 0x11);
                at.set_property_details_table(n - 1, 0x22);
            }
            scope.collect(CollectionKind::Young);
            scope.collect(CollectionKind::Full);
            let at = table.get(scope);
            assert_eq!((at.data_table_len(), at.ctrl_table_len(), at.property_details_table_len()), (2 * n, n + 16, n));
            // V8: `SwissNameDictionarySizeFor`, before rounding.
            let size =
                (SwissNameDictionary::HEADER_SIZE + n * (2 * TAGGED_SIZE + 2) + 16).next_multiple_of(TAGGED_SIZE);
            assert_eq!(at.as_heap_object().size(), size);
            assert_eq!(SwissNameDictionary::size_for(2 * n, n + 16, n), size);
            assert_eq!(SwissNameDictionary::DATA_TABLE_OFFSET, SwissNameDictionary::HEADER_SIZE);
            assert_eq!(at.ctrl_table_offset(), SwissNameDictionary::HEADER_SIZE + 2 * n * TAGGED_SIZE);
            assert_eq!(at.property_details_table_offset(), at.ctrl_table_offset() + n + 16);
            if capacity > 0 {
                assert_eq!(at.data_table(2 * n - 2).cast::<SeqOneByteString>().chars_slice(), b"name");
                assert_eq!(at.data_table(2 * n - 1).as_smi(), Some(5));
                assert_eq!((at.ctrl_table(n + 15), at.ctrl_table(0)), (0x11, 0x80));
                assert_eq!((at.property_details_table(n - 1), at.property_details_table(0)), (0x22, 1));
                assert_eq!(at.ctrl_table_slice().len(), n + 16);
            }
        }
    });
}

#[test]
#[should_panic(expected = "`SwissNameDictionary` needs 20 of `ctrl_table` (`capacity + GROUP_WIDTH`) and was given 4")]
fn a_swiss_table_with_a_table_too_small() {
    let mut isolate = super::isolate(None);
    let mut scope = isolate.enter();
    let parent = FixedArrayBaseInit { length: 0 };
    let meta_table = ByteArray::new(&mut scope, ByteArrayInit { parent, values: &[] });
    let init = SwissNameDictionaryInit {
        hash: 0,
        capacity: 4,
        meta_table,
        data_table: Filled::new(smi(0), 8),
        ctrl_table: &[0; 4],
        property_details_table: &[0; 4],
    };
    SwissNameDictionary::new(&mut scope, init);
}

#[test]
fn scripts_functions_and_feedback() {
    under_stress(|scope| {
        let (undefined, empty) = (undefined(scope), array(scope, 0));
        let parent = FixedArrayBaseInit { length: 0 };
        let infos = WeakFixedArray::new(scope, WeakFixedArrayInit { parent, objects: Filled::new(smi(0), 0) });
        let source = text(scope, "f()");
        let script = Script::new(
            scope,
            ScriptInit {
                parent: (),
                source,
                name: undefined,
                line_offset: 0,
                column_offset: 0,
                context_data: smi(0),
                script_type: 2,
                line_ends: smi(0),
                id: 17,
                eval_from_shared_or_wrapped_arguments: undefined,
                eval_from_position: smi(0),
                eval_from_scope_info: undefined,
                infos,
                compiled_lazy_function_positions: undefined,
                flags: ScriptFlags::new().with_origin_options(5),
                source_url: undefined,
                source_mapping_url: undefined,
                debug_id: undefined,
                host_defined_options: empty,
                source_hash: undefined,
            },
        );
        let shared = SharedFunctionInfo::new(
            scope,
            SharedFunctionInfoInit {
                untrusted_function_data: smi(0),
                name_or_scope_info: source,
                outer_scope_info_or_feedback_metadata: undefined,
                script,
                length: 2,
                formal_parameter_count: 3,
                function_token_offset: 0,
                expected_nof_properties: 4,
                flags2: SharedFunctionInfoFlags2::new(),
                flags: SharedFunctionInfoFlags::new().with_is_strict(true),
                function_literal_id: -1,
                unique_id: 99,
                age: 0,
                feedback_slot: 0,
            },
        );
        let cell = FeedbackCell::new(scope, FeedbackCellInit { value: undefined });
        let parent = FixedArrayBaseInit { length: 1 };
        let cells = ClosureFeedbackCellArray::new(scope, ClosureFeedbackCellArrayInit { parent, objects: &[cell] });
        let vector = FeedbackVector::new(
            scope,
            FeedbackVectorInit {
                invocation_count: 0,
                invocation_count_before_stable: 0,
                osr_state: OsrState::new(),
                flags: FeedbackVectorFlags::new(),
                shared_function_info: shared,
                closure_feedback_cell_array: cells,
                parent_feedback_cell: cell,
                raw_feedback_slots: Filled::new(Nil, 3),
            },
        );
        cell.get(scope).set_value(vector);
        vector.get(scope).set_raw_feedback_slots(1, Weakly(script));
        vector.get(scope).set_raw_feedback_slots(2, shared);
        vector.get(scope).set_osr_urgency(6);
        scope.collect(CollectionKind::Full);
        let vector = vector.get(scope);
        assert_eq!((vector.length(), vector.osr_urgency()), (3, 6));
        assert_eq!(vector.as_heap_object().size(), FeedbackVector::size_for(3));
        assert!(vector.raw_feedback_slots(0).is_cleared());
        assert_eq!(vector.raw_feedback_slots(1).as_weak().unwrap().cast::<Script>().id(), 17);
        let shared = vector.raw_feedback_slots(2).as_strong().unwrap().cast::<SharedFunctionInfo>();
        assert!(shared.is_strict() && shared.unique_id() == 99 && shared.function_literal_id() == -1);
        assert_eq!(shared.script().cast::<Script>().flags().origin_options(), 5);
        assert!(vector.closure_feedback_cell_array().objects(0).value().is::<FeedbackVector>());
    });
}
