//! Images of objects and footprints: every kind of field, before and after collections, in every space.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::inspect::{ImagePart, ImageValue, ObjectImage, PartKind};
use heapwright::layout::RawKind;
use heapwright::stress::Mode;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{IsolateBuilder, SpaceId, heap_roots, prelude::*};
use heapwright_tests::Random;

#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    Host,
    Eval,
}

#[bitfield(u8)]
pub struct Low {
    #[bits(3)]
    pub level: i8,
    pub is_set: bool,
}

#[bitfield(u31)]
pub struct Facts {
    #[bits(1)]
    pub origin: Origin,
    #[bits(4, nested)]
    pub low: Low,
    pub states: [bool; 3],
    #[bits(8)]
    pub depth: u8,
}

#[heap_struct]
pub struct Span {
    start: u32,
    end: u32,
}

#[heap_struct]
pub struct Entry {
    key: Tagged<Any>,
    details: Smi,
    value: Tagged<MaybeObject>,
}

/// One field of each kind, several tails, optional fields.
#[heap_object]
pub struct Everything {
    #[constant]
    facts: SmiBits<Facts>,
    #[constant]
    count: Smi,
    strong: Tagged<Any>,
    weak: Weak<Node>,
    either: Tagged<MaybeObject>,
    outside: External<u8>,
    float: f64,
    single: f32,
    signed: i32,
    short: u16,
    flag: bool,
    low: Bits<Low>,
    padding: OptionalPadding<4>,
    span: Inline<Span>,
    entry: Inline<Entry>,
    #[length = count]
    entries: [Inline<Entry>],
    #[length = count * 2]
    smis: [Smi],
    #[present_if = count > 1]
    extra: Tagged<Any>,
    #[present_if = count > 100]
    never: Tagged<Any>,
    #[length = count]
    bytes: [u8],
}

#[heap_object(open)]
pub struct Node {
    value: Smi,
    next: Tagged<Any>,
}

#[heap_object]
pub struct Smis {
    #[constant]
    length: Smi,
    #[length = length]
    smis: [Smi],
}

/// Its printer panics: inspecting must not call it.
#[heap_object(extends = Node, print = print_loud)]
pub struct Loud {
    other: Weak<Node>,
}

fn print_loud(_: &Loud, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    panic!("printers are not called")
}

#[heap_object]
pub struct Text {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    chars: [u8],
}

#[heap_object]
pub struct Maybe {
    node: Tagged<Option<Node>>,
}

#[heap_object]
pub struct Number {
    #[constant]
    value: f64,
}

#[heap_object]
pub struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<Any>],
}

#[heap_object]
pub struct Stone {
    #[constant]
    weight: Smi,
}

heap_classes! { pub static CLASSES = [Everything, Smis, Node, Loud, Text, Maybe, Number, Array, Stone]; }

heap_roots! {
    pub static ROOTS, keys in root, getters in Roots, set up by set_up;
    stone: Stone,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let stone = Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { weight: 7 })?;
    scope.set_root(root::stone, stone);
    Ok(())
}

fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS).verify(true)
}

fn isolate() -> Isolate {
    builder().build().unwrap()
}

fn everything<'s>(
    scope: &mut HandleScope<'s>,
    count: i32,
    strong: Handle<'_, Node>,
    weak: Handle<'_, Node>,
) -> Handle<'s, Everything> {
    let facts = Facts::new()
        .with_origin(Origin::Eval)
        .with_low(Low::new().with_level(-3).with_is_set(true))
        .with_states(1, true)
        .with_depth(200);
    let entry = || EntryInit { key: strong, details: -5, value: Weakly(weak) };
    let entries: Vec<_> = (0..count).map(|_| entry()).collect();
    let smis: Vec<_> = (0..count * 2).map(smi).collect();
    let bytes: Vec<u8> = (0..count).map(|i| i as u8).collect();
    Everything::new(
        scope,
        EverythingInit {
            facts,
            count,
            strong,
            weak,
            either: Weakly(weak),
            outside: std::ptr::without_provenance_mut(0xdead_beef),
            float: 1.5,
            single: 0.1,
            signed: -2,
            short: 65535,
            flag: true,
            low: Low::new().with_level(2),
            span: SpanInit { start: 3, end: 9 },
            entry: entry(),
            entries: &entries[..],
            smis: &smis[..],
            extra: (count > 1).then_some(strong),
            never: Absent,
            bytes: &bytes[..],
        },
    )
}

fn part<'i>(image: &'i ObjectImage, name: &str) -> &'i ImagePart {
    image.parts.iter().find(|part| part.to_string() == name).unwrap_or_else(|| panic!("no `{name}` in {image:#?}"))
}

fn value(image: &ObjectImage, name: &str) -> String {
    part(image, name).value.to_string()
}

/// The parts cover all bytes, each once.
fn check_cover(image: &ObjectImage) {
    let mut end = 0;
    for part in &image.parts {
        assert_eq!(part.offset, end, "{part} in {image:#?}");
        assert!(part.size > 0, "{part}");
        assert_eq!(image.bytes_of(part).len(), part.size);
        end += part.size;
    }
    assert_eq!((end, end), (image.size(), image.bytes.len()));
}

#[test]
fn every_kind_is_decoded() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let strong = Node::new(&mut scope, NodeInit { value: 1, next: smi(0) });
    let weak = Node::new(&mut scope, NodeInit { value: 2, next: smi(0) });
    let object = everything(&mut scope, 2, strong, weak);
    let image = scope.object_image(object.get(&scope), 16);
    check_cover(&image);
    assert_eq!((image.class.name(), image.size()), ("Everything", object.get(&scope).size()));
    assert_eq!((image.address, image.space, image.is_young), (object.get(&scope).address(), SpaceId::New, true));

    let (at_strong, at_weak) = (strong.get(&scope).address(), weak.get(&scope).address());
    for (name, expected) in [
        ("count", "2".to_owned()),
        ("strong", format!("<Node {at_strong:#x}>")),
        ("weak", format!("weak <Node {at_weak:#x}>")),
        ("either", format!("weak <Node {at_weak:#x}>")),
        ("outside", "0xdeadbeef".to_owned()),
        ("float", "1.5".to_owned()),
        ("single", "0.1".to_owned()),
        ("signed", "-2".to_owned()),
        ("short", "65535".to_owned()),
        ("flag", "true".to_owned()),
        ("low", "Low { level: 2, is_set: false }".to_owned()),
        ("span.start", "3".to_owned()),
        ("span.end", "9".to_owned()),
        ("entry.details", "-5".to_owned()),
        ("entries[1].key", format!("<Node {at_strong:#x}>")),
        ("entries[1].value", format!("weak <Node {at_weak:#x}>")),
        ("smis[3]", "3".to_owned()),
        ("extra", format!("<Node {at_strong:#x}>")),
        ("bytes[1]", "1".to_owned()),
    ] {
        assert_eq!(value(&image, name), expected, "{name}");
    }
    assert!(image.parts.iter().all(|part| part.field != "never"), "an optional field that is not there");
    assert_eq!(image.parts[0].kind, PartKind::Map);
    assert_eq!(value(&image, "map").split(' ').next(), Some("<Map"));
    assert_eq!(part(&image, "float").kind, PartKind::Raw(RawKind::F64));
    assert_eq!(image.bytes_of(part(&image, "float")), 1.5_f64.to_le_bytes());
    assert_eq!(part(&image, "rounding").kind, PartKind::Rounding);
    let padded = image.parts.iter().any(|part| part.kind == PartKind::Padding);
    assert_eq!(padded, TAGGED_SIZE == 8, "padding of the other width has no bytes and is no part");

    let ImageValue::Bits { name, bits, fields, .. } = &part(&image, "facts").value else { panic!("no bits") };
    let fields: Vec<_> = fields.iter().map(|f| (f.name.as_str(), f.shift, f.size, f.value.as_str())).collect();
    assert_eq!((*name, *bits), ("Facts", 1 | 0b1101 << 1 | 0b010 << 5 | 200 << 8));
    assert_eq!(
        fields,
        [
            ("origin", 0, 1, "Eval"),
            ("low.level", 1, 3, "-3"),
            ("low.is_set", 4, 1, "true"),
            ("states[0]", 5, 1, "false"),
            ("states[1]", 6, 1, "true"),
            ("states[2]", 7, 1, "false"),
            ("depth", 8, 8, "200"),
        ]
    );
    // What the printer says, says the image.
    let printed = format!("{:?}", object.get(&scope));
    for name in ["facts", "strong", "weak", "either", "float", "low", "extra"] {
        let field = format!("{name}: {}", value(&image, name));
        assert!(printed.contains(&field), "no `{field}` in {printed}");
    }
}

#[test]
fn images_stay_while_objects_move_and_die() {
    // Otherwise what was born young is old when it looks.
    let mut isolate = builder().unstressed(Mode::Allocations).build().unwrap();
    let mut scope = isolate.enter();
    let strong = Node::new(&mut scope, NodeInit { value: 1, next: smi(0) });
    let (object, first) = {
        let (mut inner, escape) = scope.escapable();
        let weak = Node::new(&mut inner, NodeInit { value: 2, next: smi(0) });
        let object = everything(&mut inner, 1, strong, weak);
        let first = inner.object_image(object.get(&inner), 16);
        (escape.escape(&inner, object), first)
    };
    let copy = first.clone();
    scope.collect(CollectionKind::Young);
    let second = scope.object_image(object.get(&scope), 16);
    assert_eq!((second.collections, second.isolate), (first.collections + 1, first.isolate));
    assert_ne!(second.address, first.address);
    for name in ["weak", "either", "entry.value", "entries[0].value"] {
        assert!(value(&first, name).starts_with("weak <Node 0x"), "{name}");
        assert_eq!(part(&second, name).value, ImageValue::Cleared, "{name}");
    }
    assert_eq!(value(&second, "strong"), format!("<Node {:#x}>", strong.get(&scope).address()));
    scope.collect(CollectionKind::Full);
    let third = scope.object_image(object.get(&scope), 16);
    assert_eq!((third.space, third.is_young), (SpaceId::Old, false));
    for image in [&second, &third] {
        check_cover(image);
        let is_data = |part: &&ImagePart| {
            use PartKind::{Bits, External, Raw, Smi, SmiBits};
            matches!(part.kind, Smi | SmiBits | Raw(_) | Bits | External)
        };
        let data = |image: &ObjectImage| -> Vec<(String, Vec<u8>)> {
            let parts = image.parts.iter().filter(is_data);
            parts.map(|part| (part.to_string(), image.bytes_of(part).to_vec())).collect()
        };
        assert_eq!(data(image), data(&first));
    }
    // An old object that refers to a young one is remembered, and the image knows.
    let young = Node::new(&mut scope, NodeInit { value: 3, next: smi(0) });
    object.get(&scope).set_strong(young);
    let image = scope.object_image(object.get(&scope), 16);
    let ImageValue::Reference(reference) = &part(&image, "strong").value else { panic!("no reference") };
    assert!(reference.is_young && reference.is_remembered && !reference.is_weak);
    let ImageValue::Reference(key) = &part(&image, "entry.key").value else { panic!("no reference") };
    assert!(!key.is_young && !key.is_remembered);
    assert_eq!(first, copy);
}

#[test]
fn read_only_and_large_objects_and_maps() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let stone = scope.object_image(scope.stone(), 16);
    assert_eq!((stone.space, stone.is_young, value(&stone, "weight").as_str()), (SpaceId::ReadOnly, false, "7"));
    let map = scope.object_image(scope.stone().map(), 16);
    check_cover(&map);
    assert_eq!((map.class.name(), map.space), ("Map", SpaceId::Map));
    assert_eq!(part(&map, "class_entry").value, ImageValue::External(std::ptr::from_ref(stone.class).addr() as u64));
    let length = 300_000;
    let init = ArrayInit { elements: Filled::new(smi(4), length) };
    let array = Array::try_new_in(&mut scope, AllocationType::Old, init).unwrap();
    let node = Node::new(&mut scope, NodeInit { value: 9, next: smi(0) });
    array.get(&scope).set_elements(2, node);
    let image = scope.object_image(array.get(&scope), 3);
    check_cover(&image);
    assert_eq!((image.space, image.parts.len()), (SpaceId::LargeObject, 6));
    let ImageValue::Reference(reference) = &image.parts[4].value else { panic!("no reference") };
    assert!(reference.is_young && reference.is_remembered);
    let elided = &image.parts[5];
    assert_eq!((elided.kind, elided.value.to_string()), (PartKind::Elided, format!("… {} more", length - 3)));
    assert_eq!(image.bytes_of(elided).len(), (length - 3) * TAGGED_SIZE);
    // Nothing is left out if nothing is asked to be.
    assert_eq!(scope.object_image(array.get(&scope), usize::MAX).parts.len(), length + 2);
    assert_eq!(scope.object_image(array.get(&scope), 0).parts.len(), 3);
}

#[test]
fn referents_show_what_their_layout_tells_and_no_hook_is_called() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 6) });
    let long = "a text of more than twenty-four characters";
    for (i, text) in ["short", "", "é\u{1}", long].into_iter().enumerate() {
        let text = Text::new(&mut scope, TextInit { chars: text.as_bytes() });
        array.get(&scope).set_elements(i, text);
    }
    let number = Number::new(&mut scope, NumberInit { value: -0.5 });
    array.get(&scope).set_elements(4, number);
    let loud = Loud::new(&mut scope, LoudInit { parent: NodeInit { value: 1, next: smi(0) }, other: Nil });
    array.get(&scope).set_elements(5, loud);
    let image = scope.object_image(array.get(&scope), 16);
    let texts: Vec<_> = image.parts[2..]
        .iter()
        .map(|part| match &part.value {
            ImageValue::Reference(reference) => (reference.class.name(), reference.text.clone().unwrap_or_default()),
            other => panic!("{other}"),
        })
        .collect();
    let texts: Vec<_> = texts.iter().map(|(class, text)| (*class, text.as_str())).collect();
    assert_eq!(
        texts,
        [
            ("Text", "\"short\""),
            ("Text", ""),
            ("Text", ""),
            ("Text", "\"a text of more than twen\"…"),
            ("Number", "-0.5"),
            ("Loud", ""),
        ]
    );
    let loud = scope.object_image(loud.get(&scope), 16);
    check_cover(&loud);
    assert_eq!(part(&loud, "other").value, ImageValue::Cleared);
    assert!(scope.footprint([array.get(&scope)]).to_string().contains("Loud"));
    let maybe = Maybe::new(&mut scope, MaybeInit { node: Nil });
    assert_eq!(part(&scope.object_image(maybe.get(&scope), 16), "node").value, ImageValue::Nil);
}

/// Values may run code of users while an object is made: there is no way to look at what is not whole yet.
#[test]
fn objects_being_made_cannot_be_inspected() {
    #[derive(Clone, Copy)]
    struct Curious<'a, 'r, 's> {
        memory: &'a Reservation<'r, 's>,
        array: &'a Array,
        seen: &'a std::cell::Cell<usize>,
    }
    impl heapwright::IntoSmi for Curious<'_, '_, '_> {
        fn into_smi(self) -> Smi {
            let image = self.memory.object_image(self.array, 16);
            check_cover(&image);
            let footprint = self.memory.footprint([self.array]);
            self.seen.set(self.seen.get() + image.parts.len() + footprint.objects);
            smi(5)
        }
    }
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 2) });
    let seen = std::cell::Cell::new(0);
    let memory = scope.reserve(1024).unwrap();
    let array = array.get(&memory);
    let curious = Curious { memory: &memory, array, seen: &seen };
    let smis = Smis::new_reserved(&memory, SmisInit { smis: &[curious; 3] });
    array.set_elements(0, smis);
    assert_eq!((seen.get(), smis.smis(2)), (3 * (4 + 1), 5));
    assert_eq!(memory.footprint([array]).objects, 2);
}

#[test]
fn parts_cover_random_objects_exactly() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut random = Random::new(41);
    for round in 0..300 {
        let mut scope = scope.nested();
        let node = Node::new(&mut scope, NodeInit { value: random.below(1000) as i32, next: smi(round) });
        let most = random.below(8);
        let image = match random.below(4) {
            0 => {
                let object = everything(&mut scope, random.below(101) as i32, node, node);
                scope.object_image(object.get(&scope), most)
            }
            1 => {
                let bytes: Vec<u8> = (0..random.below(300)).map(|_| random.next() as u8).collect();
                let text = Text::new(&mut scope, TextInit { chars: &bytes[..] });
                let image = scope.object_image(text.get(&scope), most);
                let header = Text::HEADER_SIZE;
                assert_eq!(&image.bytes[header..header + bytes.len()], bytes);
                image
            }
            2 => {
                let length = random.below(50_000);
                let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(node, length) });
                scope.object_image(array.get(&scope), most)
            }
            _ => scope.object_image(node.get(&scope), most),
        };
        check_cover(&image);
        let decoded = image.parts.iter().filter(|part| part.index.is_some() && part.inner.is_none());
        assert!(decoded.filter(|part| part.kind != PartKind::Elided).count() <= 3 * most);
        if round % 60 == 59 {
            scope.collect(CollectionKind::Full);
        }
    }
}

#[test]
fn footprints_count_each_object_once() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let text = Text::new(&mut scope, TextInit { chars: b"abc" });
    let shared = Node::new(&mut scope, NodeInit { value: 1, next: text });
    let array = Array::new(&mut scope, ArrayInit { elements: Filled::new(shared, 10) });
    let weak = Node::new(&mut scope, NodeInit { value: 2, next: text });
    let behind = Node::new(&mut scope, NodeInit { value: 2, next: weak });
    let loud = Loud::new(&mut scope, LoudInit { parent: NodeInit { value: 0, next: array }, other: behind });
    let stone = scope.stone().address();
    for round in 0..3 {
        array.get(&scope).set_elements(9, scope.stone());
        shared.get(&scope).set_next(loud); // round in a circle
        array.get(&scope).set_elements(8, text);
        let footprint = scope.footprint([loud.get(&scope).as_tagged(), text.get(&scope).as_tagged(), smi(3).into()]);
        let rows: Vec<_> =
            footprint.classes.iter().map(|of| (of.class.name(), of.objects, of.bytes, of.weak_objects)).collect();
        let text_size = Text::size_for(3);
        assert_eq!(rows.len(), 5, "{footprint}");
        for row in [
            ("Array", 1, Array::size_for(10), 0),
            ("Loud", 1, Loud::SIZE, 0),
            ("Node", 1, Node::SIZE, 2),
            ("Text", 1, text_size, 0),
            ("Stone", 1, Stone::SIZE, 0),
        ] {
            assert!(rows.contains(&row), "no {row:?} in\n{footprint}");
        }
        assert_eq!((footprint.roots, footprint.objects, footprint.depth), (2, 5, 2));
        assert_eq!((footprint.weak_objects, footprint.weak_bytes), (2, 2 * Node::SIZE));
        assert_eq!(footprint.bytes, footprint.classes.iter().map(|of| of.bytes).sum::<usize>());
        assert_eq!(footprint.bytes, footprint.spaces.iter().map(|of| of.bytes).sum::<usize>());
        assert_eq!(footprint.references, 1 + 10 + 1);
        assert_eq!(footprint.wasted, text_size - Text::HEADER_SIZE - 3);
        assert_eq!(scope.stone().address(), stone);
        scope.collect(if round == 0 { CollectionKind::Young } else { CollectionKind::Full });
    }
    let nothing = scope.footprint([smi(1)]);
    assert_eq!((nothing.roots, nothing.objects, nothing.to_string().lines().count()), (0, 0, 1));
}

#[test]
fn waste_counts_padding_of_fields_structs_and_rounding() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let node = Node::new(&mut scope, NodeInit { value: 1, next: smi(0) });
    let object = everything(&mut scope, 3, node, node);
    let image = scope.object_image(object.get(&scope), 16);
    let is_waste = |part: &&ImagePart| matches!(part.kind, PartKind::Padding | PartKind::Rounding);
    let waste: usize = image.parts.iter().filter(is_waste).map(|part| part.size).sum();
    let footprint = scope.footprint([object.get(&scope)]);
    assert!(waste > 0);
    assert_eq!(footprint.classes.iter().map(|of| of.wasted).sum::<usize>(), waste);
}

#[test]
fn a_footprint_equals_the_statistics_after_a_full_collection() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let mut random = Random::new(3);
    let nodes = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 2000) });
    for i in 0..2000 {
        let next = nodes.get(&scope).elements(random.below(i + 1));
        let next: Handle<'_, _> = scope.handle(next);
        let node = Node::new(&mut scope, NodeInit { value: i as i32, next });
        nodes.get(&scope).set_elements(i, node);
    }
    scope.collect(CollectionKind::Full);
    let footprint = scope.footprint([nodes.get(&scope)]);
    let counted = |class: &str| scope.class_statistics().iter().find(|c| c.class.name() == class).map(|c| c.bytes);
    for of in &footprint.classes {
        assert_eq!(Some(of.bytes), counted(of.class.name()), "{}", of.class.name());
    }
    assert_eq!(footprint.objects, 2001);
}

#[test]
fn depth_costs_no_stack_and_a_million_objects_no_patience() {
    const LENGTH: usize = 1_000_000;
    let mut isolate = Isolate::builder().classes(&CLASSES).max_heap_size(512 << 20).build().unwrap();
    let mut scope = isolate.enter();
    let holder = Array::new(&mut scope, ArrayInit { elements: Filled::new(smi(0), 1) });
    for _ in 0..LENGTH {
        let mut inner = scope.nested();
        let next = inner.handle(holder.get(&inner).elements(0));
        let node = Node::new(&mut inner, NodeInit { value: 0, next });
        holder.get(&inner).set_elements(0, node);
    }
    let start = std::time::Instant::now();
    let footprint = scope.footprint([holder.get(&scope)]);
    assert_eq!((footprint.objects, footprint.depth), (LENGTH + 1, LENGTH));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
