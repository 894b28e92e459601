//! Primitives, which a declaration names by their usual word.
//!
//! A word is not the type: `type u8 = u64;` in the user's module would make the macro and rustc disagree on a field's
//! size. So what is taken for a primitive is written as `::core::primitive::…` in all generated code.

use crate::names::generated_at;
use proc_macro2::{Ident, Span};
use quote::{format_ident, quote_spanned};
use syn::Type;

/// The primitives that a declaration may name.
const WORDS: &[&str] = &["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "bool"];

/// The word of a type that is a primitive for certain: `u8`, where the word is all there is, or
/// `::core::primitive::u8`.
pub(crate) fn primitive(ty: &Type) -> Option<(&'static str, &Ident)> {
    let path = match ty {
        Type::Path(path) => path,
        Type::Group(group) => return primitive(&group.elem), // from a `macro_rules!`
        Type::Paren(paren) => return primitive(&paren.elem),
        _ => return None,
    };
    if path.qself.is_some() || path.path.segments.iter().any(|segment| !segment.arguments.is_none()) {
        return None;
    }
    let segments: Vec<&Ident> = path.path.segments.iter().map(|segment| &segment.ident).collect();
    let ident = match (path.path.leading_colon, segments.as_slice()) {
        (None, [word]) => word,
        (Some(_), [root, module, word]) if (*root == "core" || *root == "std") && *module == "primitive" => word,
        _ => return None,
    };
    let word = WORDS.iter().find(|word| *ident == **word)?;
    Some((word, ident))
}

/// The type of a primitive word at `span`, whatever that word names there.
pub(crate) fn absolute(word: &str, span: Span) -> Type {
    let ident = format_ident!("{word}", span = span);
    let prefix = quote_spanned!(generated_at(span)=> ::core::primitive);
    syn::parse_quote!(#prefix::#ident)
}

/// Whether this is the word of a primitive.
pub(crate) fn is_word(word: &str) -> bool {
    WORDS.contains(&word)
}
