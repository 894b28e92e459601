//! What `heapwright::seeing` shows is what the program `see_heap` prints, and what gdb prints of it.
//!
//! After `cargo build --examples`, `HEAPWRIGHT_SEEING=overwrite cargo test -p heapwright-examples --test see_heap` writes the page's
//! outputs anew, and the same with `-- --ignored` what gdb prints. The two lines in the README are for hands.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Cargo builds examples before it runs tests, and puts them beside the tests' folder.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let profile = test.ancestors().nth(2).expect("it lies in PROFILE/deps");
    let example = profile.join("examples").join(format!("see_heap{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is missing: `cargo build --examples`", example.display());
    example
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../heap/src").join(path)
}

fn is_overwriting() -> bool {
    std::env::var_os("HEAPWRIGHT_SEEING").is_some_and(|value| value == "overwrite")
}

/// Sizes and offsets on the page are those of the default, and what is collected when is that of no stress mode.
fn is_as_on_the_page() -> bool {
    cfg!(all(feature = "pointer-compression", not(heapwright_stress)))
}

/// A line without what differs from run to run: addresses, times, and blanks that align them.
fn comparable(line: &str) -> String {
    const UNITS: [&str; 5] = ["ms", "µs", "ns", "s", "MiB/s"];
    const BEFORE_TIMES: [&str; 4] = ["scavenge", "mark", "evacuate", "sweep"];
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut text: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let bare = word.trim_end_matches([',', ';', ':']);
        let next = words.get(at + 1).map_or("", |next| next.trim_end_matches([',', ';', ':']));
        let has_unit = UNITS.iter().any(|unit| bare.strip_suffix(unit).is_some_and(is_number));
        let is_time = is_number(bare) && (UNITS.contains(&next) || at > 0 && BEFORE_TIMES.contains(&words[at - 1]));
        if has_unit || is_time || (is_number(bare) && at > 1 && words[at - 2].ends_with("_us")) {
            text.push("TIME".to_owned());
            continue;
        }
        let mut parts = word.split("0x");
        let mut word = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            word.push_str("0x");
            word.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
        }
        text.push(word);
    }
    text.join(" ")
}

#[test]
fn what_is_compared_is_what_does_not_differ() {
    for (line, expected) in [
        ("  mutator: 7.224481ms,", "mutator: TIME"),
        ("  elsewhere: 861,", "elsewhere: 861,"),
        ("  pause_us = 12", "pause_us = TIME"),
        ("  allocated = 12", "allocated = 12"),
        (
            "young collections 3, 7.10 ms, the longest 6.08 ms; copied 5",
            "young collections 3, TIME ms, the longest TIME ms; copied 5",
        ),
        (
            "ran   888.3 ms at     0 MiB/s  live   0.6 MiB  scavenge 1.411 mark 0.840 ms",
            "ran TIME ms at TIME MiB/s live 0.6 MiB scavenge TIME mark TIME ms",
        ),
        ("<Album 0x7f59>.songs = Tagged(<Song 0x12ab>)", "<Album 0x>.songs = Tagged(<Song 0x>)"),
    ] {
        assert_eq!(comparable(line), expected);
    }
}

/// A block of output on the page.
struct Block {
    /// The lines of the page that it is made of, without fences.
    lines: std::ops::Range<usize>,
    text: Vec<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut begun) = (Vec::new(), None);
    for (at, line) in page.lines().enumerate() {
        let line = line.strip_prefix("//!").unwrap_or_default();
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (line, &mut begun) {
            ("```text", None) => begun = Some(Block { lines: at + 1..at + 1, text: Vec::new() }),
            ("```", Some(_)) => {
                blocks.extend(begun.take().map(|block| Block { lines: block.lines.start..at, ..block }))
            }
            (line, Some(block)) => block.text.push(line.to_owned()),
            (_, None) => {}
        }
    }
    blocks
}

/// The page with other lines in some places.
fn replaced(page: &str, blocks: &[(std::ops::Range<usize>, Vec<String>)]) -> String {
    let mut out = String::new();
    for (at, line) in page.lines().enumerate() {
        if let Some((_, lines)) = blocks.iter().find(|(range, _)| range.start == at) {
            lines.iter().for_each(|line| out.push_str(&format!("{}\n", format!("//! {line}").trim_end())));
        }
        if !blocks.iter().any(|(range, _)| range.contains(&at)) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Whether `shown` is `printed`; `…` stands for any lines.
fn assert_shown(shown: &[String], printed: &[String]) {
    let (shown_lines, shown) = (shown, shown.iter().map(|line| comparable(line)).collect::<Vec<_>>());
    let printed: Vec<_> = printed.iter().map(|line| comparable(line)).collect();
    let parts: Vec<_> = shown.split(|line| line == "…").collect();
    let mut rest = &printed[..];
    for (index, part) in parts.iter().enumerate() {
        let at = (0..=rest.len().saturating_sub(part.len())).find(|at| rest[*at..].starts_with(part));
        let is_right = at.is_some_and(|at| index > 0 || at == 0);
        assert!(is_right, "not printed so:\n{}\nbut:\n{}", part.join("\n"), rest.join("\n"));
        rest = &rest[at.unwrap_or(0) + part.len()..];
    }
    let is_whole = rest.is_empty() || shown_lines.last().is_some_and(|line| line == "…");
    assert!(is_whole, "the page has not, behind `{}`:\n{}", shown.last().map_or("", |line| line), rest.join("\n"));
}

/// What is printed, with the same left out as in what is shown.
fn renewed(shown: &[String], printed: &[String]) -> Vec<String> {
    let Some(left_out) = shown.iter().rposition(|line| line == "…") else { return printed.to_vec() };
    let from = shown.get(left_out + 1).and_then(|first| printed.iter().position(|line| line == first));
    [&shown[..=left_out], &printed[from.unwrap_or(printed.len())..]].concat()
}

/// The parts of an output, each with its heading.
fn parts(printed: &str) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    for line in printed.lines() {
        match parts.last_mut() {
            Some(part) if !line.starts_with("== ") => part.push(line.trim_end().to_owned()),
            _ => parts.push(vec![line.to_owned()]),
        }
    }
    parts
}

#[test]
fn the_page_shows_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("see_heap");
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let output = Command::new(example()).arg(&folder).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    for file in ["albums.heapsnapshot", "albums.heapprofile"] {
        let text = std::fs::read_to_string(folder.join(file)).expect("the file is written");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    }
    if !is_as_on_the_page() {
        return;
    }
    let (path, picture) = (source("seeing.rs"), source("seeing/pages.svg"));
    let page = std::fs::read_to_string(&path).expect("the page");
    let drawn = std::fs::read_to_string(folder.join("pages.svg")).expect("the map is drawn");
    let printed = parts(&String::from_utf8(output.stdout).expect("text"));
    let blocks = blocks(&page);
    let of_program: Vec<&Block> = blocks.iter().filter(|block| block.text[0].starts_with("== ")).collect();
    if is_overwriting() {
        let renewed = of_program.iter().filter_map(|block| {
            let part = printed.iter().find(|part| part[0] == block.text[0])?;
            Some((block.lines.clone(), renewed(&block.text, part)))
        });
        std::fs::write(&path, replaced(&page, &renewed.collect::<Vec<_>>())).expect("the page can be written");
        std::fs::write(&picture, drawn).expect("the picture can be written");
        return;
    }
    for part in &printed {
        let of_part: Vec<_> = of_program.iter().filter(|block| block.text[0] == part[0]).collect();
        let [block] = of_part[..] else { panic!("the page has {} blocks `{}`", of_part.len(), part[0]) };
        assert_shown(&block.text, part);
    }
    assert_eq!(of_program.len(), printed.len(), "the page has blocks that the program does not print");
    let readme = std::fs::read_to_string(source("../../README.md")).expect("the README");
    let section = readme.split_once("## Seeing the heap").expect("a section").1;
    let shown = section.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block").0;
    for line in shown.lines() {
        let is_printed = printed.iter().flatten().any(|printed| comparable(printed) == comparable(line));
        assert!(is_printed, "in the README, and not printed: {line}");
    }
    let shown = std::fs::read_to_string(&picture).expect("the picture");
    // Addresses are texts and titles there.
    let lines = |svg: &str| svg.replace('<', "\n<").lines().map(comparable).collect::<Vec<_>>();
    assert_eq!(lines(&shown), lines(&drawn), "seeing/pages.svg is not what the program draws");
}

#[test]
#[ignore = "needs gdb"]
fn the_page_shows_what_gdb_prints() {
    if !is_as_on_the_page() {
        return;
    }
    let path = source("seeing.rs");
    let page = std::fs::read_to_string(&path).expect("the page");
    let blocks = blocks(&page);
    let block = blocks.iter().find(|block| block.text[0].starts_with("(gdb)")).expect("a block of gdb's");
    let commands: Vec<&str> = block.text.iter().filter_map(|line| line.strip_prefix("(gdb) ")).collect();
    let script = format!("source {}", source("debugger/heapwright.py").display());
    let mut gdb = Command::new("gdb");
    gdb.args(["-q", "-nx", "-batch", "-ex", "set width 0", "-ex", "set debuginfod enabled off", "-ex", &script]);
    gdb.args(["-ex", "break see_heap::objects::print", "-ex", "run > /dev/null"]);
    for command in &commands {
        gdb.args(["-ex", &format!("echo (gdb) {command}\\n"), "-ex", command]);
    }
    let output = gdb.arg(example()).output().expect("gdb is installed");
    let printed = String::from_utf8_lossy(&output.stdout);
    let start = printed.find("(gdb) ").unwrap_or_else(|| panic!("{printed}"));
    let printed: Vec<String> = printed[start..].lines().map(|line| line.trim_end().to_owned()).collect();
    if is_overwriting() {
        let renewed = replaced(&page, &[(block.lines.clone(), printed)]);
        return std::fs::write(&path, renewed).expect("the page can be written");
    }
    assert_shown(&block.text, &printed);
}
