//! The modules of the example `json_heap`, tested in this process: together here, and each by the tests it has itself.
//! (Cargo runs no tests of an example that it also builds as a program.)
#![forbid(unsafe_code)]

#[path = "../examples/json_heap/classes.rs"]
pub mod classes;
#[path = "../examples/json_heap/compare.rs"]
pub mod compare;
#[path = "../examples/json_heap/error.rs"]
pub mod error;
#[path = "../examples/json_heap/input.rs"]
pub mod input;
#[path = "../examples/json_heap/job.rs"]
pub mod job;
#[path = "../examples/json_heap/live.rs"]
pub mod live;
#[path = "../examples/json_heap/load.rs"]
pub mod load;
#[path = "../examples/json_heap/lookup.rs"]
pub mod lookup;
#[path = "../examples/json_heap/options.rs"]
pub mod options;
#[path = "../examples/json_heap/progress.rs"]
pub mod progress;
#[path = "../examples/json_heap/report.rs"]
pub mod report;
#[path = "../examples/json_heap/shapes.rs"]
pub mod shapes;
#[path = "../examples/json_heap/strings.rs"]
pub mod strings;
#[path = "../examples/json_heap/thin.rs"]
pub mod thin;
#[path = "../examples/json_heap/value.rs"]
pub mod value;
#[path = "../examples/json_heap/write.rs"]
pub mod write;

use clap::Parser;
use classes::{CLASSES, JsonArray, JsonObject};
use heapwright::IsolateBuilder;
use heapwright::prelude::*;
use load::{LoadError, Loader};
use lookup::Pointer;
use progress::Progress;
use proptest::prelude::*;
use serde_json::{Value, json};

fn builder() -> IsolateBuilder {
    heapwright_objects::builder().classes(&CLASSES).verify(true)
}

/// Loads a text, and yields what `use_it` makes of the document.
fn with_document<R>(
    builder: IsolateBuilder,
    text: &str,
    use_it: impl FnOnce(Tagged<'_, Any>) -> R,
) -> Result<R, LoadError> {
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let mut loader = Loader::new(&mut scope, text.len(), Progress::hidden()).unwrap();
    let document = loader.load(&mut scope, text)?;
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    Ok(use_it(document.get(&scope)))
}

fn round_trip(builder: IsolateBuilder, text: &str) -> Value {
    let written = with_document(builder, text, |document| write::to_text(document).unwrap()).unwrap();
    serde_json::from_str(&written).unwrap()
}

#[test]
fn every_kind_of_value_comes_back() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "1.0",
        "1e300",
        "5e-324",
        "1073741823",
        "1073741824",
        "-1073741824",
        "-1073741825",
        "2147483648",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "0.1",
        r#""""#,
        r#""\u0000\n\"\\/""#,
        r#""naïve""#,
        r#""日本 🦀""#,
        "[]",
        "{}",
        r#"{"":{"":[{"é":1},{"é":2}]}}"#,
        "[[],[[]],{},[{}],null]",
    ] {
        let expected: Value = serde_json::from_str(text).unwrap();
        let found = round_trip(builder(), text);
        // Through text too, for `-0.0 == 0.0`.
        assert_eq!((&found, found.to_string()), (&expected, expected.to_string()), "{text}");
    }
}

#[test]
fn of_equal_keys_the_last_value_counts() {
    for text in [r#"{"a":1,"b":2,"a":3}"#, r#"[{"a":1,"b":2},{"a":1,"a":2,"b":3,"a":4},{"a":0,"b":0,"a":1}]"#] {
        assert_eq!(round_trip(builder(), text), serde_json::from_str::<Value>(text).unwrap());
    }
}

#[test]
fn objects_with_the_same_keys_share_their_shape() {
    let text = r#"[{"a":1,"b":2},{"a":3,"c":4},{"a":5,"b":6},{"a":7,"c":8},{"a":9},{"a":1,"b":2,"b":3}]"#;
    with_document(builder(), text, |document| {
        let shapes: Vec<_> =
            document.cast::<JsonArray>().elements_iter().map(|object| object.cast::<JsonObject>().shape()).collect();
        let same = |a: usize, b: usize| std::ptr::eq(shapes[a], shapes[b]);
        assert!(same(0, 2) && same(1, 3) && same(0, 5));
        assert!(!same(0, 1) && !same(0, 4) && !same(1, 4));
        assert_eq!((shapes[0].objects(), shapes[1].objects(), shapes[4].objects()), (3, 2, 1));
    })
    .unwrap();
}

#[test]
fn shapes_that_no_object_has_die() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let mut loader = Loader::new(&mut scope, 0, Progress::hidden()).unwrap();
    loader.load(&mut scope.nested(), r#"[{"dead":1}]"#).unwrap();
    let kept = loader.load(&mut scope, r#"[{"kept":1}]"#).unwrap();
    scope.collect(CollectionKind::Full);
    let shapes: Vec<_> = loader.shapes().all(&scope).map(|shape| shape.keys(0).to_rust_string()).collect();
    assert_eq!(shapes, ["kept"]);
    assert_eq!(write::to_text(kept.get(&scope)).unwrap(), r#"[{"kept":1}]"#);
}

#[test]
fn a_table_of_shapes_that_died_does_not_grow() {
    let mut isolate = builder().verify(false).build().unwrap();
    let mut scope = isolate.enter();
    let mut loader = Loader::new(&mut scope, 0, Progress::hidden()).unwrap();
    for i in 0..3000 {
        loader.load(&mut scope.nested(), &format!("{{\"key{i}\":0}}")).unwrap();
        if i % 100 == 0 {
            scope.collect(CollectionKind::Full);
        }
    }
    scope.collect(CollectionKind::Full);
    let tables = scope.class_statistics().into_iter().find(|class| class.class.name() == "ShapeTable").unwrap();
    assert!(tables.bytes < 32 << 10, "{tables:?}");
}

#[test]
fn many_shapes_fit() {
    let objects: Vec<Value> = (0..2000).map(|i| json!({ "common": i, (format!("key{i}")): [i] })).collect();
    let text = Value::from(objects.clone()).to_string();
    assert_eq!(round_trip(builder(), &text), Value::from(objects));
}

#[test]
fn an_object_of_many_keys_is_loaded_in_time() {
    let text =
        format!("{{{}}}", (0..100_000).map(|i| format!("\"k{}\":{i}", i % 99_999)).collect::<Vec<_>>().join(","));
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(round_trip(builder(), &text), expected);
}

#[test]
fn a_document_that_does_not_fit_is_an_error_with_numbers() {
    let text = Value::from((0..2_000_000).map(|i| Value::from(f64::from(i) + 0.5)).collect::<Vec<_>>()).to_string();
    let error = with_document(builder().verify(false).max_heap_size(8 << 20), &text, |_| ()).unwrap_err();
    assert!(matches!(error, LoadError::OutOfMemory { line: 1, column: 1_000_000.., .. }), "{error}");
    assert!(error.to_string().contains("may hold 8388608"), "{error}");
}

#[test]
fn what_is_not_json_is_an_error_with_its_place() {
    for (text, place) in
        [("[1,\n 2,, 3]", "line 2 column 4"), ("{\"a\":1} x", "line 1 column 9"), ("", "line 1 column 0")]
    {
        let error = with_document(builder(), text, |_| ()).unwrap_err();
        assert!(matches!(error, LoadError::Syntax(_)), "{error}");
        assert!(error.to_string().ends_with(place), "{error}");
    }
    let deep = "[".repeat(100_000);
    let error = with_document(builder(), &deep, |_| ()).unwrap_err();
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[test]
fn after_an_error_the_loader_still_works() {
    let mut isolate = builder().build().unwrap();
    let mut scope = isolate.enter();
    let mut loader = Loader::new(&mut scope, 0, Progress::hidden()).unwrap();
    loader.load(&mut scope, r#"{"a":[1,{"b":[[2"#).unwrap_err();
    let document = loader.load(&mut scope, r#"{"a":[1,{"b":[[2]]}]}"#).unwrap();
    assert_eq!(write::to_text(document.get(&scope)).unwrap(), r#"{"a":[1,{"b":[[2]]}]}"#);
}

#[test]
fn the_job_reports_what_it_did() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("job");
    let document = folder.join("document.json");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&document, r#"{"a":[{"b":1},{"b":2},{"b":3}]}"#).unwrap();
    let options = options::Options::parse_from([
        "json_heap".as_ref(),
        document.as_os_str(),
        "--out".as_ref(),
        folder.as_os_str(),
        "--compare".as_ref(),
    ]);
    let mut out = Vec::new();
    job::run(&options, &mut out).unwrap();
    let report = String::from_utf8(out).unwrap();
    assert!(report.contains("8 values") && report.contains("2 shapes of 4 objects"), "{report}");
}

/// JSON text, with keys that often repeat, also within an object, and numbers around the limits of Smis and integers.
fn any_json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no such numbers", |f| f.is_finite()).prop_map(Value::from),
        (-3..3_i64, 29..33_u32).prop_map(|(near, bits)| Value::from((1_i64 << bits) + near)),
        (-3..3_i64, 29..33_u32).prop_map(|(near, bits)| Value::from(near - (1_i64 << bits))),
    ];
    let text = prop_oneof![4 => "[a-d]{0,2}", 1 => "\\PC{0,12}", 1 => any::<String>(), 1 => "[\u{80}-\u{ff}]{1,4}"];
    let text = text.prop_map(|text| Value::from(text).to_string());
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number.prop_map(|number| number.to_string()),
        text.clone()
    ];
    scalar.prop_recursive(6, 120, 8, move |inner| {
        let member = (text.clone(), inner.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(",\n"))),
        ]
    })
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The pointers to all values in a document.
fn all_pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Array(array) => array.iter().enumerate().for_each(|(i, v)| all_pointers(v, &format!("{here}/{i}"), all)),
        Value::Object(object) => object.iter().for_each(|(key, v)| {
            all_pointers(v, &format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), all)
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_comes_back(text in any_json()) {
        prop_assert_eq!(round_trip(builder(), &text), parse(&text));
    }

    #[test]
    fn so_it_does_if_everything_moves_all_the_time(text in any_json(), interval in 1_u32..8, full in any::<bool>()) {
        let kind = if full { CollectionKind::Full } else { CollectionKind::Young };
        prop_assert_eq!(round_trip(builder().stress(interval, kind), &text), parse(&text));
    }

    #[test]
    fn pointers_find_what_serde_json_finds(text in any_json()) {
        let (value, mut pointers) = (parse(&text), Vec::new());
        all_pointers(&value, "", &mut pointers);
        pointers.extend(["/0".to_owned(), "/00".to_owned(), "/-".to_owned(), "/a/b".to_owned(), "/nothing there".to_owned()]);
        let found = with_document(builder(), &text, |document| {
            let find = |pointer: &String| pointer.parse::<Pointer>().unwrap().find(document);
            pointers.iter().map(|p| find(p).map(|found| write::to_text(found).unwrap())).collect::<Vec<_>>()
        }).unwrap();
        for (pointer, found) in pointers.iter().zip(found) {
            let found: Option<Value> = found.map(|text| serde_json::from_str(&text).unwrap());
            prop_assert_eq!(found.as_ref(), value.pointer(pointer), "{}", pointer);
        }
    }

    #[test]
    fn what_is_left_after_dropping_half_is_known(text in any_json()) {
        let mut isolate = builder().build().unwrap();
        let mut scope = isolate.enter();
        let mut loader = Loader::new(&mut scope, 0, Progress::hidden()).unwrap();
        let document = loader.load(&mut scope, &text).unwrap();
        thin::drop_half(&scope, document.get(&scope));
        scope.collect(CollectionKind::Full);
        let mut expected = parse(&text);
        thin::drop_half_of_value(&mut expected);
        let left: Value = serde_json::from_str(&write::to_text(document.get(&scope)).unwrap()).unwrap();
        prop_assert_eq!(left, expected);
    }
}
