//! The main job, as a user runs it: in a process of its own.
#![forbid(unsafe_code)]

use heapwright::stress::{self, Mode};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Cargo builds examples before it runs tests, and puts them beside the tests' folder.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let profile = test.ancestors().nth(2).expect("it lies in PROFILE/deps");
    let example = profile.join("examples").join(format!("json_heap{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is missing: `cargo build --examples`", example.display());
    example
}

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(example())
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    // It need not read its input.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the example ends")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("text")
}

/// What it printed; it must not have said anything else.
fn report(output: &Output) -> &str {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout)
}

/// The one line with which it failed.
fn failure(output: &Output) -> &str {
    let message = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{message}");
    assert_eq!((message.lines().count(), message.starts_with("json_heap: ")), (1, true), "{message}");
    message
}

#[test]
fn by_default_it_loads_what_cargo_knows() {
    let folder = folder("default");
    let output = run(&folder, &["--compare", "--pointer", "/version", "--pointer", "/no/such/thing"], "");
    let report = report(&output);
    for part in [
        "`cargo metadata` of this workspace",
        "\"/version\"",
        "nothing",
        "equal to the input",
        "JsonObject",
        "SeqOneByteString",
        "Dropped half of the document",
        "The heap was verified",
        "old_space",
        "full collections",
        "build time",
        "live bytes",
        "The document with all that it refers to: 1 root: ",
        "bytes by space: ",
    ] {
        assert!(report.contains(part), "no `{part}` in:\n{report}");
    }
    let layouts =
        |extension| std::fs::read_to_string(folder.join("target/json_heap/layouts").with_extension(extension));
    for extension in ["html", "md", "json"] {
        let layouts = layouts(extension).expect("layouts are written");
        assert!(layouts.contains("JsonObject") && layouts.contains("SeqOneByteString"), "{extension}");
    }
    let model: serde_json::Value = serde_json::from_str(&layouts("json").expect("just read")).expect("JSON");
    assert!(model["classes"].as_array().is_some_and(|classes| classes.len() > 20));
    let objects: Vec<_> = model["objects"].as_array().expect("objects").iter().map(|o| &o["class"]).collect();
    assert_eq!(objects, ["JsonObject", "Shape", "Map", "SeqOneByteString"]);
    assert!(model["footprints"][0]["objects"].as_u64().is_some_and(|objects| objects > 1000));
    assert!(layouts("html").expect("just read").contains("id=\"object.4\""));
}

#[test]
fn a_heap_snapshot_has_what_the_document_has() {
    let folder = folder("snapshot");
    let output = run(&folder, &["-", "--heap-snapshot", "now.heapsnapshot"], "{\"key\": [\"a value\", 2.5, {}]}");
    assert!(report(&output).contains("Heap snapshot: "));
    let file = std::fs::read_to_string(folder.join("now.heapsnapshot")).expect("the snapshot is written");
    let file: serde_json::Value = serde_json::from_str(&file).expect("JSON");
    let strings = file["strings"].as_array().expect("strings");
    for string in ["JsonObject", "JsonArray", "Shape", "key", "a value", "2.5", "map"] {
        assert!(strings.iter().any(|s| s == string), "no `{string}`");
    }
    assert!(!folder.join("sizes.txt").exists());
    let arguments = ["-", "--heap-snapshot", "again.heapsnapshot", "--retained-sizes", "sizes.txt"];
    report(&run(&folder, &arguments, "[[1, 2.5], \"a value\"]"));
    let sizes = std::fs::read_to_string(folder.join("sizes.txt")).expect("the sizes are written");
    let file = std::fs::read_to_string(folder.join("again.heapsnapshot")).expect("the snapshot is written");
    let file: serde_json::Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(sizes.lines().count() as u64, file["snapshot"]["node_count"].as_u64().expect("a number"));
    let numbers = file["nodes"].as_array().expect("nodes");
    let all: u64 = numbers.chunks(6).map(|node| node[3].as_u64().expect("bytes")).sum();
    assert_eq!(sizes.lines().next(), Some(&*format!("1 0 {all}")), "the root retains all");
    let output = run(&folder, &["-", "--retained-sizes", "sizes.txt"], "1");
    assert_eq!(output.status.code(), Some(2), "of which snapshot?");
    let output = run(&folder, &["-", "--heap-snapshot", "no/such/folder"], "1");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("json_heap: cannot write a heap snapshot to no/such/folder: "));
}

#[test]
fn pages_are_drawn() {
    let folder = folder("pages");
    let output = run(&folder, &["-", "--page-map", "pages.svg", "--repeat", "4"], "{\"key\": [\"a value\", 2.5, {}]}");
    let report = report(&output);
    for part in ["Pages, also drawn in pages.svg:", "old_space: ", "map_space: ", "% live", "·"] {
        assert!(report.contains(part), "no `{part}` in:\n{report}");
    }
    let svg = std::fs::read_to_string(folder.join("pages.svg")).expect("the map is written");
    assert!(svg.starts_with("<svg ") && svg.contains("old_space: "), "{svg}");
    let output = run(&folder, &["-", "--page-map", "no/such/folder"], "1");
    assert!(text(&output.stderr).starts_with("json_heap: cannot write a map of pages to no/such/folder: "));
}

#[test]
fn collections_are_traced_to_standard_error() {
    let folder = folder("trace");
    let output = run(&folder, &["-", "--trace-gc"], "[1, 2, 3]");
    assert!(output.status.success());
    let mut lines: Vec<&str> = text(&output.stderr).lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("[1] ") && line.contains("MiB  pause")), "{lines:?}");
    if stress::mode(Mode::Allocations) {
        lines.retain(|line| !line.contains(" stress "));
    }
    if stress::mode(Mode::Marking) {
        lines.retain(|line| !line.contains(" marking complete ")); // helpers may be through at any time
    }
    assert!(lines.len() >= 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains(" ms: full  requested ")), "{lines:?}");
}

#[test]
fn it_reads_files_and_standard_input_alike() {
    let folder = folder("inputs");
    let document = r#"{"name":"heap","list":[1,2.5,"three",null,{"deep":[true]}],"big":18446744073709551615}"#;
    std::fs::write(folder.join("document.json"), document).expect("a file");
    let arguments = ["--out", "docs", "--repeat", "3", "--pointer", "/list/4/deep/0", "--pointer", "/big"];
    let from_file = run(&folder, &[&["document.json"], &arguments[..]].concat(), "");
    let from_stdin = run(&folder, &[&["-"], &arguments[..]].concat(), document);
    for (output, name) in [(from_file, "document.json"), (from_stdin, "standard input")] {
        let report = report(&output);
        for part in [name, "3 times", "18446744073709551615", "Dropped half of the copies"] {
            assert!(report.contains(part), "no `{part}` in:\n{report}");
        }
        assert!(
            report.lines().any(|line| line.starts_with("\"/list/4/deep/0\"") && line.ends_with("true")),
            "{report}"
        );
    }
    assert!(folder.join("docs/layouts.html").exists() && !folder.join("target").exists());
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let folder = folder("errors");
    for (arguments, input, expected) in [
        (&["-"][..], "{\"a\": [1,\n2,,3]}", "standard input: not valid JSON: expected value at line 2 column 3"),
        (&["-"], "{} {}", "trailing characters at line 1 column 4"),
        (&["-"], "", "EOF while parsing a value at line 1 column 0"),
        (&["missing.json"], "", "cannot read missing.json: "),
        (&["-", "--pointer", "a"], "{}", "`a` is not a JSON pointer"),
        (&["-", "--max-heap", "1"], "{}", "at least 8 MiB (8388608 bytes) are needed"),
    ] {
        let output = run(&folder, arguments, input);
        let message = failure(&output);
        assert!(message.contains(expected), "no `{expected}` in {message}");
    }
    let deep = "[".repeat(1_000_000);
    assert!(failure(&run(&folder, &["-"], &deep)).contains("recursion limit exceeded at line 1 column 128"));
}

#[test]
fn a_document_that_does_not_fit_is_said_with_numbers() {
    let folder = folder("large");
    let document = format!("[{}0]", "\"a text that is unlike the others\",0.5,\n".repeat(300_000));
    let output = run(&folder, &["-", "--max-heap", "8"], &document);
    let message = failure(&output);
    assert!(message.contains("does not fit at line ") && message.contains("may hold 8388608"), "{message}");
    // With more room it fits.
    report(&run(&folder, &["-", "--max-heap", "64"], &document));
}

#[test]
fn with_stress_every_allocation_may_move_everything() {
    let folder = folder("stress");
    let document = r#"[{"a":1,"b":[{"c":"d"},{"c":"e"}]},{"a":2,"b":[]},{"b":0.5,"a":"é","a":"日本"}]"#;
    for interval in ["1", "3"] {
        let output = run(&folder, &["-", "--stress", interval, "--repeat", "2"], document);
        assert!(report(&output).contains("stress"));
    }
}

#[test]
fn a_reader_that_has_seen_enough_may_go() {
    let folder = folder("pipe");
    let mut child = Command::new(example())
        .args(["-"])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example runs");
    drop(child.stdout.take()); // before it can write anything
    child.stdin.take().expect("piped").write_all(b"[1,2,3]").expect("it reads its input");
    let output = child.wait_with_output().expect("the example ends");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}
