//! What shows the classes together: the tree with sizes and instance types, the reference graph, and the neighbours of
//! one class.

use super::links::class_link;
use crate::graph::references::References;
use crate::graph::svg::Frame;
use crate::graph::{near, svg};
use crate::index::Index;
use crate::model::Class;
use crate::words;
use maud::{Markup, html};

/// Styles of these sections.
pub(super) const STYLE: &str = include_str!("overview.css");

pub(super) fn render(index: &Index<'_>) -> Markup {
    let href = |id: &str| index.class(id).map(|class| format!("#{}", class.id));
    let frame = Frame { is_file: false, has_style: false, width: svg::WIDE, href: &href };
    let numbers = words::has_instance_types(index.model);
    html! {
        section.overview id="-tree" aria-labelledby="-tree-title" {
            h2 id="-tree-title" { "Class tree" }
            div.scroll tabindex="0" role="group" aria-labelledby="-tree-title" {
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
            @if let Some(legend) = words::instance_types_legend(index.model) { p.note-below { (legend) "." } }
        }
        section.overview id="-references" aria-labelledby="-references-title" {
            h2 id="-references-title" { "Which class refers to which" }
            p.note-below {
                "Lines begin at the class that declares the field; classes below inherit it. A reference to a class may be \
                 to one below it. Point at a class to see its own lines, at a line to see its fields."
            }
            figure.graph tabindex="0" role="group" aria-labelledby="-references-title" { (svg::draw(index, frame)) }
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
            td { (words::size_in_list(class)) }
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

/// What refers to a class and what it refers to.
pub(super) fn neighbours<'m>(index: &Index<'m>, class: &'m Class, graph: &References<'m>) -> Markup {
    let href = |id: &str| index.class(id).map(|class| format!("#{}", class.id));
    let frame = Frame { is_file: false, has_style: false, width: svg::WIDE, href: &href };
    html! {
        @if let Some(drawing) = near::draw(index, graph, class, frame) {
            details.collector.neighbours open {
                summary { "What refers to it, and what it refers to" }
                figure.graph tabindex="0" role="group" aria-label={ "References of " (class.name) } { (drawing) }
            }
        }
    }
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
