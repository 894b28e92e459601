//! The layouts of all classes that `json_heap` uses are those in `layouts.lock` beside it, and the example `layouts` says so too.
#![forbid(unsafe_code)]
// Only the tables of the classes are used here.
#![allow(dead_code)]

use std::path::Path;
use std::process::{Command, Output};

#[path = "../examples/json_heap/classes.rs"]
mod classes;

const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/json_heap/layouts.lock");

#[test]
fn layouts_are_locked() {
    heapwright_docs::assert_locked(
        &[&classes::CLASSES, &heapwright_objects::CLASSES, heapwright::core_classes()],
        LOCK,
    );
}

/// Runs the example `layouts`, which Cargo builds before it runs tests, and puts beside their folder.
fn layouts(arguments: &[&str]) -> Output {
    let test = std::env::current_exe().expect("a test has an executable");
    let profile = test.ancestors().nth(2).expect("it lies in PROFILE/deps");
    let example = profile.join("examples").join(format!("layouts{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is missing: `cargo build --examples`", example.display());
    Command::new(example).args(arguments).output().expect("the example runs")
}

/// The code it exits with, and what it prints.
fn answer(arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = layouts(arguments);
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (status.code().expect("it exits"), String::from_utf8(stdout).expect("text"))
}

/// The commands are about the program's own classes unless a file is named.
#[test]
fn no_model_need_be_named() {
    let lock = std::fs::read_to_string(LOCK).expect("the lock");
    assert_eq!(answer(&["lock"]), (0, lock.clone()));
    assert_eq!(answer(&["check", LOCK]), (0, String::new()));
    assert_eq!(answer(&["diff", LOCK]), (0, "same: no layout changed\n".to_owned()));
    assert_eq!(answer(&["diff", LOCK, LOCK]).0, 0);
    assert!(answer(&["render", "-f", "html"]).1.contains("JsonObject"));

    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("older.lock");
    let path = path.to_str().expect("a path of text");
    std::fs::write(path, lock.replace("strong Shape constant", "strong any constant")).expect("a file");
    let (code, report) = answer(&["check", path]);
    assert_eq!(code, 2);
    for part in [
        "class JsonObject, 12 / 24 bytes\n",
        "`shape` admits less: Shape instead of any",
        "    cargo run --example layouts -- lock -o ",
    ] {
        assert!(report.contains(part), "{report}");
    }
    // What is missing is a lock here, not a model.
    let missing = layouts(&["check"]);
    assert_eq!(missing.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("<LOCK>"));
}
