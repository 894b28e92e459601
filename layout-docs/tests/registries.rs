//! Real classes, declared with the macros, become a model that says what their tables say.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_docs::model::{Access, Admits, Holds, Length, Meaning};
use heapwright_docs::{Model, render_html, render_json, render_markdown, render_text};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    Host,
    Eval,
}

/// Facts about a page.
#[bitfield(u31)]
pub struct PageFlags {
    #[bits(1)]
    pub origin: Origin,
    #[bits(1)]
    pub is_open: bool,
    #[bits(4)]
    pub level: u8,
}

/// Common to all that has a title, `a < b` & more.
#[heap_object(open)]
pub struct Titled {
    /// The title.
    title: Tagged<Any>,
}

/// A page.
#[heap_object(extends = Titled)]
pub struct Page {
    flags: SmiBits<PageFlags>,
    #[constant]
    number: Smi,
    next: Tagged<Option<Page>>,
    owner: Weak<Titled>,
}

mod other {
    use heapwright::prelude::*;

    /// Another page.
    #[heap_object]
    pub struct Page {
        #[constant]
        length: Smi,
        #[length = length]
        items: [Tagged<Any>],
    }
}

heap_classes! { pub static CLASSES = [Page, other::Page]; }

fn model() -> Model {
    Model::from_registries(&[&CLASSES])
}

#[test]
fn parents_come_first_though_no_registry_lists_them() {
    let model = model();
    assert!(model.check().is_ok(), "{:?}", model.check());
    let names: Vec<_> = model.classes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["HeapObject", "Titled", "Page", "Page"]);
    assert_eq!(model.crates[0].classes, [model.classes[2].id.clone(), model.classes[3].id.clone()]);
}

#[test]
fn classes_of_one_name_have_their_path_as_id() {
    let model = model();
    assert_eq!(model.classes[2].id, "registries::Page");
    assert_eq!(model.classes[3].id, "registries::other::Page");
}

#[test]
fn fields_say_what_they_hold_and_where() {
    let model = model();
    let page = &model.classes[2];
    assert_eq!(page.parent.as_deref(), Some("Titled"));
    assert_eq!(page.fields[0].holds, Holds::SmiBits { bitfield: "PageFlags".into() });
    assert_eq!((page.fields[0].offset.compressed, page.fields[0].offset.full), (8, 16));
    assert!(page.fields[1].constant && page.fields[1].access == Access::Plain);
    assert_eq!(page.fields[2].holds.admits(), [Admits::Class(page.id.clone()), Admits::None]);
    assert!(matches!(page.fields[3].holds, Holds::Weak { .. }));
    assert_eq!(model.classes[3].tails[0].length, Length::Field("length".into()));
    assert_eq!(model.classes[1].doc, "Common to all that has a title, `a < b` & more.");
    let Meaning::Enum { values } = &model.bitfields[0].fields[0].means else { panic!("no enum") };
    assert_eq!((values[1].name.as_str(), values[1].value), ("Eval", 1));
}

#[test]
fn every_renderer_takes_it_and_json_round_trips() {
    let model = Model::from_registries(&[heapwright::core_classes(), &CLASSES]);
    assert_eq!(Model::from_json(&render_json(&model)).unwrap(), model);
    for output in [render_text(&model), render_markdown(&model), render_html(&model)] {
        assert!(output.contains("PageFlags") && output.contains("pointer_bitmap"));
    }
}

mod numbered {
    use heapwright::prelude::*;

    #[heap_object(abstract, instance_types = 205..=214)]
    pub(super) struct Context {}
    #[heap_object(extends = Context, instance_type = 206, highest_instance_type, copy)]
    pub(super) struct Site {
        #[splice = next]
        #[constant]
        next: Weak<Site>,
    }
    heap_classes! { pub(super) static CLASSES = [Context, Site]; }
}

/// Pins, ranges, `copy` and links of weak lists are in the JSON and on every page, and come back.
#[test]
fn numbers_and_links_are_shown() {
    let model = Model::from_registries(&[&numbered::CLASSES]);
    let class = |name: &str| model.classes.iter().find(|class| class.name == name).unwrap();
    assert_eq!(class("Context").instance_types, Some((205, 214)));
    assert_eq!((class("Site").instance_type, class("Site").is_copy), (Some(206), true));
    assert_eq!(class("Site").fields[0].splice.as_deref(), Some("next"));
    // The highest of the range that an isolate needs, and what is pinned.
    assert_eq!(class("Site").assigned_instance_type, Some(206));
    assert_eq!(class("Context").assigned_instance_types, Some((205, 214)));
    let object = class("HeapObject");
    assert!(object.instance_types.is_none() && object.assigned_instance_types.is_some());
    let tree = render_text(&model);
    assert!(tree.lines().any(|l| l.contains("Site") && l.contains("206*")), "{tree}");
    let json = render_json(&model);
    assert_eq!(Model::from_json(&json).unwrap(), model);
    for page in [render_text(&model), render_markdown(&model), render_html(&model)] {
        for words in ["instance types 205–214", "instance type 206", "highest instance type", "copy", "splices next"]
        {
            assert!(page.contains(words), "{words}");
        }
    }
}

mod ephemeral {
    use heapwright::prelude::*;

    #[heap_struct(ephemeron)]
    pub(super) struct Entry {
        key: Weak<HeapObject>,
        value: Tagged<Any>,
    }
    #[heap_object]
    pub(super) struct Table {
        entry: Inline<Entry>,
    }
    heap_classes! { pub(super) static CLASSES = [Table]; }
}

/// So is that a struct is an ephemeron; and a model of one without a key is refused.
#[test]
fn ephemerons_are_shown() {
    let mut model = Model::from_registries(&[&ephemeral::CLASSES]);
    assert!(model.structs.iter().any(|layout| layout.name == "Entry" && layout.is_ephemeron));
    assert_eq!(Model::from_json(&render_json(&model)).unwrap(), model);
    for page in [render_text(&model), render_markdown(&model), render_html(&model)] {
        assert!(page.contains("ephemeron"), "{page}");
    }
    model.structs[0].fields.reverse();
    let (first, second) = model.structs[0].fields.split_at_mut(1);
    core::mem::swap(&mut first[0].offset, &mut second[0].offset);
    let error = Model::from_json(&render_json(&model)).unwrap_err().to_string();
    assert!(error.contains("ephemeron"), "{error}");
}
