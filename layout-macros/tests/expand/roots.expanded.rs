use super::list::{List, ListInit};
use heapwright::heap_roots;
use heapwright::prelude::*;

/// What the lists of an isolate have in common.
pub static ROOTS: ::heapwright::RootTable = {
    #[allow(unused_imports)]
    use ::heapwright::__private::ObjectRoot as _;
    ::heapwright::RootTable::new(
        "ROOTS",
        &["one", "limit"],
        &[<::heapwright::__private::RootOf<List>>::ENTRY, <::heapwright::__private::RootOf<Smi>>::ENTRY],
        set_up,
    )
};

/// Keys to set the roots with.
#[allow(non_camel_case_types)]
enum root {}

/// What the lists of an isolate have in common.
#[allow(dead_code, unreachable_pub)]
pub trait Roots {
    /// A list of one number.
    fn one(&self) -> <List as ::heapwright::SlotType>::Ref<'_>;

    /// How long a list may be.
    fn limit(&self) -> <Smi as ::heapwright::SlotType>::Ref<'_>;
}

const _: () = {
    #[allow(non_camel_case_types, dead_code, clippy::all, clippy::pedantic)]
    enum __RootIndex {
        __one,
        __limit,
    }

    #[allow(non_upper_case_globals, dead_code)]
    impl root {
        /// A list of one number.
        pub(crate) const one: ::heapwright::RootKey<List> =
            unsafe { ::heapwright::RootKey::new(&ROOTS, __RootIndex::__one as ::core::primitive::usize) };

        /// How long a list may be.
        pub(crate) const limit: ::heapwright::RootKey<Smi> =
            unsafe { ::heapwright::RootKey::new(&ROOTS, __RootIndex::__limit as ::core::primitive::usize) };
    }

    impl Roots for ::heapwright::HandleScope<'_> {
        #[inline]
        fn one(&self) -> <List as ::heapwright::SlotType>::Ref<'_> {
            <List as ::heapwright::SlotType>::root(self, root::one)
        }

        #[inline]
        fn limit(&self) -> <Smi as ::heapwright::SlotType>::Ref<'_> {
            <Smi as ::heapwright::SlotType>::root(self, root::limit)
        }
    }
};

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let one = List::try_new(scope, ListInit { head: 1, tail: Nil })?;
    scope.set_root(root::one, one);
    scope.set_root(root::limit, 100);
    Ok(())
}
