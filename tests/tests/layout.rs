//! What a declaration becomes: constants, layout tables for both pointer widths, instance types, bit fields.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::layout::{
    Access, BitKind, BitStorage, FieldKind, FieldLayout, Member, PerWidth, PointerWidth, RawKind, TailLength, VisitorId,
};
use heapwright::prelude::*;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{BitfieldError, ClassLayout, HeapClass};
use heapwright_tests::panic_message;
use proptest::prelude::*;

/// How a shape is filled.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fill {
    Empty,
    Solid,
    Hatched,
}

/// Facts about a shape.
#[bitfield(u31)]
pub struct ShapeFlags {
    /// How it is filled.
    #[bits(2)]
    pub fill: Fill,
    #[bits(1)]
    pub visible: bool,
    #[bits(28)]
    pub rest: u32,
}

#[bitfield(u32)]
pub struct Opacity {
    #[bits(8)]
    pub alpha: u8,
    #[bits(24)]
    pub rgb: u32,
}

/// What all shapes are.
///
/// The second paragraph.
#[heap_object(abstract)]
pub struct Shape {
    /// Its name.
    name: Tagged<Any>,
    flags: SmiBits<ShapeFlags>,
}

#[heap_object(extends = Shape, open)]
pub struct Circle {
    radius: f64,
    owner: Weak<Shape>,
}

#[heap_object(extends = Circle)]
pub struct Disc {
    colour: u8,
    layer: i8,
    #[constant]
    depth: u16,
    opacity: Bits<Opacity>,
    below: Tagged<Option<Disc>>,
    rest: Tagged<(Circle, Text, Smi)>,
}

#[heap_object(extends = Shape)]
pub struct Square {
    side: Smi,
}

#[heap_object(extends = Shape)]
pub struct Polygon {
    #[constant]
    length: Smi,
    /// All corners.
    #[length = length]
    points: [f64],
}

#[heap_object]
pub struct Text {
    hash: u32,
    pad: OptionalPadding<4>,
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    chars: [u8],
}

#[heap_object]
pub struct Group {
    #[constant]
    count: Smi,
    #[length = count]
    members: [Tagged<Shape>],
}

#[heap_object]
pub struct Watchers {
    title: Tagged<Text>,
    #[constant]
    count: Smi,
    #[length = count]
    watched: [Weak<Shape>],
}

#[heap_object]
pub struct Ordered {
    #[relaxed]
    relaxed: Tagged<Any>,
    #[acquire_release]
    published: Tagged<Option<Ordered>>,
    #[relaxed]
    counter: u32,
    #[acquire_release]
    ready: bool,
    pad: Padding<3>,
    #[acquire_release]
    number: Smi,
}

#[heap_object]
pub struct Empty {}

heap_classes! {
    /// The classes of this file; those above them come along.
    pub static CLASSES = [Disc, Empty, Polygon, Square, Text, Group, Watchers, Ordered];
}

/// The number for the width that is compiled in.
const fn pick(compressed: usize, full: usize) -> usize {
    if TAGGED_SIZE == 4 { compressed } else { full }
}

fn field(layout: &'static ClassLayout, name: &str) -> &'static FieldLayout {
    layout.fields.iter().find(|f| f.name == name).unwrap()
}

fn offsets(layout: &ClassLayout) -> Vec<(&'static str, u32, u32)> {
    layout.fields.iter().map(|f| (f.name, f.offset.compressed, f.offset.full)).collect()
}

#[test]
fn offsets_of_both_widths_are_those_worked_out_by_hand() {
    assert_eq!(offsets(Shape::LAYOUT), [("name", 4, 8), ("flags", 8, 16)]);
    assert_eq!(offsets(Circle::LAYOUT), [("radius", 12, 24), ("owner", 20, 32)]);
    let disc = [
        ("colour", 24, 40),
        ("layer", 25, 41),
        ("depth", 26, 42),
        ("opacity", 28, 44),
        ("below", 32, 48),
        ("rest", 36, 56),
    ];
    assert_eq!(offsets(Disc::LAYOUT), disc);
    assert_eq!(offsets(Text::LAYOUT), [("hash", 4, 8), ("pad", 8, 12), ("length", 8, 16)]);
    let ends =
        [Shape::LAYOUT, Circle::LAYOUT, Disc::LAYOUT, Square::LAYOUT, Polygon::LAYOUT, Text::LAYOUT, Empty::LAYOUT]
            .map(|l| (l.end().compressed, l.end().full));
    assert_eq!(ends, [(12, 24), (24, 40), (40, 64), (16, 32), (16, 32), (12, 24), (4, 8)]);
}

#[test]
fn constants_are_those_of_the_width_compiled_in() {
    assert_eq!((Shape::NAME_OFFSET, Shape::FLAGS_OFFSET), (pick(4, 8), pick(8, 16)));
    assert_eq!((Circle::RADIUS_OFFSET, Circle::OWNER_OFFSET, Circle::SIZE), (pick(12, 24), pick(20, 32), pick(24, 40)));
    assert_eq!(
        (Disc::COLOUR_OFFSET, Disc::LAYER_OFFSET, Disc::DEPTH_OFFSET),
        (pick(24, 40), pick(25, 41), pick(26, 42))
    );
    assert_eq!(
        (Disc::OPACITY_OFFSET, Disc::BELOW_OFFSET, Disc::REST_OFFSET),
        (pick(28, 44), pick(32, 48), pick(36, 56))
    );
    assert_eq!((Disc::SIZE, Empty::SIZE, Square::SIZE), (pick(40, 64), pick(4, 8), pick(16, 32)));
    assert_eq!(
        (Text::HEADER_SIZE, Text::CHARS_OFFSET, Polygon::HEADER_SIZE),
        (pick(12, 24), pick(12, 24), pick(16, 32))
    );
    assert_eq!((Group::HEADER_SIZE, Watchers::WATCHED_OFFSET), (pick(8, 16), pick(12, 24)));
    for class in [Disc::CLASS, Circle::CLASS, Square::CLASS, Empty::CLASS] {
        for (_, field) in class.layout().all_fields() {
            assert_eq!(field.offset.current(), field.offset.get(PointerWidth::CURRENT));
        }
    }
    const IN_A_CONSTANT: usize = Text::size_for(7) + Disc::BELOW_OFFSET;
    assert_eq!(IN_A_CONSTANT, pick(20 + 32, 32 + 48));
}

#[test]
fn size_for_rounds_up_to_tagged_words() {
    let sizes: Vec<_> = [0, 1, 4, 5, 8, 9].map(Text::size_for).to_vec();
    assert_eq!(sizes, [pick(12, 24), pick(16, 32), pick(16, 32), pick(20, 32), pick(20, 32), pick(24, 40)]);
    assert_eq!((Polygon::size_for(0), Polygon::size_for(3)), (pick(16, 32), pick(40, 56)));
    assert_eq!(Group::size_for(5), pick(28, 56));
    for length in [usize::MAX, usize::MAX / 2, usize::MAX / 8 + 1] {
        assert!(Polygon::size_for(length) > isize::MAX as usize - 8, "no wrapping: {length}");
        assert_eq!(Polygon::size_for(length) % TAGGED_SIZE, 0);
    }
}

#[test]
fn sizes_of_objects_are_those_of_the_constants() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    for length in 0..40 {
        let text = Text::new(&mut scope, TextInit { hash: 1, chars: &vec![b'x'; length] });
        assert_eq!(text.get(&scope).as_heap_object().size(), Text::size_for(length));
        let parent = ShapeInit { name: text, flags: ShapeFlags::new() };
        let polygon = Polygon::new(&mut scope, PolygonInit { parent, points: Filled::new(1.5, length) });
        assert_eq!(polygon.get(&scope).as_heap_object().size(), Polygon::size_for(length));
        let group = Group::new(&mut scope, GroupInit { members: Filled::new(polygon, length) });
        assert_eq!(group.get(&scope).as_heap_object().size(), Group::size_for(length));
    }
    let empty = Empty::new(&mut scope, EmptyInit {});
    assert_eq!(empty.get(&scope).as_heap_object().size(), Empty::SIZE);
    scope.verify().unwrap();
    scope.collect(CollectionKind::Full);
    scope.verify().unwrap();
}

#[test]
fn strong_and_weak_sections() {
    let strong = |start, end| (start, end);
    assert_eq!(
        (Shape::START_OF_STRONG_FIELDS_OFFSET, Shape::END_OF_STRONG_FIELDS_OFFSET),
        strong(pick(4, 8), pick(8, 16))
    );
    assert_eq!(Shape::START_OF_WEAK_FIELDS_OFFSET, Shape::END_OF_WEAK_FIELDS_OFFSET, "none");
    assert_eq!(Circle::START_OF_STRONG_FIELDS_OFFSET, Circle::END_OF_STRONG_FIELDS_OFFSET, "own fields only");
    assert_eq!((Circle::START_OF_WEAK_FIELDS_OFFSET, Circle::END_OF_WEAK_FIELDS_OFFSET), (pick(20, 32), pick(24, 40)));
    assert_eq!((Disc::START_OF_STRONG_FIELDS_OFFSET, Disc::END_OF_STRONG_FIELDS_OFFSET), (pick(32, 48), pick(40, 64)));
    assert_eq!(Text::START_OF_STRONG_FIELDS_OFFSET, Text::END_OF_STRONG_FIELDS_OFFSET);
}

#[test]
fn the_collector_sees_the_shapes_that_the_fields_have() {
    let visitor = |class: &heapwright::ClassDescriptor| class.body().visitor_id();
    assert_eq!(visitor(Empty::CLASS), VisitorId::DataOnly);
    assert_eq!(visitor(Text::CLASS), VisitorId::DataOnly);
    assert_eq!(visitor(Square::CLASS), VisitorId::Range);
    assert_eq!(visitor(Polygon::CLASS), VisitorId::Range);
    assert_eq!(visitor(Circle::CLASS), VisitorId::Bitmap);
    assert_eq!(visitor(Disc::CLASS), VisitorId::Bitmap);
    assert_eq!(visitor(Group::CLASS), VisitorId::ToEnd);
    assert_eq!(visitor(Watchers::CLASS), VisitorId::ToEnd);
    // The map is no field of the object's: the collector looks at it by itself.
    let words = |class: &heapwright::ClassDescriptor| (class.body().first_word(), class.body().end_word());
    assert_eq!(words(Square::CLASS), (1, 2));
    assert_eq!(Disc::CLASS.pointer_bitmap(), if TAGGED_SIZE == 4 { 0b11_0010_0010 } else { 0b1101_0010 });
    assert_eq!(usize::from(Disc::CLASS.body().size_in_words()) * TAGGED_SIZE, Disc::SIZE);
    assert!(Group::CLASS.body().has_tail() && Group::CLASS.body().tail_is_tagged());
    assert!(Text::CLASS.body().has_tail() && !Text::CLASS.body().tail_is_tagged());
    assert_eq!(Polygon::CLASS.body().element_size_log2(), 3);
    // A Smi of 8 bytes is its upper half.
    assert_eq!(usize::from(Polygon::CLASS.body().length_at()) * 4, Polygon::LENGTH_OFFSET + TAGGED_SIZE - 4);
}

#[test]
fn tables_say_what_the_declaration_says() {
    let shape = Shape::LAYOUT;
    assert_eq!((shape.name, shape.module_path), ("Shape", "layout"));
    assert!(shape.file.ends_with("tests/layout.rs"), "{}", shape.file);
    assert_eq!(shape.doc, "What all shapes are.\n\nThe second paragraph.");
    assert!(shape.is_abstract && shape.is_open);
    assert!(!Circle::LAYOUT.is_abstract && Circle::LAYOUT.is_open && !Disc::LAYOUT.is_open);
    let source = include_str!("layout.rs");
    for class in CLASSES.classes() {
        let layout = class.layout();
        let line = source.lines().nth(layout.line as usize - 1).unwrap();
        assert!(line.contains(&format!("pub struct {} ", layout.name)), "{} says line {}", layout.name, layout.line);
        for field in layout.fields {
            let line = source.lines().nth(field.line as usize - 1).unwrap().trim();
            assert_eq!(line, format!("{}: {},", field.name, field.type_name), "line {}", field.line);
        }
    }
    assert_eq!(field(shape, "name").doc, "Its name.");
    assert_eq!(field(shape, "flags").doc, "");
    assert!(field(Disc::LAYOUT, "depth").constant && !field(Disc::LAYOUT, "colour").constant);
    assert!(matches!(field(Disc::LAYOUT, "layer").kind, FieldKind::Raw(RawKind::I8)));
    assert!(matches!(field(Circle::LAYOUT, "radius").kind, FieldKind::Raw(RawKind::F64)));
    assert!(matches!(field(Square::LAYOUT, "side").kind, FieldKind::Smi));
    assert!(matches!(field(shape, "flags").kind, FieldKind::SmiBits(l) if l.name == "ShapeFlags"));
    assert!(matches!(field(Disc::LAYOUT, "opacity").kind, FieldKind::Bits(l) if l.storage == BitStorage::U32));
    let FieldKind::Weak(types) = field(Circle::LAYOUT, "owner").kind else { panic!("weak") };
    assert_eq!(format!("{types:?}"), "Shape");
    let FieldKind::Tagged(types) = field(Disc::LAYOUT, "rest").kind else { panic!("tagged") };
    assert_eq!(format!("{types:?}"), "Circle | Text | Smi");
    assert!(types.admits_smi() && types.admits_class(Disc::CLASS) && !types.admits_class(Square::CLASS));
    assert!(matches!(types.members()[0], Member::Class(c) if c == Circle::CLASS));
    let FieldKind::Tagged(types) = field(Disc::LAYOUT, "below").kind else { panic!("tagged") };
    assert_eq!(format!("{types:?}"), "Disc | None");
    assert_eq!(field(Disc::LAYOUT, "below").size, PerWidth::tagged(1));
    assert_eq!(field(Text::LAYOUT, "pad").size, PerWidth { compressed: 0, full: 4 });

    let tail = Polygon::LAYOUT.tails[0];
    assert_eq!((tail.name, tail.type_name, tail.doc), ("points", "[f64]", "All corners."));
    assert_eq!(tail.length, TailLength::Field("length"));
    assert_eq!((tail.element_size, tail.constant), (PerWidth::both(8), false));
    assert!(Text::LAYOUT.tails[0].constant);
    assert_eq!(Group::LAYOUT.tails[0].element_size, PerWidth::tagged(1));

    let access: Vec<_> = Ordered::LAYOUT.fields.iter().map(|f| f.access).collect();
    let (plain, relaxed, ordered) = (Access::Plain, Access::Relaxed, Access::AcquireRelease);
    assert_eq!(access, [relaxed, ordered, relaxed, ordered, plain, ordered]);
}

#[test]
fn lineage_and_lookup() {
    let names: Vec<_> = Disc::LAYOUT.lineage().iter().map(|l| l.name).collect();
    assert_eq!(names, ["HeapObject", "Shape", "Circle", "Disc"]);
    let fields: Vec<_> = Disc::LAYOUT.all_fields().map(|(class, field)| (class.name, field.name)).collect();
    assert_eq!(fields[..3], [("HeapObject", "map"), ("Shape", "name"), ("Shape", "flags")]);
    assert_eq!(fields.len(), 11);
    assert_eq!(Disc::LAYOUT.find_field("name").unwrap().offset, PerWidth { compressed: 4, full: 8 });
    assert!(Disc::LAYOUT.find_field("nothing").is_none());
    assert_eq!((Disc::CLASS.depth(), Empty::CLASS.depth()), (3, 1));
    assert_eq!(Disc::CLASS.parent(), Some(Circle::CLASS));
    assert!(Disc::CLASS.is_subclass_of(Shape::CLASS) && !Shape::CLASS.is_subclass_of(Disc::CLASS));
    assert!(!Disc::CLASS.is_subclass_of(Square::CLASS));
    assert_eq!(CLASSES.crate_name(), "heapwright-tests");
    assert_eq!(format!("{:?}", Disc::CLASS), "class layout::Disc");
}

/// The types of all classes below one follow its own without gaps, whatever the order of the list.
#[test]
fn instance_types_of_a_subtree_are_contiguous() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let scope = isolate.enter();
    let classes = scope.classes();
    for (i, class) in classes.iter().enumerate() {
        let below: Vec<_> =
            classes.iter().enumerate().filter(|(_, c)| c.is_subclass_of(class)).map(|(j, _)| j).collect();
        assert_eq!(below, (i..i + below.len()).collect::<Vec<_>>(), "below {}", class.name());
    }
    let names: Vec<_> = classes.iter().map(|c| c.name()).collect();
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    for expected in ["HeapObject", "Map", "Shape", "Circle", "Disc", "Ordered"] {
        assert!(names.contains(&expected), "{names:?}");
    }
    // Numbers of their own have those with instances, in the same order.
    let concrete: Vec<_> = classes.iter().filter(|c| !c.layout().is_abstract).collect();
    let position = |class| concrete.iter().position(|c| **c == class).unwrap();
    assert_eq!(usize::from(scope.instance_type::<Disc>()), position(Disc::CLASS));
    assert_eq!(usize::from(scope.class_map::<Empty>().instance_type()), position(Empty::CLASS));
    assert_eq!(scope.instance_type_range::<Circle>().unwrap().last, scope.instance_type::<Disc>());
    assert_eq!(scope.class_map::<Disc>().class(), Disc::CLASS);
    assert_eq!(usize::from(scope.class_map::<Disc>().instance_size_in_words()) * TAGGED_SIZE, Disc::SIZE);
    assert_eq!(scope.class_map::<Text>().instance_size_in_words(), 0, "it depends on the length");
}

#[test]
fn casts_follow_the_tree() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let shape = || ShapeInit { name: smi(0), flags: ShapeFlags::new().with_visible(true) };
    let circle = || CircleInit { parent: shape(), radius: 2.5, owner: Nil };
    let disc = DiscInit {
        parent: circle(),
        colour: 200,
        layer: -3,
        depth: 65_535,
        opacity: Opacity::new().with_alpha(255).with_rgb(0xff_ffff),
        below: Nil,
        rest: smi(1),
    };
    let disc = Disc::new(&mut scope, disc);
    let round = Circle::new(&mut scope, circle());
    let square = Square::new(&mut scope, SquareInit { parent: shape(), side: 4 });
    let disc = disc.get(&scope);
    let as_shape: &Shape = disc;
    assert!(as_shape.is::<Circle>() && as_shape.is::<Disc>() && !as_shape.is::<Square>() && as_shape.is::<Shape>());
    assert!(!as_shape.is_exactly::<Circle>() && as_shape.is_exactly::<Disc>());
    assert_eq!(as_shape.cast::<Disc>().layer(), -3);
    assert_eq!((disc.radius(), disc.colour(), disc.depth()), (2.5, 200, 65_535));
    assert!(disc.visible() && disc.fill() == Fill::Empty);
    assert_eq!((disc.alpha(), disc.opacity().rgb()), (255, 0xff_ffff));
    disc.set_fill(Fill::Hatched);
    disc.set_rgb(1);
    assert_eq!((disc.fill(), disc.visible(), disc.alpha(), disc.rgb()), (Fill::Hatched, true, 255, 1));
    let round: &Shape = round.get(&scope);
    assert!(round.try_cast::<Disc>().is_none() && round.try_cast::<Circle>().is_some());
    let square = square.get(&scope);
    assert!(square.as_tagged().try_cast::<Circle>().is_none());
    let message = panic_message(|| square.as_tagged().cast::<Circle>().radius());
    assert!(message.starts_with("cast to Circle of <Square 0x"), "{message}");
    assert_eq!(panic_message(|| disc.rest().cast::<Text>().hash()), "cast to Text of the Smi 1");
}

#[test]
fn a_class_that_is_not_registered_is_named() {
    let mut isolate = Isolate::builder().build().unwrap();
    let mut scope = isolate.enter();
    let message = panic_message(|| Empty::new(&mut scope, EmptyInit {}));
    assert!(message.contains("class `Empty` (layout) is not registered in this isolate"), "{message}");
    scope.verify().unwrap();
}

#[test]
fn debug_prints_fields_and_elements() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let text = Text::new(&mut scope, TextInit { hash: 9, chars: b"abc" });
    assert_eq!(format!("{:?}", text.get(&scope)), "Text { hash: 9, length: 3, chars: [97, 98, 99] }");
    let long = Text::new(&mut scope, TextInit { hash: 9, chars: &[7; 50] });
    assert!(format!("{:?}", long.get(&scope)).ends_with(", 7, … 34 more] }"));
    let flags = ShapeFlags::new().with_fill(Fill::Solid).with_rest(5);
    let parent = ShapeInit { name: text, flags };
    let circle = Circle::new(&mut scope, CircleInit { parent, radius: -0.5, owner: Nil });
    circle.get(&scope).set_owner(circle);
    let address = |object: &HeapObject| format!("{:#x}", object.address());
    let (circle, text) = (circle.get(&scope), text.get(&scope));
    let expected = format!(
        "Circle {{ name: <Text {}>, flags: ShapeFlags {{ fill: Solid, visible: false, rest: 5 }}, radius: -0.5, owner: weak <Circle {}> }}",
        address(text.as_heap_object()),
        address(circle.as_heap_object())
    );
    assert_eq!(format!("{circle:?}"), expected);
    let verbose = format!("{circle:#?}");
    assert!(verbose.contains(&format!("{} bytes, new_space", Circle::SIZE)), "{verbose}");
    assert!(verbose.contains(&format!("\n    {:>4}  radius: -0.5", Circle::RADIUS_OFFSET)), "{verbose}");
}

#[test]
fn ordered_accessors_store_and_load() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let init = || OrderedInit { relaxed: smi(1), published: Nil, counter: 2, ready: false, number: 3 };
    let old = Ordered::try_new_in(&mut scope, AllocationType::Old, init()).unwrap();
    let young = Ordered::new(&mut scope, init());
    let raw = old.get(&scope);
    raw.set_relaxed(young);
    raw.set_published(young);
    raw.set_counter(u32::MAX);
    raw.set_ready(true);
    raw.set_number(-7);
    for kind in [CollectionKind::Young, CollectionKind::Young, CollectionKind::Full] {
        scope.collect(kind);
        let (old, young) = (old.get(&scope), young.get(&scope));
        assert!(core::ptr::eq(old.relaxed().cast::<Ordered>(), young));
        assert!(core::ptr::eq(old.published().unwrap(), young));
        assert_eq!((old.counter(), old.ready(), old.number()), (u32::MAX, true, -7));
        assert_eq!((young.counter(), young.ready(), young.number()), (2, false, 3));
    }
}

// ---- bit fields ----

/// No zero, gaps between the values.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Sparse {
    Two = 2,
    Five = 5,
    Six,
}

/// Unknown patterns are `Other`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Lenient {
    A,
    B,
    #[fallback]
    Other = 7,
}

#[bitfield(u8)]
pub struct Small {
    #[bits(3)]
    pub low: u8,
    #[bits(3)]
    pub high: u8,
}

/// Every kind of field.
#[bitfield(u64)]
pub struct Mixed {
    /// The lowest bit.
    #[bits(1)]
    pub first: bool,
    #[bits(7)]
    pub seven: u8,
    #[bits(13)]
    pub signed: i16,
    #[bits(3)]
    __: (),
    #[bits(20)]
    pub twenty: u32,
    #[bits(3)]
    pub sparse: Sparse,
    #[bits(3)]
    pub lenient: Lenient,
    #[bits(6, nested)]
    pub small: Small,
    #[bits(8)]
    pub whole: i8,
}

#[bitfield(u64)]
pub struct AllUnsigned {
    #[bits(64)]
    pub all: u64,
}

#[bitfield(u64)]
pub struct AllSigned {
    #[bits(64)]
    pub all: i64,
}

#[bitfield(u31)]
pub struct Top {
    #[bits(30)]
    pub low: u32,
    #[bits(1)]
    pub top: bool,
}

#[heap_object]
pub struct Packed {
    mixed: Bits<Mixed>,
    top: SmiBits<Top>,
    small: Bits<Small>,
    pad: Padding<3>,
    pad2: OptionalPadding<4>,
}

heap_classes! { pub static BIT_CLASSES = [Packed]; }

#[test]
fn shifts_sizes_masks_and_limits() {
    assert_eq!((Mixed::FIRST_SHIFT, Mixed::FIRST_SIZE, Mixed::FIRST_MASK), (0, 1, 1));
    assert_eq!((Mixed::SEVEN_SHIFT, Mixed::SEVEN_SIZE, Mixed::SEVEN_MASK, Mixed::SEVEN_MAX), (1, 7, 0xfe, 127));
    assert_eq!((Mixed::SIGNED_SHIFT, Mixed::SIGNED_SIZE, Mixed::SIGNED_MAX, Mixed::SIGNED_MIN), (8, 13, 4095, -4096));
    assert_eq!((Mixed::TWENTY_SHIFT, Mixed::TWENTY_MASK, Mixed::TWENTY_MAX), (24, 0xf_ffff << 24, 0xf_ffff));
    assert_eq!((Mixed::SPARSE_SHIFT, Mixed::LENIENT_SHIFT, Mixed::SMALL_SHIFT, Mixed::WHOLE_SHIFT), (44, 47, 50, 56));
    assert_eq!((Mixed::WHOLE_MAX, Mixed::WHOLE_MIN), (127, -128));
    assert_eq!((AllUnsigned::ALL_MASK, AllUnsigned::ALL_MAX, AllSigned::ALL_MIN), (u64::MAX, u64::MAX, i64::MIN));
    assert_eq!((Top::TOP_SHIFT, Top::LOW_MAX), (30, (1 << 30) - 1));
    let layout = <Mixed as heapwright::Bitfield>::LAYOUT;
    assert_eq!((layout.name, layout.doc, layout.storage), ("Mixed", "Every kind of field.", BitStorage::U64));
    let shape: Vec<_> = layout.fields.iter().map(|f| (f.name, f.shift, f.size)).collect();
    let expected = [
        ("first", 0, 1),
        ("seven", 1, 7),
        ("signed", 8, 13),
        ("", 21, 3),
        ("twenty", 24, 20),
        ("sparse", 44, 3),
        ("lenient", 47, 3),
        ("small", 50, 6),
        ("whole", 56, 8),
    ];
    assert_eq!(shape, expected);
    assert!(matches!(layout.fields[3].kind, BitKind::Gap) && layout.fields[0].doc == "The lowest bit.");
    assert!(matches!(layout.fields[5].kind, BitKind::Enum([("Two", 2), ("Five", 5), ("Six", 6)])));
    assert!(matches!(layout.fields[7].kind, BitKind::Nested(l) if l.name == "Small"));
}

#[test]
fn enums_without_zero_and_with_a_fallback() {
    assert_eq!((Sparse::BITS, Lenient::BITS, Fill::BITS), (3, 3, 2));
    assert_eq!((Sparse::from_bits(5), Sparse::from_bits(0), Sparse::from_bits(7)), (Some(Sparse::Five), None, None));
    assert_eq!((Lenient::from_bits(1), Lenient::from_bits(4)), (Some(Lenient::B), Some(Lenient::Other)));
    assert_eq!(Sparse::Six.into_bits(), 6);
    // A new bit field holds a value of each enum.
    assert_eq!((Mixed::new().sparse(), Mixed::default().lenient()), (Sparse::Two, Lenient::A));
    assert_eq!(Mixed::new().into_bits(), 2 << 44);
    let bad = Mixed::from_bits(3 << 44);
    let error = BitfieldError::NoVariant { field: "sparse", bits: 3 };
    assert_eq!(Mixed::try_decode_sparse(bad.into_bits()), Err(error));
    assert_eq!(Mixed::try_from_bits(3 << 44), Err(error));
    assert_eq!(error.to_string(), "0b11 is no variant of `sparse`");
    assert!(panic_message(|| bad.sparse()).contains("no variant"));
    assert!(format!("{bad:?}").contains("sparse: 3,"), "{bad:?}");
    assert_eq!(Mixed::try_decode_lenient(5 << 47), Ok(Lenient::Other));
    let reserved = Mixed::try_from_bits(2 << 44 | 0b101 << 21).unwrap_err();
    assert_eq!(reserved, BitfieldError::Reserved { bitfield: "Mixed", bits: 0b101 << 21 });
    // Two bits of the nested field's storage belong to nothing.
    assert_eq!(Mixed::try_from_bits(2 << 44).map(Mixed::into_bits), Ok(2 << 44));
    assert!(Small::try_from_bits(0x40).is_err() && Top::try_from_bits(1 << 31).is_err());
    assert_eq!(Top::from_bits(u32::MAX).into_bits(), (1 << 31) - 1);
}

#[test]
fn errors_name_field_value_and_limit() {
    let error = Mixed::try_encode_seven(128).unwrap_err();
    assert_eq!(error, BitfieldError::TooLarge { field: "seven", value: 128, maximum: 127 });
    assert_eq!(error.to_string(), "128 does not fit `seven`: at most 127");
    let error = Mixed::new().try_with_signed(-4097).unwrap_err();
    assert_eq!(error, BitfieldError::OutOfRange { field: "signed", value: -4097, minimum: -4096, maximum: 4095 });
    assert_eq!(error.to_string(), "-4097 does not fit `signed`: -4096 to 4095");
    assert!(panic_message(|| Mixed::new().with_twenty(1 << 20)).contains("does not fit"));
    assert!(panic_message(|| Mixed::encode_seven(200)).contains("does not fit"));
    let mut mixed = Mixed::new();
    assert!(panic_message(|| mixed.set_seven(128)).contains("does not fit"));
    assert_eq!(mixed, Mixed::new());
    const _: () = assert!(Mixed::is_valid_seven(127) && !Mixed::is_valid_seven(128));
    const MADE: Mixed = Mixed::new().with_first(true).with_signed(-1);
    assert_eq!(MADE.into_bits(), 1 | 0x1fff << 8 | 2 << 44);
    assert_eq!(
        format!("{MADE:?}"),
        "Mixed { first: true, seven: 0, signed: -1, twenty: 0, sparse: Two, lenient: A, small: Small { low: 0, high: 0 }, whole: 0 }"
    );
}

/// Bits `shift..shift + size` of a number.
fn part(bits: u64, shift: u32, size: u32) -> u64 {
    let bits = u128::from(bits) >> shift;
    (bits & ((1 << size) - 1)) as u64
}

/// The number with those bits replaced.
fn with_part(bits: u64, shift: u32, size: u32, value: u64) -> u64 {
    let mask = (((1_u128 << size) - 1) << shift) as u64;
    (bits & !mask) | ((u128::from(value) << shift) as u64 & mask)
}

fn sign(value: u64, size: u32) -> i64 {
    (value << (64 - size)) as i64 >> (64 - size)
}

macro_rules! field_agrees {
    ($Bits:ident, $bits:expr, $value:expr, $int:ty, $shift:literal, $size:literal, signed $signed:literal,
     $get:ident $set:ident $with:ident $try_with:ident $encode:ident $try_encode:ident $decode:ident $update:ident $is_valid:ident) => {{
        let (bits, value) = ($bits, $value as $int);
        let fits = if $signed {
            let half = 1_i128 << ($size - 1);
            (-half..half).contains(&i128::from(value as i64))
        } else {
            u128::from(value as u64) < 1_u128 << $size
        };
        let expected = part(bits, $shift, $size);
        let expected = if $signed { sign(expected, $size) as $int } else { expected as $int };
        prop_assert_eq!($Bits::$decode(bits), expected);
        prop_assert_eq!($Bits::from_bits(bits).$get(), expected);
        prop_assert_eq!($Bits::$is_valid(value), fits);
        if fits {
            let replaced = with_part(bits, $shift, $size, value as u64);
            prop_assert_eq!($Bits::$update(bits, value), replaced);
            prop_assert_eq!($Bits::from_bits(bits).$with(value).into_bits(), replaced);
            prop_assert_eq!($Bits::from_bits(bits).$try_with(value).unwrap().into_bits(), replaced);
            prop_assert_eq!($Bits::$encode(value), with_part(0, $shift, $size, value as u64));
            prop_assert_eq!($Bits::$try_encode(value), Ok($Bits::$encode(value)));
            let mut set = $Bits::from_bits(bits);
            set.$set(value);
            prop_assert_eq!(set.into_bits(), replaced);
            prop_assert_eq!(set.$get(), value);
        } else {
            prop_assert!($Bits::$try_encode(value).is_err());
            prop_assert!($Bits::from_bits(bits).$try_with(value).is_err());
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_integer_field_agrees_with_arithmetic_on_u64(bits: u64, value: u64, narrow in 0_u32..64) {
        // Small values too: most random ones fit no field.
        for value in [value, value >> narrow, !(value >> narrow)] {
            field_agrees!(Mixed, bits, value, u8, 1, 7, signed false, seven set_seven with_seven try_with_seven
                encode_seven try_encode_seven decode_seven update_seven is_valid_seven);
            field_agrees!(Mixed, bits, value, i16, 8, 13, signed true, signed set_signed with_signed try_with_signed
                encode_signed try_encode_signed decode_signed update_signed is_valid_signed);
            field_agrees!(Mixed, bits, value, u32, 24, 20, signed false, twenty set_twenty with_twenty try_with_twenty
                encode_twenty try_encode_twenty decode_twenty update_twenty is_valid_twenty);
            field_agrees!(Mixed, bits, value, i8, 56, 8, signed true, whole set_whole with_whole try_with_whole
                encode_whole try_encode_whole decode_whole update_whole is_valid_whole);
            field_agrees!(AllUnsigned, bits, value, u64, 0, 64, signed false, all set_all with_all try_with_all
                encode_all try_encode_all decode_all update_all is_valid_all);
            field_agrees!(AllSigned, bits, value, i64, 0, 64, signed true, all set_all with_all try_with_all
                encode_all try_encode_all decode_all update_all is_valid_all);
        }
    }

    #[test]
    fn bools_enums_and_nested_fields_agree_too(bits: u64, on: bool, low in 0_u8..8, high in 0_u8..8) {
        prop_assert_eq!(Mixed::decode_first(bits), bits & 1 == 1);
        prop_assert_eq!(Mixed::update_first(bits, on), bits & !1 | u64::from(on));
        let sparse = match part(bits, 44, 3) {
            2 => Some(Sparse::Two),
            5 => Some(Sparse::Five),
            6 => Some(Sparse::Six),
            _ => None,
        };
        prop_assert_eq!(Mixed::try_decode_sparse(bits).ok(), sparse);
        let small = Mixed::decode_small(bits);
        prop_assert_eq!(u64::from(small.into_bits()), part(bits, 50, 6));
        prop_assert_eq!((u64::from(small.low()), u64::from(small.high())), (part(bits, 50, 3), part(bits, 53, 3)));
        let small = Small::new().with_low(low).with_high(high);
        prop_assert_eq!(Mixed::update_small(bits, small), with_part(bits, 50, 6, u64::from(low | high << 3)));
        prop_assert_eq!(Mixed::try_from_bits(bits).is_ok(), part(bits, 21, 3) == 0 && sparse.is_some());
        // Debug prints whatever the bits are.
        let (text, start) = (format!("{:?}", Mixed::from_bits(bits)), "Mixed { first: ");
        prop_assert!(text.starts_with(start));
    }

    #[test]
    fn an_object_holds_every_pattern(mixed: u64, top: u32, small: u8) {
        let mut isolate = Isolate::builder().classes(&BIT_CLASSES).build().unwrap();
        let mut scope = isolate.enter();
        let (mixed, top, small) = (Mixed::from_bits(mixed), Top::from_bits(top), Small::from_bits(small));
        let made = Packed::new(&mut scope, PackedInit { mixed, top, small });
        let late = PackedInit { mixed: Mixed::new(), top: Top::new(), small: Small::new() };
        let late = Packed::new(&mut scope, late);
        late.get(&scope).set_mixed(mixed);
        late.get(&scope).set_top(top);
        PackedBits::check(late.get(&scope), mixed, top)?;
        late.get(&scope).set_small(small);
        scope.collect(CollectionKind::Young);
        for packed in [made, late] {
            let packed = packed.get(&scope);
            prop_assert_eq!((packed.mixed(), packed.top(), packed.small()), (mixed, top, small));
            // Through the object itself.
            prop_assert_eq!((packed.seven(), packed.signed()), (mixed.seven(), mixed.signed()));
        }
        prop_assert!(scope.verify().is_ok());
    }
}

struct PackedBits;

impl PackedBits {
    /// A store into one bit field leaves its neighbours alone.
    fn check(packed: &Packed, mixed: Mixed, top: Top) -> Result<(), TestCaseError> {
        packed.set_small(Small::from_bits(u8::MAX));
        prop_assert_eq!((packed.mixed(), packed.top()), (mixed, top));
        packed.set_small(Small::new());
        prop_assert_eq!((packed.mixed(), packed.top()), (mixed, top));
        Ok(())
    }
}
