//! The first things a user does.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Colour {
    Red,
    Green,
    Blue,
}

#[bitfield(u31)]
pub struct Flags {
    #[bits(2)]
    pub colour: Colour,
    #[bits(1)]
    pub hot: bool,
    #[bits(7)]
    pub weight: u8,
}

/// A list node.
#[heap_object(open)]
pub struct Node {
    /// The number.
    value: Smi,
    next: Tagged<Option<Node>>,
    any: Tagged<Any>,
    friend: Weak<Node>,
    flags: SmiBits<Flags>,
    raw: u32,
    pad: OptionalPadding<4>,
    float: f64,
}

/// More.
#[heap_object(extends = Node)]
pub struct Fat {
    union: Tagged<(Node, Array, Smi)>,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Bytes {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    data: [u8],
}

heap_classes! { pub static CLASSES = [Node, Fat, Array, Bytes]; }

fn node(value: i32) -> NodeInit<Nil, Smi, Nil> {
    NodeInit {
        value,
        next: Nil,
        any: smi(value),
        friend: Nil,
        flags: Flags::new().with_weight(9).with_colour(Colour::Blue),
        raw: 7,
        float: 1.5,
    }
}

#[test]
fn fields_hold_what_is_stored() {
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let a = Node::new(&mut scope, node(1));
        let b = Node::new(&mut scope, node(2));
        let fat = Fat::new(&mut scope, FatInit { parent: node(3), union: smi(4) });
        a.get(&scope).set_next(b);
        a.get(&scope).set_friend(b);
        fat.get(&scope).set_union(a);
        let bytes = Bytes::new(&mut scope, BytesInit { data: b"hello" });
        let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(bytes, 40_000) });
        array.get(&scope).set_elements(3, smi(5));
        for _ in 0..4 {
            scope.collect(kind);
            let a = a.get(&scope);
            assert_eq!(a.value(), 1);
            assert_eq!(a.next().unwrap().value(), 2);
            assert_eq!(a.friend().unwrap().float(), 1.5);
            assert_eq!(a.raw(), 7);
            assert!(a.flags().colour() == Colour::Blue && !a.hot() && a.weight() == 9);
            let fat = fat.get(&scope);
            assert_eq!(fat.value(), 3);
            assert_eq!(fat.union().try_cast::<Node>().unwrap().value(), 1);
            let array = array.get(&scope);
            assert_eq!(array.elements_len(), 40_000);
            assert_eq!(array.elements(3).as_smi(), Some(5));
            assert_eq!(array.elements(39_999).cast::<Bytes>().data_slice(), b"hello");
            assert!(fat.try_cast::<Fat>().is_some() && fat.is::<Fat>());
            println!("{fat:#?} {a:?}");
        }
        scope.verify().unwrap();
        println!(
            "{:#?}",
            scope.class_statistics().iter().map(|c| (c.class.name(), c.objects, c.bytes)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_long_list_survives_many_collections() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let mut list = Node::new(&mut scope, node(0));
    for i in 1..200_000 {
        let (mut inner, escape) = scope.escapable();
        let new = Node::new(
            &mut inner,
            NodeInit { next: list, value: i, any: smi(0), friend: Nil, flags: Flags::new(), raw: 0, float: 0.0 },
        );
        let new = escape.escape(&inner, new);
        drop(inner);
        list = new;
    }
    scope.verify().unwrap();
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
    let mut n = 0;
    let mut at = Some(list.get(&scope));
    while let Some(node) = at {
        n += 1;
        assert_eq!(node.value(), 200_000 - n);
        at = node.next();
    }
    assert_eq!(n, 200_000);
    println!("{:?}", scope.statistics());
}
