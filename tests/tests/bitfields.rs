//! Bit fields as a user's crate sees them: arrays, positions, ignored bits, flags, atomics, lists; and the defects of
//! other bit fields that these do not have.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

use heapwright::layout::{BitKind, BitSetComputer};
use heapwright::prelude::*;
use heapwright::{AtomicBits, Bitfield, BitfieldError, define_bit_fields, define_bit_ranges};
use proptest::prelude::*;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering;

#[track_caller]
fn panic_message<R>(action: impl FnOnce() -> R) -> String {
    let payload = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(action)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => payload,
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

/// How an element is represented. There is no zero.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A small integer.
    Smi = 1,
    /// A double.
    Double,
    /// A reference.
    Tagged,
}

bitflags::bitflags! {
    /// What may be done.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Permissions: u8 {
        /// Look.
        const READ = 1;
        /// Change.
        const WRITE = 2;
        /// Run.
        const EXECUTE = 8;
        /// Look and change.
        const READ_WRITE = 3;
    }
}

/// Two small numbers.
#[bitfield(u8)]
pub struct Pair {
    /// One.
    #[bits(2)]
    pub low: u8,
    /// The other.
    #[bits(1)]
    pub kind_is_known: bool,
}

/// Arrays of every kind of element.
#[bitfield(u64)]
pub struct Arrays {
    /// The first bit is somebody else's.
    pub first: bool,
    /// Representations.
    #[bits(2)]
    pub kinds: [Kind; 4],
    /// Signed numbers.
    #[bits(5)]
    pub deltas: [i8; 3],
    /// Switches, one bit each.
    pub switches: [bool; 7],
    /// Unsigned numbers.
    #[bits(3)]
    counts: [u16; 2],
    /// Bit fields.
    #[bits(3, nested)]
    pub pairs: [Pair; 2],
    /// Sets.
    #[bits(4, flags)]
    pub sets: [Permissions; 3],
    /// Somebody else's, too.
    #[bits(9)]
    pub last: u16,
}

#[test]
fn arrays_of_fields() {
    assert_eq!((Arrays::KINDS_SHIFT, Arrays::KINDS_SIZE, Arrays::KINDS_LEN), (1, 2, 4));
    assert_eq!((Arrays::KINDS_MASK, Arrays::KINDS_LAST_USED_BIT), (0x1fe, 8));
    assert_eq!((Arrays::KINDS_NUM_VALUES, Arrays::KINDS_MAX), (4, 3));
    assert_eq!((Arrays::DELTAS_SHIFT, Arrays::DELTAS_MIN, Arrays::DELTAS_MAX), (9, -16, 15));
    assert_eq!((Arrays::SWITCHES_SHIFT, Arrays::SWITCHES_SIZE, Arrays::SWITCHES_LEN), (24, 1, 7));
    assert_eq!((Arrays::LAST_SHIFT, Arrays::LAST_LAST_USED_BIT), (55, 63));

    const MADE: Arrays = Arrays::new()
        .with_kinds(0, Kind::Tagged)
        .with_kinds(3, Kind::Double)
        .with_deltas(1, -16)
        .with_deltas(2, 15)
        .with_switches(6, true)
        .with_counts(1, 7)
        .with_pairs(1, Pair::new().with_low(3))
        .with_sets(2, Permissions::READ.union(Permissions::EXECUTE));
    let kinds: [_; 4] = core::array::from_fn(|i| MADE.kinds(i));
    assert_eq!(kinds, [Kind::Tagged, Kind::Smi, Kind::Smi, Kind::Double]);
    assert_eq!([MADE.deltas(0), MADE.deltas(1), MADE.deltas(2)], [0, -16, 15]);
    assert!(MADE.switches(6) && (0..6).all(|i| !MADE.switches(i)));
    assert_eq!((MADE.counts(0), MADE.counts(1)), (0, 7));
    assert_eq!((MADE.pairs(0).low(), MADE.pairs(1).low()), (0, 3));
    assert_eq!(MADE.sets(2), Permissions::READ | Permissions::EXECUTE);
    assert!(MADE.sets(0).is_empty() && !MADE.first() && MADE.last() == 0);
    assert_eq!(
        format!("{MADE:?}"),
        "Arrays { first: false, kinds: [Tagged, Smi, Smi, Double], deltas: [0, -16, 15], \
         switches: [false, false, false, false, false, false, true], counts: [0, 7], \
         pairs: [Pair { low: 0, kind_is_known: false }, Pair { low: 3, kind_is_known: false }], \
         sets: [(none), (none), READ | EXECUTE], last: 0 }"
    );
    assert_eq!(Arrays::try_from_bits(MADE.into_bits()), Ok(MADE));
    let mut changed = MADE;
    changed.set_kinds(3, Kind::Smi);
    assert_eq!(changed, MADE.with_kinds(3, Kind::Smi));
    assert_eq!(Arrays::decode_kinds(Arrays::update_kinds(MADE.into_bits(), 1, Kind::Double), 1), Kind::Double);
    assert_eq!(Arrays::encode_deltas(2, -1), 0x1f << 19);

    let layout = <Arrays as Bitfield>::LAYOUT;
    let shape: Vec<_> = layout.fields.iter().map(|f| (f.name, f.shift, f.size, f.len, f.element_size())).collect();
    assert_eq!(shape[1], ("kinds", 1, 8, Some(4), 2));
    assert_eq!(shape[2], ("deltas", 9, 15, Some(3), 5));
    assert_eq!(shape[7], ("last", 55, 9, None, 9));
    assert!(matches!(layout.fields[1].kind, BitKind::Enum([("Smi", 1), ..])));
}

#[test]
fn array_elements_that_do_not_exist_are_named() {
    let arrays = Arrays::new();
    assert_eq!(panic_message(|| arrays.kinds(4)), "`Arrays::kinds` has no element 4: it has 4");
    assert_eq!(panic_message(|| arrays.with_deltas(3, 0)), "`Arrays::deltas` has no element 3: it has 3");
    let message = panic_message(|| arrays.switches(usize::MAX));
    assert_eq!(message, "`Arrays::switches` has no element 18446744073709551615: it has 7");
    assert!(panic_message(|| Arrays::update_counts(0, 2, 0)).contains("no element 2"));
    let error = BitfieldError::NoElement { field: "kinds", index: 4, len: 4 };
    assert_eq!(Arrays::try_encode_kinds(4, Kind::Smi), Err(error));
    assert_eq!(Arrays::try_decode_kinds(0, 4), Err(error));
    assert_eq!(arrays.try_with_kinds(4, Kind::Smi), Err(error));
    assert_eq!(error.to_string(), "`kinds` has no element 4: it has 4");
    assert_eq!(Arrays::try_decode_switches(1 << 30, 6), Ok(true));
    assert!(Arrays::try_decode_switches(0, 7).is_err());
    let error = BitfieldError::OutOfRange { field: "deltas", value: 16, minimum: -16, maximum: 15 };
    assert_eq!(arrays.try_with_deltas(0, 16), Err(error));
    assert!(panic_message(|| arrays.with_counts(0, 8)).contains("does not fit"));
    // Some element is no value of the enum.
    assert_eq!(Arrays::try_decode_kinds(0, 2), Err(BitfieldError::NoVariant { field: "kinds", bits: 0 }));
    let bad = Arrays::new().into_bits() & !(3 << 5);
    assert_eq!(Arrays::try_from_bits(bad), Err(BitfieldError::NoVariant { field: "kinds", bits: 0 }));
    assert!(panic_message(|| Arrays::from_bits(bad).kinds(2)).contains("no variant"));
}

// ---- positions, reserved and ignored bits ----

/// As a hardware manual has it.
#[bitfield(u32)]
pub struct Register {
    /// The mode.
    #[bits(4, at = 10)]
    pub mode: u8,
    /// Follows the mode.
    pub is_enabled: bool,
    /// Below it.
    #[bits(2, at = 3)]
    pub speed: u8,
    /// Nobody knows what these are for.
    #[bits(3, ignored)]
    __: (),
    /// The last.
    #[bits(1, at = 31)]
    pub top: bool,
}

#[test]
fn positions_and_reserved_bits() {
    assert_eq!((Register::MODE_SHIFT, Register::IS_ENABLED_SHIFT, Register::SPEED_SHIFT), (10, 14, 3));
    assert_eq!(Register::TOP_SHIFT, 31);
    let order: Vec<_> = <Register as Bitfield>::LAYOUT.fields.iter().map(|f| (f.name, f.shift)).collect();
    assert_eq!(order, [("speed", 3), ("", 5), ("mode", 10), ("is_enabled", 14), ("top", 31)]);
    assert!(matches!(<Register as Bitfield>::LAYOUT.fields[1].kind, BitKind::Ignored));
    // Holes are reserved.
    for bit in (0..3).chain(8..10).chain(15..31) {
        let error = BitfieldError::Reserved { bitfield: "Register", bits: 1 << bit };
        assert_eq!(Register::try_from_bits(1 << bit), Err(error), "bit {bit}");
    }
    // Ignored bits are accepted, kept, and part of the value.
    let odd = Register::try_from_bits(0b101 << 5).unwrap();
    assert_eq!(odd.with_speed(3).with_mode(15).into_bits(), 0b101 << 5 | 3 << 3 | 15 << 10);
    assert_ne!(odd, Register::new());
    assert_eq!(format!("{odd:?}"), "Register { speed: 0, mode: 0, is_enabled: false, top: false }");
}

#[test]
fn all_of_v8s_constants() {
    assert_eq!((Register::MODE_SHIFT, Register::MODE_SIZE, Register::MODE_MASK), (10, 4, 0x3c00));
    assert_eq!((Register::MODE_LAST_USED_BIT, Register::MODE_NUM_VALUES, Register::MODE_MAX), (13, 16, 15));
    assert_eq!(Whole::ALL_NUM_VALUES, 1 << 64);
}

#[test]
fn integers_convert_back_with_a_check() {
    assert_eq!(Register::try_from(1 << 10).map(|r| r.mode()), Ok(1));
    assert!(Register::try_from(1_u32).is_err());
    let raw: u32 = Register::new().with_mode(2).into();
    assert_eq!(u32::from(Register::try_from(raw).unwrap()), raw);
}

// ---- flags ----

/// A page.
#[bitfield(u16)]
pub struct Page {
    /// Its owner.
    #[bits(3)]
    pub owner: u8,
    /// What may be done.
    #[bits(5, flags)]
    pub permissions: Permissions,
}

#[test]
fn flags_of_the_bitflags_crate() {
    const PAGE: Page = Page::new().with_permissions(Permissions::READ.union(Permissions::EXECUTE)).with_owner(5);
    assert_eq!(PAGE.permissions(), Permissions::READ | Permissions::EXECUTE);
    assert_eq!(PAGE.into_bits(), 0b1001 << 3 | 5);
    assert_eq!(format!("{PAGE:?}"), "Page { owner: 5, permissions: READ | EXECUTE }");
    assert_eq!(Page::try_decode_permissions(PAGE.into_bits()), Ok(PAGE.permissions()));
    // Bits that are no flag.
    let odd = Page::from_bits(0b1_0101 << 3);
    assert_eq!(odd.permissions().bits(), 0b1_0101);
    let error = BitfieldError::UnknownFlags { field: "permissions", bits: 0b1_0100 };
    assert_eq!(Page::try_from_bits(odd.into_bits()), Err(error));
    assert_eq!(error.to_string(), "bits 0b10100 of `permissions` are no flags");
    assert_eq!(format!("{odd:?}"), "Page { owner: 0, permissions: READ | 0x14 }");
    assert_eq!(format!("{:?}", Page::new()), "Page { owner: 0, permissions: (none) }");
    // Bits that do not fit.
    let wide = Permissions::from_bits_retain(0x20);
    assert!(!Page::is_valid_permissions(wide) && Page::new().try_with_permissions(wide).is_err());
    assert!(panic_message(|| PAGE.with_permissions(wide)).contains("does not fit `Page::permissions`"));
    let BitKind::Flags(names) = <Page as Bitfield>::LAYOUT.fields[1].kind else { panic!("no flags") };
    assert_eq!(names, [("READ", 1), ("WRITE", 2), ("EXECUTE", 8), ("READ_WRITE", 3)]);
}

// ---- in objects ----

/// Holds bits.
#[heap_object]
pub struct Holder {
    /// Arrays.
    arrays: Bits<Arrays>,
    /// Flags.
    page: Bits<Page>,
    /// Keeps what follows aligned.
    padding: Padding<2>,
    /// Keeps instances whole words.
    optional: OptionalPadding<4>,
}

heap_classes! {
    /// The classes of this test.
    pub static CLASSES = [Holder];
}

#[test]
fn accessors_of_objects() {
    let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let init = HolderInit { arrays: Arrays::new(), page: Page::new() };
    let holder = Holder::new(&mut scope, init);
    scope.collect(CollectionKind::Full);
    let holder = holder.get(&scope);
    holder.set_kinds(2, Kind::Double);
    holder.set_deltas(1, -7);
    holder.set_permissions(Permissions::WRITE);
    assert_eq!((holder.kinds(1), holder.kinds(2), holder.deltas(1)), (Kind::Smi, Kind::Double, -7));
    assert_eq!((holder.permissions(), holder.owner()), (Permissions::WRITE, 0));
    assert!(panic_message(|| holder.set_kinds(4, Kind::Smi)).contains("no element 4"));
    assert!(format!("{holder:?}").contains("permissions: WRITE"), "{holder:?}");
}

// ---- atomics ----

/// A field for each thread.
#[bitfield(u64)]
pub struct Shared {
    /// One counter a thread.
    #[bits(15)]
    pub counters: [u16; 4],
    /// Set by all.
    #[bits(4)]
    pub seen: u8,
}

/// In a static, so `new` is `const`.
static SHARED: AtomicBits<Shared> = AtomicBits::new(Shared::new());

#[test]
fn threads_that_set_their_own_field_lose_nothing() {
    const ROUNDS: u16 = 20_000;
    std::thread::scope(|threads| {
        for thread in 0..4 {
            threads.spawn(move || {
                for round in 0..ROUNDS {
                    let step = |shared: Shared| shared.with_counters(thread, shared.counters(thread) + 1);
                    let (old, new) = if round % 2 == 0 { SHARED.update(step) } else { SHARED.update_relaxed(step) };
                    assert_eq!((old.counters(thread), new.counters(thread)), (round, round + 1));
                }
                SHARED.update(|shared| shared.with_seen(shared.seen() | 1 << thread));
            });
        }
    });
    let end = SHARED.load(Ordering::Acquire);
    assert_eq!([0, 1, 2, 3].map(|i| end.counters(i)), [ROUNDS; 4]);
    assert_eq!(end.seen(), 0b1111);
}

#[test]
fn atomic_functions() {
    fn exercise<B: Bitfield + PartialEq + core::fmt::Debug + Default>(a: B, b: B) {
        let atomic = AtomicBits::from(a);
        assert_eq!(atomic.swap(b, Ordering::AcqRel), a);
        assert_eq!(atomic.compare_exchange(a, a, Ordering::SeqCst, Ordering::Relaxed), Err(b));
        assert_eq!(atomic.compare_exchange(b, a, Ordering::SeqCst, Ordering::Relaxed), Ok(b));
        assert_eq!(atomic.try_update(|_| None), Err(a));
        assert_eq!(atomic.try_update(|_| Some(b)), Ok((a, b)));
        atomic.store(a, Ordering::Release);
        assert_eq!(format!("{atomic:?}"), format!("{a:?}"));
        assert_eq!(atomic.into_inner(), a);
        assert_eq!(AtomicBits::<B>::default().load(Ordering::Relaxed), B::default());
    }
    exercise(Pair::new(), Pair::new().with_low(3));
    exercise(Page::new(), Page::new().with_owner(1));
    exercise(Register::new(), Register::new().with_top(true));
    exercise(Arrays::new(), Arrays::new().with_last(511));
    exercise(Smi31::new(), Smi31::new().with_high(u16::MAX >> 1));
    const fn is_sync<T: Send + Sync>() {}
    const { is_sync::<AtomicBits<Shared>>() }
}

// ---- lists ----

define_bit_fields! {
    pub u32 {
        /// Whether it was typed into a console.
        IsReplMode: bool, 1;
        /// How it is represented.
        Representation: Kind, 2;
        // Nobody's.
        __: 2;
        /// Where it came from.
        Origin: u8, 4;
        /// Columns before it.
        Column: i16, 9;
        /// What may be done.
        Allowed: Permissions, 4, flags;
    }
}

define_bit_fields! {
    pub u32 after Allowed {
        /// Follows.
        Follower: u16, 6;
        /// Nested.
        Both: Pair, 3, nested;
    }
}

define_bit_ranges! {
    /// The parts of a position.
    pub Position: u64 {
        /// The line.
        LINE: 20;
        /// The column.
        COLUMN: 12;
    }
}

define_bit_ranges! {
    /// More parts.
    pub Rest: u64 after Position {
        /// The script.
        SCRIPT: 31;
        /// The last bit.
        LAST: 1;
    }
}

#[test]
fn lists_of_fields() {
    assert_eq!((IsReplMode::SHIFT, Representation::SHIFT, Origin::SHIFT, Column::SHIFT), (0, 1, 5, 9));
    assert_eq!((Allowed::SHIFT, Allowed::NEXT_SHIFT, Follower::SHIFT, Both::SHIFT), (18, 22, 22, 28));
    assert_eq!((Origin::SIZE, Origin::MASK, Origin::LAST_USED_BIT), (4, 0x1e0, 8));
    assert_eq!((Origin::NUM_VALUES, Origin::MAX, Column::MIN, Column::MAX), (16, 15, -256, 255));
    assert_eq!((Follower::MASK, Both::MASK), (0x3f << 22, 7 << 28));
    const WORD: u32 = IsReplMode::encode(true) | Column::encode(-256) | Follower::encode(63);
    assert_eq!((IsReplMode::decode(WORD), Column::decode(WORD), Follower::decode(WORD)), (true, -256, 63));
    assert_eq!(Column::decode(Column::update(WORD, 255)), 255);
    assert_eq!(Allowed::decode(Allowed::encode(Permissions::WRITE)), Permissions::WRITE);
    assert_eq!(Both::decode(Both::encode(Pair::new().with_low(2))).low(), 2);
    assert_eq!(Representation::try_decode(0), Err(BitfieldError::NoVariant { field: "Representation", bits: 0 }));
    assert_eq!(Origin::try_encode(16), Err(BitfieldError::TooLarge { field: "Origin", value: 16, maximum: 15 }));
    assert!(Origin::is_valid(15) && !Origin::is_valid(16) && !Column::is_valid(256));
    assert!(panic_message(|| Origin::encode(16)).contains("`Origin`, which has 4 bit(s)"));
    assert_eq!(size_of::<Origin>(), 0);
}

#[test]
fn lists_of_ranges() {
    assert_eq!((Position::LINE_SHIFT, Position::LINE_SIZE, Position::LINE_MASK), (0, 20, 0xf_ffff));
    assert_eq!((Position::COLUMN_SHIFT, Position::COLUMN_MAX, Position::COLUMN_LAST_USED_BIT), (20, 4095, 31));
    assert_eq!((Position::BITS_COUNT, Rest::SCRIPT_SHIFT, Rest::LAST_SHIFT, Rest::BITS_COUNT), (32, 32, 63, 64));
    assert_eq!((Rest::LAST_MASK, Rest::SCRIPT_NUM_VALUES), (1 << 63, 1 << 31));
}

// ---- defects of V8 and of other crates that these bit fields do not have ----

/// One field over all bits.
#[bitfield(u64)]
pub struct Whole {
    /// All.
    #[bits(64)]
    pub all: i64,
}

/// Fits a Smi.
#[bitfield(u31)]
pub struct Smi31 {
    /// Sixteen bits.
    #[bits(16)]
    pub low: i16,
    /// The rest.
    #[bits(15)]
    pub high: u16,
}

define_bit_fields! {
    u64 {
        /// All bits.
        Everything: u64, 64;
    }
}

define_bit_fields! {
    u8 {
        Unused: bool, 1; // no warning
    }
}

/// V8: a static assertion forbids a field as wide as its word.
#[test]
fn full_width_fields_are_possible() {
    assert_eq!(Whole::new().with_all(i64::MIN).all(), i64::MIN);
    assert_eq!((Whole::ALL_MASK, Whole::ALL_MIN, Whole::ALL_LAST_USED_BIT), (u64::MAX, i64::MIN, 63));
    assert_eq!(Whole::update_all(u64::MAX, 0), 0);
    assert_eq!(Everything::decode(Everything::encode(u64::MAX)), u64::MAX);
    assert!(Everything::is_valid(u64::MAX) && Everything::NUM_VALUES == 1 << 64);
}

/// V8: decoding a signed field yields a positive number.
#[test]
fn signed_fields_keep_their_sign() {
    for value in -16..16 {
        assert_eq!(Arrays::new().with_deltas(1, value).deltas(1), value);
    }
    assert_eq!(Column::decode(Column::encode(-1)), -1);
    assert_eq!(Smi31::new().with_low(-1).high(), 0);
}

/// V8: the range of an enum is checked in debug builds only, and never when decoding.
#[test]
fn enums_are_checked_in_all_builds() {
    assert!(panic_message(|| Representation::decode(0)).contains("no variant"));
    assert!(panic_message(|| Arrays::from_bits(0).kinds(0)).contains("no variant"));
    assert!(Representation::try_decode(2).is_ok());
}

/// V8: a struct over `uint31_t` may use bit 31, which a Smi loses. (What declares it: `ui/macros/bits_too_many_for_a_smi`.)
#[test]
fn u31_has_no_bit_31() {
    let all = Smi31::from_bits(u32::MAX);
    assert_eq!(all.into_bits(), u32::MAX >> 1);
    assert!(Smi31::try_from_bits(1 << 31).is_err() && Smi31::try_from(u32::MAX).is_err());
    // Equal values are equal and hash alike, whatever they were made from.
    let same = Smi31::new().with_low(-1).with_high(0x7fff);
    let hash = |bits: Smi31| {
        let mut hasher = DefaultHasher::new();
        bits.hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(all, same);
    assert_eq!(hash(all), hash(same));
    assert_eq!(HashSet::from([all, same, Smi31::from_bits(u32::MAX >> 1)]).len(), 1);
    assert_eq!(AtomicBits::new(all).update(|bits| bits.with_high(0)).1, same.with_high(0));
}

/// `modular-bitfield`, `bitfield-struct`: bits of unknown origin cannot be checked as a whole.
#[test]
fn decoding_is_fallible() {
    assert!(Arrays::try_from(0).is_err() && Page::try_from(0xff00).is_err() && Register::try_from(1).is_err());
    assert!(Arrays::try_from(Arrays::new().into_bits()).is_ok());
}

/// An enum whose trait says too little of its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liar(u64);

impl heapwright::BitEnum for Liar {
    const BITS: u32 = 1;
    const VARIANTS: &'static [(&'static str, u64)] = &[("Lie", u64::MAX)];
}

impl Liar {
    /// Not what the trait says.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Liar> {
        Some(Liar(bits))
    }

    /// Not what the trait says.
    #[must_use]
    pub const fn into_bits(self) -> u64 {
        self.0
    }
}

/// Holds one.
#[bitfield(u31)]
pub struct Deceived {
    /// In the middle.
    #[bits(1, at = 4)]
    pub liar: Liar,
    /// And more.
    #[bits(2, at = 28)]
    pub liars: [Liar; 1],
}

/// A trait implemented by hand cannot reach into neighbours, nor into bit 31.
#[test]
fn values_never_leave_their_bits() {
    assert_eq!(Deceived::new().into_bits(), 1 << 4 | 3 << 28);
    let all = Deceived::from_bits(0).with_liar(Liar(u64::MAX)).with_liars(0, Liar(u64::MAX));
    assert_eq!(all, Deceived::new());
    assert_eq!(all.with_liar(Liar(0)).with_liars(0, Liar(0)).into_bits(), 0);
}

// Defects that are errors, each in `ui/macros`: names given twice `bitfield_names_collide`, `bits_list_name_twice`;
// overlaps `bits_overlap`; by how many bits too many `bits_too_many`, `bits_list_too_many`, `bits_list_too_many_after`.

// ---- against a model ----

/// Replaces `size` bits from `shift` up, in 128 bits: what all functions are held to.
fn replaced(word: u128, shift: u32, size: u32, value: u128) -> u128 {
    let mask = ((1 << size) - 1) << shift;
    (word & !mask) | ((value << shift) & mask)
}

fn extracted(word: u128, shift: u32, size: u32) -> u128 {
    (word >> shift) & ((1 << size) - 1)
}

/// Fields of all widths, some out of order.
#[bitfield(u64)]
pub struct Modelled {
    /// Three bits.
    #[bits(3)]
    pub three: u8,
    /// Eleven signed bits.
    #[bits(11)]
    pub eleven: i16,
    /// High up.
    #[bits(9, at = 54)]
    pub nine: u32,
    /// In the middle.
    #[bits(6, at = 20)]
    pub sixes: [u8; 3],
    /// Follows them.
    #[bits(4)]
    pub signed: [i8; 4],
    /// The top.
    #[bits(1, at = 63)]
    pub top: bool,
}

proptest! {
    #[test]
    fn fields_are_what_shifts_and_masks_say(word: u64, value: u64, i in 0_usize..3, j in 0_usize..4) {
        let wide = u128::from(word);
        let bits = Modelled::from_bits(word);
        prop_assert_eq!(u128::from(bits.three()), extracted(wide, 0, 3));
        prop_assert_eq!(u128::from(bits.nine()), extracted(wide, 54, 9));
        prop_assert_eq!(u128::from(bits.sixes(i)), extracted(wide, 20 + 6 * i as u32, 6));
        prop_assert_eq!(u128::from(bits.top()), extracted(wide, 63, 1));
        prop_assert_eq!(bits.signed(j) as u128 & 0xf, extracted(wide, 38 + 4 * j as u32, 4));
        prop_assert!((-8..8).contains(&bits.signed(j)));
        prop_assert_eq!(bits.eleven() as u128 & 0x7ff, extracted(wide, 3, 11));

        let three = value as u8 & 7;
        prop_assert_eq!(u128::from(bits.with_three(three).into_bits()), replaced(wide, 0, 3, three.into()));
        let eleven = (value as i16) << 5 >> 5;
        prop_assert_eq!(u128::from(bits.with_eleven(eleven).into_bits()), replaced(wide, 3, 11, eleven as u128));
        prop_assert_eq!(bits.with_eleven(eleven).eleven(), eleven);
        let nine = value as u32 & 0x1ff;
        prop_assert_eq!(u128::from(Modelled::update_nine(word, nine)), replaced(wide, 54, 9, nine.into()));
        let six = value as u8 & 0x3f;
        let with_six = replaced(wide, 20 + 6 * i as u32, 6, six.into());
        prop_assert_eq!(u128::from(bits.with_sixes(i, six).into_bits()), with_six);
        prop_assert_eq!(u128::from(Modelled::encode_sixes(i, six)), replaced(0, 20 + 6 * i as u32, 6, six.into()));
        let four = (value as i8) << 4 >> 4;
        let with_four = replaced(wide, 38 + 4 * j as u32, 4, four as u128);
        prop_assert_eq!(u128::from(Modelled::update_signed(word, j, four)), with_four);
        prop_assert_eq!(Modelled::decode_signed(with_four as u64, j), four);
        let mut set = bits;
        set.set_sixes(i, six);
        set.set_top(value & 1 != 0);
        prop_assert_eq!(u128::from(set.into_bits()), replaced(with_six, 63, 1, u128::from(value & 1)));
    }

    #[test]
    fn fallible_forms_agree_with_the_others(value: u64, index in 0_usize..6) {
        let three = value as u8;
        prop_assert_eq!(Modelled::try_encode_three(three).is_ok(), three < 8);
        prop_assert_eq!(Modelled::is_valid_eleven(value as i16), (-1024..1024).contains(&(value as i16)));
        let fits = index < 3 && three < 64;
        prop_assert_eq!(Modelled::try_encode_sixes(index, three).is_ok(), fits);
        prop_assert_eq!(Modelled::new().try_with_sixes(index, three).is_ok(), fits);
        prop_assert_eq!(Modelled::try_decode_sixes(value, index).ok(), (index < 3).then(|| Modelled::decode_sixes(value, index)));
        // Bits 14 to 19 are no field's.
        prop_assert_eq!(Modelled::try_from_bits(value).is_ok(), value & (0x3f << 14) == 0);
    }

    #[test]
    fn sets_of_booleans_are_a_vector(base in 0_usize..4, operations in prop::collection::vec((0_usize..70, any::<bool>()), 0..200)) {
        type Bools = BitSetComputer<bool, 1, u8>;
        let mut model = [false; 70];
        let mut words = vec![0_u8; base + Bools::word_count(70)];
        for (item, value) in operations {
            model[item] = value;
            let at = Bools::index(base, item);
            words[at] = Bools::encode(words[at], item, value);
        }
        for (item, value) in model.iter().enumerate() {
            prop_assert_eq!(Bools::decode(words[Bools::index(base, item)], item), *value);
        }
        prop_assert!(words[..base].iter().all(|word| *word == 0));
    }

    #[test]
    fn sets_of_numbers_are_a_vector(operations in prop::collection::vec((0_usize..50, any::<u8>(), any::<i16>()), 0..200)) {
        type Threes = BitSetComputer<u8, 3, u32>;
        type Signed = BitSetComputer<i16, 7, u64>;
        let (mut model, mut signed_model) = ([0_u8; 50], [0_i16; 50]);
        let mut words = [0_u32; Threes::word_count(50)];
        let mut signed = [u64::MAX; Signed::word_count(50)];
        for item in 0..50 {
            let at = Signed::index(0, item);
            signed[at] = Signed::encode(signed[at], item, 0);
        }
        for (item, value, number) in operations {
            prop_assert_eq!(Threes::is_valid(value), value < 8);
            prop_assert_eq!(Signed::is_valid(number), (-64..64).contains(&number));
            let (value, number) = (value & 7, number << 9 >> 9);
            (model[item], signed_model[item]) = (value, number);
            let at = Threes::index(0, item);
            words[at] = Threes::encode(words[at], item, value);
            let at = Signed::index(0, item);
            signed[at] = Signed::encode(signed[at], item, number);
        }
        for item in 0..50 {
            prop_assert_eq!(Threes::decode(words[Threes::index(0, item)], item), model[item]);
            prop_assert_eq!(Signed::decode(signed[Signed::index(0, item)], item), signed_model[item]);
        }
        // Bits that belong to no item stay as they were.
        prop_assert!(words.iter().all(|word| word >> 30 == 0) && signed.iter().all(|word| word >> 63 == 1));
    }
}

#[test]
fn sets_say_where_items_lie() {
    type Threes = BitSetComputer<u8, 3, u32>;
    assert_eq!((Threes::ITEMS_PER_WORD, Threes::MASK), (10, 7));
    assert_eq!([0, 1, 10, 11].map(Threes::word_count), [0, 1, 1, 2]);
    assert_eq!([0, 9, 10, 25].map(|item| Threes::index(2, item)), [2, 2, 3, 4]);
    assert_eq!([0, 9, 10].map(Threes::shift), [0, 27, 0]);
    assert!(panic_message(|| Threes::encode(0, 0, 8)).contains("more bits than an item"));
    assert!(panic_message(|| Threes::index(usize::MAX, 10)).contains("overflows"));
    const WORD: u64 = BitSetComputer::<u64, 64, u64>::encode(0, 0, u64::MAX);
    assert_eq!(BitSetComputer::<i64, 64, u64>::decode(WORD, 0), -1);
}
