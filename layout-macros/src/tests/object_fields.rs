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
        "raw :: < :: core :: primitive :: u8 > (\"a\") . type_name (\"u8\")",
        "fn a (& self) -> :: core :: primitive :: u8",
        "b : :: core :: primitive :: u64",
        "RawTail < :: core :: primitive :: u16 >",
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
    fields("a: *const u8", &[("written as `u64`", "*")]);
    fields("a: fn()", &[("written as `u64`", "fn")]);
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
    fields("a: Smi = 0", &[("no default values", "0")]);
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
    fields("#[constant] n: Smi, #[length = n] #[seq_cst] t: [u8]", &[("no memory order", "#")]);
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
    fields(
        "#[constant] n: Smi, #[length = n] #[checked(get = true)] t: [u8]",
        &[("conditions belong to a field", "#")],
    );
    fields("#[constant] n: Smi, #[length = n] #[observed] #[constant] t: [u8]", &[("never stored into", "#")]);
}

#[test]
fn a_tail_ends_the_class() {
    fields("#[constant] n: Smi, #[length = n] t: [u8], a: Smi", &[("nothing can follow it, but `a` does", "t")]);
    fields(
        "#[constant] n: Smi, #[length = n] t: [u8], #[length = n] u: [u8]",
        &[("a second tail `u`: a class has one, and `t` is it", "u")],
    );
    fields(
        "#[length = n] t: [u8], #[constant] n: Smi, a: u8",
        &[("declare `n` before `t`", "n"), ("nothing can follow it, but `a` does", "t")],
    );
    fields("#[constant] n: Smi, #[length = n] t: [Smi]", &[("elements that may be Smis", "Smi")]);
    fields("#[constant] n: Smi, #[length = n] t: [Str]", &[("`Str` cannot be the element of a tail", "Str")]);
    fields("#[constant] n: Smi, #[length = n] #[relaxed] t: [u8]", &[("no memory order", "#")]);
    fields("#[constant] n: Smi, #[length = n] #[cfg(a)] t: [u8]", &[("cannot come and go", "#")]);
    fields("#[cfg(a)] #[constant] n: Smi, #[length = n] t: [u8]", &[("must be there in every build", "#")]);
}

#[test]
fn a_length_is_an_earlier_constant_smi() {
    fields("t: [u8]", &[("add `#[constant] length: Smi` before, and `#[length = length]` here", "t")]);
    fields("#[length = n] t: [u8]", &[("there is no field `n` in this class", "n")]);
    fields("#[constant] length: Smi, #[length = lenght] t: [u8]", &[("(did you mean `length`?)", "lenght")]);
    fields("#[constant] length: Sm, #[length = length] t: [u8]", &[("did you mean `Smi`?", "Sm")]);
    fields("#[length = t] t: [u8]", &[("cannot count itself", "t")]);
    fields("n: Smi, #[length = n] t: [u8]", &[("could be changed", "n")]);
    fields("#[constant] n: u32, #[length = n] t: [u8]", &[("declared `u32`, but a number of elements is a Smi", "n")]);
    fields("n: Padding<4>, #[length = n] t: [u8]", &[("declared `Padding<4>`", "n")]);
    fields("#[length = n] t: [u8], #[constant] n: Smi", &[("declare `n` before `t`", "n")]);
    fields("#[length] t: [u8]", &[("name the field that holds", "#")]);
}
