//! What the heap of this program holds: albums, and the songs on them.

use core::fmt;
use heapwright::prelude::*;

/// The characters of a title.
#[heap_object(print = Text::print)]
pub struct Text {
    /// How many there are.
    #[constant]
    length: Smi,
    /// Latin letters, digits and blanks.
    #[length = length]
    chars: [u8],
}

impl Text {
    /// As text, where the fields would be numbers.
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.chars_iter().map(char::from).collect::<String>())
    }
}

/// A song, which knows the album that it is on.
#[heap_object]
pub struct Song {
    /// How long it takes.
    seconds: Smi,
    /// What it is called.
    title: Tagged<Text>,
    /// Keeps it alive, and is not kept alive by it.
    album: Weak<Album>,
}

/// An album.
#[heap_object(verify = Album::check)]
pub struct Album {
    /// How many songs there are.
    #[constant]
    count: Smi,
    /// How long all of them take.
    #[observed]
    seconds: Smi,
    /// What it is called.
    title: Tagged<Text>,
    /// In the order in which they are played.
    #[length = count]
    songs: [Tagged<Option<Song>>],
}

impl Album {
    /// What the verifier looks after beside references: that the sum is one. It may look whenever something is allocated.
    fn check(&self) -> Result<(), String> {
        let sum: i32 = self.songs_iter().flatten().map(Song::seconds).sum();
        if sum == self.seconds() {
            Ok(())
        } else {
            Err(format!("{} seconds, and its songs take {sum}", self.seconds()))
        }
    }
}

/// A place for each album; so many places that it is a large object.
#[heap_object]
pub struct Shelf {
    /// How many places there are.
    #[constant]
    length: Smi,
    /// What is in each.
    #[length = length]
    albums: [Tagged<Option<Album>>],
}

heap_classes! {
    /// All of them.
    pub static CLASSES = [Text, Song, Album, Shelf];
}
