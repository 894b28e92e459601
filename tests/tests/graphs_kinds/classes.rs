//! The declarations.

use heapwright::{Map, heap_roots, prelude::*};

/// What the model knows of an object is its number; a copy is given its own.
#[heap_object(abstract)]
pub struct Node {
    id: Smi,
}

#[heap_struct]
pub struct Link {
    to: Tagged<Any>,
    #[relaxed]
    near: Tagged<(Weak<Node>, Packet, Smi)>,
    number: Smi,
    far: Weak<Node>,
}

impl<'a> LinkRef<'a> {
    /// The fields, for as long as the object: what the view's own getters return ends with the view.
    pub(crate) fn fields(self) -> &'a Link {
        self.into()
    }
}

#[bitfield(u32)]
pub struct Parts {
    pub has_links: bool,
    pub has_note: bool,
    pub has_friend: bool,
    pub has_pair: bool,
    #[bits(4)]
    pub more: u8,
}

/// Tails and optional fields in turn, as many as its parts say.
#[heap_object(extends = Node, copy)]
pub struct Packet {
    #[constant]
    parts: Bits<Parts>,
    padding: OptionalPadding<4>,
    #[constant]
    count: Smi,
    head: Inline<Link>,
    #[acquire_release(swap, compare_exchange)]
    maybe: Tagged<MaybeObject>,
    #[length = if parts.has_links() { 2 * count } else { 0 }]
    links: [Inline<Link>],
    #[relaxed(swap, compare_exchange)]
    #[present_if = parts.has_note()]
    note: Tagged<Option<Node>>,
    #[present_if = parts.has_friend()]
    friend: Weak<Node>,
    #[seq_cst(swap, compare_exchange)]
    #[length = count]
    nears: [Tagged<(Weak<Node>, Packet, Smi)>],
    #[present_if = parts.has_pair()]
    pair: Inline<Link>,
    #[relaxed(swap, compare_exchange)]
    #[length = count / 2 + parts.more() as i32]
    weaks: [Weak<Node>],
    #[length = 3 * count + 1]
    bytes: [u8],
}

/// A raw length, for the classes below.
#[heap_object(extends = Node, abstract)]
pub struct Counted {
    #[constant]
    length: u32,
    padding: OptionalPadding<4>,
}

#[heap_object(extends = Counted, inherits(length: u32), copy)]
pub struct Row {
    #[acquire_release(swap, compare_exchange)]
    #[length = length]
    values: [Tagged<MaybeObject>],
}

#[heap_object(extends = Counted, inherits(length: u32))]
pub struct Text {
    #[length = length]
    units: [u16],
}

/// A raw length of its own, of two bytes.
#[heap_object(extends = Node)]
pub struct Short {
    #[constant]
    count: u16,
    flag: u16,
    padding: OptionalPadding<4>,
    #[length = count]
    values: [Tagged<(Node, Smi)>],
}

/// A member of weak lists.
#[heap_object(extends = Node, open)]
pub struct Site {
    #[splice = next]
    next: Weak<Site>,
    keeps: Tagged<Any>,
}

#[heap_object(extends = Site)]
pub struct BigSite {
    #[splice = next]
    other: Weak<Site>,
    number: u64,
}

/// Two weak lists.
#[heap_object(extends = Node)]
pub struct Sites {
    #[splice = next]
    first: Weak<Site>,
    plain: Weak<Site>,
    #[splice = next]
    second: Weak<Site>,
}

/// A map with fields that the collector follows.
#[heap_object(extends = Map, open)]
pub struct Kind {
    id: Smi,
    extra: Tagged<Any>,
    friend: Weak<Node>,
    maybe: Tagged<MaybeObject>,
}

/// Has a map of its own, or that of its class.
#[heap_object(extends = Node, copy)]
pub struct Shaped {
    left: Tagged<Any>,
    right: Tagged<Option<Node>>,
}

/// A value that lives as long as its key.
#[heap_struct(ephemeron)]
pub struct Pair {
    key: Weak<HeapObject>,
    value: Tagged<Any>,
}

/// Two values, and a number that stays.
#[heap_struct(ephemeron)]
pub struct Triple {
    key: Weak<Node>,
    number: Smi,
    #[relaxed]
    first: Tagged<Option<Node>>,
    second: Tagged<(Node, Smi)>,
}

impl<'a> PairRef<'a> {
    /// As for links.
    pub(crate) fn fields(self) -> &'a Pair {
        self.into()
    }
}

impl<'a> TripleRef<'a> {
    /// As for links.
    pub(crate) fn fields(self) -> &'a Triple {
        self.into()
    }
}

/// Entries one behind the other.
#[heap_object(extends = Counted, inherits(length: u32), copy)]
pub struct Table {
    #[length = length]
    entries: [Inline<Pair>],
}

/// One entry, with a slot on either side.
#[heap_object(extends = Node, open)]
pub struct Hook {
    before: Weak<Node>,
    own: Inline<Pair>,
    after: Tagged<Any>,
}

/// Entries that are inherited, in fields, in fields that some objects have, and in tails, with other slots between them.
#[heap_object(extends = Hook, copy)]
pub struct Web {
    #[constant]
    parts: Bits<Parts>,
    padding: OptionalPadding<4>,
    more: Inline<Triple>,
    #[constant]
    count: Smi,
    #[present_if = parts.has_note()]
    note: Inline<Triple>,
    #[length = count]
    triples: [Inline<Triple>],
    #[length = count / 2]
    strongs: [Tagged<Any>],
    #[present_if = parts.has_pair()]
    pair: Inline<Pair>,
    #[length = if parts.has_links() { 2 * count } else { 0 }]
    pairs: [Inline<Pair>],
    #[present_if = parts.has_friend()]
    friend: Weak<Node>,
}

/// Lies in READ_ONLY space, and never dies.
#[heap_object]
pub struct Stone {
    #[constant]
    id: Smi,
}

heap_classes! {
    pub static CLASSES = [
        Node, Packet, Counted, Row, Text, Short, Site, BigSite, Sites, Kind, Shaped, Table, Hook, Web, Stone,
    ];
}

heap_roots! {
    pub static STONES, keys in stones, getters in StoneRoots, set up by set_up_stones;
    first_stone: Stone,
    second_stone: Stone,
}

fn set_up_stones(scope: &mut HandleScope<'_>) -> Result<(), OutOfMemory> {
    let [first, second] = STONE_IDS.map(|id| Stone::try_new_in(scope, AllocationType::ReadOnly, StoneInit { id }));
    scope.set_root(stones::first_stone, first?);
    scope.set_root(stones::second_stone, second?);
    Ok(())
}

/// Their numbers, which no other object has.
pub(crate) const STONE_IDS: [i32; 2] = [-10, -11];
