//! Accessors cost what hand-written loads and stores cost: `tests/golden` has each pair, and this compares what the
//! compiler makes of them, in both pointer widths.
#![forbid(unsafe_code)]
#![allow(missing_docs)]
#![cfg(target_arch = "x86_64")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The instructions of each function of the golden crate, by name. Both widths are built in one directory, for what they
/// share.
fn functions(features: &[&str], width: &str) -> HashMap<String, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = target_directory().join("golden");
    let assembly = target.join(format!("{width}.s"));
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["rustc", "--quiet", "--release", "-p", "heapwright-golden", "--lib", "--target-dir"])
        .arg(&target)
        .args(features)
        // No LTO: with it, the crate's own output is bitcode; no merging, so that each function keeps its body.
        .args(["--config", "profile.release.lto=false", "--", "-Ccodegen-units=1", "-Cdebuginfo=0"])
        .arg(format!("--emit=asm={}", assembly.display()))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&assembly).expect("an assembly file");
    parse(&text)
}

fn target_directory() -> PathBuf {
    // tests run from <target>/<profile>/deps
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_path_buf()
}

/// The part of a mangled name that the source has.
fn plain_name(symbol: &str) -> Option<String> {
    let start = symbol.find("generated_").or_else(|| symbol.find("by_hand_"))?;
    let name: String =
        symbol[start..].chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
    // Legacy mangling ends in 17h<hash>E, the new one in nothing that looks like a name.
    Some(name.split("17h").next().unwrap_or(&name).to_string())
}

fn parse(text: &str) -> HashMap<String, Vec<String>> {
    let mut functions = HashMap::new();
    let mut aliases = Vec::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(alias) = line.strip_prefix(".set ") {
            if let Some((new, old)) = alias.split_once(',') {
                aliases.push((plain_name(new), plain_name(old)));
            }
        } else if let Some((new, old)) = line.split_once(" = ").filter(|_| line.starts_with('_')) {
            aliases.push((plain_name(new), plain_name(old))); // two functions with the same body
        } else if let Some(label) = line.strip_suffix(':') {
            if let Some(name) = plain_name(label).filter(|_| !label.starts_with('.')) {
                functions.insert(name.clone(), Vec::new());
                current = Some(name);
            } else if label.starts_with(".Lfunc_end") {
                current = None;
            }
        } else if let Some(name) = &current
            && !line.is_empty()
            && !line.starts_with('.')
        {
            functions.get_mut(name).unwrap().push(line.replace('\t', " "));
        }
    }
    for (new, old) in aliases {
        if let (Some(new), Some(old)) = (new, old)
            && let Some(body) = functions.get(&old).cloned()
        {
            functions.insert(new, body);
        }
    }
    functions
}

fn check(features: &[&str], width: &str) {
    let functions = functions(features, width);
    let (mut compared, mut different) = (0, Vec::new());
    for (name, by_hand) in &functions {
        let Some(what) = name.strip_prefix("by_hand_") else { continue };
        let generated = functions.get(&format!("generated_{what}")).unwrap_or_else(|| panic!("no generated_{what}"));
        if what == "tagged_set" || what.starts_with("barrier_") {
            check_barrier(generated, by_hand);
        } else if what == "observed_set" || what.starts_with("element_") {
            check_similar(generated, by_hand);
        } else {
            let (ours, theirs) = (without_registers(generated), without_registers(by_hand));
            if ours != theirs {
                different.push(format!("{what}: generated {ours:#?}, by hand {theirs:#?}"));
            }
        }
        compared += 1;
    }
    assert!(different.is_empty(), "other instructions than by hand:\n{}", different.join("\n"));
    assert_eq!(compared, 53, "every pair was found: {:?}", functions.keys());
    let is_open = &functions["generated_is_open"];
    assert!(
        is_open.len() <= 16 && !is_open.iter().any(|i| i.starts_with("call")),
        "the class and its display: {is_open:#?}"
    );
}

/// The instructions with every register called `%r` and labels without the function's number: which ones the compiler
/// picks says nothing.
fn without_registers(body: &[String]) -> Vec<String> {
    let plain = |instruction: &String| {
        let mut parts = instruction.split('%');
        let mut text = parts.next().unwrap_or_default().to_string();
        for part in parts {
            text.push_str("%r");
            text.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
        }
        match text.split_once(".LBB") {
            Some((before, label)) => format!("{before}.L{}", label.trim_start_matches(|c: char| c.is_ascii_digit())),
            None => text,
        }
    };
    body.iter().map(plain).collect()
}

/// The same inline path: what lies behind the test may differ.
fn check_similar(generated: &[String], by_hand: &[String]) {
    assert_eq!(conditional(generated), conditional(by_hand), "generated {generated:#?}\nby hand {by_hand:#?}");
    assert!(generated.len() <= by_hand.len() + 4, "generated {generated:#?}\nby hand {by_hand:#?}");
}

/// Conditional branches.
fn conditional(body: &[String]) -> usize {
    body.iter().filter(|i| i.starts_with('j') && !i.starts_with("jmp")).count()
}

/// Store, two tests with their branches, and nothing else on the inline path.
fn check_barrier(generated: &[String], by_hand: &[String]) {
    let calls = |body: &[String]| body.iter().filter(|i| i.starts_with("call")).count();
    assert!(conditional(generated) <= 2, "at most two flag tests: {generated:#?}");
    assert!(calls(generated) <= 1, "one call at most, behind the tests: {generated:#?}");
    assert!(generated.len() <= by_hand.len() + 4, "generated {generated:#?}\nby hand {by_hand:#?}");
}

#[test]
#[cfg_attr(heapwright_stress, ignore = "makes no isolates")]
fn accessors_are_as_short_as_by_hand_with_compressed_pointers() {
    check(&[], "compressed");
}

#[test]
#[cfg_attr(heapwright_stress, ignore = "makes no isolates")]
fn accessors_are_as_short_as_by_hand_with_full_pointers() {
    check(&["--no-default-features"], "full");
}
