//! Images of standard objects: every root, strings with their texts, and what all of it takes.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::SpaceId;
use heapwright::inspect::{ImageValue, ObjectImage};
use heapwright_objects::prelude::*;

fn check_cover(image: &ObjectImage) {
    let mut end = 0;
    for part in &image.parts {
        assert_eq!(part.offset, end, "{part} of {}", image.class.name());
        end += part.size;
    }
    assert_eq!(end, image.size(), "{}", image.class.name());
}

#[test]
fn all_roots_are_covered_byte_by_byte() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let scope = isolate.enter();
    let mut objects = 0;
    for root in scope.named_roots() {
        let Some(object) = root.value.as_object() else { continue };
        let image = scope.object_image(object, 8);
        check_cover(&image);
        let map = scope.object_image(object.map(), 8);
        check_cover(&map);
        assert_eq!(map.space, SpaceId::Map);
        objects += 1;
    }
    assert!(objects > 5);
    let footprint = scope.footprint(scope.named_roots().map(|root| root.value));
    assert!(footprint.objects >= objects && footprint.roots <= objects);
    let maps = scope.footprint(scope.named_roots().filter_map(|root| root.value.as_object()).map(HeapObject::map));
    assert!(maps.objects > 5 && maps.spaces.iter().any(|of| of.space == SpaceId::Map));
}

#[test]
fn numbers_and_strings_show_what_they_are_where_something_refers_to_them() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    let name = Str::new(&mut scope, "name");
    let number = HeapNumber::new(&mut scope, heapwright_objects::HeapNumberInit { value: 2.5 });
    let array = FixedArray::new(&mut scope, heapwright_objects::FixedArrayInit { elements: Filled::new(smi(0), 2) });
    array.get(&scope).set_elements(0, name);
    array.get(&scope).set_elements(1, number);
    let image = scope.object_image(array.get(&scope), 8);
    let texts = image.parts.iter().filter(|part| part.field == "elements").map(|part| match &part.value {
        ImageValue::Reference(reference) => reference.text.as_deref(),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), [Some("\"name\""), Some("2.5")]);
}
