//! `#[heap_object]`: a class of heap objects.
//!
//! [`parse`] reads the declaration word by word, with [`types`] for what the fields' types say; [`check`] makes a
//! [`model::Class`] of it; the `expand` modules write the code. Errors of all phases are reported together, and what
//! is right is expanded even then, so that one mistake does not make every use of the class fail as well.

mod access_words;
mod check;
mod class_words;
mod ephemeron;
mod expand;
mod expand_access;
mod expand_defaults;
mod expand_init;
mod expand_layout;
mod expand_lengths;
mod lengths;
mod model;
mod parse;
mod structs;
mod types;

pub(crate) use structs::heap_struct;

use crate::errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;

/// The attribute macro.
pub(crate) fn heap_object(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let code = match parse::class(args, item, &mut errors) {
        parse::Parsed::Hopeless(stand_in) => stand_in,
        parse::Parsed::Declaration(declaration) => {
            let class = check::class(declaration, &mut errors);
            expand::class(&class, errors.is_empty())
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#code #errors)
}
