//! Makes objects of every kind, prints them, and dies. `tests/gdb.rs` looks at what it leaves.

use core::fmt::Debug;
use heapwright::code::InstructionStream;
use heapwright::{IsolateAllocation, Map, heap_roots, prelude::*};
use heapwright_objects::{
    CompilationType, FixedArray, FixedArrayInit, Foreign, ForeignInit, HeapNumber, HeapNumberInit, Str,
};
use heapwright_tests::kinds::{
    CLASSES, Colour, EntryInit, EverythingInit, Inner, Many, Opaque, OpaqueInit, Parts, RangeInit, Rights, Tails,
    TailsInit,
};

/// Puts a line with a name before an object, for the test to find.
fn show(name: &str, object: &dyn Debug) {
    println!("== {name}\n{object:#?}");
}

heap_roots! {
    static ROOTS, keys in root, getters in Roots, set up by set_up;
    /// The word of it looks like that at the start of an object.
    map: Map,
}

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    scope.set_root(root::map, scope.class_map::<Opaque>());
    Ok(())
}

fn main() {
    // The stripped copy keeps its isolate's data in the cage, so that debuggers see both.
    let in_cage = std::env::args().any(|argument| argument == "in-cage" || argument.ends_with("crash-stripped"));
    let allocation = if in_cage { IsolateAllocation::InCage } else { IsolateAllocation::OutsideCage };
    let builder = heapwright_objects::builder().classes(&CLASSES).roots(&ROOTS).code_range(1 << 20);
    let mut isolate = builder.allocation(allocation).build().expect("an isolate");
    let mut scope = isolate.enter();
    let text = Str::new(&mut scope, "It's a \"heap\".\n");
    let wide = Str::new(&mut scope, "π ≈ 3");
    let array = FixedArray::new(&mut scope, FixedArrayInit { elements: Filled::new(smi(-7), 20) });
    array.get(&scope).set_elements(3, text.get(&scope));
    let number = HeapNumber::new(&mut scope, HeapNumberInit { value: -1.5e300 });
    let code = InstructionStream::new(&mut scope, &[0xb8, 7, 0, 0, 0, 0xc3]);
    let large_code = InstructionStream::new(&mut scope, &[0x90; 150_000]);
    let mut outside = 7_u64;
    let foreign = Foreign::new(&mut scope, ForeignInit { foreign_address: (&raw mut outside).cast() });
    let doomed = {
        let mut inner = scope.nested();
        let doomed = FixedArray::new(&mut inner, FixedArrayInit { elements: Filled::new(smi(0), 1) });
        WeakGlobal::new(&inner, doomed)
    };
    let parts = Parts::new().with_has_note(true).with_more(6).with_compilation_type(CompilationType::Eval);
    let many = Many::new()
        .with_colour(Colour::Blue)
        .with_signed(-3)
        .with_inner(Inner::new().with_low(2).with_high(true))
        .with_rights(Rights::READ_WRITE)
        .with_number(200)
        .with_four(0, 1)
        .with_four(3, 255);
    let parent = EverythingInit {
        many,
        double: 1.25e-4,
        long: u64::MAX,
        small: -5,
        single: 3.4e-5,
        yes: true,
        byte: -128,
        short: 65_535,
        range: RangeInit { start: 4, end: 9 },
        entry: EntryInit { key: smi(-1), value: array },
        any: number,
        nothing: Nil,
        weak: array,
        dead: Nil,
        either: Weakly(foreign),
        count: 3,
        outside: &raw mut outside,
    };
    let tails = TailsInit {
        parent,
        parts,
        note: Some(text),
        kept: Absent,
        words: Filled::new(smi(11), 6),
        entries: Filled::new(EntryInit { key: text, value: Nil }, 3),
        bytes: Filled::new(b'x', 30),
    };
    let tails = Tails::new(&mut scope, tails);
    tails.get(&scope).set_words(5, wide.get(&scope));
    if let Some(dying) = doomed.get(&scope) {
        tails.get(&scope).set_dead(dying);
    }
    scope.collect(CollectionKind::Full);
    let opaque = Opaque::new(&mut scope, OpaqueInit { count: 2, values: Filled::new(5, 4) });
    let young = FixedArray::new(&mut scope, FixedArrayInit { elements: Filled::new(smi(0), 0) });
    FixedArray::new(&mut scope, FixedArrayInit { elements: Filled::new(smi(0), 50_000) });

    show("text", &text.get(&scope));
    show("wide", &wide.get(&scope));
    show("array", &array.get(&scope));
    show("number", &number.get(&scope));
    show("code", &code.get(&scope));
    show("large_code", &large_code.get(&scope));
    show("foreign", &foreign.get(&scope));
    show("tails", &tails.get(&scope));
    show("young", &young.get(&scope));
    show("map", &tails.get(&scope).map());
    show("opaque", &opaque.get(&scope));
    die(&scope, tails, opaque);
}

/// What a debugger sees in the frame it stops in.
#[inline(never)]
fn die(scope: &HandleScope<'_>, handle: Handle<'_, Tails>, opaque: Handle<'_, Opaque>) {
    let reference = handle.get(scope);
    let word = reference.any();
    let global = Global::new(scope, opaque);
    let option = Some(reference);
    let slot = root::map.address(scope);
    println!("== end");
    std::hint::black_box((reference, word, &global, option, slot));
    std::process::abort();
}
