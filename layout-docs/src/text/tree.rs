//! The class tree in plain text, with sizes and instance types.

use crate::index::Index;
use crate::model::Class;
use crate::words;
use std::fmt::Write as _;

/// One line of the tree.
struct Line<'m> {
    /// The branches and the name.
    name: String,
    class: &'m Class,
}

/// The class tree: name, size, instance types, and whether a class is open or abstract.
pub(crate) fn render(index: &Index<'_>) -> String {
    let mut lines = Vec::new();
    for root in index.roots() {
        lines.push(Line { name: root.id.clone(), class: root });
        below(index, root, "", &mut lines);
    }
    let width = |column: fn(&Line<'_>) -> usize| lines.iter().map(column).max().unwrap_or(0);
    let names = width(|l| l.name.chars().count());
    let sizes = width(|l| words::size_in_list(l.class).chars().count());
    let numbers = width(|l| words::instance_types(l.class).map_or(0, |n| n.chars().count()));
    let mut out = String::new();
    for Line { name, class } in &lines {
        let (size, number) = (words::size_in_list(class), words::instance_types(class).unwrap_or_default());
        let number = if numbers > 0 { format!("  {number:<numbers$}") } else { number };
        let line = format!("{name:<names$}  {size:<sizes$}{number}  {}", words::openness(class));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn below<'m>(index: &Index<'m>, class: &Class, indent: &str, lines: &mut Vec<Line<'m>>) {
    let children = index.children(class);
    for (i, child) in children.iter().enumerate() {
        let (branch, next) = if i + 1 < children.len() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
        lines.push(Line { name: format!("{indent}{branch}{}", child.id), class: child });
        below(index, child, &format!("{indent}{next}"), lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    /// Classes that share a name have their paths as ids, and lists show those.
    #[test]
    fn namesakes_can_be_told_apart() {
        let mut json: String = crate::fixture::FIXTURE.into();
        for (id, path) in [("Str", "a::B"), ("HeapNumber", "c::B")] {
            json = json.replace(&format!("\"{id}\""), &format!("\"{path}\""));
        }
        let mut model = crate::Model::from_json(&json).unwrap();
        model.classes.iter_mut().filter(|c| c.id.ends_with("::B")).for_each(|c| c.name = "B".into());
        let tree = render(&Index::new(&model));
        let (markdown, page) = (crate::render_markdown(&model), crate::render_html(&model));
        for id in ["a::B", "c::B"] {
            assert!(tree.contains(&format!("─ {id}  ")), "{tree}");
            assert!(markdown.contains(&format!("- [`{id}`](#")) && markdown.contains(&format!("</a>`{id}`\n")));
            assert!(page.contains(&format!("\">{id}</a>")) && page.contains(&format!("<span title=\"{id}\">")));
        }
    }

    #[test]
    fn numbers_marks_and_branches_are_shown() {
        let mut model = model();
        let script = model.classes.iter().position(|c| c.id == "Script").unwrap();
        model.classes[script].instance_type = Some(166);
        model.classes[0].assigned_instance_types = Some((0, 166));
        let tree = render(&Index::new(&model));
        let line = |name: &str| tree.lines().find(|l| l.contains(name)).unwrap();
        assert!(line("Script").contains("─ Script") && line("Script").contains("  166*"), "{tree}");
        assert!(
            line("HeapObject").starts_with("HeapObject") && line("HeapObject").contains("0–166  abstract"),
            "{tree}"
        );
        assert_eq!(tree.lines().count(), model.classes.len());
        let column = |name: &str| {
            let size = words::size_in_list(model.classes.iter().find(|c| c.name == name).unwrap());
            line(name).split(&size).next().unwrap().chars().count()
        };
        assert_eq!(column("Script"), column("Map"), "sizes stand below each other\n{tree}");
    }
}
