//! Real objects of every kind of field, in the model and on every page.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_docs::model::{LiveKind, LiveObject, LivePart, Width};
use heapwright_docs::{Model, render_html, render_json, render_markdown, render_objects, render_text};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tone {
    Calm,
    Loud,
}

#[bitfield(u31)]
pub struct Mood {
    #[bits(2)]
    pub tone: Tone,
    pub marks: [bool; 2],
    #[bits(5)]
    pub level: i8,
}

#[heap_struct]
pub struct Span {
    start: u32,
    end: u32,
}

#[heap_struct]
pub struct Entry {
    key: Tagged<Any>,
    value: Tagged<MaybeObject>,
}

/// Everything that a field can be.
#[heap_object]
pub struct Page {
    #[constant]
    mood: SmiBits<Mood>,
    #[constant]
    count: Smi,
    next: Tagged<Option<Page>>,
    seen_from: Weak<Page>,
    either: Tagged<MaybeObject>,
    outside: External<u8>,
    ratio: f64,
    span: Inline<Span>,
    #[length = count]
    entries: [Inline<Entry>],
    #[present_if = count > 1]
    title: Tagged<Any>,
    #[length = count * 3]
    bytes: [u8],
}

#[heap_object]
pub struct Text {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    chars: [u8],
}

heap_classes! { pub static CLASSES = [Page, Text]; }
heap_classes! { pub static LESS = [Text]; }

fn text<'s>(scope: &mut HandleScope<'s>, chars: &str) -> Handle<'s, Text> {
    Text::new(scope, TextInit { chars: chars.as_bytes() })
}

fn page<'s>(scope: &mut HandleScope<'s>, count: i32, title: Handle<'_, Text>) -> Handle<'s, Page> {
    let mood = Mood::new().with_tone(Tone::Loud).with_marks(1, true).with_level(-7);
    let entries: Vec<_> = (0..count).map(|_| EntryInit { key: title, value: Weakly(title) }).collect();
    let bytes: Vec<u8> = (0..count * 3).map(|i| i as u8).collect();
    Page::new(
        scope,
        PageInit {
            mood,
            count,
            next: Nil,
            seen_from: Nil,
            either: smi(-1),
            outside: std::ptr::from_ref(&CLASSES).cast_mut().cast(),
            ratio: 0.25,
            span: SpanInit { start: 3, end: 4 },
            entries: &entries[..],
            title: (count > 1).then_some(title),
            bytes: &bytes[..],
        },
    )
}

/// A small graph, looked at: `second` refers to `first` and both to a text with characters that pages must escape.
fn seen(elements: usize) -> Model {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let title = text(&mut scope, "a`<b>|&\"");
    let first = page(&mut scope, 0, title);
    let second = page(&mut scope, 20, title);
    second.get(&scope).set_next(first);
    second.get(&scope).set_seen_from(first);
    let image = |object: &HeapObject| scope.object_image(object, elements);
    Model::from_registries(&[&CLASSES])
        .with_object("the <second> page", &image(second.get(&scope)))
        .with_object("its title", &image(title.get(&scope)))
        .with_object("the first page", &image(first.get(&scope)))
        .with_footprint("second & all", &scope.footprint([second.get(&scope)]))
}

fn part<'o>(object: &'o LiveObject, label: &str) -> &'o LivePart {
    object.parts.iter().find(|part| part.label() == label).unwrap_or_else(|| panic!("no `{label}`"))
}

#[test]
fn the_model_has_every_byte_and_round_trips() {
    for elements in [0, 1, 5, 1000] {
        for model in [seen(elements), seen(elements).with_numbered_objects()] {
            model.check().unwrap();
            assert_eq!(Model::from_json(&render_json(&model)).unwrap(), model);
            for object in &model.objects {
                let mut end = 0;
                for part in &object.parts {
                    assert_eq!(part.offset, end, "{}", part.label());
                    end += part.size;
                }
                assert_eq!(end, object.size);
            }
            let drawn = [render_text(&model), render_markdown(&model), render_html(&model)];
            assert!(drawn.iter().all(|page| page.contains("its title")));
        }
    }
}

#[test]
fn values_and_references_are_those_of_the_objects() {
    let model = seen(4);
    let [second, title, first] = model.objects.as_slice() else { panic!("three objects") };
    assert_eq!(second.width, if cfg!(feature = "pointer-compression") { Width::Compressed } else { Width::Full });
    assert_eq!((second.space.as_str(), second.is_young, second.class.as_str()), ("new_space", true, "Page"));
    let next = part(second, "next").refers_to.as_ref().unwrap();
    assert_eq!((next.class.as_str(), &next.address, next.is_weak), ("Page", &first.address, false));
    assert!(part(second, "seen_from").refers_to.as_ref().unwrap().is_weak);
    assert_eq!(part(second, "entries[3].value").refers_to.as_ref().unwrap().address, title.address);
    assert_eq!((part(second, "either").value.as_str(), part(first, "next").value.as_str()), ("-1", "nil"));
    assert_eq!((part(second, "ratio").value.as_str(), part(second, "span.end").value.as_str()), ("0.25", "4"));
    assert_eq!(part(second, "ratio").byte_values().unwrap(), 0.25_f64.to_le_bytes());
    let bits: Vec<_> = part(second, "mood").bits.iter().map(|b| (b.name.as_str(), b.shift, b.value.as_str())).collect();
    assert_eq!(bits, [("tone", 0, "Loud"), ("marks[0]", 2, "false"), ("marks[1]", 3, "true"), ("level", 4, "-7")]);
    let elided: Vec<_> = second.parts.iter().filter(|p| p.kind == LiveKind::Elided).map(LivePart::label).collect();
    assert_eq!(elided, ["entries[4]", "bytes[4]"]);
    assert!(second.parts.iter().any(|p| p.field == "title") && first.parts.iter().all(|p| p.field != "title"));
    let footprint = &model.footprints[0];
    assert_eq!((footprint.objects, footprint.roots, footprint.weak_objects, footprint.depth), (3, 1, 0, 1));
    assert_eq!(footprint.bytes, model.objects.iter().map(|o| o.size).sum::<u64>());
}

#[test]
fn numbered_objects_are_the_same_in_each_run() {
    let json = |model: &Model| render_json(&model.clone().with_numbered_objects());
    let (first, second) = (seen(4), seen(4));
    assert_ne!(render_json(&first), render_json(&second), "addresses or isolates differ");
    assert_eq!(json(&first), json(&second));
    let model = first.with_numbered_objects();
    assert!(!json(&model).contains("0x"), "no address is left");
    assert_eq!(model, model.clone().with_numbered_objects());
    let addresses: Vec<_> = model.objects.iter().map(|o| o.address.as_str()).collect();
    assert_eq!(addresses, ["#1", "#2", "#3"]);
    assert_eq!(part(&model.objects[0], "next").refers_to.as_ref().unwrap().address, "#3");
    assert_eq!(
        (part(&model.objects[0], "next").bytes.as_ref(), part(&model.objects[0], "outside").value.as_str()),
        (None, "an address")
    );
}

/// Addresses of before and after a collection are not the same objects.
#[test]
fn what_moved_is_not_mistaken_for_what_lies_there_now() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let title = text(&mut scope, "x");
    let before = scope.object_image(title.get(&scope), 4);
    scope.collect(CollectionKind::Full);
    let after = scope.object_image(title.get(&scope), 4);
    let model = Model::from_registries(&[&CLASSES]).with_object("before", &before).with_object("after", &after);
    let model = model.with_numbered_objects();
    let map = |i: usize| part(&model.objects[i], "map").refers_to.as_ref().unwrap().address.clone();
    assert_ne!(model.objects[0].address, model.objects[1].address);
    assert_ne!(map(0), map(1));
}

#[test]
fn the_text_has_names_bytes_and_values() {
    let text = render_objects(&seen(4).with_numbered_objects());
    for part in [
        "the <second> page: Page, ",
        "| ratio ",
        "| 00  00  00  00  00  00  d0  3f|",
        "| 0.25 ",
        "level [8:4] = 11001: -7, marks[1] [3:3] = 1: true",
        "~ entries: … 16 more, ",
        "| chars[0..=3]  |",
        "| a   `   <   b |",
        "#3 Page",
        "weak #3 Page",
        "second & all: 3 objects, ",
    ] {
        let part = part.replace("[3:3]", "[3]");
        assert!(text.contains(&part), "no `{part}` in\n{text}");
    }
    for line in text.lines().filter(|line| line.contains("| ..  ..")) {
        assert!(line.len() <= 6 + 1 + 16 * 4, "{line}");
    }
}

#[test]
fn pages_escape_what_objects_hold_and_link_them() {
    let model = seen(12).with_numbered_objects();
    let html = render_html(&model);
    assert!(!html.contains("<b>|") && !html.contains("the <second>"));
    for part in [
        "id=\"object.1\"",
        "href=\"#object.3\"",
        "href=\"#Page.ratio\"",
        "href=\"#footprint.1\"",
        "a`&lt;b&gt;|&amp;",
        "the &lt;second&gt; page",
        "data-part=\"3\"",
        ">11001<",
    ] {
        assert!(html.contains(part), "no `{part}`");
    }
    for href in html.split(" href=\"#").skip(1) {
        let target = href.split('"').next().unwrap();
        assert!(html.contains(&format!(" id=\"{target}\"")), "{target}");
    }
    let markdown = render_markdown(&model);
    let row = markdown.lines().find(|line| line.contains("`chars[") && line.contains("| u8 |")).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 6, "{row}");
    assert!(markdown.contains("[#3](#object.3) [`Page`](#Page)"), "{markdown}");
    let title = markdown.lines().find(|line| line.contains("`entries[0].key`")).unwrap();
    assert!(title.contains("<code>&#34;a&#96;&#60;b&#62;&#124;&#38;&#92;&#34;&#34;</code>"), "{title}");
}

#[test]
fn objects_of_classes_that_the_model_lacks_are_drawn_without_links() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let title = text(&mut scope, "x");
    let page = page(&mut scope, 2, title);
    let model = Model::from_registries(&[&LESS]).with_object("a page", &scope.object_image(page.get(&scope), 8));
    model.check().unwrap();
    assert_eq!(model.objects[0].class, "live::Page");
    let html = render_html(&model);
    assert!(html.contains("live::Page") && html.contains("href=\"#Text\"") && !html.contains("href=\"#Page"));
    assert!(render_text(&model).contains("a page: Page, "));
}
