//! What the type of a field says: the words of the declaration language, and what to write instead of others.

use super::model::{Prim, Shape, Union, ValueKind};
use crate::errors::{Errors, closest};
use crate::prims;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Expr, GenericArgument, PathArguments, PathSegment, Type};

/// The words that make a field of something.
const WORDS: &[&str] =
    &["Tagged", "Weak", "Smi", "SmiBits", "Bits", "External", "Inline", "Padding", "OptionalPadding"];
const PRIMS: &[(&str, u32)] = &[
    ("u8", 1),
    ("u16", 2),
    ("u32", 4),
    ("u64", 8),
    ("i8", 1),
    ("i16", 2),
    ("i32", 4),
    ("i64", 8),
    ("f32", 4),
    ("f64", 8),
    ("bool", 1),
];

/// What a field's type makes of it.
pub(super) enum Declared {
    Value(ValueKind),
    Padding { bytes: Expr, optional: bool },
    Tail(ValueKind),
}

/// Reads a field's type. `None` after an error.
pub(super) fn field(ty: &Type, name: &str, errors: &mut Errors) -> Option<Declared> {
    let ty = ungrouped(ty);
    if let Type::Slice(slice) = ty {
        return element(ungrouped(&slice.elem), errors).map(Declared::Tail);
    }
    let Some(last) = last_segment(ty) else {
        errors.at(ty, format!("this type cannot be a field of a heap object: {}", instead_of(ty, name)));
        return None;
    };
    let word = last.ident.to_string();
    let value = |kind| Some(Declared::Value(kind));
    match word.as_str() {
        "Tagged" => value(tagged(argument(last, "Tagged<Any>", errors)?, errors)?),
        "Weak" => value(ValueKind::Weak(weak(argument(last, "Weak<Class>", errors)?, errors)?)),
        "SmiBits" => value(ValueKind::SmiBits(bits(argument(last, "SmiBits<Flags>", errors)?, true, errors)?)),
        "Bits" => value(ValueKind::Bits(bits(argument(last, "Bits<Flags>", errors)?, false, errors)?)),
        "External" => value(ValueKind::External(argument(last, "External<T>", errors)?.clone())),
        "Inline" => value(ValueKind::Struct(inline(argument(last, "Inline<Struct>", errors)?, errors)?)),
        "Padding" | "OptionalPadding" => {
            Some(Declared::Padding { bytes: bytes(last, errors)?, optional: word == "OptionalPadding" })
        }
        "Smi" if last.arguments.is_none() => value(ValueKind::Smi),
        "Smi" => {
            errors.at(&last.arguments, "`Smi` takes no argument; a bit field in a Smi is `SmiBits<Flags>`");
            None
        }
        _ => match prim(ty) {
            Some(prim) => value(ValueKind::Raw(prim)),
            None => {
                errors.at(ty, unknown(last, ty, name));
                None
            }
        },
    }
}

/// The element type of a tail: whatever a field may be, but for padding.
fn element(ty: &Type, errors: &mut Errors) -> Option<ValueKind> {
    let last = last_segment(ty);
    let word = last.map(|last| last.ident.to_string()).unwrap_or_default();
    match (word.as_str(), last) {
        ("Padding" | "OptionalPadding", _) => {
            errors.at(ty, "padding has a fixed size: write it as a field, `padding: Padding<4>`, before the elements");
            None
        }
        (word, Some(last)) if prims::is_word(word) && prim(ty).is_none() => {
            errors.at(ty, unknown(last, ty, word));
            None
        }
        (word, Some(_)) if WORDS.contains(&word) || prims::is_word(word) => match field(ty, "elements", errors)? {
            Declared::Value(kind) => Some(kind),
            Declared::Padding { .. } | Declared::Tail(_) => None,
        },
        _ => {
            errors.at(
                ty,
                format!(
                    "`{}` cannot be the element of a tail: write `[Tagged<…>]`, `[Weak<Class>]`, `[Smi]`, `[Inline<Struct>]`, \
                     or a primitive such as `[u8]`",
                    spelled(ty)
                ),
            );
            None
        }
    }
}

/// The argument of `Inline<…>`.
fn inline(ty: &Type, errors: &mut Errors) -> Option<Type> {
    let ty = ungrouped(ty);
    class(ty, "Inline<Struct>", errors)?;
    Some(ty.clone())
}

/// The argument of `Tagged<…>`, and whether its values may be weak.
fn tagged(ty: &Type, errors: &mut Errors) -> Option<ValueKind> {
    let ty = ungrouped(ty);
    if is_word(ty, "MaybeObject") {
        return Some(ValueKind::MaybeWeak(syn::parse_quote!(::heapwright::MaybeObject)));
    }
    let Type::Tuple(tuple) = ty else { return union(ty, errors).map(ValueKind::Tagged) };
    if !tuple.elems.iter().any(|member| is_word(ungrouped(member), "Weak")) {
        return union(ty, errors).map(ValueKind::Tagged);
    }
    members(ty, tuple, errors)?;
    let members = tuple.elems.iter().map(|member| {
        let member = ungrouped(member);
        match last_segment(member) {
            Some(last) if last.ident == "Weak" => {
                let arguments = &last.arguments;
                syn::parse_quote!(::heapwright::Weak #arguments)
            }
            _ if is_word(member, "Smi") => syn::parse_quote!(::heapwright::Smi),
            _ => member.clone(),
        }
    });
    let members: Vec<Type> = members.collect();
    Some(ValueKind::MaybeWeak(syn::parse_quote!((#(#members,)*))))
}

/// The argument of `Tagged<…>`.
fn union(ty: &Type, errors: &mut Errors) -> Option<Union> {
    let ty = ungrouped(ty);
    let made = |shape| Some(Union { ty: ty.clone(), shape });
    if let Type::Tuple(tuple) = ty {
        return members(ty, tuple, errors).and_then(|()| made(Shape::Many));
    }
    match last_segment(ty).map(|last| (last.ident.to_string(), last)) {
        Some((word, _)) if word == "Any" => made(Shape::Many),
        Some((word, _)) if word == "Smi" => {
            errors.at(ty, "a field that is always a small integer is `Smi`, without `Tagged`");
            None
        }
        Some((word, last)) if word == "Option" => {
            let class = ungrouped(argument(last, "Tagged<Option<Class>>", errors)?);
            if matches!(class, Type::Tuple(_)) || is_word(class, "Any") || is_word(class, "Smi") {
                errors.at(
                    ty,
                    "`Option` is for one class; a union says by a class of its own what stands for nothing: \
                     `Tagged<(A, B, Nothing)>`, with a class `Nothing` that you declare",
                );
                return None;
            }
            self::class(class, "Tagged<Option<Class>>", errors)?;
            made(Shape::Optional(class.clone()))
        }
        _ => {
            class(ty, "Tagged<Class>", errors)?;
            made(Shape::Class)
        }
    }
}

/// Checks the members of `Tagged<(A, B)>`.
fn members(ty: &Type, tuple: &syn::TypeTuple, errors: &mut Errors) -> Option<()> {
    let count = tuple.elems.len();
    if count < 2 {
        let what = if count == 0 { "nothing" } else { "one class" };
        errors.at(ty, format!("a union of {what} is none: write `Tagged<Class>`, or name two to six alternatives"));
        return None;
    }
    if count > 6 {
        errors.at(
            ty,
            format!("a union has at most 6 alternatives, not {count}: name a class that several of them extend, or write `Tagged<Any>`"),
        );
        return None;
    }
    let mut right = true;
    let mut seen = Vec::new();
    for member in &tuple.elems {
        let member = ungrouped(member);
        if is_word(member, "Any") {
            errors.at(member, "a union with `Any` admits everything: write `Tagged<Any>`");
            right = false;
        } else if is_word(member, "Option") {
            errors.at(
                member,
                "a union says by a class of its own what stands for nothing: declare one, such as `Nothing`, and name that instead",
            );
            right = false;
        } else if let Some(prim) = prim(member) {
            let word = prim.word;
            errors.at(
                member,
                format!("`{word}` is raw bytes and cannot share a tagged word: write `Smi`, or a field of its own"),
            );
            right = false;
        } else if is_word(member, "Weak") {
            match last_segment(member).and_then(|last| argument(last, "Weak<Class>", errors)) {
                Some(of) if weak(of, errors).is_some() => {}
                _ => right = false,
            }
        } else if !is_word(member, "Smi") && class(member, "Tagged<(ClassA, ClassB)>", errors).is_none() {
            right = false;
        }
        let spelled = spelled(member);
        if seen.contains(&spelled) {
            let alone = if count == 2 { format!(", and write `Tagged<{spelled}>`") } else { String::new() };
            errors.at(member, format!("`{spelled}` stands in the union twice: remove one{alone}"));
            right = false;
        }
        seen.push(spelled);
    }
    right.then_some(())
}

/// The argument of `Weak<…>`.
fn weak(ty: &Type, errors: &mut Errors) -> Option<Type> {
    let ty = ungrouped(ty);
    let message = if is_word(ty, "Smi") {
        "a Smi is no reference and cannot be weak: write `Smi`, or `Weak<Class>`"
    } else if matches!(ty, Type::Tuple(_)) {
        "a weak field names one class: write a class that all of them extend, such as `Weak<HeapObject>`, and cast when you read it"
    } else if is_word(ty, "Option") {
        "a weak field is optional anyway, as its referent may die: write `Weak<Class>`"
    } else if is_word(ty, "Any") {
        "a weak field refers to objects only, never to a Smi: write `Weak<HeapObject>`"
    } else {
        class(ty, "Weak<Class>", errors)?;
        return Some(ty.clone());
    };
    errors.at(ty, message);
    None
}

/// The argument of `SmiBits<…>` and `Bits<…>`.
fn bits(ty: &Type, in_smi: bool, errors: &mut Errors) -> Option<Type> {
    let ty = ungrouped(ty);
    if prim(ty).is_some() || is_word(ty, "Smi") || last_segment(ty).is_none() {
        let (word, storage) = if in_smi { ("SmiBits", "u31") } else { ("Bits", "u32") };
        let plain = if in_smi { "Smi".to_owned() } else { spelled(ty) };
        errors.at(
            ty,
            format!(
                "`{word}` takes a struct declared with `#[bitfield({storage})]`, which names its bits: declare one, or write `{plain}`"
            ),
        );
        return None;
    }
    Some(ty.clone())
}

/// Checks that a type may be the name of a class.
fn class(ty: &Type, shape: &str, errors: &mut Errors) -> Option<()> {
    let Some(last) = last_segment(ty) else {
        errors.at(ty, format!("`{}` is not a class: write the name of one, as in `{shape}`", spelled(ty)));
        return None;
    };
    let word = last.ident.to_string();
    if prim(ty).is_some() {
        errors.at(
            ty,
            format!("`{word}` is raw bytes, not a class: write the field as `{word}`, without `Tagged` or `Weak`"),
        );
        return None;
    }
    if WORDS.contains(&word.as_str()) {
        errors.at(ty, format!("`{word}` is a kind of field, not a class: it cannot stand inside `{shape}`"));
        return None;
    }
    if let Some(instead) = rust_type(&word) {
        errors.at(ty, format!("`{word}` lives in Rust's memory, which the collector does not see: {instead}"));
        return None;
    }
    if !last.arguments.is_none() {
        errors.at(&last.arguments, format!("classes have no parameters: write `{word}` alone"));
        return None;
    }
    Some(())
}

/// What is wrong with a bare type that is no word of the language.
fn unknown(last: &PathSegment, ty: &Type, name: &str) -> String {
    let word = last.ident.to_string();
    if prims::is_word(&word) {
        return format!(
            "`{}` could be any type of that name, and the macro must know the size of this one: write `{word}` alone, \
             which it takes for the primitive",
            spelled(ty)
        );
    }
    if let Some(instead) = rust_type(&word) {
        return format!("`{}` cannot be a field of a heap object: {instead}", spelled(ty));
    }
    if word == "Option" {
        let class = match &last.arguments {
            PathArguments::AngleBracketed(arguments) => spelled(&arguments.args),
            _ => "Class".to_owned(),
        };
        return format!(
            "an optional reference is a tagged field: write `{name}: Tagged<Option<{class}>>`, or `Weak<{class}>`"
        );
    }
    if word == "Any" {
        return format!("`Any` says what a tagged field may hold: write `{name}: Tagged<Any>`");
    }
    let prims: Vec<&str> = PRIMS.iter().map(|(word, _)| *word).collect();
    // A class called `Tag` is more likely than `Tagged` misspelt; only a near miss is taken for a word.
    if let Some(meant) = closest(&word, &[WORDS, &prims].concat()) {
        return format!(
            "`{word}` is not a kind of field: did you mean `{meant}`? A class `{word}` would be `Tagged<{word}>`"
        );
    }
    format!(
        "`{word}` alone is not a kind of field: if it is a class, write `{name}: Tagged<{word}>` (strong) or `Weak<{word}>`; \
         if it is a bit field, `SmiBits<{word}>` or `Bits<{word}>`; if it is a `#[heap_struct]`, `Inline<{word}>`"
    )
}

/// What to write instead of a type of Rust's.
fn rust_type(word: &str) -> Option<&'static str> {
    Some(match word {
        "Box" | "Rc" | "Arc" | "Gc" | "Handle" | "Global" | "NonNull" => {
            "objects refer to each other by tagged fields: write `Tagged<Class>`"
        }
        "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "HashSet" => {
            "write `Tagged<…>` of an array class, or a tail `[Tagged<Any>]` at the end of the class"
        }
        "String" | "str" | "OsString" | "PathBuf" => {
            "write `Tagged<…>` of a string class, or a tail `[u8]` at the end of the class"
        }
        "usize" | "isize" => "its size differs between machines: write `u32`, `u64` or `Smi`",
        "u128" | "i128" => "no field is wider than 8 bytes: write two `u64`s",
        "char" => "write `u32`, and convert where you read it",
        "Cell" | "RefCell" | "UnsafeCell" | "OnceCell" | "Mutex" => {
            "fields are cells already, with a setter unless `#[constant]`: write the type inside"
        }
        "AtomicBool" => "write `#[relaxed]` or `#[acquire_release]` and `bool`",
        "AtomicU8" | "AtomicU16" | "AtomicU32" | "AtomicI8" | "AtomicI16" | "AtomicI32" => {
            "write `#[relaxed]` or `#[acquire_release]` and the plain integer"
        }
        "AtomicU64" | "AtomicI64" | "AtomicUsize" | "AtomicIsize" | "AtomicPtr" => {
            "8 bytes are not atomic in the heap, where they may be aligned to 4: write `u32` with `#[relaxed]` or `#[acquire_release]`"
        }
        "PhantomData" => "a class has no type parameters to mark: remove the field",
        _ => return None,
    })
}

/// What to write instead of a type that is no path.
fn instead_of(ty: &Type, name: &str) -> String {
    match ty {
        Type::Array(array) => format!(
            "an array of fixed size is written as fields of their own, or as `Padding<{}>` if it holds nothing; \
             a variable number of elements is a tail, `#[length = length] {name}: [{}]`",
            spelled(&array.len),
            spelled(&array.elem),
        ),
        Type::Reference(reference) => format!(
            "the collector moves objects, so a field is no Rust reference: write `Tagged<{}>`",
            spelled(&reference.elem)
        ),
        Type::Ptr(pointer) => {
            format!("an address outside the heap is written `{name}: External<{}>`", spelled(&pointer.elem))
        }
        Type::FnPtr(_) => {
            "a function lives as long as the program: write `u64`, and convert where you read it".to_owned()
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => "`()` holds nothing: remove the field".to_owned(),
        Type::Tuple(_) => {
            format!("a union of classes is written `Tagged<{}>`; several values are several fields", spelled(ty))
        }
        _ => "write `Tagged<…>`, `Weak<…>`, `Smi`, `SmiBits<…>`, `Bits<…>`, `External<…>`, `Inline<…>`, a primitive, or a tail `[…]`".to_owned(),
    }
}

/// The one type in `Word<…>`.
fn argument<'t>(last: &'t PathSegment, shape: &str, errors: &mut Errors) -> Option<&'t Type> {
    let word = &last.ident;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        errors.at(last, format!("`{word}` needs to know of what: write `{shape}`"));
        return None;
    };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(ty)), 1) => Some(ty),
        (Some(GenericArgument::Lifetime(lifetime)), _) => {
            errors.at(lifetime, format!("a field has no lifetime, it lives as long as its object: write `{shape}`"));
            None
        }
        (Some(_), 2..) if word == "Tagged" => {
            errors.at(arguments, "several classes stand in a tuple: write `Tagged<(ClassA, ClassB)>`");
            None
        }
        _ => {
            errors.at(arguments, format!("`{word}` takes one type: write `{shape}`"));
            None
        }
    }
}

/// The number in `Padding<…>`.
fn bytes(last: &PathSegment, errors: &mut Errors) -> Option<Expr> {
    let word = &last.ident;
    if let PathArguments::AngleBracketed(arguments) = &last.arguments
        && arguments.args.len() == 1
    {
        match &arguments.args[0] {
            GenericArgument::Const(bytes) => return Some(bytes.clone()),
            GenericArgument::Type(Type::Path(path)) => {
                return Some(Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: path.path.clone() }));
            }
            _ => {}
        }
    }
    errors.at(last, format!("`{word}` takes the number of bytes: write `{word}<4>`"));
    None
}

fn prim(ty: &Type) -> Option<Prim> {
    let (word, ident) = prims::primitive(ty)?;
    let (_, bytes) = PRIMS.iter().find(|(prim, _)| word == *prim)?;
    Some(Prim { ty: prims::absolute(word, ident.span()), word, bytes: *bytes })
}

fn is_word(ty: &Type, word: &str) -> bool {
    last_segment(ty).is_some_and(|last| last.ident == word)
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// The type without the invisible group that a `macro_rules!` puts around it, and without parentheses.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}

/// A type as people write it.
pub(super) fn spelled(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\n' => {
                let (before, after) = (out.chars().last(), chars.peek().copied());
                if before.is_some_and(is_word) && after.is_some_and(is_word) {
                    out.push(' ');
                }
            }
            ',' | ';' => {
                out.push(c);
                out.push(' ');
            }
            c => out.push(c),
        }
    }
    out.trim_end().replace(", )", ")").replace(", >", ">")
}

/// Identifiers in the types of a declaration, so that invented names do not shadow them.
pub(super) fn identifiers(tokens: proc_macro2::TokenStream, into: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) => into.push(ident),
            proc_macro2::TokenTree::Group(group) => identifiers(group.stream(), into),
            _ => {}
        }
    }
}
