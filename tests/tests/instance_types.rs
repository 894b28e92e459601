//! The numbers of classes: pinned, in ranges, reserved, in order; and what happens if wishes contradict each other.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::{ConcreteClass, HeapClass, InstanceTypeError, InstanceTypeRange, IsolateError, prelude::*};

/// The numbers of V8, by its names.
pub mod v8 {
    use heapwright::prelude::*;

    #[heap_object(abstract)]
    pub struct Name {}
    #[heap_object(extends = Name, abstract, instance_types = 0..=127, lowest_instance_type)]
    pub struct Str {}
    #[heap_object(extends = Str, open, instance_type = 0x28)]
    pub struct SeqOneByteString {}
    #[heap_object(extends = Str, instance_type = 0x29)]
    pub struct ConsOneByteString {}
    #[heap_object(extends = Name, instance_type = 128)]
    pub struct Symbol {}
    #[heap_object(instance_type = 204)]
    pub struct Foreign {}
    #[heap_object(abstract, instance_types = 205..=214)]
    pub struct Context {}
    #[heap_object(extends = Context)]
    pub struct FunctionContext {}
    #[heap_object(extends = Context, highest_instance_type)]
    pub struct WithContext {}
    #[heap_object(extends = Context, lowest_instance_type)]
    pub struct AwaitContext {}
    #[heap_object(abstract, instance_types = 1024..=2200)]
    pub struct JsReceiver {}
    #[heap_object(extends = JsReceiver, open, instance_type = 1057)]
    pub struct JsObject {}
    #[heap_object(extends = JsObject, instance_type = 1040)]
    pub struct JsSpecialApiObject {}
    #[heap_object(extends = JsObject, instance_type = 1058)]
    pub struct JsApiObject {}
    #[heap_object(extends = JsObject)]
    pub struct JsArray {}
    #[heap_object(extends = JsReceiver, lowest_instance_type)]
    pub struct JsProxy {}
    #[heap_object]
    pub struct Cell {}

    heap_classes! {
        pub static CLASSES = [
            Cell, Name, Str, SeqOneByteString, ConsOneByteString, Symbol, Foreign,
            Context, FunctionContext, WithContext, AwaitContext,
            JsReceiver, JsObject, JsSpecialApiObject, JsApiObject, JsArray, JsProxy,
        ];
    }
}

/// What a crate that comes later adds below open classes of another.
pub mod later {
    use heapwright::prelude::*;

    #[heap_object(extends = super::v8::SeqOneByteString)]
    pub struct InternalizedString {}
    #[heap_object(extends = super::v8::Context)]
    pub struct BlockContext {}
    #[heap_object(instance_type = 3005)]
    pub struct Asked {}
    heap_classes! { pub static CLASSES = [InternalizedString, BlockContext, Asked]; }
}

fn range<T: HeapClass>(scope: &HandleScope<'_>) -> (u16, u16) {
    let range = scope.instance_type_range::<T>().unwrap();
    (range.first, range.last)
}

/// Every class's numbers lie in the range of the class above, and in that of no other.
fn check_tree(scope: &HandleScope<'_>, numbers: &[(&'static heapwright::ClassDescriptor, u16)]) {
    for (i, (class, number)) in numbers.iter().enumerate() {
        assert!(numbers[..i].iter().all(|(_, other)| other != number), "{class:?} has {number} as well");
    }
    assert!(scope.classes().windows(2).all(|pair| pair[1].parent().is_none_or(|p| scope.classes().contains(&p))));
}

#[test]
fn the_numbers_of_v8() {
    use v8::*;
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let scope = isolate.enter();
    assert_eq!(range::<Str>(&scope), (0, 127));
    assert_eq!(scope.instance_type::<SeqOneByteString>(), 0x28);
    assert_eq!(scope.instance_type::<ConsOneByteString>(), 0x29);
    assert_eq!(scope.instance_type::<Symbol>(), 128);
    assert_eq!(range::<Name>(&scope), (0, 128));
    assert_eq!(scope.instance_type::<Foreign>(), 204);
    assert_eq!(range::<Context>(&scope), (205, 214));
    assert_eq!(scope.instance_type::<AwaitContext>(), 205);
    assert_eq!(scope.instance_type::<FunctionContext>(), 206);
    assert_eq!(scope.instance_type::<WithContext>(), 207, "the highest of those there are");
    assert_eq!(scope.instance_type::<JsSpecialApiObject>(), 1040);
    assert_eq!(scope.instance_type::<JsObject>(), 1057);
    assert_eq!(scope.instance_type::<JsApiObject>(), 1058);
    assert_eq!(range::<JsObject>(&scope), (1040, 1058));
    assert_eq!(scope.instance_type::<JsArray>(), 1041);
    assert_eq!(scope.instance_type::<JsProxy>(), 1024);
    assert_eq!(scope.instance_type::<Cell>(), 132, "after the three of the core");
    assert_eq!(range::<heapwright::HeapObject>(&scope), (0, 2200));
    assert_eq!(scope.class_map::<JsObject>().instance_type(), 1057, "as the map says");
    check_tree(
        &scope,
        &[
            (SeqOneByteString::CLASS, scope.instance_type::<SeqOneByteString>()),
            (Cell::CLASS, scope.instance_type::<Cell>()),
            (heapwright::Map::CLASS, scope.instance_type::<heapwright::Map>()),
            (JsArray::CLASS, scope.instance_type::<JsArray>()),
        ],
    );
}

#[test]
fn classes_of_a_later_crate_are_numbered_within_the_ranges_of_an_earlier_one() {
    let number = |swap: bool| {
        let builder = Isolate::builder().reserve_instance_types(3000..=3010).reserve_instance_types(129..=140);
        let builder = if swap {
            builder.classes(&later::CLASSES).classes(&v8::CLASSES)
        } else {
            builder.classes(&v8::CLASSES).classes(&later::CLASSES)
        };
        let mut isolate = builder.build().unwrap();
        let scope = isolate.enter();
        assert_eq!(range::<v8::SeqOneByteString>(&scope), (0x27, 0x28), "0x29 is taken, so it grows downwards");
        assert_eq!(scope.instance_type::<later::InternalizedString>(), 0x27);
        assert_eq!(scope.instance_type::<later::Asked>(), 3005, "reserved numbers are for those who ask");
        assert_eq!(scope.instance_type::<v8::Cell>(), 144, "and for nobody else");
        assert_eq!(range::<v8::Context>(&scope), (205, 214));
        scope.instance_type::<later::BlockContext>()
    };
    assert!((206..=208).contains(&number(false)));
    assert!((206..=208).contains(&number(true)));
    assert_eq!(number(false), number(false), "the same list gives the same numbers");
}

/// What tools are told without an isolate is what an isolate gives.
#[test]
fn numbers_are_known_without_an_isolate() {
    let registries = [&v8::CLASSES, &later::CLASSES];
    let assigned = heapwright::layout::assign_instance_types(&registries).unwrap();
    let mut isolate = Isolate::builder().classes(&v8::CLASSES).classes(&later::CLASSES).build().unwrap();
    let scope = isolate.enter();
    assert!(assigned.iter().map(|a| a.class).eq(scope.classes().iter().copied()));
    let of = |class| *assigned.iter().find(|a| a.class == class).unwrap();
    assert_eq!(of(v8::Cell::CLASS).own, Some(scope.instance_type::<v8::Cell>()));
    assert_eq!(of(later::BlockContext::CLASS).own, Some(scope.instance_type::<later::BlockContext>()));
    assert_eq!(of(v8::Context::CLASS).own, None, "it is abstract");
    assert_eq!(of(v8::JsObject::CLASS).range, scope.instance_type_range::<v8::JsObject>());
    assert_eq!(of(heapwright::HeapObject::CLASS).range, scope.instance_type_range::<heapwright::HeapObject>());
}

/// One class in a module and a list of its own, so that lists alone see no conflict.
macro_rules! alone {
    ($module:ident, [$($words:tt)*]) => {
        pub mod $module {
            use heapwright::prelude::*;
            #[heap_object($($words)*)]
            pub struct Class {}
            heap_classes! { pub static CLASSES = [Class]; }
        }
    };
}
alone!(pins_300, [instance_type = 300]);
alone!(pins_300_too, [instance_type = 300]);
alone!(has_290_to_310, [abstract, instance_types = 290..=310]);
alone!(has_305_to_320, [open, instance_types = 305..=320]);
alone!(pins_a_context, [instance_type = 210]);
alone!(lowest, [lowest_instance_type]);
alone!(lowest_too, [lowest_instance_type]);

fn build(lists: &[&'static heapwright::ClassRegistry]) -> Result<Isolate, InstanceTypeError> {
    let builder = lists.iter().fold(Isolate::builder(), |builder, list| builder.classes(list));
    builder.build().map_err(|error| match error {
        IsolateError::InstanceTypes(error) => error,
        other => panic!("{other}"),
    })
}

#[test]
fn conflicts_between_crates_are_errors_with_both_classes() {
    let error = build(&[&pins_300::CLASSES, &pins_300_too::CLASSES]).unwrap_err();
    let (first, second) = (pins_300::Class::CLASS, pins_300_too::Class::CLASS);
    assert_eq!(error, InstanceTypeError::Taken { first, second, number: 300 });
    let text = error.to_string();
    assert!(text.contains("pins_300::Class") && text.contains("pins_300_too::Class") && text.contains("300"), "{text}");

    let error = build(&[&pins_300::CLASSES, &has_290_to_310::CLASSES]).unwrap_err();
    assert_eq!(
        error,
        InstanceTypeError::Overlap {
            first,
            first_range: InstanceTypeRange::new(300, 300),
            second: has_290_to_310::Class::CLASS,
            second_range: InstanceTypeRange::new(290, 310),
        }
    );
    let error = build(&[&has_290_to_310::CLASSES, &has_305_to_320::CLASSES]).unwrap_err();
    assert!(matches!(error, InstanceTypeError::Overlap { .. }), "{error}");
    let error = build(&[&v8::CLASSES, &pins_a_context::CLASSES]).unwrap_err();
    assert!(matches!(error, InstanceTypeError::Overlap { .. }), "{error}");
    let error = build(&[&lowest::CLASSES, &lowest_too::CLASSES]).unwrap_err();
    assert!(matches!(error, InstanceTypeError::Order { lowest: true, .. }), "{error}");
    build(&[&lowest::CLASSES, &pins_300::CLASSES, &has_305_to_320::CLASSES]).unwrap();
}

pub mod full {
    use heapwright::prelude::*;
    #[heap_object(open, instance_types = 400..=401)]
    pub struct Top {}
    #[heap_object(extends = Top)]
    pub struct Below {}
    heap_classes! { pub static CLASSES = [Top, Below]; }

    pub mod more {
        use heapwright::prelude::*;
        #[heap_object(extends = super::Top, open)]
        pub struct One {}
        #[heap_object(extends = One)]
        pub struct Two {}
        #[heap_object(extends = One)]
        pub struct Three {}
        heap_classes! { pub static CLASSES = [One, Two, Three]; }
    }
}

#[test]
fn a_range_that_is_too_small_says_by_how_many() {
    build(&[&full::CLASSES]).unwrap();
    let error = build(&[&full::CLASSES, &full::more::CLASSES]).unwrap_err();
    let range = InstanceTypeRange::new(400, 401);
    assert_eq!(error, InstanceTypeError::RangeTooSmall { class: full::Top::CLASS, range, missing: 3 });
}

/// Pins of classes deep below one without a range pull that one's range around them, and what is not pinned fits between.
pub mod scattered {
    use heapwright::prelude::*;
    #[heap_object(open)]
    pub struct Top {}
    #[heap_object(extends = Top, open)]
    pub struct Left {}
    #[heap_object(extends = Left, instance_type = 500)]
    pub struct LeftPinned {}
    #[heap_object(extends = Left)]
    pub struct LeftFree {}
    #[heap_object(extends = Top, open)]
    pub struct Right {}
    #[heap_object(extends = Right, instance_type = 503)]
    pub struct RightPinned {}
    #[heap_object(extends = Right)]
    pub struct RightFree {}
    heap_classes! { pub static CLASSES = [Top, Left, LeftPinned, LeftFree, Right, RightPinned, RightFree]; }
}

#[test]
fn what_is_not_pinned_fits_around_what_is() {
    use scattered::*;
    fn all<T: ConcreteClass>(scope: &HandleScope<'_>) -> u16 {
        scope.instance_type::<T>()
    }
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let scope = isolate.enter();
    let mut numbers = [all::<Left>(&scope), all::<LeftPinned>(&scope), all::<LeftFree>(&scope)];
    numbers.sort_unstable();
    assert_eq!(numbers, [500, 501, 502]);
    assert_eq!(range::<Left>(&scope), (500, 502));
    assert_eq!(range::<Right>(&scope), (503, 505));
    let top = scope.instance_type_range::<Top>().unwrap();
    assert!(top.contains(all::<Top>(&scope)) && top.len() == 7, "{top}");
}

pub mod lonely {
    use heapwright::prelude::*;
    #[heap_object(abstract)]
    pub struct Nobody {}
    heap_classes! {
        #[reserve_instance_types(0..=9)]
        #[reserve_instance_types(20..=29)]
        pub static CLASSES = [Nobody];
    }
}

#[test]
fn an_abstract_class_alone_has_no_numbers() {
    let mut isolate = Isolate::builder().classes(&lonely::CLASSES).build().unwrap();
    let scope = isolate.enter();
    assert_eq!(scope.instance_type_range::<lonely::Nobody>(), None);
    assert_eq!(scope.instance_type_range::<v8::Cell>(), None, "not registered");
    assert_eq!(scope.instance_type::<heapwright::Map>(), 10, "those below are reserved");
}

/// Pins below two classes that lie across each other, though neither class says anything itself.
#[test]
fn pins_that_pull_two_classes_into_each_other() {
    use interleaved::*;
    let error = build(&[&LEFT, &RIGHT]).unwrap_err();
    assert_eq!(
        error,
        InstanceTypeError::Overlap {
            first: Left::CLASS,
            first_range: InstanceTypeRange::new(600, 604),
            second: Right::CLASS,
            second_range: InstanceTypeRange::new(602, 602),
        }
    );
}

pub mod interleaved {
    use heapwright::prelude::*;
    #[heap_object(abstract)]
    pub struct Left {}
    #[heap_object(extends = Left, instance_type = 600)]
    pub struct Left600 {}
    #[heap_object(extends = Left, instance_type = 604)]
    pub struct Left604 {}
    #[heap_object(abstract)]
    pub struct Right {}
    #[heap_object(extends = Right, instance_type = 602)]
    pub struct Right602 {}
    heap_classes! { pub static LEFT = [Left600, Left604]; }
    heap_classes! { pub static RIGHT = [Right602]; }
}
