//! One class with what refers to it at its left, and what it refers to at its right.

use super::layered::{Point, Rect, height_for};
use super::references::{References, Strength};
use super::svg::{Frame, NAMESPACE, any_mark, box_width, curve, drawn_node, head, num, small_width, styles};
use crate::index::Index;
use crate::model::Class;
use crate::words;
use maud::{Markup, html};

const ROW: f64 = 34.0;
const BOX: f64 = 26.0;
/// Across which lines bend.
const BEND: f64 = 56.0;
/// Rows on a side; the last one counts the rest.
const MOST: usize = 9;
/// Characters of a label.
const LONGEST_LABEL: usize = 34;
const MARGIN: f64 = 4.0;

/// A class on one side.
#[derive(Debug)]
struct Neighbour {
    /// Nothing if it stands for all classes.
    node: Option<usize>,
    strength: Strength,
    /// The fields, each with the class it is from or stands for, if that is another one: ` (from Oddball)`.
    fields: Vec<(String, String)>,
}

/// Who refers to a class and what it refers to, inherited fields and references to classes above it included; nothing
/// if there is nothing to draw. What every class has, as the root of the tree declares it, is left out.
pub(crate) fn draw(index: &Index<'_>, graph: &References<'_>, class: &Class, frame: Frame<'_>) -> Option<Markup> {
    let this = graph.nodes.iter().position(|n| n.id == class.id)?;
    let (before, after) = (referrers(index, graph, class), referents(index, graph, class));
    if before.is_empty() && after.is_empty() {
        return None;
    }
    let rows = before.len().min(MOST).max(after.len().min(MOST));
    let height = (rows as f64 * ROW).max(ROW);
    let own = box_width(&graph.nodes[this]);
    let left = Side::new(graph, &before, 0.0, height);
    let middle = Rect { x: left.width(), y: 0.0, width: own, height: height_for(rows).max(BOX + 4.0) };
    let middle = Rect { y: (height - middle.height) / 2.0, ..middle };
    let right = Side::new(graph, &after, middle.x + own, height);
    let width = right.start + right.width();
    let spoken =
        format!("{}: {}; {}", class.name, said(graph, &before, "refers to it"), said(graph, &after, "is referred to"));
    Some(html! {
        svg.layout-graph.near xmlns=[frame.is_file.then_some(NAMESPACE)] role="group" aria-label=(spoken)
            viewBox={ (num(-MARGIN)) " " (num(-MARGIN)) " " (num(width + 2.0 * MARGIN)) " " (num(height + 2.0 * MARGIN)) }
            width=(num(width + 2.0 * MARGIN)) height=(num(height + 2.0 * MARGIN)) {
            (styles(frame, String::new()))
            (left.draw(index, graph, middle, true, frame))
            (right.draw(index, graph, middle, false, frame))
            g.self { (drawn_node(index, &graph.nodes[this], middle, "self", frame)) }
        }
    })
}

/// `Script (source), Symbol (description)`.
fn said(graph: &References<'_>, side: &[Neighbour], what: &str) -> String {
    if side.is_empty() {
        return format!("nothing {what}");
    }
    let parts: Vec<String> = side.iter().map(|n| format!("{} ({})", name(graph, n), n.all_fields())).collect();
    format!("{} {what}", parts.join(", "))
}

fn name<'g>(graph: &'g References<'_>, neighbour: &Neighbour) -> &'g str {
    neighbour.node.map_or("anything", |n| graph.nodes[n].name())
}

/// Adds fields to the row of a class that is referred to equally strongly.
fn add(
    rows: &mut Vec<Neighbour>,
    node: Option<usize>,
    strength: Strength,
    fields: impl Iterator<Item = (String, String)>,
) {
    match rows.iter_mut().find(|r| (r.node, r.strength) == (node, strength)) {
        Some(row) => row.fields.extend(fields),
        None => rows.push(Neighbour { node, strength, fields: fields.collect() }),
    }
}

/// The classes from this one up to the one below the root; the root alone if it is that.
fn lineage<'m>(index: &Index<'m>, class: &'m Class) -> Vec<&'m Class> {
    let mut line = index.lineage(class);
    line.reverse();
    if line.len() > 1 {
        line.pop();
    }
    line
}

fn referrers<'m>(index: &Index<'m>, graph: &References<'m>, class: &Class) -> Vec<Neighbour> {
    let mut rows = Vec::new();
    let Some(class) = index.class(&class.id) else { return rows };
    for above in lineage(index, class) {
        let note = if above.id == class.id { String::new() } else { format!(" (as {})", above.name) };
        for edge in graph.edges.iter().filter(|e| graph.nodes[e.to].id == above.id) {
            add(&mut rows, Some(edge.from), edge.strength, edge.fields.iter().map(|f| (f.clone(), note.clone())));
        }
    }
    rows
}

fn referents<'m>(index: &Index<'m>, graph: &References<'m>, class: &Class) -> Vec<Neighbour> {
    let mut rows = Vec::new();
    let Some(class) = index.class(&class.id) else { return rows };
    let mut anything = Vec::new();
    for above in lineage(index, class) {
        let note = if above.id == class.id { String::new() } else { format!(" (from {})", above.name) };
        for edge in graph.edges.iter().filter(|e| graph.nodes[e.from].id == above.id) {
            add(&mut rows, Some(edge.to), edge.strength, edge.fields.iter().map(|f| (f.clone(), note.clone())));
        }
        for (field, strength) in graph.nodes.iter().filter(|n| n.id == above.id).flat_map(|n| &n.any) {
            add(&mut anything, None, *strength, std::iter::once((field.clone(), note.clone())));
        }
    }
    rows.extend(anything);
    rows
}

/// The rows of one side in their places.
struct Side<'n> {
    rows: &'n [Neighbour],
    /// How many are not drawn.
    more: usize,
    start: f64,
    /// Of the boxes.
    boxes: f64,
    /// Of the labels.
    labels: f64,
    /// Where the first row begins.
    top: f64,
}

impl<'n> Side<'n> {
    fn new(graph: &References<'_>, all: &'n [Neighbour], start: f64, height: f64) -> Side<'n> {
        let (rows, more) = if all.len() > MOST { (&all[..MOST - 1], all.len() - (MOST - 1)) } else { (all, 0) };
        let width = |n: &Neighbour| n.node.map_or(94.0, |n| box_width(&graph.nodes[n]));
        let boxes = rows.iter().map(width).fold(0.0, f64::max);
        let labels = rows.iter().map(|n| small_width(&n.label()) + 18.0).fold(0.0, f64::max);
        let drawn = rows.len() + usize::from(more > 0);
        Side { rows, more, start, boxes, labels, top: (height - drawn as f64 * ROW) / 2.0 }
    }

    fn width(&self) -> f64 {
        if self.rows.is_empty() { 0.0 } else { self.boxes + self.labels + BEND }
    }

    fn draw(&self, index: &Index<'_>, graph: &References<'_>, middle: Rect, is_left: bool, frame: Frame<'_>) -> Markup {
        let end = self.start + self.width();
        let x = if is_left { self.start } else { end - self.boxes };
        let count = self.rows.len() as f64;
        let row = |(i, neighbour): (usize, &Neighbour)| {
            let y = self.top + (i as f64 + 0.5) * ROW;
            let port = middle.y + middle.height / 2.0 + (i as f64 - (count - 1.0) / 2.0) * 8.0;
            let side = if is_left { x + self.boxes } else { x };
            let bend = if is_left { side + self.labels } else { side - self.labels };
            let inner = Point { x: if is_left { middle.x } else { middle.x + middle.width }, y: port };
            let outer = [Point { x: bend, y }, Point { x: side, y }];
            let route = if is_left { [outer[1], outer[0], inner] } else { [inner, outer[0], outer[1]] };
            let line = line(&route, is_left);
            let rect = Rect { x, y: y - BOX / 2.0, width: self.boxes, height: BOX };
            html! {
                g class={ "edge " (neighbour.strength.key()) } {
                    title { (name(graph, neighbour)) ", " (neighbour.strength.name()) ": " (neighbour.all_fields()) }
                    path.hit d=(line) {}
                    path.line d=(line) {}
                    path.head d=(head(&route)) {}
                    text.small x=(num(if is_left { side + 9.0 } else { bend + 9.0 })) y=(num(y - 5.0)) { (neighbour.label()) }
                }
                @match neighbour.node {
                    Some(node) => (drawn_node(index, &graph.nodes[node], rect, "near", frame)),
                    None => g.node.elsewhere {
                        title { "Objects of any class" }
                        rect x=(num(rect.x)) y=(num(rect.y)) width=(num(rect.width)) height=(num(rect.height)) rx="5" {}
                        text x=(num(rect.x + rect.width / 2.0 - 9.0)) y=(num(y + 4.0)) { "anything" }
                        (any_mark(rect.x + rect.width - 14.0, y))
                    },
                }
            }
        };
        html! {
            @for (i, neighbour) in self.rows.iter().enumerate() { (row((i, neighbour))) }
            @if self.more > 0 {
                text.small x=(num(x + 4.0)) y=(num(self.top + (count + 0.5) * ROW + 4.0)) { "and " (self.more) " more" }
            }
        }
    }
}

/// A line that is straight below its label and bends beside the class.
fn line(route: &[Point; 3], is_left: bool) -> String {
    let [first, knee, last] = *route;
    if is_left {
        format!(
            "M{} {}L{} {}{}",
            num(first.x),
            num(first.y),
            num(knee.x),
            num(knee.y),
            curve(&[knee, last]).replacen('M', "L", 1)
        )
    } else {
        // The curve ends at the knee, the line goes on from there to its head.
        let bend = (knee.x - first.x) * 0.5;
        format!(
            "M{} {}C{} {} {} {} {} {}L{} {}",
            num(first.x),
            num(first.y),
            num(first.x + bend),
            num(first.y),
            num(knee.x - bend),
            num(knee.y),
            num(knee.x),
            num(knee.y),
            num(last.x - 6.0),
            num(last.y)
        )
    }
}

impl Neighbour {
    fn all_fields(&self) -> String {
        self.fields.iter().map(|(field, note)| format!("{field}{note}")).collect::<Vec<_>>().join(", ")
    }

    /// As many fields as there is room for, and how many more there are: `source, source_url +3 (as Str)`.
    fn label(&self) -> String {
        let Some((first, note)) = self.fields.first() else { return String::new() };
        let note = if self.fields.iter().all(|(_, other)| other == note) { note.as_str() } else { "" };
        let room = LONGEST_LABEL.saturating_sub(note.chars().count() + 3).max(8);
        let mut names = words::cut(first, room, '…');
        let mut shown = 1;
        for (field, _) in &self.fields[1..] {
            if names.chars().count() + field.chars().count() + 2 > room {
                break;
            }
            names.push_str(", ");
            names.push_str(field);
            shown += 1;
        }
        if shown < self.fields.len() {
            names.push_str(&format!(" +{}", self.fields.len() - shown));
        }
        names + &words::cut(note, LONGEST_LABEL, '…')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;

    fn near(id: &str, change: impl FnOnce(&mut crate::Model)) -> Option<String> {
        let mut model = model();
        change(&mut model);
        let index = Index::new(&model);
        let graph = References::new(&index);
        let href = |id: &str| Some(format!("#{id}"));
        let frame = Frame { is_file: false, has_style: false, has_stops: false, width: 0.0, href: &href };
        let svg = draw(&index, &graph, index.class(id).unwrap(), frame).map(Markup::into_string);
        if let Some(svg) = &svg {
            crate::html::wellformed::check(svg).unwrap_or_else(|e| panic!("{e}: {svg}"));
            assert!(!svg.contains("NaN"));
        }
        svg
    }

    #[test]
    fn both_sides_have_their_fields_and_inherited_ones_say_so() {
        let svg = near("Str", |_| {}).unwrap();
        assert!(svg.contains("href=\"#Script\"") && svg.contains(">source"), "{svg}");
        assert!(svg.contains(" +"), "fields without room are counted: {svg}");
        let script = near("Script", |_| {}).unwrap();
        assert!(script.contains("Str (") && !script.contains("HeapObject (map)"), "{script}");
        let below = |m: &mut crate::Model| {
            let struct_ = m.classes.iter().position(|c| c.id == "Struct").unwrap();
            m.classes[struct_].fields = vec![crate::model::Field {
                name: "shared".into(),
                holds: crate::model::Holds::Strong { admits: vec![crate::model::Admits::Any] },
                ..m.classes[0].fields[0].clone()
            }];
        };
        let script = near("Script", below).unwrap();
        assert!(script.contains("shared (from Struct)") && script.contains(">anything<"), "{script}");
    }

    #[test]
    fn many_are_counted_and_none_are_not_drawn() {
        let many = |m: &mut crate::Model| {
            let script = m.classes.iter().find(|c| c.id == "Script").unwrap().clone();
            m.classes.extend((0..30).map(|i| crate::model::Class { id: format!("Script{i}"), ..script.clone() }));
        };
        assert!(near("Str", many).unwrap().contains("and 2"));
        assert!(
            near("HeapObject", |m| {
                m.classes[0].fields.clear();
                m.classes.truncate(1);
            })
            .is_none()
        );
    }
}
