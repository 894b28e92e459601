//! `match_class!`: a `match` over the class of an object.

use crate::errors::Errors;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Pat, PatGuard, Path};

/// The macro.
pub(crate) fn match_class(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let shape = "write `match_class!(match value { Class(object) => …, Smi(n) => …, other => … })`";
    let parsed = match syn::parse2::<Expr>(input.clone()) {
        Ok(Expr::Match(parsed)) => parsed,
        Ok(other) => {
            errors.at(other, format!("expected a `match`: {shape}"));
            return failed(errors);
        }
        Err(error) => {
            errors.push(match input.into_iter().next() {
                None => syn::Error::new(Span::call_site(), format!("expected a `match`: {shape}")),
                Some(TokenTree::Ident(word)) if word == "match" => error,
                Some(first) => syn::Error::new(first.span(), format!("expected a `match`: {shape}")),
            });
            return failed(errors);
        }
    };
    let mut arms = Vec::new();
    let count = parsed.arms.len();
    for (index, arm) in parsed.arms.into_iter().enumerate() {
        let mut exact = None;
        for attr in arm.attrs {
            if attr.path().is_ident("exactly") && attr.meta.require_path_only().is_ok() {
                exact = Some(attr);
            } else {
                errors
                    .at(&attr, "only `#[exactly]` may stand before an arm: it leaves out classes below the one named");
            }
        }
        let (pattern, guard) = match arm.pat {
            Pat::Guard(PatGuard { pat, guard, .. }) => (*pat, Some(*guard)),
            pattern => (pattern, None),
        };
        let Some(kind) = Kind::of(&pattern, exact.is_some(), &mut errors) else { continue };
        if let (Kind::Rest(_), Some(attr)) = (&kind, &exact) {
            errors.at(attr, "`#[exactly]` is for an arm that names a class: `#[exactly] Class(object) => …`");
        }
        if matches!(kind, Kind::Rest(_)) && guard.is_none() && index + 1 < count {
            errors.at(&pattern, "this arm matches every value, so the arms after it are never reached: put it last");
        }
        arms.push(Arm { kind, guard, body: *arm.body });
    }
    if !errors.is_empty() {
        return failed(errors);
    }
    expand(&parsed.expr, &arms)
}

/// Of any type, so that nothing but the errors is reported.
fn failed(errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    quote!({ #errors; ::core::unreachable!() })
}

struct Arm {
    kind: Kind,
    guard: Option<Expr>,
    body: Expr,
}

enum Kind {
    /// One class, or `Smi`: `Str(s)`.
    One(Case, Pat),
    /// Several, none of which binds anything: `Str(_) | Smi(_)`, and `None`.
    Several(Vec<Case>),
    /// All others: `other`, `_`.
    Rest(Pat),
}

/// What an alternative of an arm matches.
enum Case {
    Class { path: Path, is_exact: bool },
    None(Span),
}

impl Case {
    fn arm(&self) -> TokenStream {
        match self {
            Case::Class { path, is_exact: false } => {
                quote_spanned!(path.span()=> <#path as ::heapwright::__private::Arm>::This)
            }
            Case::Class { path, is_exact: true } => {
                quote_spanned!(path.span()=> <::heapwright::__private::Exactly<#path> as ::heapwright::__private::Arm>::This)
            }
            Case::None(span) => quote_spanned!(*span=> ::heapwright::Nil),
        }
    }

    /// What it binds, if `subject` matches.
    fn matched(&self, subject: &Ident) -> TokenStream {
        let arm = self.arm();
        let span = match self {
            Case::Class { path, .. } => path.span(),
            Case::None(span) => *span,
        };
        quote_spanned!(span=> ::heapwright::__private::try_arm::<#arm, _>(#subject))
    }
}

const NOT_AN_ARM: &str = "an arm is `Class(object)`, `Smi(n)`, `None`, or several joined by `|`; the last may be a name or \
                          `_`, for all other values";

impl Kind {
    fn of(pattern: &Pat, is_exact: bool, errors: &mut Errors) -> Option<Kind> {
        match pattern {
            Pat::Wild(_) => Some(Kind::Rest(pattern.clone())),
            Pat::Ident(ident) if ident.subpat.is_none() && ident.ident == "None" => {
                Some(Kind::Several(vec![Case::None(ident.ident.span())]))
            }
            Pat::Ident(ident) if ident.subpat.is_none() && !is_camel(&ident.ident) => Some(Kind::Rest(pattern.clone())),
            Pat::TupleStruct(_) => {
                let (case, inner) = class(pattern, is_exact, errors)?;
                Some(Kind::One(case, inner))
            }
            Pat::Or(or) => {
                let mut cases = Vec::new();
                for pattern in &or.cases {
                    match pattern {
                        Pat::Ident(ident) if ident.ident == "None" => cases.push(Case::None(ident.ident.span())),
                        pattern => {
                            let (case, inner) = class(pattern, is_exact, errors)?;
                            if !matches!(inner, Pat::Wild(_)) {
                                errors.at(
                                    &inner,
                                    "the alternatives are of different types, so nothing of them can be bound or looked at: write \
                                     `Class(_)`, or an arm for each",
                                );
                            }
                            cases.push(case);
                        }
                    }
                }
                Some(Kind::Several(cases))
            }
            other => {
                class(other, is_exact, errors);
                None
            }
        }
    }
}

/// `Class(pattern)`.
fn class(pattern: &Pat, is_exact: bool, errors: &mut Errors) -> Option<(Case, Pat)> {
    let Pat::TupleStruct(tuple) = pattern else {
        let name = match pattern {
            Pat::Ident(ident) if ident.subpat.is_none() => Some(quote!(#ident).to_string()),
            Pat::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        match name {
            Some(name) => errors.at(
                pattern,
                format!("an arm for the class `{name}` is written `{name}(object)`, or `{name}(_)`; a name for all other values is in lower case"),
            ),
            None => errors.at(pattern, NOT_AN_ARM),
        }
        return None;
    };
    let inner = match tuple.elems.first() {
        Some(inner) if tuple.elems.len() == 1 && !matches!(inner, Pat::Rest(_)) => inner.clone(),
        _ => {
            errors.at(pattern, "an arm binds the object as a whole: write `Class(object)`, or `Class(_)`");
            return None;
        }
    };
    Some((Case::Class { path: tuple.path.clone(), is_exact }, inner))
}

/// Whether this is how classes are written.
fn is_camel(ident: &Ident) -> bool {
    ident.to_string().trim_start_matches('_').starts_with(char::is_uppercase)
}

/// Whether every value matches for certain.
fn is_irrefutable(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(ident) => ident.subpat.is_none() && !is_camel(&ident.ident),
        _ => false,
    }
}

fn expand(value: &Expr, arms: &[Arm]) -> TokenStream {
    let subject = Ident::new("subject", Span::mixed_site());
    let last_is_rest = matches!(arms.last(), Some(Arm { kind: Kind::Rest(_), guard: None, .. }));
    let mut list = quote!(());
    let mut code = quote!(::heapwright::__private::no_arm(#subject));
    for Arm { kind, guard, body } in arms.iter().rev() {
        let condition = guard.as_ref().map(|guard| quote!(if #guard));
        let mut push = |case: &Case, covers: bool| {
            let arm = case.arm();
            list = if covers { quote!((#arm, #list)) } else { quote!((::heapwright::__private::Guarded<#arm>, #list)) };
        };
        code = match kind {
            Kind::One(case, inner) => {
                push(case, guard.is_none() && is_irrefutable(inner));
                let matched = case.matched(&subject);
                quote! {
                    match #matched {
                        ::core::option::Option::Some(#inner) #condition => #body,
                        _ => #code,
                    }
                }
            }
            Kind::Several(cases) => {
                cases.iter().rev().for_each(|case| push(case, guard.is_none()));
                let matched = cases.iter().map(|case| case.matched(&subject));
                quote! {
                    match ::core::primitive::bool::then_some(
                        #(::core::option::Option::is_some(&#matched))||*,
                        (),
                    ) {
                        ::core::option::Option::Some(()) #condition => #body,
                        _ => #code,
                    }
                }
            }
            Kind::Rest(pattern) if guard.is_none() => quote!(match #subject { #pattern => #body }),
            Kind::Rest(pattern) => quote! {
                match #subject {
                    #pattern #condition => #body,
                    _ => #code,
                }
            },
        };
    }
    let value = quote_spanned!(value.span()=> ::heapwright::__private::subject(#value));
    quote! {
        match #value {
            #subject => {
                ::heapwright::__private::check_arms::<#list, #last_is_rest, _>(#subject);
                #code
            }
        }
    }
}
