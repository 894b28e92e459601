//! The program: what it writes, and how it fails.
#![forbid(unsafe_code)]

use std::process::{Command, Output};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model.json");

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_layout-docs")).args(arguments).output().expect("the program starts")
}

#[test]
fn each_format_goes_to_standard_output() {
    let formats = [("text", "CLASSES"), ("md", "# "), ("html", "<!DOCTYPE html>"), ("json", "{")];
    let drawings = [("dot", "digraph"), ("svg", "<svg"), ("wavedrom", "{")];
    for (format, start) in formats.into_iter().chain(drawings) {
        let output = run(&["render", MODEL, "--format", format]);
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(start), "{format}");
    }
}

#[test]
fn a_book_goes_to_a_folder() {
    let dir = std::env::temp_dir().join(format!("layout-docs-cli-book-{}", std::process::id()));
    assert!(run(&["render", MODEL, "-f", "mdbook", "--out", dir.to_str().unwrap()]).status.success());
    assert!(std::fs::read_to_string(dir.join("SUMMARY.md")).unwrap().contains("(class/Script.md)"));
    std::fs::remove_dir_all(dir).unwrap();
    assert_eq!(run(&["render", MODEL, "-f", "mdbook"]).status.code(), Some(64));
}

#[test]
fn source_links_lead_where_the_option_says() {
    let output = run(&["render", MODEL, "-f", "html", "--source-url", "https://example.org/{file}#L{line}"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("https://example.org/heap/src/map.rs#L16"));
}

#[test]
fn errors_are_one_line_with_a_position() {
    let path = std::env::temp_dir().join(format!("layout-docs-broken-{}.json", std::process::id()));
    std::fs::write(&path, "{\n  \"schema_version\": 2,\n  \"generator\": 3\n}\n").unwrap();
    let output = run(&["render", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(message.lines().count(), 1);
    assert!(message.contains("line 3 column 16"), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["render", "/nowhere/model.json"]);
    assert_eq!(output.status.code(), Some(66));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("layout-docs: /nowhere/model.json: "));
}

#[test]
fn the_schema_is_printed() {
    let output = run(&["schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["schema_version"]["const"], heapwright_docs::SCHEMA_VERSION);
}

#[test]
fn help_is_no_error() {
    for arguments in [&["--help"][..], &["--version"], &["diff", "--help"], &["help", "check"]] {
        let output = run(arguments);
        assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true), "{arguments:?}");
    }
    let help = |command| String::from_utf8(run(&[command, "--help"]).stdout).unwrap();
    for (command, said) in [
        ("render", "any program or shared library"),
        ("render", "`jq .Name`"),
        ("render", "the book's `src` folder"),
        ("diff", "for both pointer widths"),
    ] {
        assert!(help(command).split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{command}: {said}");
    }
}

#[test]
fn a_program_is_a_model() {
    let program = env!("CARGO_BIN_EXE_layout-docs");
    let output = run(&["render", program, "-f", "text"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("HeapObject > Map"), "{text}");
    assert_eq!(run(&["diff", program, program]).status.code(), Some(0));
    let other = run(&["render", "/bin/sh"]);
    assert_eq!(other.status.code(), Some(65));
    let message = String::from_utf8(other.stderr).unwrap();
    assert!(message.starts_with("layout-docs: /bin/sh: no Heapwright classes in it"), "{message}");
}

#[test]
fn the_script_for_gdb_is_printed() {
    let output = run(&["gdb"]);
    assert!(output.status.success() && output.stdout.starts_with(b"\"\"\"gdb commands for Heapwright heaps"));
}

#[test]
fn real_objects_are_numbered_if_asked() {
    let mut model: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(MODEL).unwrap()).unwrap();
    model["objects"] = serde_json::json!([{
        "name": "one", "class": "FixedArray", "width": "compressed", "address": "0x7f1234567000", "isolate": 7, "collections": 0,
        "space": "old_space", "young": false, "size": 8,
        "parts": [
            { "offset": 0, "size": 4, "field": "map", "kind": "map", "bytes": "01200000",
                "refers_to": { "class": "Map", "address": "0x2000" } },
            { "offset": 4, "size": 4, "field": "length", "kind": "smi", "bytes": "00000000", "value": "0" },
        ],
    }]);
    let path = std::env::temp_dir().join(format!("layout-docs-objects-{}.json", std::process::id()));
    std::fs::write(&path, model.to_string()).unwrap();
    let path_text = path.to_str().unwrap();
    let text = |arguments: &[&str]| String::from_utf8(run(arguments).stdout).unwrap();
    let given = text(&["render", path_text]);
    assert!(
        given.contains("one: FixedArray, 8 bytes, 0x7f1234567000 in old_space") && given.contains("| 01  20  00  00|")
    );
    let numbered = text(&["render", path_text, "--number-objects"]);
    assert!(numbered.contains("one: FixedArray, 8 bytes, #1 in old_space") && numbered.contains("| #2 Map "));
    assert!(!numbered.contains("0x7f1234567000") && numbered.contains("| ..  ..  ..  ..|"));
    std::fs::remove_file(path).unwrap();
}

/// What is not linked says so, and how its classes are drawn.
#[test]
fn objects_and_static_libraries_are_no_programs() {
    let folder = std::env::temp_dir().join(format!("layout-docs-unlinked-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // The head of an object file for x86-64, with no section.
    let mut object = b"\x7fELF\x02\x01\x01".to_vec();
    object.resize(64, 0);
    (object[16], object[18], object[20], object[52], object[58]) = (1, 62, 1, 64, 64);
    for (name, bytes, what) in [
        ("lib.o", object.as_slice(), "an object file"),
        ("lib.rlib", b"!<arch>\n/               0           0     0     0       0         `\n", "a static library"),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let output = run(&["render", path.to_str().unwrap()]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), message.lines().count()), (Some(65), 1), "{message}");
        assert!(message.contains(&format!("{name}: {what}, which is not linked yet")), "{message}");
        assert!(message.contains("examples/layouts.rs"), "{message}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
