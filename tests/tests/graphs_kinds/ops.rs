//! What a case is made of.

use heapwright::prelude::*;
use proptest::prelude::*;

/// What an object is in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Packet,
    Row,
    Text,
    Short,
    Site,
    BigSite,
    Sites,
    Kind,
    Shaped,
    Table,
    Hook,
    Web,
    Code,
    /// There are as many as there were in the beginning.
    Stone,
}

/// A way to an object: which root, and which reference to follow how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path {
    pub(crate) root: u16,
    pub(crate) steps: u8,
    pub(crate) turns: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Nothing,
    Smi(i32),
    Strong(Path),
    Weak(Path),
}

/// The accessor to store with, where the field has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Set,
    Swap,
    Exchange,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    Global,
    Field(Path, u16),
    Nothing,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    New {
        class: Class,
        is_old: bool,
        size: usize,
        bits: u32,
        target: Path,
        keep: Keep,
    },
    NewOfKind {
        kind: Path,
        is_old: bool,
        target: Path,
        keep: Keep,
    },
    Copy {
        source: Path,
        is_old: bool,
        keep: Keep,
    },
    /// A list of so many members, of which every so many-th is kept by the holder.
    Sites {
        holder: Path,
        slot: u16,
        count: u8,
        keep_one_in: u8,
        keeper: Path,
    },
    Store {
        holder: Path,
        slot: u16,
        value: Value,
        how: How,
    },
    /// An entry of an object that the holder leads to: its key, and what each value becomes.
    Entry {
        holder: Path,
        entry: u16,
        key: Path,
        values: [Value; 2],
    },
    /// A table with so many entries, in which each value is the key of the entry before it; whether the last is the first key;
    /// what keeps the table, and what the first key.
    Chain {
        count: u8,
        is_ring: bool,
        places: u32,
        table: Keep,
        first: Keep,
    },
    StoreWeaklyReferred {
        holder: Path,
        slot: u16,
        from: Path,
        from_slot: u16,
    },
    Fill {
        holder: Path,
        number: u32,
    },
    MakeGlobal(Path),
    DropGlobal(u16),
    Collect(CollectionKind),
    Compare,
}

pub(crate) fn op(big: u32) -> impl Strategy<Value = Op> {
    let path = || (any::<u16>(), 0_u8..5, any::<u32>()).prop_map(|(root, steps, turns)| Path { root, steps, turns });
    let keep = || {
        prop_oneof![
            3 => Just(Keep::Global),
            5 => (path(), any::<u16>()).prop_map(|(holder, slot)| Keep::Field(holder, slot)),
            2 => Just(Keep::Nothing),
        ]
    };
    let class = prop_oneof![
        8 => Just(Class::Packet),
        3 => Just(Class::Row),
        1 => Just(Class::Text),
        2 => Just(Class::Short),
        2 => Just(Class::Site),
        2 => Just(Class::BigSite),
        2 => Just(Class::Sites),
        5 => Just(Class::Kind),
        2 => Just(Class::Shaped),
        4 => Just(Class::Table),
        2 => Just(Class::Hook),
        5 => Just(Class::Web),
        2 => Just(Class::Code),
    ];
    // Elements: a packet of 300 is too large to be young, of 2500 for a page. A `u16` counts all of them.
    let size = prop_oneof![200 => 0_usize..9, 40 => 9_usize..60, big => 250_usize..400, big => 900_usize..9000];
    let value = || {
        prop_oneof![
            1 => Just(Value::Nothing),
            1 => (-1000..1000).prop_map(Value::Smi),
            4 => path().prop_map(Value::Strong),
            4 => path().prop_map(Value::Weak),
        ]
    };
    let how = prop_oneof![Just(How::Set), Just(How::Swap), Just(How::Exchange)];
    prop_oneof![
        20 => (class, any::<bool>(), size, any::<u32>(), path(), keep())
            .prop_map(|(class, is_old, size, bits, target, keep)| Op::New { class, is_old, size, bits, target, keep }),
        10 => (path(), any::<bool>(), path(), keep())
            .prop_map(|(kind, is_old, target, keep)| Op::NewOfKind { kind, is_old, target, keep }),
        8 => (path(), any::<bool>(), keep()).prop_map(|(source, is_old, keep)| Op::Copy { source, is_old, keep }),
        4 => (path(), any::<u16>(), 1_u8..9, 1_u8..5, path()).prop_map(|(holder, slot, count, keep_one_in, keeper)| {
            Op::Sites { holder, slot, count, keep_one_in, keeper }
        }),
        14 => (path(), any::<u16>(), path(), [value(), value()])
            .prop_map(|(holder, entry, key, values)| Op::Entry { holder, entry, key, values }),
        3 => (1_u8..18, any::<bool>(), any::<u32>(), keep(), keep())
            .prop_map(|(count, is_ring, places, table, first)| Op::Chain { count, is_ring, places, table, first }),
        30 => (path(), any::<u16>(), value(), how).prop_map(|(holder, slot, value, how)| Op::Store { holder, slot, value, how }),
        5 => (path(), any::<u16>(), path(), any::<u16>())
            .prop_map(|(holder, slot, from, from_slot)| Op::StoreWeaklyReferred { holder, slot, from, from_slot }),
        3 => (path(), any::<u32>()).prop_map(|(holder, number)| Op::Fill { holder, number }),
        3 => path().prop_map(Op::MakeGlobal),
        6 => any::<u16>().prop_map(Op::DropGlobal),
        4 => Just(Op::Collect(CollectionKind::Young)),
        2 => Just(Op::Collect(CollectionKind::Full)),
        1 => Just(Op::Compare),
    ]
}
