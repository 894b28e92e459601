//! The reference graph as SVG, placed without other programs.

use super::STYLE;
use super::layered::{Plan, Point, Rect, Size, height_for, lay_out};
use super::references::{Edge, Node, References, Strength};
use crate::index::Index;
use crate::model::Model;
use crate::words;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write as _;

/// Of the font, in pixels; it is monospaced.
const CHARACTER: f64 = 7.3;
const SMALL_CHARACTER: f64 = 6.4;
const MARGIN: f64 = 10.0;
/// Names with more characters are cut.
const LONGEST: usize = 36;
/// Colours before they repeat.
const HUES: usize = 8;
/// The room below a box for an edge that leads back to it.
const LOOP: f64 = 16.0;
/// What a file of its own names its language.
pub(crate) const NAMESPACE: &str = "http://www.w3.org/2000/svg";
const LOWEST_BOX: f64 = 28.0;

/// The width of a file of its own and of a wide page.
pub(crate) const WIDE: f64 = 1000.0;

/// Where a drawing stands, and so what it brings along and where it links to.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'f> {
    /// Whether it is a file of its own, with its own colours.
    pub(crate) is_file: bool,
    /// Whether it brings its own styles.
    pub(crate) has_style: bool,
    /// Whether its links are stops of the Tab key; they need not be where the same links stand elsewhere on the page.
    pub(crate) has_stops: bool,
    /// The width that small parts share, in pixels; a large part may need more.
    pub(crate) width: f64,
    /// Where a class is shown, by its id.
    pub(crate) href: &'f dyn Fn(&str) -> Option<String>,
}

/// The reference graph as an SVG file: a box for each class that links to `<page>#<id>`, solid lines for strong
/// references, dashed ones for weak references, lines of dashes and dots where each value says which.
///
/// It follows the reader's choice of dark or light, has titles for each box and line (which fields they are) and fades
/// what a class has nothing to do with when the pointer is on it. `page` is the HTML page next to it, such as
/// `layouts.html`; with an empty one, links lead to anchors of the same document.
#[must_use]
pub fn render_graph_svg(model: &Model, page: &str) -> String {
    let index = Index::new(model);
    let href = |id: &str| index.class(id).map(|class| format!("{page}#{}", class.id));
    file(draw(&index, Frame { is_file: true, has_style: true, has_stops: true, width: WIDE, href: &href }))
}

/// A drawing as the text of a file: names of strangers may have characters that XML forbids.
pub(crate) fn file(drawing: Markup) -> String {
    let is_forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    let mut text = drawing.into_string();
    if text.contains(is_forbidden) {
        text = text.replace(is_forbidden, "\u{fffd}");
    }
    text.push('\n');
    text
}

/// The whole graph with its legend.
pub(crate) fn draw(index: &Index<'_>, frame: Frame<'_>) -> Markup {
    let graph = References::new(index);
    let loops: Vec<Option<usize>> =
        (0..graph.nodes.len()).map(|n| graph.edges.iter().position(|e| (e.from, e.to) == (n, n))).collect();
    let pairs: Vec<(usize, usize)> = graph.edges.iter().map(|e| (e.from, e.to)).collect();
    let mut degrees = vec![(0, 0); graph.nodes.len()];
    for &(from, to) in pairs.iter().filter(|(from, to)| from != to) {
        degrees[from].0 += 1;
        degrees[to].1 += 1;
    }
    let size = |(i, node): (usize, &Node<'_>)| {
        let (out, into) = degrees[i];
        let height = height_for(out.max(into)).max(LOWEST_BOX) + if loops[i].is_some() { LOOP } else { 0.0 };
        Size { width: box_width(node), height }
    };
    let sizes: Vec<Size> = graph.nodes.iter().enumerate().map(size).collect();
    let mut plan = lay_out(&sizes, &pairs, frame.width);
    for (rect, own_loop) in plan.boxes.iter_mut().zip(&loops) {
        if own_loop.is_some() {
            // Half of the room is above, so that edges end where the layout has them: in the middle.
            rect.y += LOOP / 2.0;
            rect.height -= LOOP;
        }
    }
    let legend = Legend::new(index, &graph, plan.size.width);
    let (width, height) =
        (plan.size.width.max(legend.width) + 2.0 * MARGIN, plan.size.height + legend.height + 2.0 * MARGIN);
    let spoken = format!(
        "{} classes and {} kinds of references between them. A reference to a class may be to one below it.",
        graph.nodes.len(),
        graph.edges.len()
    );
    html! {
        svg.layout-graph.whole xmlns=[frame.is_file.then_some(NAMESPACE)] viewBox={ "0 0 " (num(width)) " " (num(height)) }
            width=(num(width)) height=(num(height)) role="group" aria-label="Reference graph" {
            title { "Which class refers to which" }
            desc { (spoken) }
            (styles(frame, fading(&graph)))
            g transform={ "translate(" (num(MARGIN)) " " (num(MARGIN)) ")" } {
                @for (edge, route) in graph.edges.iter().zip(&plan.routes) {
                    @if edge.from != edge.to { (drawn_edge(&graph, edge, &curve(route), head(route))) }
                }
                @for edge in graph.edges.iter().filter(|e| e.from == e.to) {
                    (own_loop(&graph, edge, plan.boxes[edge.from]))
                }
                @for (i, node) in graph.nodes.iter().enumerate() {
                    (drawn_node(index, node, plan.boxes[i], &format!("x{i}"), frame))
                }
                (legend.draw(&plan))
            }
        }
    }
}

/// The styles that the drawing brings along.
pub(super) fn styles(frame: Frame<'_>, more: String) -> Markup {
    let own = if frame.is_file {
        ".layout-graph { color: #1c1d22; background: #fffefb; } \
         @media (prefers-color-scheme: dark) { .layout-graph { color: #e8e8ea; background: #1b1e24; } }\n"
    } else {
        ""
    };
    let shared = if frame.has_style { STYLE } else { "" };
    html! {
        @if !own.is_empty() || !shared.is_empty() || !more.is_empty() {
            style { (PreEscaped(own)) (PreEscaped(shared)) (PreEscaped(more)) }
        }
    }
}

/// While the pointer is on a class, edges that are none of its own fade.
fn fading(graph: &References<'_>) -> String {
    let mut style = String::new();
    for i in 0..graph.nodes.len() {
        if graph.edges.iter().any(|e| e.from == i || e.to == i) {
            let _ = writeln!(
                style,
                ".layout-graph.whole:has(.x{i}:hover, .x{i}:focus-visible) .edge:not(.e{i}) {{ opacity: .12; }}"
            );
        }
    }
    style
}

/// At most `LONGEST` characters of a name.
pub(super) fn clip(name: &str) -> String {
    words::cut(name, LONGEST, '…')
}

pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

pub(super) fn small_width(text: &str) -> f64 {
    text.chars().count() as f64 * SMALL_CHARACTER
}

pub(super) fn box_width(node: &Node<'_>) -> f64 {
    let mark = if node.any.is_empty() { 0.0 } else { 22.0 };
    text_width(&clip(node.name())) + 24.0 + mark
}

/// The class of style sheets that colours the boxes of a crate.
fn hue(index: &Index<'_>, node: &Node<'_>) -> String {
    match node.class {
        Some(class) => format!("n{}", crates(index).iter().position(|c| *c == class.crate_name).unwrap_or(0) % HUES),
        None => "elsewhere".to_owned(),
    }
}

/// The crates that declare classes of the model, in their order.
fn crates<'m>(index: &Index<'m>) -> Vec<&'m str> {
    let mut crates: Vec<&str> = Vec::new();
    for class in &index.model.classes {
        if !crates.contains(&class.crate_name.as_str()) {
            crates.push(&class.crate_name);
        }
    }
    crates
}

/// What a crate is called where the model lists its crates: packages may have dashes in their names.
fn package<'m>(index: &Index<'m>, name: &'m str) -> &'m str {
    index.model.crates.iter().map(|c| c.name.as_str()).find(|c| c.replace('-', "_") == name).unwrap_or(name)
}

/// A box with its name; a link, if there is something to link to.
pub(super) fn drawn_node(index: &Index<'_>, node: &Node<'_>, rect: Rect, key: &str, frame: Frame<'_>) -> Markup {
    let is_abstract = node.class.is_some_and(|c| c.is_abstract);
    let mut about = match node.class {
        Some(class) if is_abstract => format!("{}, abstract, in {}", class.name, package(index, &class.crate_name)),
        Some(class) => format!("{} in {}", class.name, package(index, &class.crate_name)),
        None => format!("{}, which is not in this model", node.id),
    };
    if !node.any.is_empty() {
        let _ = write!(about, "; may refer to anything: {}", node.any_fields());
    }
    let mark = if node.any.is_empty() { 0.0 } else { 22.0 };
    let middle = rect.y + rect.height / 2.0;
    let class = format!("node {}{}", hue(index, node), if is_abstract { " abstract" } else { "" });
    let content = html! {
        title { (about) }
        g class=(class) aria-hidden="true" {
            rect x=(num(rect.x)) y=(num(rect.y)) width=(num(rect.width)) height=(num(rect.height)) rx="5" {}
            text x=(num(rect.x + (rect.width - mark) / 2.0)) y=(num(middle + 4.0)) { (clip(node.name())) }
            @if mark > 0.0 { (any_mark(rect.x + rect.width - 15.0, middle)) }
        }
    };
    match (frame.href)(node.id) {
        Some(href) => {
            let stop = (!frame.has_stops).then_some("-1");
            html! { a class=(key) href=(href) tabindex=[stop] { (content) } }
        }
        None => html! { g class=(key) { (content) } },
    }
}

/// The mark of a class with fields that may refer to anything.
pub(super) fn any_mark(x: f64, y: f64) -> Markup {
    html! {
        g.any {
            circle cx=(num(x)) cy=(num(y)) r="7.5" {}
            text x=(num(x)) y=(num(y + 7.0)) { "*" }
        }
    }
}

/// A line with its head, and what it stands for.
pub(super) fn drawn_edge(graph: &References<'_>, edge: &Edge, line: &str, head: String) -> Markup {
    let (from, to) = (graph.nodes[edge.from].name(), graph.nodes[edge.to].name());
    html! {
        g class={ "edge " (edge.strength.key()) " e" (edge.from) " e" (edge.to) } {
            title { (from) " → " (to) ", " (edge.strength.name()) ": " (edge.fields.join(", ")) }
            path.hit d=(line) {}
            path.line d=(line) {}
            path.head d=(head) {}
        }
    }
}

/// An edge that leads back to its box, below the box.
fn own_loop(graph: &References<'_>, edge: &Edge, rect: Rect) -> Markup {
    let (x, y) = (rect.x + rect.width, rect.y + rect.height);
    // Equally strong references are one edge, so there are at most three.
    let shift = Strength::ALL.iter().position(|s| *s == edge.strength).unwrap_or(0) as f64 * 34.0;
    let (left, right) = (x - shift - 36.0, x - shift - 12.0);
    let line = format!(
        "M{} {}C{} {} {} {} {} {}",
        num(left),
        num(y),
        num(left - 3.0),
        num(y + 19.0),
        num(right + 3.0),
        num(y + 19.0),
        num(right),
        num(y + 5.0)
    );
    let head = format!("M{} {}l-3.6 8l7.2 0z", num(right), num(y));
    drawn_edge(graph, edge, &line, head)
}

/// A smooth line along a route: curves across gaps, straight along columns.
pub(super) fn curve(route: &[Point]) -> String {
    let mut line = String::new();
    let Some(first) = route.first() else { return line };
    let _ = write!(line, "M{} {}", num(first.x), num(first.y));
    for (i, pair) in route.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        let is_last = i + 2 == route.len();
        // The line ends within its head.
        let end = if is_last { b.x - 6.0 * (b.x - a.x).signum() } else { b.x };
        if i % 2 == 0 {
            let bend = (b.x - a.x) * 0.5;
            let _ = write!(
                line,
                "C{} {} {} {} {} {}",
                num(a.x + bend),
                num(a.y),
                num(b.x - bend),
                num(b.y),
                num(end),
                num(b.y)
            );
        } else {
            let _ = write!(line, "L{} {}", num(b.x), num(b.y));
        }
    }
    line
}

/// The head at the end of a route, which ends horizontally.
pub(super) fn head(route: &[Point]) -> String {
    let [.., before, end] = route else { return String::new() };
    let back = if end.x >= before.x { -8.0 } else { 8.0 };
    format!("M{} {}l{} -3.6l0 7.2z", num(end.x), num(end.y), num(back))
}

/// One decimal at most.
pub(super) fn num(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No `-0`.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// What lines, colours and marks mean.
struct Legend {
    entries: Vec<(Key, String)>,
    /// Where each entry stands, from the upper left corner of the legend.
    at: Vec<Point>,
    width: f64,
    height: f64,
}

enum Key {
    Line(Strength),
    Any,
    Crate(usize),
    Abstract,
}

impl Legend {
    const ROW: f64 = 22.0;
    const ABOVE: f64 = 30.0;

    fn new(index: &Index<'_>, graph: &References<'_>, width: f64) -> Legend {
        let used = |strength| graph.edges.iter().any(|e| e.strength == strength);
        let mut entries: Vec<(Key, String)> = Strength::ALL
            .into_iter()
            .filter(|s| used(*s))
            .map(|s| (Key::Line(s), format!("{} reference", s.name())))
            .collect();
        if graph.nodes.iter().any(|n| !n.any.is_empty()) {
            entries.push((Key::Any, "may refer to anything".to_owned()));
        }
        if graph.nodes.iter().any(|n| n.class.is_some_and(|c| c.is_abstract)) {
            entries.push((Key::Abstract, "abstract".to_owned()));
        }
        let crates = crates(index);
        entries.extend(crates.iter().enumerate().map(|(i, name)| (Key::Crate(i % HUES), clip(package(index, name)))));
        let room = width.max(420.0);
        let (mut x, mut y, mut widest) = (0.0, Legend::ABOVE, 0.0);
        let mut at = Vec::new();
        for (key, text) in &entries {
            let width = key.width() + small_width(text) + 20.0;
            if x > 0.0 && x + width > room {
                (x, y) = (0.0, y + Legend::ROW);
            }
            at.push(Point { x, y });
            x += width;
            widest = f64::max(widest, x - 20.0);
        }
        Legend { at, width: widest, height: if entries.is_empty() { 0.0 } else { y + 8.0 }, entries }
    }

    fn draw(&self, plan: &Plan) -> Markup {
        html! {
            g.legend transform={ "translate(0 " (num(plan.size.height)) ")" } aria-hidden="true" {
                @for ((key, text), at) in self.entries.iter().zip(&self.at) {
                    @match key {
                        Key::Line(strength) => g class={ "edge " (strength.key()) } {
                            path.line d={ "M" (num(at.x)) " " (num(at.y)) "h26" } {}
                            path.head d={ "M" (num(at.x + 32.0)) " " (num(at.y)) "l-8 -3.6l0 7.2z" } {}
                        },
                        Key::Any => g.neutral { (any_mark(at.x + 8.0, at.y)) },
                        Key::Crate(i) => g class={ "node n" (i) } {
                            rect x=(num(at.x)) y=(num(at.y - 7.0)) width="18" height="14" rx="3" {}
                        },
                        Key::Abstract => g.node.neutral.abstract {
                            rect x=(num(at.x)) y=(num(at.y - 8.0)) width="22" height="16" rx="3" {}
                            text x=(num(at.x + 11.0)) y=(num(at.y + 4.0)) { "A" }
                        },
                    }
                    text.small x=(num(at.x + key.width())) y=(num(at.y + 3.8)) { (text) }
                }
            }
        }
    }
}

impl Key {
    fn width(&self) -> f64 {
        match self {
            Key::Line(_) => 40.0,
            Key::Any => 22.0,
            Key::Crate(_) => 25.0,
            Key::Abstract => 29.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::model;
    use crate::html::wellformed;
    use crate::model::{Admits, Class, Holds};

    /// The drawing without its styles, checked.
    fn drawn(model: &Model) -> String {
        let svg = render_graph_svg(model, "layouts.html");
        assert!(svg.starts_with("<svg class=\"layout-graph whole\" xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
        let style = svg.find("<style>").unwrap()..svg.find("</style>").unwrap() + "</style>".len();
        let (rules, mut rest) = (svg[style.clone()].to_owned(), svg.clone());
        assert_eq!(rules.matches('{').count(), rules.matches('}').count());
        rest.replace_range(style, "");
        wellformed::check(rest.trim_end()).unwrap_or_else(|e| panic!("{e}: {rest}"));
        assert!(!rest.contains("NaN") && !rest.contains("\"inf"), "{rest}");
        rest
    }

    #[test]
    fn classes_are_links_and_lines_say_their_fields() {
        let svg = drawn(&model());
        assert!(svg.contains("href=\"layouts.html#Script\"") && svg.contains("<title>Script in "), "{svg}");
        assert!(svg.contains("<title>HeapObject → Map, strong: map</title>"), "{svg}");
        assert!(svg.contains("class=\"edge weak") && svg.contains("may refer to anything"), "{svg}");
    }

    #[test]
    fn one_class_no_references_and_a_hundred_classes_are_drawn() {
        let mut one = model();
        one.classes.truncate(1);
        one.classes[0].fields.clear();
        let svg = drawn(&one);
        assert!(svg.contains(">HeapObject<") && !svg.contains("class=\"edge"), "{svg}");
        one.classes.clear();
        drawn(&one);
        let mut hundred = model();
        let script = hundred.classes.iter().find(|c| c.id == "Script").unwrap().clone();
        for i in 0..100 {
            let mut class = Class { id: format!("C{i}"), name: format!("C{i}"), ..script.clone() };
            class.crate_name = format!("crate{}", i % 11);
            for (n, field) in class.fields.iter_mut().enumerate() {
                let to = Admits::Class(format!("C{}", (i * 31 + n * 17) % 100));
                field.holds = Holds::MaybeWeak { admits: vec![to.clone(), Admits::Weak("Str".into())] };
            }
            hundred.classes.push(class);
        }
        let svg = drawn(&hundred);
        assert!((0..100).all(|i| svg.contains(&format!("href=\"layouts.html#C{i}\""))));
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let mut model = model();
        model.classes[1].name = "\"/><script>\u{1b}[31m\u{0}".into();
        model.classes[1].crate_name = "</style>&".into();
        let svg = drawn(&model);
        assert!(!svg.contains("<script") && !svg.contains(['\u{0}', '\u{1b}']), "{svg}");
    }
}
