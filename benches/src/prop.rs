//! Reading a field by name from objects of one class, of four, or of sixty-four, where it lies at one of up to four
//! offsets: what is a property load with an inline cache elsewhere.

use crate::common::{Outcome, builder};
use heapwright::prelude::*;
use std::hint::black_box;
use std::time::Instant;

/// A shape with the field right away.
#[heap_object(open)]
struct At0 {
    x: i32,
    y: i32,
}

/// A shape with one field before it.
#[heap_object(open)]
struct At1 {
    p0: i32,
    x: i32,
    y: i32,
    padding: OptionalPadding<4>,
}

/// A shape with two.
#[heap_object(open)]
struct At2 {
    p0: i32,
    p1: i32,
    x: i32,
    y: i32,
}

/// A shape with three.
#[heap_object(open)]
struct At3 {
    p0: i32,
    p1: i32,
    p2: i32,
    x: i32,
    y: i32,
    padding: OptionalPadding<4>,
}

/// The fields of an object of a class below one of the four.
macro_rules! shaped {
    (At0, $init:ident, $x:ident) => {
        $init { parent: At0Init { x: $x, y: 1 } }
    };
    (At1, $init:ident, $x:ident) => {
        $init { parent: At1Init { p0: 1, x: $x, y: 1 } }
    };
    (At2, $init:ident, $x:ident) => {
        $init { parent: At2Init { p0: 1, p1: 1, x: $x, y: 1 } }
    };
    (At3, $init:ident, $x:ident) => {
        $init { parent: At3Init { p0: 1, p1: 1, p2: 1, x: $x, y: 1 } }
    };
}

/// Sixteen classes below each of the four, and how the `i`th object of all is made.
macro_rules! classes {
    ($($parent:ident: $($class:ident $init:ident)*;)*) => {
        $($(
            #[heap_object(extends = $parent)]
            struct $class {}
        )*)*
        heap_classes! { static CLASSES = [At0, At1, At2, At3, Array, $($($class),*),*]; }

        fn of_class<'s>(scope: &mut HandleScope<'s>, class: usize, x: i32) -> Handle<'s, HeapObject> {
            let mut left = class;
            $($(
                if left == 0 {
                    return $class::new(scope, shaped!($parent, $init, x)).upcast();
                }
                left -= 1;
            )*)*
            unreachable!("there are 64 classes")
        }
    };
}

classes! {
    At0: A0 A0Init A1 A1Init A2 A2Init A3 A3Init A4 A4Init A5 A5Init A6 A6Init A7 A7Init A8 A8Init A9 A9Init
        A10 A10Init A11 A11Init A12 A12Init A13 A13Init A14 A14Init A15 A15Init;
    At1: B0 B0Init B1 B1Init B2 B2Init B3 B3Init B4 B4Init B5 B5Init B6 B6Init B7 B7Init B8 B8Init B9 B9Init
        B10 B10Init B11 B11Init B12 B12Init B13 B13Init B14 B14Init B15 B15Init;
    At2: C0 C0Init C1 C1Init C2 C2Init C3 C3Init C4 C4Init C5 C5Init C6 C6Init C7 C7Init C8 C8Init C9 C9Init
        C10 C10Init C11 C11Init C12 C12Init C13 C13Init C14 C14Init C15 C15Init;
    At3: D0 D0Init D1 D1Init D2 D2Init D3 D3Init D4 D4Init D5 D5Init D6 D6Init D7 D7Init D8 D8Init D9 D9Init
        D10 D10Init D11 D11Init D12 D12Init D13 D13Init D14 D14Init D15 D15Init;
}

/// The objects.
#[heap_object]
struct Array {
    #[constant]
    length: Smi,
    #[length = length]
    elements: [Tagged<(At0, At1, At2, At3)>],
}

const OBJECTS: usize = 64;

/// The sum over `n` loads.
fn sum<T: Copy>(objects: &[T], n: u32, x: impl Fn(T) -> i32) -> i32 {
    (0..n as usize).fold(0, |sum, i| sum.wrapping_add(x(black_box(objects[i % OBJECTS]))))
}

fn timed<T: Copy>(objects: &[T], n: u32, x: impl Fn(T) -> i32) -> Outcome {
    sum(objects, 100_000, &x);
    let start = Instant::now();
    let sum = sum(objects, n, x);
    let seconds = start.elapsed().as_secs_f64();
    let each = seconds * 1e9 / f64::from(n);
    Outcome { checksum: u64::from(sum as u32), more: format!(r#","ns_per_op":{each:.3}"#), seconds: Some(seconds) }
}

/// `n` loads from objects of 1, 4 or 64 classes; 0 is the loop without them.
pub(crate) fn run(kinds: u32, n: u32) -> Option<Outcome> {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let handles: Vec<Handle<'_, HeapObject>> = (0..OBJECTS)
        .map(|i| {
            let kind = i % (kinds.max(1) as usize);
            of_class(&mut scope, (kind & 3) * 16 + (kind >> 2), i as i32)
        })
        .collect();
    let objects = handles.iter().map(|handle| handle.get(&scope));
    match kinds {
        0 => Some(timed(&(0..OBJECTS as i32).collect::<Vec<_>>(), n, |value| value)),
        // Of one class: the type says it, and nothing is tested.
        1 => Some(timed(&objects.map(|object| object.cast::<At0>()).collect::<Vec<_>>(), n, At0::x)),
        4 | 64 => {
            let objects: Vec<Tagged<'_, Shape>> =
                objects.map(|object| object.as_tagged().try_narrow::<Shape>().unwrap()).collect();
            Some(timed(&objects, n, |object| {
                match_class!(match object {
                    At0(at) => at.x(),
                    At1(at) => at.x(),
                    At2(at) => at.x(),
                    At3(at) => at.x(),
                })
            }))
        }
        _ => None,
    }
}

/// Where the field may be.
type Shape = (At0, At1, At2, At3);
