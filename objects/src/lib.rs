//! Standard heap object classes, after those of V8: strings, numbers, oddballs, arrays, scripts, hidden classes.
//!
//! All are declared with the macros of [`heapwright`], without a line of `unsafe`: what is here, a crate of yours could
//! have. Register [`CLASSES`] and [`ROOTS`] with the isolate, or begin with [`builder`], which does both.
//!
//! ```
//! use heapwright_objects::prelude::*;
//!
//! let mut isolate = heapwright_objects::builder().build()?;
//! let mut scope = isolate.enter();
//! let name = Str::new(&mut scope, "Käse");
//! let list = FixedArray::new(&mut scope, FixedArrayInit { elements: &[name, name] });
//! let undefined = scope.handle(scope.undefined());
//! list.get(&scope).set_elements(1, undefined);
//!
//! scope.collect(CollectionKind::Full);
//! let list = list.get(&scope);
//! assert_eq!(list.elements(0).cast::<Str>().to_rust_string(), "Käse");
//! assert!(list.elements(1).is::<Undefined>());
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! | module | classes |
//! |---|---|
//! | [`array`](mod@array) | [`FixedArray`], [`WeakFixedArray`], [`ByteArray`] |
//! | [`descriptors`] | [`DescriptorArray`], [`EnumCache`] |
//! | [`foreign`] | [`Foreign`] |
//! | [`map`] | [`ExtendedMap`] |
//! | [`name`] | [`Name`], [`Symbol`] |
//! | [`number`] | [`HeapNumber`] |
//! | [`oddball`] | [`Oddball`], [`Undefined`], [`Null`], [`True`], [`False`], [`TheHole`] |
//! | [`script`] | [`Struct`], [`Script`] |
//! | [`string`] | [`Str`], [`SeqOneByteString`], [`SeqTwoByteString`] |
//! | [`string_table`] | [`StringTable`], [`StringTableHashes`] |
//! | [`weak_map`] | [`WeakMap`], [`EphemeronHashTable`] |
//!
//! Fields lie where V8 has them, with compressed pointers and with full ones; a test holds all that V8 has to it. An exception is
//! [`ExtendedMap`], whose inherited part holds more. Where a field of V8's is `undefined` until something is known, it is
//! `None` here, so that it has a default.
//!
//! Classes whose fields are all constant (oddballs, numbers, strings) may live in read-only space: the roots do.
//!
//! # Features
//!
//! `pointer-compression` (default), as in [`heapwright`].
#![forbid(unsafe_code)]

pub mod array;
pub mod descriptors;
pub mod foreign;
pub mod map;
pub mod name;
pub mod number;
pub mod oddball;
pub mod roots;
pub mod script;
pub mod string;
pub mod string_table;
pub mod weak_map;

pub use array::{ByteArray, ByteArrayInit, FixedArray, FixedArrayInit, WeakFixedArray, WeakFixedArrayInit};
pub use descriptors::{
    DescriptorArray, DescriptorArrayFlags, DescriptorArrayFlagsAccess, DescriptorEntry, EnumCache, EnumCacheInit,
    FastIterableState, PropertyConstness, PropertyDetails, PropertyDetailsAccess, PropertyKind, PropertyLocation,
    Representation,
};
pub use foreign::{Foreign, ForeignInit};
pub use map::{
    ExtendedMap, ExtendedMapInit, MapBitField, MapBitField2, MapBitField2Access, MapBitField3, MapBitField3Access,
    MapBitFieldAccess,
};
pub use name::{Name, NameHash, Symbol, SymbolFlags, SymbolFlagsAccess};
pub use number::{HeapNumber, HeapNumberInit};
pub use oddball::{
    False, FalseInit, Null, NullInit, Oddball, OddballInit, OddballKind, TheHole, TheHoleInit, True, TrueInit,
    Undefined, UndefinedInit,
};
pub use roots::{ROOTS, StandardRoots};
pub use script::{
    CompilationType, Script, ScriptCompilationState, ScriptFlags, ScriptFlagsAccess, ScriptInit, ScriptType,
    ScriptTypeBits, ScriptTypeBitsAccess, Struct, StructInit,
};
pub use string::{SeqOneByteString, SeqTwoByteString, Str, StrContent};
pub use string_table::{StringTable, StringTableHashes, intern, intern_handle, try_intern, try_intern_handle};
pub use weak_map::{EphemeronHashTable, IdentityHash, WeakMap};

use heapwright::{Isolate, IsolateBuilder, heap_classes};

heap_classes! {
    /// The classes of this crate.
    pub static CLASSES = [
        Oddball, Undefined, Null, True, False, TheHole,
        HeapNumber,
        Name, Symbol, Str, SeqOneByteString, SeqTwoByteString,
        StringTable, StringTableHashes,
        FixedArray, WeakFixedArray, ByteArray,
        Foreign, Struct, Script, EnumCache, DescriptorArray, ExtendedMap,
        WeakMap, EphemeronHashTable,
    ];
}

/// A builder of isolates that have the classes and the roots of this crate.
///
/// ```
/// let mut isolate = heapwright_objects::builder().max_heap_size(64 << 20).build()?;
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[must_use]
pub fn builder() -> IsolateBuilder {
    Isolate::builder().classes(&CLASSES).roots(&ROOTS)
}

/// [`heapwright`]'s prelude, the classes of this crate and the getters of its roots.
pub mod prelude {
    pub use crate::{
        ByteArray, ByteArrayInit, DescriptorArray, DescriptorArrayFlagsAccess, ExtendedMap, ExtendedMapInit, False,
        FixedArray, FixedArrayInit, Foreign, ForeignInit, HeapNumber, HeapNumberInit, MapBitField2Access,
        MapBitField3Access, MapBitFieldAccess, Name, Null, Oddball, OddballKind, Script, ScriptFlags,
        ScriptFlagsAccess, ScriptInit, ScriptTypeBitsAccess, SeqOneByteString, SeqTwoByteString, StandardRoots, Str,
        StrContent, StringTable, Struct, Symbol, SymbolFlags, SymbolFlagsAccess, TheHole, True, Undefined,
        WeakFixedArray, WeakFixedArrayInit, WeakMap, intern, intern_handle,
    };
    pub use heapwright::prelude::*;
}

/// The end of an infallible allocation that failed.
#[cold]
#[inline(never)]
#[track_caller]
fn out_of_memory(error: heapwright::OutOfMemory) -> ! {
    panic!("{error}")
}
