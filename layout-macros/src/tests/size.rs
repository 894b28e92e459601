//! How much code is made: the compile time of users' crates hangs on it.

use super::tokens;
use proc_macro2::{TokenStream, TokenTree};

/// Tokens, those in groups too; a group's two brackets are one each.
fn count(stream: TokenStream) -> usize {
    stream
        .into_iter()
        .map(|token| if let TokenTree::Group(group) = token { 2 + count(group.stream()) } else { 1 })
        .sum()
}

/// Asserts the tokens of all these at once. The maxima are what was measured when they were written, and a little.
#[track_caller]
fn at_most(made: &[(usize, &str, usize)]) {
    let wrong: Vec<_> =
        made.iter().filter(|(maximum, _, made)| made > maximum || made + maximum / 8 < *maximum).collect();
    assert!(
        wrong.is_empty(),
        "the code made for these has another size than is recorded, as (maximum, what, tokens now):\n{wrong:#?}\n\
         More: every class of every user pays for it in compile time. Move code into `heapwright::__private`, or make it \
         only where a declaration needs it; if it has to be, measure with `cargo run -p heapwright-benches --bin \
         compile-time` and raise the maximum here. Less: lower the maximum, to hold what was gained."
    );
}

fn class(arguments: &str, source: &str) -> usize {
    count(crate::object::heap_object(tokens(arguments), tokens(source)))
}

#[test]
fn classes_stay_small() {
    let eight = "/// Doc.\n pub struct Script { \
        /// Doc.\n next: Tagged<Script>, /// Doc.\n owner: Tagged<Context>, /// Doc.\n cached: Tagged<Option<Script>>, \
        /// Doc.\n value: Tagged<Any>, /// Doc.\n count: Smi, /// Doc.\n #[constant] length: Smi, /// Doc.\n hash: u32, \
        /// Doc.\n flags: Bits<Flags>";
    let with_tail = format!("{eight}, /// Doc.\n #[length = length] elements: [Tagged<Any>] }}");
    at_most(&[
        (700, "a class without fields", class("", "/// Doc.\npub struct Empty {}")),
        (2950, "a class of 8 fields, as in the benchmark", class("", &format!("{eight} }}"))),
        (3900, "the same with a tail", class("", &with_tail)),
        (3950, "the same below another class", class("extends = Base", &with_tail)),
    ]);
}

#[test]
fn fields_stay_small() {
    let empty = class("", "pub struct S {}");
    let field = |field: &str| class("", &format!("pub struct S {{ /// Doc.\n {field} }}")) - empty;
    at_most(&[
        (310, "a tagged field", field("a: Tagged<Any>")),
        (310, "a weak field", field("a: Weak<S>")),
        (280, "a Smi field", field("a: Smi")),
        (270, "a raw field", field("a: u32")),
        (215, "a constant raw field", field("#[constant] a: u32")),
        (410, "a field of bits", field("a: Bits<B>")),
        (75, "padding", field("a: Padding<4>")),
    ]);
}

#[test]
fn bit_fields_stay_small() {
    let source = "/// Doc.\n pub struct Flags { /// Doc.\n #[bits(4)] pub kind: u8, /// Doc.\n pub is_shared: bool, \
        /// Doc.\n pub is_used: bool, /// Doc.\n #[bits(12)] pub seen: u16 }";
    let bitfield = crate::bitfield::bitfield(tokens("u32"), tokens(source));
    at_most(&[(4900, "a bit field of 4 fields", count(bitfield))]);
}
