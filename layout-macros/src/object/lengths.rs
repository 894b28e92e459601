//! Checks what `#[length = …]` and `#[present_if = …]` say: a field that counts, or an expression over earlier constant
//! fields, whose names it resolves.

use super::model::{Computed, Inherited, Slot, Source, Tail, TailLength, ValueKind};
use super::parse::{Length, Words};
use crate::errors::{Errors, did_you_mean};
use crate::names::plain;
use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

/// What a tail is declared among.
pub(super) struct Found<'a> {
    /// The fields before it that are right.
    pub(super) slots: &'a [Slot],
    /// The tails before it that are right.
    pub(super) tails: &'a [Tail],
    /// Inherited fields that lengths are made from.
    pub(super) inherits: &'a [Inherited],
    /// All fields, right or wrong, and whether each is a tail or optional.
    pub(super) names: &'a [(Ident, bool)],
    /// Which of them it is.
    pub(super) index: usize,
}

/// The length of a tail or the condition of an optional field. `None` after an error.
pub(super) fn length(
    name: &Ident,
    is_slice: bool,
    words: Words,
    found: &Found<'_>,
    errors: &mut Errors,
) -> Option<TailLength> {
    let tail = plain(name);
    match (is_slice, words.length, words.present_if) {
        (true, Some(length), None) => {
            let expr = length.expr?;
            match bare(&expr) {
                Some(ident) if !could_be_constant(ident) => counting_field(&tail, ident, found, errors)
                    .map(|source| TailLength::Field { ident: ident.clone(), source }),
                _ => computed(&tail, expr, found, errors).map(TailLength::Expression),
            }
        }
        (false, None, Some(condition)) => computed(&tail, condition.expr?, found, errors).map(TailLength::Condition),
        (true, _, Some(Length { attr, .. })) => {
            errors.at(
                attr,
                format!(
                    "`{tail}` is a tail, which may have no elements: say so by its length, `#[length = if … {{ n }} else {{ 0 }}]`"
                ),
            );
            None
        }
        (true, None, None) => {
            errors.at(
                name,
                format!(
                    "the number of elements of `{tail}` is kept in a field: add `#[constant] length: Smi` before, \
                     and `#[length = length]` here"
                ),
            );
            None
        }
        // The caller asks for what is a tail or optional only.
        (false, ..) => None,
    }
}

/// `length` alone.
fn bare(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        _ => None,
    }
}

/// Whether a name is written as constants are.
fn could_be_constant(ident: &Ident) -> bool {
    let name = plain(ident);
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// The number field that counts the elements of a tail.
fn counting_field(tail: &str, length: &Ident, found: &Found<'_>, errors: &mut Errors) -> Option<Source> {
    let name = plain(length);
    if name == tail {
        errors.at(length, format!("`{tail}` cannot count itself: name a field `#[constant] length: Smi` before it"));
        return None;
    }
    match find(length, found) {
        Named::Slot(index) => {
            let slot = &found.slots[index];
            let is_number = match slot.value().map(|value| &value.kind) {
                Some(ValueKind::Smi) => true,
                Some(ValueKind::Raw(prim)) => !prim.word.starts_with('f') && prim.word != "bool",
                _ => false,
            };
            if !is_number {
                errors.at(
                    length,
                    format!(
                        "`{length}` is declared `{}`, but a number of elements is a Smi or an integer: write \
                         `#[constant] {length}: Smi`",
                        slot.common().written
                    ),
                );
                return None;
            }
            constant_slot(length, index, found, errors)
        }
        Named::Inherited(index) => Some(Source::Inherited(index)),
        Named::Tail(index) if found.tails[index].is_optional() => {
            errors.at(
                length,
                format!(
                    "`{length}` is not in every object: say what its absence means, \
                     `#[length = match {length} {{ Some(n) => n, None => 0 }}]`"
                ),
            );
            None
        }
        Named::Tail(_) => {
            errors.at(length, format!("`{length}` has elements and is no number: name the field that counts them"));
            None
        }
        Named::Later => {
            errors.at(
                length,
                format!(
                    "declare `{length}` before `{tail}`: elements stand at the object's end, after the field that counts them"
                ),
            );
            None
        }
        Named::Wrong => None, // reported
        Named::Unknown => {
            let names: Vec<String> = found.slots.iter().map(|slot| plain(&slot.common().ident)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            errors.at(
                length,
                format!(
                    "there is no field `{length}` in this class{}: declare it before `{tail}`, `#[constant] {length}: Smi`; \
                     if it is inherited, say so in `#[heap_object(inherits({length}: Smi))]`",
                    did_you_mean(&name, &names)
                ),
            );
            None
        }
    }
}

/// An expression with the fields that it names.
fn computed(tail: &str, expr: Expr, found: &Found<'_>, errors: &mut Errors) -> Option<Computed> {
    let mut idents = Vec::new();
    free_identifiers(expr.to_token_stream(), &mut idents);
    let mut inputs: Vec<(Ident, Source)> = Vec::new();
    let mut right = true;
    for ident in idents {
        if inputs.iter().any(|(input, _)| *input == ident) {
            continue;
        }
        let source = match find(&ident, found) {
            Named::Slot(index) => match found.slots[index].value().map(|value| &value.kind) {
                Some(ValueKind::Smi | ValueKind::SmiBits(_) | ValueKind::Bits(_)) => {
                    constant_slot(&ident, index, found, errors)
                }
                Some(ValueKind::Raw(prim)) if !prim.word.starts_with('f') => {
                    constant_slot(&ident, index, found, errors)
                }
                _ => {
                    let written = &found.slots[index].common().written;
                    errors.at(
                        &ident,
                        format!(
                            "`{ident}` is declared `{written}`: only Smis, integers, `bool`s and bit fields make lengths, \
                             which the collector computes by itself"
                        ),
                    );
                    None
                }
            },
            Named::Inherited(index) => Some(Source::Inherited(index)),
            Named::Tail(index) => {
                let earlier = &found.tails[index];
                let is_number = match &earlier.kind {
                    ValueKind::Smi | ValueKind::SmiBits(_) | ValueKind::Bits(_) => true,
                    ValueKind::Raw(prim) => !prim.word.starts_with('f'),
                    _ => false,
                };
                if !earlier.is_optional() || !is_number {
                    errors.at(
                        &ident,
                        format!(
                            "`{ident}` is no number: lengths are made of earlier Smis, integers, `bool`s and bit fields"
                        ),
                    );
                    None
                } else if !earlier.constant {
                    changeable(&ident, &earlier.common.written, errors);
                    None
                } else {
                    Some(Source::Optional(index))
                }
            }
            Named::Later if plain(&ident) == tail => {
                errors.at(&ident, format!("`{tail}` cannot say its own length"));
                None
            }
            Named::Later => {
                errors.at(&ident, format!("declare `{ident}` before `{tail}`, whose length hangs on it"));
                None
            }
            Named::Wrong => None,
            Named::Unknown => continue, // a constant or a function of the user's; rustc knows
        };
        match source {
            Some(source) => inputs.push((ident, source)),
            None => right = false,
        }
    }
    let text = written(&expr);
    right.then_some(Computed { expr, text, inputs })
}

/// An expression as rustc prints it, on one line.
fn written(expr: &Expr) -> String {
    expr.to_token_stream().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a name leads.
enum Named {
    Slot(usize),
    Inherited(usize),
    Tail(usize),
    /// To the tail itself or to a field after it.
    Later,
    /// To a field that is reported already.
    Wrong,
    Unknown,
}

fn find(ident: &Ident, found: &Found<'_>) -> Named {
    let name = plain(ident);
    let is = |other: &Ident| plain(other) == name;
    if let Some(index) = found.slots.iter().position(|slot| is(&slot.common().ident)) {
        return Named::Slot(index);
    }
    if let Some(index) = found.tails.iter().position(|tail| is(&tail.common.ident)) {
        return Named::Tail(index);
    }
    match found.names.iter().position(|(other, _)| is(other)) {
        Some(index) if index >= found.index => Named::Later,
        Some(_) => Named::Wrong,
        None => match found.inherits.iter().position(|inherited| is(&inherited.ident)) {
            Some(index) => Named::Inherited(index),
            None => Named::Unknown,
        },
    }
}

/// A slot that nothing can change and that is there in every build.
fn constant_slot(ident: &Ident, index: usize, found: &Found<'_>, errors: &mut Errors) -> Option<Source> {
    let value = found.slots[index].value()?;
    if !value.constant {
        changeable(ident, &value.common.written, errors);
        return None;
    }
    if let Some(cfg) = value.common.decor.cfgs.first() {
        errors.at(
            cfg,
            format!("the size of objects hangs on `{ident}`, so it must be there in every build: remove the `cfg`"),
        );
        return None;
    }
    Some(Source::Slot(index))
}

fn changeable(ident: &Ident, written: &str, errors: &mut Errors) {
    errors.at(
        ident,
        format!(
            "`{ident}` could be changed, and the object's size with it: declare it `#[constant] {ident}: {written}`"
        ),
    );
}

/// Identifiers that may name a field: not methods, not parts of paths.
fn free_identifiers(tokens: TokenStream, into: &mut Vec<Ident>) {
    let mut before = ' ';
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                free_identifiers(group.stream(), into);
                before = ' ';
            }
            TokenTree::Ident(ident) => {
                let after = match tokens.peek() {
                    // `count != 0` calls no macro.
                    Some(TokenTree::Punct(punct)) if punct.as_char() == '!' && punct.spacing() == Spacing::Joint => ' ',
                    Some(TokenTree::Punct(punct)) => punct.as_char(),
                    _ => ' ',
                };
                if before != '.' && before != ':' && after != ':' && after != '!' {
                    into.push(ident);
                }
                before = ' ';
            }
            // Behind the two dots of a range stands no method.
            TokenTree::Punct(punct) if punct.as_char() == '.' && before == '.' => before = ' ',
            TokenTree::Punct(punct) => before = punct.as_char(),
            TokenTree::Literal(_) => before = ' ',
        }
    }
}
