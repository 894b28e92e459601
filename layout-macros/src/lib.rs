//! The procedural macros of [heapwright](https://docs.rs/heapwright): declare a heap object class once and get its
//! layout, accessors, write barriers, tracing, casts, printer and allocation from that one declaration.
//!
//! Use them through `heapwright`, which re-exports them beside what their code refers to:
//!
//! | macro | for |
//! |---|---|
//! | [`#[heap_object]`](macro@heap_object) | a class of heap objects |
//! | [`#[heap_struct]`](macro@heap_struct) | several fields under one name, inside objects |
//! | [`#[bitfield]`](macro@bitfield) | several values packed into one integer |
//! | [`#[derive(BitEnum)]`](derive@BitEnum) | an enum that is one of those values |
//! | [`define_bit_fields!`], [`define_bit_ranges!`] | bits of an integer without a type of it, as C++ lists them |
//! | [`heap_classes!`] | the list of a crate's classes |
//! | [`heap_roots!`] | the list of a crate's roots |
//! | [`isolate_slots!`] | Rust values that each isolate has of its own |
//! | [`context_slots!`] | names and types for the elements of an array class |
//! | [`field_offsets!`] | the offsets of a layout that is kept by hand |
//! | [`match_class!`] | a `match` over the class of an object |
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
//!
//! # What a declaration becomes
//!
//! The declaration
//!
//! ```
#![doc = include_str!("../tests/expand/list.rs")]
//! ```
//!
//! becomes this. It is a file of the tests, which hold it to what the macro makes; beside it, in `tests/expand`, are others
//! with fields of all kinds, tails, structs, bits and roots.
//!
//! ```
#![doc = include_str!("../tests/expand/list.expanded.rs")]
//! ```

// A handful of values per declaration, made once: boxes would only hide what they are.
#![allow(clippy::large_enum_variant)]

mod attrs;
mod bit_enum;
mod bitfield;
mod classes;
mod errors;
mod lists;
mod match_class;
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
/// This page is the reference. The same as a book, with an example for each chapter, is the module
/// [`heapwright::language`](../heapwright/language/index.html); what code a declaration becomes shows
/// [the crate of the macros](../heapwright_macros/index.html#what-a-declaration-becomes).
///
/// # Arguments
///
/// | argument | meaning | more |
/// |---|---|---|
/// | `extends = Class` | the class above it; `HeapObject` if none is named. It has to be `open` or `abstract` | [inheritance](../heapwright/language/index.html#inheritance-and-casts) |
/// | `open` | others may extend it. Leaf is the default: a cast to a leaf class is one compare | |
/// | `abstract` | only classes that extend it have instances; implies `open` | |
/// | `inherits(length: Smi, …)` | inherited `#[constant]` fields, `Smi` or integers, that lengths and conditions here are made from | [tails](../heapwright/language/index.html#tails) |
/// | `copy` | its objects may be copied whole, by whoever can name it, with `CopyObject`. Classes below ask for themselves | [hooks and copies](../heapwright/language/index.html#hooks-and-copies) |
/// | `align = double`, `align = double_unaligned` | its objects begin at a multiple of 8 bytes, or (with compressed pointers) 4 beyond one, and what it declares of 8 raw bytes is aligned to 8. Classes below begin there too | [alignment](../heapwright/language/index.html#alignment) |
/// | `print = path` | `fn(&Self, &mut fmt::Formatter<'_>) -> fmt::Result`: what `{:?}` prints of its objects and of those of classes below that have none of their own; `{:#?}` adds the fields | |
/// | `verify = path` | `fn(&Self) -> Result<(), String>`: called by `scope.verify()` when all else has been found right. Those of the classes above are called too | |
/// | `trace = custom` | it has words that no declaration describes, and an `unsafe impl CustomTrace` that visits them | |
/// | `observed` | all fields that can be are `#[observed]` | [observers](../heapwright/language/index.html#observers) |
/// | `instance_type = 204` | the number of its instances | [instance types](../heapwright/language/index.html#instance-types) |
/// | `instance_types = 205..=214` | where its number and those of all classes below it lie | |
/// | `lowest_instance_type`, `highest_instance_type` | its numbers come before, or after, those of all other classes that extend the same one | |
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
/// | `Tagged<Any>` | any object or small integer, strongly | `Tagged<'_, Any>` |
/// | `Weak<Class>` | a reference that does not keep its referent alive | `Option<&Class>` |
/// | `Tagged<(A, Weak<B>, Smi)>` | as a union, but `B`s are held weakly | `MaybeWeak<'_, (A, Weak<B>, Smi)>` |
/// | `Tagged<MaybeObject>` | anything, each time strongly or weakly, as it was stored | `MaybeWeak<'_, MaybeObject>` |
/// | `Smi` | a small integer | `i32` |
/// | `SmiBits<B>` | a [`#[bitfield(u31)]`](macro@bitfield) in a tagged word | `B` |
/// | `Bits<B>` | a [`#[bitfield]`](macro@bitfield) in raw bytes | `B` |
/// | `u8` … `u64`, `i8` … `i64`, `f32`, `f64`, `bool` | raw bytes | the same |
/// | `External<T>` | 8 raw bytes: the address of something outside the heap | `*mut T` |
/// | `Inline<Struct>` | a [`#[heap_struct]`](macro@heap_struct) | `StructRef<'_>`, a view |
/// | `Padding<N>` | `N` unused bytes | |
/// | `OptionalPadding<N>` | `N` unused bytes with full pointers, none with compressed ones | |
/// | `[…]` of any but padding | elements at the object's end: a *tail* | one element |
///
/// Fields lie one after the other in the order of their declaration and are never padded silently: a field that would
/// be misaligned, with either pointer width, is an error that says how many bytes of padding to add. First come the fields
/// that every object has, then tails and optional fields, in any order.
///
/// | attribute | meaning | more |
/// |---|---|---|
/// | `#[constant]` | no setter | |
/// | `#[length = …]` | on a tail, how many elements it has: an earlier field, or an expression over earlier `#[constant]` fields | [tails](../heapwright/language/index.html#tails) |
/// | `#[present_if = …]` | the field is in those objects only of which this holds, a condition over earlier `#[constant]` fields | [optional fields](../heapwright/language/index.html#optional-fields) |
/// | `#[default = …]` | what a new object has if it is given nothing else, by `with_x` | [new objects](../heapwright/language/index.html#new-objects) |
/// | `#[relaxed]` | accessed with relaxed atomics | [accessors](../heapwright/language/index.html#accessors-and-memory-orders) |
/// | `#[acquire_release]` | loads acquire, stores release | |
/// | `#[seq_cst]` | accessed with sequentially consistent atomics | |
/// | `#[relaxed(swap, compare_exchange)]` … | the accessors `swap_x` and `compare_exchange_x` as well, one or both | |
/// | `#[checked(get = …, set = …)]` | conditions that have to hold when the field is read or written: a panic at the accessor's caller | [conditions](../heapwright/language/index.html#conditions) |
/// | `#[debug_checked(get = …, set = …)]` | the same in debug builds only | |
/// | `#[observed]` | observers (`HandleScope::observe_stores`) are told of stores of Smis and raw values too, for one test of a flag in each setter | [observers](../heapwright/language/index.html#observers) |
/// | `#[splice = next]` | on a `Weak` field: when the referent dies, its field `next` takes the place, and so on, so that a weak list closes up instead of breaking | [weak lists](../heapwright/language/index.html#weak-lists) |
/// | `#[cfg(…)]` | goes on everything made for the field | |
///
/// Accessors have the field's visibility if it says one, else the struct's. Doc comments go to the accessors and to
/// the layout docs.
///
/// # What is made
///
/// For a class `Script` with a field `name`:
///
/// - `name()`; unless constant `set_name(value)` with the write barrier where the type needs one. A setter takes
///   references and handles of the classes that the type names, and nothing else; any of them may be stored as
///   `WithMode(value, mode)`, with a barrier that is proved to be shorter.
/// - If asked for, `swap_name(value)`, which returns what was there, and `compare_exchange_name(current, new)`, which
///   stores `new` and returns `Ok(what was there)` if that is `current`, else `Err(what is there)`. References are the
///   same if they are to the same object, floats if their bits are; a weak reference to an object that has died is
///   `Nil`. The collector is told if something was stored.
/// - For a bit field `update_name(|bits| …)`, which stores what the closure makes of it and returns what was there. If
///   the field has a memory order, this is one atomic step, and so is every setter of a single bit or part
///   (`set_is_repl_mode(true)`): other threads' changes to its neighbours are not lost. Without one, they load and
///   store.
/// - For a tail `elements`: `elements(index)`, `set_elements(index, value)`, `elements_len()`, `elements_iter()`, and
///   for raw elements of at most 4 bytes, or of 8 in a class declared with `align`, `elements_slice()`, unless observed or
///   checked.
/// - For an optional field `name`: `has_name()`, `name()`, which returns an `Option`, and the writers, which panic if this
///   object has no such field.
/// - `NAME_OFFSET`, `SIZE` (with a tail `HEADER_SIZE` and `size_for(…)`, with the number of elements of each tail, and
///   whether there is each optional field); for tails and optional fields after the first the method `name_offset()`. And by
///   the trait `HeapObjectExt`, which the prelude brings into scope, `START_OF_STRONG_FIELDS_OFFSET` and its three kin.
/// - `ScriptInit { name, … }` with a value for each field that has no default (`parent: …` for those of the class above; the
///   length of a tail is taken from its elements, if it is one field and nothing else is made from it), its methods
///   `with_x(value)` for those that have one, and to make objects with it, by the trait `Factory` of the prelude: `new`,
///   `try_new`, `try_new_in`, `allocate`, `try_allocate`, `new_reserved`, `try_new_reserved`. Functions of these names
///   in an `impl` of the class come before the trait's. Numbers of elements and optional fields that are not as the
///   constant fields say are a panic, as is an integer that does not fit its Smi.
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

/// Declares a struct that lies inside objects: a field `Inline<Struct>` of a class, or the elements `[Inline<Struct>]` of a
/// tail. V8: Torque's `struct`.
///
/// Its fields are declared as those of a class are, and are either all tagged or all raw; there are no tails, optional
/// fields, defaults or structs among them. It has no map and no identity: getters return a view, `StructRef` for a struct
/// called `Struct`, with the accessors of its fields. The view is good as long as a reference to the object, and knows it:
/// the write barrier asks for it. What its getters return is good as long as the view; what is to live as long as the
/// object is read through `&Struct`, which a view turns into.
///
/// Made are, for a struct `Descriptor`: `DescriptorRef<'_>`, the view; `DescriptorInit { … }` with a value for each field;
/// `FIELD_OFFSET`, from the start of the struct, and `SIZE`.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// What is known of one property.
/// #[heap_struct]
/// pub struct Descriptor {
///     /// Its name.
///     #[constant]
///     key: Tagged<HeapObject>,
///     /// Its attributes.
///     details: Smi,
/// }
///
/// /// What is known of all properties.
/// #[heap_object]
/// pub struct Descriptors {
///     /// How many there are.
///     #[constant]
///     count: Smi,
///     /// One after the other.
///     #[length = count]
///     entries: [Inline<Descriptor>],
/// }
///
/// heap_classes! { static CLASSES = [Descriptors]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let none = Descriptors::new(&mut scope, DescriptorsInit { entries: Absent });
/// let one = Descriptors::new(&mut scope, DescriptorsInit { entries: &[DescriptorInit { key: none, details: 7 }] });
/// let entry = one.get(&scope).entries(0);
/// assert_eq!(entry.details(), 7);
/// entry.set_details(8);
/// assert!(entry.key().is::<Descriptors>());
///
/// fn first_key(descriptors: &Descriptors) -> &HeapObject {
///     <&Descriptor>::from(descriptors.entries(0)).key()
/// }
/// assert!(first_key(one.get(&scope)).is::<Descriptors>());
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// # Ephemerons
///
/// `#[heap_struct(ephemeron)]`: the first field is a weak key, `key: Weak<Class>`, and one or more others are values, which live
/// as long as the key does. When it dies, the key reads `None`, and so does each value: values are `Tagged<Option<Class>>`,
/// `Tagged<Any>` or unions with `Smi`, where nothing is the Smi 0. `Smi` and `SmiBits<…>` fields, such as a hash, stay as they
/// are. V8: the entries of `EphemeronHashTable`. All about them: [`heapwright::language`](../heapwright/language/index.html#ephemerons).
///
/// ```
/// use heapwright::prelude::*;
///
/// #[heap_struct(ephemeron)]
/// pub struct Entry {
///     key: Weak<HeapObject>,
///     hash: Smi,
///     value: Tagged<Any>,
/// }
/// ```
#[proc_macro_attribute]
pub fn heap_struct(args: TokenStream, item: TokenStream) -> TokenStream {
    object::heap_struct(args.into(), item.into()).into()
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
/// Fields take consecutive bits from bit 0 up, in the order of their declaration, unless they say where they begin.
///
/// | field | holds |
/// |---|---|
/// | `a: bool` | one bit |
/// | `#[bits(4)] a: u8` | an unsigned integer, `u8` to `u64` |
/// | `#[bits(4)] a: i8` | a signed integer, `i8` to `i64`, in two's complement |
/// | `#[bits(2)] a: Kind` | an enum that derives [`BitEnum`](derive@BitEnum) |
/// | `#[bits(8, nested)] a: Flags` | another bit field |
/// | `#[bits(4, flags)] a: Permissions` | a set of flags made by `bitflags!` of version 2 |
/// | `#[bits(2)] a: [Kind; 4]` | an array of any of these, with so many bits an element |
/// | `#[bits(3)] __: ()` | reserved bits, any number of times: zero, and an error of `try_from_bits` if they are not |
/// | `#[bits(3, ignored)] __: ()` | bits that may be anything: `try_from_bits` accepts them, and they are kept |
///
/// `#[bits(4, at = 10)]` begins at bit 10; the next field follows it, unless it says otherwise. Two fields that share
/// a bit are an error. Bits that are left out are reserved.
///
/// # What is made
///
/// For the struct: `new()` (all zero; an enum without a zero is its first variant), `from_bits`, `try_from_bits`,
/// `into_bits`, `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash`, `Default`, `Debug`, `From` into the integer, and `TryFrom`
/// it, which is `try_from_bits`. Equal are structs with equal integers, ignored bits included. There is no `Ord`: the
/// integer orders by the highest field first, which is rarely what its reader expects.
///
/// For a field `a`, all `const fn`:
///
/// - `A_SHIFT`, `A_SIZE`, `A_MASK`, `A_LAST_USED_BIT`, `A_NUM_VALUES`, `A_MAX` (and `A_MIN` if signed), which are V8's
///   `kShift`, `kSize` and so on. `A_NUM_VALUES` is a `u128`, for a field of 64 bits has 2⁶⁴;
/// - `a()`, `with_a(value)`, `set_a(value)`, and where values may not fit `try_with_a(value)`;
/// - over raw integers: `encode_a`, `decode_a`, `update_a`, `is_valid_a`, where values may not fit `try_encode_a`, and
///   where bits may be no value `try_decode_a`.
///
/// For an array, the functions but `is_valid_a` take the element's index, before the value and after the raw integer,
/// and panic if there is no such element; all `try_` forms exist and report it. `A_LEN` is the number of elements,
/// `A_SHIFT` the lowest bit of the first, `A_SIZE` that of one, and `A_MASK` covers all.
///
/// ```
/// # use heapwright::prelude::*;
/// # /// Doc.
/// # #[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)] #[repr(u8)] pub enum Kind { Smi, Double, Tagged }
/// /// How the fields of a shape are represented.
/// #[bitfield(u32)]
/// pub struct Representations {
///     /// Of each field.
///     #[bits(2)]
///     pub kinds: [Kind; 4],
///     /// Fields in use.
///     #[bits(3, at = 16)]
///     pub used: u8,
/// }
///
/// let shape = Representations::new().with_kinds(2, Kind::Double).with_used(3);
/// assert_eq!((shape.kinds(2), Representations::KINDS_LEN), (Kind::Double, 4));
/// assert_eq!(format!("{shape:?}"), "Representations { kinds: [Smi, Smi, Double, Smi], used: 3 }");
/// assert!(Representations::try_from(1 << 8).is_err(), "a reserved bit");
/// ```
///
/// A set of flags keeps bits that are no flag, as `from_bits_retain` does; `try_decode_a` and `try_from_bits` report
/// them. Flags that the field has no room for do not compile.
///
/// Threads that share a bit field put it into an `AtomicBits`.
///
/// And a trait `ScriptFlagsAccess`, which gives the accessors of all fields as visible as the struct to every heap
/// object that has one `ScriptFlags` field.
#[proc_macro_attribute]
pub fn bitfield(args: TokenStream, item: TokenStream) -> TokenStream {
    bitfield::bitfield(args.into(), item.into()).into()
}

/// Declares types for the fields of an integer, each of which encodes and decodes its own bits: for people who port
/// lists of `base::BitField`s. New code has more of [`#[bitfield]`](macro@bitfield), which makes a type of the integer
/// too. V8: `DEFINE_BIT_FIELDS`.
///
/// ```
/// use heapwright::define_bit_fields;
///
/// define_bit_fields! {
///     pub u32 {
///         /// Whether it was typed into a console.
///         IsReplMode: bool, 1;
///         /// Where it came from.
///         Origin: u8, 4;
///         __: 3;
///         /// Columns before it.
///         Column: i8, 5;
///     }
/// }
/// define_bit_fields! {
///     pub u32 after Column {
///         /// How often it ran.
///         Runs: u32, 19;
///     }
/// }
///
/// const WORD: u32 = IsReplMode::encode(true) | Column::encode(-3);
/// assert_eq!((Origin::SHIFT, Origin::MASK, Column::SHIFT, Runs::SHIFT), (1, 0b1_1110, 8, 13));
/// assert_eq!(Column::decode(WORD), -3);
/// assert_eq!(Origin::decode(Origin::update(WORD, 9)), 9);
/// assert!(!Origin::is_valid(16) && Origin::try_encode(16).is_err());
/// ```
///
/// # The list
///
/// `pub u32 { Name: Type, bits; … }`: the visibility of all that is made, the integer (`u8`, `u16`, `u31`, `u32` or
/// `u64`), and lines that take consecutive bits from bit 0 up. Types and words after the number of bits are those of
/// [`#[bitfield]`](macro@bitfield), without arrays; `__: 3;` leaves bits out. A list `after` a field of another begins
/// where that ends: V8's `Next`.
///
/// # What is made
///
/// For each line an empty enum with `SHIFT`, `SIZE`, `MASK`, `LAST_USED_BIT`, `NUM_VALUES`, `MAX` (and `MIN` if
/// signed), `NEXT_SHIFT`, `encode(value)`, `decode(bits)`, `update(bits, value)`, `is_valid(value)`, `try_encode(value)`
/// and `try_decode(bits)`, where those can fail. All functions are `const`.
///
/// # Errors
///
/// Too many bits, a width that the type has no room for, and two lines of one name.
#[proc_macro]
pub fn define_bit_fields(input: TokenStream) -> TokenStream {
    bitfield::define_bit_fields(input.into()).into()
}

/// Declares a type with constants for ranges of an integer's bits, where they are read and written by hand.
/// V8: `DEFINE_BIT_RANGES`.
///
/// ```
/// use heapwright::define_bit_ranges;
///
/// define_bit_ranges! {
///     /// The parts of a position.
///     pub Position: u64 {
///         /// The line.
///         LINE: 20;
///         /// The column.
///         COLUMN: 10;
///     }
/// }
/// define_bit_ranges! {
///     /// What follows a position.
///     pub Rest: u64 after Position { SCRIPT: 30; }
/// }
///
/// assert_eq!((Position::COLUMN_SHIFT, Position::COLUMN_MAX, Position::BITS_COUNT), (20, 1023, 30));
/// assert_eq!((Rest::SCRIPT_MASK, Rest::BITS_COUNT), ((1 << 30) - 1 << 30, 60));
/// ```
///
/// `pub Name: u32 { RANGE: bits; … }`, with visibility, integers, `__: 3;` and `after` as in [`define_bit_fields!`]:
/// a list of ranges may follow one of fields, and the other way round. For each range `RANGE_SHIFT`, `_SIZE`, `_MASK`,
/// `_LAST_USED_BIT`, `_NUM_VALUES` and `_MAX` are made, and for all of them `BITS_COUNT`.
///
/// # Errors
///
/// Too many bits, and two lines of one name.
#[proc_macro]
pub fn define_bit_ranges(input: TokenStream) -> TokenStream {
    bitfield::define_bit_ranges(input.into()).into()
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
/// to, and differ in order between builds. A class may stand under a `#[cfg(…)]`. `#[reserve_instance_types(500..=599)]` before
/// the list keeps numbers for classes that ask for them, such as those of a crate that comes later.
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

/// Lists a crate's roots: objects and numbers that an isolate always keeps and knows by name. V8: `ROOT_LIST` and
/// `SMI_ROOT_LIST`.
///
/// It makes the table for `IsolateBuilder::roots`, a type whose constants are the keys to set the roots with, and a
/// trait of getters on `HandleScope`. A root is of any tagged type: a class, `Option<Class>`, a union, `Any`, or `Smi`,
/// whose getter returns an `i32`. The setup runs when an isolate is made; `RootTable::roots` has all names, and
/// `HandleScope::named_roots` all values with their names. Keys also tell generated code where a root is: see
/// `heapwright::roots`.
///
/// A Smi may have its first value in the list, any constant: it is there before the setup of any table runs. If all roots
/// have one, no setup is named.
///
/// ```
/// use heapwright::prelude::*;
///
/// #[heap_object] pub struct Counter { hits: Smi }
/// heap_classes! { pub static CLASSES = [Counter]; }
///
/// heapwright::heap_roots! {
///     /// The roots of this example.
///     pub static ROOTS, keys in root, getters in MyRoots, set up by set_up;
///     /// Counts everything.
///     counter: Counter,
///     /// Up to where it counts.
///     limit: Smi,
/// }
///
/// fn set_up(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
///     let counter = Counter::try_new(scope, CounterInit { hits: 0 })?;
///     scope.set_root(root::counter, counter);
///     scope.set_root(root::limit, 100);
///     Ok(())
/// }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).roots(&ROOTS).build().unwrap();
/// let scope = isolate.enter();
/// assert_eq!((scope.counter().hits(), scope.limit()), (0, 100));
/// assert_eq!(ROOTS.roots(), ["counter", "limit"]);
/// ```
///
/// ```
/// use heapwright::prelude::*;
///
/// heapwright::heap_roots! {
///     /// Numbers alone.
///     pub static NUMBERS, keys in number, getters in Numbers;
///     /// The hash of the next object that asks for one.
///     next_hash: Smi = 1,
///     /// How deep calls may nest.
///     max_depth: Smi = 10 * 40,
/// }
///
/// let mut isolate = Isolate::builder().roots(&NUMBERS).build().unwrap();
/// let scope = isolate.enter();
/// scope.set_root(number::next_hash, scope.next_hash() + 1);
/// assert_eq!((scope.next_hash(), scope.max_depth()), (2, 400));
/// ```
#[proc_macro]
pub fn heap_roots(input: TokenStream) -> TokenStream {
    lists::heap_roots(input.into()).into()
}

/// Lists Rust values of a crate that each isolate has of its own. V8: `ISOLATE_INIT_LIST`. What V8 names in
/// `FOR_EACH_ISOLATE_ADDRESS_NAME` is here a `heapwright::IsolateAddress`.
///
/// Each entry has a type, which is `Send` as isolates are, and an expression for its first value, evaluated for each new
/// isolate. The table is given to `IsolateBuilder::slots`; the trait has for a slot `tag` the accessors `tag()`,
/// `tag_mut()` and `set_tag(value)` on `HandleScope`. The values are dropped with the isolate. Crates do not collide: each
/// has a table and a trait of its own. A value that is changed while references to objects are held is a
/// [`Cell`](core::cell::Cell); one that refers to an object holds a `Global`. A value stays at its address as long as the
/// isolate lives, for generated code that uses it.
///
/// ```
/// use heapwright::{isolate_slots, prelude::*};
///
/// isolate_slots! {
///     /// What the task queue keeps for each isolate.
///     pub static TASKS, accessors in TaskSlots;
///     /// Tasks that wait.
///     pending_tasks: u32 = 0,
///     /// Who made the isolate.
///     tag: String = String::from("nobody"),
/// }
///
/// let mut isolate = Isolate::builder().slots(&TASKS).build()?;
/// let mut scope = isolate.enter();
/// scope.set_pending_tasks(2);
/// *scope.pending_tasks_mut() += 1;
/// scope.tag_mut().push_str(" knows");
/// assert_eq!((*scope.pending_tasks(), scope.tag().as_str()), (3, "nobody knows"));
/// assert_eq!(TASKS.names(), ["pending_tasks", "tag"]);
/// assert_eq!(TASKS.type_names(), ["u32", "String"]);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[proc_macro]
pub fn isolate_slots(input: TokenStream) -> TokenStream {
    lists::isolate_slots(input.into()).into()
}

/// Gives names and types to the elements of an array class: any with a tail `[Tagged<Any>]`. V8: `NATIVE_CONTEXT_FIELDS`.
///
/// For a class of this crate write `pub impl Class::elements { … }`, for one of another
/// `pub trait Slots for Class::elements { … }`: the same then comes as a trait. A list that begins later than at element
/// 0 says so: `elements[3..]`. Slots are of any tagged type: a class, `Option<Class>`, a union, `Any`, or `Smi`, whose
/// getter returns an `i32`.
///
/// For a slot `array_function` of class `JsFunction`:
///
/// - `ARRAY_FUNCTION_INDEX`, numbered in the order of the list;
/// - `array_function()`, checked in every build, for the element may have been written by its number: a panic names the
///   slot, its index, what it should hold and what it does;
/// - `try_array_function()`, `None` if the slot holds something else, as before it is set;
/// - `set_array_function(value)`, which takes what a setter of a field declared `Tagged<JsFunction>` would, with the
///   write barrier.
///
/// And for all: `SLOT_COUNT`, `SLOTS_END` (the elements an object needs), `SLOT_NAMES`.
///
/// ```
/// use heapwright::{context_slots, prelude::*};
///
/// #[heap_object]
/// pub struct JsFunction {
///     length: Smi,
/// }
///
/// /// What a realm knows by name.
/// #[heap_object]
/// pub struct NativeContext {
///     #[constant]
///     length: Smi,
///     #[length = length]
///     elements: [Tagged<Any>],
/// }
///
/// context_slots! {
///     pub impl NativeContext::elements {
///         /// The array function.
///         array_function: JsFunction,
///         /// Errors so far.
///         error_count: Smi,
///     }
/// }
///
/// heap_classes! { static CLASSES = [JsFunction, NativeContext]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let elements = Filled::new(smi(0), NativeContext::SLOTS_END);
/// let context = NativeContext::new(&mut scope, NativeContextInit { elements });
/// assert!(context.get(&scope).try_array_function().is_none());
///
/// let function = JsFunction::new(&mut scope, JsFunctionInit { length: 1 });
/// let context = context.get(&scope);
/// context.set_array_function(function);
/// context.set_error_count(7);
/// assert_eq!((context.array_function().length(), context.error_count()), (1, 7));
/// assert_eq!(NativeContext::ERROR_COUNT_INDEX, 1);
/// assert_eq!(NativeContext::SLOT_NAMES, ["array_function", "error_count"]);
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[proc_macro]
pub fn context_slots(input: TokenStream) -> TokenStream {
    lists::context_slots(input.into()).into()
}

/// Makes the offset constants of a layout that is kept by hand. V8: `DEFINE_FIELD_OFFSET_CONSTANTS(StartOffset, LIST)`.
///
/// A list of names with sizes in bytes (any constant expressions), from a start offset, in a module or in an `impl`. For
/// a field `name` it makes `NAME_OFFSET` and `NAME_OFFSET_END`, the offset after its last byte (V8's `kNameOffsetEnd` is
/// that of the last byte). A name in upper case is a marker: a constant of that name for the offset between two fields;
/// its size is 0.
///
/// A field has to be aligned to the largest power of two that divides its size, but at most to a tagged word; if it is
/// not, an error says where it is and how many bytes are missing.
///
/// ```
/// use heapwright::{field_offsets, tagged::TAGGED_SIZE};
///
/// pub struct Script;
///
/// impl Script {
///     field_offsets! {
///         pub from TAGGED_SIZE; // after the map
///         /// The source text.
///         source: TAGGED_SIZE,
///         line_ends: TAGGED_SIZE,
///         END_OF_STRONG_FIELDS_OFFSET: 0,
///         flags: size_of::<u32>(),
///         HEADER_SIZE: 0,
///     }
/// }
///
/// assert_eq!(Script::SOURCE_OFFSET, TAGGED_SIZE);
/// assert_eq!(Script::SOURCE_OFFSET_END, Script::LINE_ENDS_OFFSET);
/// assert_eq!(Script::END_OF_STRONG_FIELDS_OFFSET, Script::FLAGS_OFFSET);
/// assert_eq!(Script::HEADER_SIZE, 3 * TAGGED_SIZE + 4);
/// ```
///
/// With `as in Class`, the list is also proved to be the layout of a declared class: every field at its offset, but for
/// names that begin or end with `padding`. So a layout can be moved to `#[heap_object]` class by class, with the old list
/// as a check.
///
/// ```
/// use heapwright::{field_offsets, prelude::*, tagged::TAGGED_SIZE};
///
/// #[heap_object]
/// pub struct Point {
///     x: Smi,
///     next: Tagged<Option<Point>>,
/// }
///
/// field_offsets! {
///     pub from TAGGED_SIZE, as in Point;
///     x: TAGGED_SIZE,
///     next: TAGGED_SIZE,
///     SIZE: 0,
/// }
/// assert_eq!(SIZE, Point::SIZE);
/// ```
#[proc_macro]
pub fn field_offsets(input: TokenStream) -> TokenStream {
    lists::field_offsets(input.into()).into()
}

/// A `match` over the class of an object. V8: a `switch` over instance types, or a chain of `if (Is…)`.
///
/// It looks at a `&Class`, an `Option<&Class>` or a `Tagged<'_, U>`.
///
/// | arm | matches |
/// |---|---|
/// | `Class(object)` | an object of the class or of one below it |
/// | `#[exactly] Class(object)` | an object of the class itself |
/// | `Smi(n)` | a small integer, an `i32` |
/// | `None` | no object |
/// | `A(_) \| B(_)` | either |
/// | `other` or `_` | all other values; it comes last |
///
/// Arms are tried in order, may have guards, and become the same code as a chain of `try_cast`. The compiler proves that
/// each arm can match and, unless the last is for all other values, that together they cover what the value may be: for
/// `Tagged<'_, (Str, Smi)>` an arm for `Str` (or a class above it), and one for `Smi`.
///
/// ```
/// use heapwright::prelude::*;
///
/// #[heap_object(abstract)]
/// pub struct Shape {}
///
/// #[heap_object(extends = Shape)]
/// pub struct Circle {
///     #[constant]
///     radius: Smi,
/// }
///
/// #[heap_object(extends = Shape)]
/// pub struct Square {
///     #[constant]
///     side: Smi,
/// }
///
/// heap_classes! { static CLASSES = [Shape, Circle, Square]; }
///
/// fn width(shape: Tagged<'_, (Circle, Square, Smi)>) -> i32 {
///     match_class!(match shape {
///         Circle(circle) if circle.radius() < 0 => 0,
///         Circle(circle) => 2 * circle.radius(),
///         Square(square) => square.side(),
///         Smi(width) => width,
///     })
/// }
///
/// # #[heap_object] struct Holder { shape: Tagged<(Circle, Square, Smi)> }
/// # heap_classes! { static MORE = [Holder]; }
/// let mut isolate = Isolate::builder().classes(&CLASSES)
///     # .classes(&MORE)
///     .build()?;
/// let mut scope = isolate.enter();
/// let circle = Circle::new(&mut scope, CircleInit { parent: ShapeInit {}, radius: 3 });
/// # let holder = Holder::new(&mut scope, HolderInit { shape: circle });
/// # assert_eq!(width(holder.get(&scope).shape()), 6);
/// # holder.get(&scope).set_shape(smi(9));
/// # assert_eq!(width(holder.get(&scope).shape()), 9);
/// let shape: &Shape = circle.get(&scope);
/// let name = match_class!(match shape {
///     Circle(_) => "circle",
///     Square(_) => "square",
///     _ => "some other shape",
/// });
/// assert_eq!(name, "circle");
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
///
/// A member of the union that no arm matches is an error when the code is built (`cargo check` does not see it):
///
/// ```compile_fail
/// # use heapwright::prelude::*;
/// # #[heap_object] pub struct Circle {}
/// # #[heap_object] pub struct Square {}
/// fn width(shape: Tagged<'_, (Circle, Square)>) -> i32 {
///     match_class!(match shape {
///         Circle(_) => 1,
///     })
/// }
/// # fn main() { let _ = width as fn(Tagged<'_, (Circle, Square)>) -> i32; }
/// ```
///
/// So are an arm that can never match, and one that an earlier arm hides:
///
/// ```compile_fail
/// # use heapwright::prelude::*;
/// # #[heap_object] pub struct Circle {}
/// # #[heap_object] pub struct Square {}
/// # #[heap_object] pub struct Text {}
/// fn width(shape: Tagged<'_, (Circle, Square)>) -> i32 {
///     match_class!(match shape {
///         Text(_) => 1,
///         _ => 2,
///     })
/// }
/// # fn main() { let _ = width as fn(Tagged<'_, (Circle, Square)>) -> i32; }
/// ```
///
/// ```compile_fail
/// # use heapwright::prelude::*;
/// # #[heap_object] pub struct Circle {}
/// # #[heap_object] pub struct Square {}
/// fn width(shape: Tagged<'_, (Circle, Square)>) -> i32 {
///     match_class!(match shape {
///         HeapObject(_) => 1,
///         Circle(_) => 2,
///     })
/// }
/// # fn main() { let _ = width as fn(Tagged<'_, (Circle, Square)>) -> i32; }
/// ```
///
/// ```text
/// error[E0080]: evaluation panicked: no arm matches `Square`: the value is `Circle` or `Square`. Add an arm for `Square`,
///               or one for all others, such as `other => …`
/// ```
#[proc_macro]
pub fn match_class(input: TokenStream) -> TokenStream {
    match_class::match_class(input.into()).into()
}
