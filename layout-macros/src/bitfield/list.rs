//! `define_bit_fields!` and `define_bit_ranges!`: bits without a struct, for people who port lists of them.

use super::attribute::Bits;
use super::codec::{Codec, Names, hex, mask_of};
use super::model::{Content, Declared, Field, Kind, Placed, Storage};
use super::parse::{kind_and_size, resolved, storage};
use super::place::place;
use crate::attrs::Decor;
use crate::errors::Errors;
use crate::names::{generated_at, plain};
use crate::prims::absolute;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashMap;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned;
use syn::{Attribute, Path, Token, Type, Visibility, braced};

/// `pub u32 after Last { Name: bool, 1; }`, or `pub Position: u32 { NAME: 3; }`.
struct List {
    attrs: Vec<Attribute>,
    vis: Visibility,
    /// The type that carries the constants of ranges.
    holder: Option<Ident>,
    storage: TokenStream,
    after: Option<Path>,
    lines: Vec<TokenStream>,
}

/// `Name: Type, 4;` or `NAME: 4;`.
struct Item {
    attrs: Vec<Attribute>,
    ident: Ident,
    ty: Option<Type>,
    size: TokenStream,
    bits: Bits,
}

/// Which of the two macros.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Fields,
    Ranges,
}

impl List {
    fn parse(input: ParseStream<'_>, what: What) -> syn::Result<List> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let holder = match what {
            What::Fields => None,
            What::Ranges => {
                let holder = input.parse().map_err(|error| {
                    let how = "name the type that is to carry the constants: `pub Position: u32 { LINE: 20; }`";
                    syn::Error::new(error.span(), how)
                })?;
                input.parse::<Token![:]>()?;
                Some(holder)
            }
        };
        let storage = match input.parse::<Ident>() {
            Ok(storage) => storage.into_token_stream(),
            Err(_) => TokenStream::new(),
        };
        let after = match input.peek(syn::token::Brace) {
            true => None,
            false => {
                let word: Ident = input.parse()?;
                if word != "after" {
                    let message =
                        format!("unknown word `{word}`: write `after Last` to begin where `Last` ends, or `{{`");
                    return Err(syn::Error::new_spanned(word, message));
                }
                Some(input.call(Path::parse_mod_style)?)
            }
        };
        let content;
        braced!(content in input);
        let lines = content.parse::<TokenStream>()?;
        if !input.is_empty() {
            return Err(input.error("nothing more is expected here: one list a macro"));
        }
        Ok(List { attrs, vis, holder, storage, after, lines: lines_of(lines) })
    }
}

/// The lines of a list: what `;` separates.
fn lines_of(tokens: TokenStream) -> Vec<TokenStream> {
    let mut lines = vec![TokenStream::new()];
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => lines.push(TokenStream::new()),
            token => lines.last_mut().expect("never empty").extend([token]),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// The type as the user wrote it.
fn spelled(ty: &Type) -> String {
    ty.span().source_text().unwrap_or_else(|| ty.to_token_stream().to_string())
}

impl Item {
    fn parse(input: ParseStream<'_>, what: What) -> syn::Result<Item> {
        let attrs = input.call(Attribute::parse_outer)?;
        let ident: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = match what {
            What::Fields if ident != "__" => {
                let ty: Type = input.parse()?;
                if !input.peek(Token![,]) {
                    let how = format!(
                        "say how many bits `{ident}` has: `{ident}: {}, {};`",
                        spelled(&ty),
                        if spelled(&ty) == "bool" { 1 } else { 4 }
                    );
                    return Err(syn::Error::new_spanned(ty, how));
                }
                input.parse::<Token![,]>()?;
                Some(ty)
            }
            _ => None,
        };
        let size = input.parse::<TokenStream>()?;
        if size.is_empty() {
            return Err(syn::Error::new(ident.span(), format!("say how many bits `{ident}` has")));
        }
        let bits = Bits::parse.parse2(size.clone())?;
        Ok(Item { attrs, ident, ty, size, bits })
    }
}

/// The macro `define_bit_fields!`.
pub(crate) fn define_bit_fields(input: TokenStream) -> TokenStream {
    define(input, What::Fields)
}

/// The macro `define_bit_ranges!`.
pub(crate) fn define_bit_ranges(input: TokenStream) -> TokenStream {
    define(input, What::Ranges)
}

fn define(input: TokenStream, what: What) -> TokenStream {
    let mut errors = Errors::default();
    let parser = |input: ParseStream<'_>| List::parse(input, what);
    let Some(list) = errors.take(parser.parse2(input)) else {
        return errors.into_compile_errors();
    };
    let code = expand(list, what, &mut errors);
    let errors = errors.into_compile_errors();
    quote!(#code #errors)
}

fn expand(list: List, what: What, errors: &mut Errors) -> TokenStream {
    let List { attrs, vis, holder, storage: word, after, lines } = list;
    let storage = storage(word, errors);
    let rust = absolute(storage.rust(), Span::call_site());
    if lines.is_empty() {
        errors.push(syn::Error::new(Span::call_site(), "the list is empty: give it a line"));
    }
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut declared = Vec::new();
    for line in lines {
        let parser = |input: ParseStream<'_>| Item::parse(input, what);
        let Some(item) = errors.take(parser.parse2(line)) else { continue };
        if is_new(&item, &mut names, errors) {
            declared.extend(declare(item, &vis, &rust, storage, after.is_some(), errors));
        }
    }
    let placed = place(declared, storage, "the list", str::to_owned, errors);
    let last = placed.iter().map(|bits| bits.shift + bits.size).max().unwrap_or(0);
    let base = after.as_ref().map(|after| quote!(::heapwright::__private::bits_after::<#after, #rust>()));
    let list = Placement { vis: &vis, rust: &rust, storage, base, placed: &placed, last };
    let decor = Decor::sort(attrs, &[], errors, |_, _, _| false);
    for cfg in &decor.cfgs {
        errors.at(cfg, "put the `cfg` before the macro, so that the whole list comes and goes");
    }
    match holder {
        None => {
            for attr in decor.docs.iter().chain(&decor.passed) {
                errors.at(attr, "the list itself becomes no item that could have this: write it at each line, or `//`");
            }
            placed.iter().map(|bits| list.field(bits)).collect()
        }
        Some(holder) => list.ranges(&holder, &decor),
    }
}

/// Whether no earlier line has the name.
fn is_new(item: &Item, names: &mut HashMap<String, Span>, errors: &mut Errors) -> bool {
    if item.ident == "__" {
        return true;
    }
    let name = plain(&item.ident);
    match names.get(&name.to_lowercase()) {
        None => {
            names.insert(name.to_lowercase(), item.ident.span());
            true
        }
        Some(first) => {
            errors.at(&item.ident, format!("two lines define `{name}`: rename one of them"));
            errors.push(syn::Error::new(*first, format!("`{name}` is defined here")));
            false
        }
    }
}

/// One line of the list. `None` after an error.
fn declare(
    item: Item,
    vis: &Visibility,
    rust: &Type,
    storage: Storage,
    is_chained: bool,
    errors: &mut Errors,
) -> Option<Declared> {
    let Item { attrs, ident, ty, size: tokens, bits } = item;
    let decor = Decor::sort(attrs, &[], errors, |_, _, _| false);
    for cfg in &decor.cfgs {
        errors.at(cfg, "bits cannot come and go with a `cfg`, as all later ones would move: put it on two whole lists");
    }
    let name = plain(&ident);
    if let Some(at) = bits.at.as_ref().filter(|_| is_chained) {
        let message =
            "a list that begins `after` another has no fixed places: remove `at`, and write `__: n;` for unused bits";
        errors.push(syn::Error::new(at.span, message));
        return None;
    }
    let span = ident.span();
    if name == "__" {
        let size = bits.number(&tokens, "unused bits", &[], errors)?;
        return Some(Declared { size, at: bits.at, span, content: Content::Gap { decor, ignored: true } });
    }
    let (ty, kind, size) = match ty {
        Some(ty) => {
            let (kind, size) = kind_and_size(&name, &ty, None, Some((&bits, &tokens)), errors)?;
            (resolved(&ty), kind, size)
        }
        None => {
            let kind = Kind::Unsigned(storage.bits());
            (rust.clone(), kind, bits.number(&tokens, "a range", &[], errors)?)
        }
    };
    let content = Content::Field(Field { decor, vis: vis.clone(), ident, ty, kind, len: None });
    Some(Declared { size, at: bits.at, span, content })
}

/// What all lines of a list share.
struct Placement<'a> {
    vis: &'a Visibility,
    rust: &'a Type,
    storage: Storage,
    /// Where the list begins, if not at bit 0.
    base: Option<TokenStream>,
    placed: &'a [Placed],
    /// The bit after the last, counted from where the list begins.
    last: u32,
}

impl Placement<'_> {
    /// The lowest bit and the mask.
    fn bits(&self, bits: &Placed, names: &Names) -> (TokenStream, TokenStream) {
        let (shift, size, rust) = (bits.shift, bits.size, self.rust);
        let Some(base) = &self.base else {
            return (shift.to_token_stream(), hex(mask_of(shift, size)).to_token_stream());
        };
        // In 128 bits, so that too many bits are reported by the proof alone.
        let (ones, shift_name) = (hex(mask_of(0, size)), &names.shift);
        (quote!(#base + #shift), quote!(((#ones as ::core::primitive::u128) << Self::#shift_name) as #rust))
    }

    /// A proof that the bits are bits of the integer, where only rustc knows it.
    fn room(&self, bits: &Placed) -> Option<TokenStream> {
        let base = self.base.as_ref()?;
        let Content::Field(field) = &bits.content else { return None };
        let (name, shift, size) = (plain(&field.ident), bits.shift, bits.size);
        let previous = self.placed.iter().filter(|other| matches!(other.content, Content::Field(_)));
        let previous = previous.map(|other| other.shift + other.size).filter(|end| *end <= shift).max().unwrap_or(0);
        let (word, has) = (self.storage.word(), self.storage.bits());
        let here = generated_at(bits.span);
        Some(quote_spanned! {here=>
            const _: () = ::heapwright::__private::check_bits_follow(
                #name, #base + #previous, #base + #shift, #size, #word, #has,
            );
        })
    }

    /// The type that stands for a field.
    fn field(&self, bits: &Placed) -> TokenStream {
        let Content::Field(field) = &bits.content else { return TokenStream::new() };
        let Field { decor, vis, ident, .. } = field;
        let (docs, passed, rust) = (&decor.docs, &decor.passed, self.rust);
        let names = Names::alone(ident);
        let (shift, mask) = self.bits(bits, &names);
        let codec = Codec { field, path: plain(ident), rust, size: bits.size, names };
        let constants = codec.constants(&shift, &mask);
        let functions = codec.functions();
        let fallible = codec.fallible();
        let (proof, room) = (codec.proof(), self.room(bits));
        quote! {
            #(#docs)*
            #(#passed)*
            #[allow(dead_code, clippy::pedantic)]
            #vis enum #ident {}

            #[allow(arithmetic_overflow, dead_code, unused_imports, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #ident {
                #constants
                /// Where the next field begins.
                #vis const NEXT_SHIFT: ::core::primitive::u32 = Self::LAST_USED_BIT + 1;
                #functions
                #fallible
            }

            const _: () = {
                #proof
                #room

                #[automatically_derived]
                #[diagnostic::do_not_recommend]
                impl ::heapwright::layout::BitsBefore for #ident {
                    type Word = #rust;
                    const NEXT_SHIFT: ::core::primitive::u32 = Self::NEXT_SHIFT;
                }
            };
        }
    }

    /// The type that carries the constants of ranges.
    fn ranges(&self, holder: &Ident, decor: &Decor) -> TokenStream {
        let Placement { vis, rust, last, .. } = self;
        let (docs, passed) = (&decor.docs, &decor.passed);
        let constants = self.placed.iter().filter_map(|bits| {
            let Content::Field(field) = &bits.content else { return None };
            let names = Names::of_field(&field.ident);
            let (shift, mask) = self.bits(bits, &names);
            let codec = Codec { field, path: String::new(), rust, size: bits.size, names };
            let docs = &field.decor.docs;
            let paragraph = field.decor.is_documented().then(|| quote!(#[doc = ""]));
            let constants = codec.constants(&shift, &mask);
            Some(quote!(#(#docs)* #paragraph #constants)) // the first constant is `_SHIFT`
        });
        let base = self.base.as_ref().map(|base| quote!(#base +));
        let rooms = self.placed.iter().filter_map(|bits| self.room(bits));
        quote! {
            #(#docs)*
            #(#passed)*
            #[allow(dead_code, clippy::pedantic)]
            #vis enum #holder {}

            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #holder {
                #(#constants)*
                /// The bit after the last range: how many bits there are, if the first range begins at bit 0.
                #vis const BITS_COUNT: ::core::primitive::u32 = #base #last;
            }

            #(#rooms)*

            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::heapwright::layout::BitsBefore for #holder {
                type Word = #rust;
                const NEXT_SHIFT: ::core::primitive::u32 = Self::BITS_COUNT;
            }
        }
    }
}
