//! The declarations.

use heapwright::{Map, prelude::*};

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

heap_classes! {
    pub static CLASSES = [Node, Packet, Counted, Row, Text, Short, Site, BigSite, Sites, Kind, Shaped];
}
