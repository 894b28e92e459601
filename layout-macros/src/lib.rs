//! The procedural macros of [heapwright](https://docs.rs/heapwright): declare a heap object class once and get its
//! layout, accessors, write barriers, tracing, casts, printer and allocation from that one declaration.
//!
//! Use them through `heapwright`, which re-exports them beside what their code refers to:
//!
//! | macro | for |
//! |---|---|
//! | [`#[heap_object]`](macro@heap_object) | a class of heap objects |
//! | [`#[bitfield]`](macro@bitfield) | several values packed into one integer |
//! | [`#[derive(BitEnum)]`](derive@BitEnum) | an enum that is one of those values |
//! | [`heap_classes!`] | the list of a crate's classes |
//!
//! # How it is built
//!
//! Each macro is a pipeline: parse the declaration word by word, check what concerns several words, expand what is
//! right. Errors are collected on the way and reported together, each at the token it is about. A declaration with
//! errors is still expanded as far as it makes sense, so that its uses do not fail as well.
//!
//! Generated code names everything by absolute path below `::heapwright`; what users are not meant to name is in
//! `::heapwright::__private`. Tokens that say `unsafe` have the span of the macro, so that the code compiles under
//! `#![forbid(unsafe_code)]`; accessors stand at their field, so that errors, backtraces and editors lead there. An
//! accessor of a field without a doc comment has none either: `missing_docs` then points at the field.

// A handful of values per declaration, made once: boxes would only hide what they are.
#![allow(clippy::large_enum_variant)]

mod attrs;
mod bit_enum;
mod bitfield;
mod classes;
mod errors;
mod names;
mod object;
mod prims;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a class of heap objects: a struct whose fields live in the garbage-collected heap.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// A linked list of numbers.
/// #[heap_object]
/// pub struct List {
///     /// The first number.
///     head: Smi,
///     /// The rest.
///     tail: Tagged<Option<List>>,
/// }
///
/// heap_classes! { pub static CLASSES = [List]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let end = List::new(&mut scope, ListInit { head: 2, tail: Nil });
/// let list = List::new(&mut scope, ListInit { head: 1, tail: end });
/// let list = list.get(&scope);
/// assert_eq!(list.tail().map(List::head), Some(2));
/// list.set_head(7);
/// assert_eq!(list.head(), 7);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `extends = Class` | the class above it; `HeapObject` if none is named. It has to be `open` or `abstract` |
/// | `open` | others may extend it. Leaf is the default: a cast to a leaf class is one compare |
/// | `abstract` | only classes that extend it have instances; implies `open` |
/// | `observed` | all fields that can be are `#[observed]` |
///
/// # Fields
///
/// The type of a field says what it holds, and so how the collector treats it.
///
/// | type | holds | getter returns |
/// |---|---|---|
/// | `Tagged<Class>` | an instance of the class or of one below it | `&Class` |
/// | `Tagged<Option<Class>>` | the same, or nothing | `Option<&Class>` |
/// | `Tagged<(A, B, Smi)>` | one of two to six classes, or a small integer if `Smi` is named | `Tagged<'_, (A, B, Smi)>` |
/// | `Tagged<Any>` | any tagged value | `Tagged<'_, Any>` |
/// | `Weak<Class>` | a reference that does not keep its referent alive | `Option<&Class>` |
/// | `Smi` | a small integer | `i32` |
/// | `SmiBits<B>` | a [`#[bitfield(u31)]`](macro@bitfield) in a tagged word | `B` |
/// | `Bits<B>` | a [`#[bitfield]`](macro@bitfield) in raw bytes | `B` |
/// | `u8` … `u64`, `i8` … `i64`, `f32`, `f64`, `bool` | raw bytes | the same |
/// | `Padding<N>` | `N` unused bytes | |
/// | `OptionalPadding<N>` | `N` unused bytes with full pointers, none with compressed ones | |
/// | `[Tagged<…>]`, `[Weak<Class>]`, `[u8]` … | elements at the object's end: the *tail* | one element |
///
/// Fields lie one after the other in the order of their declaration and are never padded silently: a field that would
/// be misaligned, with either pointer width, is an error that says how many bytes of padding to add.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[constant]` | no setter |
/// | `#[relaxed]` | accessed with relaxed atomics |
/// | `#[acquire_release]` | loads acquire, stores release |
/// | `#[seq_cst]` | accessed with sequentially consistent atomics |
/// | `#[relaxed(swap, compare_exchange)]` … | the accessors `swap_x` and `compare_exchange_x` as well, one or both |
/// | `#[checked(get = …, set = …)]` | conditions that have to hold when the field is read or written, see below |
/// | `#[debug_checked(get = …, set = …)]` | the same in debug builds only |
/// | `#[observed]` | observers (`HandleScope::observe_stores`) are told of stores of Smis and raw values too, for one test of a flag in each setter |
/// | `#[length = field]` | on a tail: the earlier `#[constant]` `Smi` field that holds the number of elements |
/// | `#[cfg(…)]` | goes on everything made for the field |
///
/// Accessors have the field's visibility if it says one, else the struct's. Doc comments go to the accessors and to
/// the layout docs.
///
/// # What is made
///
/// For a class `Script` with a field `name`:
///
/// - `name()`; unless constant `set_name(value)` with the write barrier where the type needs one, and for references
///   `set_name_with_mode(value, mode)`. A setter takes references and handles of the classes that the type names,
///   and nothing else.
/// - If asked for, `swap_name(value)`, which returns what was there, and `compare_exchange_name(current, new)`, which
///   stores `new` and returns `Ok(what was there)` if that is `current`, else `Err(what is there)`. References are the
///   same if they are to the same object, floats if their bits are; a weak reference to an object that has died is
///   `Nil`. The collector is told if something was stored.
/// - For a bit field `update_name(|bits| …)`, which stores what the closure makes of it and returns what was there. If
///   the field has a memory order, this is one atomic step, and so is every setter of a single bit or part
///   (`set_is_repl_mode(true)`): other threads' changes to its neighbours are not lost. Without one, they load and
///   store.
/// - For a tail `elements`: `elements(index)`, `set_elements(index, value)`, `elements_len()`, `elements_iter()`, and
///   for raw elements of at most 4 bytes `elements_slice()`, unless observed.
/// - `NAME_OFFSET`, `SIZE` (with a tail `HEADER_SIZE` and `size_for(length)`),
///   `START_OF_STRONG_FIELDS_OFFSET` and its three kin.
/// - `ScriptInit { name, … }` with a value for each field (`parent: …` for those of the class above; the length of a
///   tail is taken from its elements), and to make objects with it: `new`, `try_new`, `try_new_in`, `allocate`,
///   `try_allocate`, `new_reserved`, `try_new_reserved`.
/// - `Deref` to the class above, `Debug`, and the traits that make it a class: `HeapClass`, `IsA`, …
/// - The accessors of bit fields that it holds, such as `is_repl_mode()`, once the bit field's `…Access` trait is in
///   scope.
/// - Proofs at compile time that rustc lays the struct out as the table says.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// What all shapes have.
/// #[heap_object(abstract)]
/// pub struct Shape {
///     /// Its colour.
///     colour: u32,
///     /// Keeps the fields of classes below it aligned with full pointers.
///     padding: OptionalPadding<4>,
/// }
///
/// /// Corners, joined by lines.
/// #[heap_object(extends = Shape)]
/// pub struct Polygon {
///     /// How many numbers there are.
///     #[constant]
///     length: Smi,
///     /// The corners' coordinates.
///     #[length = length]
///     coordinates: [i32],
/// }
///
/// heap_classes! { static CLASSES = [Shape, Polygon]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let parent = ShapeInit { colour: 0xff0000 };
/// let line = Polygon::new(&mut scope, PolygonInit { parent, coordinates: &[0, 0, 3, 4] });
/// let line = line.get(&scope);
/// assert_eq!((line.colour(), line.coordinates_len(), line.coordinates(3)), (0xff0000, 4, 4));
/// assert!(line.upcast::<Shape>().is::<Polygon>());
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// # Conditions
///
/// A `get` condition is checked by every accessor that reads the field, before it reads; in it, `self` is the object. A
/// `set` condition is checked by every accessor that stores, before it stores; in it, `value` is what the getter would
/// return afterwards: `&Class`, `Option<&Class>`, `Tagged<'_, U>`, `i32`, a raw value or a bit field. If one does not
/// hold, the accessor panics at its caller and names class, accessor and condition. What an object is made with is not
/// checked. V8: `ACCESSORS_CHECKED2`.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// A script.
/// #[heap_object]
/// pub struct Script {
///     /// Whether its source is here.
///     is_loaded: bool,
///     /// Keeps what follows aligned.
///     padding: Padding<3>,
///     /// Counts the times it ran.
///     #[acquire_release(swap, compare_exchange)]
///     #[checked(get = self.is_loaded(), set = self.is_loaded() && value >= 0)]
///     runs: i32,
/// }
///
/// heap_classes! { static CLASSES = [Script]; }
///
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// # let mut scope = isolate.enter();
/// let script = Script::new(&mut scope, ScriptInit { is_loaded: true, runs: 0 });
/// let script = script.get(&scope);
/// assert_eq!(script.swap_runs(5), 0);
/// assert_eq!(script.compare_exchange_runs(4, 6), Err(5));
/// let failure = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| script.set_runs(-1))).unwrap_err();
/// assert_eq!(
///     *failure.downcast::<String>().unwrap(),
///     "`Script::set_runs`: the condition `self.is_loaded() && value >= 0` does not hold"
/// );
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// # Errors
///
/// All mistakes of a declaration are reported at once. A field whose type is a bare class, for example:
///
/// ```compile_fail
/// # use heapwright::prelude::*;
/// # #[heap_object] pub struct Str {}
/// #[heap_object]
/// pub struct Script {
///     name: Str,
/// }
/// ```
///
/// ```text
/// error: `Str` alone is not a kind of field: if it is a class, write `name: Tagged<Str>` (strong) or `Weak<Str>`; …
///  --> src/lib.rs:5:11
///   |
/// 5 |     name: Str,
///   |           ^^^
/// ```
#[proc_macro_attribute]
pub fn heap_object(args: TokenStream, item: TokenStream) -> TokenStream {
    object::heap_object(args.into(), item.into()).into()
}

/// Declares a struct whose fields are bits of one integer: `u8`, `u16`, `u32`, `u64`, or `u31`, which fits a Smi.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// How a script came to be compiled.
/// #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
/// #[repr(u8)]
/// pub enum CompilationType {
///     /// By the host.
///     Host,
///     /// By `eval`.
///     Eval,
/// }
///
/// /// Facts about a script.
/// #[bitfield(u31)]
/// pub struct ScriptFlags {
///     /// How it came to be compiled.
///     #[bits(1)]
///     pub compilation_type: CompilationType,
///     /// Whether it was typed into a console.
///     pub is_repl_mode: bool,
///     #[bits(2)]
///     __: (),
///     /// Lines that the host put before it.
///     #[bits(5)]
///     pub line_shift: i8,
/// }
///
/// const FLAGS: ScriptFlags = ScriptFlags::new().with_is_repl_mode(true).with_line_shift(-16);
/// assert!(FLAGS.is_repl_mode());
/// assert_eq!(FLAGS.line_shift(), -16);
/// assert_eq!(FLAGS.compilation_type(), CompilationType::Host);
/// assert_eq!(ScriptFlags::LINE_SHIFT_SHIFT, 4);
/// assert_eq!(FLAGS.try_with_line_shift(16).unwrap_err().to_string(), "16 does not fit `line_shift`: -16 to 15");
/// assert!(ScriptFlags::try_from_bits(0b100).is_err(), "a reserved bit");
/// ```
///
/// # Fields
///
/// Fields take consecutive bits from bit 0 up, in the order of their declaration.
///
/// | field | holds |
/// |---|---|
/// | `a: bool` | one bit |
/// | `#[bits(4)] a: u8` | an unsigned integer, `u8` to `u64` |
/// | `#[bits(4)] a: i8` | a signed integer, `i8` to `i64`, in two's complement |
/// | `#[bits(2)] a: Kind` | an enum that derives [`BitEnum`](derive@BitEnum) |
/// | `#[bits(8, nested)] a: Flags` | another bit field |
/// | `#[bits(3)] __: ()` | bits that nothing uses; any number of times |
///
/// # What is made
///
/// For the struct: `new()` (all zero; an enum without a zero is its first variant), `from_bits`, `try_from_bits`,
/// `into_bits`, `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash`, `Default`, `Debug`, and `From` into the integer.
///
/// For a field `a`, all `const fn`:
///
/// - `A_SHIFT`, `A_SIZE`, `A_MASK`, `A_MAX` (and `A_MIN` if signed);
/// - `a()`, `with_a(value)`, `set_a(value)`, and for integers `try_with_a(value)`;
/// - over raw integers: `encode_a`, `decode_a`, `update_a`, `is_valid_a`, and `try_encode_a` (integers) and
///   `try_decode_a` (enums).
///
/// And a trait `ScriptFlagsAccess`, which gives the accessors of all fields as visible as the struct to every heap
/// object that has one `ScriptFlags` field.
#[proc_macro_attribute]
pub fn bitfield(args: TokenStream, item: TokenStream) -> TokenStream {
    bitfield::bitfield(args.into(), item.into()).into()
}

/// Lets an enum stand in a [bit field](macro@bitfield).
///
/// The enum has no data, a representation from `u8` to `u64`, is `Copy`, and its numbers are literals or follow from
/// those. Bits that are no variant decode to the one marked `#[fallback]`; without one they are an error of the
/// `try_` functions, and a panic of the others.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// The kind of an import.
/// #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
/// #[repr(u8)]
/// pub enum ImportKind {
///     /// Not known yet.
///     #[fallback]
///     Unknown,
///     /// A script.
///     Script,
///     /// A module.
///     Module = 5,
/// }
///
/// assert_eq!(ImportKind::from_bits(5), Some(ImportKind::Module));
/// assert_eq!(ImportKind::from_bits(3), Some(ImportKind::Unknown));
/// assert_eq!(ImportKind::Script.into_bits(), 1);
/// assert_eq!(<ImportKind as heapwright::BitEnum>::BITS, 3);
/// ```
#[proc_macro_derive(BitEnum, attributes(fallback))]
pub fn bit_enum(input: TokenStream) -> TokenStream {
    bit_enum::bit_enum(input.into()).into()
}

/// Lists the classes a crate declares, for the isolates that use them and for tools that draw their layouts.
///
/// The list is explicit and constant: classes registered at link time would be lost with crates that nothing refers
/// to, and differ in order between builds. A class may stand under a `#[cfg(…)]`.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// A number.
/// #[heap_object]
/// pub struct Number {
///     /// Its value.
///     #[constant]
///     value: f64,
/// }
///
/// heap_classes! {
///     /// The classes of this crate.
///     pub static CLASSES = [Number];
/// }
///
/// let names: Vec<_> = CLASSES.classes().iter().map(|class| class.name()).collect();
/// assert_eq!(names, ["Number"]);
/// ```
#[proc_macro]
pub fn heap_classes(input: TokenStream) -> TokenStream {
    classes::heap_classes(input.into()).into()
}
