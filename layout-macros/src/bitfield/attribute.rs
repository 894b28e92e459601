//! `#[bits(4, …)]`: how many bits, where, and what of.

use super::model::At;
use crate::errors::{Errors, did_you_mean};
use proc_macro2::Ident;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Lit, LitInt, Token};

/// The words that may follow the number.
const WORDS: &[&str] = &["nested", "flags", "ignored", "at"];

/// What the attribute says.
pub(super) struct Bits {
    size: u32,
    /// `nested`, `flags` or `ignored`.
    pub(super) word: Option<Word>,
    pub(super) at: Option<At>,
}

/// What the bits hold, where the type does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Nested,
    Flags,
    Ignored,
}

impl Word {
    fn name(self) -> &'static str {
        match self {
            Word::Nested => "nested",
            Word::Flags => "flags",
            Word::Ignored => "ignored",
        }
    }
}

impl Bits {
    pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Bits> {
        if input.is_empty() {
            return Err(input.error("say how many bits: `#[bits(4)]`"));
        }
        let size = match input.parse::<Lit>() {
            Ok(Lit::Int(number)) => number.base10_parse()?,
            Ok(other) => return Err(syn::Error::new_spanned(other, "the number of bits is an integer: `#[bits(4)]`")),
            Err(error) => {
                return Err(syn::Error::new(
                    error.span(),
                    "the number of bits comes first and is a literal: `#[bits(4)]`",
                ));
            }
        };
        let mut bits = Bits { size, word: None, at: None };
        while !input.is_empty() {
            if !input.peek(Token![,]) {
                return Err(input.error("nothing more is expected here: `#[bits(4)]` or `#[bits(4, nested)]`"));
            }
            input.parse::<Token![,]>()?;
            if !input.is_empty() {
                bits.parse_word(input)?;
            }
        }
        Ok(bits)
    }

    fn parse_word(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let ident: Ident = input.parse()?;
        let word = match ident.to_string().as_str() {
            "at" => return self.parse_at(&ident, input),
            "nested" => Word::Nested,
            "flags" => Word::Flags,
            "ignored" => Word::Ignored,
            other => {
                let hint = did_you_mean(other, WORDS);
                return Err(syn::Error::new_spanned(
                    &ident,
                    format!(
                        "unknown word `{other}`{hint}: the number of bits is followed by `nested` (another bit field), \
                         `flags` (a type made by `bitflags!`), `ignored` (unused bits that may be set), \
                         `at = 10` (the lowest bit), or nothing"
                    ),
                ));
            }
        };
        match self.word.replace(word) {
            None => Ok(()),
            Some(first) if first == word => {
                Err(syn::Error::new_spanned(&ident, format!("`{ident}` is given twice: remove one")))
            }
            Some(first) => Err(syn::Error::new_spanned(
                &ident,
                format!("bits are either `{}` or `{ident}`: remove one word", first.name()),
            )),
        }
    }

    fn parse_at(&mut self, ident: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        const HOW: &str = "say where the bits begin, with a literal that the integer has room for: `at = 4`";
        if self.at.is_some() {
            return Err(syn::Error::new_spanned(ident, "`at` is given twice: bits begin at one place. Remove one"));
        }
        if !input.peek(Token![=]) {
            return Err(syn::Error::new_spanned(ident, HOW));
        }
        input.parse::<Token![=]>()?;
        let number = input.parse::<LitInt>().map_err(|error| syn::Error::new(error.span(), HOW))?;
        self.at = Some(At { bit: number.base10_parse()?, span: number.span() });
        Ok(())
    }

    /// The number of bits, if it is not 0 and the word is one of those that `what` can have.
    pub(super) fn number(&self, at: impl ToTokens, what: &str, allowed: &[Word], errors: &mut Errors) -> Option<u32> {
        if let Some(word) = self.word.filter(|word| !allowed.contains(word)) {
            let message = match word {
                Word::Nested => format!("only another bit field can be nested, not {what}: remove `nested`"),
                Word::Flags => {
                    format!("only a type made by `bitflags!` is a set of flags, not {what}: remove `flags`")
                }
                Word::Ignored => format!(
                    "only unused bits can be ignored, not {what}: remove `ignored`, or write `#[bits({}, ignored)] __: ()`",
                    self.size
                ),
            };
            errors.at(at, message);
            return None;
        }
        if self.size == 0 {
            errors.at(at, "a field of 0 bits holds nothing: give it a bit, or remove it");
            return None;
        }
        Some(self.size)
    }
}
