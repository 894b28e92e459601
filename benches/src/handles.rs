//! What handles cost: the figures of V8's embedder API, one line each.

use crate::common::builder;
use heapwright::prelude::*;
use std::hint::black_box;
use std::time::Instant;

/// An object to refer to.
#[heap_object]
struct Object {
    x: Smi,
}

heap_classes! { static CLASSES = [Object]; }

/// Handles made in one scope.
const IN_A_SCOPE: u32 = 100;

/// May do whatever to memory, as far as the compiler knows: a handle that was made stays in its register, and all else is looked up again.
/// V8's handles are measured so, too.
#[inline(always)]
fn whatever() {
    black_box(());
}

/// What was done, and the nanoseconds that each took.
pub(crate) fn run(n: u32) -> Vec<(&'static str, f64)> {
    let mut isolate = builder(&CLASSES).build().expect("an isolate");
    let mut scope = isolate.enter();
    let object = Object::new(&mut scope, ObjectInit { x: 7 });
    let global = Global::new(&scope, object);
    let mut figures = Vec::new();
    let mut time = |name, work: &mut dyn FnMut(&mut HandleScope<'_>)| {
        let start = Instant::now();
        // Each by itself, as a program would have it: all in one function, values lie in memory for want of registers.
        black_box(work)(&mut scope);
        figures.push((name, start.elapsed().as_secs_f64() * 1e9 / f64::from(n)));
    };
    time("scope, open and close", &mut |scope| {
        for _ in 0..n {
            black_box(&scope.nested());
        }
    });
    time("scope with 1 handle", &mut |scope| {
        for _ in 0..n {
            let scope = scope.nested();
            black_box(scope.handle(global.get(&scope)));
        }
    });
    time("handle from global, 100 in a scope", &mut |scope| {
        for _ in 0..n / IN_A_SCOPE {
            let scope = scope.nested();
            let mut last = scope.handle(global.get(&scope));
            for _ in 1..IN_A_SCOPE {
                last = scope.handle(global.get(&scope));
                whatever();
            }
            black_box(last);
        }
    });
    time("handle from handle, 100 in a scope", &mut |scope| {
        for _ in 0..n / IN_A_SCOPE {
            let scope = scope.nested();
            let first = scope.handle(global.get(&scope));
            let mut last = first;
            for _ in 0..IN_A_SCOPE {
                last = scope.handle(first.get(&scope));
                whatever();
            }
            black_box(last);
        }
    });
    time("escapable scope with 1 escape", &mut |scope| {
        for _ in 0..n {
            let mut scope = scope.nested();
            let (inner, escape) = scope.escapable();
            let handle = inner.handle(global.get(&inner));
            black_box(escape.escape(&inner, handle));
        }
    });
    time("global, make and drop", &mut |scope| {
        for _ in 0..n {
            let scope = &*scope;
            black_box(Global::from_ref(scope, global.get(scope)));
        }
    });
    time("weak global, make and drop", &mut |scope| {
        let scope = scope.nested();
        let object = scope.handle(global.get(&scope));
        for _ in 0..n {
            black_box(WeakGlobal::new(&scope, object));
        }
    });
    figures
}
