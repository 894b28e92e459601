//! The map for a terminal: a row for each page.

use super::{kinds, shares, size, spaces};
use heapwright::inspect::{PageBytes, PageOccupancy};
use std::fmt::Write;

/// Whether a text for terminals has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// None: for files, and for those who cannot see them.
    None,
    /// ANSI escape sequences, of the eight colours that terminals let their users choose.
    Ansi,
}

const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The pages of a heap, space by space: a row for each, and in it a mark for each piece. Where something lives, a bar is as
/// high as its share of the piece; where nothing does, `x` is mostly dead, `-` mostly wasted, `·` mostly free. Colours add
/// what there is most of; nothing is told by them alone.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let scope = isolate.enter();
/// use heapwright_docs::{Colour, render_page_map};
///
/// let text = render_page_map(&scope.page_map(32), Colour::None);
/// assert!(text.contains("new_space: "));
/// print!("{text}");
/// ```
///
/// A heap with some old objects, one of them dead, and a large one prints (its other spaces left out):
///
/// ```text
/// old_space: 1 page, 256 KiB; 40 % live, 20 % dead, 39 % free
///   0x7f1800380000   256 KiB  ████████████████████▂xxxxxxxxx····················  40 % live, 20 % dead, 39 % free
/// large_object_space: 1 page, 768 KiB; 92 % live, 8 % wasted
///   0x7f18003c0000   768 KiB  ██████████████████████████████████████████████▁---  92 % live, 8 % wasted
/// ▁▄█ live, by share; where nothing is: x dead, - wasted, · free
/// ```
#[must_use]
pub fn render_page_map(pages: &[PageOccupancy], colour: Colour) -> String {
    let mut out = String::new();
    for space in spaces(pages) {
        let _ = writeln!(out, "{}", space.heading());
        for page in space.pages {
            let _ = write!(out, "  {:#x} {:>9}  ", page.chunk.region.begin(), size(page.chunk.region.size()));
            let mut last = "";
            for piece in &page.pieces {
                let (mark, tone) = mark(piece);
                if colour == Colour::Ansi && tone != last {
                    let _ = write!(out, "\x1b[{tone}m");
                    last = tone;
                }
                out.push(mark);
            }
            if !last.is_empty() {
                out.push_str("\x1b[0m");
            }
            let _ = writeln!(out, "  {}", shares(&page.bytes()));
        }
    }
    let _ = writeln!(out, "▁▄█ live, by share; where nothing is: x dead, - wasted, · free");
    out
}

/// What stands for a piece, and the ANSI colour of what there is most of.
fn mark(piece: &PageBytes) -> (char, &'static str) {
    let most = kinds(piece).into_iter().rev().max_by_key(|(_, bytes)| *bytes).map_or("free", |(name, _)| name);
    let tone = match most {
        "live" => "32",
        "dead" => "31",
        "wasted" => "33",
        _ => "90",
    };
    let mark = match (piece.live, most) {
        (0, "dead") => 'x',
        (0, "wasted") => '-',
        (0, _) => '·',
        (live, _) => EIGHTHS[(live * 8).div_ceil(piece.total()).clamp(1, 8) - 1],
    };
    (mark, tone)
}
