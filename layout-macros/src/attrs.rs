//! The attributes every declaration shares: doc comments, `cfg`, lint levels.

use crate::errors::{Errors, did_you_mean, one_of};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Attributes that are passed on as they are.
const PASSED: &[&str] = &["allow", "expect", "warn", "deny", "deprecated", "must_use"];

/// What decorates a struct, enum or field, sorted by what becomes of it.
#[derive(Default)]
pub(crate) struct Decor {
    /// Doc comments and `#[doc(…)]`.
    pub(crate) docs: Vec<Attribute>,
    /// `#[cfg(…)]`: goes on everything made for the item.
    pub(crate) cfgs: Vec<Attribute>,
    /// Lint levels, `#[deprecated]` and tool attributes: go on what the user calls.
    pub(crate) passed: Vec<Attribute>,
}

impl Decor {
    /// Sorts `attrs`; those that are not shared by all declarations are given to `own`, which says whether it
    /// knows them. `known` are the words to suggest.
    pub(crate) fn sort(
        attrs: Vec<Attribute>,
        known: &[&str],
        errors: &mut Errors,
        mut own: impl FnMut(&Attribute, &str, &mut Errors) -> bool,
    ) -> Decor {
        let mut decor = Decor::default();
        for attr in attrs {
            let Some(word) = attr.path().get_ident().map(ToString::to_string) else {
                decor.passed.push(attr); // a tool's: `#[rustfmt::skip]`
                continue;
            };
            match word.as_str() {
                "doc" => decor.docs.push(attr),
                "cfg" => decor.cfgs.push(attr),
                "cfg_attr" => errors.at(
                    &attr,
                    "`#[cfg_attr(…)]` is not resolved when this macro runs, so what it says would be lost: \
                     use `#[cfg(…)]` on two declarations instead",
                ),
                word if PASSED.contains(&word) => decor.passed.push(attr),
                word if own(&attr, word, errors) => {}
                word => errors.at(
                    attr.path(),
                    format!(
                        "unknown attribute `{word}`{}: here go {}, doc comments, `cfg` and lint levels",
                        did_you_mean(word, &[known, PASSED, &["cfg", "doc"]].concat()),
                        one_of(known),
                    ),
                ),
            }
        }
        decor
    }

    /// The doc comment as an expression of type `&'static str`: lines joined, without the leading space.
    pub(crate) fn doc_expr(&self) -> TokenStream {
        let mut text = String::new();
        let mut parts = Vec::new();
        for attr in &self.docs {
            let Meta::NameValue(doc) = &attr.meta else { continue };
            if !text.is_empty() || !parts.is_empty() {
                text.push('\n');
            }
            match &doc.value {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => text.push_str(&trim_lines(&line.value())),
                other => {
                    // `#[doc = include_str!(…)]`
                    parts.push(std::mem::take(&mut text).to_token_stream());
                    parts.push(other.to_token_stream());
                }
            }
        }
        if parts.is_empty() { text.trim().to_token_stream() } else { quote!(::core::concat!(#(#parts,)* #text)) }
    }

    /// Whether the user wrote a doc comment.
    pub(crate) fn is_documented(&self) -> bool {
        self.docs.iter().any(|attr| matches!(attr.meta, Meta::NameValue(_)))
    }
}

/// A doc comment's lines, each without the one space that follows the slashes.
fn trim_lines(text: &str) -> String {
    text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}
