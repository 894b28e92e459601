//! The tables in a binary are all that the registries say: a model read from this very program's file is the one made
//! from its registries, and damaged files are errors.

use heapwright_docs::{BinaryError, Model};
use heapwright_tests::kinds::CLASSES;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The registries that this program is linked with, its own first, but for what only an isolate says.
fn from_registries() -> Model {
    let code = heapwright::code::code_classes();
    let core = heapwright::core_classes();
    let mut model = Model::from_registries(&[&CLASSES, core, &heapwright_objects::CLASSES, code]);
    for class in &mut model.classes {
        (class.assigned_instance_type, class.assigned_instance_types) = (None, None);
    }
    model
}

fn this_program() -> Vec<u8> {
    std::fs::read(std::env::current_exe().unwrap()).unwrap()
}

#[test]
fn the_tables_in_the_binary_are_those_of_the_registries() {
    let model = Model::from_binary(&this_program()).unwrap();
    let expected = from_registries();
    assert_eq!(model.crates, expected.crates);
    for (ours, theirs) in model.classes.iter().zip(&expected.classes) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(model, expected);
}

#[test]
fn stripping_takes_nothing_away() {
    let stripped = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stripped-test");
    let strip = Command::new("strip").arg("-s").arg("-o").arg(&stripped).arg(std::env::current_exe().unwrap()).status();
    match strip {
        Ok(status) => assert!(status.success()),
        Err(error) => panic!("`strip`, of the package that has the linker: {error}"),
    }
    let bytes = std::fs::read(&stripped).unwrap();
    assert!(bytes.len() < this_program().len());
    assert_eq!(Model::from_binary(&bytes).unwrap(), from_registries());
}

#[test]
fn a_program_of_its_own_has_its_classes() {
    let model = Model::from_binary(&std::fs::read(Path::new(env!("CARGO_BIN_EXE_crash"))).unwrap()).unwrap();
    let crates: Vec<&str> = model.crates.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(crates, ["heapwright-tests", "heapwright", "heapwright-objects", "heapwright::code"]);
    assert!(model.classes.iter().any(|class| class.id == "Opaque"));
}

#[test]
fn what_is_no_such_binary_is_an_error() {
    let error = |bytes: &[u8]| Model::from_binary(bytes).unwrap_err();
    assert!(matches!(error(b"no binary"), BinaryError::Format(_)));
    assert!(matches!(error(b""), BinaryError::Format(_)));
    let other = error(&std::fs::read("/proc/self/exe").map(|_| std::fs::read("/bin/true").unwrap()).unwrap());
    assert!(matches!(other, BinaryError::NoTables), "{other}");
    assert!(other.to_string().contains("no section `heapwright`"), "{other}");
}

#[test]
fn damage_is_an_error_or_another_model() {
    let program = this_program();
    let find = |needle: &[u8]| program.windows(needle.len()).position(|w| w == needle).expect("it is there");
    let schema = find(b" tables 1\nconst");
    let entry = find(&heapwright::debugger::MAGIC);
    let mut random = 7_u64;
    let mut next = move |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    let (mut errors, mut models) = (0, 0);
    for round in 0..60 {
        let mut damaged = program.clone();
        // What the loader writes lies around the entries, and so do the tables.
        let (start, size) = if round % 3 == 0 { (schema, 4000) } else { (entry.saturating_sub(1 << 16), 1 << 17) };
        for _ in 0..1 + round % 20 {
            let at = (start + next(size)).min(damaged.len() - 1);
            damaged[at] = next(256) as u8;
        }
        match Model::from_binary(&damaged) {
            Ok(model) => {
                model.check().unwrap();
                models += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
        }
    }
    assert!(errors > 5 && models > 5, "{errors} errors, {models} models");
    for end in [64, schema, entry, entry + 20, program.len() - 1000] {
        assert!(Model::from_binary(&program[..end]).is_err(), "{end} bytes");
    }
}
