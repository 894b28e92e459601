//! The map of what pages are full of agrees with the spaces, the objects and what roots reach; its pictures agree with it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::inspect::{PageBytes, PageOccupancy};
use heapwright::stress::Mode;
use heapwright::{SpaceId, prelude::*};
use heapwright_docs::{Colour, render_page_map, render_page_map_svg};
use heapwright_tests::Random;

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Bytes]; }

const KB: usize = 1 << 10;

fn bytes(pages: &[PageOccupancy], space: Option<SpaceId>) -> PageBytes {
    pages.iter().filter(|page| space.is_none_or(|id| page.chunk.space == id)).map(PageOccupancy::bytes).sum()
}

#[track_caller]
fn check(scope: &HandleScope<'_>, pieces: usize) -> Vec<PageOccupancy> {
    let pages = scope.page_map(pieces);
    assert_eq!(pages.iter().map(|page| page.chunk).collect::<Vec<_>>(), scope.chunks());
    for page in &pages {
        assert_eq!(page.pieces.len(), pieces);
        let area = page.chunk.area.size();
        assert_eq!(page.bytes().total(), area, "{page:?}");
        let piece = area.div_ceil(pieces);
        for (i, bytes) in page.pieces.iter().enumerate() {
            assert_eq!(bytes.total(), piece.min(area.saturating_sub(i * piece)), "piece {i} of {page:?}");
        }
        if [SpaceId::ReadOnly, SpaceId::Old, SpaceId::Map, SpaceId::Code].contains(&page.chunk.space) {
            assert_eq!(page.bytes().free, page.chunk.available, "{page:?}");
        }
    }
    let all = bytes(&pages, None);
    let live: usize = scope.heap_objects().reachable().map(|object| object.size()).sum();
    assert_eq!(all.live, live);
    let objects: usize = scope.heap_objects().map(|object| object.size()).sum();
    assert!(all.live + all.dead >= objects);
    for space in [SpaceId::Old, SpaceId::Map] {
        let numbers = scope.statistics().spaces.into_iter().find(|(id, _)| *id == space).unwrap().1;
        let own = bytes(&pages, Some(space));
        assert_eq!((own.free, own.live + own.dead + own.wasted), (numbers.available, numbers.used + numbers.wasted));
    }
    pages
}

#[test]
fn every_byte_is_told_once() {
    for stress in [false, true] {
        let builder = Isolate::builder().classes(&CLASSES).code_range(2 << 20);
        let builder = if stress { builder.stress(40, CollectionKind::Full) } else { builder };
        let mut isolate = builder.build().unwrap();
        let mut scope = isolate.enter();
        let mut random = Random::new(11);
        let mut kept: Vec<Global<Bytes>> = Vec::new();
        for round in 0..150 {
            let length = match random.below(10) {
                0 => random.below(400 * KB),
                1..3 => random.below(60 * KB),
                _ => random.below(200),
            };
            let place = if random.below(2) == 0 { AllocationType::Young } else { AllocationType::Old };
            let mut inner = scope.nested();
            let object = Bytes::try_new_in(&mut inner, place, BytesInit { data: Filled::new(1, length) }).unwrap();
            if random.below(3) > 0 {
                kept.push(Global::new(&inner, object));
            }
            if kept.len() > 40 {
                kept.swap_remove(random.below(40));
            }
            drop(inner);
            if round % 5 == 0 {
                check(&scope, 1 + random.below(100));
            }
            match random.below(40) {
                0 => scope.collect(CollectionKind::Full),
                1 => scope.collect(CollectionKind::Young),
                _ => {}
            }
        }
        scope.collect(CollectionKind::Full);
        let pages = check(&scope, 64);
        assert!(bytes(&pages, Some(SpaceId::Old)).live > 0);
    }
}

#[test]
fn what_dies_is_dead_and_then_free() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let kept: Vec<Global<Bytes>> = (0..100)
        .map(|_| {
            let mut inner = scope.nested();
            let data = Filled::new(1, KB);
            let object = Bytes::try_new_in(&mut inner, AllocationType::Old, BytesInit { data }).unwrap();
            Global::new(&inner, object)
        })
        .collect();
    let each = Bytes::size_for(KB);
    let old = |scope: &HandleScope<'_>| bytes(&check(scope, 64), Some(SpaceId::Old));
    let all = old(&scope);
    assert_eq!((all.live, all.dead), (100 * each, 0));
    let half: Vec<_> = kept.into_iter().step_by(2).collect();
    let some = old(&scope);
    assert_eq!((some.live, some.dead, some.free), (50 * each, 50 * each, all.free));
    scope.collect(CollectionKind::Full);
    let rest = old(&scope);
    assert_eq!(rest.live, 50 * each);
    assert_eq!(rest.live + rest.dead + rest.free + rest.wasted, all.total());
    assert_eq!(half.len(), 50);
}

#[test]
fn pictures_have_a_row_for_each_page_and_a_mark_for_each_piece() {
    // Otherwise nothing dead is left.
    let mut isolate = Isolate::builder().unstressed(Mode::Allocations).classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let object = Bytes::try_new_in(&mut scope, AllocationType::Old, BytesInit { data: Filled::new(1, 100 * KB) });
    Bytes::try_new_in(&mut scope.nested(), AllocationType::Old, BytesInit { data: Filled::new(1, 50 * KB) }).unwrap();
    let large = Bytes::try_new_in(&mut scope, AllocationType::Old, BytesInit { data: Filled::new(1, 700 * KB) });
    let pages = scope.page_map(50);
    let text = render_page_map(&pages, Colour::None);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("  0x")).collect();
    assert_eq!(rows.len(), pages.len());
    for row in &rows {
        let marks = row.split_whitespace().nth(3).unwrap();
        assert_eq!(marks.chars().count(), 50, "{row}");
    }
    assert!(!text.contains('\x1b'));
    let marks = rows.iter().map(|row| row.split_whitespace().nth(3).unwrap());
    let old =
        marks.into_iter().find(|row| row.contains('x') && row.contains("███")).expect("the page of the old objects");
    // The object that lives, the dead one behind it, and free bytes.
    let order = [old.rfind('█'), old.find('x'), old.rfind('x'), old.find('·')];
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{old}");
    assert!(text.contains("large_object_space: 1 page, 768 KiB;"), "{text}");
    let coloured = render_page_map(&pages, Colour::Ansi);
    assert!(coloured.contains("\x1b[32m") && coloured.contains("\x1b[31m"));
    let plain = coloured
        .split("\x1b[")
        .map(|part| part.split_once('m').filter(|(n, _)| n.parse::<u8>().is_ok()).map_or(part, |(_, rest)| rest));
    assert_eq!(plain.collect::<String>(), text);

    let svg = render_page_map_svg(&pages);
    assert_eq!(svg.matches("<g>").count(), pages.len());
    assert_eq!(svg.matches("<path class=\"live\"").count(), pages.len());
    assert!(svg.contains("prefers-color-scheme: dark"));
    let resource = ["href", "url(", "@import", "<script"].into_iter().find(|part| svg.contains(part));
    assert_eq!(resource, None, "the file needs nothing else");
    drop((object, large));
}

#[test]
fn of_nothing_there_is_no_piece() {
    let mut isolate = Isolate::builder().build().unwrap();
    let scope = isolate.enter();
    assert_eq!(heapwright_tests::panic_message(|| scope.page_map(0)), "a page has one piece at least");
    // More pieces than bytes.
    let pages = scope.page_map(300_000);
    assert!(pages.iter().all(|page| page.bytes().total() == page.chunk.area.size()));
    assert!(render_page_map(&[], Colour::None).starts_with('▁'));
    assert!(render_page_map_svg(&[]).contains("0 pages"));
}
