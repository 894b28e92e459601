//! Reads a `#[heap_object]` declaration: arguments, attributes, fields. What concerns several of them is left to
//! [`check`](super::check).

use super::access_words::{self, Checked, Updates};
use super::class_words::{self, ClassWords};
use super::model::{Inherited, Openness, ValueKind};
use super::types::{self, Declared};
use crate::attrs::Decor;
use crate::errors::{Errors, did_you_mean, one_of};
use crate::names::{accessor_at, plain};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Meta, Path, Token, Visibility};

/// What may stand in `#[heap_object(…)]`.
const ARGUMENTS: &[&str] = &[
    "extends",
    "open",
    "abstract",
    "inherits",
    "copy",
    "observed",
    "print",
    "verify",
    "trace",
    "align",
    "instance_type",
    "instance_types",
    "lowest_instance_type",
    "highest_instance_type",
    "factory",
];
const FIELD_WORDS: &[&str] = &[
    "constant",
    "relaxed",
    "acquire_release",
    "seq_cst",
    "checked",
    "debug_checked",
    "observed",
    "length",
    "present_if",
    "default",
    "splice",
];

/// A declaration, read word by word.
pub(super) struct Declaration {
    pub(super) arguments: Arguments,
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) fields: Vec<Field>,
}

/// What stands in `#[heap_object(…)]`.
pub(super) struct Arguments {
    pub(super) parent: Option<Path>,
    pub(super) openness: Openness,
    pub(super) has_factory: bool,
    pub(super) inherits: Vec<Inherited>,
    pub(super) words: ClassWords,
    /// Whether all fields are.
    pub(super) observed: bool,
}

/// A field, read word by word.
pub(super) struct Field {
    pub(super) decor: Decor,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) written: String,
    pub(super) words: Words,
    /// `None` after an error.
    pub(super) kind: Option<Declared>,
}

/// The attributes that say something about a field.
#[derive(Default)]
pub(super) struct Words {
    pub(super) constant: Option<Attribute>,
    pub(super) relaxed: Option<Attribute>,
    pub(super) acquire_release: Option<Attribute>,
    pub(super) seq_cst: Option<Attribute>,
    /// What stands in the parentheses of a memory order.
    pub(super) updates: Updates,
    pub(super) checked: Option<Checked>,
    pub(super) debug_checked: Option<Checked>,
    pub(super) observed: Option<Attribute>,
    /// `#[length = …]`
    pub(super) length: Option<Length>,
    /// `#[present_if = …]`
    pub(super) present_if: Option<Length>,
    /// `#[default = …]`
    pub(super) default: Option<Length>,
    pub(super) splice: Option<(Attribute, Ident)>,
}

/// `#[length = expr]`, `#[present_if = expr]`, `#[default = expr]`
pub(super) struct Length {
    pub(super) attr: Attribute,
    /// `None` after an error.
    pub(super) expr: Option<Expr>,
}

/// What can be made of the macro's input.
pub(super) enum Parsed {
    /// A class, perhaps with errors in it.
    Declaration(Declaration),
    /// No class: what to emit beside the errors.
    Hopeless(TokenStream),
}

/// Reads everything.
pub(super) fn class(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Parsed {
    let arguments = arguments(args, errors);
    let input = match syn::parse2::<DeriveInput>(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let is_type =
                item.clone().into_iter().any(|token| ["struct", "enum", "union"].contains(&token.to_string().as_str()));
            errors.push(if is_type {
                error
            } else {
                syn::Error::new_spanned(
                    &item,
                    "`#[heap_object]` goes on a struct with named fields: `#[heap_object] struct Script { … }`",
                )
            });
            return Parsed::Hopeless(if is_type { TokenStream::new() } else { item });
        }
    };
    let decor = Decor::sort(input.attrs, &[], errors, |attr, word, errors| {
        match word {
            "derive" => errors.at(
                attr,
                "a heap object cannot derive: it is never cloned, moved or made outside the heap, and has `Debug` already. \
                 Remove the derive",
            ),
            "repr" => errors.at(attr, "`#[heap_object]` makes the struct `#[repr(C)]` itself: remove `#[repr]`"),
            _ => return false,
        }
        true
    });
    if !input.generics.params.is_empty() {
        let is_lifetime = |param: &syn::GenericParam| matches!(param, syn::GenericParam::Lifetime(_));
        errors.at(
            &input.generics,
            if input.generics.params.iter().all(is_lifetime) {
                "a class has no lifetimes: the collector moves its objects, and what they refer to. Remove the parameter, and \
                 write `Tagged<Class>` for a reference to an object, a plain number or `External<T>` for what is outside"
            } else {
                "a class cannot be generic: it has one layout, one identity and one tracing descriptor. \
                 Use `Tagged<…>` for what differs, or declare a class for each case"
            },
        );
        return Parsed::Hopeless(generic_stand_in(&input.vis, &input.ident, &input.generics));
    }
    let mut fields = Vec::new();
    let named = "a class needs named fields, which become its accessors";
    match input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(named) => fields.extend(named.named.into_iter().filter_map(|f| field(f, &input.vis, errors))),
            Fields::Unnamed(unnamed) => errors.at(unnamed, format!("{named}: write `{{ name: Tagged<Any>, … }}`")),
            Fields::Unit => {
                errors.at(&input.ident, format!("{named}: write `struct {} {{}}` if it has none", input.ident))
            }
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            "a class is a struct. For one of several classes write a union where it is used, `Tagged<(A, B)>`, \
             or an `abstract` class that the others extend",
        ),
        Data::Union(data) => errors.at(
            data.union_token,
            "a class is a struct: the collector must know what each word holds, which no union says. \
             For one of several classes write `Tagged<(A, B)>`",
        ),
    }
    Parsed::Declaration(Declaration { arguments, decor, vis: input.vis, ident: input.ident, fields })
}

/// A struct that stands in for a generic one, so that its uses do not fail as well.
fn generic_stand_in(vis: &Visibility, ident: &Ident, generics: &syn::Generics) -> TokenStream {
    let marks = generics.params.iter().filter_map(|param| match param {
        syn::GenericParam::Lifetime(param) => Some(param.lifetime.to_token_stream()).map(|l| quote!(&#l ())),
        syn::GenericParam::Type(param) => Some(param.ident.to_token_stream()),
        syn::GenericParam::Const(_) => None,
    });
    let clause = &generics.where_clause;
    quote! {
        #[allow(missing_docs, dead_code)]
        #vis struct #ident #generics (::core::marker::PhantomData<(#(fn() -> #marks,)*)>) #clause;
    }
}

fn arguments(args: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments {
        parent: None,
        openness: Openness::Leaf,
        has_factory: true,
        observed: false,
        inherits: Vec::new(),
        words: ClassWords::default(),
    };
    let mut seen: Vec<String> = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            let word = input.call(Ident::parse_any).map_err(|error| {
                syn::Error::new(
                    error.span(),
                    format!("expected {}: `#[heap_object(extends = Struct, open)]`", one_of(ARGUMENTS)),
                )
            })?;
            argument(&word, input, &mut arguments, &mut seen, errors)?;
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| {
                    syn::Error::new(
                        error.span(),
                        "arguments are separated by commas: `#[heap_object(extends = Struct, open)]`",
                    )
                })?;
            }
        }
        Ok(())
    })
    .parse2(args);
    errors.take(parsed);
    arguments.words.check(arguments.openness, errors);
    arguments
}

fn argument(
    word: &Ident,
    input: ParseStream<'_>,
    arguments: &mut Arguments,
    seen: &mut Vec<String>,
    errors: &mut Errors,
) -> syn::Result<()> {
    let name = word.to_string();
    if seen.contains(&name) {
        let why = if name == "extends" { ": a class extends one class, and through it those above" } else { "" };
        errors.at(word, format!("`{name}` is given twice{why}. Remove one of them"));
    }
    match name.as_str() {
        "extends" => {
            if !input.peek(Token![=]) {
                return Err(syn::Error::new_spanned(word, "name the class to extend: `extends = Struct`"));
            }
            input.parse::<Token![=]>()?;
            let parent = input
                .parse::<Path>()
                .map_err(|error| syn::Error::new(error.span(), "expected the class to extend: `extends = Struct`"))?;
            arguments.parent.get_or_insert(parent);
        }
        "open" | "abstract" => {
            let other = if name == "open" { "abstract" } else { "open" };
            if seen.iter().any(|word| word == other) {
                errors.at(
                    word,
                    "an `abstract` class is open anyway, as only classes that extend it have instances: remove `open`",
                );
            }
            if name == "abstract" || arguments.openness == Openness::Leaf {
                arguments.openness = if name == "open" { Openness::Open } else { Openness::Abstract };
            }
            if input.peek(Token![=]) || input.peek(syn::token::Paren) {
                return Err(input.error(format!("`{name}` takes no value: write it alone")));
            }
        }
        "inherits" => arguments.inherits = inherits(word, input, errors)?,
        "observed" => {
            if input.peek(Token![=]) || input.peek(syn::token::Paren) {
                return Err(input.error("`observed` takes no value: write it alone"));
            }
            arguments.observed = true;
        }
        "factory" => {
            input.parse::<Token![=]>()?;
            let value: Ident = input.parse()?;
            if value != "none" {
                errors.at(&value, "only `factory = none` is possible: no `…Init` struct and no `new` functions");
            }
            arguments.has_factory = false;
        }
        _ if class_words::word(word, &name, input, &mut arguments.words, errors)? => {}
        _ => {
            let hint = match name.as_str() {
                "leaf" | "sealed" | "final" => " (classes are leaves unless `open` or `abstract`)".to_owned(),
                "parent" | "super" | "base" | "inherits" => " (did you mean `extends`?)".to_owned(),
                name => did_you_mean(name, ARGUMENTS),
            };
            errors.at(word, format!("unknown argument `{name}`{hint}: possible are {}", one_of(ARGUMENTS)));
            if arguments.openness == Openness::Leaf {
                arguments.openness = Openness::Open; // whatever was meant, classes below it are not wrong
            }
            skip_to_comma(input)?;
        }
    }
    seen.push(name);
    Ok(())
}

/// `inherits(length: Smi, …)`
fn inherits(word: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Inherited>> {
    let example = "name the inherited fields that lengths are made from, with their types: `inherits(length: Smi)`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new_spanned(word, example));
    }
    let list;
    syn::parenthesized!(list in input);
    let mut found = Vec::new();
    while !list.is_empty() {
        let ident: Ident = list.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), example))?;
        list.parse::<Token![:]>().map_err(|error| syn::Error::new(error.span(), example))?;
        let ty: syn::Type = list.parse()?;
        match types::field(&ty, &plain(&ident), errors) {
            Some(Declared::Value(ValueKind::Smi)) => found.push(Inherited { ident, prim: None }),
            Some(Declared::Value(ValueKind::Raw(prim))) if !prim.word.starts_with('f') => {
                found.push(Inherited { ident, prim: Some(prim) });
            }
            None => {}
            Some(_) => errors.at(
                &ty,
                format!(
                    "`{}` makes no length: only a Smi, an integer or a `bool` does. The other fields of the class above are \
                     inherited anyway",
                    types::spelled(&ty)
                ),
            ),
        }
        if !list.is_empty() {
            list.parse::<Token![,]>()?;
        }
    }
    Ok(found)
}

/// Skips the rest of an argument that makes no sense.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn field(field: syn::Field, class_vis: &Visibility, errors: &mut Errors) -> Option<Field> {
    let ident = field.ident?;
    if let Some((_, value)) = &field.default {
        errors.at(
            value,
            format!("a default is an attribute here, as rustc does not take this form yet: write `#[default = {}]` before `{ident}`", types::spelled(value)),
        );
    }
    let mut words = Words::default();
    let decor =
        Decor::sort(field.attrs, FIELD_WORDS, errors, |attr, word, errors| self::word(attr, word, &mut words, errors));
    let kind = types::field(&field.ty, &plain(&ident), errors);
    let vis = match field.vis {
        Visibility::Inherited => at(class_vis, accessor_at(&ident, decor.is_documented())),
        own => at(&own, accessor_at(&ident, decor.is_documented())),
    };
    Some(Field { decor, vis, ident, written: types::spelled(&field.ty), words, kind })
}

/// The visibility, as if written at `span`: lints on an accessor then point at its field.
fn at(vis: &Visibility, span: Span) -> Visibility {
    let tokens = vis.to_token_stream().into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    syn::parse2(tokens.collect()).unwrap_or_else(|_| vis.clone())
}

/// One of the attributes that say something about a field. `false` if it is another.
fn word(attr: &Attribute, word: &str, words: &mut Words, errors: &mut Errors) -> bool {
    let slot = match word {
        "constant" => &mut words.constant,
        "relaxed" => &mut words.relaxed,
        "acquire_release" => &mut words.acquire_release,
        "seq_cst" => &mut words.seq_cst,
        "observed" => &mut words.observed,
        "checked" | "debug_checked" => {
            let checked = if word == "checked" { &mut words.checked } else { &mut words.debug_checked };
            access_words::checked(attr, word, checked, errors);
            return true;
        }
        "length" => {
            if words.length.is_some() {
                errors.at(attr, "`#[length]` is given twice: elements are counted once. Remove one of them");
            }
            let example =
                "name the field that holds the number of elements, or say how to compute it: `#[length = length]`";
            words.length = Some(length(attr, example, errors));
            return true;
        }
        "default" => {
            if words.default.is_some() {
                errors.at(attr, "`#[default]` is given twice: remove one of them");
            }
            words.default =
                Some(length(attr, "say what a new object has if nothing is given: `#[default = 0]`", errors));
            return true;
        }
        "present_if" => {
            if words.present_if.is_some() {
                errors.at(attr, "`#[present_if]` is given twice: join the conditions with `&&`");
            }
            let example =
                "say when an object has the field, by earlier constant fields: `#[present_if = flags.has_name()]`";
            words.present_if = Some(length(attr, example, errors));
            return true;
        }
        "splice" => {
            if words.splice.is_some() {
                errors.at(attr, "`#[splice]` is given twice: a slot follows one link. Remove one of them");
            }
            match class_words::splice(attr) {
                Ok(link) => drop(words.splice.get_or_insert_with(|| (attr.clone(), link))),
                Err(error) => errors.push(error),
            }
            return true;
        }
        _ => return false,
    };
    if matches!(word, "relaxed" | "acquire_release" | "seq_cst") && attr.meta.require_path_only().is_err() {
        access_words::updates(attr, word, &mut words.updates, errors);
    } else if attr.meta.require_path_only().is_err() {
        errors.at(attr, format!("`#[{word}]` takes no argument: write it alone"));
    }
    if slot.is_some() {
        errors.at(attr, format!("`#[{word}]` is given twice: remove one of them"));
    }
    slot.get_or_insert_with(|| attr.clone());
    true
}

/// The expression in `#[length = expr]` or `#[present_if = expr]`.
fn length(attr: &Attribute, example: &str, errors: &mut Errors) -> Length {
    let expr = match &attr.meta {
        Meta::NameValue(value) => Some(value.value.clone()),
        _ => {
            errors.at(attr, example);
            None
        }
    };
    Length { attr: attr.clone(), expr }
}
