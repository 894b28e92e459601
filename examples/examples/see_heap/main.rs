//! Each instrument of the heap, pointed at the same small one. `heapwright::seeing` shows what this prints, and says what it
//! means.
//!
//! ```text
//! cargo run --example see_heap           # all of it
//! cargo run --example see_heap -- DIR    # and writes pages.svg, albums.heapsnapshot and albums.heapprofile there
//! ```
//!
//! One thread, and a heap that grows by bytes alone: so each run prints the same, but for times and addresses.
#![forbid(unsafe_code)]

pub mod classes;
pub mod collections;
pub mod events;
pub mod objects;
pub mod sizes;
pub mod watching;

use classes::{Album, AlbumInit, CLASSES, Shelf, ShelfInit, Song, SongInit, Text, TextInit};
use heapwright::{Growing, HeapPolicy, IsolateBuilder, prelude::*};
use std::error::Error;
use std::path::PathBuf;

/// More than there are albums, and so many that the shelf is a large object.
const PLACES: usize = 40_000;
const ALBUMS: usize = 3_000;

/// What a part of the program returns.
pub type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    collections::lines()?;
    let mut isolate = builder().build()?;
    let mut scope = isolate.enter();
    let shelf = full_shelf(&mut scope);
    collections::look(&mut scope)?;
    let album = shelf.get(&scope).albums(1).map(|album| scope.handle(album)).ok_or("it is there")?;
    clear_half(&scope, shelf);
    objects::look(&scope, album);
    sizes::look(&mut scope, album, folder.as_deref())?;
    watching::look(&mut scope, shelf, folder.as_deref())?;
    drop(scope);
    collections::schedules()
}

/// Isolates of which each run is like the one before, with a young generation that is soon full.
pub fn builder() -> IsolateBuilder {
    let mut policy = HeapPolicy::default();
    (policy.threads, policy.growing) = (1, Growing::Bytes);
    (policy.initial_semi_space_size, policy.max_semi_space_size) = (512 << 10, 512 << 10);
    Isolate::builder().classes(&CLASSES).policy(policy)
}

/// Begins a part of the output.
pub fn heading(text: &str) {
    println!("== {text} ==");
}

/// A shelf with albums in its first places.
pub fn full_shelf<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Shelf> {
    let shelf = Shelf::new(scope, ShelfInit { albums: Filled::new(Nil, PLACES) });
    for place in 0..ALBUMS {
        add_album(scope, shelf, place);
    }
    shelf
}

/// Makes an album of three to nine songs, and puts it into its place.
pub fn add_album(scope: &mut HandleScope<'_>, shelf: Handle<'_, Shelf>, place: usize) {
    let mut scope = scope.nested();
    let title = text(&mut scope, &format!("Album {place}"));
    let count = 3 + place % 7;
    let album = Album::new(&mut scope, AlbumInit { seconds: 0, title, songs: Filled::new(Nil, count) });
    for number in 0..count {
        let mut scope = scope.nested();
        let title = text(&mut scope, &format!("Song {number} of {place}"));
        let seconds = 60 * (number as i32 + 1);
        let song = Song::new(&mut scope, SongInit { seconds, title, album });
        let album = album.get(&scope);
        album.set_songs(number, song);
        album.set_seconds(album.seconds() + seconds);
    }
    shelf.get(&scope).set_albums(place, album);
}

/// Takes the albums that were made first from their places, and some of the others.
pub fn clear_half(scope: &HandleScope<'_>, shelf: Handle<'_, Shelf>) {
    for place in (0..ALBUMS).filter(|place| *place < ALBUMS / 3 || place % 4 == 0) {
        shelf.get(scope).set_albums(place, Nil);
    }
}

fn text<'s>(scope: &mut HandleScope<'s>, chars: &str) -> Handle<'s, Text> {
    Text::new(scope, TextInit { chars: chars.as_bytes() })
}
