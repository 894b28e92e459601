use super::tokens;

/// Asserts that the expansion is an expression with exactly these errors.
#[track_caller]
fn check(source: &str, expected: &[(&str, &str)]) {
    let output = crate::match_class::match_class(tokens(source));
    super::assert_errors(source, &quote::quote!(const _: () = #output;), expected);
}

#[test]
fn right_matches_expand() {
    check("match v { A(a) => 1, #[exactly] b::B(_) if x => 2, A(_) | Smi(_) | None => 3, _ => 5 }", &[]);
    check("match f(x)? { A(mut a) => return, Smi(0..=9 | 12) => 1, other if c => break, other => continue }", &[]);
    check("match v {}", &[]);
}

#[test]
fn the_shape_is_told() {
    check("v, { A(a) => 1 }", &[("expected a `match`", "v")]);
    check("v.x()", &[("expected a `match`", "v")]);
    check("match v { A => 1 }", &[("written `A(object)`", "A")]);
    check("match v { a::A => 1 }", &[("written `A(object)`", "a")]);
    check(
        "match v { A(x, y) => 1, B(..) => 2, C {} => 3 }",
        &[("as a whole", "A"), ("as a whole", "B"), ("an arm is `Class(object)`", "C")],
    );
    check("match v { A(x) | B(_) => 1 }", &[("nothing of them can be bound", "x")]);
    check("match v { A(_) | Smi(0) => 1, _ => 2 }", &[("nothing of them can be bound", "0")]);
    check("match v { other => 1, A(_) => 2 }", &[("put it last", "other")]);
    check("match v { #[exactly] _ => 1 }", &[("names a class", "#")]);
    check("match v { #[cfg(x)] A(_) => 1 }", &[("only `#[exactly]`", "#")]);
}
