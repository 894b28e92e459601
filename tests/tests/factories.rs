//! Making objects: named fields, defaults, forms that can fail.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright::{HeapClass, SpaceId};

#[bitfield(u31)]
pub struct Flags {
    pub is_eager: bool,
    #[bits(4)]
    pub origin: u8,
}

#[heap_object]
pub struct Text {
    #[constant]
    length: Smi,
    #[length = length]
    bytes: [u8],
}

#[heap_object(open)]
pub struct Base {
    #[default = 3]
    base: u32,
    #[default = 7]
    padding_of_its_own: u32,
}

const ORIGIN: u8 = 9;

#[heap_object(extends = Base)]
pub struct Script {
    source: Tagged<Text>,
    #[default = Nil]
    name: Tagged<Option<Text>>,
    #[default = smi(-1)]
    data: Tagged<Any>,
    #[default = 10]
    line: Smi,
    #[default = Flags::new().with_origin(ORIGIN)]
    flags: SmiBits<Flags>,
    #[default = 0.5]
    ratio: f64,
    #[default = Nil]
    wrapper: Weak<Text>,
    #[default = Nil]
    maybe: Tagged<MaybeObject>,
    #[cfg(any())]
    #[default = 1]
    gone: Smi,
    #[default = true]
    seen: bool,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[constant]
    #[default = 4]
    kind: Smi,
}

heap_classes! { static CLASSES = [Text, Base, Script]; }

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).stress(1, CollectionKind::Full).build().unwrap()
}

fn text<'s>(scope: &mut HandleScope<'s>, text: &str) -> Handle<'s, Text> {
    Text::new(scope, TextInit { bytes: text.as_bytes() })
}

#[test]
fn fields_that_are_not_given_have_their_defaults() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let source = text(&mut scope, "f()");
    let script = Script::new(&mut scope, ScriptInit { parent: BaseInit {}, source });
    let script = script.get(&scope);
    assert_eq!((script.base(), script.padding_of_its_own()), (3, 7));
    assert_eq!(script.source().bytes_slice().len(), 3);
    assert!(script.name().is_none() && script.wrapper().is_none() && script.maybe().is_cleared());
    assert_eq!((script.data().as_smi(), script.line(), script.kind()), (Some(-1), 10, 4));
    assert_eq!((script.flags().origin(), script.ratio(), script.seen()), (9, 0.5, true));
}

#[test]
fn defaults_may_be_replaced_one_by_one() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (source, name) = (text(&mut scope, "f()"), text(&mut scope, "a.js"));
    let init = ScriptInit { parent: BaseInit {}.with_base(30), source }
        .with_name(name)
        .with_line(20)
        .with_flags(Flags::new())
        .with_data(name)
        .with_wrapper(source)
        .with_maybe(Weakly(name))
        .with_seen(false)
        .with_kind(5);
    let script = Script::new(&mut scope, init);
    scope.collect(CollectionKind::Full);
    let script = script.get(&scope);
    assert_eq!((script.base(), script.padding_of_its_own()), (30, 7));
    assert_eq!(script.name().map(Text::bytes_len), Some(4));
    assert_eq!(script.data().cast::<Text>().bytes_len(), 4);
    assert_eq!(script.wrapper().map(Text::bytes_len), Some(3));
    assert_eq!(script.maybe().as_weak().unwrap().cast::<Text>().bytes_len(), 4);
    assert_eq!((script.line(), script.kind(), script.seen(), script.ratio()), (20, 5, false, 0.5));
    assert_eq!(script.flags(), Flags::new());
}

/// All forms: infallible and fallible, a handle and a reference, in a space of choice and in reserved memory.
#[test]
fn every_form_of_a_factory() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    assert_eq!(Text::new(&mut scope, TextInit { bytes: b"a" }).get(&scope).length(), 1);
    assert_eq!(Text::try_new(&mut scope, TextInit { bytes: b"ab" }).unwrap().get(&scope).length(), 2);
    let old = Text::try_new_in(&mut scope, AllocationType::Old, TextInit { bytes: b"abc" }).unwrap();
    assert_eq!((old.get(&scope).length(), old.get(&scope).as_heap_object().space()), (3, SpaceId::Old));
    assert_eq!(Text::allocate(&mut scope, TextInit { bytes: b"abcd" }).length(), 4);
    assert_eq!(Text::try_allocate(&mut scope, TextInit { bytes: b"abcde" }).unwrap().length(), 5);
    let memory = scope.reserve(Text::size_for(6) + Text::size_for(7)).unwrap();
    assert_eq!(Text::new_reserved(&memory, TextInit { bytes: b"abcdef" }).length(), 6);
    assert_eq!(Text::try_new_reserved(&memory, TextInit { bytes: b"abcdefg" }).unwrap().length(), 7);
    let error = Text::try_new_reserved(&memory, TextInit { bytes: b"abcdefgh" }).unwrap_err();
    assert_eq!((error.requested, error.available), (Text::size_for(8), 0));
    drop(memory);
    let error = Text::try_new(&mut scope, TextInit { bytes: Filled::new(0_u8, 1 << 31) }).unwrap_err();
    assert_eq!(error.requested, Text::size_for(1 << 31));
    assert_eq!(Text::LAYOUT.size_for(8), Text::size_for(8));
}
