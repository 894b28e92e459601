//! Pictures of a heap's pages: what lives in them, what is dead, free and wasted; for the terminal and as SVG. They draw
//! [`HandleScope::page_map`](heapwright::HandleScope::page_map), which is plain data.

mod svg;
mod text;

pub use svg::render_page_map_svg;
pub use text::{Colour, render_page_map};

use heapwright::SpaceId;
use heapwright::inspect::{PageBytes, PageOccupancy};

/// The pages of a space, as they come.
struct Space<'a> {
    id: SpaceId,
    pages: Vec<&'a PageOccupancy>,
    bytes: PageBytes,
    /// With headers.
    committed: usize,
}

fn spaces(pages: &[PageOccupancy]) -> Vec<Space<'_>> {
    let of = |id: SpaceId| {
        let pages: Vec<&PageOccupancy> = pages.iter().filter(|page| page.chunk.space == id).collect();
        let bytes = pages.iter().map(|page| page.bytes()).sum();
        let committed = pages.iter().map(|page| page.chunk.region.size()).sum();
        Space { id, pages, bytes, committed }
    };
    SpaceId::ALL.into_iter().map(of).filter(|space| !space.pages.is_empty()).collect()
}

impl Space<'_> {
    /// `old_space: 2 pages, 512 KiB; 63 % live, 12 % dead, 25 % free, 0 % wasted`.
    fn heading(&self) -> String {
        let (count, plural) = (self.pages.len(), if self.pages.len() == 1 { "" } else { "s" });
        format!("{}: {count} page{plural}, {}; {}", self.id, size(self.committed), shares(&self.bytes))
    }
}

/// The kinds of bytes, from below, with the name of each.
fn kinds(bytes: &PageBytes) -> [(&'static str, usize); 4] {
    [("live", bytes.live), ("dead", bytes.dead), ("wasted", bytes.wasted), ("free", bytes.free)]
}

/// Shares of the kinds, those that there are.
fn shares(bytes: &PageBytes) -> String {
    let some = kinds(bytes).into_iter().filter(|(_, bytes)| *bytes > 0);
    some.map(|(name, part)| format!("{} {name}", percent(part, bytes.total()))).collect::<Vec<_>>().join(", ")
}

/// Whole percents: none and all are only what is none and all.
fn percent(part: usize, whole: usize) -> String {
    match (part * 100 + whole / 2) / whole.max(1) {
        0 if part > 0 => "< 1 %".to_owned(),
        100 if part < whole => "> 99 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

fn size(bytes: usize) -> String {
    if bytes < 10 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{:.1} MiB", bytes as f64 / 1048576.0) }
}
