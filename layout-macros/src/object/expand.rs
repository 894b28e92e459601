//! Writes the code of a class: the struct here, the rest in the modules beside.

use super::model::{Class, Padding, Slot, Tail, Value, ValueKind};
use super::{expand_access, expand_init, expand_layout};
use crate::names::plain;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

/// All code of a class; without the compile-time proofs if it is not `right`, as they would only repeat what is wrong.
pub(super) fn class(class: &Class, is_right: bool) -> TokenStream {
    let the_struct = the_struct(class);
    let layout = expand_layout::layout(class, is_right);
    let access = expand_access::access(class);
    let init = class.has_factory.then(|| expand_init::init(class));
    quote!(#the_struct #layout #access #init)
}

impl Class {
    /// The class above it.
    pub(super) fn parent(&self) -> TokenStream {
        match &self.parent {
            Some(path) => path.to_token_stream(),
            None => quote!(::heapwright::HeapObject),
        }
    }
}

fn the_struct(class: &Class) -> TokenStream {
    let Class { decor, vis, ident, slots, tails, .. } = class;
    let (docs, passed) = (&decor.docs, &decor.passed);
    let parent = class.parent();
    let cells = slots.iter().map(cell);
    let tails = tails.iter().map(|Tail { common, kind, .. }| {
        let (name, cell) = (&common.ident, kind.cell());
        quote!(#name: ::heapwright::__private::Tail<#cell>,)
    });
    quote! {
        #(#docs)*
        #(#passed)*
        #[allow(clippy::struct_field_names)]
        #[repr(C)]
        #vis struct #ident {
            __align: ::heapwright::__private::AlignTagged,
            __parent: ::heapwright::__private::Inherited<{ <#parent as ::heapwright::HeapClass>::FIELDS_END }>,
            #(#cells)*
            #(#tails)*
        }
    }
}

/// A field of the struct.
pub(super) fn cell(slot: &Slot) -> TokenStream {
    let common = slot.common();
    let (cfgs, name) = (&common.decor.cfgs, &common.ident);
    let cell = match slot {
        Slot::Value(value) => value.kind.cell(),
        Slot::Padding(Padding { bytes, optional: false, .. }) => {
            let bytes = const_argument(bytes);
            quote!(::heapwright::__private::PaddingBytes<#bytes>)
        }
        Slot::Padding(Padding { bytes, optional: true, .. }) => {
            let bytes = const_argument(bytes);
            quote!(::heapwright::__private::OptionalPaddingBytes<#bytes>)
        }
    };
    // Padding is never read.
    let unread = matches!(slot, Slot::Padding(_)).then(|| quote!(#[allow(dead_code)]));
    quote!(#(#cfgs)* #unread #name: #cell,)
}

/// An expression as a const argument: in braces unless it is a literal or has them.
fn const_argument(expr: &syn::Expr) -> TokenStream {
    match expr {
        syn::Expr::Lit(_) | syn::Expr::Block(_) => expr.to_token_stream(),
        expr => quote!({ #expr }),
    }
}

impl Value {
    /// The cell's type without its parameters, to name its methods by.
    pub(super) fn cell_word(&self, at: Span) -> TokenStream {
        self.kind.cell_word(at)
    }
}

impl ValueKind {
    /// The cell's type without its parameters, to name its methods by.
    pub(super) fn cell_word(&self, at: Span) -> TokenStream {
        let word = match self {
            ValueKind::Tagged(_) => "TaggedField",
            ValueKind::Weak(_) => "WeakField",
            ValueKind::MaybeWeak(_) => "MaybeWeakField",
            ValueKind::Smi => "SmiField",
            ValueKind::SmiBits(_) => "SmiBitsField",
            ValueKind::Bits(_) => "BitsField",
            ValueKind::Raw(_) => "RawField",
            ValueKind::External(_) => "ExternalField",
            ValueKind::Struct(_) => "StructField",
        };
        let word = Ident::new(word, at);
        quote_spanned!(at=> ::heapwright::__private::#word)
    }

    /// The type parameter of the cell.
    pub(super) fn cell_parameter(&self) -> Option<&Type> {
        match self {
            ValueKind::Tagged(union) => Some(&union.ty),
            ValueKind::Raw(prim) => Some(&prim.ty),
            ValueKind::Smi => None,
            ValueKind::Weak(ty)
            | ValueKind::MaybeWeak(ty)
            | ValueKind::SmiBits(ty)
            | ValueKind::Bits(ty)
            | ValueKind::External(ty)
            | ValueKind::Struct(ty) => Some(ty),
        }
    }

    /// The cell that holds the field.
    pub(super) fn cell(&self) -> TokenStream {
        let word = self.cell_word(Span::call_site());
        match self.cell_parameter() {
            Some(ty) => quote!(#word<#ty>),
            None => word,
        }
    }
}

/// A short doc comment.
pub(super) fn doc(text: impl AsRef<str>) -> TokenStream {
    let text = format!(" {}", text.as_ref());
    quote!(#[doc = #text])
}

/// A section of a doc comment.
pub(super) fn doc_section(title: &str, text: &str) -> TokenStream {
    let lines = [" ".to_owned(), format!(" # {title}"), " ".to_owned(), format!(" {text}")];
    quote!(#(#[doc = #lines])*)
}

/// The doc comment of a field's value in the class's `…Init`: where to read about the field.
pub(super) fn about(class: &proc_macro2::Ident, common: &super::model::Common) -> TokenStream {
    doc(format!("The value of [`{0}`]({1}::{0}).", plain(&common.ident), plain(class)))
}
