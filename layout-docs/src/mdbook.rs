//! Chapters for mdBook: the parts of the Markdown document, each in a file of its own, with drawings.

use crate::graph::near;
use crate::graph::references::References;
use crate::graph::svg::{self, Frame};
use crate::index::Index;
use crate::markdown::escape::code;
use crate::markdown::pages::{Files, Kind, Pages};
use crate::markdown::{INTRODUCTION, inline_svg, render_bits, render_class, render_struct, render_tree};
use crate::model::{Class, Model};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Of mdBook's text, in pixels, without margins.
const COLUMN: f64 = 720.0;

/// The model as chapters of a book for [mdBook](https://rust-lang.github.io/mdBook): paths relative to the book's `src`
/// folder, with `/`, and texts.
///
/// The first is `SUMMARY.md`, to be used as it is or to be pasted into that of a book (with the folder's name before the
/// paths). Then come `overview.md` with the class tree, `references.md` with the reference graph, and a chapter for each
/// class (`class/<id>.md`, in a part for each crate, below the class it extends), each struct and each bit field, and
/// `objects.md` if the model has real objects or footprints. `::` in an id is `-` in the path. Fields have the anchors `<class id>.<field>`.
///
/// Whatever doc comments say is text: neither HTML in them nor mdBook's `{{#include}}` does anything. Drawings are in the
/// chapters and take the colours of the reader's theme.
#[must_use]
pub fn render_mdbook(model: &Model) -> Vec<(String, String)> {
    let index = Index::new(model);
    let files = Files::new(model);
    let top = Pages { index: &index, files: Some((&files, "")) };
    let below = Pages { index: &index, files: Some((&files, "../")) };
    let graph = References::new(&index);
    let mut chapters = vec![("SUMMARY.md".to_owned(), summary(&top)), ("overview.md".to_owned(), overview(&top))];
    chapters.push(("references.md".to_owned(), references(&top)));
    let path = |kind, id: &str| files.path(kind, id).unwrap_or_default().to_owned();
    for class in &model.classes {
        let mut text = String::new();
        render_class(&below, class, &mut text);
        neighbours(&below, class, &graph, &mut text);
        chapters.push((path(Kind::Class, &class.id), text));
    }
    for layout in &model.structs {
        let mut text = String::new();
        render_struct(&below, layout, &mut text);
        chapters.push((path(Kind::Struct, &layout.id), text));
    }
    for bits in &model.bitfields {
        let mut text = String::new();
        render_bits(&below, bits, &mut text);
        chapters.push((path(Kind::Bits, &bits.id), text));
    }
    if has_objects(model) {
        let mut text = String::from("# Real objects and footprints\n");
        crate::markdown_live::render(&top, &mut text);
        chapters.push((OBJECTS.to_owned(), text));
    }
    chapters
}

/// The chapter of real objects and footprints.
const OBJECTS: &str = "objects.md";

fn has_objects(model: &Model) -> bool {
    !model.objects.is_empty() || !model.footprints.is_empty()
}

/// Writes the [chapters](render_mdbook) into `dir`, a book's `src` folder or one in it, and returns their paths. Folders
/// are made; files of the same names are replaced, a `SUMMARY.md` too.
///
/// # Errors
///
/// If a folder or a file cannot be written.
pub fn write_mdbook(model: &Model, dir: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let dir = dir.as_ref();
    for folder in ["class", "struct", "bits"] {
        fs::create_dir_all(dir.join(folder))?;
    }
    render_mdbook(model)
        .into_iter()
        .map(|(path, text)| {
            let path = dir.join(path);
            fs::write(&path, text)?;
            Ok(path)
        })
        .collect()
}

fn summary(pages: &Pages<'_, '_>) -> String {
    let model = pages.model;
    let mut out = String::from("# Summary\n\n[Object layouts](overview.md)\n[Reference graph](references.md)\n");
    let mut crates: Vec<&str> = Vec::new();
    for class in &model.classes {
        if !crates.contains(&class.crate_name.as_str()) {
            crates.push(&class.crate_name);
        }
    }
    for name in crates {
        let _ = writeln!(out, "\n# {}\n", code(name));
        let inside: HashSet<&str> =
            model.classes.iter().filter(|c| c.crate_name == name).map(|c| c.id.as_str()).collect();
        let is_top = |class: &&Class| class.parent.as_deref().is_none_or(|parent| !inside.contains(parent));
        for class in model.classes.iter().filter(|c| inside.contains(c.id.as_str())).filter(is_top) {
            branch(pages, class, &inside, 0, &mut out);
        }
    }
    let others = model.structs.iter().map(|s| (Kind::Struct, &s.id, &s.id));
    let bits = model.bitfields.iter().map(|b| (Kind::Bits, &b.id, &b.id));
    let mut last = None;
    for (kind, id, name) in others.chain(bits) {
        if last != Some(kind) {
            let title = if kind == Kind::Struct { "Structs in objects" } else { "Bit fields" };
            let _ = writeln!(out, "\n# {title}\n");
            last = Some(kind);
        }
        entry(pages, kind, id, name, 0, &mut out);
    }
    if has_objects(model) {
        let _ = writeln!(out, "\n# In the heap\n\n- [Real objects and footprints]({OBJECTS})");
    }
    out
}

fn entry(pages: &Pages<'_, '_>, kind: Kind, id: &str, name: &str, depth: usize, out: &mut String) {
    let _ = writeln!(out, "{}- [{}]({})", "  ".repeat(depth), code(name), pages.href(kind, id));
}

fn branch(pages: &Pages<'_, '_>, class: &Class, inside: &HashSet<&str>, depth: usize, out: &mut String) {
    entry(pages, Kind::Class, &class.id, &class.id, depth, out);
    for child in pages.children(class).iter().filter(|c| inside.contains(c.id.as_str())) {
        branch(pages, child, inside, depth + 1, out);
    }
}

fn overview(pages: &Pages<'_, '_>) -> String {
    let mut out = format!("# Object layouts\n\n{INTRODUCTION}\n## Class tree\n\n");
    render_tree(pages, &mut out);
    out
}

fn references(pages: &Pages<'_, '_>) -> String {
    let href = |id: &str| page(pages, id);
    let frame = Frame { is_file: false, has_style: true, has_stops: true, width: COLUMN, href: &href };
    format!(
        "# Reference graph\n\nLines begin at the class that declares the field; classes below inherit it. A \
         reference to a class may be to one below it.\n\n{}\n",
        inline_svg(svg::draw(pages, frame))
    )
}

fn neighbours<'m>(pages: &Pages<'_, 'm>, class: &'m Class, graph: &References<'m>, out: &mut String) {
    let href = |id: &str| page(pages, id);
    let frame = Frame { is_file: false, has_style: true, has_stops: true, width: COLUMN, href: &href };
    if let Some(drawing) = near::draw(pages, graph, class, frame) {
        let _ = writeln!(out, "\n## References\n\n{}", inline_svg(drawing));
    }
}

/// Where mdBook has the page of a class. It does not look at links in drawings.
fn page(pages: &Pages<'_, '_>, id: &str) -> Option<String> {
    let class = pages.class(id)?;
    pages.href(Kind::Class, &class.id).strip_suffix(".md").map(|path| format!("{path}.html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use std::collections::HashMap;

    /// The target of each link of a chapter, resolved against its folder.
    fn links(path: &str, text: &str) -> Vec<String> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        let drawn = text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let resolve = |target: &str| match target.strip_prefix("../") {
            Some(up) => up.to_owned(),
            None if target.starts_with('#') => format!("{path}{target}"),
            None if folder.is_empty() => target.to_owned(),
            None => format!("{folder}/{target}"),
        };
        targets.chain(drawn).map(|target| resolve(&target.replace(".html", ".md"))).collect()
    }

    #[test]
    fn links_lead_to_chapters_and_anchors_and_the_summary_names_all() {
        let model = crate::fixture::live_model();
        let chapters: HashMap<String, String> = render_mdbook(&model).into_iter().collect();
        assert_eq!(chapters.len(), 4 + model.classes.len() + model.structs.len() + model.bitfields.len());
        for (path, text) in &chapters {
            for link in links(path, text) {
                let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let target = chapters.get(file).unwrap_or_else(|| panic!("{path} links to {link}"));
                assert!(
                    anchor.is_empty() || target.contains(&format!("<a id=\"{anchor}\">")),
                    "{path} links to {link}"
                );
            }
        }
        let listed: HashSet<String> = links("SUMMARY.md", &chapters["SUMMARY.md"]).into_iter().collect();
        assert!(chapters.keys().filter(|path| *path != "SUMMARY.md").all(|path| listed.contains(path)));
        assert!(chapters["class/Str.md"].contains("[`Script.source`](../class/Script.md#Script.source)"));
    }

    #[test]
    fn nothing_that_doc_comments_say_is_done() {
        let mut model = model();
        let evil = "{{#include ../secret}} <script>alert(1)</script> `{{#playground x.rs}}`\n\n```\n{{#rustdoc_include y}}\n```";
        model.classes[1].doc = evil.into();
        model.classes[1].fields[0].doc = evil.into();
        model.classes[1].fields[0].name = "{{#title owned}}".into();
        for (path, text) in render_mdbook(&model) {
            assert!(!text.contains("{{"), "{path}: {text}");
            assert!(!text.contains("<script"), "{path}");
        }
    }

    #[test]
    fn drawings_have_no_blank_lines_and_files_differ_without_case() {
        let mut model = model();
        let mut twin = model.classes.iter().find(|c| c.id == "Map").unwrap().clone();
        twin.id = "MAP".into();
        model.classes.push(twin);
        let chapters = render_mdbook(&model);
        let paths: HashSet<String> = chapters.iter().map(|(path, _)| path.to_lowercase()).collect();
        assert_eq!(paths.len(), chapters.len());
        for (path, text) in &chapters {
            for svg in text.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()) {
                assert!(!svg.contains("\n\n"), "{path}");
            }
        }
    }

    #[test]
    fn files_are_written() {
        let dir = std::env::temp_dir().join(format!("layout-docs-book-{}", std::process::id()));
        let paths = write_mdbook(&model(), &dir).unwrap();
        assert!(paths[0].ends_with("SUMMARY.md") && dir.join("class/Script.md").exists());
        fs::remove_dir_all(dir).unwrap();
    }
}
