//! Identifiers made from identifiers, and where they stand in the source.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// `line_ends` → `LINE_ENDS` + `suffix`, with the span of `ident`.
pub(crate) fn screaming(ident: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", plain(ident).to_uppercase()), ident.span())
}

/// `line_ends` → `LineEnds` + `suffix`, with the span of `ident`.
pub(crate) fn camel(ident: &Ident, suffix: &str) -> Ident {
    let mut name = String::new();
    for part in plain(ident).split('_') {
        let mut chars = part.chars();
        name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(chars.as_str());
    }
    Ident::new(&format!("{name}{suffix}"), ident.span())
}

/// `prefix` + the identifier + `suffix`, raw or not, with the span of `ident`.
pub(crate) fn around(prefix: &str, ident: &Ident, suffix: &str) -> Ident {
    format_ident!("{prefix}{}{suffix}", ident.unraw(), span = ident.span())
}

/// The identifier without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The line of a span; 0 outside the compiler, in unit tests.
pub(crate) fn line(span: Span) -> u32 {
    if proc_macro::is_available() { u32::try_from(span.unwrap().line()).unwrap_or(u32::MAX) } else { 0 }
}

/// Where `span` is, but made by the macro: lints and `forbid(unsafe_code)` see generated code.
pub(crate) fn generated_at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Where the accessor of `field` stands. With a doc comment, it is code the macro made. Without, it is as if the user
/// had written it, so that `missing_docs` points at the field.
pub(crate) fn accessor_at(field: &Ident, is_documented: bool) -> Span {
    if is_documented { generated_at(field.span()) } else { field.span() }
}
