//! A first class: declared, allocated, collected, looked at.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_docs::{Model, render_text};

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Paint {
    Plain,
    Dotted,
    Striped,
}

#[bitfield(u31)]
pub struct Style {
    #[bits(2)]
    pub paint: Paint,
    #[bits(8)]
    pub opacity: u8,
}

/// A point in a list.
#[heap_object]
pub struct Point {
    x: Smi,
    y: f64,
    style: SmiBits<Style>,
    next: Tagged<Option<Point>>,
    seen_from: Weak<Point>,
}

heap_classes! { pub static CLASSES = [Point]; }

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
    let mut scope = isolate.enter();
    let style = Style::new().with_paint(Paint::Striped).with_opacity(128);
    let first = Point::new(&mut scope, PointInit { x: 1, y: 0.5, style, next: Nil, seen_from: Nil });
    let second = Point::new(&mut scope, PointInit { x: 2, y: 1.5, style, next: first, seen_from: first });
    second.get(&scope).set_opacity(255); // the bit field's accessor, on the object itself
    scope.collect(CollectionKind::Full); // both points move; the handles follow
    println!("{:#?}\n", second.get(&scope));
    let model = Model::from_registries(&[&CLASSES]).with_object("second", &scope.object_image(second.get(&scope), 16));
    print!("{}", render_text(&model.with_numbered_objects()));
    Ok(())
}
