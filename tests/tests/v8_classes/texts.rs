//! Strings: raw lengths, inherited ones, and bytes outside the heap.

use super::classes::*;
use super::{assert_offsets, under_stress};
use heapwright::HeapClass;
use heapwright::prelude::*;

#[test]
fn offsets() {
    assert_offsets(Name::LAYOUT, &[("raw_hash_field", 4, 8)], (8, 12));
    assert_offsets(Text::LAYOUT, &[("length", 8, 12)], (12, 16));
    assert_offsets(Symbol::LAYOUT, &[("flags", 8, 12), ("description", 12, 16)], (16, 24));
    assert_offsets(ExternalString::LAYOUT, &[("resource", 12, 16), ("resource_data", 20, 24)], (28, 32));
    assert_offsets(SeqOneByteString::LAYOUT, &[], (12, 16));
    assert_eq!(SeqOneByteString::CHARS_OFFSET, Text::LAYOUT.header_size());
}

pub(crate) fn text<'s>(scope: &mut HandleScope<'s>, text: &str) -> Handle<'s, SeqOneByteString> {
    let parent = TextInit { parent: NameInit { parent: (), raw_hash_field: 0 }, length: text.len() as i32 };
    SeqOneByteString::new(scope, SeqOneByteStringInit { parent, chars: text.as_bytes() })
}

#[test]
fn an_inherited_raw_length_counts_the_characters() {
    under_stress(|scope| {
        let texts: Vec<_> = (0..20).map(|n| text(scope, &"x".repeat(n))).collect();
        for (n, text) in texts.iter().enumerate() {
            let text = text.get(scope);
            assert_eq!(text.chars_slice(), "x".repeat(n).as_bytes());
            assert_eq!(text.as_heap_object().size(), SeqOneByteString::size_for(n));
            assert!(text.as_heap_object().cast::<Text>().length() == n as i32);
        }
    });
}

#[test]
fn external_strings_refer_to_memory_outside_the_heap() {
    let resource = Box::new(Resource { text: "outside" });
    under_stress(|scope| {
        let parent = TextInit { parent: NameInit { parent: (), raw_hash_field: 1 }, length: 7 };
        let (address, data) = (std::ptr::from_ref(&*resource).cast_mut(), resource.text.as_ptr().cast_mut());
        let init = ExternalStringInit { parent, resource: address, resource_data: data };
        let string = ExternalString::new(scope, init);
        scope.collect(CollectionKind::Full);
        let string = string.get(scope);
        assert!(std::ptr::eq(string.resource(), address) && std::ptr::eq(string.resource_data(), data));
        assert!(resource.text.len() == string.length() as usize);
        string.set_resource_data(std::ptr::null_mut());
        assert!(string.resource_data().is_null());
        assert!(format!("{string:?}").contains(&format!("resource: {:#x}", address.addr())));
    });
}
