//! Strings against Rust's own.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright_objects::prelude::*;
use proptest::prelude::*;

/// Texts of all three kinds, often equal in length and nearly equal.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ab]{0,20}",
        "[a\u{7f}\u{80}\u{e9}\u{ff}]{0,20}",
        "[a\u{ff}\u{100}\u{d7ff}\u{e000}\u{1f980}]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_rust_string_comes_back(text in any_text()) {
        let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let string = Str::new(&mut scope, &text);
        scope.collect(CollectionKind::Young);
        let string = string.get(&scope);
        prop_assert_eq!(string.to_rust_string(), text.as_str());
        let mut written = String::new();
        string.write_utf8(&mut written).unwrap();
        prop_assert_eq!(written, text.as_str());
        prop_assert!(string.eq_str(&text));
        prop_assert_eq!(string.name_hash(), Str::hash_of(&text));
        prop_assert_ne!(string.hash(), 0);
        let units: Vec<u16> = text.encode_utf16().collect();
        prop_assert_eq!(string.len(), units.len());
        prop_assert_eq!((0..string.len()).map(|i| string.char_code_at(i)).collect::<Vec<_>>(), units);
        let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        prop_assert_eq!(string.as_latin1(), latin1.as_deref());
        prop_assert_eq!(string.as_ascii_str(), text.is_ascii().then_some(text.as_str()));
    }

    #[test]
    fn equality_is_that_of_the_texts(a in any_text(), b in any_text()) {
        let mut isolate = heapwright_objects::builder().build().unwrap();
        let mut scope = isolate.enter();
        let (one, other, again) = (Str::new(&mut scope, &a), Str::new(&mut scope, &b), Str::new(&mut scope, &a));
        let (one, other, again) = (one.get(&scope), other.get(&scope), again.get(&scope));
        prop_assert_eq!(one.equals(other), a == b);
        prop_assert_eq!(one.eq_str(&b), a == b);
        prop_assert!(one.equals(again) && one.hash() == again.hash());
        if one.hash() != other.hash() {
            prop_assert!(!one.equals(other));
        }
    }

    #[test]
    fn utf16_of_any_kind_comes_back(units in prop_oneof![
        proptest::collection::vec(any::<u16>(), 0..40),
        proptest::collection::vec(0..0x101_u16, 0..40),
        proptest::collection::vec(0xd7ff..0xe001_u16, 0..40),
    ]) {
        let mut isolate = heapwright_objects::builder().build().unwrap();
        let mut scope = isolate.enter();
        let string = Str::from_utf16(&mut scope, &units);
        let string = string.get(&scope);
        prop_assert_eq!((0..string.len()).map(|i| string.char_code_at(i)).collect::<Vec<_>>(), units.clone());
        prop_assert_eq!(string.is::<SeqOneByteString>(), units.iter().all(|unit| *unit < 256));
        let lossy = String::from_utf16_lossy(&units);
        prop_assert_eq!(string.to_rust_string(), lossy.as_str());
        let mut written = String::new();
        string.write_utf8(&mut written).unwrap();
        prop_assert_eq!(written, lossy.as_str());
        // The same characters by another way are the same string.
        if let Ok(text) = String::from_utf16(&units) {
            prop_assert_eq!(string.name_hash(), Str::hash_of(&text));
        }
    }

    #[test]
    fn latin1_is_what_utf16_would_be(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut isolate = heapwright_objects::builder().build().unwrap();
        let mut scope = isolate.enter();
        let units: Vec<u16> = bytes.iter().copied().map(u16::from).collect();
        let (a, b) = (Str::from_latin1(&mut scope, &bytes), Str::from_utf16(&mut scope, &units));
        prop_assert!(a.get(&scope).equals(b.get(&scope)));
        prop_assert_eq!(a.get(&scope).as_latin1(), Some(&bytes[..]));
        prop_assert_eq!(a.get(&scope).as_ascii_str().is_some(), bytes.is_ascii());
    }
}

#[test]
fn the_form_hangs_on_the_characters_alone() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let mut scope = isolate.enter();
    for (text, one_byte) in
        [("", true), ("\u{7f}", true), ("\u{80}", true), ("\u{ff}", true), ("\u{100}", false), ("\u{10ffff}", false)]
    {
        let string = Str::new(&mut scope, text);
        assert_eq!(string.get(&scope).is::<SeqOneByteString>(), one_byte, "{text:?}");
        assert_eq!(string.get(&scope).is::<SeqTwoByteString>(), !one_byte, "{text:?}");
    }
    // Latin-1 that would be valid UTF-8 of something else.
    let string = Str::new(&mut scope, "Ã©");
    assert_eq!(string.get(&scope).as_ascii_str(), None);
    assert!(!string.get(&scope).eq_str("é"));
    assert_eq!(string.get(&scope).to_rust_string(), "Ã©");
}

#[test]
fn large_strings_and_strings_outside_the_young_generation() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let text = "0123456789".repeat(100_000);
    let large = Str::new(&mut scope, &text);
    let old = Str::try_new_in(&mut scope, AllocationType::Old, "old").unwrap();
    scope.collect(CollectionKind::Full);
    assert_eq!(large.get(&scope).space(), heapwright::SpaceId::LargeObject);
    assert_eq!(large.get(&scope).as_ascii_str(), Some(&text[..]));
    assert_eq!(old.get(&scope).space(), heapwright::SpaceId::Old);
    assert!(old.get(&scope).eq_str("old"));
}

#[test]
fn running_out_of_memory_is_an_error_that_says_so() {
    let mut isolate = heapwright_objects::builder().max_heap_size(8 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let error = Str::try_new(&mut scope, &"x".repeat(64 << 20)).unwrap_err();
    assert!(error.requested >= 64 << 20);
    assert!(Str::try_new(&mut scope, "still works").is_ok());
}

/// Values print as what they stand for.
#[test]
fn values_print_as_themselves() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    for (text, printed) in [("plain", "\"plain\""), ("a \"b\"\n'c'", r#""a \"b\"\n'c'""#), ("naïve 🦀", "\"naïve 🦀\"")]
    {
        let string = Str::new(&mut scope, text);
        assert_eq!(format!("{:?}", string.get(&scope)), printed);
        assert_eq!(format!("{:?}", string.get(&scope).upcast::<Name>()), printed);
    }
    let alone = Str::from_utf16(&mut scope, &[0x61, 0xD800, 0x3B1]);
    assert_eq!(format!("{:?}", alone.get(&scope)), "\"a\\u{d800}α\"");
    let long = Str::new(&mut scope, &"x".repeat(1000));
    assert_eq!(format!("{:?}", long.get(&scope)), format!("\"{}\"… 1000 units", "x".repeat(64)));
    let description = Str::new(&mut scope, "iterator");
    let symbol = Symbol::create(&mut scope, Some(description), SymbolFlags::new());
    assert_eq!(format!("{:?}", symbol.get(&scope)), "Symbol(\"iterator\")");
    let number = HeapNumber::new(&mut scope, HeapNumberInit { value: 1.5 });
    assert_eq!(format!("{:?} {:?}", number.get(&scope), scope.undefined()), "1.5 undefined");
    assert!(format!("{:#?}", number.get(&scope)).contains("value: 1.5"), "with `#`, the fields too");
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

/// The numbers that are V8's.
#[test]
fn instance_types_are_those_of_v8() {
    let mut isolate = heapwright_objects::builder().build().unwrap();
    let scope = isolate.enter();
    let strings = scope.instance_type_range::<Str>().unwrap();
    assert_eq!((strings.first, strings.last), (0, 127));
    assert_eq!(scope.instance_type::<SeqOneByteString>(), 0x28);
    assert_eq!(scope.instance_type::<SeqTwoByteString>(), 0x20);
    assert_eq!(scope.instance_type::<Symbol>(), 128);
    assert_eq!(scope.instance_type::<Foreign>(), 204);
}
