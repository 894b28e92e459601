//! Accessors: memory orders, swap and compare-exchange, updates of bit fields, conditions.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use heapwright::prelude::*;
use heapwright_tests::panic_message;

#[bitfield(u31)]
pub struct Flags {
    pub first: bool,
    #[bits(4)]
    pub number: u8,
    #[bits(26)]
    pub rest: u32,
}

#[bitfield(u16)]
pub struct Half {
    pub low: bool,
    #[bits(14)]
    pub middle: u16,
    pub high: bool,
}

#[bitfield(u64)]
pub struct Wide {
    #[bits(32)]
    pub lower: u32,
    #[bits(32)]
    pub upper: u32,
}

#[heap_object(open)]
pub struct Node {
    #[seq_cst(swap, compare_exchange)]
    any: Tagged<Any>,
    #[acquire_release(swap, compare_exchange)]
    next: Tagged<Option<Node>>,
    #[relaxed(swap, compare_exchange)]
    either: Tagged<(Node, Smi)>,
    #[seq_cst(swap, compare_exchange)]
    weak: Weak<Node>,
    #[acquire_release(swap, compare_exchange)]
    number: Smi,
    #[relaxed(swap, compare_exchange)]
    flags: SmiBits<Flags>,
}

#[heap_object(extends = Node)]
pub struct Raws {
    #[seq_cst(swap, compare_exchange)]
    word: u32,
    #[acquire_release(swap, compare_exchange)]
    signed: i32,
    #[relaxed(swap, compare_exchange)]
    float: f32,
    #[seq_cst(swap, compare_exchange)]
    short: i16,
    #[relaxed(swap, compare_exchange)]
    byte: u8,
    #[seq_cst(swap, compare_exchange)]
    truth: bool,
    #[acquire_release(swap, compare_exchange)]
    half: Bits<Half>,
    pad: Padding<2>,
}

/// Nothing here is atomic.
#[heap_object]
pub struct Plain {
    flags: SmiBits<Flags>,
    half: Bits<Half>,
    pad: Padding<6>,
    wide: Bits<Wide>,
    pad2: OptionalPadding<4>,
}

heap_classes! { pub static CLASSES = [Node, Raws, Plain]; }

const OLD: AllocationType = AllocationType::Old;
const NONE: Option<&Node> = None;

fn isolate() -> Isolate {
    Isolate::builder().classes(&CLASSES).verify(true).build().unwrap()
}

fn node<'s>(scope: &mut HandleScope<'s>, space: AllocationType) -> Handle<'s, Node> {
    let init = NodeInit { any: smi(0), next: Nil, either: smi(0), weak: Nil, number: 1, flags: Flags::new() };
    Node::try_new_in(scope, space, init).unwrap()
}

fn raws<'s>(scope: &mut HandleScope<'s>) -> Handle<'s, Raws> {
    let parent = NodeInit { any: smi(0), next: Nil, either: smi(0), weak: Nil, number: 1, flags: Flags::new() };
    let (short, byte, truth, half) = (-2, 3, false, Half::new());
    Raws::new(scope, RawsInit { parent, word: 1, signed: -1, float: 1.5, short, byte, truth, half })
}

fn same(a: Option<&Node>, b: &Node) -> bool {
    a.is_some_and(|a| core::ptr::eq(a, b))
}

#[test]
fn references_are_swapped() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (a, b) = (node(&mut scope, OLD), node(&mut scope, AllocationType::Young));
    let (raw, young) = (a.get(&scope), b.get(&scope));
    assert_eq!(raw.swap_any(young).as_smi(), Some(0));
    assert!(core::ptr::eq(raw.swap_any(smi(4)).cast::<Node>(), young));
    assert_eq!(raw.any().as_smi(), Some(4));
    assert!(raw.swap_next(young).is_none());
    assert!(same(raw.swap_next(Nil), young));
    assert_eq!(raw.swap_either(b).as_smi(), Some(0));
    assert!(raw.swap_weak(Some(young)).is_none());
    assert!(same(raw.swap_weak(NONE), young));
    assert!(raw.weak().is_none());
}

#[test]
fn references_are_exchanged_if_they_are_the_expected() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (a, b) = (node(&mut scope, OLD), node(&mut scope, AllocationType::Young));
    let (raw, young) = (a.get(&scope), b.get(&scope));
    assert_eq!(raw.compare_exchange_any(smi(1), young).unwrap_err().as_smi(), Some(0));
    assert_eq!(raw.compare_exchange_any(smi(0), b).unwrap().as_smi(), Some(0));
    assert!(core::ptr::eq(raw.compare_exchange_any(young, Smi::ZERO).unwrap().cast::<Node>(), young));
    assert!(raw.compare_exchange_next(young, raw).unwrap_err().is_none());
    assert!(raw.compare_exchange_next(Nil, young).unwrap().is_none());
    assert!(same(raw.compare_exchange_next(Some(raw), NONE).unwrap_err(), young));
    assert!(same(raw.compare_exchange_next(Some(young), NONE).unwrap(), young));
    let either = raw.either();
    assert_eq!(raw.compare_exchange_either(either, young).unwrap().as_smi(), Some(0));
    assert!(raw.compare_exchange_either(either, raw).is_err());
    assert!(raw.compare_exchange_weak(young, raw).unwrap_err().is_none());
    assert!(raw.compare_exchange_weak(Nil, young).unwrap().is_none());
    assert!(same(raw.compare_exchange_weak(Nil, raw).unwrap_err(), young));
    assert!(same(raw.compare_exchange_weak(Some(young), Nil).unwrap(), young));
    assert!(raw.weak().is_none());
}

#[test]
fn a_dead_referent_is_nil_to_compare_exchange() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (a, keeper) = (node(&mut scope, OLD), node(&mut scope, AllocationType::Young));
    {
        let mut inner = scope.nested();
        let dying = node(&mut inner, AllocationType::Young);
        assert!(a.get(&inner).compare_exchange_weak(Nil, dying).is_ok());
        inner.collect(CollectionKind::Young);
        assert!(a.get(&inner).weak().is_some());
    }
    scope.collect(CollectionKind::Full);
    let (raw, keeper) = (a.get(&scope), keeper.get(&scope));
    assert!(raw.compare_exchange_weak(keeper, raw).unwrap_err().is_none());
    assert!(raw.compare_exchange_weak(NONE, keeper).unwrap().is_none());
    assert!(same(raw.weak(), keeper));
}

/// Every way of storing into an old object remembers the slot: collections find the value, and verification would
/// see a slot that is not remembered.
#[test]
fn swap_and_compare_exchange_tell_the_collector() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    for kind in [CollectionKind::Young, CollectionKind::Full] {
        let host = node(&mut scope, OLD);
        let weakly = node(&mut scope, AllocationType::Young);
        {
            let mut inner = scope.nested();
            for way in 0..3 {
                let value = node(&mut inner, AllocationType::Young);
                let (host, value) = (host.get(&inner), value.get(&inner));
                value.set_number(way + 10);
                match way {
                    0 => assert!(host.compare_exchange_any(smi(0), value).is_ok()),
                    1 => assert!(host.swap_next(value).is_none()),
                    _ => assert!(host.compare_exchange_either(smi(0), value).is_ok()),
                }
            }
            host.get(&inner).swap_weak(weakly);
            inner.verify().unwrap();
        }
        scope.collect(kind);
        let host = host.get(&scope);
        assert_eq!(host.any().cast::<Node>().number(), 10);
        assert_eq!(host.next().unwrap().number(), 11);
        assert_eq!(host.either().cast::<Node>().number(), 12);
        assert!(same(host.weak(), weakly.get(&scope)));
    }
}

#[test]
fn a_failed_exchange_stores_nothing_and_remembers_nothing() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let (a, b) = (node(&mut scope, OLD), node(&mut scope, AllocationType::Young));
    assert!(a.get(&scope).compare_exchange_next(a, b).is_err());
    assert!(a.get(&scope).next().is_none());
    scope.verify().unwrap();
}

#[test]
fn integers_and_bits() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let raws = raws(&mut scope);
    let raw = raws.get(&scope);
    assert_eq!((raw.swap_number(-5), raw.number()), (1, -5));
    assert_eq!((raw.compare_exchange_number(-5, Smi::MIN), raw.number()), (Ok(-5), Smi::MIN.value()));
    assert_eq!(raw.compare_exchange_number(smi(3), 4), Err(Smi::MIN.value()));
    assert_eq!((raw.swap_word(u32::MAX), raw.compare_exchange_word(u32::MAX, 7)), (1, Ok(u32::MAX)));
    assert_eq!((raw.compare_exchange_word(8, 9), raw.word()), (Err(7), 7));
    assert_eq!((raw.swap_signed(i32::MIN), raw.compare_exchange_signed(i32::MIN, 7)), (-1, Ok(i32::MIN)));
    assert_eq!((raw.swap_short(i16::MIN), raw.compare_exchange_short(i16::MIN, 7)), (-2, Ok(i16::MIN)));
    assert_eq!((raw.swap_byte(255), raw.compare_exchange_byte(255, 7), raw.byte()), (3, Ok(255), 7));
    assert_eq!((raw.swap_truth(true), raw.compare_exchange_truth(true, false), raw.truth()), (false, Ok(true), false));
    assert_eq!(raw.compare_exchange_truth(true, true), Err(false));
    let full = Flags::new().with_first(true).with_number(15).with_rest(0x3ff_ffff);
    assert_eq!((raw.swap_flags(full), raw.flags()), (Flags::new(), full));
    assert_eq!(raw.compare_exchange_flags(Flags::new(), full), Err(full));
    assert_eq!((raw.compare_exchange_flags(full, Flags::new()), raw.flags()), (Ok(full), Flags::new()));
    let high = Half::new().with_high(true);
    assert_eq!((raw.swap_half(high), raw.compare_exchange_half(high, Half::new())), (Half::new(), Ok(high)));
    assert_eq!((raw.word(), raw.signed(), raw.short(), raw.byte(), raw.half()), (7, 7, 7, 7, Half::new()));
    if Smi::BITS == 31 {
        assert!(panic_message(|| raw.swap_number(i32::MAX)).contains("does not fit a Smi"));
        assert!(panic_message(|| raw.compare_exchange_number(i32::MAX, 0)).contains("does not fit a Smi"));
    }
}

#[test]
fn floats_are_compared_by_their_bits() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let raws = raws(&mut scope);
    let raw = raws.get(&scope);
    assert_eq!(raw.swap_float(f32::NAN), 1.5);
    assert!(raw.compare_exchange_float(f32::NAN, 0.0).is_ok(), "the same NaN");
    assert!(raw.compare_exchange_float(-0.0, 1.0).is_err(), "another zero");
    assert_eq!(raw.compare_exchange_float(0.0, -2.5), Ok(0.0));
    assert_eq!(raw.float(), -2.5);
}

/// Another store comes between reading and writing: with a memory order nothing is lost.
#[test]
fn atomic_updates_lose_nothing() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let raws = raws(&mut scope);
    let raw = raws.get(&scope);
    let mut calls = 0;
    let before = raw.update_flags(|flags| {
        calls += 1;
        if calls == 1 {
            raw.set_rest(77);
        }
        flags.with_number(flags.number() + 9)
    });
    assert_eq!((calls, before.rest(), before.number()), (2, 77, 0));
    assert_eq!((raw.flags().rest(), raw.flags().number()), (77, 9));
    let mut calls = 0;
    raw.update_half(|half| {
        calls += 1;
        if calls == 1 {
            raw.set_high(true);
            raw.set_low(true);
        }
        half.with_middle(0x3fff)
    });
    assert_eq!((calls, raw.half().into_bits()), (2, 0xffff));
    raw.set_middle(0);
    assert_eq!(raw.half().into_bits(), 0x8001);
    let message = panic_message(|| raw.set_middle(0x4000));
    assert!(message.contains("does not fit `Half::middle`"), "{message}");
    assert_eq!(raw.half().into_bits(), 0x8001);
}

#[test]
fn plain_updates_are_a_load_and_a_store() {
    let mut isolate = isolate();
    let mut scope = isolate.enter();
    let init = PlainInit { flags: Flags::new().with_rest(5), half: Half::new(), wide: Wide::new() };
    let plain = Plain::new(&mut scope, init);
    let raw = plain.get(&scope);
    let mut calls = 0;
    let before = raw.update_flags(|flags| {
        calls += 1;
        raw.set_rest(77);
        flags.with_first(true)
    });
    assert_eq!((calls, before.rest(), raw.rest(), raw.first()), (1, 5, 5, true), "the store between is lost");
    raw.set_upper(9);
    raw.set_lower(u32::MAX);
    assert_eq!(raw.update_wide(|wide| wide.with_lower(1)).into_bits(), 9 << 32 | 0xffff_ffff);
    assert_eq!(raw.wide().into_bits(), 9 << 32 | 1);
}

mod checked {
    use super::*;
    use heapwright::WriteBarrierMode;

    #[bitfield(u31)]
    pub struct State {
        pub is_open: bool,
        #[bits(8)]
        pub level: u8,
    }

    #[heap_object]
    pub struct Door {
        #[checked(get = self.is_open(), set = value.is_open() || value.level() == 0)]
        state: SmiBits<State>,
        is_open: bool,
        pad: Padding<3>,
        #[checked(get = self.is_open(), set = self.is_open() && value >= 0)]
        knocks: u32,
        #[checked(set = value.number_of_rooms() > 1)]
        #[seq_cst(swap, compare_exchange)]
        house: Tagged<House>,
        #[checked(set = value.is_none_or(|house| house.number_of_rooms() < 9))]
        #[relaxed(swap)]
        back: Weak<House>,
        #[checked(set = value.is_smi())]
        any: Tagged<Any>,
        #[relaxed]
        #[checked(get = self.is_open(), set = value.low())]
        half: Bits<Half>,
        pad2: Padding<2>,
        pad3: OptionalPadding<4>,
        #[checked(set = value % 2 == 0)]
        #[acquire_release(swap, compare_exchange)]
        even: Smi,
        #[debug_checked(get = false, set = false)]
        never: Tagged<Option<House>>,
        #[cfg(test)]
        #[checked(set = value.is_some(), get = self.is_open())]
        tested: Tagged<Option<House>>,
        #[cfg(not(test))]
        #[checked(set = no_such_function(value))]
        untested: Tagged<Option<House>>,
        #[constant]
        #[checked(get = self.is_open())]
        key: Smi,
    }

    #[heap_object]
    pub struct House {
        number_of_rooms: Smi,
    }

    heap_classes! { pub static CLASSES = [Door, House]; }

    fn door<'s>(scope: &mut HandleScope<'s>, house: Handle<'_, House>) -> Handle<'s, Door> {
        Door::new(
            scope,
            DoorInit {
                state: State::new(),
                is_open: true,
                knocks: 0,
                house,
                back: Nil,
                any: Smi::ZERO,
                half: Half::new(),
                even: 2,
                never: Nil,
                tested: Nil,
                key: 3,
            },
        )
    }

    #[test]
    fn conditions_see_the_object_and_the_value() {
        let mut isolate = Isolate::builder().classes(&CLASSES).verify(true).build().unwrap();
        let mut scope = isolate.enter();
        let house = House::new(&mut scope, HouseInit { number_of_rooms: 4 });
        let hut = House::new(&mut scope, HouseInit { number_of_rooms: 1 });
        let castle = House::new(&mut scope, HouseInit { number_of_rooms: 90 });
        let door = door(&mut scope, house);
        let (door, house, hut, castle) = (door.get(&scope), house.get(&scope), hut.get(&scope), castle);
        let update = WriteBarrierMode::UPDATE;

        // What holds passes.
        door.set_house(house);
        door.set_house_with_mode(house, update);
        door.set_back(hut);
        door.set_back(Nil);
        door.set_even(-4);
        door.set_knocks(7);
        door.set_any(smi(1));
        door.set_tested(hut);
        door.set_state(State::new().with_is_open(true).with_level(3));
        assert_eq!((door.knocks(), door.key(), door.state().level()), (7, 3, 3));

        // What does not names class, accessor and condition, and has stored nothing.
        let cases: [(&str, &dyn Fn()); 10] = [
            ("Door::set_house`: the condition `value.number_of_rooms() > 1`", &|| door.set_house(hut)),
            ("Door::set_house`: ", &|| door.set_house_with_mode(hut, update)),
            ("Door::swap_house`: ", &|| _ = door.swap_house(hut)),
            ("Door::compare_exchange_house`: ", &|| _ = door.compare_exchange_house(house, hut)),
            ("Door::set_back`: the condition `value.is_none_or(", &|| door.set_back(castle)),
            ("Door::swap_back`: ", &|| _ = door.swap_back(Some(castle))),
            ("Door::set_even`: the condition `value % 2 == 0` does not hold", &|| door.set_even(3)),
            ("Door::swap_even`: ", &|| _ = door.swap_even(3)),
            ("Door::compare_exchange_even`: ", &|| _ = door.compare_exchange_even(2, 3)),
            ("Door::set_tested`: the condition `value.is_some()`", &|| door.set_tested(Nil)),
        ];
        for (expected, store) in cases {
            let message = panic_message(store);
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!((door.house().number_of_rooms(), door.even()), (4, -4));
        assert!(panic_message(|| door.set_any(hut)).contains("value.is_smi()"));
        assert!(door.back().is_none() && door.tested().is_some() && door.any().is_smi());

        door.set_is_open(false);
        assert!(panic_message(|| door.knocks()).contains("`Door::knocks`: the condition `self.is_open()`"));
        assert!(panic_message(|| door.set_knocks(1)).contains("`self.is_open() && value >= 0`"));
        assert!(panic_message(|| door.tested()).contains("Door::tested"));
        assert!(panic_message(|| door.key()).contains("Door::key"));
        assert!(panic_message(|| door.level()).contains("Door::state"), "through the bit field's own accessor");
        assert!(panic_message(|| door.set_level(1)).contains("`Door::update_state`"));
        assert!(panic_message(|| door.update_state(|s| s)).contains("`Door::update_state`"));
        scope.verify().unwrap();
    }

    #[test]
    fn updates_check_what_they_would_store() {
        let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
        let mut scope = isolate.enter();
        let house = House::new(&mut scope, HouseInit { number_of_rooms: 4 });
        let door = door(&mut scope, house);
        let door = door.get(&scope);
        let message = panic_message(|| door.set_level(1));
        assert!(message.contains("`value.is_open() || value.level() == 0`"), "{message}");
        door.update_state(|state| state.with_is_open(true).with_level(1));
        assert_eq!(door.level(), 1);
        let message = panic_message(|| door.set_middle(1));
        assert!(message.contains("`Door::update_half`: the condition `value.low()`"), "{message}");
        door.set_low(true);
        door.set_middle(5);
        assert_eq!((door.low(), door.middle()), (true, 5));
        door.set_is_open(false);
        assert!(panic_message(|| door.set_middle(6)).contains("`Door::update_half`: the condition `self.is_open()`"));
    }

    #[test]
    fn debug_conditions_are_for_debug_builds() {
        let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
        let mut scope = isolate.enter();
        let house = House::new(&mut scope, HouseInit { number_of_rooms: 4 });
        let door = door(&mut scope, house);
        let door = door.get(&scope);
        if cfg!(debug_assertions) {
            assert!(panic_message(|| door.never()).contains("`Door::never`: the condition `false`"));
            assert!(panic_message(|| door.set_never(Nil)).contains("Door::set_never"));
        } else {
            door.set_never(Nil);
            assert!(door.never().is_none());
        }
    }
}

#[test]
fn the_orders_are_in_the_layout() {
    use heapwright::HeapClass;
    use heapwright::layout::Access;
    let orders: Vec<_> = Node::LAYOUT.fields.iter().map(|field| field.access).collect();
    let (relaxed, ordered, strict) = (Access::Relaxed, Access::AcquireRelease, Access::SeqCst);
    assert_eq!(orders, [strict, ordered, relaxed, strict, ordered, relaxed]);
}
