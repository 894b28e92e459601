//! Arrays whose length is inherited or raw, and whose elements may be weak.

use super::classes::*;
use super::{assert_offsets, under_stress};
use heapwright::HeapClass;
use heapwright::prelude::*;

#[test]
fn offsets() {
    assert_offsets(FixedArrayBase::LAYOUT, &[("length", 4, 8)], (8, 16));
    assert_offsets(FixedArray::LAYOUT, &[], (8, 16));
    assert_offsets(WeakFixedArray::LAYOUT, &[], (8, 16));
    assert_offsets(WeakArrayList::LAYOUT, &[("capacity", 4, 8), ("length", 8, 12)], (12, 16));
    let word = heapwright::tagged::TAGGED_SIZE;
    assert_eq!(WeakFixedArray::OBJECTS_OFFSET, 2 * word);
    assert_eq!(WeakFixedArray::size_for(3), 5 * word);
}

fn cell<'s>(scope: &mut HandleScope<'s>, value: i32) -> Handle<'s, FeedbackCell> {
    FeedbackCell::new(scope, FeedbackCellInit { value: smi(value) })
}

#[test]
fn weak_fixed_arrays_hold_strong_and_weak_references_and_smis() {
    under_stress(|scope| {
        let (kept, strong) = (cell(scope, 1), cell(scope, 2));
        let parent = FixedArrayBaseInit { length: 5 };
        let array = WeakFixedArray::new(scope, WeakFixedArrayInit { parent, objects: Filled::new(smi(7), 5) });
        let (array, kept) = {
            let mut inner = scope.nested();
            let dying = cell(&mut inner, 3);
            let at = array.get(&inner);
            at.set_objects(0, Weakly(kept));
            at.set_objects(1, strong);
            at.set_objects(2, Weakly(dying));
            at.set_objects(3, Nil);
            assert!(at.objects(2).as_weak().is_some());
            drop(inner);
            (array, kept)
        };
        scope.collect(CollectionKind::Full);
        scope.collect(CollectionKind::Full);
        let at = array.get(scope);
        assert!(at.objects(0).as_weak().is_some_and(|object| object.is::<FeedbackCell>()));
        assert!(at.objects(0).as_strong().is_none() && at.objects(0).as_tagged().is_none());
        assert_eq!(at.objects(0).try_cast::<FeedbackCell>().unwrap().value().as_smi(), Some(1));
        assert_eq!(at.objects(1).as_strong().unwrap().cast::<FeedbackCell>().value().as_smi(), Some(2));
        assert!(at.objects(2).is_cleared() && at.objects(3).is_cleared());
        assert_eq!(at.objects(4).as_smi(), Some(7));
        assert_eq!(at.objects_iter().filter(|value| value.is_cleared()).count(), 2);
        at.set_objects(3, at.objects(0));
        assert!(at.objects(3) == at.objects(0) && kept.get(scope).value().is_smi());
    });
}

#[test]
fn a_raw_length_counts_the_elements() {
    under_stress(|scope| {
        let strings: Vec<_> = (0..4).map(|i| cell(scope, i)).collect();
        let weak: Vec<_> = strings.iter().map(|cell| Weakly(*cell)).collect();
        let list = WeakArrayList::new(scope, WeakArrayListInit { length: 2, objects: &weak });
        scope.collect(CollectionKind::Full);
        let list = list.get(scope);
        assert_eq!((list.capacity(), list.length(), list.objects_len()), (4, 2, 4));
        assert_eq!(list.objects(3).try_cast::<FeedbackCell>().unwrap().value().as_smi(), Some(3));
        assert_eq!(list.as_heap_object().size(), WeakArrayList::size_for(4));
    });
}

#[test]
#[should_panic(expected = "`FixedArray` needs 3 of `objects` (`length`) and was given 2")]
fn an_inherited_length_has_to_be_that_of_the_elements() {
    let mut isolate = super::isolate(None);
    let mut scope = isolate.enter();
    let parent = FixedArrayBaseInit { length: 3 };
    FixedArray::new(&mut scope, FixedArrayInit { parent, objects: &[smi(1), smi(2)] });
}

#[test]
#[should_panic(expected = "needs 4294967295 of `objects`")]
fn a_negative_length_is_none() {
    let mut isolate = super::isolate(None);
    let mut scope = isolate.enter();
    let parent = FixedArrayBaseInit { length: -1 };
    FixedArray::new(&mut scope, FixedArrayInit { parent, objects: &[smi(1)] });
}

/// What is left of an object that could not be made does not trouble the collector.
#[test]
fn the_heap_is_whole_after_a_length_was_wrong() {
    under_stress(|scope| {
        let parent = || FixedArrayBaseInit { length: 3 };
        let wrong = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            FixedArray::new(scope, FixedArrayInit { parent: parent(), objects: &[smi(1)] });
        }));
        assert!(wrong.is_err());
        scope.verify().unwrap();
        let array = FixedArray::new(scope, FixedArrayInit { parent: parent(), objects: &[smi(1), smi(2), smi(3)] });
        assert_eq!(array.get(scope).objects(2).as_smi(), Some(3));
    });
}
