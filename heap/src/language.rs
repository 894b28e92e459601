//! The language of declarations, chapter by chapter. For reading; there is no code here.
//!
//! [`#[heap_object]`](macro@crate::heap_object) has the tables of its words. This is what they mean together, from top to
//! bottom: what an object holds, what varies from object to object, how objects are made, how fields are read and written,
//! what a class says as a whole, and what a crate lists.
//!
//! # References
//!
//! The type of a tagged field says what it may refer to. A store of anything else does not compile, so reading needs no
//! check: a getter returns the reference itself where one class is possible, and a value to be asked where there are several.
//!
//! | declared | getter returns | setter takes |
//! |---|---|---|
//! | `Tagged<Class>` | `&Class` | objects and handles of the class, or of one below it |
//! | `Tagged<Option<Class>>` | `Option<&Class>` | the same, `Option`s of them, [`Nil`](crate::Nil) |
//! | `Tagged<(A, B, Smi)>`, of two to six | [`Tagged<'_, (A, B, Smi)>`](crate::Tagged) | the same of `A` and `B`, [`smi(7)`](crate::smi()) |
//! | `Tagged<Any>` | `Tagged<'_, Any>` | any object, any Smi |
//! | `Weak<Class>` | `Option<&Class>`, `None` once the object has died | as for `Option<Class>` |
//! | `Tagged<(A, Weak<B>, Smi)>` | [`MaybeWeak<'_, …>`](crate::MaybeWeak) | as for a union; for `Weak<B>` [`Weakly(b)`](crate::Weakly), or `Nil` |
//! | `Tagged<MaybeObject>` | `MaybeWeak<'_, MaybeObject>` | anything, strongly or [`Weakly`](crate::Weakly) |
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object]
//! pub struct Code {
//!     #[constant]
//!     entry: Smi,
//! }
//!
//! #[heap_object]
//! pub struct Function {
//!     code: Tagged<Option<Code>>,
//!     /// Its name, as code or as a number.
//!     name: Tagged<(Code, Smi)>,
//!     /// Kept alive by others, if at all.
//!     caller: Weak<Function>,
//!     /// Optimised code, which may be thrown away, a function that has it, or nothing yet.
//!     cache: Tagged<(Weak<Code>, Function, Smi)>,
//! }
//!
//! heap_classes! { static CLASSES = [Code, Function]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let code = Code::new(&mut scope, CodeInit { entry: 64 });
//! let init = FunctionInit { code, name: smi(3), caller: Nil, cache: Weakly(code) };
//! let function = Function::new(&mut scope, init);
//! let function = function.get(&scope);
//! assert_eq!(function.code().map(Code::entry), Some(64));
//! assert_eq!(function.name().as_smi(), Some(3));
//! assert!(function.caller().is_none());
//! assert_eq!(function.cache().try_cast::<Code>().map(Code::entry), Some(64));
//! assert!(function.cache().as_strong().is_none());
//! function.set_cache(smi(0));
//! function.set_name(code);
//! match_class!(match function.name() {
//!     Code(code) => assert_eq!(code.entry(), 64),
//!     Smi(_) => unreachable!(),
//! });
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Numbers, bits, addresses
//!
//! | declared | bytes | getter and setter |
//! |---|---|---|
//! | `Smi` | a tagged word | `i32`; the setter takes a `Smi` or an integer up to `i32`, and panics if that does not fit |
//! | `SmiBits<B>` | a tagged word | `B`, declared [`#[bitfield(u31)]`](macro@crate::bitfield) |
//! | `Bits<B>` | those of `B`'s integer | `B`, any [`#[bitfield]`](macro@crate::bitfield) |
//! | `u8` … `u64`, `i8` … `i64`, `f32`, `f64`, `bool` | their own | the same |
//! | `External<T>` | 8 | `*mut T`, to something outside the heap that the collector does not know |
//! | `Padding<N>` | `N` | |
//! | `OptionalPadding<N>` | `N` with full pointers, none with compressed ones | |
//!
//! Fields follow each other without gaps. Raw fields are aligned to their size, but at most to a tagged word; where one
//! would not be, *with either width of pointers*, an error says how much padding to declare before it. A class may ask for
//! [more](self#alignment).
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[bitfield(u31)]
//! pub struct Flags {
//!     pub is_native: bool,
//!     #[bits(4)]
//!     pub kind: u8,
//! }
//!
//! #[heap_object]
//! pub struct Script {
//!     flags: SmiBits<Flags>,
//!     line: u16,
//!     column: u16,
//!     /// Without it, what follows lay at byte 20 with full pointers.
//!     padding: OptionalPadding<4>,
//!     started: f64,
//!     /// The embedder's.
//!     resource: External<String>,
//! }
//!
//! heap_classes! { static CLASSES = [Script]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let mut name = String::from("a.js");
//! let resource = &raw mut name;
//! let init = ScriptInit { flags: Flags::new(), line: 1, column: 2, started: 0.5, resource };
//! let script = Script::new(&mut scope, init);
//! let script = script.get(&scope);
//! script.set_kind(9); // of the bit field, on the object
//! assert_eq!((script.flags().kind(), script.column()), (9, 2));
//! assert_eq!(script.resource(), resource);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Structs inside objects
//!
//! [`#[heap_struct]`](macro@crate::heap_struct) gives several fields in a row a name and a type. It is a field as
//! `Inline<Struct>`, an element as `[Inline<Struct>]`, and in an optional field. Its fields are all tagged or all raw, and
//! have the words `#[constant]`, memory orders, `#[checked]` and `#[observed]` as a class's have. A getter returns a view,
//! which knows the object around it, for the write barrier; there is no setter of the whole.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_struct]
//! pub struct Range {
//!     start: Smi,
//!     end: Smi,
//! }
//!
//! #[heap_object]
//! pub struct Token {
//!     range: Inline<Range>,
//! }
//!
//! heap_classes! { static CLASSES = [Token]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let token = Token::new(&mut scope, TokenInit { range: RangeInit { start: 3, end: 5 } });
//! let range = token.get(&scope).range();
//! range.set_end(range.end() + 1);
//! assert_eq!(token.get(&scope).range().end(), 6);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Tails
//!
//! A field declared as a slice, `[Tagged<…>]`, `[Weak<…>]`, `[Smi]`, `[u8]`, `[Inline<…>]` and so on, has as many elements
//! as `#[length = …]` says. Tails stand behind all fields that every object has, one after the other. What has elements
//! cannot be extended.
//!
//! A length is the name of a field, or an expression:
//!
//! | in `#[length = …]` | is |
//! |---|---|
//! | `count`, alone | an earlier field of the class: a `Smi` or an integer |
//! | `count`, in an expression | the value of an earlier field: `i32` for a `Smi`, an integer or `bool` itself, `B` for `Bits<B>` and `SmiBits<B>`, an `Option` of these for an optional field |
//! | an inherited field | the same, if the class says `inherits(count: Smi)`, or `u32` and so on |
//! | other names, calls | constants and `const fn`s of yours |
//!
//! All fields named are `#[constant]`, and the expression becomes the body of a `const fn` with these fields as parameters.
//! The reason is the collector: it computes the length again each time it meets the object, so the length must come out
//! the same, whatever else happens in the program, and must not allocate, nor read the heap through references.
//!
//! When an object is made, each tail is given its elements (a slice, [`Filled`](crate::Filled),
//! [`Absent`](crate::Absent) for none), and their number is compared with what the length says of the fields just written: if
//! they differ, `new` panics and says both. Only if one tail's length is one field of the class, which nothing else is made
//! from, does the macro fill in that field, and `…Init` lacks it.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! /// V8: `SwissNameDictionary`, somewhat.
//! #[heap_object]
//! pub struct Dictionary {
//!     #[constant]
//!     capacity: Smi,
//!     /// A key and a value each.
//!     #[length = 2 * capacity]
//!     entries: [Tagged<Any>],
//!     /// What is known of each entry; a few more, for searches that read many at once.
//!     #[length = capacity + GROUP]
//!     control: [u8],
//! }
//!
//! const GROUP: i32 = 8;
//!
//! heap_classes! { static CLASSES = [Dictionary]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let init = DictionaryInit { capacity: 2, entries: Filled::new(smi(0), 4), control: Filled::new(0xFF_u8, 10) };
//! let table = Dictionary::new(&mut scope, init);
//! let table = table.get(&scope);
//! table.set_entries(3, smi(7));
//! assert_eq!(table.entries_iter().last().and_then(|value| value.as_smi()), Some(7));
//! assert_eq!((table.entries_len(), table.control_slice().len()), (4, 10));
//! assert_eq!(table.control_offset(), Dictionary::HEADER_SIZE + 4 * heapwright::tagged::TAGGED_SIZE);
//! assert_eq!(table.size(), Dictionary::size_for(4, 10));
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! An inherited length is written by the class above, and still says how many elements there are:
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object(abstract)]
//! pub struct FixedArrayBase {
//!     #[constant]
//!     length: Smi,
//! }
//!
//! #[heap_object(extends = FixedArrayBase, inherits(length: Smi))]
//! pub struct FixedArray {
//!     #[length = length]
//!     objects: [Tagged<Any>],
//! }
//!
//! heap_classes! { static CLASSES = [FixedArrayBase, FixedArray]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let parent = FixedArrayBaseInit { length: 2 };
//! let array = FixedArray::new(&mut scope, FixedArrayInit { parent, objects: &[smi(1), smi(2)] });
//! assert_eq!(array.get(&scope).objects_len(), 2);
//! # let failure = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
//! let parent = FixedArrayBaseInit { length: 3 };
//! FixedArray::new(&mut scope, FixedArrayInit { parent, objects: &[smi(1), smi(2)] }); // panics
//! # })).unwrap_err();
//! # let message = failure.downcast::<String>().unwrap();
//! # assert!(message.contains("3") && message.contains("2"), "{message}");
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Optional fields
//!
//! A field with `#[present_if = …]` is there in objects of which the condition holds, and takes no room in others. The
//! condition is an expression as a length is, with a `bool`; optional fields and tails stand in any order, in the order of
//! their declaration. An object is given a value, an `Option` of one, or [`Absent`](crate::Absent), which is compared with
//! the condition as elements are with their number. The getter returns an `Option`; the setter panics if there is no field.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[bitfield(u31)]
//! pub struct ScopeFlags {
//!     pub has_outer: bool,
//!     pub is_module: bool,
//! }
//!
//! /// V8: `ScopeInfo`, somewhat.
//! #[heap_object]
//! pub struct ScopeInfo {
//!     #[constant]
//!     flags: SmiBits<ScopeFlags>,
//!     #[present_if = flags.has_outer()]
//!     outer: Tagged<ScopeInfo>,
//!     #[constant]
//!     #[present_if = flags.is_module()]
//!     import_count: Smi,
//!     /// Lengths may hang on optional fields, if those are constant.
//!     #[length = match import_count { Some(count) => count, None => 0 }]
//!     imports: [Smi],
//! }
//!
//! heap_classes! { static CLASSES = [ScopeInfo]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let flags = ScopeFlags::new().with_is_module(true);
//! let init = ScopeInfoInit { flags, outer: Absent, import_count: 2, imports: &[10, 11] };
//! let module = ScopeInfo::new(&mut scope, init);
//! let flags = ScopeFlags::new().with_has_outer(true);
//! let init = ScopeInfoInit { flags, outer: Some(module), import_count: Absent, imports: Absent };
//! let inner = ScopeInfo::new(&mut scope, init);
//!
//! let (module, inner) = (module.get(&scope), inner.get(&scope));
//! assert_eq!((module.import_count(), module.imports(1)), (Some(2), 11));
//! assert!(!module.has_outer() && core::ptr::eq(inner.outer().unwrap(), module));
//! assert_eq!(inner.size(), ScopeInfo::size_for(true, false, 0));
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # New objects
//!
//! `ClassInit { … }` has a value for each field, and `parent: …` for the fields of the class above (`()` if that has none).
//! It is what the methods of [`Factory`](crate::Factory) take: `new`, `try_new`, `try_new_in` (a generation of choice),
//! `allocate` (a reference instead of a handle), `new_reserved` (memory taken before). References are given as handles
//! where a collection may come between.
//!
//! `ClassInit` lacks fields with `#[default = …]`. The default is a constant expression: a number, a bit field, `Nil` for a
//! reference that admits it, `smi(3)` for one that admits Smis. `with_field(value)` gives another.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object(open)]
//! pub struct Node {
//!     #[default = Nil]
//!     next: Tagged<Option<Node>>,
//!     #[default = 1]
//!     weight: Smi,
//! }
//!
//! #[heap_object(extends = Node)]
//! pub struct Leaf {
//!     value: Smi,
//! }
//!
//! heap_classes! { static CLASSES = [Node, Leaf]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let first = Node::new(&mut scope, NodeInit {});
//! let parent = NodeInit {}.with_next(first).with_weight(5);
//! let leaf = Leaf::try_new_in(&mut scope, AllocationType::Old, LeafInit { parent, value: 3 })?;
//! assert_eq!((leaf.get(&scope).weight(), leaf.get(&scope).next().map(Node::weight)), (5, Some(1)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Accessors and memory orders
//!
//! | attribute | reads | writes |
//! |---|---|---|
//! | none | relaxed, of tagged words; plain, of raw ones | the same |
//! | `#[relaxed]` | relaxed | relaxed |
//! | `#[acquire_release]` | acquire | release |
//! | `#[seq_cst]` | sequentially consistent | sequentially consistent |
//!
//! Raw fields of 8 bytes have no order, as they may be aligned to 4. In the parentheses of an order, `swap` and
//! `compare_exchange` ask for `swap_x(value)`, which returns what was there, and `compare_exchange_x(current, new)`, whose
//! `Ok` and `Err` both hold what was there. References are compared by address, floats by their bits; to
//! `compare_exchange` a weak reference to a dead object is `Nil`. A bit field has `update_x(|bits| …)`; with an order, this
//! and the setters of its parts are one atomic step, so that neighbours written by other threads are not lost.
//! Elements and optional fields have all these as well.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[bitfield(u32)]
//! pub struct State {
//!     pub is_ready: bool,
//!     #[bits(8)]
//!     pub tries: u8,
//! }
//!
//! #[heap_object]
//! pub struct Job {
//!     #[seq_cst(swap, compare_exchange)]
//!     next: Tagged<Option<Job>>,
//!     #[acquire_release]
//!     state: Bits<State>,
//!     padding: OptionalPadding<4>,
//! }
//!
//! heap_classes! { static CLASSES = [Job]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let [a, b] = [0, 1].map(|_| Job::new(&mut scope, JobInit { next: Nil, state: State::new() }));
//! let (a, b) = (a.get(&scope), b.get(&scope));
//! assert!(a.compare_exchange_next(Nil, b).is_ok());
//! assert!(a.compare_exchange_next(Nil, a).unwrap_err().is_some());
//! assert!(a.swap_next(Nil).is_some());
//! let before = a.update_state(|state| state.with_is_ready(true).with_tries(state.tries() + 1));
//! a.set_tries(9);
//! assert_eq!((before.tries(), a.tries(), a.is_ready()), (0, 9, true));
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! Setters of references end in the write barrier. A value stored as [`WithMode`](crate::WithMode)`(value, mode)`
//! skips it where the [`WriteBarrierMode`](crate::WriteBarrierMode) proves that this is right: for several stores into an object whose age was looked at once.
//!
//! # Conditions
//!
//! A `get` condition is checked by every accessor that reads the field, before it reads; in it, `self` is the object. A
//! `set` condition is checked by every accessor that stores, before it stores; in it, `value` is what the getter would
//! return afterwards. If one does not hold, the accessor panics at its caller and names class, accessor and condition.
//! `#[debug_checked(…)]` is the same in debug builds only. What an object is made with is not checked. V8:
//! `ACCESSORS_CHECKED2`.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object]
//! pub struct Script {
//!     is_loaded: bool,
//!     padding: Padding<3>,
//!     #[acquire_release(swap, compare_exchange)]
//!     #[checked(get = self.is_loaded(), set = self.is_loaded() && value >= 0)]
//!     runs: i32,
//! }
//!
//! heap_classes! { static CLASSES = [Script]; }
//!
//! # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! # let mut scope = isolate.enter();
//! let script = Script::new(&mut scope, ScriptInit { is_loaded: true, runs: 0 });
//! let script = script.get(&scope);
//! assert_eq!(script.swap_runs(5), 0);
//! assert_eq!(script.compare_exchange_runs(4, 6), Err(5));
//! let failure = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| script.set_runs(-1))).unwrap_err();
//! assert_eq!(
//!     *failure.downcast::<String>().unwrap(),
//!     "`Script::set_runs`: the condition `self.is_loaded() && value >= 0` does not hold"
//! );
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Observers
//!
//! [`HandleScope::observe_stores`](crate::HandleScope::observe_stores) calls a function after each store, for debuggers and
//! tests. It sees stores of references with no word in the declaration, and those of Smis, raw values and bit fields where
//! a field is `#[observed]`, or the class: `#[heap_object(observed)]`. Such a field pays for it with a test of a flag in each
//! setter; others pay nothing.
//!
//! ```
//! use heapwright::{StoreFilter, prelude::*};
//! use std::sync::{Arc, Mutex};
//!
//! #[heap_object(observed)]
//! pub struct Account {
//!     balance: Smi,
//!     owner: Tagged<Option<Account>>,
//! }
//!
//! heap_classes! { static CLASSES = [Account]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let log = Arc::new(Mutex::new(Vec::new()));
//! let entries = Arc::clone(&log);
//! let filter = StoreFilter::class::<Account>();
//! let observer = scope.observe_stores(filter, move |store| entries.lock().unwrap().push(store.place().name()))?;
//! let account = Account::new(&mut scope, AccountInit { balance: 1, owner: Nil });
//! account.get(&scope).set_balance(5);
//! account.get(&scope).set_owner(account);
//! scope.unobserve(observer)?;
//! assert_eq!(*log.lock().unwrap(), ["balance", "owner"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Inheritance and casts
//!
//! A class extends one other, which is `open`, or `abstract` if it has no instances itself; else it is a leaf. It begins
//! with the fields of the class above and has all its methods. Upwards, references convert by type; downwards there are
//! casts, and [`match_class!`](crate::match_class), whose arms are proved to cover all cases.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object(abstract)]
//! pub struct Shape {
//!     colour: Smi,
//! }
//!
//! #[heap_object(extends = Shape)]
//! pub struct Circle {
//!     radius: Smi,
//! }
//!
//! #[heap_object(extends = Shape)]
//! pub struct Square {
//!     side: Smi,
//! }
//!
//! heap_classes! { static CLASSES = [Shape, Circle, Square]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let parent = ShapeInit { colour: 4 };
//! let circle = Circle::new(&mut scope, CircleInit { parent, radius: 3 });
//! let circle: &Circle = circle.get(&scope);
//! assert_eq!(circle.colour(), 4);
//! let shape: &Shape = circle.upcast();
//! assert!(shape.is::<Circle>() && shape.try_cast::<Square>().is_none());
//! assert_eq!(shape.cast::<Circle>().radius(), 3);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Alignment
//!
//! Objects are aligned to a tagged word: to 4 bytes with compressed pointers. So are raw fields of 8 bytes, as V8 packs them;
//! accessors do not mind. A class may ask for more: objects declared `align = double` begin at a multiple of 8 bytes, and
//! those declared `align = double_unaligned` 4 bytes beyond one, so that what follows the map word is at a multiple of 8. In
//! return a filler of a word may precede each.
//!
//! What such a class declares of 8 raw bytes (`u64`, `f64`, `External<T>`, …) is aligned to 8 in memory. An error says where
//! padding is missing for that. Tails of such elements have `…_slice()`. The fields of structs in it are packed as ever.
//!
//! ```
//! use core::cell::Cell;
//! use heapwright::prelude::*;
//!
//! #[heap_object(align = double)]
//! pub struct Samples {
//!     #[constant]
//!     length: Smi,
//!     #[length = length]
//!     data: [f64],
//! }
//!
//! /// The value follows the map word, as in V8's `HeapNumber`.
//! #[heap_object(align = double_unaligned)]
//! pub struct Number {
//!     #[constant]
//!     value: f64,
//! }
//!
//! heap_classes! { static CLASSES = [Samples, Number]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let samples = Samples::new(&mut scope, SamplesInit { data: &[0.5, 1.5, 2.0][..] });
//! scope.collect(CollectionKind::Young); // moves it, to where it is aligned again
//! let data: &[Cell<f64>] = samples.get(&scope).data_slice();
//! assert_eq!(data.iter().map(Cell::get).sum::<f64>(), 4.0);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! With full pointers each object begins at a multiple of 8, so that nothing is lost, and the two words mean the same.
//!
//! The alignment is inherited, since a class below begins with the fields of the one above: it may say the same word again,
//! to have its own 8 raw bytes aligned and its slices, but not the other one. An object that is too large for a regular
//! page ([`MAX_REGULAR_OBJECT_SIZE`](crate::spaces::MAX_REGULAR_OBJECT_SIZE)) begins where its page's area does, at a
//! multiple of 8: one of a `double_unaligned` class is refused as too large, with compressed pointers. What a
//! [reservation](crate::HandleScope::reserve) needs for such objects says
//! [`AllocationAlignment`](crate::spaces::AllocationAlignment::maximum_fill).
//!
//! # Instance types
//!
//! Every class with instances has a number, which its maps carry; the numbers of a class and of all below it lie in one
//! range, in which no other class has one. They follow from the lists of classes that an isolate is made with. Casts do not
//! depend on them; where something outside does, such as an API, a declaration fixes them: `instance_type` for the class
//! alone, `instance_types` for it and all below it, `lowest_instance_type` and `highest_instance_type` among those that
//! extend the same class. Contradictions within a list are compile-time errors, those between lists errors of
//! `Isolate::builder().build()`.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object(abstract, instance_types = 205..=214)]
//! pub struct Context {}
//! #[heap_object(extends = Context)]
//! pub struct BlockContext {}
//! #[heap_object(extends = Context, instance_type = 210)]
//! pub struct ScriptContext {}
//!
//! heap_classes! {
//!     // Classes get these only if they ask for them: room for another crate.
//!     #[reserve_instance_types(1000..=1999)]
//!     static CLASSES = [Context, BlockContext, ScriptContext];
//! }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let scope = isolate.enter();
//! assert_eq!(scope.instance_type::<BlockContext>(), 205);
//! assert_eq!(scope.instance_type::<ScriptContext>(), 210);
//! let range = scope.instance_type_range::<Context>().unwrap();
//! assert_eq!((range.first, range.last), (205, 214));
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Hooks and copies
//!
//! | argument | calls | and classes below |
//! |---|---|---|
//! | `print = path` | `fn(&Self, &mut fmt::Formatter<'_>) -> fmt::Result`, for `{:?}`; `{:#?}` adds the fields | inherit it, or have their own |
//! | `verify = path` | `fn(&Self) -> Result<(), String>`, in `scope.verify()`, when all else has been found right | add theirs: all are called |
//! | `trace = custom` | [`CustomTrace::trace`](crate::gc::CustomTrace), an `unsafe` promise, for words that no declaration describes | add theirs |
//! | `copy` | nothing: [`CopyObject`](crate::CopyObject) gives the class `copy` and its kin | ask for themselves |
//!
//! ```
//! use core::fmt;
//! use heapwright::prelude::*;
//!
//! #[heap_object(copy, print = Celsius::print, verify = Celsius::check)]
//! pub struct Celsius {
//!     degrees: Smi,
//! }
//!
//! impl Celsius {
//!     fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
//!         write!(f, "{} °C", self.degrees())
//!     }
//!     fn check(&self) -> Result<(), String> {
//!         if self.degrees() < -273 { Err("below absolute zero".to_owned()) } else { Ok(()) }
//!     }
//! }
//!
//! heap_classes! { static CLASSES = [Celsius]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let warm = Celsius::new(&mut scope, CelsiusInit { degrees: 25 });
//! let cold = Celsius::copy(&mut scope, warm);
//! cold.get(&scope).set_degrees(-300);
//! assert_eq!(format!("{:?}", warm.get(&scope)), "25 °C");
//! assert!(scope.verify().is_err());
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Weak lists
//!
//! `#[splice = next]` on a weak field: when the referent dies, what the referent's weak field `next` refers to takes its
//! place, and so on, so that a list which keeps no member alive closes up instead of breaking off.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object]
//! pub struct Site {
//!     line: Smi,
//!     #[splice = next]
//!     next: Weak<Site>,
//! }
//!
//! #[heap_object]
//! pub struct Sites {
//!     /// When the first one dies, what follows it is the first.
//!     #[splice = next]
//!     first: Weak<Site>,
//! }
//!
//! heap_classes! { static CLASSES = [Site, Sites]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let kept = Site::new(&mut scope, SiteInit { line: 3, next: Nil });
//! let sites = Sites::new(&mut scope, SitesInit { first: Nil });
//! {
//!     let mut inner = scope.nested();
//!     let second = Site::new(&mut inner, SiteInit { line: 2, next: kept });
//!     let first = Site::new(&mut inner, SiteInit { line: 1, next: second });
//!     sites.get(&inner).set_first(first);
//! }
//! scope.collect(CollectionKind::Full);
//! assert_eq!(sites.get(&scope).first().map(|site| site.line()), Some(3));
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! # Ephemerons
//!
//! `#[heap_struct(ephemeron)]`: a struct whose first field, the key, is weak, and whose values live as long as the key does.
//! When the key dies, the entry is cleared as one: no key, and `None` for each value (the Smi 0 for `Any` and for unions with
//! `Smi`). A value that leads to its own key does not keep it alive, nor do values that lead to each other's keys, in however
//! many objects. So a table of such entries adds to objects what they do not know of, for as long as they live, as
//! JavaScript's `WeakMap` does.
//!
//! ```
//! use heapwright::prelude::*;
//!
//! #[heap_object]
//! pub struct Document {
//!     number: Smi,
//! }
//!
//! #[heap_object]
//! pub struct Notes {
//!     about: Tagged<Document>,
//! }
//!
//! #[heap_struct(ephemeron)]
//! pub struct Entry {
//!     key: Weak<Document>,
//!     /// Neither key nor value: stays as it is.
//!     hash: Smi,
//!     notes: Tagged<Option<Notes>>,
//! }
//!
//! #[heap_object]
//! pub struct Table {
//!     #[constant]
//!     length: Smi,
//!     #[length = length]
//!     entries: [Inline<Entry>],
//! }
//!
//! heap_classes! { static CLASSES = [Document, Notes, Table]; }
//!
//! let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
//! let mut scope = isolate.enter();
//! let empty = EntryInit { key: Nil, hash: 0, notes: Nil };
//! let table = Table::new(&mut scope, TableInit { entries: Filled::new(empty, 2) });
//! let kept = Document::new(&mut scope, DocumentInit { number: 1 });
//! {
//!     let mut inner = scope.nested();
//!     let other = Document::new(&mut inner, DocumentInit { number: 2 });
//!     for (i, document) in [kept, other].into_iter().enumerate() {
//!         // The notes lead to their document.
//!         let notes = Notes::new(&mut inner, NotesInit { about: document });
//!         let entry = table.get(&inner).entries(i);
//!         entry.set_key(document);
//!         entry.set_hash(document.get(&inner).number());
//!         entry.set_notes(notes);
//!     }
//! }
//! scope.collect(CollectionKind::Full);
//! let table = table.get(&scope);
//! assert_eq!(table.entries(0).notes().map(|notes| notes.about().number()), Some(1));
//! assert!(table.entries(1).key().is_none() && table.entries(1).notes().is_none());
//! assert_eq!(table.entries(1).hash(), 2);
//! # Ok::<(), heapwright::IsolateError>(())
//! ```
//!
//! It is a struct like others: a field of any class, an optional one, the elements of a tail, with as many values and numbers
//! as it needs. A value whose entry has no key is kept by nothing: it is gone after the next full collection, or before; so
//! the key is stored first where something is allocated in between. Time is linear in the entries, however they hang together.
//! Classes with ephemerons are visited by their layout tables, which takes longer than the shapes of other classes do; others
//! do not pay.
//!
//! # When what is weak goes
//!
//! An object is dead when no strong reference leads to it from a root, a handle or a global, the values of an ephemeron
//! counting as strong references of its key. Types see to it that it stays so: nothing that a collection has found dead can
//! be reached afterwards, by callbacks neither.
//!
//! | what is weak | what becomes of it |
//! |---|---|
//! | a weak field, an element, the weak part of a union | reads `None`, or cleared |
//! | a weak field with `#[splice]` | refers to the next living member |
//! | an ephemeron | neither key nor values |
//! | a [`WeakGlobal`](crate::WeakGlobal) | reads `None` |
//! | its weak callback, first pass | runs when the collection is over, with no way to the heap |
//! | second passes, [finalizers](crate::HandleScope::add_finalizer) | run at the next safepoint, with a scope, and without the object |
//!
//! - **At once.** A collection does the first four for all that it finds dead before anything else can run: no code sees a
//!   weak field of a dead object cleared and its ephemeron not.
//! - **A young collection** finds dead what is young, wherever the reference to it lies, and takes old objects for living ones.
//!   One for want of memory does not look where nearly all survives: what is dead there goes with the next full one.
//!   **A full collection** that is asked for finds all that is dead. One that ends marking in steps may leave for the next what
//!   died after it was marked, or was stored while marking went on, as a key too.
//! - **Callbacks follow.** When the first one runs, everything above has been done, for all objects of the collection. So a
//!   finalizer finds no entry of its object in any table.
//! - **What only dying objects refer to** dies in the same collection: a value with its key, and what hangs from it. A finalizer
//!   or callback of the value runs with that of the key, in the order of registration.
//! - **Reading a weak reference** makes a strong one of it as long as the result is in use: what has been read through a weak
//!   field, a weak global or the key of an ephemeron, and is held by a handle, does not die.
//!
//! # What a crate lists
//!
//! | list | makes known |
//! |---|---|
//! | [`heap_classes!`](crate::heap_classes) | the classes of a crate, for isolates and for layout docs |
//! | [`heap_roots!`](crate::heap_roots) | objects and numbers that every isolate keeps, by name |
//! | [`isolate_slots!`](macro@crate::isolate_slots) | Rust values of each isolate, by name |
//! | [`context_slots!`](crate::context_slots) | names and types for the elements of an array class |
//! | [`field_offsets!`](crate::field_offsets) | a layout kept by hand, to move to declarations class by class |
//!
//! # Limits
//!
//! A class has at most 62 fields, 16 tails and optional fields together, a fixed part of 1,023 words, and 7 classes above
//! it. Each limit is an error that says what to do instead.
