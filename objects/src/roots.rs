//! The objects that every isolate has from the start. V8: `READ_ONLY_ROOT_LIST`.
//!
//! Oddballs, numbers and strings among them are in read-only space, with all that they refer to. Arrays cannot be, even if
//! they are empty: whether a class has setters is what decides.

use crate::string_table::{StringTable, try_intern_handle};
use crate::{
    ByteArray, ByteArrayInit, EnumCache, EnumCacheInit, False, FalseInit, FixedArray, FixedArrayInit, HeapNumber,
    HeapNumberInit, Null, NullInit, OddballInit, OddballKind, Str, TheHole, TheHoleInit, True, TrueInit, Undefined,
    UndefinedInit, WeakFixedArray, WeakFixedArrayInit,
};
use heapwright::{AllocationType, Factory, Filled, Handle, HandleScope, Nil, OutOfMemory, heap_roots, smi};

heap_roots! {
    /// The roots of the standard classes.
    ///
    /// A getter returns a reference; where a handle is wanted, write `scope.handle(scope.undefined())`.
    pub static ROOTS, keys in key, getters in StandardRoots, set up by set_up;
    /// `undefined`.
    undefined: Undefined,
    /// `null`.
    null: Null,
    /// `true`.
    true_value: True,
    /// `false`.
    false_value: False,
    /// The hole.
    the_hole: TheHole,
    /// Not a number.
    nan_value: HeapNumber,
    /// Positive infinity.
    infinity_value: HeapNumber,
    /// Negative infinity.
    minus_infinity_value: HeapNumber,
    /// -0, which no Smi can be.
    minus_zero_value: HeapNumber,
    /// The empty string, interned as all strings below.
    empty_string: Str,
    /// `undefined`.
    undefined_string: Str,
    /// `null`.
    null_string: Str,
    /// `true`.
    true_string: Str,
    /// `false`.
    false_string: Str,
    /// `hole`.
    hole_string: Str,
    /// `object`.
    object_string: Str,
    /// `boolean`.
    boolean_string: Str,
    /// `number`.
    number_string: Str,
    /// `string`.
    string_string: Str,
    /// `symbol`.
    symbol_string: Str,
    /// `function`.
    function_string: Str,
    /// An array without elements.
    empty_fixed_array: FixedArray,
    /// A weak array without elements.
    empty_weak_fixed_array: WeakFixedArray,
    /// An array without bytes.
    empty_byte_array: ByteArray,
    /// What a loop over no properties goes through.
    empty_enum_cache: EnumCache,
    /// The table of interned strings.
    string_table: StringTable,
}

/// Where the immutable roots go.
const READ_ONLY: AllocationType = AllocationType::ReadOnly;

fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let mut scope = scope.nested();
    let scope = &mut scope;
    let table = StringTable::try_create(scope, StringTable::capacity_for(0))?;
    scope.set_root(key::string_table, table);
    let no_elements =
        FixedArray::try_new_in(scope, AllocationType::Old, FixedArrayInit { elements: Filled::new(smi(0), 0) })?;
    scope.set_root(key::empty_fixed_array, no_elements);
    let init = EnumCacheInit { parent: (), keys: no_elements, indices: no_elements };
    let no_properties = EnumCache::try_new_in(scope, AllocationType::Old, init)?;
    scope.set_root(key::empty_enum_cache, no_properties);
    let no_elements =
        WeakFixedArray::try_new_in(scope, AllocationType::Old, WeakFixedArrayInit { elements: Filled::new(Nil, 0) })?;
    scope.set_root(key::empty_weak_fixed_array, no_elements);
    let no_bytes = ByteArray::try_new_in(scope, AllocationType::Old, ByteArrayInit { bytes: &[] })?;
    scope.set_root(key::empty_byte_array, no_bytes);

    let nan = number(scope, f64::NAN)?;
    scope.set_root(key::nan_value, nan);
    for (key, value) in [
        (key::infinity_value, f64::INFINITY),
        (key::minus_infinity_value, f64::NEG_INFINITY),
        (key::minus_zero_value, -0.0),
    ] {
        let number = number(scope, value)?;
        scope.set_root(key, number);
    }

    let [undefined, null, hole, yes, no, object, boolean] = [
        (key::undefined_string, "undefined"),
        (key::null_string, "null"),
        (key::hole_string, "hole"),
        (key::true_string, "true"),
        (key::false_string, "false"),
        (key::object_string, "object"),
        (key::boolean_string, "boolean"),
    ]
    .map(|(key, text)| string(scope, key, text));
    let (undefined, null, hole, yes, no, object, boolean) = (undefined?, null?, hole?, yes?, no?, object?, boolean?);
    for (key, text) in [
        (key::empty_string, ""),
        (key::number_string, "number"),
        (key::string_string, "string"),
        (key::symbol_string, "symbol"),
        (key::function_string, "function"),
    ] {
        string(scope, key, text)?;
    }

    let parent = oddball(OddballKind::Undefined, f64::NAN, undefined, nan, undefined);
    let value = Undefined::try_new_in(scope, READ_ONLY, UndefinedInit { parent })?;
    scope.set_root(key::undefined, value);
    let parent = oddball(OddballKind::TheHole, f64::NAN, hole, nan, undefined);
    let value = TheHole::try_new_in(scope, READ_ONLY, TheHoleInit { parent })?;
    scope.set_root(key::the_hole, value);
    let parent = oddball(OddballKind::Null, 0.0, null, smi(0), object);
    let value = Null::try_new_in(scope, READ_ONLY, NullInit { parent })?;
    scope.set_root(key::null, value);
    let parent = oddball(OddballKind::True, 1.0, yes, smi(1), boolean);
    let value = True::try_new_in(scope, READ_ONLY, TrueInit { parent })?;
    scope.set_root(key::true_value, value);
    let parent = oddball(OddballKind::False, 0.0, no, smi(0), boolean);
    let value = False::try_new_in(scope, READ_ONLY, FalseInit { parent })?;
    scope.set_root(key::false_value, value);
    Ok(())
}

/// The keys are private to this module; the table is the one root that is ever replaced.
pub(crate) fn set_string_table(scope: &HandleScope<'_>, table: Handle<'_, StringTable>) {
    scope.set_root(key::string_table, table);
}

type StrHandle<'s> = Handle<'s, Str>;

fn oddball<'s, N>(
    kind: OddballKind,
    to_number_raw: f64,
    to_string: StrHandle<'s>,
    to_number: N,
    type_of: StrHandle<'s>,
) -> OddballInit<StrHandle<'s>, N, StrHandle<'s>> {
    OddballInit { to_number_raw, to_string, to_number, type_of, kind: kind as i32 }
}

fn number<'s>(scope: &mut HandleScope<'s>, value: f64) -> Result<Handle<'s, HeapNumber>, OutOfMemory> {
    HeapNumber::try_new_in(scope, READ_ONLY, HeapNumberInit { value })
}

fn string<'s>(
    scope: &mut HandleScope<'s>,
    key: heapwright::RootKey<Str>,
    text: &str,
) -> Result<StrHandle<'s>, OutOfMemory> {
    let string = Str::try_new_in(scope, READ_ONLY, text)?;
    let string = try_intern_handle(scope, string)?;
    scope.set_root(key, string);
    Ok(string)
}
