use super::{assert_errors, tokens};

#[track_caller]
fn check(source: &str, expected: &[(&str, &str)]) {
    assert_errors(source, &crate::classes::heap_classes(tokens(source)), expected);
}

#[test]
fn right_lists_expand() {
    check("/// All.\npub static CLASSES = [A, b::B, #[cfg(test)] C];", &[]);
    check("static NONE = [];", &[]);
    check("static EITHER = [#[cfg(a)] A, #[cfg(not(a))] A];", &[]);
}

#[test]
fn duplicates_name_both_places() {
    check("static C = [A, b::B, A];", &[("`A` is listed twice", "A"), ("first listed here", "A")]);
}

#[test]
fn the_shape_is_told() {
    check("pub const C = [A];", &[("not a `const`", "const")]);
    check("C = [A];", &[("expected `static`", "C")]);
    check("static C: ClassRegistry = [A];", &[("is left out", ":")]);
    check("static C = (A);", &[("expected the list of classes", "(")]);
    check("static C = [A]", &[("expected `;`", "")]);
    check("static C = [A]; static D = [B];", &[("one registry", "static")]);
    check("static C = [#[allow(x)] A];", &[("only `#[cfg(…)]`", "#")]);
}
