//! Reading and writing all slots of an object, whatever its class.

use super::classes::*;
use super::ops::{Class, How};
use heapwright::code::InstructionStream;
use heapwright::tagged::MaybeWeakType;
use heapwright::{MaybeWeak, prelude::*};

/// What the model holds in a slot. A weak reference to what has died is `Nothing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    Smi(i32),
    Strong(i32),
    Weak(i32),
    /// The key of an ephemeron, and how many of the next slots are its values.
    Key(Option<i32>, usize),
}

/// What the heap holds in a slot.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    Nothing,
    Smi(i32),
    Strong(&'a HeapObject),
    Weak(&'a HeapObject),
    Key(Option<&'a HeapObject>, usize),
}

impl<'a> Seen<'a> {
    pub(crate) fn object(self) -> Option<&'a HeapObject> {
        match self {
            Seen::Strong(object) | Seen::Weak(object) => Some(object),
            Seen::Key(key, _) => key,
            Seen::Nothing | Seen::Smi(_) => None,
        }
    }

    pub(crate) fn held(self) -> Held {
        match self {
            Seen::Nothing => Held::Nothing,
            Seen::Smi(n) => Held::Smi(n),
            Seen::Strong(object) => Held::Strong(id(object)),
            Seen::Weak(object) => Held::Weak(id(object)),
            Seen::Key(key, values) => Held::Key(key.map(id), values),
        }
    }
}

pub(crate) fn id(object: &HeapObject) -> i32 {
    match_class!(match object {
        Node(node) => node.id(),
        Kind(kind) => kind.id(),
        Stone(stone) => stone.id(),
        InstructionStream(code) => {
            i32::from_le_bytes(core::array::from_fn(|i| code.body(i)))
        }
        other => panic!("a {}", other.class().name()),
    })
}

/// Whether an object is one that the model has, and not ballast or a part of the isolate.
pub(crate) fn is_known(object: &HeapObject) -> bool {
    match_class!(match object {
        Node(node) => node.id() >= 0,
        Kind(_) | Stone(_) | InstructionStream(_) => true,
        _ => false,
    })
}

pub(crate) fn class_of(object: &HeapObject) -> Class {
    match_class!(match object {
        Packet(_) => Class::Packet,
        Row(_) => Class::Row,
        Text(_) => Class::Text,
        Short(_) => Class::Short,
        BigSite(_) => Class::BigSite,
        Site(_) => Class::Site,
        Sites(_) => Class::Sites,
        Shaped(_) => Class::Shaped,
        Kind(_) => Class::Kind,
        Table(_) => Class::Table,
        Web(_) => Class::Web,
        Hook(_) => Class::Hook,
        InstructionStream(_) => Class::Code,
        Stone(_) => Class::Stone,
        other => panic!("a {}", other.class().name()),
    })
}

pub(crate) fn seen_any(value: Tagged<'_, Any>) -> Seen<'_> {
    value.as_smi().map_or_else(|| Seen::Strong(value.as_object().unwrap()), Seen::Smi)
}

pub(crate) fn seen_option(value: Option<&Node>) -> Seen<'_> {
    value.map_or(Seen::Nothing, |node| Seen::Strong(node.as_heap_object()))
}

pub(crate) fn seen_weak(value: Option<&Node>) -> Seen<'_> {
    value.map_or(Seen::Nothing, |node| Seen::Weak(node.as_heap_object()))
}

pub(crate) fn seen_site(value: Option<&Site>) -> Seen<'_> {
    value.map_or(Seen::Nothing, |site| Seen::Weak(site.as_heap_object()))
}

pub(crate) fn seen_maybe<U: MaybeWeakType>(value: MaybeWeak<'_, U>) -> Seen<'_> {
    if let Some(n) = value.as_smi() {
        return Seen::Smi(n);
    }
    match (value.as_strong(), value.as_weak()) {
        (Some(object), None) => Seen::Strong(object),
        (None, Some(object)) => Seen::Weak(object),
        (None, None) => Seen::Nothing,
        (Some(_), Some(_)) => panic!("both strong and weak"),
    }
}

/// Stores a value as each slot's declaration admits it. Evaluates to what was stored; `None` if it is not admitted.
macro_rules! admit {
    ($value:expr, [$($sort:ident),*], |$v:ident| $store:expr) => {
        match $value {
            $(admit!(@pattern $sort) if admit!(@admits $sort $value) => {
                let $v = admit!(@value $sort $value);
                $store;
                Some($value)
            })*
            #[allow(unreachable_patterns)]
            _ => None,
        }
    };
    (@pattern Nil) => { Seen::Nothing };
    (@pattern None) => { Seen::Nothing };
    (@pattern NoSite) => { Seen::Nothing };
    (@pattern NoObject) => { Seen::Nothing };
    (@pattern Smi) => { Seen::Smi(_) };
    (@pattern Object) => { Seen::Strong(_) };
    (@pattern Node) => { Seen::Strong(_) };
    (@pattern SomeNode) => { Seen::Strong(_) };
    (@pattern Packet) => { Seen::Strong(_) };
    (@pattern WeakObject) => { Seen::Weak(_) };
    (@pattern WeakNode) => { Seen::Weak(_) };
    (@pattern SomeWeakNode) => { Seen::Weak(_) };
    (@pattern SomeWeakSite) => { Seen::Weak(_) };
    (@pattern SomeWeakObject) => { Seen::Weak(_) };
    (@admits Packet $value:expr) => { $value.object().unwrap().is::<Packet>() };
    (@admits Node $value:expr) => { $value.object().unwrap().is::<Node>() };
    (@admits SomeNode $value:expr) => { $value.object().unwrap().is::<Node>() };
    (@admits WeakNode $value:expr) => { $value.object().unwrap().is::<Node>() };
    (@admits SomeWeakNode $value:expr) => { $value.object().unwrap().is::<Node>() };
    (@admits SomeWeakSite $value:expr) => { $value.object().unwrap().is::<Site>() };
    (@admits $sort:ident $value:expr) => { true };
    (@value Nil $value:expr) => { Nil };
    (@value None $value:expr) => { None::<&Node> };
    (@value NoSite $value:expr) => { None::<&Site> };
    (@value NoObject $value:expr) => { None::<&HeapObject> };
    (@value SomeWeakObject $value:expr) => { $value.object() };
    (@value Smi $value:expr) => {{
        let Seen::Smi(n) = $value else { unreachable!() };
        smi(n)
    }};
    (@value Object $value:expr) => { $value.object().unwrap() };
    (@value Node $value:expr) => { $value.object().unwrap().cast::<Node>() };
    (@value SomeNode $value:expr) => { Some($value.object().unwrap().cast::<Node>()) };
    (@value Packet $value:expr) => { $value.object().unwrap().cast::<Packet>() };
    (@value WeakObject $value:expr) => { Weakly($value.object().unwrap()) };
    (@value WeakNode $value:expr) => { Weakly($value.object().unwrap().cast::<Node>()) };
    (@value SomeWeakNode $value:expr) => { Some($value.object().unwrap().cast::<Node>()) };
    (@value SomeWeakSite $value:expr) => { Some($value.object().unwrap().cast::<Site>()) };
}

/// Stores a value: what was stored, or `None` if the slot does not take it.
pub(crate) type Put<'p, 'a> = &'p dyn Fn(Seen<'a>, How) -> Option<Seen<'a>>;

/// A number that is stored nowhere, so that an exchange that expects it fails.
pub(crate) const STRANGER: i32 = -77_777;

/// Calls `visit` with what each slot holds, in a fixed order, and with a function that stores into it.
pub(crate) fn slots<'a>(object: &'a HeapObject, visit: &mut dyn FnMut(Seen<'a>, Put<'_, 'a>)) {
    match_class!(match object {
        Packet(packet) => {
            visit_link(packet.head(), visit);
            let now = seen_maybe(packet.maybe());
            visit(now, &|value, how| {
                admit!(value, [Nil, Smi, Object, WeakObject], |v| match how {
                    How::Set => packet.set_maybe(v),
                    How::Swap => assert_eq!(seen_maybe(packet.swap_maybe(v)).held(), now.held()),
                    How::Exchange => {
                        let found = packet.compare_exchange_maybe(smi(STRANGER), v).unwrap_err();
                        assert_eq!(seen_maybe(found).held(), now.held());
                        assert!(packet.compare_exchange_maybe(packet.maybe(), v).is_ok());
                    }
                })
            });
            (0..packet.links_len()).for_each(|i| visit_link(packet.links(i), visit));
            if let Some(note) = packet.note() {
                visit(seen_option(note), &|value, how| {
                    admit!(value, [None, SomeNode], |v| match how {
                        How::Set => packet.set_note(v),
                        How::Swap => assert_eq!(seen_option(packet.swap_note(v)).held(), seen_option(note).held()),
                        How::Exchange => assert!(packet.compare_exchange_note(note, v).is_ok()),
                    })
                });
            }
            if let Some(friend) = packet.friend() {
                visit(seen_weak(friend), &|value, _| admit!(value, [None, SomeWeakNode], |v| packet.set_friend(v)));
            }
            for i in 0..packet.nears_len() {
                let now = seen_maybe(packet.nears(i));
                visit(now, &|value, how| {
                    admit!(value, [Nil, Smi, Packet, WeakNode], |v| match how {
                        How::Set => packet.set_nears(i, v),
                        How::Swap => assert_eq!(seen_maybe(packet.swap_nears(i, v)).held(), now.held()),
                        How::Exchange => {
                            let found = packet.compare_exchange_nears(i, smi(STRANGER), v).unwrap_err();
                            assert_eq!(seen_maybe(found).held(), now.held());
                            assert!(packet.compare_exchange_nears(i, packet.nears(i), v).is_ok());
                        }
                    })
                });
            }
            if let Some(pair) = packet.pair() {
                visit_link(pair, visit);
            }
            for i in 0..packet.weaks_len() {
                let now = packet.weaks(i);
                visit(seen_weak(now), &|value, how| {
                    admit!(value, [None, SomeWeakNode], |v| match how {
                        How::Set => packet.set_weaks(i, v),
                        How::Swap => assert_eq!(seen_weak(packet.swap_weaks(i, v)).held(), seen_weak(now).held()),
                        How::Exchange => assert!(packet.compare_exchange_weaks(i, now, v).is_ok()),
                    })
                });
            }
        }
        Row(row) => {
            for i in 0..row.values_len() {
                let now = seen_maybe(row.values(i));
                visit(now, &|value, how| {
                    admit!(value, [Nil, Smi, Object, WeakObject], |v| match how {
                        How::Set => row.set_values(i, v),
                        How::Swap => assert_eq!(seen_maybe(row.swap_values(i, v)).held(), now.held()),
                        How::Exchange => assert!(row.compare_exchange_values(i, row.values(i), v).is_ok()),
                    })
                });
            }
        }
        Short(short) => {
            for i in 0..short.values_len() {
                let now = seen_any(short.values(i).to_any());
                visit(now, &|value, _| admit!(value, [Smi, Node], |v| short.set_values(i, v)));
            }
        }
        Site(member) => {
            visit(seen_site(member.next()), &|value, _| admit!(value, [NoSite, SomeWeakSite], |v| member.set_next(v)));
            visit(seen_any(member.keeps()), &|value, _| admit!(value, [Smi, Object], |v| member.set_keeps(v)));
            if let Some(member) = member.try_cast::<BigSite>() {
                visit(seen_site(member.other()), &|value, _| {
                    admit!(value, [NoSite, SomeWeakSite], |v| member.set_other(v))
                });
            }
        }
        Sites(list) => {
            visit(seen_site(list.first()), &|value, _| admit!(value, [NoSite, SomeWeakSite], |v| list.set_first(v)));
            visit(seen_site(list.plain()), &|value, _| admit!(value, [NoSite, SomeWeakSite], |v| list.set_plain(v)));
            visit(seen_site(list.second()), &|value, _| admit!(value, [NoSite, SomeWeakSite], |v| list.set_second(v)));
        }
        Shaped(shaped) => {
            visit(seen_any(shaped.left()), &|value, _| admit!(value, [Smi, Object], |v| shaped.set_left(v)));
            visit(seen_option(shaped.right()), &|value, _| admit!(value, [None, SomeNode], |v| shaped.set_right(v)));
            if let Some(kind) = shaped.map().try_cast::<Kind>() {
                visit(Seen::Strong(kind.as_heap_object()), &|_, _| None);
            }
        }
        Table(table) => (0..table.entries_len()).for_each(|i| visit_pair(table.entries(i), visit)),
        Hook(hook) => {
            visit(seen_weak(hook.before()), &|value, _| admit!(value, [None, SomeWeakNode], |v| hook.set_before(v)));
            visit_pair(hook.own(), visit);
            visit(seen_any(hook.after()), &|value, _| admit!(value, [Smi, Object], |v| hook.set_after(v)));
            if let Some(web) = hook.try_cast::<Web>() {
                visit_web(web, visit);
            }
        }
        Kind(kind) => {
            visit(seen_any(kind.extra()), &|value, _| admit!(value, [Smi, Object], |v| kind.set_extra(v)));
            visit(seen_weak(kind.friend()), &|value, _| admit!(value, [None, SomeWeakNode], |v| kind.set_friend(v)));
            visit(seen_maybe(kind.maybe()), &|value, _| {
                admit!(value, [Nil, Smi, Object, WeakObject], |v| kind.set_maybe(v))
            });
        }
        _ => {}
    });
}

pub(crate) fn visit_link<'a>(link: LinkRef<'a>, visit: &mut dyn FnMut(Seen<'a>, Put<'_, 'a>)) {
    let cells = link.fields();
    visit(seen_any(cells.to()), &|value, _| admit!(value, [Smi, Object], |v| link.set_to(v)));
    visit(seen_maybe(cells.near()), &|value, _| admit!(value, [Nil, Smi, Packet, WeakNode], |v| link.set_near(v)));
    visit(seen_weak(cells.far()), &|value, _| admit!(value, [None, SomeWeakNode], |v| link.set_far(v)));
}

/// What a web has more than a hook.
fn visit_web<'a>(web: &'a Web, visit: &mut dyn FnMut(Seen<'a>, Put<'_, 'a>)) {
    visit_triple(web.more(), visit);
    if let Some(note) = web.note() {
        visit_triple(note, visit);
    }
    (0..web.triples_len()).for_each(|i| visit_triple(web.triples(i), visit));
    for i in 0..web.strongs_len() {
        visit(seen_any(web.strongs(i)), &|value, _| admit!(value, [Smi, Object], |v| web.set_strongs(i, v)));
    }
    if let Some(pair) = web.pair() {
        visit_pair(pair, visit);
    }
    (0..web.pairs_len()).for_each(|i| visit_pair(web.pairs(i), visit));
    if let Some(friend) = web.friend() {
        visit(seen_weak(friend), &|value, _| admit!(value, [None, SomeWeakNode], |v| web.set_friend(v)));
    }
}

fn visit_pair<'a>(pair: PairRef<'a>, visit: &mut dyn FnMut(Seen<'a>, Put<'_, 'a>)) {
    let cells = pair.fields();
    visit(Seen::Key(cells.key(), 1), &|value, _| {
        let stored = admit!(value, [NoObject, SomeWeakObject], |v| pair.set_key(v));
        stored.map(|stored| Seen::Key(stored.object(), 1))
    });
    visit(seen_any(cells.value()), &|value, _| admit!(value, [Smi, Object], |v| pair.set_value(v)));
}

fn visit_triple<'a>(triple: TripleRef<'a>, visit: &mut dyn FnMut(Seen<'a>, Put<'_, 'a>)) {
    let cells = triple.fields();
    visit(Seen::Key(cells.key().map(Node::as_heap_object), 2), &|value, _| {
        let stored = admit!(value, [None, SomeWeakNode], |v| triple.set_key(v));
        stored.map(|stored| Seen::Key(stored.object(), 2))
    });
    visit(seen_option(cells.first()), &|value, _| admit!(value, [None, SomeNode], |v| triple.set_first(v)));
    visit(seen_any(cells.second().to_any()), &|value, _| admit!(value, [Smi, Node], |v| triple.set_second(v)));
}

pub(crate) fn seen(object: &HeapObject) -> Vec<Seen<'_>> {
    let mut all = Vec::new();
    slots(object, &mut |seen, _| all.push(seen));
    all
}

/// Whether a slot of a class closes up when its referent dies.
pub(crate) fn is_spliced(class: Class, slot: usize) -> bool {
    matches!((class, slot), (Class::Site | Class::BigSite, 0) | (Class::BigSite, 2) | (Class::Sites, 0 | 2))
}

/// Writes all that is not tagged, and asserts it again.
pub(crate) fn raw(object: &HeapObject, number: u32, is_store: bool) {
    macro_rules! number {
        ($set:expr, $get:expr, $value:expr) => {
            if is_store { $set } else { assert_eq!($get, $value) }
        };
    }
    match_class!(match object {
        Packet(packet) => {
            let kind = (number >> 4) as i32;
            for link in packet.links_iter().chain([packet.head()]).chain(packet.pair()) {
                number!(link.set_number(kind), link.number(), kind);
            }
            for i in 0..packet.bytes_len() {
                let byte = number as u8 ^ i as u8;
                number!(packet.set_bytes(i, byte), packet.bytes(i), byte);
            }
        }
        Text(text) => {
            for i in 0..text.units_len() {
                let unit = number as u16 ^ i as u16;
                number!(text.set_units(i, unit), text.units(i), unit);
            }
        }
        Short(short) => number!(short.set_flag(number as u16), short.flag(), number as u16),
        Web(web) => {
            let kind = (number >> 4) as i32;
            for triple in web.triples_iter().chain([web.more()]).chain(web.note()) {
                number!(triple.set_number(kind), triple.number(), kind);
            }
        }
        InstructionStream(code) => {
            let padding = (4..code.instruction_size() as usize).all(|i| code.body(i) == 0x90);
            assert!(padding && code.is_executable());
        }
        BigSite(site) => number!(site.set_number(u64::from(number) << 9), site.number(), u64::from(number) << 9),
        _ => {}
    });
}

/// What the sizes of its tails are, by the numbers that it was made with.
pub(crate) fn check_shape(object: &HeapObject, size: usize, bits: u32) {
    match_class!(match object {
        Packet(packet) => {
            let parts = parts(bits);
            assert_eq!((packet.parts(), packet.count()), (parts, size as i32));
            assert_eq!(packet.links_len(), if parts.has_links() { 2 * size } else { 0 });
            let present = (packet.note().is_some(), packet.friend().is_some(), packet.pair().is_some());
            assert_eq!(present, (parts.has_note(), parts.has_friend(), parts.has_pair()));
            assert_eq!((packet.nears_len(), packet.bytes_len()), (size, 3 * size + 1));
            assert_eq!(packet.weaks_len(), size / 2 + usize::from(parts.more()));
        }
        Table(table) => assert_eq!((table.length(), table.entries_len()), (size as u32, size)),
        Web(web) => {
            let parts = parts(bits);
            assert_eq!((web.parts(), web.count()), (parts, size as i32));
            let present = (web.note().is_some(), web.friend().is_some(), web.pair().is_some());
            assert_eq!(present, (parts.has_note(), parts.has_friend(), parts.has_pair()));
            assert_eq!((web.triples_len(), web.strongs_len()), (size, size / 2));
            assert_eq!(web.pairs_len(), if parts.has_links() { 2 * size } else { 0 });
        }
        InstructionStream(code) => assert_eq!(code.instruction_size() as usize, instructions(0, size).len()),
        Row(row) => assert_eq!((row.length(), row.values_len()), (size as u32, size)),
        Text(text) => assert_eq!((text.length(), text.units_len()), (size as u32, size)),
        Short(short) => assert_eq!((usize::from(short.count()), short.values_len()), (size, size)),
        _ => {}
    });
}

/// What no processor is asked to run: a number, and bytes that follow from nothing but how many there are.
pub(crate) fn instructions(id: i32, size: usize) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    bytes.resize(6 + 16 * size, 0x90);
    bytes
}

pub(crate) fn parts(bits: u32) -> Parts {
    Parts::from_bits(bits & 0xff)
}
