//! `match_class!` and exact casts, from a user's crate.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_tests::panic_message;

#[heap_object(abstract)]
pub struct Shape {
    #[constant]
    id: Smi,
}

#[heap_object(extends = Shape, open)]
pub struct Polygon {
    #[constant]
    corners: Smi,
}

#[heap_object(extends = Polygon)]
pub struct Square {
    #[constant]
    side: Smi,
}

#[heap_object(extends = Shape)]
pub struct Circle {
    #[constant]
    radius: Smi,
}

#[heap_object]
pub struct Text {
    #[constant]
    length: Smi,
    #[constant]
    #[length = length]
    bytes: [u8],
}

#[heap_object]
pub struct Holder {
    union: Tagged<(Polygon, Circle, Smi)>,
    any: Tagged<Any>,
    optional: Tagged<Option<Shape>>,
}

heap_classes! { pub static CLASSES = [Shape, Polygon, Square, Circle, Text, Holder]; }

fn union(value: Tagged<'_, (Polygon, Circle, Smi)>) -> i32 {
    match_class!(match value {
        Circle(circle) => circle.radius(),
        Square(square) => 100 + square.side(),
        Polygon(polygon) => 200 + polygon.corners(),
        Smi(n) => n,
    })
}

fn exactly(value: Tagged<'_, (Polygon, Circle, Smi)>) -> &'static str {
    match_class!(match value {
        #[exactly]
        Polygon(_) => "polygon",
        Shape(shape) if shape.id() == 1 => "the first",
        Shape(_) => "shape",
        Smi(0) => "zero",
        Smi(n) if n < 0 => "negative",
        Smi(_) => "positive",
    })
}

fn any(value: Tagged<'_, Any>) -> String {
    match_class!(match value {
        Smi(n @ 1..=9) => format!("digit {n}"),
        Text(_) | Circle(_) => "round or text".to_owned(),
        self::Polygon(polygon) => format!("{} corners", polygon.corners()),
        other if other.is_smi() => "other smi".to_owned(),
        other => format!("{other:?}"),
    })
}

fn everything(value: Tagged<'_, Any>) -> bool {
    match_class!(match value {
        heapwright::HeapObject(_) => true,
        heapwright::Smi(_) => false,
    })
}

fn optional(value: Option<&Shape>) -> i32 {
    match_class!(match value {
        None => -1,
        Polygon(polygon) => polygon.corners(),
        #[exactly]
        Circle(circle) => circle.radius(),
        Shape(shape) => shape.id(),
    })
}

fn none_or_circle(value: Option<&Shape>) -> bool {
    match_class!(match value {
        None | Circle(_) => true,
        _ => false,
    })
}

fn reference(shape: &Shape) -> Option<i32> {
    // Control flow is that of where the macro stands.
    for _ in 0..2 {
        let side = match_class!(match shape {
            Square(square) => square.side(),
            Circle(_) => return None,
            mut other => {
                other = other.upcast();
                if other.id() > 5 {
                    break;
                }
                continue;
            }
        });
        return Some(side);
    }
    Some(-1)
}

fn leaves(value: Tagged<'_, (Square, Circle)>) -> i32 {
    match_class!(match value {
        #[exactly]
        Square(square) => square.side(),
        Circle(circle) => circle.radius(),
    })
}

#[test]
fn the_first_arm_that_matches_is_taken() {
    let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let shape = |id| ShapeInit { id };
    let polygon = Polygon::new(&mut scope, PolygonInit { parent: shape(1), corners: 3 });
    let square = PolygonInit { parent: shape(1), corners: 4 };
    let square = Square::new(&mut scope, SquareInit { parent: square, side: 7 });
    let circle = Circle::new(&mut scope, CircleInit { parent: shape(9), radius: 5 });
    let text = Text::new(&mut scope, TextInit { bytes: b"abc" });
    let holder = Holder::new(&mut scope, HolderInit { union: smi(0), any: smi(0), optional: Nil });
    let holder = holder.get(&scope);

    let mut of_union = Vec::new();
    holder.set_union(polygon);
    of_union.push((union(holder.union()), exactly(holder.union())));
    holder.set_union(square);
    of_union.push((union(holder.union()), exactly(holder.union())));
    holder.set_union(circle);
    of_union.push((union(holder.union()), exactly(holder.union())));
    for n in [0, -3, 3] {
        holder.set_union(smi(n));
        of_union.push((union(holder.union()), exactly(holder.union())));
    }
    let expected = [(203, "polygon"), (107, "the first"), (5, "shape"), (0, "zero"), (-3, "negative"), (3, "positive")];
    assert_eq!(of_union, expected);

    let mut of_any = Vec::new();
    for value in [
        smi(5).into(),
        smi(50).into(),
        text.get(&scope).as_tagged(),
        circle.get(&scope).as_tagged(),
        square.get(&scope).as_tagged(),
    ] {
        of_any.push(any(value));
        assert_eq!(everything(value), !value.is_smi());
    }
    assert_eq!(of_any, ["digit 5", "other smi", "round or text", "round or text", "4 corners"]);
    assert!(any(holder.as_tagged()).contains("Holder"));

    assert_eq!(optional(holder.optional()), -1);
    holder.set_optional(square);
    assert_eq!((optional(holder.optional()), none_or_circle(holder.optional())), (4, false));
    holder.set_optional(circle);
    assert_eq!((optional(holder.optional()), none_or_circle(holder.optional())), (5, true));
    assert!(none_or_circle(None));

    assert_eq!(reference(square.get(&scope)), Some(7));
    assert_eq!(reference(circle.get(&scope)), None);
    assert_eq!(reference(polygon.get(&scope)), Some(-1));
    let narrow = |value: Tagged<'_, Any>| value.try_narrow::<(Square, Circle)>().map(leaves);
    assert_eq!(narrow(square.get(&scope).as_tagged()), Some(7));
    assert_eq!(narrow(circle.get(&scope).as_tagged()), Some(5));
    assert_eq!(narrow(polygon.get(&scope).as_tagged()), None);
}

#[test]
fn exact_casts_leave_out_classes_below() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let square = PolygonInit { parent: ShapeInit { id: 1 }, corners: 4 };
    let square = Square::new(&mut scope, SquareInit { parent: square, side: 7 });
    let polygon = Polygon::new(&mut scope, PolygonInit { parent: ShapeInit { id: 2 }, corners: 3 });
    let (square, polygon) = (square.get(&scope), polygon.get(&scope));
    let shape: &Shape = square.upcast();
    assert!(shape.is::<Polygon>() && !shape.is_exactly::<Polygon>() && shape.try_cast_exact::<Polygon>().is_none());
    assert_eq!(shape.try_cast_exact::<Square>().map(Square::side), Some(7));
    assert_eq!(polygon.try_cast_exact::<Polygon>().map(Polygon::corners), Some(3));
    let value = square.as_tagged();
    assert!(value.is::<Polygon>() && !value.is_exactly::<Polygon>() && value.is_exactly::<Square>());
    assert!(value.try_cast_exact::<Shape>().is_none() && value.try_cast_exact::<Square>().is_some());
    let number: Tagged<'_, Any> = smi(0).into();
    assert!(!number.is_exactly::<Square>() && number.try_cast_exact::<HeapObject>().is_none());
}

#[test]
fn narrowing_admits_what_the_type_describes() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let circle = Circle::new(&mut scope, CircleInit { parent: ShapeInit { id: 9 }, radius: 5 });
    let circle = circle.get(&scope).as_tagged();
    let number = |n| Tagged::from(smi(n));
    assert!(circle.try_narrow::<Shape>().is_some() && circle.try_narrow::<Polygon>().is_none());
    assert!(circle.try_narrow::<Any>().is_some() && number(3).try_narrow::<Any>().is_some());
    assert_eq!((number(3).try_narrow::<Smi>(), circle.try_narrow::<Smi>()), (Some(3), None));
    assert!(matches!(number(0).try_narrow::<Option<Shape>>(), Some(None)));
    assert!(matches!(circle.try_narrow::<Option<Shape>>(), Some(Some(_))));
    assert!(number(1).try_narrow::<Option<Shape>>().is_none(), "no object is the Smi zero alone");
    assert!(circle.try_narrow::<Option<Text>>().is_none());
    assert!(circle.try_narrow::<(Text, Polygon)>().is_none() && circle.try_narrow::<(Text, Shape)>().is_some());
    assert!(number(1).try_narrow::<(Text, Shape)>().is_none() && number(1).try_narrow::<(Text, Smi)>().is_some());
}

trait Twins {
    type Twin: heapwright::HeapClass;
    fn make(scope: &mut HandleScope<'_>) -> Global<Self::Twin>;
}

enum Left {}
enum Right {}

/// Classes that look the same to the check of the arms: one name, module, file and line.
macro_rules! twins {
    ($($side:ident)*) => { $(
        const _: () = {
            #[heap_object]
            struct Twin {
                #[constant]
                value: Smi,
            }

            impl Twins for $side {
                type Twin = Twin;
                fn make(scope: &mut HandleScope<'_>) -> Global<Twin> {
                    let twin = Twin::new(scope, TwinInit { value: 1 });
                    Global::new(scope, twin)
                }
            }
        };
    )* };
}
twins!(Left Right);

type LeftTwin = <Left as Twins>::Twin;
type RightTwin = <Right as Twins>::Twin;

heap_classes! { static TWINS = [LeftTwin, RightTwin]; }

#[test]
fn arms_that_only_seem_to_cover_are_a_panic() {
    fn is_left(value: Tagged<'_, (LeftTwin, RightTwin)>) -> bool {
        match_class!(match value {
            LeftTwin(_) => true,
        })
    }
    let mut isolate = Isolate::builder().classes(&TWINS).build().unwrap();
    let mut scope = isolate.enter();
    let (left, right) = (Left::make(&mut scope), Right::make(&mut scope));
    let either = |twin: Tagged<'_, Any>| twin.try_narrow::<(LeftTwin, RightTwin)>().map(is_left);
    assert_eq!(either(left.get(&scope).as_tagged()), Some(true));
    let message = panic_message(|| either(right.get(&scope).as_tagged()));
    assert!(message.starts_with("no arm of `match_class!` matches <Twin "), "{message}");
}
