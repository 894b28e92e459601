//! What concerns the class as a whole.

use super::{assert_errors, tokens};

#[track_caller]
fn check(arguments: &str, source: &str, expected: &[(&str, &str)]) {
    let output = crate::object::heap_object(tokens(arguments), tokens(source));
    assert_errors(source, &output, expected);
}

#[test]
fn right_declarations_expand() {
    check("", "struct Empty {}", &[]);
    check("extends = Struct, open", "/// Doc.\npub struct Script { pub(crate) name: Tagged<Any> }", &[]);
    check("abstract, extends = crate::Base,", "pub struct Struct {}", &[]);
    check("factory = none", "pub struct Map { a: u8 }", &[]);
    check("", "#[allow(dead_code)] #[rustfmt::skip] #[deprecated] #[must_use] struct S { a: u8 }", &[]);
}

#[test]
fn the_expansion_has_all_parts() {
    let output = crate::object::heap_object(
        tokens("extends = Struct, open"),
        tokens("pub struct Script { /// The name.\n name: Tagged<Any>, #[constant] length: Smi, #[length = length] elements: [Tagged<Any>] }"),
    )
    .to_string();
    for part in [
        "fn name (& self) -> :: heapwright :: Tagged < '_ , Any >",
        "fn set_name < __I >",
        "NAME_OFFSET",
        "fn length (& self) -> :: core :: primitive :: i32",
        "fn elements (& self , index : :: core :: primitive :: usize)",
        "fn elements_len",
        "fn elements_iter",
        "fn size_for",
        "HEADER_SIZE",
        "struct ScriptInit < ParentValue , NameValue , ElementsValue >",
        "unsafe impl :: heapwright :: OpenClass for Script",
        "unsafe impl :: heapwright :: ConcreteClass for Script",
        "# [diagnostic :: do_not_recommend] unsafe impl < __T > :: heapwright :: IsA < __T >",
        ". written (\"Tagged<Any>\" , 0u32 , \"The name.\")",
        ". written (\"[Tagged<Any>]\" , 0u32 , \"\")",
    ] {
        assert!(output.contains(part), "`{part}` is not in\n{output}");
    }
    assert!(!output.contains("set_length"), "the length is constant");
}

#[test]
fn arguments_are_known_words() {
    check("opne", "struct S {}", &[("unknown argument `opne` (did you mean `open`?)", "opne")]);
    check("parent = Base", "struct S {}", &[("unknown argument `parent` (did you mean `extends`?)", "parent")]);
    check("leaf", "struct S {}", &[("classes are leaves unless", "leaf")]);
    check(
        "zebra(1, 2), extends = B",
        "struct S {}",
        &[("unknown argument `zebra`: possible are `extends`, `open`, `abstract`, ", "zebra")],
    );
    check("print", "struct S {}", &[("takes a value: `print = print_it`", "print")]);
    check("copy = deep", "struct S {}", &[("takes no value", "=")]);
    check("instance_types = 9..=8, open", "struct S {}", &[("goes backwards: write `8..=9`", "8")]);
    check("instance_type = 9, abstract", "struct S {}", &[("has no instances, so no number", "9")]);
    check("open, open", "struct S {}", &[("`open` is given twice", "open")]);
    check("extends = A, extends = B", "struct S {}", &[("a class extends one class", "extends")]);
    check("abstract, open", "struct S {}", &[("an `abstract` class is open anyway", "open")]);
    check("observed = true", "struct S {}", &[("`observed` takes no value", "=")]);
    check("observed", "struct S { a: Smi, #[constant] b: Smi }", &[]);
    check("open = true", "struct S {}", &[("`open` takes no value", "=")]);
    check("extends(A)", "struct S {}", &[("`extends = Struct`", "extends")]);
    check("extends = 3", "struct S {}", &[("expected the class to extend", "3")]);
    check("open abstract", "struct S {}", &[("separated by commas", "abstract")]);
    check("\"open\"", "struct S {}", &[("expected `extends`, `open`, `abstract`, ", "\"open\"")]);
    check("factory = some", "struct S {}", &[("only `factory = none`", "some")]);
    check("extends = S", "struct S {}", &[("`S` extends itself", "S")]);
}

#[test]
fn only_plain_structs() {
    check("", "struct S;", &[("needs named fields", "S")]);
    check("", "struct S(u8);", &[("needs named fields", "(")]);
    check("", "enum S { A }", &[("a class is a struct", "enum")]);
    check("", "union S { a: u8 }", &[("a class is a struct", "union")]);
    check("", "fn f() {}", &[("goes on a struct", "fn")]);
    check("", "struct S<T> { a: Tagged<T> }", &[("cannot be generic", "<")]);
    check("", "struct S<'a, const N: usize> where { a: u8 }", &[("cannot be generic", "<")]);
}

#[test]
fn attributes_of_the_struct() {
    check("", "#[derive(Clone)] struct S {}", &[("cannot derive", "#")]);
    check("", "#[repr(C)] struct S {}", &[("remove `#[repr]`", "#")]);
    check("", "#[cfg_attr(test, allow(x))] struct S {}", &[("is not resolved", "#")]);
    check("", "#[alow(x)] struct S {}", &[("unknown attribute `alow` (did you mean `allow`?)", "alow")]);
}

#[test]
fn names_do_not_collide() {
    check(
        "",
        "struct S { new: Smi, map: Smi, parent: Smi, cast: Smi, size: Smi }",
        &[
            ("called `new`: every class has a function", "new"),
            ("called `map`: every heap object has a method", "map"),
            ("called `parent`: the `…Init` struct", "parent"),
            ("called `cast`: every class has a cast", "cast"),
            ("called `size`: every heap object", "size"),
        ],
    );
    check("", "struct S { __a: Smi }", &[("belong to the macro", "__a")]);
    check("", "struct S { a: Smi, set_a: Smi }", &[("would both make `set_a`", "set_a"), ("declared here", "a")]);
    check("", "struct S { #[constant] a: Smi, set_a: Smi }", &[]);
    check("", "struct S { a: Smi, b: u8, a: u8 }", &[("two fields are called `a`", "a"), ("declared here", "a")]);
    check(
        "",
        "struct S { a_len: u32, #[constant] length: Smi, #[length = length] a: [u8] }",
        &[("`a` and `a_len` would both make `a_len`", "a"), ("declared here", "a_len")],
    );
    check("", "struct S { start_of_weak_fields: Smi }", &[("START_OF_WEAK_FIELDS_OFFSET", "start_of_weak_fields")]);
    check("", "struct S { #[cfg(a)] x: Smi, #[cfg(not(a))] x: u32 }", &[]);
}

#[test]
fn what_is_reported_is_not_made() {
    let output = |fields: &str| {
        let source = format!("struct S {{ {fields} }}");
        crate::object::heap_object(tokens("extends = B"), tokens(&source)).to_string()
    };
    let twice = output("a: Smi, a: Smi, __b: Smi, parent: Smi");
    assert_eq!(twice.matches("fn a (").count(), 1, "{twice}");
    assert_eq!(twice.matches("a : :: heapwright :: __private :: SmiField").count(), 1, "{twice}");
    assert!(!twice.contains("__b :") && !twice.contains("fn parent"), "{twice}");
    let setter = output("a: Smi, set_a: Smi, new: Smi");
    assert_eq!(setter.matches("fn set_a (").count(), 1, "{setter}");
    assert!(!setter.contains("fn new "), "{setter}");
    assert!(setter.contains("set_a : :: heapwright :: __private :: SmiField"), "the field stays: {setter}");
}

#[test]
fn too_many_fields() {
    let fields: String = (0..63).map(|index| format!("f{index}: Smi,")).collect();
    check("", &format!("struct S {{ {fields} }}"), &[("at most 62 fields of its own, and this one has 63", "f62")]);
    let fields: String = (0..4).map(|index| format!("#[cfg(c{index})] f{index}: Tagged<Any>,")).collect();
    check("", &format!("struct S {{ {fields} }}"), &[("3 different `cfg`s at most", "#")]);
}

#[test]
fn all_mistakes_at_once() {
    check(
        "opne",
        "#[derive(Clone)] struct S { a: Str, #[constnat] b: Smi, c: Weak<Smi>, d: [u8] }",
        &[
            ("unknown argument", "opne"),
            ("cannot derive", "#"),
            ("`Str` alone is not a kind of field", "Str"),
            ("unknown attribute `constnat` (did you mean `constant`?)", "constnat"),
            ("cannot be weak", "Smi"),
            ("the number of elements of `d`", "d"),
        ],
    );
}
