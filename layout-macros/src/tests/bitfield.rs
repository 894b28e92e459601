use super::{assert_errors, tokens};

#[track_caller]
fn check(storage: &str, source: &str, expected: &[(&str, &str)]) {
    let output = crate::bitfield::bitfield(tokens(storage), tokens(source));
    assert_errors(source, &output, expected);
}

/// A struct of these fields in a `u8`.
#[track_caller]
fn fields(fields: &str, expected: &[(&str, &str)]) {
    check("u8", &format!("pub struct Flags {{ {fields} }}"), expected);
}

#[test]
fn right_declarations_expand() {
    for storage in ["u8", "u16", "u31", "u32", "u64"] {
        check(
            storage,
            "/// Doc.\npub struct Flags { /// Doc.\n#[bits(3)] pub a: u8, #[bits(2)] __: (), pub b: bool }",
            &[],
        );
    }
    check("u64", "pub(crate) struct All { #[bits(64)] r#type: i64 }", &[]);
    check("u32", "struct Rest { #[bits(2)] a: Kind, #[bits(8, nested)] b: Flags, #[bits(5)] c: i16 }", &[]);
    fields("#[bits(1)] __: (), #[bits(1)] a: bool, #[bits(6)] __: ()", &[]);
}

#[test]
fn the_storage_is_one_of_five_words() {
    check("", "struct F { a: bool }", &[("needs the integer that holds the fields: `#[bitfield(u32)]`", "")]);
    check("u13", "struct F { a: bool }", &[("`u13` cannot hold bit fields (did you mean `u16`?)", "u13")]);
    check("i32", "struct F { a: bool }", &[("`i32` cannot hold bit fields (did you mean `u32`?)", "i32")]);
    check(
        "u8, u16",
        "struct F { a: bool }",
        &[("cannot hold bit fields: write `u8`, `u16`, `u31`, `u32` or `u64`", "u8")],
    );
}

#[test]
fn only_structs_with_named_fields() {
    check("u8", "struct F;", &[("needs fields", "F")]);
    check("u8", "struct F(u8);", &[("need names", "(")]);
    check("u8", "enum F { A }", &[("An enum that stands in a bit field derives `BitEnum`", "enum")]);
    check("u8", "union F { a: u8 }", &[("not on a union", "union")]);
    check("u8", "fn f() {}", &[("goes on a struct", "fn")]);
    check("u8", "struct F<T> { a: bool }", &[("cannot be generic", "<")]);
}

#[test]
fn too_many_bits_are_counted() {
    fields(
        "#[bits(6)] a: u8, #[bits(3)] b: u8",
        &[("`Flags` has 1 bit(s) too many: `b` would be bits 6 to 8, but `u8` ends at bit 7", "b")],
    );
    fields(
        "#[bits(6)] a: u8, #[bits(3)] b: u8",
        &[("All fields need 9 bits: write `#[bitfield(u16)]`, or narrow some", "b")],
    );
    fields(
        "#[bits(8)] a: u8, #[bits(3)] __: (), #[bits(3)] c: u8",
        &[("6 bit(s) too many: this gap would be bits 8 to 10", "__")],
    );
    check(
        "u64",
        "struct F { #[bits(64)] a: u64, b: bool }",
        &[("no storage has so many: split the struct in two", "b")],
    );
    check("u31", "struct F { #[bits(32)] a: u32 }", &[("`u31` ends at bit 30", "a")]);
}

#[test]
fn widths_fit_their_types() {
    fields("#[bits(2)] a: bool", &[("a `bool` has 1 bit, not 2", "#")]);
    fields("#[bits(0)] a: u8", &[("0 bits holds nothing", "#")]);
    check("u16", "struct F { #[bits(9)] a: u8 }", &[("`a` has 9 bits, but `u8` holds only 8", "#")]);
    check("u16", "struct F { #[bits(9)] a: i8 }", &[("`a` has 9 bits, but `i8` holds only 8", "#")]);
    fields("a: u8", &[("say how many bits `a` has: `#[bits(4)] a: u8`", "u8")]);
    fields("a: Kind", &[("say how many bits `a` has", "Kind")]);
    fields("__: ()", &[("say how many bits stay unused", "__")]);
    fields("#[bits(99)] a: Kind", &[("99 bits are more than", "#")]);
}

#[test]
fn the_attribute_is_well_formed() {
    fields("#[bits] a: u8", &[("expected", "bits")]);
    fields("#[bits()] a: u8", &[("say how many bits", ")")]);
    fields("#[bits(\"3\")] a: u8", &[("is an integer", "\"3\"")]);
    fields("#[bits(N)] a: u8", &[("is a literal", "N")]);
    fields("#[bits(3, nestde)] a: F", &[("unknown word `nestde` (did you mean `nested`?)", "nestde")]);
    fields("#[bits(3, nested)] a: u8", &[("only another bit field can be nested, not `u8`", "#")]);
    fields("#[bits(3)] #[bits(2)] a: u8", &[("given twice", "#")]);
    fields(
        "#[bit(3)] a: u8",
        &[("unknown attribute `bit` (did you mean `bits`?)", "bit"), ("say how many bits", "u8")],
    );
}

#[test]
fn types_that_cannot_be_bits() {
    for ty in ["usize", "f32", "char", "u128"] {
        fields(&format!("#[bits(3)] a: {ty}"), &[("cannot stand in a bit field", ty)]);
    }
    fields("#[bits(3)] a: (u8, u8)", &[("this type cannot stand in a bit field", "(")]);
    fields("#[bits(3)] a: ()", &[("holds nothing", "(")]);
    fields("#[bits(3)] __: u8", &[("unused bits have no value", "u8")]);
    fields("#[bits(3)] _a: u8", &[("cannot begin with `_`", "_a")]);
}

#[test]
fn other_mistakes() {
    fields("a: bool = true", &[("no default value", "true")]);
    fields("#[cfg(test)] a: bool", &[("cannot come and go", "#")]);
    fields("a: bool, a: bool", &[("two fields are called `a`", "a"), ("`a` is declared here", "a")]);
    fields("a: bool, set_a: bool", &[("would both make `set_a`", "set_a"), ("declared here", "a")]);
    fields("new: bool", &[("has a function `new` already", "new")]);
    check(
        "u8",
        "#[derive(Clone, PartialOrd)] struct F { a: bool }",
        &[("already implements `Clone`", "Clone"), ("by hand", "PartialOrd")],
    );
    check("u8", "#[repr(u8)] struct F { a: bool }", &[("remove `#[repr]`", "#")]);
}

#[test]
fn primitives_are_what_their_words_say() {
    let output = crate::bitfield::bitfield(tokens("u31"), tokens("struct F { #[bits(4)] a: u8, b: bool }")).to_string();
    for part in [
        "struct F (:: core :: primitive :: u32)",
        "fn a (self) -> :: core :: primitive :: u8",
        "fn b (self) -> :: core :: primitive :: bool",
        "type Storage = :: core :: primitive :: u32",
        "unsafe impl :: heapwright :: SmiBitfield for F",
        "self . 0 & 0x7fff_ffff",
    ] {
        assert!(output.contains(part), "`{part}` is not in\n{output}");
    }
    fields("#[bits(4)] a: ::core::primitive::u8, b: ::std::primitive::bool", &[]);
}

#[test]
fn what_is_reported_is_not_made() {
    let source = "struct F { a: bool, set_a: bool, a: bool, new: bool, A: bool }";
    let output = crate::bitfield::bitfield(tokens("u8"), tokens(source)).to_string();
    for part in ["fn a (self)", "fn set_a (& mut self", "fn new (", "const A_SHIFT"] {
        assert_eq!(output.matches(part).count(), 1, "`{part}` in\n{output}");
    }
}

#[test]
fn all_mistakes_at_once() {
    fields(
        "#[bits(2)] a: bool, #[bits(9)] b: u8, c: usize, #[bits(7)] d: u8, #[bits(2)] e: u8",
        &[("1 bit", "#"), ("holds only 8", "#"), ("`usize`", "usize"), ("1 bit(s) too many", "e")],
    );
}

#[test]
fn arrays_expand_and_their_mistakes_are_reported() {
    check(
        "u64",
        "struct F { #[bits(2)] a: [Kind; 4], b: [bool; 3], #[bits(4)] c: [i8; 2], #[bits(3, nested)] d: [G; 2], \
         #[bits(4, flags)] e: [Set; 2] }",
        &[],
    );
    check("u64", "struct F { #[bits(64)] a: [u64; 1] }", &[]);
    fields("#[bits(2)] a: [u8; N]", &[("write a literal", "N")]);
    fields("#[bits(2)] a: [u8; 0]", &[("0 elements holds nothing", "0")]);
    fields("a: [u8; 2]", &[("an element of `a` has: `#[bits(4)] a: [u8; 2]`", "u8")]);
    fields("#[bits(9)] a: [u8; 2]", &[("an element of `a` has 9 bits, but `u8` holds only 8", "#")]);
    fields("#[bits(3)] a: [u8; 3]", &[("1 bit(s) too many: `a` would be bits 0 to 8", "a")]);
    fields("#[bits(8)] a: [u8; 4294967295]", &[("no storage has so many", "a")]);
    fields("#[bits(1)] a: [[bool; 2]; 2]", &[("this type cannot stand in a bit field", "[")]);
    fields("a: [bool; 2], try_decode_a: bool", &[("make `try_decode_a`", "try_decode_a"), ("here", "a")]);
}

#[test]
fn places_are_checked() {
    check("u32", "struct F { #[bits(4, at = 10)] a: u8, b: bool, #[bits(3, at = 0)] c: u8, #[bits(1)] __: () }", &[]);
    fields(
        "#[bits(4, at = 2)] a: u8, #[bits(2, at = 5)] b: u8",
        &[("`b` (bits 5 to 6) overlaps `a` (bits 2 to 5) in bit 5. `at = 0` is free", "5"), ("`a` is here", "a")],
    );
    fields(
        "#[bits(4, at = 4)] a: u8, #[bits(4, at = 0)] b: u8, c: bool",
        &[("`c` (bit 4), following the field before it, overlaps `a` (bits 4 to 7)", "c"), ("`a` is here", "a")],
    );
    fields(
        "#[bits(8)] a: u8, #[bits(1, at = 7)] b: bool",
        &[("No 1 bit(s) side by side are free", "7"), ("here", "a")],
    );
    fields(
        "#[bits(3, at = 1)] __: (), #[bits(1, at = 2)] b: bool",
        &[("overlaps this gap (bits 1 to 3)", "2"), ("this gap is here", "__")],
    );
    fields(
        "#[bits(4, at = 6)] a: u8, #[bits(1, at = 0)] b: bool",
        &[(
            "2 bit(s) too many: `a` would be bits 6 to 9, but `u8` ends at bit 7. The highest field ends after 10",
            "6",
        )],
    );
    fields("#[bits(1, at = 4294967295)] a: bool", &[("no storage has so many", "4294967295")]);
    fields("#[bits(1, at)] a: bool", &[("`at = 4`", "at")]);
    fields("#[bits(1, at = X)] a: bool", &[("with a literal", "X")]);
    fields("#[bits(1, at = 1, at = 2)] a: bool", &[("`at` is given twice", "at")]);
}

#[test]
fn words_say_what_bits_hold() {
    fields("#[bits(3, ignored)] __: (), #[bits(2, flags)] a: Set, #[bits(2, nested, at = 6)] b: F", &[]);
    fields("#[bits(3, ignored)] a: u8", &[("write `#[bits(3, ignored)] __: ()`", "#")]);
    fields("#[bits(3, flags)] a: u8", &[("only a type made by `bitflags!`", "#")]);
    fields("#[bits(3, nested)] __: ()", &[("not unused bits: remove `nested`", "#")]);
    fields("#[bits(3, flags, nested)] a: Set", &[("either `flags` or `nested`", "nested")]);
    fields("#[bits(3, flags, flags)] a: Set", &[("`flags` is given twice", "flags")]);
    fields("#[bits(3, flag)] a: Set", &[("(did you mean `flags`?)", "flag")]);
    fields("#[bits(3 nested)] a: Set", &[("nothing more is expected", "nested")]);
    fields("try_from: bool", &[("has a function `try_from` already", "try_from")]);
}

#[track_caller]
fn list(source: &str, expected: &[(&str, &str)]) {
    assert_errors(source, &crate::bitfield::define_bit_fields(tokens(source)), expected);
}

#[track_caller]
fn ranges(source: &str, expected: &[(&str, &str)]) {
    assert_errors(source, &crate::bitfield::define_bit_ranges(tokens(source)), expected);
}

#[test]
fn lists_of_fields() {
    list("pub u32 { /// Doc.\nA: bool, 1; B: Kind, 2; __: 3; C: i8, 4; D: Set, 3, flags; E: F, 2, nested }", &[]);
    list("u64 after m::Last { A: u64, 64; }", &[]);
    list("u31 { A: u32, 31; }", &[]);
    list("u31 { A: u32, 32; }", &[("1 bit(s) too many: `A` would be bits 0 to 31, but `u31` ends at bit 30", "A")]);
    list("u8 { A: u8, 6; B: u8, 3; }", &[("All fields need 9 bits: write `u16`, or narrow some", "B")]);
    list("u8 { A: bool, 1; A: bool, 1; }", &[("two lines define `A`", "A"), ("`A` is defined here", "A")]);
    list("u8 { A: bool, 2; }", &[("a `bool` has 1 bit, not 2", "2")]);
    list(
        "u8 { A: bool; B: u8, 9; C: usize, 3; }",
        &[
            ("say how many bits `A` has: `A: bool, 1;`", "bool"),
            ("`B` has 9 bits, but `u8` holds only 8", "9"),
            ("`usize` cannot stand", "usize"),
        ],
    );
    list("u8 { A: u8, 2, at = 3; B: u8, 2, at = 4; }", &[("`B` (bits 4 to 5) overlaps `A`", "4"), ("here", "A")]);
    list("u8 after Last { A: u8, 2, at = 3; }", &[("no fixed places", "3")]);
    list("u12 { A: bool, 1; }", &[("`u12` cannot hold bit fields", "u12")]);
    list("u8 before Last { A: bool, 1; }", &[("write `after Last`", "before")]);
    list("u8 { }", &[("the list is empty", "")]);
    list("/// Doc.\nu8 { A: bool, 1; }", &[("becomes no item", "/// Doc.")]);
    list("#[cfg(test)] u8 { A: bool, 1; }", &[("before the macro", "#")]);
    list("u8 { #[cfg(test)] A: bool, 1; }", &[("cannot come and go", "#")]);
    list("u8 { A: bool, 1; } u8 { B: bool, 1; }", &[("one list a macro", "u8")]);
}

#[test]
fn lists_of_ranges() {
    ranges("/// Doc.\npub Position: u32 { /// Doc.\nLINE: 20; __: 2; COLUMN: 10; }", &[]);
    ranges("Position: u64 after m::Other { LINE: 64; }", &[]);
    ranges("Position: u8 { LINE: 9; }", &[("1 bit(s) too many: `LINE`", "LINE")]);
    ranges("Position: u8 { LINE: 2; LINE: 2; }", &[("two lines define `LINE`", "LINE"), ("defined here", "LINE")]);
    ranges("Position: u8 { LINE: 0; }", &[("0 bits holds nothing", "0")]);
    ranges("Position: u8 { LINE: 2, flags; }", &[("not a range: remove `flags`", "2")]);
    ranges("u8 { LINE: 2; }", &[("expected", "{")]);
    ranges("Position: u8 { LINE: }", &[("say how many bits `LINE` has", "LINE")]);
}
