use super::{assert_errors, tokens};

#[track_caller]
fn check(source: &str, expected: &[(&str, &str)]) {
    assert_errors(source, &crate::bit_enum::bit_enum(tokens(source)), expected);
}

#[test]
fn right_declarations_expand() {
    check("#[repr(u8)] enum E { A, B = 5, C, #[fallback] D = b'x' }", &[]);
    let output = crate::bit_enum::bit_enum(tokens("#[repr(u8)] enum E { A, B = 5, C }")).to_string();
    assert!(
        output.contains("BITS : :: core :: primitive :: u32 = 3u32") && output.contains("(\"C\" , 6u64)"),
        "{output}"
    );
}

#[test]
fn the_representation_is_fixed() {
    check("enum E { A }", &[("needs `#[repr(u8)]`", "E")]);
    check("#[repr(C)] enum E { A }", &[("`C` is no representation", "C")]);
    check("#[repr(i8)] enum E { A }", &[("(did you mean `u8`?)", "i8")]);
}

#[test]
fn variants_are_numbers() {
    check("#[repr(u8)] enum E { A(u8), B { x: u8 } }", &[("`A` carries data", "("), ("`B` carries data", "{")]);
    check("#[repr(u8)] enum E { A = X }", &[("write a literal", "X")]);
    check("#[repr(u8)] enum E { A = -1 }", &[("holds no sign", "-")]);
    check("#[repr(u8)] enum E { A = 1, B = 1 }", &[("`A` and `B` are both 1", "B")]);
    check("#[repr(u8)] enum E { #[fallback] A, #[fallback] B }", &[("only one variant", "#"), ("first", "A")]);
    check("#[repr(u8)] enum E { #[fallback(x)] A }", &[("takes no argument", "(")]);
    check("#[repr(u8)] enum E {}", &[("needs a variant", "E")]);
}

#[test]
fn only_plain_enums() {
    check("struct S { a: u8 }", &[("`BitEnum` is for enums", "struct")]);
    check("union U { a: u8 }", &[("`BitEnum` is for enums", "union")]);
    check("enum E<T> { A }", &[("cannot be generic", "<")]);
}
