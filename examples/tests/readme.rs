//! The README's example is the program `points`, and its output is what that prints.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("the README")
}

/// The first block that is fenced as `language`.
fn block<'a>(text: &'a str, language: &str) -> &'a str {
    let start = text.split_once(&format!("```{language}\n")).expect("a block").1;
    start.split_once("```").expect("its end").0
}

/// Without addresses, which differ from run to run.
fn comparable(line: &str) -> String {
    let mut words = line.trim_end().split("0x");
    let mut text = words.next().unwrap_or_default().to_string();
    for word in words {
        text.push_str(word.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    text
}

#[test]
fn the_example_is_the_program() {
    let readme = readme();
    let program = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/points.rs")).unwrap();
    assert!(program.trim_end().ends_with(block(&readme, "rust").trim_end()), "README.md and points.rs differ");
}

#[test]
#[cfg_attr(heapwright_stress, ignore = "builds the example once more")]
fn the_output_is_what_the_program_prints() {
    if cfg!(not(feature = "pointer-compression")) {
        return; // sizes and offsets are those of the default
    }
    // With the features of the whole workspace, as `cargo test --workspace` has built it: then there is nothing left to do.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--example", "points", "--message-format=json"])
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let messages = String::from_utf8(built.stdout).unwrap();
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "points")
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .expect("the program's path");
    let output = Command::new(program).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<String> = printed.lines().map(comparable).collect();
    for line in block(&readme(), "text").lines().filter(|line| *line != "…") {
        assert!(printed.contains(&comparable(line)), "not printed: {line}");
    }
}

/// The report that the README shows is one that a test of `layout-docs` compares with what the program prints.
#[test]
fn the_report_of_changes_is_real() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../layout-docs/tests/reports/breaking.txt");
    let report = std::fs::read_to_string(path).expect("the report");
    for part in block(&readme(), "console").split("…\n") {
        assert!(report.contains(part), "not in the report: {part}");
    }
}
