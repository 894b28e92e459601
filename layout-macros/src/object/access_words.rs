//! Reads the attributes that say what accessors a field has and what they check.

use super::model::{Check, More, Order};
use super::parse::Words;
use crate::errors::{Errors, did_you_mean, one_of};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Meta, Token};

const UPDATES: &[&str] = &["swap", "compare_exchange"];
const CONDITIONS: &[&str] = &["get", "set"];

/// The accessors asked for in `#[seq_cst(swap, compare_exchange)]`.
#[derive(Default)]
pub(super) struct Updates {
    pub(super) swap: Option<Ident>,
    pub(super) compare_exchange: Option<Ident>,
}

/// `#[checked(get = …, set = …)]`
pub(super) struct Checked {
    attr: Attribute,
    get: Option<(Ident, Expr)>,
    set: Option<(Ident, Expr)>,
}

/// What stands in the parentheses after a memory order.
pub(super) fn updates(attr: &Attribute, order: &str, updates: &mut Updates, errors: &mut Errors) {
    let example = format!("`#[{order}(swap, compare_exchange)]`");
    let Meta::List(list) = &attr.meta else {
        errors.at(attr, format!("`#[{order}]` takes no value: write it alone, or {example}"));
        return;
    };
    if list.tokens.is_empty() {
        errors.at(attr, format!("empty parentheses: write `#[{order}]` alone, or {example}"));
        return;
    }
    let words = |input: ParseStream<'_>| input.parse_terminated(Ident::parse_any, Token![,]);
    let Ok(words) = words.parse2(list.tokens.clone()) else {
        errors.at(&list.tokens, format!("expected {}, separated by commas: {example}", one_of(UPDATES)));
        return;
    };
    for word in words {
        let slot = match word.to_string().as_str() {
            "swap" => &mut updates.swap,
            "compare_exchange" => &mut updates.compare_exchange,
            other => {
                let hint = match other {
                    "cas" | "compare_and_swap" | "compare_exchange_weak" => {
                        " (did you mean `compare_exchange`?)".to_owned()
                    }
                    "exchange" => " (did you mean `swap`?)".to_owned(),
                    other => did_you_mean(other, UPDATES),
                };
                errors.at(&word, format!("unknown accessor `{other}`{hint}: possible are {}", one_of(UPDATES)));
                continue;
            }
        };
        if slot.is_some() {
            errors.at(&word, format!("`{word}` is given twice: remove one of them"));
        }
        slot.get_or_insert(word);
    }
}

/// The conditions of `#[checked]` or `#[debug_checked]`.
pub(super) fn checked(attr: &Attribute, word: &str, checked: &mut Option<Checked>, errors: &mut Errors) {
    if checked.is_some() {
        errors.at(attr, format!("`#[{word}]` is given twice: join the conditions with `&&`, or remove one of them"));
    }
    let checked = checked.get_or_insert_with(|| Checked { attr: attr.clone(), get: None, set: None });
    let example = format!("`#[{word}(get = self.is_ready(), set = value >= 0)]`, or one of the two");
    let Meta::List(list) = &attr.meta else {
        errors.at(attr, format!("say what is to be checked: {example}"));
        return;
    };
    if list.tokens.is_empty() {
        errors.at(attr, format!("say what is to be checked: {example}"));
        return;
    }
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let slot = match key.to_string().as_str() {
                "get" => Some(&mut checked.get),
                "set" => Some(&mut checked.set),
                other => {
                    let hint = did_you_mean(other, CONDITIONS);
                    errors.at(&key, format!("unknown condition `{other}`{hint}: possible are {}", one_of(CONDITIONS)));
                    None
                }
            };
            if !input.peek(Token![=]) {
                return Err(syn::Error::new_spanned(&key, format!("`{key}` needs a condition: {example}")));
            }
            input.parse::<Token![=]>()?;
            let condition: Expr = input.parse()?;
            if let Some(slot) = slot {
                if slot.is_some() {
                    errors.at(&key, format!("`{key}` is given twice: join the conditions with `&&`"));
                }
                slot.get_or_insert((key, condition));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    })
    .parse2(list.tokens.clone());
    errors.take(parsed);
}

/// What the words of a field come to.
pub(super) fn more(words: &Words, order: Order, class_is_observed: bool, errors: &mut Errors) -> More {
    let is_constant = words.constant.is_some();
    let mut more = More::default();
    for (word, asked) in
        [(&words.updates.swap, &mut more.swap), (&words.updates.compare_exchange, &mut more.compare_exchange)]
    {
        let Some(word) = word else { continue };
        match is_constant {
            true => errors.at(
                word,
                format!(
                    "a `#[constant]` field has no setter, and `{word}` would be one: remove `{word}`, or `#[constant]`"
                ),
            ),
            // Without an order there was an error: no more of them.
            false => *asked = order != Order::Plain,
        }
    }
    for (checked, debug) in [(&words.checked, false), (&words.debug_checked, true)] {
        let Some(Checked { get, set, .. }) = checked else { continue };
        if let Some((_, condition)) = get {
            more.on_get.push(Check { condition: condition.clone(), debug });
        }
        match set {
            Some((key, _)) if is_constant => errors.at(
                key,
                "a `#[constant]` field has no setter to check: remove the condition, or `#[constant]`. \
                 What a new object is made with is for a function of yours that makes it",
            ),
            Some((_, condition)) => more.on_set.push(Check { condition: condition.clone(), debug }),
            None => {}
        }
    }
    match &words.observed {
        Some(attr) if is_constant => {
            errors.at(attr, "a `#[constant]` field has no stores to observe: remove `#[observed]`, or `#[constant]`")
        }
        attr => more.observed = (attr.is_some() || class_is_observed) && !is_constant,
    }
    more
}

/// Words that padding, which has no accessors, cannot have.
pub(super) fn reject_on_padding(words: &Words, errors: &mut Errors) {
    let checked = [&words.checked, &words.debug_checked].into_iter().flatten().map(|checked| &checked.attr);
    for attr in [&words.seq_cst, &words.observed].into_iter().flatten().chain(checked) {
        errors.at(attr, "padding holds nothing and has no accessors: remove the attribute");
    }
}

impl Check {
    /// The check, before `accessor` goes on; `value` is in scope if it is a setter's.
    pub(super) fn tokens(&self, accessor: &str) -> TokenStream {
        let here = crate::names::generated_at(self.condition.span());
        let condition = as_generated(self.condition.to_token_stream());
        let enabled = self.debug.then(|| quote_spanned!(here=> ::core::cfg!(debug_assertions) &&));
        // The `let` makes rustc say at the condition that it is no `bool`, if it is none.
        quote_spanned! {here=>
            if #enabled !{ let holds: ::core::primitive::bool = #condition; holds } {
                ::heapwright::__private::check_failed(#accessor, ::core::stringify!(#condition));
            }
        }
    }
}

/// `self` and `value` as the generated function knows them, wherever the condition was written.
fn as_generated(tokens: TokenStream) -> TokenStream {
    let map = |token| match token {
        TokenTree::Ident(ident) if ident == "self" || ident == "value" => {
            TokenTree::Ident(Ident::new(&ident.to_string(), crate::names::generated_at(ident.span())))
        }
        TokenTree::Group(group) => {
            let mut mapped = proc_macro2::Group::new(group.delimiter(), as_generated(group.stream()));
            mapped.set_span(group.span());
            TokenTree::Group(mapped)
        }
        token => token,
    };
    tokens.into_iter().map(map).collect()
}
