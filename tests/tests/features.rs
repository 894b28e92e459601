//! What `FEATURES.md` lists is shown: each test and each case that it names exists. And tests of what no other file shows.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::layout::PointerWidth;
use heapwright::tagged::TAGGED_SIZE;
use heapwright::{HeapClass, SpaceId, prelude::*};
use std::collections::HashMap;
use std::path::Path;

/// Rows of the tables: what stands between two bars.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether a file has a test of that name: a function right after `#[test]`, other attributes and comments aside.
fn has_test(source: &str, name: &str) -> bool {
    let mut is_test = false;
    source.lines().map(str::trim).any(|line| {
        if line == "#[test]" {
            is_test = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            let found = is_test && line.starts_with(&format!("fn {name}("));
            is_test = false;
            return found;
        }
        false
    })
}

#[test]
fn every_test_that_the_list_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("FEATURES.md")).unwrap();
    let mut sources: HashMap<&str, String> = HashMap::new();
    let (mut missing, mut count) = (Vec::new(), 0);
    for row in rows(&text) {
        assert_eq!(row.len(), 3, "a row has three cells: {row:?}");
        if row[2] == "shown by" {
            continue;
        }
        assert!(!row[0].is_empty() && !row[1].is_empty());
        let shown_by = quoted(row[2]);
        assert!(!shown_by.is_empty(), "nothing shows {:?}", row[0]);
        for shown in shown_by {
            count += 1;
            let exists = match shown.split_once("::") {
                Some((file, test)) => {
                    let source = sources.entry(file).or_insert_with(|| {
                        let beside = root.join("tests").join(file);
                        let elsewhere = root.join("..").join(file);
                        std::fs::read_to_string(beside)
                            .or_else(|_| std::fs::read_to_string(elsewhere))
                            .unwrap_or_default()
                    });
                    has_test(source, test)
                }
                None => shown.starts_with("ui/") && root.join(shown).is_file(),
            };
            if !exists {
                missing.push(format!("{}: {shown}", row[0]));
            }
        }
    }
    assert!(missing.is_empty(), "FEATURES.md names what does not exist:\n{}", missing.join("\n"));
    assert!(count > 150, "{count}");
}

#[test]
fn what_does_not_exist_would_be_found() {
    let source =
        "#[test]\n#[should_panic]\nfn there() {\n}\nfn no_test() {}\n// #[test]\n#[test]\n/// Doc.\nfn also() {}";
    assert!(has_test(source, "there") && has_test(source, "also"));
    assert!(!has_test(source, "no_test") && !has_test(source, "ther") && !has_test(source, "elsewhere"));
    assert_eq!(rows("| a | `b` |\n|---|---|\ntext"), [["a", "`b`"]]);
    assert_eq!(quoted("x `a` y `b::c`"), ["a", "b::c"]);
}

/// Some fields are there, some are not, and what follows lies accordingly.
#[heap_object]
pub struct Conditional {
    always: Smi,
    #[cfg(debug_assertions)]
    debug: Tagged<Any>,
    #[cfg(not(debug_assertions))]
    release: Tagged<Any>,
    #[cfg(any())]
    never: Tagged<Option<Conditional>>,
    #[cfg(any(debug_assertions, not(debug_assertions)))]
    also: u32,
    padding: OptionalPadding<4>,
    last: Weak<Conditional>,
}

#[heap_object]
pub struct Raws {
    a: u8,
    b: i8,
    #[relaxed]
    c: u16,
    d: i16,
    padding: Padding<2>,
    #[seq_cst]
    e: u32,
    #[acquire_release]
    f: i32,
    g: u64,
    h: i64,
    #[relaxed]
    i: f32,
    padding_2: OptionalPadding<4>,
    j: f64,
    k: bool,
    padding_3: Padding<3>,
    padding_4: OptionalPadding<4>,
    end: Tagged<Any>,
}

/// Padding of odd sizes, several in a row, and none at all.
#[heap_object]
pub struct Padded {
    a: u8,
    five: Padding<5>,
    b: u16,
    none: Padding<0>,
    next: Tagged<Option<Padded>>,
    one: Padding<1>,
    two: Padding<2>,
    c: u8,
    four: OptionalPadding<4>,
    end: Tagged<Any>,
}

/// Strong, weak, raw and both, in no order at all.
#[heap_object]
pub struct Mixed {
    a: Weak<Mixed>,
    b: u32,
    padding: OptionalPadding<4>,
    c: Tagged<Any>,
    d: Smi,
    e: Tagged<MaybeObject>,
    f: u64,
    g: Weak<Mixed>,
    h: Tagged<Option<Mixed>>,
}

heap_classes! { static CLASSES = [Conditional, Raws, Padded, Mixed]; }

fn isolate(kind: CollectionKind) -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).stress(1, kind).build().unwrap()
}

#[test]
fn fields_under_a_condition() {
    let names: Vec<_> = Conditional::LAYOUT.fields.iter().map(|field| field.name).collect();
    let tagged = if cfg!(debug_assertions) { "debug" } else { "release" };
    assert!(names.contains(&tagged) && names.contains(&"also") && !names.contains(&"never"), "{names:?}");
    assert_eq!(Conditional::ALSO_OFFSET, 3 * TAGGED_SIZE);
    assert_eq!(Conditional::SIZE, Conditional::ALSO_OFFSET + 2 * TAGGED_SIZE);
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let mut isolate = isolate(kind);
        let mut scope = isolate.enter();
        let init = ConditionalInit {
            always: 1,
            #[cfg(debug_assertions)]
            debug: smi(2),
            #[cfg(not(debug_assertions))]
            release: smi(2),
            also: 3,
            last: Nil,
        };
        let object = Conditional::new(&mut scope, init);
        let at = object.get(&scope);
        at.set_last(object);
        #[cfg(debug_assertions)]
        at.set_debug(object);
        #[cfg(not(debug_assertions))]
        at.set_release(object);
        scope.collect(kind);
        let at = object.get(&scope);
        assert_eq!((at.always(), at.also()), (1, 3));
        assert!(core::ptr::eq(at.last().unwrap(), at));
        #[cfg(debug_assertions)]
        assert!(core::ptr::eq(at.debug().cast::<Conditional>(), at));
        #[cfg(not(debug_assertions))]
        assert!(core::ptr::eq(at.release().cast::<Conditional>(), at));
    }
}

/// Every value at the edges, with its neighbours all ones and all zeros.
#[test]
fn raw_fields_of_every_type() {
    let mut isolate = isolate(CollectionKind::Young);
    let mut scope = isolate.enter();
    let zeros = RawsInit { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0, g: 0, h: 0, i: 0.0, j: 0.0, k: false, end: smi(0) };
    let raws = Raws::new(&mut scope, zeros);
    scope.collect(CollectionKind::Full);
    let at = raws.get(&scope);
    macro_rules! edges {
        ($($get:ident $set:ident $ty:ident: $($value:expr),*;)*) => { $(
            for value in [$($value),*] {
                at.$set(value);
                assert_eq!(at.$get().to_ne_bytes(), value.to_ne_bytes(), stringify!($ty));
            }
        )* };
    }
    edges! {
        a set_a u8: 0, 1, u8::MAX;
        b set_b i8: 0, -1, i8::MIN, i8::MAX;
        c set_c u16: 0, 1, u16::MAX;
        d set_d i16: 0, -1, i16::MIN, i16::MAX;
        e set_e u32: 0, 1, u32::MAX;
        f set_f i32: 0, -1, i32::MIN, i32::MAX;
        g set_g u64: 0, 1, u64::MAX;
        h set_h i64: 0, -1, i64::MIN, i64::MAX;
        i set_i f32: 0.0, -0.0, f32::NAN, f32::MIN_POSITIVE, f32::INFINITY, f32::MAX;
        j set_j f64: 0.0, -0.0, f64::NAN, f64::MIN_POSITIVE, f64::INFINITY, f64::MAX;
    }
    at.set_k(true);
    at.set_end(raws);
    scope.collect(CollectionKind::Full);
    let at = raws.get(&scope);
    assert_eq!((at.a(), at.b(), at.c(), at.d()), (u8::MAX, i8::MAX, u16::MAX, i16::MAX));
    assert_eq!((at.e(), at.f(), at.g(), at.h()), (u32::MAX, i32::MAX, u64::MAX, i64::MAX));
    assert_eq!((at.i(), at.j(), at.k()), (f32::MAX, f64::MAX, true));
    assert!(core::ptr::eq(at.end().cast::<Raws>(), at));
}

#[test]
fn padding_of_any_size() {
    assert_eq!((Padded::B_OFFSET, Padded::NEXT_OFFSET), (TAGGED_SIZE + 6, TAGGED_SIZE + 8));
    assert_eq!(Padded::C_OFFSET, Padded::NEXT_OFFSET + TAGGED_SIZE + 3);
    assert_eq!(Padded::END_OFFSET, Padded::NEXT_OFFSET + 2 * TAGGED_SIZE);
    let five = Padded::LAYOUT.find_field("five").unwrap();
    assert_eq!(five.size.get(PointerWidth::Full), 5);
    let mut isolate = isolate(CollectionKind::Full);
    let mut scope = isolate.enter();
    let padded = Padded::new(&mut scope, PaddedInit { a: 1, b: 2, next: Nil, c: 3, end: smi(4) });
    padded.get(&scope).set_next(padded);
    scope.collect(CollectionKind::Full);
    let at = padded.get(&scope);
    assert_eq!((at.a(), at.b(), at.c(), at.end().as_smi()), (1, 2, 3, Some(4)));
    assert!(core::ptr::eq(at.next().unwrap(), at));
}

/// A field ends where the next begins, unless that is padded.
#[test]
fn ends_of_fields() {
    for width in [PointerWidth::Compressed, PointerWidth::Full] {
        let end = |name| {
            let field = Mixed::LAYOUT.find_field(name).unwrap();
            field.offset.get(width) + field.size.get(width)
        };
        let start = |name| Mixed::LAYOUT.find_field(name).unwrap().offset.get(width);
        for (before, after) in [("a", "b"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g"), ("g", "h")] {
            assert_eq!(end(before), start(after), "{before}");
        }
        assert_eq!(end("b") + if width == PointerWidth::Full { 4 } else { 0 }, start("c"));
        assert_eq!(end("h"), Mixed::LAYOUT.end().get(width));
    }
    assert_eq!(Mixed::H_OFFSET + TAGGED_SIZE, Mixed::SIZE);
}

/// There are no sections: each reference is strong or weak by itself.
#[test]
fn strong_weak_and_raw_fields_in_any_order() {
    for (kind, place) in [
        (CollectionKind::Young, AllocationType::Young),
        (CollectionKind::Young, AllocationType::Old),
        (CollectionKind::Full, AllocationType::Young),
        (CollectionKind::Full, AllocationType::Old),
    ] {
        let mut isolate = isolate(kind);
        let mut scope = isolate.enter();
        let init = |b| MixedInit { a: Nil, b, c: smi(0), d: -1, e: Nil, f: u64::MAX, g: Nil, h: Nil };
        let held = scope.try_new::<Mixed, _>(place, init(1)).unwrap();
        {
            let mut inner = scope.nested();
            let [strong, weak, both] = [2, 3, 4].map(|b| Mixed::new(&mut inner, init(b)));
            let at = held.get(&inner);
            at.set_c(strong);
            at.set_h(both);
            at.set_a(weak);
            at.set_e(Weakly(weak));
            at.set_g(both);
        }
        scope.collect(CollectionKind::Full);
        let at = held.get(&scope);
        assert!(at.a().is_none() && at.e().is_cleared(), "weak");
        assert_eq!((at.c().cast::<Mixed>().b(), at.h().unwrap().b(), at.g().unwrap().b()), (2, 4, 4));
        assert_eq!((at.b(), at.d(), at.f()), (1, -1, u64::MAX));
        assert_eq!(at.as_heap_object().space(), SpaceId::Old);
    }
}
