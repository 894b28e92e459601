//! What shows the classes together: the tree with sizes and instance types, and the reference graph.

use super::links::{class_link, copy};
use crate::graph::svg::{self, Frame};
use crate::index::Index;
use crate::model::Class;
use crate::words;
use maud::{Markup, html};

/// Styles of these sections.
pub(super) const STYLE: &str = include_str!("overview.css");

/// The anchor of the class tree. No class has a name with a dash.
pub(super) const TREE: &str = "-tree";
/// The anchor of the reference graph.
pub(super) const GRAPH: &str = "-references";

pub(super) fn render(index: &Index<'_>) -> Markup {
    let href = |id: &str| index.class(id).map(|class| format!("#{}", class.id));
    // The classes are linked in the tree.
    let frame = Frame { is_file: false, has_style: false, has_stops: false, width: svg::WIDE, href: &href };
    let numbers = words::has_instance_types(index.model);
    let tree = html! {
        div.scroll tabindex="0" role="group" aria-labelledby={ "title-" (TREE) } {
            table.class-tree {
                thead {
                    tr {
                        th scope="col" { "Class" }
                        th scope="col" { "Size" }
                        @if numbers { th scope="col" { "Instance types" } }
                        th scope="col" { span.sr { "Abstract or open" } }
                    }
                }
                tbody { @for root in index.roots() { (branch(index, root, &mut Vec::new(), numbers)) } }
            }
        }
        @if let Some(legend) = words::instance_types_legend(index.model) { p.hint { (legend) "." } }
    };
    let graph = html! {
        p.hint {
            "Lines begin at the class that declares the field; classes below inherit it. A reference to a class may be to \
             one below it. Point at a class to see its own lines, at a line to see its fields."
        }
        figure.graph.scroll tabindex="0" role="group" aria-labelledby={ "title-" (GRAPH) } { (svg::draw(index, frame)) }
    };
    html! { (section(TREE, "Class tree", &tree)) (section(GRAPH, "Reference graph", &graph)) }
}

fn section(anchor: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section.entry.overview #(anchor) aria-labelledby={ "title-" (anchor) } {
            header { h2 id={ "title-" (anchor) } { a href={ "#" (anchor) } { (title) } (copy(anchor)) } }
            (content)
        }
    }
}

/// A class and those below it; `guides` says for each level above whether more follows there.
fn branch(index: &Index<'_>, class: &Class, guides: &mut Vec<bool>, numbers: bool) -> Markup {
    let children = index.children(class);
    let row = html! {
        tr {
            th scope="row" {
                span.guides aria-hidden="true" {
                    @for (i, more) in guides.iter().enumerate() {
                        i.last[i + 1 == guides.len()].more[*more] {}
                    }
                }
                span.abstract[class.is_abstract] { (class_link(index, &class.id)) }
                @if !guides.is_empty() { span.sr { " below " (class.parent.as_deref().unwrap_or_default()) } }
            }
            td { span.long { (words::size_in_list(class)) } span.short { (words::short_size(class)) } }
            @if numbers { td.numbers { (words::instance_types(class).unwrap_or_default()) } }
            td { @let openness = words::openness(class); @if !openness.is_empty() { span.badge { (openness) } } }
        }
    };
    let mut rows = vec![row];
    for (i, child) in children.iter().enumerate() {
        guides.push(i + 1 < children.len());
        rows.push(branch(index, child, guides, numbers));
        guides.pop();
    }
    html! { @for row in rows { (row) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    #[test]
    fn the_tree_names_every_class_once_with_its_numbers() {
        let mut model = model();
        assert!(!render(&Index::new(&model)).into_string().contains("nstance types"), "a column of nothing");
        model.classes[1].instance_type = Some(77);
        let index = Index::new(&model);
        let page = render(&index).into_string();
        let table = page.split("</table>").next().unwrap();
        for class in &model.classes {
            assert_eq!(table.matches(&format!("href=\"#{}\"", class.id)).count(), 1, "{}", class.id);
        }
        assert!(table.contains(">77*<") && page.contains("a declaration fixes"));
        assert!(page.contains("<svg class=\"layout-graph whole\""));
    }
}
