//! `#[bitfield(STORAGE)]`: a struct of bit fields in one integer.
//!
//! [`parse`] reads the declaration, [`check`] places the fields, [`expand`] writes the code; errors of the first
//! two are reported together.

mod check;
mod expand;
mod expand_field;
mod model;
mod parse;

use crate::errors::Errors;
use proc_macro2::TokenStream;

/// The attribute macro.
pub(crate) fn bitfield(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(declared) = parse::bitfield(args, item.clone(), &mut errors) else {
        let errors = errors.into_compile_errors();
        return quote::quote!(#item #errors);
    };
    let bitfield = check::place(declared, &mut errors);
    let code = expand::bitfield(&bitfield);
    let errors = errors.into_compile_errors();
    quote::quote!(#code #errors)
}
