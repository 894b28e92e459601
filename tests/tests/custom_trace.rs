//! Classes that tell the collector themselves where their references are.
#![allow(missing_docs)]

use heapwright::gc::{CustomTrace, SlotVisitor};
use heapwright::inspect::Violation;
use heapwright::layout::VisitorId;
use heapwright::tagged::{TAGGED_SIZE, load_at, load_weak_at, store_at, store_weak_at};
use heapwright::{HeapClass, SpaceId, prelude::*};

#[heap_object]
pub struct Point {
    x: Smi,
}

/// Word `i` of the tail is tagged if bit `i % 32` of the mask is set; the others hold what looks like a reference and is none.
#[heap_object(open, trace = custom, copy)]
struct Record {
    #[constant]
    mask: u32,
    padding: OptionalPadding<4>,
    declared: Tagged<Option<Point>>,
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    words: [u32],
}

const U32S: usize = TAGGED_SIZE / 4;

impl Record {
    fn slot(index: usize) -> usize {
        Record::HEADER_SIZE + index * TAGGED_SIZE
    }

    fn is_tagged(mask: u32, index: usize) -> bool {
        mask >> (index % 32) & 1 == 1
    }

    fn make<'s>(scope: &mut HandleScope<'s>, in_: AllocationType, mask: u32, count: usize) -> Handle<'s, Record> {
        let word = |index| if Record::is_tagged(mask, index) { 0 } else { 0xffff_fff5 };
        let words: Vec<u32> = (0..count).flat_map(|index| [word(index); U32S]).collect();
        Record::try_new_in(scope, in_, RecordInit { mask, declared: Nil, words: &words }).unwrap()
    }

    fn get(&self, index: usize) -> Tagged<'_, Any> {
        assert!(Record::is_tagged(self.mask(), index) && index < self.words_len() / U32S);
        // SAFETY: such a word.
        unsafe { load_at(self, Record::slot(index)) }
    }

    fn set(&self, index: usize, value: &Point) {
        assert!(Record::is_tagged(self.mask(), index) && index < self.words_len() / U32S);
        // SAFETY: such a word.
        unsafe { store_at(self, Record::slot(index), value) }
    }

    fn get_weak(&self, index: usize) -> Option<&HeapObject> {
        assert!(Record::is_tagged(self.mask(), index) && index < self.words_len() / U32S);
        // SAFETY: such a word.
        unsafe { load_weak_at(self, Record::slot(index)) }
    }

    fn set_weak(&self, index: usize, value: &Point) {
        assert!(Record::is_tagged(self.mask(), index) && index < self.words_len() / U32S);
        // SAFETY: such a word.
        unsafe { store_weak_at(self, Record::slot(index), value.as_heap_object()) }
    }
}

// SAFETY: visits the words that the mask says, which is constant; `make` makes them Smis, `set` and `set_weak` write them.
unsafe impl CustomTrace for Record {
    unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>) {
        for index in (0..self.words_len() / U32S).filter(|index| Record::is_tagged(self.mask(), *index)) {
            // SAFETY: such a word.
            unsafe { visitor.visit(Record::slot(index)) }
        }
    }
}

heap_classes! { static CLASSES = [Point, Record]; }

const YOUNG: AllocationType = AllocationType::Young;
const OLD: AllocationType = AllocationType::Old;

#[test]
fn words_that_no_declaration_describes_are_traced() {
    assert_eq!(Record::CLASS.body().visitor_id(), VisitorId::Custom);
    assert_eq!(Point::CLASS.body().visitor_id(), VisitorId::DataOnly);
    for stress in [None, Some(CollectionKind::Young), Some(CollectionKind::Full)] {
        for (in_, count) in [(YOUNG, 40), (OLD, 40), (YOUNG, 100_000)] {
            let mut builder = Isolate::builder().classes(&CLASSES).verify(true);
            if let Some(kind) = stress {
                builder = builder.stress(2, kind);
            }
            let mut isolate = builder.build().unwrap();
            let mut scope = isolate.enter();
            let record = Record::make(&mut scope, in_, 0b1010_0110, count);
            let far = (count - 40) / 32 * 32;
            let strong = [1, 2, far + 5];
            for (x, index) in strong.into_iter().enumerate() {
                let mut inner = scope.nested();
                let point = Point::new(&mut inner, PointInit { x: x as i32 });
                record.get(&inner).set(index, point.get(&inner));
            }
            let kept = {
                let (mut inner, escape) = scope.escapable();
                let dead = Point::new(&mut inner, PointInit { x: 100 });
                let kept = Point::new(&mut inner, PointInit { x: 101 });
                record.get(&inner).set_weak(far + 7, dead.get(&inner));
                record.get(&inner).set_weak(far + 32 + 1, kept.get(&inner));
                record.get(&inner).set_declared(kept);
                escape.escape(&inner, kept)
            };
            for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full, CollectionKind::Young] {
                scope.collect(kind);
                let record = record.get(&scope);
                for (x, index) in strong.into_iter().enumerate() {
                    assert_eq!(record.get(index).cast::<Point>().x(), x as i32);
                }
                if kind == CollectionKind::Full {
                    assert!(record.get_weak(far + 7).is_none(), "died");
                }
                let weak = record.get_weak(far + 33).unwrap();
                assert!(core::ptr::eq(weak, kept.get(&scope).as_heap_object()));
                assert!(core::ptr::eq(record.declared().unwrap(), kept.get(&scope)));
                assert_eq!(record.words(0), 0xffff_fff5);
            }
            scope.verify().unwrap();
        }
    }
}

/// A copy refers to the same objects, and what is old and refers to young objects is remembered.
#[test]
fn copies_are_traced_too() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let record = Record::make(&mut scope, YOUNG, u32::MAX, 50);
    let point = Point::new(&mut scope, PointInit { x: 9 });
    record.get(&scope).set(49, point.get(&scope));
    let copy = Record::try_copy_in(&mut scope, OLD, record).unwrap();
    assert_eq!(copy.get(&scope).as_heap_object().space(), SpaceId::Old);
    scope.verify().unwrap();
    scope.collect(CollectionKind::Young);
    assert!(core::ptr::eq(copy.get(&scope).get(49).cast::<Point>(), point.get(&scope)));
}

/// The verifier looks at such words as well.
#[test]
fn the_verifier_follows_them() {
    /// Claims a word that holds a number.
    #[heap_object(trace = custom)]
    struct Liar {
        #[constant]
        number: u64,
    }
    // SAFETY: none. Made to be found out, in an isolate that does not collect.
    unsafe impl CustomTrace for Liar {
        unsafe fn trace(&self, visitor: &mut SlotVisitor<'_>) {
            // SAFETY: as above.
            unsafe { visitor.visit(Liar::NUMBER_OFFSET) }
        }
    }
    heap_classes! { static LIARS = [Liar]; }
    let mut isolate = Isolate::builder().classes(&LIARS).build().unwrap();
    let mut scope = isolate.enter();
    Liar::new(&mut scope, LiarInit { number: 8 });
    scope.verify().unwrap();
    Liar::new(&mut scope, LiarInit { number: 0x8001 });
    let error = scope.verify().unwrap_err();
    assert!(matches!(error.violation, Violation::DanglingReference { .. }), "{error}");
}
