//! Making objects: the `…Init` struct with a value for each field. The `new` functions that take it are those of
//! `heapwright::Factory`.

use super::expand::{about, doc};
use super::model::{Class, Openness, Source, TailLength, Value, ValueKind};
use super::types::identifiers;
use crate::names::{around, camel, generated_at};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Attribute;

/// The struct and its `Init`; with defaults, the one without and the one with them.
pub(super) fn init(class: &Class) -> TokenStream {
    let variants = variants(class).into_iter().map(|(cfg, values)| {
        if values.iter().all(|value| value.default.is_none()) {
            return the_init(class, cfg.as_ref(), &values, Form::Only).0;
        }
        let (all, given) = the_init(class, cfg.as_ref(), &values, Form::All);
        let (required, _) = the_init(class, cfg.as_ref(), &values, Form::Required);
        let with = super::expand_defaults::with(class, cfg.as_ref(), &given);
        quote!(#required #all #with)
    });
    let unit = unit(class);
    let defaults = super::expand_defaults::constants(class);
    quote!(#(#variants)* #unit #defaults)
}

/// The condition of some `#[cfg]`s together, to compare.
pub(super) fn cfg_key(cfgs: &[Attribute]) -> String {
    condition(cfgs).to_string()
}

fn condition(cfgs: &[Attribute]) -> TokenStream {
    let conditions = cfgs.iter().filter_map(|attr| attr.meta.require_list().ok()).map(|list| &list.tokens);
    quote!(all(#(#conditions),*))
}

/// A tagged field makes a type parameter, and neither type arguments nor bounds can be under a `#[cfg]`. So where
/// such fields are, the struct exists once for each combination of their conditions.
fn variants(class: &Class) -> Vec<(Option<TokenStream>, Vec<&Value>)> {
    let mut conditions: Vec<TokenStream> = Vec::new();
    for value in class.given().filter(|value| value.is_generic() && !value.common.decor.cfgs.is_empty()) {
        let condition = condition(&value.common.decor.cfgs);
        if conditions.iter().all(|other| other.to_string() != condition.to_string()) {
            conditions.push(condition);
        }
    }
    conditions.truncate(3); // more are an error, reported by `check`
    (0..1_usize << conditions.len())
        .map(|combination| {
            let holds = |index: usize| combination & (1 << index) != 0;
            let terms: Vec<_> = conditions
                .iter()
                .enumerate()
                .map(|(index, condition)| if holds(index) { condition.clone() } else { quote!(not(#condition)) })
                .collect();
            let values = class.given().filter(|value| {
                let key = cfg_key(&value.common.decor.cfgs);
                let index = conditions.iter().position(|condition| condition.to_string() == key);
                !value.is_generic() || index.is_none_or(holds)
            });
            ((!terms.is_empty()).then(|| quote!(#[cfg(all(#(#terms),*))])), values.collect())
        })
        .collect()
}

/// A type parameter of the struct, with its bound and the marker that says how the bound is met.
struct Parameter {
    name: Ident,
    /// None where there is only one way to meet the bound.
    marker: Option<Ident>,
    bound: TokenStream,
}

/// Which struct is made of a class's fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `…Init`, with all fields: none has a default.
    Only,
    /// `…Init`, without the fields that have defaults.
    Required,
    /// `…InitWith`, with all fields.
    All,
}

/// A field of the struct.
pub(super) struct Given {
    pub(super) name: Ident,
    pub(super) vis: syn::Visibility,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) ty: TokenStream,
    /// Whether `ty` is a type parameter.
    pub(super) is_generic: bool,
    pub(super) default: Option<syn::Expr>,
}

struct Parameters {
    list: Vec<Parameter>,
    taken: Vec<Ident>,
}

impl Parameters {
    /// A parameter for `field`, whose bound is made from the marker's name.
    fn add(&mut self, field: &Ident, bound: impl FnOnce(&Ident) -> TokenStream) -> Ident {
        let mut name = camel(field, "Value");
        while self.taken.contains(&name) {
            name = format_ident!("{name}_", span = name.span());
        }
        let marker = format_ident!("__I{}", self.list.len());
        let bound = bound(&marker);
        let mut mentioned = Vec::new();
        identifiers(bound.clone(), &mut mentioned);
        let marker = mentioned.contains(&marker).then_some(marker);
        self.taken.push(name.clone());
        self.list.push(Parameter { name: name.clone(), marker, bound });
        name
    }

    /// The marker of the parameter added last: named in calls, as inferring it is much of their compile time.
    fn last_marker(&self) -> Option<&Ident> {
        self.list.last()?.marker.as_ref()
    }
}

/// One struct and its `Init` for one combination of `cfg`s, and what its fields are.
fn the_init(class: &Class, cfg: Option<&TokenStream>, values: &[&Value], form: Form) -> (TokenStream, Vec<Given>) {
    let Class { vis, ident, .. } = class;
    let mut taken = vec![ident.clone()];
    for value in values {
        if let Some(ty) = value.kind.cell_parameter() {
            identifiers(ty.to_token_stream(), &mut taken);
        }
    }
    for tail in &class.tails {
        if let Some(ty) = tail.kind.cell_parameter() {
            identifiers(ty.to_token_stream(), &mut taken);
        }
    }
    identifiers(class.parent(), &mut taken);
    let mut parameters = Parameters { list: Vec::new(), taken };
    let mut fields = Vec::new();
    let mut parent_write = None;
    let mut writes = Vec::new();
    let mut given = Vec::new();
    if let Some(parent) = &class.parent {
        let name = format_ident!("parent");
        let here = parent.segments.last().map_or_else(Span::call_site, |segment| generated_at(segment.ident.span()));
        let ty = parameters.add(&name, |marker| quote_spanned!(here=> ::heapwright::Init<#parent, #marker>));
        let marker = parameters.list.first().and_then(|parameter| parameter.marker.as_ref());
        fields.push(quote! {
            /// The fields of the class above; `()` if it has none.
            #vis parent: #ty,
        });
        given.push(Given {
            name: name.clone(),
            vis: vis.clone(),
            cfgs: Vec::new(),
            ty: ty.to_token_stream(),
            is_generic: true,
            default: None,
        });
        parent_write = Some(quote_spanned!(here=> ::heapwright::Init::<#parent, #marker>::write(self.parent, object);));
    }
    for value in values {
        let (name, cfgs, vis) = (&value.common.ident, &value.common.decor.cfgs, &value.common.vis);
        let generic = value.is_generic();
        let here = generated_at(name.span());
        let of = value.cell_word(here);
        let cfgs: &[Attribute] = if generic { &[] } else { cfgs };
        if form == Form::Required && value.default.is_some() {
            let method = if matches!(
                value.kind,
                ValueKind::Tagged(_) | ValueKind::Weak(_) | ValueKind::MaybeWeak(_) | ValueKind::Smi
            ) {
                quote_spanned!(here=> init)
            } else {
                quote_spanned!(here=> set)
            };
            let default = super::expand_defaults::constant(ident, name);
            writes.push(quote_spanned!(here=> #(#cfgs)* #of::#method(&this.#name, #default);));
            continue;
        }
        let (ty, write) = match &value.kind {
            ValueKind::Tagged(union) => {
                let slot = &union.ty;
                let ty = parameters.add(name, |marker| quote_spanned!(here=> ::heapwright::Admits<#slot, #marker>));
                let how = parameters.last_marker();
                (ty.to_token_stream(), quote_spanned!(here=> #of::init::<#how>(&this.#name, self.#name)))
            }
            ValueKind::Weak(class) => {
                let ty =
                    parameters.add(name, |marker| quote_spanned!(here=> ::heapwright::AdmitsWeak<#class, #marker>));
                let how = parameters.last_marker();
                (ty.to_token_stream(), quote_spanned!(here=> #of::init::<#how>(&this.#name, self.#name)))
            }
            ValueKind::MaybeWeak(union) => {
                let ty = parameters
                    .add(name, |marker| quote_spanned!(here=> ::heapwright::AdmitsMaybeWeak<#union, #marker>));
                (ty.to_token_stream(), quote_spanned!(here=> #of::init(&this.#name, self.#name)))
            }
            ValueKind::Struct(of) => {
                let mut bound = TokenStream::new();
                let ty = parameters.add(name, |marker| {
                    bound = quote_spanned!(here=> ::heapwright::__private::StructInit<#of, #marker>);
                    bound.clone()
                });
                (
                    ty.to_token_stream(),
                    quote_spanned!(here=> ::heapwright::__private::StructField::init(&this.#name, self.#name)),
                )
            }
            ValueKind::External(of) => (
                quote!(*mut #of),
                quote_spanned!(here=> ::heapwright::__private::ExternalField::set(&this.#name, self.#name)),
            ),
            ValueKind::Smi => {
                (quote!(::core::primitive::i32), quote_spanned!(here=> #of::init(&this.#name, self.#name)))
            }
            ValueKind::SmiBits(ty) | ValueKind::Bits(ty) => {
                (ty.to_token_stream(), quote_spanned!(here=> #of::set(&this.#name, self.#name)))
            }
            ValueKind::Raw(prim) => {
                (prim.ty.to_token_stream(), quote_spanned!(here=> #of::set(&this.#name, self.#name)))
            }
        };
        let docs = about(ident, &value.common);
        fields.push(quote!(#(#cfgs)* #docs #vis #name: #ty,));
        writes.push(quote!(#(#cfgs)* #write;));
        given.push(Given {
            name: name.clone(),
            vis: vis.clone(),
            cfgs: cfgs.to_vec(),
            ty,
            is_generic: generic,
            default: value.default.clone(),
        });
    }
    let tails = the_tails(class, &mut parameters, &mut fields, &mut writes, &mut given);
    let init = around("", ident, if form == Form::All { "InitWith" } else { "Init" });
    let Parameters { list, .. } = parameters;
    let names: Vec<_> = list.iter().map(|parameter| &parameter.name).collect();
    let markers: Vec<_> = list.iter().filter_map(|parameter| parameter.marker.as_ref()).collect();
    let bounds: Vec<_> = list.iter().map(|parameter| &parameter.bound).collect();
    let of_struct = if names.is_empty() { None } else { Some(quote!(<#(#names),*>)) };
    let of_impl = if names.is_empty() { None } else { Some(quote!(<#(#names,)* #(#markers),*>)) };
    let clause = if names.is_empty() { None } else { Some(quote!(where #(#names: #bounds),*)) };
    let init_doc = doc(match class.openness {
        _ if form == Form::All => format!("All fields of a new [`{ident}`], those with defaults too."),
        Openness::Abstract => {
            format!("The fields of a [`{ident}`], for the `parent` of a new object of a class below it.")
        }
        Openness::Open => format!("The fields of a new [`{ident}`], or for the `parent` of one of a class below it."),
        Openness::Leaf => format!("The fields of a new [`{ident}`]."),
    });
    let this = (!writes.is_empty())
        .then(|| quote!(let this: &#ident = ::heapwright::__private::ObjectAddress::as_ref(object);));
    let write = if parent_write.is_none() && writes.is_empty() {
        quote!(
            unsafe fn write(self, _: ::heapwright::__private::ObjectAddress) {}
        )
    } else {
        quote! {
            unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
                unsafe {
                    #parent_write
                    #this
                    #(#writes)*
                }
            }
        }
    };
    // SAFETY of the generated impl: `write` is given the memory of such an object and writes each field, with a value
    // that its type admits; the length is the number of elements that it writes.
    let code = quote! {
        #cfg
        #init_doc
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        #vis struct #init #of_struct {
            #(#fields)*
        }

        #cfg
        #[automatically_derived]
        unsafe impl #of_impl ::heapwright::Init<#ident, (#(#markers,)*)> for #init #of_struct #clause {
            #tails
            #[inline]
            #[track_caller]
            #write
        }
    };
    (code, given)
}

/// The tails' part of `Init`; returns its `tail_len` and `tail_bytes`.
fn the_tails(
    class: &Class,
    parameters: &mut Parameters,
    fields: &mut Vec<TokenStream>,
    writes: &mut Vec<TokenStream>,
    given: &mut Vec<Given>,
) -> Option<TokenStream> {
    let implied = class.implied_length();
    let mut lengths = Vec::new();
    for (index, tail) in class.tails.iter().enumerate() {
        let (vis, name) = (&tail.common.vis, &tail.common.ident);
        let here = generated_at(name.span());
        let cell = tail.kind.cell();
        let init_trait = if tail.is_optional() { quote!(OptionalInit) } else { quote!(TailInit) };
        let raw = match &tail.kind {
            ValueKind::Raw(prim) if !tail.is_optional() => Some(&prim.ty),
            _ => None,
        };
        let mut bound = TokenStream::new();
        let ty = parameters.add(name, |marker| {
            bound = match raw {
                Some(ty) => quote_spanned!(here=> ::heapwright::__private::RawTailInit<#ty>),
                None => quote_spanned!(here=> ::heapwright::__private::#init_trait<#cell, #marker>),
            };
            bound.clone()
        });
        let docs = about(&class.ident, &tail.common);
        fields.push(quote!(#docs #vis #name: #ty,));
        given.push(Given {
            name: name.clone(),
            vis: vis.clone(),
            cfgs: Vec::new(),
            ty: ty.to_token_stream(),
            is_generic: true,
            default: None,
        });
        let len = quote!(<#ty as #bound>::len(&self.#name));
        let init = Ident::new(if raw.is_some() { "init_raw" } else { "init" }, here);
        let is_implied =
            matches!(tail.length, TailLength::Field { source: Source::Slot(slot), .. } if Some(slot) == implied);
        if is_implied && let Some(length) = implied.and_then(|slot| class.slots[slot].value()) {
            let length_name = &length.common.ident;
            let of = length.kind.cell_word(here);
            let value = match &length.kind {
                ValueKind::Raw(prim) => {
                    let ty = &prim.ty;
                    if prim.bytes < 4 {
                        let (class, field) = (crate::names::plain(&class.ident), crate::names::plain(length_name));
                        writes.push(
                            quote!(::heapwright::__private::expect_at_most(#class, #field, #ty::MAX as ::core::primitive::usize, #len);),
                        );
                    }
                    quote!(#len as #ty)
                }
                _ => quote!(::heapwright::Smi::new(#len as ::core::primitive::i32)),
            };
            writes.push(quote!(#of::set(&this.#length_name, #value);));
        } else {
            let (class, field, text) =
                (crate::names::plain(&class.ident), crate::names::plain(name), tail.length_text());
            let private = super::expand_access::private_length(tail);
            writes.push(quote!(::heapwright::__private::expect_length(#class, #field, #text, this.#private(), #len);));
        }
        let class_ident = &class.ident;
        let offset = match index {
            0 => quote!(#class_ident::HEADER_SIZE),
            _ => {
                let offset = around("__", name, "_offset");
                quote!(this.#offset())
            }
        };
        writes.push(match tail.is_optional() {
            true => quote_spanned!(here=> <#ty as #bound>::write(&self.#name, ::heapwright::__private::ObjectAddress::offset(object, #offset));),
            false => quote_spanned!(here=> ::heapwright::__private::Tail::#init(&this.#name, object, #offset, self.#name);),
        });
        lengths.push((len, cell));
    }
    let (first, rest) = lengths.split_first()?;
    let len = rest.iter().fold(first.0.clone(), |sum, (len, _)| quote!(#sum.saturating_add(#len)));
    let bytes = (!class.is_surely_simple()).then(|| {
        let bytes =
            |(len, cell): &(TokenStream, TokenStream)| quote!((#len).saturating_mul(::core::mem::size_of::<#cell>()));
        let sum = rest.iter().fold(bytes(first), |sum, next| {
            let next = bytes(next);
            quote!(#sum.saturating_add(#next))
        });
        quote! {
            #[inline]
            fn tail_bytes(&self) -> ::core::primitive::usize {
                #sum
            }
        }
    });
    Some(quote! {
        #[inline]
        fn tail_len(&self) -> ::core::primitive::usize {
            #len
        }
        #bytes
    })
}

/// `()` for a class that has nothing to be given.
fn unit(class: &Class) -> Option<TokenStream> {
    if class.given().next().is_some() || !class.tails.is_empty() {
        return None;
    }
    let ident = &class.ident;
    // SAFETY of the generated impl: there are no fields but those of the class above, which its own impl writes.
    Some(match &class.parent {
        None => quote! {
            #[automatically_derived]
            unsafe impl ::heapwright::Init<#ident, ()> for () {
                #[inline]
                unsafe fn write(self, _: ::heapwright::__private::ObjectAddress) {}
            }
        },
        Some(parent) => quote! {
            #[automatically_derived]
            unsafe impl<__I> ::heapwright::Init<#ident, (__I,)> for ()
            where
                (): ::heapwright::Init<#parent, __I>,
            {
                #[inline]
                unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
                    unsafe { ::heapwright::Init::<#parent, __I>::write(self, object) }
                }
            }
        },
    })
}
