//! The program over locks and models of real classes: what it reports, and with which code.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::layout::ClassRegistry;
use heapwright_docs::{Lock, Model, render_json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// As it was.
mod before {
    use heapwright::prelude::*;

    #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum Paint {
        Plain,
        Dotted,
    }

    #[bitfield(u31)]
    pub struct Style {
        #[bits(2)]
        pub paint: Paint,
        #[bits(8)]
        pub opacity: u8,
    }

    /// A figure.
    #[heap_object(open)]
    pub struct Shape {
        style: SmiBits<Style>,
    }

    /// A point in a list.
    #[heap_object(extends = Shape)]
    pub struct Point {
        x: Smi,
        y: f64,
        next: Tagged<Option<Point>>,
        seen_from: Weak<Point>,
    }

    #[heap_object(extends = Shape)]
    pub struct Polygon {
        #[constant]
        count: Smi,
        #[length = count]
        points: [Tagged<Point>],
    }

    heap_classes! { pub static CLASSES = [Shape, Point, Polygon]; }
}

/// The same layouts, told otherwise: other docs and lines, types spelled otherwise, another order of the registry.
mod same {
    use heapwright::prelude::*;
    use std::option::Option as Maybe;

    #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum Paint {
        Plain,
        Dotted,
    }

    /// How it looks.
    #[bitfield(u31)]
    pub struct Style {
        #[bits(2)]
        pub paint: Paint,
        #[bits(8)]
        pub opacity: u8,
    }

    #[heap_object(extends = Shape)]
    pub struct Polygon {
        /// How many corners it has.
        #[constant]
        count: Smi,
        #[length = count]
        points: [Tagged<Point>],
    }

    #[heap_object(extends = Shape, copy)]
    pub struct Point {
        x: Smi,
        y: f64,
        next: Tagged<Option<Point>>,
        seen_from: Weak<Point>,
    }

    #[heap_object(open)]
    pub struct Shape {
        style: SmiBits<Style>,
    }

    heap_classes! { pub static CLASSES = [Polygon, Point, Shape]; }

    const _: Maybe<()> = None;
}

/// A new class, a new name in an enum, a new bit field in reserved bits, a field that has another name.
mod compatible {
    use heapwright::prelude::*;

    #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum Paint {
        Plain,
        Dotted,
        Striped,
    }

    #[bitfield(u31)]
    pub struct Style {
        #[bits(2)]
        pub paint: Paint,
        #[bits(8)]
        pub opacity: u8,
        pub is_hidden: bool,
    }

    #[heap_object(open)]
    pub struct Shape {
        style: SmiBits<Style>,
    }

    #[heap_object(extends = Shape)]
    pub struct Point {
        x: Smi,
        y: f64,
        next: Tagged<Option<Point>>,
        visible_from: Weak<Point>,
    }

    #[heap_object(extends = Shape)]
    pub struct Polygon {
        #[constant]
        count: Smi,
        #[length = count]
        points: [Tagged<Point>],
    }

    #[heap_object(extends = Shape)]
    pub struct Circle {
        centre: Tagged<Point>,
        radius: Smi,
    }

    heap_classes! { pub static CLASSES = [Shape, Point, Polygon, Circle]; }
}

/// A parent that grew, a field between others, a set that admits more, a bit field that moved.
mod breaking {
    use heapwright::prelude::*;

    #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(u8)]
    pub enum Paint {
        Plain,
        Dotted,
    }

    #[bitfield(u31)]
    pub struct Style {
        #[bits(3)]
        pub paint: Paint,
        #[bits(8)]
        pub opacity: u8,
    }

    #[heap_object(open)]
    pub struct Shape {
        style: SmiBits<Style>,
        layer: Smi,
    }

    #[heap_object(extends = Shape)]
    pub struct Point {
        x: Smi,
        y: f64,
        z: f64,
        next: Tagged<Any>,
        seen_from: Weak<Point>,
    }

    #[heap_object(extends = Shape)]
    pub struct Polygon {
        #[constant]
        count: Smi,
        #[length = count]
        points: [Tagged<Point>],
    }

    heap_classes! { pub static CLASSES = [Shape, Point, Polygon]; }
}

/// A folder of the test's own, with the four states in it, each as a model and as a lock.
struct States(PathBuf);

impl States {
    fn new(name: &str) -> States {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("changes-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let states: [(&str, &ClassRegistry); 4] = [
            ("before", &before::CLASSES),
            ("same", &same::CLASSES),
            ("compatible", &compatible::CLASSES),
            ("breaking", &breaking::CLASSES),
        ];
        for (name, classes) in states {
            let model = Model::from_registries(&[classes]);
            fs::write(folder.join(name).with_extension("json"), render_json(&model)).unwrap();
            fs::write(folder.join(name).with_extension("lock"), Lock::from_model(&model).to_string()).unwrap();
        }
        States(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_layout-docs");
        Command::new(program).args(arguments).current_dir(&self.0).output().expect("the program starts")
    }

    /// The code it exits with and what it prints.
    fn answer(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// The code it fails with, and the one line it says.
    fn failure(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn the_same_is_0() {
    let states = States::new("same");
    assert_eq!(states.answer(&["diff", "before.lock", "same.json"]), (0, "same: no layout changed\n".to_owned()));
    assert_eq!(states.answer(&["check", "same.json", "before.lock"]), (0, String::new()));
    let lock = |name: &str| fs::read_to_string(states.0.join(name)).unwrap();
    assert_eq!(lock("same.lock").replace("changes::same", "changes::before"), lock("before.lock"));
}

#[test]
fn compatible_is_1() {
    let states = States::new("compatible");
    let (code, text) = states.answer(&["diff", "before.json", "compatible.json"]);
    compare("compatible.txt", &text);
    assert_eq!(code, 1);
    assert_eq!(states.answer(&["diff", "before.lock", "compatible.lock"]), (1, text));
    let (code, markdown) = states.answer(&["diff", "before.lock", "compatible.lock", "-f", "md"]);
    compare("compatible.md", &markdown);
    assert_eq!(code, 1);
}

#[test]
fn breaking_is_2() {
    let states = States::new("breaking");
    let (code, text) = states.answer(&["diff", "before.lock", "breaking.json"]);
    compare("breaking.txt", &text);
    assert_eq!(code, 2);
    let (code, markdown) = states.answer(&["diff", "before.lock", "breaking.json", "--format", "md"]);
    compare("breaking.md", &markdown);
    assert_eq!(code, 2);
    let (code, json) = states.answer(&["diff", "before.lock", "breaking.json", "-f", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["exit_code"].as_i64(), json["verdict"].as_str()), (2, Some(2), Some("breaking")));
    // The other way round, too.
    assert_eq!(states.answer(&["diff", "breaking.lock", "before.lock"]).0, 2);
}

#[test]
fn check_says_how_to_renew_the_lock() {
    let states = States::new("check");
    for (state, expected) in [("compatible", 1), ("breaking", 2)] {
        let model = format!("{state}.json");
        let (code, text) = states.answer(&["check", &model, "before.lock"]);
        assert_eq!(code, expected);
        let (_, report) = states.answer(&["diff", "before.lock", &model]);
        let command = format!("    layout-docs lock {model} -o before.lock\n");
        assert!(text.starts_with(&report) && text.ends_with(&command), "{text}");
    }
    // As it says.
    assert_eq!(states.answer(&["lock", "breaking.json", "-o", "before.lock"]), (0, String::new()));
    assert_eq!(states.answer(&["check", "breaking.json", "before.lock"]), (0, String::new()));
}

/// `git show main:layouts.lock | layout-docs diff - new.json`.
#[test]
fn either_side_may_come_from_standard_input() {
    let states = States::new("stdin");
    for (arguments, file) in
        [(["diff", "-", "breaking.json"], "before.lock"), (["diff", "before.lock", "-"], "breaking.json")]
    {
        let input = fs::File::open(states.0.join(file)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_layout-docs"));
        let output = command.args(arguments).current_dir(&states.0).stdin(input).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            states.answer(&["diff", "before.lock", "breaking.lock"]).1
        );
    }
}

/// Nothing that goes wrong looks like an answer.
#[test]
fn errors_are_64_and_above() {
    let states = States::new("errors");
    for arguments in
        [&["diff", "before.lock"][..], &["check", "before.json"], &["lock"], &["render"], &["compare"], &[]]
    {
        let (code, message) = states.failure(arguments);
        assert_eq!(code, 64, "{arguments:?}: {message}");
        assert!(message.contains("Usage: layout-docs"), "{message}");
    }
    // What is there is the model; the lock is missing.
    let (_, message) = states.failure(&["check", "before.json"]);
    assert!(message.contains("not provided:\n  <LOCK>\n"), "{message}");
    let broken = fs::read_to_string(states.0.join("before.lock")).unwrap().replace("  size 28/48\n", "  size big\n");
    fs::write(states.0.join("broken.lock"), broken).unwrap();
    fs::write(states.0.join("bytes"), [0xff, 0xfe, 0]).unwrap();
    fs::write(states.0.join("broken.json"), "{\n  \"schema_version\": 9\n}").unwrap();
    for (arguments, code, message) in [
        (&["diff", "nothing.lock", "before.json"][..], 66, "layout-docs: nothing.lock: No such file"),
        (&["check", "before.json", "."], 66, "layout-docs: .: Is a directory"),
        (&["diff", "broken.lock", "before.json"], 65, "layout-docs: broken.lock: line "),
        (
            &["diff", "before.json", "bytes"],
            65,
            "layout-docs: bytes: neither a model, a program nor a lock: it is no text",
        ),
        (&["diff", "before.json", "broken.json"], 65, "layout-docs: broken.json: schema_version is 9, but this"),
        (
            &["render", "bytes"],
            65,
            "layout-docs: bytes: neither a model, as `render -f json` writes it, nor a program\n",
        ),
        (&["render", "/dev/null"], 65, "layout-docs: /dev/null: neither a model, as "),
        (&["diff", "-", "-"], 64, "layout-docs: only one side can be `-`"),
        (&["check", "-", "-"], 64, "layout-docs: only one side can be `-`"),
        (&["render", "before.lock"], 65, "layout-docs: before.lock: this is a lock, which has no docs"),
        (&["lock", "before.json", "-o", "no/folder"], 74, "layout-docs: no/folder: No such file"),
    ] {
        let (found, text) = states.failure(arguments);
        assert_eq!((found, text.lines().count(), text.starts_with(message)), (code, 1, true), "{text}");
    }
}

/// Compares with the file in `tests/reports`. `LAYOUT_DOCS=overwrite` writes it.
fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports").join(name);
    if std::env::var("LAYOUT_DOCS").is_ok_and(|word| word == "overwrite") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{}", path.display());
}
