//! The reference graph in the language of Graphviz.

use super::references::{Node, References, Strength};
use crate::index::Index;
use crate::model::Model;
use std::fmt::Write as _;

/// The reference graph for Graphviz (`dot -Tsvg`): a cluster for each crate, strong references solid, weak ones dashed,
/// those that may be either dash-dotted; each is labelled with its fields. Boxes link to `<page>#<id>`.
///
/// Classes with fields that may refer to anything have a star after their name.
///
/// ```
/// # let model = heapwright_docs::Model::from_registries(&[heapwright::core_classes()]);
/// let dot = heapwright_docs::render_dot(&model, "layouts.html");
/// assert!(dot.starts_with("digraph \"layouts\" {") && dot.contains("\"HeapObject\" -> \"Map\""));
/// ```
#[must_use]
pub fn render_dot(model: &Model, page: &str) -> String {
    let index = Index::new(model);
    let graph = References::new(&index);
    let mut out = String::from(
        "digraph \"layouts\" {\n  \
         graph [rankdir=\"LR\", ranksep=\"0.9\", nodesep=\"0.2\", fontname=\"Helvetica\", tooltip=\"Which class refers to which\"];\n  \
         node [shape=\"box\", style=\"rounded,filled\", fillcolor=\"white\", fontname=\"Courier\", fontsize=\"11\"];\n  \
         edge [fontname=\"Helvetica\", fontsize=\"9\", color=\"#5b6b86\", fontcolor=\"#5b6b86\", arrowsize=\"0.7\"];\n",
    );
    let mut crates: Vec<&str> = Vec::new();
    for class in &model.classes {
        if !crates.contains(&class.crate_name.as_str()) {
            crates.push(&class.crate_name);
        }
    }
    for (i, name) in crates.iter().enumerate() {
        let _ = writeln!(out, "  subgraph \"cluster_{i}\" {{");
        let _ = writeln!(
            out,
            "    graph [label={}, style=\"rounded\", color=\"#b9b5a9\", fontcolor=\"#595c66\"];",
            quoted(name)
        );
        for node in graph.nodes.iter().filter(|n| n.class.is_some_and(|c| c.crate_name == *name)) {
            let _ = writeln!(out, "    {}", node_statement(node, page));
        }
        out.push_str("  }\n");
    }
    for node in graph.nodes.iter().filter(|n| n.class.is_none()) {
        let _ = writeln!(out, "  {} [label={}, style=\"dashed\"];", quoted(node.id), quoted(node.id));
    }
    for edge in &graph.edges {
        let style = match edge.strength {
            Strength::Strong => "",
            Strength::Weak => ", style=\"dashed\", color=\"#c9761a\", fontcolor=\"#c9761a\"",
            Strength::Either => ", style=\"dashed,bold\", color=\"#1593b0\", fontcolor=\"#1593b0\"",
        };
        let tooltip = format!("{}: {}", edge.strength.name(), edge.fields.join(", "));
        let label = match edge.fields.as_slice() {
            [one] => one.clone(),
            [first, more @ ..] => format!("{first} and {} more", more.len()),
            [] => String::new(),
        };
        let _ = writeln!(
            out,
            "  {} -> {} [label={}, tooltip={}, labeltooltip={}{style}];",
            quoted(graph.nodes[edge.from].id),
            quoted(graph.nodes[edge.to].id),
            quoted(&label),
            quoted(&tooltip),
            quoted(&tooltip)
        );
    }
    out.push_str("}\n");
    out
}

fn node_statement(node: &Node<'_>, page: &str) -> String {
    let star = if node.any.is_empty() { "" } else { " *" };
    let mut tooltip = node.id.to_owned();
    if !node.any.is_empty() {
        let _ = write!(tooltip, "; may refer to anything: {}", node.any_fields());
    }
    let style = if node.class.is_some_and(|c| c.is_abstract) { ", fontname=\"Courier-Oblique\"" } else { "" };
    format!(
        "{} [label={}, URL={}, tooltip={}{style}];",
        quoted(node.id),
        quoted(&format!("{}{star}", node.name())),
        quoted(&format!("{page}#{}", node.id)),
        quoted(&tooltip)
    )
}

/// A quoted string that Graphviz shows as it is: backslashes begin its escapes, and `&` an entity.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    /// Reads the language as its grammar has it, as far as it is written here: every id is quoted or a word. Returns
    /// how many nodes, edges and subgraphs there are.
    struct Reader<'t> {
        tokens: Vec<&'t str>,
        at: usize,
        nodes: usize,
        edges: usize,
        subgraphs: usize,
    }

    fn tokens(text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' => {
                    let mut escaped = false;
                    let end = rest[1..].find(|c| {
                        let ends = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        ends
                    });
                    end.expect("a string ends") + 2
                }
                '-' => {
                    assert!(rest.starts_with("->"), "{rest}");
                    2
                }
                '{' | '}' | '[' | ']' | '=' | ',' | ';' => 1,
                _ => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
            };
            assert!(length > 0, "unexpected: {}", &rest[..rest.len().min(40)]);
            tokens.push(&rest[..length]);
            rest = rest[length..].trim_start();
        }
        tokens
    }

    impl<'t> Reader<'t> {
        fn next(&mut self) -> &'t str {
            self.at += 1;
            self.tokens[self.at - 1]
        }

        fn peek(&self) -> &'t str {
            self.tokens[self.at]
        }

        fn expect(&mut self, token: &str) {
            assert_eq!(self.next(), token, "token {}", self.at);
        }

        fn id(&mut self) {
            let token = self.next();
            assert!(token.starts_with('"') || token.chars().all(char::is_alphanumeric), "{token} is no id");
        }

        fn attributes(&mut self) {
            self.expect("[");
            loop {
                self.id();
                self.expect("=");
                self.id();
                match self.next() {
                    "," => {}
                    "]" => break,
                    other => panic!("{other}"),
                }
            }
        }

        fn statements(&mut self) {
            self.expect("{");
            while self.peek() != "}" {
                match self.peek() {
                    "subgraph" => {
                        self.next();
                        self.id();
                        self.subgraphs += 1;
                        self.statements();
                        continue;
                    }
                    "graph" | "node" | "edge" => {
                        self.next();
                    }
                    _ => {
                        self.id();
                        if self.peek() == "->" {
                            self.next();
                            self.id();
                            self.edges += 1;
                        } else {
                            self.nodes += 1;
                        }
                    }
                }
                self.attributes();
                self.expect(";");
            }
            self.expect("}");
        }
    }

    fn read(dot: &str) -> (usize, usize, usize) {
        let mut reader = Reader { tokens: tokens(dot), at: 0, nodes: 0, edges: 0, subgraphs: 0 };
        reader.expect("digraph");
        reader.id();
        reader.statements();
        assert_eq!(reader.at, reader.tokens.len());
        (reader.nodes, reader.edges, reader.subgraphs)
    }

    #[test]
    fn it_is_of_the_language_whatever_the_names() {
        let mut model = model();
        let index = Index::new(&model);
        let graph = References::new(&index);
        let (nodes, edges) = (graph.nodes.len(), graph.edges.len());
        assert!(nodes > model.classes.len(), "fields name classes that the model lacks");
        assert_eq!(read(&render_dot(&model, "")), (nodes, edges, 2));
        model.classes[0].name = "a\"]; \\N evil -> \\".into();
        model.classes[1].crate_name = "two\n\"\\".into();
        let dot = render_dot(&model, "a\"b.html");
        assert_eq!(read(&dot), (nodes, edges, 3), "{dot}");
    }

    #[test]
    fn weak_references_are_dashed() {
        let dot = render_dot(&model(), "layouts.html");
        let weak: Vec<_> = dot.lines().filter(|l| l.contains("tooltip=\"weak")).collect();
        assert!(!weak.is_empty() && weak.iter().all(|l| l.contains("style=\"dashed\"")), "{dot}");
        assert!(dot.contains("URL=\"layouts.html#Script\""));
    }
}
