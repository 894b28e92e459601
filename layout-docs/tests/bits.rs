//! Bit fields with arrays, flags, ignored bits and holes in the model and in what is drawn from it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_docs::model::{Bits, Meaning};
use heapwright_docs::{Model, render_html, render_json, render_markdown, render_text};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Smi,
    Double,
    Tagged,
}

bitflags::bitflags! {
    #[derive(Clone, Copy, Debug)]
    pub struct Permissions: u8 {
        const READ = 1;
        const EXECUTE = 8;
    }
}

/// Of all sorts.
#[bitfield(u32)]
pub struct Sorts {
    #[bits(2)]
    pub kinds: [Kind; 4],
    #[bits(4, flags)]
    pub permissions: Permissions,
    #[bits(3, ignored)]
    __: (),
    #[bits(2)]
    __: (),
    #[bits(1, at = 20)]
    pub switches: [bool; 3],
}

#[heap_object]
pub struct Holder {
    sorts: Bits<Sorts>,
    padding: OptionalPadding<4>,
}

heap_classes! { pub static CLASSES = [Holder]; }

fn model() -> Model {
    Model::from_registries(&[&CLASSES])
}

#[test]
fn the_model_is_what_older_readers_expect_and_more() {
    let model = model();
    assert!(model.check().is_ok(), "{:?}", model.check());
    let fields = &model.bitfields[0].fields;
    let shape: Vec<_> = fields.iter().map(|f| (f.name.as_str(), f.shift, f.size, f.len)).collect();
    let expected = [
        ("kinds", 0, 8, Some(4)),
        ("permissions", 8, 4, None),
        ("", 12, 3, None),
        ("", 15, 2, None),
        ("switches", 20, 3, Some(3)),
    ];
    assert_eq!(shape, expected);
    assert!(matches!(&fields[0].means, Meaning::Enum { values } if values.len() == 3));
    assert_eq!(fields[1].means, Meaning::Unsigned);
    assert_eq!((fields[1].flags[1].name.as_str(), fields[1].flags[1].value), ("EXECUTE", 8));
    assert!(fields[2].ignored && !fields[3].ignored);
    // Members that say nothing are left out; a model without them is read.
    let json = render_json(&model);
    assert_eq!(Model::from_json(&json).unwrap(), model);
    assert_eq!((json.matches("\"len\"").count(), json.matches("\"ignored\"").count()), (2, 1));
    let old = r#"{"name": "a", "line": 1, "shift": 0, "size": 4, "means": {"kind": "unsigned"}}"#;
    let old: Bits = serde_json::from_str(old).unwrap();
    assert!(old.len.is_none() && old.flags.is_empty() && !old.ignored);
}

#[test]
fn every_renderer_shows_elements_and_flags() {
    let model = model();
    for output in [render_text(&model), render_markdown(&model), render_html(&model)] {
        for part in ["4 × enum, 2 bits each", "3 × bool, 1 bit each", "EXECUTE", "ignored", "flags"] {
            assert!(output.contains(part), "`{part}` is not in\n{output}");
        }
    }
    let html = render_html(&model);
    assert!(html.contains("kinds[0] · bits 1:0") && html.contains("kinds[3] · bits 7:6"));
    let text = render_text(&model);
    let row = "|. . . . . . . . .|e|e|e|. . .|0 0|x x x|   b   | a | a | a | a |";
    assert!(text.contains(row), "{text}");
    for said in ["0: stays zero", "x: ignored and kept", ".: unused"] {
        assert!(text.contains(said), "{said}");
    }
    assert!(text.contains("READ = 0x1"), "{text}");
}
