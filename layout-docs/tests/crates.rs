//! A lock is of some crates: the test of a crate and the command over a whole program agree about it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_docs::{Lock, Model, assert_locked, render_json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// As another crate declares them.
mod shapes {
    use heapwright::prelude::*;

    #[heap_object]
    pub struct Point {
        x: Smi,
        next: Tagged<Option<Point>>,
        rest: Tagged<Any>,
    }

    heap_classes! { pub static CLASSES = [Point]; }
}

/// With a namesake.
mod more {
    use heapwright::prelude::*;

    #[heap_object]
    pub struct Point {
        longitude: f64,
        latitude: f64,
    }
}

heapwright::heap_classes! { static WITH_NAMESAKE = [shapes::Point, more::Point]; }

const NAME: &str = env!("CARGO_PKG_NAME");

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crates-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(folder: &PathBuf, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_layout-docs")).args(arguments).current_dir(folder).output().unwrap()
}

/// The code it exits with and what it prints.
fn answer(folder: &PathBuf, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = run(folder, arguments);
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    (status.code().unwrap(), String::from_utf8(stdout).unwrap())
}

#[test]
fn the_test_and_the_command_agree_on_one_lock() {
    let folder = folder("agree");
    // As `assert_locked(&[&CLASSES], …)` writes it.
    let own = Lock::from_model(&Model::from_registries(&[&shapes::CLASSES])).to_string();
    fs::write(folder.join("layouts.lock"), &own).unwrap();
    assert!(own.contains(&format!("\ncrates {NAME}\n")), "{own}");
    assert!(own.contains("class Point in crates::shapes\n") && !own.contains("class Map"), "{own}");
    // `HeapObject` is above it, and has a map, of a class that the lock lacks.
    assert!(own.contains("  field map at 0 size 4/8 strong heapwright::map::Map constant\n"), "{own}");

    // A program has more crates.
    let program = Model::from_registries(&[heapwright::core_classes(), &shapes::CLASSES]);
    fs::write(folder.join("program.json"), render_json(&program)).unwrap();
    assert_eq!(answer(&folder, &["check", "program.json", "layouts.lock"]), (0, String::new()));
    assert_eq!(answer(&folder, &["diff", "layouts.lock", "program.json"]).0, 0);
    assert_eq!(answer(&folder, &["lock", "program.json", "--crate", NAME]), (0, own.clone()));
    assert_eq!(answer(&folder, &["lock", "program.json", "--crate", &NAME.replace('-', "_")]), (0, own.clone()));

    // What it says of a change renews a lock that the test takes.
    fs::write(folder.join("layouts.lock"), own.replace("strong Point | nil", "strong any")).unwrap();
    let (code, report) = answer(&folder, &["check", "program.json", "layouts.lock"]);
    let advice = format!("layout-docs lock program.json --crate {NAME} -o layouts.lock");
    assert!(code == 2 && report.starts_with("breaking: 1 class changed\n") && report.contains(&advice), "{report}");
    let advice: Vec<&str> = advice.split(' ').skip(1).collect();
    assert_eq!(answer(&folder, &advice), (0, String::new()));
    assert_locked(&[&shapes::CLASSES], folder.join("layouts.lock"));

    // The lock of something else.
    fs::write(folder.join("other.lock"), own.replace("\ncrates ", "\ncrates others ")).unwrap();
    fs::write(folder.join("core.json"), render_json(&program.of_crates(&["heapwright"]))).unwrap();
    let (code, report) = answer(&folder, &["check", "core.json", "other.lock"]);
    assert!(code == 2 && report.contains("\nThe crate `others` of the lock is not there at all.\n"), "{report}");

    // A lock that does not say what it is of is compared with everything.
    fs::write(folder.join("layouts.lock"), own.replace(&format!("crates {NAME}\n"), "")).unwrap();
    let (code, report) = answer(&folder, &["check", "program.json", "layouts.lock"]);
    assert!(code == 1 && report.contains("classes added"), "{report}");
    assert_eq!(answer(&folder, &["check", "program.json", "layouts.lock", "--crate", NAME]).0, 0);
}

#[test]
fn a_namesake_is_one_class_more() {
    let folder = folder("namesake");
    for (name, registry) in [("one", &shapes::CLASSES), ("two", &WITH_NAMESAKE)] {
        let lock = Lock::from_model(&Model::from_registries(&[registry]));
        fs::write(folder.join(name).with_extension("lock"), lock.to_string()).unwrap();
    }
    let (code, report) = answer(&folder, &["diff", "one.lock", "two.lock"]);
    assert!(code == 1 && report.starts_with("compatible: 1 class added\n\nclass crates::more::Point, "), "{report}");
    let (code, report) = answer(&folder, &["diff", "two.lock", "one.lock"]);
    assert!(code == 2 && report.starts_with("breaking: 1 class removed\n\nclass crates::more::Point, "), "{report}");
}

/// The program that runs this test has the classes of this crate in it, and those of `heapwright`.
#[test]
fn a_part_of_a_program_is_drawn() {
    let folder = folder("drawn");
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let (_, all) = answer(&folder, &["render", program]);
    let (_, own) = answer(&folder, &["render", program, "--crate", NAME]);
    assert!(all.contains("─ FreeSpace  ") && !own.contains("─ FreeSpace  ") && own.contains("longitude"), "{own}");
    let (_, one) = answer(&folder, &["render", program, "--class", "crates::shapes::Point"]);
    assert!(one.contains("next") && !one.contains("longitude"), "{one}");
    for (arguments, message) in [
        (["--crate", "nobody"], "layout-docs: there is no crate `nobody`: the model has heapwright"),
        (["--class", "Nobody"], "layout-docs: there is no class `Nobody`"),
    ] {
        let output = run(&folder, &[&["render", program][..], &arguments].concat());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(64) && text.starts_with(message), "{text}");
    }
    let lock = "layout-lock 1\ncrates one two\n\nclass A\n  size 4/8\n";
    fs::write(folder.join("two.lock"), lock).unwrap();
    let output = run(&folder, &["check", program, "two.lock", "--crate", "one"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr).unwrap().contains("this one is of the crate `two` too"));
}

/// The classes of the program itself stand before those that it builds on.
#[test]
fn own_classes_come_first() {
    let program = fs::read(std::env::current_exe().unwrap()).unwrap();
    let model = Model::from_binary(&program).unwrap();
    let names: Vec<&str> = model.crates.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, [NAME, NAME, "heapwright", "heapwright::code"]);
    let at = |id: &str| model.classes.iter().position(|c| c.id == id).unwrap();
    assert!(at("crates::shapes::Point") < at("FreeSpace"), "{names:?}");
    // No instance types are known of a program, so nothing is said of them.
    let text = heapwright_docs::render_text(&model);
    assert!(!text.contains("nstance types"), "{text}");
}
