//! The procedural macros of heapwright.

mod attrs;
mod bit_enum;
mod bitfield;
mod classes;
mod errors;
mod names;
mod object;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a class of heap objects.
#[proc_macro_attribute]
pub fn heap_object(args: TokenStream, item: TokenStream) -> TokenStream {
    object::heap_object(args.into(), item.into()).into()
}

/// Declares a struct of bit fields in one integer.
#[proc_macro_attribute]
pub fn bitfield(args: TokenStream, item: TokenStream) -> TokenStream {
    bitfield::bitfield(args.into(), item.into()).into()
}

/// Derive BitEnum.
#[proc_macro_derive(BitEnum, attributes(fallback))]
pub fn bit_enum(input: TokenStream) -> TokenStream {
    bit_enum::bit_enum(input.into()).into()
}

/// Lists classes.
#[proc_macro]
pub fn heap_classes(input: TokenStream) -> TokenStream {
    classes::heap_classes(input.into()).into()
}
