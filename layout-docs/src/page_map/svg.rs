//! The map as an SVG file: a bar for each page, its pieces filled from below.

use super::{Space, kinds, shares, size, spaces};
use crate::graph::svg::{NAMESPACE, file};
use heapwright::inspect::PageOccupancy;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

const STYLE: &str = include_str!("page_map.css");
const MARGIN: usize = 12;
/// Where bars begin and how wide they are.
const BAR: usize = 210;
const BAR_WIDTH: usize = 640;
const BAR_HEIGHT: usize = 24;
const ROW: usize = 32;
const HEADING: usize = 30;
const LEGEND: usize = 44;
const WIDTH: usize = BAR + BAR_WIDTH + MARGIN;

/// The pages of a heap as an SVG file, space by space: a bar for each page, from its first byte to its last, and in each
/// piece of it from below what lives, what is dead, and what is wasted; what is left blank is free. The file needs nothing else,
/// and is legible on light and dark grounds; each bar tells its numbers when it is pointed at.
#[must_use]
pub fn render_page_map_svg(pages: &[PageOccupancy]) -> String {
    let spaces = spaces(pages);
    let rows: usize = spaces.iter().map(|space| HEADING + space.pages.len() * ROW).sum();
    let height = MARGIN + LEGEND + rows + MARGIN;
    let mut top = MARGIN + LEGEND;
    let drawn = html! {
        svg xmlns=(NAMESPACE) class="page-map" role="img" width=(WIDTH) height=(height) viewBox=(format!("0 0 {WIDTH} {height}")) {
            title { (format!("{} pages of a heap, and what is in them", pages.len())) }
            style { (PreEscaped(STYLE)) }
            rect class="ground" width=(WIDTH) height=(height) {}
            (legend())
            @for space in &spaces { (draw_space(space, &mut top)) }
        }
    };
    file(drawn)
}

fn legend() -> Markup {
    html! {
        @for (i, kind) in ["live", "dead", "wasted", "free"].into_iter().enumerate() {
            @let x = BAR + i * 110;
            rect class="frame" x=(x) y=(MARGIN) width="18" height="18" {}
            rect class=(kind) x=(x) y=(MARGIN) width="18" height="18" {}
            text x=(x + 26) y=(MARGIN + 13) { (kind) }
        }
    }
}

fn draw_space(space: &Space<'_>, top: &mut usize) -> Markup {
    let heading = *top + HEADING - 10;
    *top += HEADING;
    html! {
        text class="heading" x=(MARGIN) y=(heading) { (space.heading()) }
        @for page in &space.pages {
            (draw_page(page, *top))
            ({ *top += ROW; PreEscaped("") })
        }
    }
}

fn draw_page(page: &PageOccupancy, top: usize) -> Markup {
    let (address, bytes) = (format!("{:#x}", page.chunk.region.begin()), size(page.chunk.region.size()));
    html! {
        g {
            title { (format!("{address}, {bytes}: {}", shares(&page.bytes()))) }
            text x=(MARGIN) y=(top + 16) { (address) }
            text class="soft" x=(BAR - 10) y=(top + 16) text-anchor="end" { (bytes) }
            rect class="frame" x=(BAR) y=(top) width=(BAR_WIDTH) height=(BAR_HEIGHT) {}
            @for kind in 0..3 { path class=(kinds(&page.bytes())[kind].0) d=(path(page, kind, top)) {} }
        }
    }
}

/// The bars of one kind in all pieces, each above those of the kinds before it.
fn path(page: &PageOccupancy, kind: usize, top: usize) -> String {
    let (mut path, width) = (String::new(), BAR_WIDTH as f64 / page.pieces.len() as f64);
    for (i, piece) in page.pieces.iter().enumerate() {
        let kinds = kinds(piece).map(|(_, bytes)| bytes as f64 * BAR_HEIGHT as f64 / piece.total().max(1) as f64);
        if kinds[kind] > 0.0 {
            let (x, below) = (BAR as f64 + i as f64 * width, kinds[..kind].iter().sum::<f64>());
            let bottom = (top + BAR_HEIGHT) as f64 - below;
            let _ = write!(path, "M{x:.2} {bottom:.2}h{width:.2}v-{:.2}h-{width:.2}z", kinds[kind]);
        }
    }
    path
}
