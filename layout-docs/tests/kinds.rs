//! Every kind of field and tail, declared with the macros, in the model and on every page.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_docs::model::{Admits, Class, Holds, Length, PerWidth};
use heapwright_docs::{Model, render_html, render_json, render_markdown, render_text};

/// What a scope has.
#[bitfield(u31)]
pub struct ScopeFlags {
    pub has_function_name: bool,
    pub has_outer_scope: bool,
    #[bits(4)]
    pub module_count: u32,
}

/// From where to where something stands in the source.
#[heap_struct]
pub struct Span {
    /// The first character.
    #[constant]
    start: u32,
    end: u32,
}

/// What is known of a scope.
#[heap_object]
pub struct ScopeInfo {
    #[constant]
    flags: SmiBits<ScopeFlags>,
    #[constant]
    local_count: Smi,
    /// The source text, which the host owns.
    source: External<u8>,
    span: Inline<Span>,
    /// The names of locals.
    #[constant]
    #[length = local_count]
    names: [Tagged<Any>],
    #[length = flags.module_count() * 2]
    modules: [Smi],
    /// Only functions have one.
    #[present_if = flags.has_function_name()]
    function_name: Tagged<(Name, Smi)>,
    #[relaxed]
    #[present_if = flags.has_outer_scope() && local_count > 0]
    outer_scope: Tagged<ScopeInfo>,
}

#[heap_object]
pub struct Name {}

/// What is known of one property.
#[heap_struct]
pub struct Descriptor {
    #[constant]
    key: Tagged<Name>,
    details: Smi,
    value: Tagged<MaybeObject>,
}

/// What is known of all properties.
#[heap_object]
pub struct DescriptorArray {
    #[constant]
    count: Smi,
    #[length = count]
    entries: [Inline<Descriptor>],
}

/// Where objects of one shape can go.
#[heap_object]
pub struct Shape {
    transitions: Tagged<(Weak<Shape>, DescriptorArray, Smi)>,
}

mod other {
    use heapwright::prelude::*;

    #[heap_struct]
    pub struct Span {
        from: Tagged<Any>,
        to: Tagged<Any>,
    }

    #[heap_object]
    pub struct Range {
        span: Inline<Span>,
        #[constant]
        depth: Smi,
        #[present_if = depth > 0]
        outer: Inline<Span>,
        #[length = depth]
        seen: [Tagged<MaybeObject>],
    }
}

heap_classes! { pub static CLASSES = [ScopeInfo, Name, DescriptorArray, Shape, other::Range]; }

fn model() -> Model {
    Model::from_registries(&[&CLASSES])
}

fn class<'m>(model: &'m Model, id: &str) -> &'m Class {
    model.classes.iter().find(|c| c.id == id).unwrap()
}

#[test]
fn tails_say_how_many_elements_they_have() {
    let model = model();
    model.check().unwrap();
    let scope = class(&model, "ScopeInfo");
    assert_eq!(scope.header_size, PerWidth { compressed: 28, full: 40 });
    let lengths: Vec<_> = scope.tails.iter().map(|t| (t.name.as_str(), t.length.clone())).collect();
    assert_eq!(lengths[0], ("names", Length::Field("local_count".into())));
    assert!(matches!(&lengths[1].1, Length::Expression(text) if text.contains("flags.module_count()")));
    assert_eq!(lengths[2], ("function_name", Length::Condition("flags.has_function_name()".into())));
    assert!(scope.tails[3].is_optional() && scope.tails[3].length.text().contains("has_outer_scope"));
    assert!(scope.tails[0].constant && !scope.tails[1].constant);
    assert_eq!(scope.tails[3].access, heapwright_docs::model::Access::Relaxed);
    assert_eq!(scope.tails[1].element_align, PerWidth { compressed: 4, full: 8 });
}

#[test]
fn new_kinds_say_what_they_hold() {
    let model = model();
    let scope = class(&model, "ScopeInfo");
    let held = |name: &str| &scope.fields.iter().find(|f| f.name == name).unwrap().holds;
    assert_eq!(*held("source"), Holds::External { type_name: "u8".into() });
    let shape = &class(&model, "Shape").fields[0].holds;
    let admits = [Admits::Weak("Shape".into()), Admits::Class("DescriptorArray".into()), Admits::Smi];
    assert!(matches!(shape, Holds::MaybeWeak { .. }) && shape.admits() == admits);
    let descriptor = model.structs.iter().find(|s| s.id == "Descriptor").unwrap();
    assert_eq!(descriptor.fields[2].holds.admits(), [Admits::Any, Admits::Weak("HeapObject".into())]);
    assert_eq!((descriptor.size.compressed, descriptor.size.full, descriptor.is_tagged), (12, 24, true));
    assert_eq!(class(&model, "DescriptorArray").tails[0].holds, Holds::Struct { id: "Descriptor".into() });
}

#[test]
fn structs_of_one_name_have_their_path_as_id() {
    let model = model();
    let ids: Vec<_> = model.structs.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["kinds::Span", "Descriptor", "kinds::other::Span"]);
    assert_eq!(class(&model, "Range").fields[0].holds.struct_id(), Some("kinds::other::Span"));
}

#[test]
fn json_round_trips() {
    let model = model();
    assert_eq!(Model::from_json(&render_json(&model)).unwrap(), model);
}

#[test]
fn text_draws_tails_structs_and_conditions() {
    let text = render_text(&model());
    for part in [
        "span.start",
        "names[local_count]",
        "only if flags.has_function_name()",
        "[0].details",
        "entries[count]",
        "entries[i].value",
        "the collector sees MIIRRRRS*I*S?S?",
        "the collector sees MI(SIE)* (E: strong or weak)",
        "the collector sees ME (E: strong or weak)",
        "External<u8>",
        "28 / 40 bytes + 2 tails, 2 optional fields",
        "held by         DescriptorArray.entries",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.lines().any(|l| l.contains("source") && l.contains("external")), "{text}");
}

#[test]
fn optional_structs_show_their_fields() {
    let model = Model::from_registries(&[&CLASSES]);
    let (text, html) = (render_text(&model), render_html(&model));
    assert!(text.contains("the collector sees MSSI(SS)?E* (E: strong or weak)"), "{text}");
    assert!(text.contains("| outer.from    | outer.to      |  only if depth > 0"), "{text}");
    for part in ["id=\"Range.outer.from\"", "outer: only if depth &gt; 0", "seen: each element is strong or weak"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn markdown_links_structs_and_conditions() {
    let markdown = render_markdown(&model());
    for part in [
        "only if `flags.has_function_name()`",
        "[`Descriptor`](#struct.Descriptor)",
        "<a id=\"struct.Descriptor\">",
        "weak [`Shape`](#Shape)",
        "`entries[i].value`",
        "× `local_count`",
        "strong or weak",
    ] {
        assert!(markdown.contains(part), "{part}\n{markdown}");
    }
}

#[test]
fn html_links_fields_of_structs_and_conditions() {
    let html = render_html(&model());
    for part in [
        "id=\"DescriptorArray.entries.value\"",
        "id=\"struct.Descriptor.value\"",
        "id=\"ScopeInfo.span.start\"",
        "entries[i].value: strong or weak in each element",
        "only if <code>flags.has_function_name()</code>",
        "href=\"#struct.kinds::Span\"",
        "Weak&lt;<a href=\"#Shape\">Shape</a>&gt;",
        "href=\"#DescriptorArray.entries.key\">DescriptorArray.entries[i].key<",
    ] {
        assert!(html.contains(part), "{part}");
    }
}
