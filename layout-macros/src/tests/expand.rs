//! What declarations become, as committed files: `tests/expand/<name>.rs` is expanded and compared with
//! `tests/expand/<name>.expanded.rs`.
//!
//! After a change of what is generated, renew them all, and read the difference:
//!
//! ```sh
//! HEAPWRIGHT_EXPAND=overwrite cargo test -p heapwright-macros --lib tests::expand
//! ```
//!
//! (`--lib`, for `tests/expand.rs` and the docs compile the files as they are, which may not be possible before.)
//!
//! Ordinary comments (`//`) in an expanded file are notes for its readers and not compared, as generated code has none.
//! Renewal puts each before the item that it stood before; if that is gone, it fails after writing, and lists them.

use super::{assert_errors, tokens};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io::Write};
use syn::{Attribute, Item, Meta};

/// Characters in a line. Rustfmt leaves alone what it cannot break into lines so short; then the file gets longer ones.
const WIDTHS: [usize; 2] = [120, 160];

#[test]
fn a_class() {
    compare("list");
}

#[test]
fn fields_of_all_kinds() {
    compare("fields");
}

#[test]
fn tails_and_optional_fields() {
    compare("tails");
}

#[test]
fn a_struct() {
    compare("structure");
}

#[test]
fn bits() {
    compare("bits");
}

#[test]
fn a_list_of_roots() {
    compare("roots");
}

#[track_caller]
fn compare(name: &str) {
    let Some(rustfmt) = rustfmt() else {
        eprintln!("skipped: there is no rustfmt to format the expansion with; `rustup component add rustfmt`");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let (source, expanded) = (folder.join(format!("{name}.rs")), folder.join(format!("{name}.expanded.rs")));
    let source = fs::read_to_string(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let made = expand(&source);
    assert_errors(&source, &made, &[]);
    let made = rust(made);
    let [narrow, wide] = WIDTHS.map(|width| format(&rustfmt, width, &made));
    let made = spaced(if narrow.lines().all(|line| line.len() <= WIDTHS[0]) { &narrow } else { &wide });
    let committed = fs::read_to_string(&expanded).unwrap_or_default();
    if std::env::var("HEAPWRIGHT_EXPAND").is_ok_and(|value| value == "overwrite") {
        let (annotated, lost) = annotate(&made, &notes(&committed));
        fs::write(&expanded, annotated).unwrap_or_else(|error| panic!("{}: {error}", expanded.display()));
        assert!(lost.is_empty(), "these notes of {name}.expanded.rs have lost their place:\n{}", lost.join("\n"));
        return;
    }
    let committed: Vec<&str> = committed.lines().filter(|line| !is_note(line)).collect();
    let made: Vec<&str> = made.lines().collect();
    if committed != made {
        let at = committed.iter().zip(&made).take_while(|(before, now)| before == now).count();
        let part =
            |lines: &[&str]| lines.iter().skip(at.saturating_sub(2)).take(8).copied().collect::<Vec<_>>().join("\n");
        panic!(
            "{name}.rs becomes something else than {name}.expanded.rs says. If that is meant, renew the file:\n    \
             HEAPWRIGHT_EXPAND=overwrite cargo test -p heapwright-macros --lib tests::expand\n\
             The first difference, as committed:\n{}\n… and now:\n{}",
            part(&committed),
            part(&made)
        );
    }
}

/// The source with all macros of this crate expanded.
fn expand(source: &str) -> TokenStream {
    let file = syn::parse2::<syn::File>(tokens(source)).expect("Rust");
    file.items.into_iter().map(item).collect()
}

fn item(mut item: Item) -> TokenStream {
    match &mut item {
        Item::Struct(the_struct) => {
            let Some(index) = the_struct.attrs.iter().position(|attr| attribute_macro(attr).is_some()) else {
                return item.into_token_stream();
            };
            let attr = the_struct.attrs.remove(index);
            let arguments = match &attr.meta {
                Meta::List(list) => list.tokens.clone(),
                _ => TokenStream::new(),
            };
            let expand = attribute_macro(&attr).expect("what was looked for");
            expand(arguments, item.into_token_stream())
        }
        Item::Macro(list) if list.mac.path.is_ident("heap_roots") => crate::lists::heap_roots(list.mac.tokens.clone()),
        _ => item.into_token_stream(),
    }
}

fn attribute_macro(attr: &Attribute) -> Option<fn(TokenStream, TokenStream) -> TokenStream> {
    match attr.path().get_ident()?.to_string().as_str() {
        "heap_object" => Some(crate::object::heap_object),
        "heap_struct" => Some(crate::object::heap_struct),
        "bitfield" => Some(crate::bitfield::bitfield),
        _ => None,
    }
}

/// Tokens as source text, with `///` for `#[doc = "…"]`.
fn rust(stream: TokenStream) -> String {
    let mut out = String::new();
    let mut stream = stream.into_iter().peekable();
    while let Some(token) = stream.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if let Some(TokenTree::Group(group)) = stream.peek()
                    && let Some(text) = doc(&group.stream())
                {
                    let start = if out.ends_with('\n') { "" } else { "\n" };
                    out.push_str(&format!("{start}///{}\n", text.trim_end()));
                    stream.next();
                } else {
                    out.push('#');
                }
            }
            TokenTree::Punct(punct) => {
                let char = punct.as_char();
                // Rustfmt leaves attributes as they are, and what does not fit a line: so not `:: core :: clone`.
                let starts_path = char == ':' && punct.spacing() == Spacing::Joint;
                let ends_path = char == ':' && out.ends_with(':');
                if (matches!(char, ',' | ';' | '.') || starts_path && ends_word(&out)) && out.ends_with(' ') {
                    out.pop();
                }
                out.push(char);
                if punct.spacing() == Spacing::Alone && !ends_path && !matches!(char, '.' | '&') {
                    out.push(' ');
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(&format!("{open}{}{close} ", rust(group.stream())));
            }
            token => out.push_str(&format!("{token} ")),
        }
    }
    out
}

/// Whether a path can go on after it.
fn ends_word(source: &str) -> bool {
    let word = source.trim_end().rsplit(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
    !word.is_empty() && syn::parse_str::<syn::Ident>(word).is_ok()
}

/// The text of `doc = "…"`.
fn doc(attribute: &TokenStream) -> Option<String> {
    let Ok(Meta::NameValue(pair)) = syn::parse2(attribute.clone()) else { return None };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) if pair.path.is_ident("doc") => {
            Some(text.value())
        }
        _ => None,
    }
}

/// The toolchain's rustfmt: the one beside the cargo that runs this, or what the path has.
fn rustfmt() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO")).with_file_name("rustfmt");
    let runs =
        |program: &PathBuf| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    [beside, PathBuf::from("rustfmt")].into_iter().find(runs)
}

/// All that rustfmt is told is here, so that the files do not depend on where it runs.
fn format(rustfmt: &Path, width: usize, source: &str) -> String {
    let mut process = Command::new(rustfmt)
        .args(["--edition", "2024", "--config", &format!("max_width={width},use_small_heuristics=Max")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rustfmt starts");
    process.stdin.take().expect("a pipe").write_all(source.as_bytes()).expect("rustfmt reads all");
    let output = process.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "{}\nin:\n{source}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("rustfmt writes text")
}

/// With an empty line between items where one of them takes several lines.
fn spaced(source: &str) -> String {
    let mut out = String::new();
    let mut before = "";
    for line in source.lines() {
        let (ended, begins) = (before.trim_start(), line.trim_start());
        let is_start =
            ["///", "#[", "pub ", "pub(", "fn ", "const ", "static ", "impl", "unsafe impl", "struct ", "use "]
                .iter()
                .any(|start| begins.starts_with(start));
        let is_end = ended.ends_with('}')
            || ended == "};"
            || (ended.ends_with(';') && (begins.starts_with("///") || begins.starts_with('#')));
        if is_start && is_end {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        before = line;
    }
    out
}

/// Whether a line of an expanded file was written by a person.
fn is_note(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") && !line.starts_with("///")
}

/// Whether a line belongs to the item below it.
fn is_head(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("///") || line.starts_with("#[")
}

/// The notes of an expanded file, each with the item that it stands before.
fn notes(committed: &str) -> Vec<(String, Option<&str>)> {
    let mut notes = Vec::new();
    let mut note = String::new();
    for line in committed.lines() {
        if is_note(line) {
            note.push_str(line);
            note.push('\n');
        } else if !note.is_empty() && !is_head(line) {
            notes.push((std::mem::take(&mut note), Some(line)));
        }
    }
    if !note.is_empty() {
        notes.push((note, None));
    }
    notes
}

/// The text with the notes in it, and those that found no place.
fn annotate(made: &str, notes: &[(String, Option<&str>)]) -> (String, Vec<String>) {
    let lines: Vec<&str> = made.lines().collect();
    let mut places: Vec<(usize, &str)> = Vec::new();
    let mut lost = Vec::new();
    let mut from = 0;
    for (note, before) in notes {
        let found = match before {
            Some(before) => lines[from..].iter().position(|line| line == before).map(|found| from + found),
            None => Some(lines.len()),
        };
        let Some(found) = found else {
            lost.push(note.clone());
            continue;
        };
        from = found;
        let head = lines[..found].iter().rev().take_while(|line| is_head(line)).count();
        places.push((found - head, note));
    }
    let mut out = String::new();
    for index in 0..=lines.len() {
        places.iter().filter(|(place, _)| *place == index).for_each(|(_, note)| out.push_str(note));
        if let Some(line) = lines.get(index) {
            out.push_str(line);
            out.push('\n');
        }
    }
    (out, lost)
}

#[test]
fn notes_stay_where_they_were() {
    let committed = "// Top.\nuse a;\n\n    // About f.\n    // More.\n    #[inline]\n    fn f() {}\n// End.\n";
    let notes = notes(committed);
    assert_eq!(notes.len(), 3);
    let (same, lost) = annotate("use a;\n\n    #[inline]\n    fn f() {}\n", &notes);
    assert_eq!((same.as_str(), lost.len()), (committed, 0));
    let (moved, lost) =
        annotate("use a;\n    #[inline]\n    fn e() {}\n    /// F.\n    #[cold]\n    fn f() {}\n", &notes);
    assert_eq!(
        moved,
        "// Top.\nuse a;\n    #[inline]\n    fn e() {}\n    // About f.\n    // More.\n    /// F.\n    #[cold]\n    fn f() {}\n// End.\n"
    );
    assert!(lost.is_empty());
    let (without, lost) = annotate("use a;\n", &notes);
    assert_eq!(without, "// Top.\nuse a;\n// End.\n");
    assert_eq!(lost, ["    // About f.\n    // More.\n"]);
}
