//! Single objects: printed, drawn, iterated over, and what makes them live.

use crate::classes::{Album, CLASSES, Song};
use crate::heading;
use heapwright::RootGroup;
use heapwright::prelude::*;
use heapwright_docs::{Model, render_text};

/// All of it.
pub fn look(scope: &HandleScope<'_>, album: Handle<'_, Album>) {
    print(scope, album);
    draw(scope, album);
    iterate(scope);
    roots(scope);
}

/// As Rust's values are printed. A debugger that stops here finds the album too.
#[inline(never)]
pub fn print(scope: &HandleScope<'_>, album: Handle<'_, Album>) {
    heading("an object, printed");
    println!("{:?}", album.get(scope).title());
    println!("{:#?}", album.get(scope));
}

/// The layout of a class, and an object's bytes over it.
fn draw(scope: &HandleScope<'_>, album: Handle<'_, Album>) {
    heading("an object over its layout");
    let song = album.get(scope).songs(0).expect("its first song");
    let model = Model::from_registries(&[&CLASSES]).with_object("the first song", &scope.object_image(song, 16));
    print!("{}", render_text(&model.with_numbered_objects().of_classes(&["Song"])));
}

/// Every object there is.
fn iterate(scope: &HandleScope<'_>) {
    heading("all objects");
    let old = scope.heap_objects().in_space(heapwright::SpaceId::Old);
    println!("{} objects in old space", old.count());
    let longest = scope.heap_objects().instances_of::<Song>().max_by_key(|song| song.seconds());
    println!("the longest song: {longest:?}");
    let unused = scope.heap_objects().count() - scope.heap_objects().reachable().count();
    println!("{unused} objects that nothing reaches");
}

/// What the collector begins with.
fn roots(scope: &HandleScope<'_>) {
    heading("roots");
    scope.visit_roots(|root| {
        if root.group != RootGroup::ClassMaps {
            println!("{root}");
        }
    });
}
