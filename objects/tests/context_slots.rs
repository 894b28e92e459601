//! Context slots over a class of another crate, as an embedder of V8 names the elements of a `FixedArray`.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::context_slots;
use heapwright_objects::prelude::*;

context_slots! {
    /// What a native context knows by name.
    pub trait NativeContextSlots for heapwright_objects::FixedArray::elements {
        /// Where the program came from.
        script_name: Str,
        /// Anything that has a name.
        name: Name,
        /// Written by the host.
        embedder_data: Any,
        /// Set, or `undefined`.
        error: (Str, Undefined),
        errors: Smi,
    }
}

#[test]
fn an_array_of_another_crate_has_named_slots() {
    let mut isolate = heapwright_objects::builder().verify(true).build().unwrap();
    let mut scope = isolate.enter();
    let undefined = scope.handle(scope.undefined());
    let elements = Filled::new(undefined, FixedArray::SLOTS_END);
    let array = FixedArray::new(&mut scope, FixedArrayInit { elements });
    let name = Str::new(&mut scope, "main.js");
    let context = array.get(&scope);
    assert!(context.try_script_name().is_none() && context.try_name().is_none() && context.try_errors().is_none());
    assert!(context.error().is::<Undefined>() && context.embedder_data().is::<Undefined>());
    context.set_script_name(name);
    context.set_name(name);
    context.set_error(name);
    context.set_errors(2);
    scope.collect(CollectionKind::Full);
    let context = array.get(&scope);
    assert_eq!(context.script_name().to_rust_string(), "main.js");
    assert!(context.name().is::<Str>() && context.error().is::<Str>());
    assert_eq!((context.errors(), FixedArray::ERRORS_INDEX, FixedArray::SLOT_COUNT), (2, 4, 5));
    let printed: Vec<_> = FixedArray::SLOT_NAMES.iter().zip(context.elements_iter()).map(|(name, _)| *name).collect();
    assert_eq!(printed, ["script_name", "name", "embedder_data", "error", "errors"]);
}
