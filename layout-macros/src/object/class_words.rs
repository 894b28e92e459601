//! The rarer words of `#[heap_object(…)]`: numbers, hooks, copying. And `#[splice]` of a field.

use super::model::Openness;
use crate::errors::{Errors, did_you_mean};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Meta, Path, Token};

/// What they say.
#[derive(Default)]
pub(super) struct ClassWords {
    /// `instance_type = 204`
    pub(super) instance_type: Option<Number>,
    /// `instance_types = 205..=214`
    pub(super) instance_types: Option<(Number, Number)>,
    /// `lowest_instance_type`, `highest_instance_type`
    lowest: Option<Ident>,
    highest: Option<Ident>,
    /// `print = path`
    print: Option<Path>,
    /// `verify = path`
    verify: Option<Path>,
    /// `trace = custom`
    trace: Option<Ident>,
    /// `copy`
    copy: Option<Ident>,
    /// `align = double`
    pub(super) align: Option<Align>,
}

/// Where objects begin, with the place of the word.
pub(super) struct Align {
    /// The variant of `AllocationAlignment`.
    variant: Ident,
    span: Span,
}

/// A literal with its place.
#[derive(Clone, Copy)]
pub(super) struct Number {
    value: u16,
    span: Span,
}

/// Reads the word's value, if it is one of these.
pub(super) fn word(
    word: &Ident,
    name: &str,
    input: ParseStream<'_>,
    words: &mut ClassWords,
    errors: &mut Errors,
) -> syn::Result<bool> {
    match name {
        "instance_type" => {
            value(word, input, "instance_type = 204")?;
            let read = number(input)?;
            if input.peek(Token![..=]) || input.peek(Token![..]) {
                return Err(input.error("a range for the class and those below it is `instance_types = 205..=214`"));
            }
            words.instance_type.get_or_insert(read);
        }
        "instance_types" => {
            value(word, input, "instance_types = 205..=214")?;
            let first = number(input)?;
            if !input.peek(Token![..=]) {
                let at = if input.is_empty() { first.span } else { input.span() };
                let expected =
                    "expected a range with both ends, `205..=214`; one number alone is `instance_type = 205`";
                return Err(syn::Error::new(at, expected));
            }
            input.parse::<Token![..=]>()?;
            let last = number(input)?;
            if last.value < first.value {
                errors.push(syn::Error::new(
                    last.span,
                    format!("the range goes backwards: write `{}..={}`", last.value, first.value),
                ));
            } else {
                words.instance_types.get_or_insert((first, last));
            }
        }
        "lowest_instance_type" => flag(word, input, &mut words.lowest)?,
        "highest_instance_type" => flag(word, input, &mut words.highest)?,
        "copy" => flag(word, input, &mut words.copy)?,
        "trace" => {
            value(word, input, "trace = custom")?;
            let custom: Ident = input.parse()?;
            if custom != "custom" {
                return Err(syn::Error::new_spanned(
                    &custom,
                    "only `trace = custom` is possible, with an `unsafe impl heapwright::gc::CustomTrace` beside; declared fields are traced \
                     without",
                ));
            }
            words.trace.get_or_insert(custom);
        }
        "align" => {
            value(word, input, "align = double")?;
            if let Some(align) = align(word, input, errors)? {
                words.align.get_or_insert(align);
            }
        }
        "print" | "verify" => {
            value(word, input, &format!("{name} = {name}_it"))?;
            let path: Path = input.parse().map_err(|error| {
                syn::Error::new(error.span(), format!("expected the path of a function: `{name} = {name}_it`"))
            })?;
            if name == "print" { &mut words.print } else { &mut words.verify }.get_or_insert(path);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// What objects are aligned to.
fn align(align: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Align>> {
    let possible = "write `align = double` for objects that begin at a multiple of 8 bytes, or `align = double_unaligned` for \
                    objects of which the bytes behind a map word of 4 do";
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new_spanned(align, format!("`align` takes a value: {possible}")));
    }
    if !input.peek(syn::Ident::peek_any) {
        let token: proc_macro2::TokenTree = input.parse()?;
        let message = match token.to_string().as_str() {
            "4" => "objects are aligned to a tagged word, 4 or 8 bytes, without being asked: remove `align`".to_owned(),
            "8" => "8 bytes are `align = double`".to_owned(),
            _ => format!("a class is aligned to a tagged word or to 8 bytes: {possible}"),
        };
        errors.push(syn::Error::new(token.span(), message));
        return Ok(None);
    }
    let word = input.call(Ident::parse_any)?;
    let variant = match word.to_string().as_str() {
        "double" => "Double",
        "double_unaligned" => "DoubleUnaligned",
        "word" => {
            errors.at(&word, "objects are aligned to a tagged word without being asked: remove `align`");
            return Ok(None);
        }
        name => {
            let hint = did_you_mean(name, &["double", "double_unaligned"]);
            errors.at(&word, format!("unknown alignment `{name}`{hint}: {possible}"));
            return Ok(None);
        }
    };
    Ok(Some(Align { variant: Ident::new(variant, Span::call_site()), span: word.span() }))
}

/// The `=` after a word that takes a value.
fn value(word: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new_spanned(word, format!("`{word}` takes a value: `{example}`")));
    }
    input.parse::<Token![=]>().map(drop)
}

/// A word that takes none.
fn flag(word: &Ident, input: ParseStream<'_>, slot: &mut Option<Ident>) -> syn::Result<()> {
    if input.peek(Token![=]) || input.peek(syn::token::Paren) {
        return Err(input.error(format!("`{word}` takes no value: write it alone")));
    }
    slot.get_or_insert_with(|| word.clone());
    Ok(())
}

/// A literal of 16 bits.
fn number(input: ParseStream<'_>) -> syn::Result<Number> {
    let expected = "expected an instance type: a literal from 0 to 65535, such as `204` or `0xCC`";
    let literal: syn::LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), expected))?;
    let value = literal.base10_parse().map_err(|_| syn::Error::new(literal.span(), expected))?;
    Ok(Number { value, span: literal.span() })
}

/// The field named in `#[splice = next]`.
pub(super) fn splice(attr: &Attribute) -> syn::Result<Ident> {
    if let Meta::NameValue(value) = &attr.meta
        && let Expr::Path(path) = &value.value
        && let Some(ident) = path.path.get_ident()
    {
        return Ok(ident.clone());
    }
    Err(syn::Error::new_spanned(
        attr,
        "name the weak field of the referent that takes this one's place when the referent dies: `#[splice = next]`",
    ))
}

impl ClassWords {
    /// What contradicts each other, or the class.
    pub(super) fn check(&mut self, openness: Openness, errors: &mut Errors) {
        let mut at = |span: Span, message: String| errors.push(syn::Error::new(span, message));
        if openness == Openness::Abstract
            && let Some(number) = self.instance_type.take()
        {
            at(
                number.span,
                "an `abstract` class has no instances, so no number: reserve one range for the classes below it with \
                 `instance_types = 205..=214`, or give this number to one of them"
                    .to_owned(),
            );
        }
        if openness == Openness::Leaf
            && let Some((first, last)) = self.instance_types.take()
        {
            at(
                first.span,
                format!(
                    "nothing extends a leaf class, so it has one number: write `instance_type = {}`, or make it `open` if \
                     {}..={} are for classes below it",
                    first.value, first.value, last.value
                ),
            );
        }
        if let (Some(_), Some(highest)) = (&self.lowest, self.highest.take_if(|_| self.lowest.is_some())) {
            at(highest.span(), "a class cannot have the lowest and the highest instance type: keep one".to_owned());
        }
    }

    /// The calls that add them to the layout table.
    pub(super) fn layout_calls(&self) -> TokenStream {
        let own = self.instance_type.map(|Number { value, .. }| quote!(.instance_type(#value)));
        let range = self.instance_types.map(
            |(Number { value: first, .. }, Number { value: last, .. })| quote!(.instance_type_range(#first, #last)),
        );
        let lowest = self.lowest.as_ref().map(|_| quote!(.instance_type_order(__h::InstanceTypeOrder::Lowest)));
        let highest = self.highest.as_ref().map(|_| quote!(.instance_type_order(__h::InstanceTypeOrder::Highest)));
        let copy = self.copy.as_ref().map(|_| quote!(.copy()));
        let trace = self.trace.as_ref().map(|_| quote!(.custom_trace()));
        let align =
            self.align.as_ref().map(|Align { variant, .. }| quote!(.aligned(__h::AllocationAlignment::#variant)));
        quote!(#own #range #lowest #highest #copy #trace #align)
    }

    /// The call that checks the alignment against that of the class above.
    pub(super) fn alignment_proof(&self, class: &Ident) -> Option<TokenStream> {
        let at = self.align.as_ref()?.span;
        let layout = quote!(<#class as ::heapwright::HeapClass>::LAYOUT);
        Some(quote_spanned!(crate::names::generated_at(at)=> const _: () = __h::check_alignment(#layout);))
    }

    /// The call that checks the numbers against those of the classes above.
    pub(super) fn proof(&self, class: &Ident) -> Option<TokenStream> {
        let at = self.instance_type.or(self.instance_types.map(|(first, _)| first))?.span;
        Some(quote_spanned!(crate::names::generated_at(at)=> const _: () = __h::check_instance_types::<#class>();))
    }

    /// The table of hooks, if there are any, with the functions at the user's paths: rustc says there what is wrong with
    /// them.
    pub(super) fn hooks(&self, class: &Ident, splices: &[TokenStream]) -> Option<TokenStream> {
        if self.print.is_none() && self.verify.is_none() && self.trace.is_none() && splices.is_empty() {
            return None;
        }
        let print = self.print.as_ref().map(|path| {
            let hook = quote_spanned!(syn::spanned::Spanned::span(path)=> let __print: __h::PrintHook<#class> = #path;);
            (hook, quote!(.print(__print)))
        });
        let verify = self.verify.as_ref().map(|path| {
            let hook =
                quote_spanned!(syn::spanned::Spanned::span(path)=> let __verify: __h::VerifyHook<#class> = #path;);
            (hook, quote!(.verify(__verify)))
        });
        let (hooks, calls): (Vec<_>, Vec<_>) = print.into_iter().chain(verify).unzip();
        let trace = self.trace.as_ref().map(|word| quote_spanned!(crate::names::generated_at(word.span())=> .trace()));
        let splices = (!splices.is_empty()).then(|| quote!(.splices(&[#(#splices),*])));
        Some(quote! {
            const HOOKS: &'static __h::Hooks = {
                #(#hooks)*
                &__h::HooksOf::<#class>::new() #(#calls)* #trace #splices .erase()
            };
        })
    }

    /// The trait of classes that may be copied.
    pub(super) fn copy(&self, class: &Ident) -> Option<TokenStream> {
        // SAFETY of the generated impl: the layout says that the class is `copy`, from the same word; `check_class`
        // rejects maps.
        let at = crate::names::generated_at(self.copy.as_ref()?.span());
        Some(quote_spanned!(at=> #[automatically_derived] unsafe impl ::heapwright::CopyClass for #class {}))
    }
}
