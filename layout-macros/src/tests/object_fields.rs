//! What concerns single fields and tails.

use super::{assert_errors, tokens};

/// A class of these fields.
#[track_caller]
fn fields(fields: &str, expected: &[(&str, &str)]) {
    let source = format!("pub struct S {{ {fields} }}");
    let output = crate::object::heap_object(tokens(""), tokens(&source));
    assert_errors(&source, &output, expected);
}

#[test]
fn all_kinds_expand() {
    fields(
        "a: Tagged<Str>, b: Tagged<(Str, Smi)>, c: Tagged<Option<S>>, d: Tagged<heapwright::Any>, e: Weak<Str>, f: Smi,
         g: SmiBits<Flags>, h: Bits<Wide>, i: u8, j: Padding<3>, k: OptionalPadding<{ 2 + 2 }>, l: f64, m: bool,
         #[constant] n: Smi, #[length = n] o: [Tagged<(A, B)>]",
        &[],
    );
    for element in ["Tagged<Any>", "Weak<Str>", "u8", "f64"] {
        fields(&format!("#[constant] n: Smi, #[length = n] #[constant] r#type: [{element}]"), &[]);
        fields(&format!("#[constant] n: Smi, #[length = n] o: [{element}]"), &[]);
    }
    fields(
        "#[relaxed] a: u32, #[acquire_release] #[constant] b: Tagged<Any>, #[relaxed] c: SmiBits<F>, #[cfg(test)] d: Tagged<Any>",
        &[],
    );
}

#[test]
fn primitives_are_what_their_words_say() {
    let source = "struct S { a: u8, b: ::std::primitive::u64, #[constant] n: Smi, #[length = n] t: [u16] }";
    let output = crate::object::heap_object(tokens(""), tokens(source)).to_string();
    for part in [
        "RawField < :: core :: primitive :: u8 >",
        "raw :: < :: core :: primitive :: u8 > (\"a\") . written (\"u8\"",
        "fn a (& self) -> :: core :: primitive :: u8",
        "b : :: core :: primitive :: u64",
        "Tail < :: heapwright :: __private :: RawField < :: core :: primitive :: u16 > >",
        "RawTailInit < :: core :: primitive :: u16 >",
    ] {
        assert!(output.contains(part), "`{part}` is not in\n{output}");
    }
    fields("a: std::primitive::u8", &[("`std::primitive::u8` could be any type of that name", "std")]);
    fields("a: core::ffi::u8", &[("write `u8` alone", "core")]);
    fields("#[constant] n: Smi, #[length = n] t: [module::u8]", &[("could be any type of that name", "module")]);
}

#[test]
fn padding_is_not_cast() {
    let source = "struct S { a: Padding<{ BYTES + 1 }>, b: OptionalPadding<4> }";
    let output = crate::object::heap_object(tokens(""), tokens(source)).to_string();
    assert!(output.contains("FieldSpec :: padding (\"a\" , { BYTES + 1 })"), "{output}");
    assert!(output.contains("FieldSpec :: optional_padding (\"b\" , 4)"), "{output}");
}

#[test]
fn classes_are_not_written_bare() {
    fields("name: Str", &[("if it is a class, write `name: Tagged<Str>` (strong) or `Weak<Str>`", "Str")]);
    fields("name: Taged<Str>", &[("did you mean `Tagged`?", "Taged")]);
    fields("name: Any", &[("write `name: Tagged<Any>`", "Any")]);
    fields("name: Option<Str>", &[("write `name: Tagged<Option<Str>>`, or `Weak<Str>`", "Option")]);
    fields("name: u33", &[("did you mean `u32`?", "u33")]);
}

#[test]
fn rust_memory_is_not_heap_memory() {
    fields(
        "a: Box<Str>",
        &[("`Box<Str>` cannot be a field of a heap object: objects refer to each other by tagged fields", "Box")],
    );
    fields("a: Vec<u8>", &[("a tail", "Vec")]);
    fields("a: String", &[("`Tagged<…>` of a string class", "String")]);
    fields("a: usize", &[("its size differs between machines", "usize")]);
    fields("a: Cell<u8>", &[("fields are cells already", "Cell")]);
    fields("a: AtomicU32", &[("`#[relaxed]` or `#[acquire_release]` and the plain integer", "AtomicU32")]);
    fields("a: &'static Str", &[("the collector moves objects", "&")]);
    fields("a: *const u8", &[("written `a: External<u8>`", "*")]);
    fields("a: fn()", &[("write `u64`, and convert", "fn")]);
    fields("a: [u8; 4]", &[("an array of fixed size", "[")]);
    fields("a: (Str, Smi)", &[("a union of classes is written `Tagged<(Str, Smi)>`", "(")]);
    fields("a: ()", &[("holds nothing", "(")]);
    fields("a: Tagged<String>", &[("`String` lives in Rust's memory", "String")]);
    fields("a: Tagged<Box<Str>>", &[("`Box` lives in Rust's memory", "Box")]);
}

#[test]
fn tagged_takes_one_union() {
    fields("a: Tagged", &[("write `Tagged<Any>`", "Tagged")]);
    fields("a: Tagged<A, B>", &[("several classes stand in a tuple", "<")]);
    fields("a: Tagged<'gc, A>", &[("a field has no lifetime", "'")]);
    fields("a: Tagged<Smi>", &[("is `Smi`, without `Tagged`", "Smi")]);
    fields("a: Tagged<u32>", &[("`u32` is raw bytes, not a class", "u32")]);
    fields("a: Tagged<Weak<A>>", &[("`Weak` is a kind of field", "Weak")]);
    fields("a: Tagged<&A>", &[("`&A` is not a class", "&")]);
    fields("a: Tagged<()>", &[("a union of nothing", "(")]);
    fields("a: Tagged<(A,)>", &[("a union of one class", "(")]);
    fields("a: Tagged<(A, B, C, D, E, F, G)>", &[("at most 6 alternatives, not 7", "(")]);
    fields("a: Tagged<(A, Any)>", &[("admits everything", "Any")]);
    fields("a: Tagged<(A, Option<B>)>", &[("by a class of its own", "Option")]);
    fields("a: Tagged<(A, u8)>", &[("`u8` is raw bytes", "u8")]);
    fields("a: Tagged<(A, B, A)>", &[("twice", "A")]);
    fields("a: Tagged<Option<(A, B)>>", &[("`Option` is for one class", "Option")]);
    fields("a: Tagged<Option<Smi>>", &[("`Option` is for one class", "Option")]);
    fields("a: Tagged<Foo<A>>", &[("classes have no parameters", "<")]);
    fields("a: Smi<u8>", &[("`Smi` takes no argument", "<")]);
}

#[test]
fn weak_takes_one_class() {
    fields("a: Weak<Smi>", &[("a Smi is no reference and cannot be weak", "Smi")]);
    fields("a: Weak<(A, B)>", &[("a weak field names one class", "(")]);
    fields("a: Weak<Option<A>>", &[("optional anyway", "Option")]);
    fields("a: Weak<Any>", &[("write `Weak<HeapObject>`", "Any")]);
    fields("a: Weak", &[("write `Weak<Class>`", "Weak")]);
}

#[test]
fn bits_take_a_bit_field() {
    fields("a: SmiBits<u32>", &[("`#[bitfield(u31)]`, which names its bits: declare one, or write `Smi`", "u32")]);
    fields("a: Bits<u16>", &[("declare one, or write `u16`", "u16")]);
    fields("a: Padding", &[("takes the number of bytes", "Padding")]);
    fields("#[constant] a: Padding<4>", &[("padding holds nothing", "#")]);
}

#[test]
fn words_about_fields() {
    fields(
        "#[relax] a: Smi",
        &[("unknown attribute `relax`: here go `constant`, `relaxed`, `acquire_release`, `seq_cst`", "relax")],
    );
    fields("#[relaxd] a: Smi", &[("(did you mean `relaxed`?)", "relaxd")]);
    fields("#[constant(yes)] a: Smi", &[("takes no argument", "#")]);
    fields("#[constant] #[constant] a: Smi", &[("given twice", "#")]);
    fields("#[relaxed] #[acquire_release] a: Smi", &[("contradicts", "#"), ("`#[relaxed]` is here", "#")]);
    fields("#[acquire_release] a: u64", &[("8 bytes are not atomic", "#")]);
    fields("#[relaxed] a: f64", &[("8 bytes are not atomic", "#")]);
    fields(
        "#[relaxed] #[seq_cst] #[acquire_release] a: Smi",
        &[
            ("`#[acquire_release]` contradicts `#[relaxed]`", "#"),
            ("`#[seq_cst]` contradicts `#[relaxed]`", "#"),
            ("`#[relaxed]` is here", "#"),
        ],
    );
    fields("#[observed(x)] a: Smi", &[("takes no argument", "#")]);
    fields("#[observed] #[constant] a: Smi", &[("no stores to observe", "#")]);
    fields("#[observed] #[checked(get = true)] a: Padding<4>", &[("padding", "#"), ("padding", "#")]);
    fields("a: Smi = 0", &[("write `#[default = 0]` before `a`", "0")]);
    fields("#[default] a: Smi", &[("say what a new object has", "#")]);
    fields("#[default = 0] #[default = 1] a: Smi", &[("given twice", "#")]);
    fields("#[default = 0] a: Padding<4>", &[("padding holds nothing", "#")]);
    fields("#[length = n] a: Smi", &[("belongs to a tail", "#")]);
}

#[test]
fn accessors_that_read_and_write_in_one_step() {
    for order in ["relaxed", "acquire_release", "seq_cst"] {
        for ty in
            ["Tagged<Str>", "Tagged<Option<S>>", "Weak<Str>", "Smi", "SmiBits<F>", "Bits<F>", "u16", "f32", "bool"]
        {
            fields(&format!("#[{order}(swap, compare_exchange)] #[observed] #[checked(set = true)] a: {ty}"), &[]);
        }
    }
    fields("#[relaxed(swp)] a: Smi", &[("unknown accessor `swp` (did you mean `swap`?)", "swp")]);
    fields("#[relaxed(cas)] a: Smi", &[("(did you mean `compare_exchange`?)", "cas")]);
    fields("#[relaxed(swap, swap)] a: Smi", &[("`swap` is given twice", "swap")]);
    fields("#[relaxed()] a: Smi", &[("empty parentheses", "#")]);
    fields("#[relaxed = 1] a: Smi", &[("takes no value", "#")]);
    fields("#[seq_cst(\"swap\")] a: Smi", &[("expected `swap` or `compare_exchange`", "\"swap\"")]);
    fields("#[seq_cst(swap)] #[constant] a: Smi", &[("`swap` would be one", "swap")]);
    fields("#[seq_cst(swap)] a: u64", &[("8 bytes are not atomic", "#")]);
    fields("#[seq_cst(swap)] a: Smi, swap_a: Smi", &[("both make `swap_a`", "swap_a"), ("declared here", "a")]);
    fields("a: Bits<F>, update_a: Smi", &[("both make `update_a`", "update_a"), ("declared here", "a")]);
    fields("#[constant] n: Smi, #[length = n] #[seq_cst(swap)] t: [u8]", &[]);
}

#[test]
fn conditions_of_accessors() {
    fields(
        "#[checked(get = self.b() > 0, set = value.is_some())] #[debug_checked(get = true)] a: Weak<S>, b: Smi",
        &[],
    );
    fields("#[checked] a: Smi", &[("say what is to be checked", "#")]);
    fields("#[checked()] a: Smi", &[("say what is to be checked", "#")]);
    fields("#[checked(gte = true)] a: Smi", &[("unknown condition `gte` (did you mean `get`?)", "gte")]);
    fields("#[checked(get)] a: Smi", &[("`get` needs a condition", "get")]);
    fields("#[checked(get = true, get = false)] a: Smi", &[("join the conditions with `&&`", "get")]);
    fields("#[checked(get = true)] #[checked(set = false)] a: Smi", &[("`#[checked]` is given twice", "#")]);
    fields("#[checked(get = true set = true)] a: Smi", &[("expected `,`", "set")]);
    fields("#[checked(set = value > 0)] #[constant] a: Smi", &[("has no setter to check", "set")]);
    fields("#[checked(get = self.is_ready())] #[constant] a: Smi", &[]);
    fields("#[constant] n: Smi, #[length = n] #[checked(get = true, set = index < 3)] t: [u8]", &[]);
    fields("#[constant] n: Smi, #[length = n] #[observed] #[constant] t: [u8]", &[("no stores to observe", "#")]);
}

#[test]
fn tails_end_the_class() {
    fields("#[constant] n: Smi, #[length = n] t: [u8], a: Smi", &[("can follow it, but `a` does", "t")]);
    fields("#[constant] n: Smi, #[length = n] t: [u8], a: Padding<4>", &[("can follow it, but `a` does", "t")]);
    fields("#[constant] n: Smi, #[length = n] t: [u8], #[length = n] u: [u8]", &[]);
    fields(
        "#[length = n] t: [u8], #[constant] n: Smi, a: u8",
        &[("declare `n` before `t`", "n"), ("can follow it, but `n` does", "t"), ("can follow it, but `a` does", "t")],
    );
    fields("#[constant] n: Smi, #[length = n] t: [Smi], #[length = n] u: [SmiBits<F>]", &[]);
    fields("#[constant] n: Smi, #[length = n] t: [Inline<S>], #[length = n] u: [External<u8>]", &[]);
    fields("#[constant] n: Smi, #[length = n] t: [Str]", &[("`Str` cannot be the element of a tail", "Str")]);
    fields("#[constant] n: Smi, #[length = n] t: [Padding<4>]", &[("padding has a fixed size", "Padding")]);
    fields("#[constant] n: Smi, #[length = n] #[relaxed] t: [u8]", &[]);
    fields("#[constant] n: Smi, #[length = n] #[default = 0] t: [u8]", &[("has no default", "#")]);
    fields("#[constant] n: Smi, #[length = n] #[cfg(a)] t: [u8]", &[("cannot come and go", "#")]);
    fields("#[cfg(a)] #[constant] n: Smi, #[length = n] t: [u8]", &[("must be there in every build", "#")]);
}

#[test]
fn a_length_is_made_of_earlier_constant_numbers() {
    fields("t: [u8]", &[("add `#[constant] length: Smi` before, and `#[length = length]` here", "t")]);
    fields("#[length = n] t: [u8]", &[("there is no field `n` in this class", "n")]);
    fields("#[constant] length: Smi, #[length = lenght] t: [u8]", &[("(did you mean `length`?)", "lenght")]);
    fields("#[constant] length: Sm, #[length = length] t: [u8]", &[("did you mean `Smi`?", "Sm")]);
    fields("#[length = t] t: [u8]", &[("cannot count itself", "t")]);
    fields("n: Smi, #[length = n] t: [u8]", &[("could be changed", "n")]);
    fields("#[constant] n: u32, #[length = n] t: [u8]", &[]);
    fields("#[constant] n: f32, #[length = n] t: [u8]", &[("declared `f32`, but a number of elements is", "n")]);
    fields("n: Padding<4>, #[length = n] t: [u8]", &[("declared `Padding<4>`", "n")]);
    fields("#[length] t: [u8]", &[("name the field that holds", "#")]);
    fields("#[length = COUNT] t: [u8]", &[]);
    fields("#[constant] n: Smi, #[length = if n > MAX { n } else { other::of(n) }] t: [u8]", &[]);
    fields("n: Smi, #[length = n + 1] t: [u8]", &[("could be changed", "n")]);
    fields("#[constant] n: Tagged<Any>, #[length = f(n)] t: [u8]", &[("only Smis, integers", "n")]);
    fields("#[length = m + 1] t: [u8], #[constant] #[present_if = true] m: Smi", &[("declare `m` before `t`", "m")]);
    fields("#[constant] #[present_if = true] m: Smi, #[length = m] t: [u8]", &[("is not in every object", "m")]);
    fields("#[present_if = true] m: Smi, #[length = m.is_some()] t: [u8]", &[("could be changed", "m")]);
}

#[test]
fn optional_fields_have_a_condition() {
    fields("#[constant] b: bool, #[present_if = b] a: Tagged<Any>, #[present_if = !b] c: Weak<Str>", &[]);
    fields("#[present_if] a: Smi", &[("say when an object has the field", "#")]);
    fields("#[present_if = true] #[present_if = true] a: Smi", &[("join the conditions with `&&`", "#")]);
    fields("#[present_if = true] a: Padding<4>", &[("padding holds nothing", "#")]);
    fields("#[present_if = true] a: Smi, b: Smi", &[("can follow it, but `b` does", "a")]);
    fields("#[constant] n: Smi, #[length = n] #[present_if = true] t: [u8]", &[("say so by its length", "#")]);
    fields(
        "#[present_if = true] a: Smi, has_a: Smi",
        &[("both make `has_a`", "has_a"), ("declared here", "a"), ("can follow it, but `has_a` does", "a")],
    );
    fields("#[present_if = true] #[splice = a] a: Weak<S>", &[("belongs to a single weak field", "#")]);
}

#[test]
fn structs_in_objects() {
    let check = |source: &str, expected: &[(&str, &str)]| {
        super::assert_errors(source, &crate::object::heap_struct(tokens(""), tokens(source)), expected);
    };
    check("struct S { a: Tagged<Any>, b: Weak<C>, c: Smi, d: SmiBits<F>, e: Tagged<(Weak<C>, D)> }", &[]);
    check("struct S { a: u32, b: Bits<F>, c: Padding<4>, d: External<u8> }", &[]);
    check("struct S { a: u32, b: Smi }", &[("`b` is tagged and `a` is raw", "b"), ("declared here", "a")]);
    check("struct S { a: Smi, p: Padding<4> }", &[("tagged fields need no padding", "p")]);
    check("struct S { a: Inline<T> }", &[("structs do not nest", "a")]);
    check("struct S {}", &[("needs a field that holds something", "S")]);
    check("struct S { #[default = 1] a: Smi }", &[("have no defaults", "1")]);
    check("struct S<T> { a: Tagged<T> }", &[("cannot be generic", "<")]);
    check("enum S { A }", &[("a class is a struct", "enum"), ("needs a field that holds something", "S")]);
    check("struct S { a: Smi, #[present_if = true] b: Smi }", &[("cannot vary", "b")]);
}
