//! What each page of the heap is full of: bytes that live, are dead, free or wasted, in pieces small enough to be drawn.

use super::ChunkInfo;
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::memory::MemoryChunk;
use crate::spaces::SpaceId;
use core::ops::Range;
use std::collections::{BTreeMap, HashSet};

/// Bytes of a stretch of a page, by what they are: together all that the stretch has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageBytes {
    /// Of objects that roots reach.
    pub live: usize,
    /// Of other objects, and what was theirs and is not swept yet; also of objects that are being made.
    pub dead: usize,
    /// That may be allocated from, now or once the page is evacuated into.
    pub free: usize,
    /// That nobody can use as things are: gaps that are too small, what aligns objects, and what is left at the end.
    pub wasted: usize,
}

impl PageBytes {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.live + self.dead + self.free + self.wasted
    }
}

impl core::iter::Sum for PageBytes {
    fn sum<I: Iterator<Item = PageBytes>>(all: I) -> PageBytes {
        all.fold(PageBytes::default(), |a, b| PageBytes {
            live: a.live + b.live,
            dead: a.dead + b.dead,
            free: a.free + b.free,
            wasted: a.wasted + b.wasted,
        })
    }
}

/// A page at one moment, from [`HandleScope::page_map`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageOccupancy {
    /// Where it is, and in which space.
    pub chunk: ChunkInfo,
    /// Its area from the first byte to the last, in pieces of the same size but for the last ones.
    pub pieces: Vec<PageBytes>,
}

impl PageOccupancy {
    /// All pieces together: the bytes of the chunk's area.
    #[must_use]
    pub fn bytes(&self) -> PageBytes {
        self.pieces.iter().copied().sum()
    }
}

/// The pieces of an area while they are filled.
struct Pieces {
    begin: usize,
    size: usize,
    piece: usize,
    bytes: Vec<PageBytes>,
}

impl Pieces {
    fn new(area: Range<usize>, count: usize) -> Pieces {
        let (begin, size) = (area.start, area.len());
        Pieces { begin, size, piece: size.div_ceil(count).max(1), bytes: vec![PageBytes::default(); count] }
    }

    /// Adds the bytes of a range to each piece that it meets.
    fn add(&mut self, range: Range<usize>, kind: impl Fn(&mut PageBytes) -> &mut usize) {
        let (mut at, end) = (range.start - self.begin, range.end - self.begin);
        while at < end {
            let index = at / self.piece;
            let stop = end.min((index + 1) * self.piece);
            *kind(&mut self.bytes[index]) += stop - at;
            at = stop;
        }
    }

    /// What nothing was said of was alive, and is not swept yet.
    fn finish(mut self) -> Vec<PageBytes> {
        for (index, bytes) in self.bytes.iter_mut().enumerate() {
            let own = self.piece.min(self.size.saturating_sub(index * self.piece));
            bytes.dead += own - bytes.total();
        }
        self.bytes
    }
}

impl IsolateData {
    fn page_occupancy(
        &self,
        chunk: ChunkInfo,
        count: usize,
        free: &BTreeMap<usize, usize>,
        live: &HashSet<usize>,
    ) -> PageOccupancy {
        let heap = &self.heap;
        let header = MemoryChunk::of(chunk.region.begin());
        let mut pieces = Pieces::new(chunk.area.begin()..chunk.area.end(), count);
        let listed = |address: usize| free.get(&address).copied();
        for (&address, &size) in free.range(chunk.area.begin()..chunk.area.end()) {
            pieces.add(address..address + size, |bytes| &mut bytes.free);
        }
        let in_use = heap.new_space.chunks();
        let is_current = in_use.last().is_some_and(|last| core::ptr::eq(*last, header));
        let is_in_use = chunk.space != SpaceId::New || in_use.iter().any(|used| core::ptr::eq(*used, header));
        if !is_in_use {
            pieces.add(chunk.area.begin()..chunk.area.end(), |bytes| &mut bytes.free);
            return PageOccupancy { chunk, pieces: pieces.finish() };
        }
        let _ = heap.walk_chunk::<()>(header, |address| {
            // SAFETY: the walk stands at an object or a filler.
            let size = unsafe { crate::gc::size_of_object(address) };
            let range = address..address + size;
            if !heap.is_filler(address) {
                let is_live = live.contains(&address);
                pieces.add(range, |bytes| if is_live { &mut bytes.live } else { &mut bytes.dead });
            } else if listed(address).is_none() {
                pieces.add(range, |bytes| &mut bytes.wasted);
            }
            Ok(size)
        });
        let rest = heap.end_of_objects(header)..chunk.area.end();
        pieces.add(rest, |bytes| if is_current { &mut bytes.free } else { &mut bytes.wasted });
        PageOccupancy { chunk, pieces: pieces.finish() }
    }
}

impl HandleScope<'_> {
    /// All pages of the heap, by ascending address, each in so many pieces, with what is in them. Looks at all objects and
    /// follows all references; takes memory outside the heap for it. Where the objects of a
    /// [`class`](crate::HandleScope::class_statistics) lie is not told. Drawn by `heapwright_docs::render_page_map` and
    /// `render_page_map_svg`, [like this](crate::seeing#the-map-of-pages). V8: what its heap visualizer draws of `--trace-gc-heap-layout`.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// use heapwright::SpaceId;
    /// use heapwright::inspect::PageBytes;
    /// # #[heap_object] struct Point { x: Smi }
    /// # heap_classes! { static CLASSES = [Point]; }
    /// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    /// # let mut scope = isolate.enter();
    ///
    /// let kept = Point::try_new_in(&mut scope, AllocationType::Old, PointInit { x: 1 }).unwrap();
    /// Point::try_new_in(&mut scope.nested(), AllocationType::Old, PointInit { x: 2 }).unwrap();
    /// let old = |scope: &HandleScope<'_>| -> PageBytes {
    ///     let pages = scope.page_map(32).into_iter();
    ///     pages.filter(|page| page.chunk.space == SpaceId::Old).map(|page| page.bytes()).sum()
    /// };
    /// assert_eq!((old(&scope).live, old(&scope).dead), (Point::SIZE, Point::SIZE));
    /// scope.collect(CollectionKind::Full);
    /// assert_eq!(old(&scope).live, Point::SIZE);
    /// # let _ = kept;
    /// ```
    ///
    /// # Panics
    ///
    /// If `pieces` is 0.
    #[must_use]
    #[track_caller]
    pub fn page_map(&self, pieces: usize) -> Vec<PageOccupancy> {
        assert!(pieces > 0, "a page has one piece at least");
        let isolate = self.data();
        let mut free = BTreeMap::new();
        isolate.heap.for_each_available(|address, size| _ = free.insert(address, size));
        let live = isolate.reachable_objects();
        self.chunks().into_iter().map(|chunk| isolate.page_occupancy(chunk, pieces, &free, &live)).collect()
    }
}
