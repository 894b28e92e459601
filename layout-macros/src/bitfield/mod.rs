//! `#[bitfield(STORAGE)]`: a struct of bit fields in one integer.
//!
//! [`parse`] reads the declaration, [`check`] and [`place`] check and place the fields, [`expand`] writes the code;
//! errors of the first two are reported together. [`list`] does the same for lists of fields without a struct.

mod attribute;
mod check;
mod codec;
mod expand;
mod expand_field;
mod list;
mod model;
mod parse;
mod place;

pub(crate) use list::{define_bit_fields, define_bit_ranges};

use crate::errors::Errors;
use proc_macro2::TokenStream;

/// The attribute macro.
pub(crate) fn bitfield(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(declared) = parse::bitfield(args, item.clone(), &mut errors) else {
        let errors = errors.into_compile_errors();
        return quote::quote!(#item #errors);
    };
    let bitfield = check::check(declared, &mut errors);
    let code = expand::bitfield(&bitfield);
    let errors = errors.into_compile_errors();
    quote::quote!(#code #errors)
}
