//! Unit tests: every misuse is reported once, at the right token; every right declaration expands to valid Rust.

mod bit_enum;
mod bitfield;
mod classes;
mod expand;
mod lists;
mod match_class;
mod object;
mod object_fields;
mod size;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Parses source text, keeping positions.
fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{error}: {source}"))
}

/// The messages of all `compile_error!`s, each with the source text where it starts.
fn errors(output: &TokenStream) -> Vec<(String, String)> {
    let tokens: Vec<TokenTree> = output.clone().into_iter().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) if ident == "compile_error" => {
                let Some(TokenTree::Group(group)) = tokens.get(index + 2) else { continue };
                let message: syn::LitStr = syn::parse2(group.stream()).expect("a message");
                found.push((message.value(), ident.span().source_text().unwrap_or_default()));
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => found.extend(errors(&group.stream())),
            _ => {}
        }
    }
    found
}

/// Asserts that `output` is valid Rust with exactly these errors: a part of the message, and the token it is at.
#[track_caller]
fn assert_errors(source: &str, output: &TokenStream, expected: &[(&str, &str)]) {
    if let Err(error) = syn::parse2::<syn::File>(output.clone()) {
        panic!("not valid Rust: {error}\nfrom: {source}\ninto: {output}");
    }
    let found = errors(output);
    let matches = found.len() == expected.len()
        && found.iter().zip(expected).all(|((message, at), (part, token))| message.contains(part) && is_at(at, token));
    assert!(matches, "for: {source}\nexpected: {expected:#?}\nfound: {found:#?}");
}

/// Whether an error starts at this token; a group is named by its opening bracket.
fn is_at(at: &str, token: &str) -> bool {
    at == token || (["(", "{", "[", "<"].contains(&token) && at.starts_with(token))
}
