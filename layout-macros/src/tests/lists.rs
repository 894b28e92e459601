use super::{assert_errors, tokens};
use crate::lists::{context_slots, field_offsets, heap_roots, isolate_slots};
use proc_macro2::TokenStream;

#[track_caller]
fn check(expand: fn(TokenStream) -> TokenStream, source: &str, expected: &[(&str, &str)]) {
    assert_errors(source, &expand(tokens(source)), expected);
}

#[test]
fn right_lists_expand() {
    check(
        heap_roots,
        "/// All.\npub static R, keys in pub k, getters in G, set up by a::b; /// One.\na: A, b: (A, Smi)",
        &[],
    );
    check(heap_roots, "static R, keys in k, getters in G; a: Smi = 3, #[cfg(x)] b: Smi = -A,", &[]);
    check(heap_roots, "static R, keys in k, getters in G, set up by s; a: Smi = 3, b: Smi, c: C", &[]);
    check(isolate_slots, "static S, accessors in A; #[cfg(x)] a: u32 = 0, #[cfg(not(x))] a: Vec<u8> = vec![],", &[]);
    check(context_slots, "pub trait T for a::B::elements[3 + X..] { /// A.\na: A, b: Option<B> }", &[]);
    check(context_slots, "pub(crate) impl B::elements { r#type: Any }", &[]);
    check(field_offsets, "pub from A::SIZE + 4, as in B; /// A.\na: 4, #[cfg(x)] b: SIZE, MARK: 0", &[]);
    check(field_offsets, "from 0;", &[]);
}

#[test]
fn the_shape_is_told() {
    check(heap_roots, "static R; a: A", &[("expected `,`: write", ";")]);
    check(heap_roots, "static R, keys at k", &[("expected `in`", "at")]);
    check(heap_roots, "static R, keys in k, getters in G a: A", &[("expected `,`", "a")]);
    check(heap_roots, "static R, keys in k, getters in G; a: A, b: Smi = 1", &[("`a` never gets a value", "a")]);
    check(heap_roots, "static R, keys in k, getters in G, set by b; a: A", &[("expected `up`", "by")]);
    check(heap_roots, "static R, keys in k, getters in G, set up by b; a", &[("expected `: Type`", "")]);
    check(heap_roots, "static R, keys in k, getters in G, set up by b; a: A; b: B", &[("expected `,` between", ";")]);
    check(isolate_slots, "static S, getters in A; a: u32 = 0", &[("expected `accessors in`", "getters")]);
    check(isolate_slots, "static S, accessors in A; a: u32", &[("needs a first value", "a")]);
    check(context_slots, "trait T for B { a: A }", &[("name the elements", "{")]);
    check(context_slots, "trait T for B::e[..3] { a: A }", &[("`elements[3..]`", ".")]);
    check(context_slots, "trait T for B::e a: A", &[("the list of slots in `{…}`", "a")]);
    check(context_slots, "impl B::e { a: A } impl B::f { a: A }", &[("one list per", "impl")]);
    check(field_offsets, "a: 4", &[("expected `from`", "a")]);
    check(field_offsets, "from 4; a", &[("expected `: SIZE`", "")]);
    check(field_offsets, "from 4; a: u32", &[("this is a type", "u32")]);
    check(field_offsets, "from 4, like B; a: 4", &[("expected `as in Class`", "like")]);
}

#[test]
fn names_are_made_once() {
    let roots = "static R, keys in k, getters in G, set up by b;";
    check(heap_roots, &format!("{roots} a: A, b: B, a: C"), &[("`a` is listed twice", "a"), ("first listed", "a")]);
    let slots = "static S, accessors in A;";
    check(isolate_slots, &format!("{slots} a: u8 = 0, set_a: u8 = 0"), &[("both make `set_a`", "set_a")]);
    check(context_slots, "impl B::e { a: A, try_a: A }", &[("both make `try_a`", "try_a")]);
    check(field_offsets, "from 4; a: 4, A_OFFSET: 0", &[("both make `A_OFFSET`", "A_OFFSET")]);
    check(field_offsets, "from 4; a: 4, a: 4", &[("`a` is listed twice", "a"), ("first listed", "a")]);
    check(field_offsets, "from 4; NAME_OFFSET: 4", &[("A field is written in lower case", "NAME_OFFSET")]);
    check(field_offsets, "from 4; #[constant] a: 4", &[("unknown attribute `constant`", "constant")]);
}
