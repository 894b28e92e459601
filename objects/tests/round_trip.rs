//! Every class keeps what it was given, over collections of both kinds and with one at every allocation.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_objects::ScriptType;
use heapwright_objects::prelude::*;

/// Runs a test on a heap that is verified around each collection, and on one that collects at every allocation.
fn on_each_heap(test: impl Fn(&mut HandleScope<'_>, CollectionKind)) {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let quiet = heapwright_objects::builder().verify(true);
        let stressed = heapwright_objects::builder().verify(true).stress(1, kind);
        for builder in [quiet, stressed] {
            let mut isolate = builder.build().unwrap();
            let mut scope = isolate.enter();
            test(&mut scope, kind);
            scope.verify().unwrap();
        }
    }
}

/// Calls `check` before, between and after collections.
fn across_collections(scope: &mut HandleScope<'_>, kind: CollectionKind, check: impl Fn(&HandleScope<'_>)) {
    check(scope);
    for _ in 0..3 {
        scope.collect(kind);
        check(scope);
    }
}

#[test]
fn numbers() {
    on_each_heap(|scope, kind| {
        let numbers = [0.0, -0.0, f64::MAX, f64::NAN, 1e-300];
        let handles = numbers.map(|value| HeapNumber::new(scope, heapwright_objects::HeapNumberInit { value }));
        across_collections(scope, kind, |scope| {
            for (handle, number) in handles.iter().zip(numbers) {
                assert_eq!(handle.get(scope).value().to_bits(), number.to_bits());
            }
            assert!(scope.nan_value().value().is_nan());
            assert_eq!(scope.infinity_value().value(), f64::INFINITY);
            assert_eq!(scope.minus_infinity_value().value(), f64::NEG_INFINITY);
            assert!(scope.minus_zero_value().value().is_sign_negative());
        });
    });
}

#[test]
fn oddballs_are_read_only_and_so_is_what_they_refer_to() {
    on_each_heap(|scope, kind| {
        across_collections(scope, kind, |scope| {
            let oddballs: [(&Oddball, _, _, _, _); 5] = [
                (scope.false_value(), OddballKind::False, 0, "false", "boolean"),
                (scope.true_value(), OddballKind::True, 1, "true", "boolean"),
                (scope.the_hole(), OddballKind::TheHole, 2, "hole", "undefined"),
                (scope.null(), OddballKind::Null, 3, "null", "object"),
                (scope.undefined(), OddballKind::Undefined, 5, "undefined", "undefined"),
            ];
            for (oddball, kind, number, text, type_of) in oddballs {
                assert_eq!(oddball.oddball_kind(), Some(kind));
                assert_eq!(oddball.kind(), number);
                assert!(oddball.to_string().eq_str(text) && oddball.type_of().eq_str(type_of));
                assert_eq!(oddball.space(), heapwright::SpaceId::ReadOnly);
                assert_eq!(oddball.to_string().space(), heapwright::SpaceId::ReadOnly);
                assert_eq!(oddball.type_of().space(), heapwright::SpaceId::ReadOnly);
                match oddball.to_number().as_smi() {
                    Some(number) => assert_eq!(f64::from(number), oddball.to_number_raw()),
                    None => {
                        assert!(oddball.to_number_raw().is_nan());
                        assert!(core::ptr::eq(oddball.to_number().cast::<HeapNumber>(), scope.nan_value()));
                    }
                }
            }
            assert!(scope.undefined().as_tagged().is::<Undefined>() && !scope.undefined().as_tagged().is::<Null>());
            assert!(scope.null().is::<Null>() && scope.null().as_tagged().is::<Oddball>());
        });
    });
}

#[test]
#[should_panic(expected = "may refer to read-only objects alone")]
fn a_read_only_oddball_cannot_refer_to_a_young_string() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    let text = Str::new(&mut scope, "young");
    let parent = heapwright_objects::OddballInit {
        to_number_raw: 0.0,
        to_string: text,
        to_number: smi(0),
        type_of: text,
        kind: 9,
    };
    let _ = Undefined::try_new_in(&mut scope, AllocationType::ReadOnly, heapwright_objects::UndefinedInit { parent });
}

#[test]
fn symbols() {
    on_each_heap(|scope, kind| {
        let text = Str::new(scope, "iterator");
        let named = Symbol::create(scope, Some(text), SymbolFlags::new().with_is_private(true));
        let anonymous = Symbol::create(scope, None, SymbolFlags::new());
        let hashes = (named.get(scope).hash(), anonymous.get(scope).hash());
        assert_ne!(hashes.0, hashes.1);
        anonymous.get(scope).set_is_interesting_symbol(true);
        across_collections(scope, kind, |scope| {
            assert!(named.get(scope).is_private() && !named.get(scope).is_private_name());
            assert!(named.get(scope).description().cast::<Str>().eq_str("iterator"));
            assert!(anonymous.get(scope).description().is::<Undefined>());
            assert!(anonymous.get(scope).is_interesting_symbol());
            assert_eq!((named.get(scope).hash(), anonymous.get(scope).hash()), hashes);
        });
    });
}

#[test]
fn strings() {
    on_each_heap(|scope, kind| {
        let texts = ["", "a", "plain ASCII of some length", "Käse", "語", "🦀 crab"];
        let handles = texts.map(|text| Str::new(scope, text));
        across_collections(scope, kind, |scope| {
            for (handle, text) in handles.iter().zip(texts) {
                let string = handle.get(scope);
                assert_eq!(string.to_rust_string(), text);
                assert_eq!(string.len(), text.encode_utf16().count());
                assert_eq!(string.length() as usize, string.len());
                assert_eq!(string.as_latin1().is_some(), text.chars().all(|c| c <= '\u{ff}'));
                assert_eq!(string.as_ascii_str(), text.is_ascii().then_some(text));
            }
        });
    });
}

#[test]
fn arrays() {
    on_each_heap(|scope, kind| {
        let text = Str::new(scope, "x");
        let array = FixedArray::new(scope, FixedArrayInit { elements: Filled::new(text, 100) });
        let (young, kept) = (Str::new(scope, "young"), Str::new(scope, "kept"));
        array.get(scope).set_elements(50, young);
        array.get(scope).set_elements(51, smi(-5));
        let weak = WeakFixedArray::new(scope, WeakFixedArrayInit { elements: Filled::new(Nil, 4) });
        {
            let mut inner = scope.nested();
            let (dropped, strong) = (Str::new(&mut inner, "dropped"), Str::new(&mut inner, "strong"));
            let weak = weak.get(&inner);
            weak.set_elements(0, Weakly(kept));
            weak.set_elements(1, Weakly(dropped));
            weak.set_elements(2, strong);
            weak.set_elements(3, smi(9));
        }
        let bytes = ByteArray::new(scope, ByteArrayInit { bytes: b"bytes" });
        bytes.get(scope).set_bytes(0, b'B');
        // Too large for the young generation, and for any shared chunk.
        let large = FixedArray::new(scope, FixedArrayInit { elements: Filled::new(young, 50_000) });
        across_collections(scope, kind, |scope| {
            let array = array.get(scope);
            assert_eq!(array.elements_len(), 100);
            assert!(array.elements(0).cast::<Str>().eq_str("x"));
            assert!(array.elements(50).cast::<Str>().eq_str("young"));
            assert_eq!(array.elements(51).as_smi(), Some(-5));
            let weak = weak.get(scope);
            assert!(weak.elements(0).as_weak().unwrap().cast::<Str>().eq_str("kept"));
            assert!(weak.elements(2).as_strong().unwrap().cast::<Str>().eq_str("strong"));
            assert_eq!(weak.elements(3).as_smi(), Some(9));
            assert_eq!(bytes.get(scope).to_vec(), b"Bytes");
            assert!(large.get(scope).elements(49_999).cast::<Str>().eq_str("young"));
            assert!(scope.empty_fixed_array().is_empty() && scope.empty_byte_array().is_empty());
            assert_eq!(scope.empty_weak_fixed_array().elements_len(), 0);
        });
        scope.collect(CollectionKind::Full);
        assert!(weak.get(scope).elements(1).is_cleared());
    });
}

#[test]
fn copying_elements_minds_overlap_and_bounds() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    let values: Vec<_> = (0..6).map(smi).collect();
    let array = FixedArray::new(&mut scope, FixedArrayInit { elements: &values });
    let array = array.get(&scope);
    let read = || array.elements_iter().map(|value| value.as_smi().unwrap()).collect::<Vec<_>>();
    array.copy_elements(1, array, 0, 4);
    assert_eq!(read(), [0, 0, 1, 2, 3, 5]);
    array.copy_elements(0, array, 1, 5);
    assert_eq!(read(), [0, 1, 2, 3, 5, 5]);
    array.copy_elements(6, array, 6, 0);
    let beyond = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| array.copy_elements(3, array, 0, 4)));
    assert!(beyond.is_err());
}

#[test]
fn scripts() {
    on_each_heap(|scope, kind| {
        let source = Str::new(scope, "let x;");
        let name = intern(scope, "x.js");
        let mut module = 1_u8;
        let address = (&raw mut module).cast();
        let module = Foreign::new(scope, ForeignInit { foreign_address: address });
        let flags = ScriptFlags::new().with_origin_options(9).with_deserialized(true);
        let init = ScriptInit { parent: (), source, name, id: 42 }.with_line_offset(-3).with_flags(flags);
        let script = Script::new(scope, init.with_eval_from_position(module));
        let ends = FixedArray::new(scope, FixedArrayInit { elements: &[smi(6)] });
        script.get(scope).set_line_ends(ends);
        across_collections(scope, kind, |scope| {
            let script = script.get(scope);
            assert!(script.source().cast::<Str>().eq_str("let x;") && script.name().cast::<Str>().eq_str("x.js"));
            assert_eq!((script.line_offset(), script.id(), script.origin_options()), (-3, 42, 9));
            assert!(script.deserialized() && !script.is_repl_mode());
            assert_eq!(script.kind(), ScriptType::Normal);
            assert_eq!(script.eval_from_position().cast::<Foreign>().foreign_address(), address);
            assert!(script.infos().is_none() && script.source_url().is_none() && script.source_mapping_url().is_smi());
            assert_eq!(script.line_ends().cast::<FixedArray>().elements(0).as_smi(), Some(6));
        });
        let undefined = scope.handle(scope.undefined());
        script.get(scope).set_source(undefined);
        script.get(scope).set_eval_from_position(smi(12));
        script.get(scope).set_kind(ScriptType::Wasm);
        let url = Str::new(scope, "https://example.org/x.js");
        script.get(scope).set_source_url(url);
        scope.collect(kind);
        let script = script.get(scope);
        assert!(script.source().is::<Undefined>() && script.eval_from_position().as_smi() == Some(12));
        // The Smi that V8 has there.
        assert!(script.kind() == ScriptType::Wasm && script.script_type().into_bits() == 3);
        assert!(script.source_url().unwrap().eq_str("https://example.org/x.js"));
    });
}

#[test]
fn objects_with_hidden_classes() {
    on_each_heap(|scope, kind| {
        let prototype = Str::new(scope, "some prototype");
        let map = ExtendedMap::create::<FixedArray>(scope, prototype.to_any());
        let next = ExtendedMap::create::<FixedArray>(scope, prototype.to_any());
        {
            let mut inner = scope.nested();
            let unused = ExtendedMap::create::<FixedArray>(&mut inner, prototype.to_any());
            ExtendedMap::connect_transition(&mut inner, map, unused);
            ExtendedMap::connect_transition(&mut inner, map, next);
            assert_eq!(map.get(&inner).transition_targets().count(), 2);
        }
        map.get(scope).update_bits(|bits| bits.with_is_callable(true));
        map.get(scope).update_bits2(|bits| bits.with_elements_kind(17));
        map.get(scope).update_bits3(|bits| bits.with_number_of_own_descriptors(1023));
        let init = FixedArrayInit { elements: &[smi(1), smi(2)] };
        let object = scope.try_new_with_map::<FixedArray, _, _>(AllocationType::Young, map, init).unwrap();
        across_collections(scope, kind, |scope| {
            let own: &ExtendedMap = object.get(scope).map().cast();
            assert!(core::ptr::eq(own, map.get(scope)));
            assert!(object.get(scope).as_tagged().is::<FixedArray>());
            assert!(own.prototype().cast::<Str>().eq_str("some prototype"));
            assert!(own.bits().is_callable() && own.bits2().elements_kind() == 17);
            assert!(own.bits3().number_of_own_descriptors() == 1023 && own.bits3().is_extensible());
            assert!(core::ptr::eq(next.get(scope).back_pointer().unwrap(), own));
            assert_eq!(object.get(scope).elements(1).as_smi(), Some(2));
            assert_eq!(own.space(), heapwright::SpaceId::Map);
        });
        object.get(scope).set_map(next.get(scope));
        scope.collect(CollectionKind::Full);
        assert!(core::ptr::eq(object.get(scope).map().cast::<ExtendedMap>(), next.get(scope)));
        let targets: Vec<_> = map.get(scope).transition_targets().collect();
        assert!(targets.len() == 1 && core::ptr::eq(targets[0], next.get(scope)), "the unused map has died");
    });
}

/// One transition is in the field itself; the places of those that died are used again.
#[test]
fn transitions_are_weak_however_many_there_are() {
    on_each_heap(|scope, _| {
        let null = scope.handle(scope.null()).to_any();
        let map = ExtendedMap::create::<FixedArray>(scope, null);
        let array = |scope: &HandleScope<'_>| {
            map.get(scope)
                .transitions_or_prototype_info()
                .try_cast::<WeakFixedArray>()
                .map(|array| array.elements_len())
        };
        let targets = |scope: &HandleScope<'_>| map.get(scope).transition_targets().count();
        assert_eq!((targets(scope), array(scope)), (0, None));
        {
            let mut inner = scope.nested();
            let only = ExtendedMap::create::<FixedArray>(&mut inner, null);
            ExtendedMap::connect_transition(&mut inner, map, only);
            let held = map.get(&inner).transitions_or_prototype_info().as_weak().unwrap();
            assert!(core::ptr::eq(held.cast::<ExtendedMap>(), only.get(&inner)));
            assert_eq!((targets(&inner), array(&inner)), (1, None));
        }
        scope.collect(CollectionKind::Full);
        assert!(map.get(scope).transitions_or_prototype_info().is_cleared());
        assert_eq!(targets(scope), 0);
        let kept = {
            let (mut inner, escape) = scope.escapable();
            let made: Vec<_> = (0..5).map(|_| ExtendedMap::create::<FixedArray>(&mut inner, null)).collect();
            for (count, target) in (1..).zip(&made) {
                ExtendedMap::connect_transition(&mut inner, map, *target);
                assert_eq!(targets(&inner), count);
            }
            assert_eq!(array(&inner), Some(8));
            escape.escape(&inner, made[3])
        };
        scope.collect(CollectionKind::Full);
        assert_eq!(targets(scope), 1);
        assert!(core::ptr::eq(map.get(scope).transition_targets().next().unwrap(), kept.get(scope)));
        let more: Vec<_> = (0..7).map(|_| ExtendedMap::create::<FixedArray>(scope, null)).collect();
        more.iter().for_each(|target| ExtendedMap::connect_transition(scope, map, *target));
        assert_eq!((targets(scope), array(scope)), (8, Some(8)), "no new array");
        for target in more {
            assert!(core::ptr::eq(target.get(scope).back_pointer().unwrap(), map.get(scope)));
            ExtendedMap::connect_transition(scope, map, target);
        }
        assert_eq!(targets(scope), 8, "each is there once");
    });
}

#[test]
fn everything_prints_and_has_a_map_of_its_own() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let scope = isolate.enter();
    assert!(format!("{:?}", scope.undefined()).contains("undefined"));
    assert!(format!("{:#?}", scope.string_table()).contains("used"));
    for class in heapwright_objects::CLASSES.classes() {
        assert!(scope.classes().contains(class), "{}", class.name());
        assert!(!class.layout().doc.is_empty(), "{}", class.name());
    }
}
