//! What declarations become is Rust that anybody could have written: the files in `expand`, declarations and expansions
//! alike, compile and do the same. Whether an expansion is what the macro makes today is tested in `src/tests/expand.rs`.

#![allow(unreachable_pub)]

use heapwright::prelude::*;

#[path = "expand"]
mod declared {
    pub(super) mod bits;
    pub(super) mod fields;
    pub(super) mod list;
    pub(super) mod roots;
    pub(super) mod structure;
    pub(super) mod tails;
}

/// What generated `unsafe` relies on is said in the macros, so the comments are missing here; and rustc spares macros the
/// lints of taste.
#[path = "expand"]
#[allow(clippy::undocumented_unsafe_blocks, unused_imports, unused_parens)]
mod expanded {
    #[path = "bits.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod bits;
    #[path = "fields.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod fields;
    #[path = "list.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod list;
    #[path = "roots.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod roots;
    #[path = "structure.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod structure;
    #[path = "tails.expanded.rs"]
    #[rustfmt::skip]
    pub(super) mod tails;
}

/// The same test for the declarations and for their expansions.
macro_rules! uses {
    ($module:ident) => {
        mod $module {
            use super::super::$module::{bits, fields, list, roots, structure, tails};
            use super::*;
            use bits::{ScriptFlags, ScriptFlagsAccess};
            use roots::Roots;

            heap_classes! {
                static CLASSES = [list::List, fields::Text, fields::Fields, tails::Names];
            }

            #[test]
            fn works() {
                let mut isolate =
                    Isolate::builder().classes(&CLASSES).roots(&roots::ROOTS).verify(true).build().unwrap();
                let mut scope = isolate.enter();
                assert_eq!((scope.one().head(), scope.limit()), (1, 100));

                let one = scope.handle(scope.one());
                let text = fields::Text::new(&mut scope, fields::TextInit {});
                let init = fields::FieldsInit {
                    parent: fields::TextInit {},
                    strong: text,
                    union: smi(3),
                    weak: text,
                    maybe_weak: Weakly(text),
                    smi_bits: ScriptFlags::new().with_origin(5),
                    part: structure::DescriptorInit { key: one, details: 2 },
                    raw: 4,
                    external: core::ptr::null_mut(),
                };
                let fields = fields::Fields::new(&mut scope, init);
                scope.collect(CollectionKind::Full);
                let object = fields.get(&scope);
                assert_eq!((object.smi(), object.origin(), object.part().details(), object.raw()), (7, 5, 2, 4));
                assert!(object.part().key().is::<list::List>());
                assert_eq!(object.swap_union(text.get(&scope)).as_smi(), Some(3));
                assert!(object.maybe_weak().as_weak().is_some());
                assert_eq!(scope.instance_type::<fields::Fields>(), 99);

                let init = tails::NamesInit {
                    count: 2,
                    is_sorted: true,
                    names: &[text, text],
                    least: Some(text),
                    hashes: Absent,
                };
                let names = tails::Names::new(&mut scope, init);
                scope.collect(CollectionKind::Full);
                let names = names.get(&scope);
                assert!(core::ptr::eq(names.least().unwrap().cast::<fields::Text>(), text.get(&scope)));
                assert_eq!((names.names_len(), names.hashes_len()), (2, 0));
            }
        }
    };
}

mod tests {
    use super::*;
    uses!(declared);
    uses!(expanded);
}
