//! Generated code means what it says, whatever the names in scope mean: primitives and the prelude are shadowed here,
//! and a trait has by-value methods of the names that generated code calls, for every type.

#![allow(non_camel_case_types, dead_code, unused, clippy::wrong_self_convention)]

mod hostile {
    use heapwright::{Any, BitEnum, HandleScope, HeapObject, OutOfMemory, Smi, Tagged};
    use heapwright::{bitfield, context_slots, field_offsets, heap_classes, heap_object, heap_roots};
    use heapwright::{isolate_slots, match_class};

    pub(super) type u8 = ::core::primitive::u64;
    pub(super) type u16 = ::core::primitive::u8;
    pub(super) type u32 = ::core::primitive::u8;
    pub(super) type u64 = ();
    pub(super) type i32 = ();
    pub(super) type i64 = ();
    pub(super) type f64 = ::core::primitive::u8;
    pub(super) type usize = ::core::primitive::u8;
    pub(super) type bool = ::core::primitive::u64;
    pub(super) type str = ();
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Option;
    struct Result;
    struct Clone;
    struct Copy;
    struct Sized;
    struct Debug;
    struct Default;
    struct From;
    struct ExactSizeIterator;
    mod core {}
    mod std {}

    /// Would be found first wherever generated code called a method of such a name.
    pub(super) trait Everything: ::core::marker::Sized {
        fn get(self) {}
        fn get_relaxed(self) {}
        fn get_acquire(self) {}
        fn set(self) {}
        fn set_relaxed(self) {}
        fn set_release(self) {}
        fn init(self) {}
        fn of(self) {}
        fn get_seq_cst(self) {}
        fn set_seq_cst(self) {}
        fn swap(self) {}
        fn compare_exchange(self) {}
        fn update(self) {}
        fn copied(self) {}
        fn stored(self) {}
        fn is_ok(self) {}
        fn value(self) {}
        fn holds(self) {}
        fn len(self) {}
        fn iter(self) {}
        fn word(self) {}
        fn check(self) {}
        fn write(self) {}
        fn as_slice(self) {}
        fn as_cells(self) {}
        fn as_ref(self) {}
        fn as_object(self) {}
        fn into_smi(self) {}
        fn into_bits(self) {}
        fn from_bits(self) {}
        fn from_storage(self) {}
        fn into_storage(self) {}
        fn unwrap_or_else(self) {}
        fn instance_size(self) {}
        fn header_size(self) {}
        fn size_for(self) {}
        fn end(self) {}
        fn try_new(self) {}
        fn try_from_bits(self) {}
        fn cell(self) {}
        fn cells(self) {}
        fn optional(self) {}
        fn present(self) {}
        fn map(self) {}
        fn tails(self) {}
        fn size_with(self) {}
        fn saturating_add(self) {}
        fn saturating_mul(self) {}
        fn offset(self) {}
        fn host(self) {}
        fn init_raw(self) {}
        fn tail_len(self) {}
        fn bits(self) {}
        fn all(self) {}
        fn from_bits_retain(self) {}
        fn try_allocate(self) {}
        fn name(self) {}
        fn doc(self) {}
        fn line(self) {}
        fn type_name(self) {}
    }
    impl<T> Everything for T {}

    #[derive(BitEnum, ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq)]
    #[repr(u8)]
    pub(super) enum Kind {
        None,
        Some,
        Ok,
    }

    #[bitfield(u8)]
    pub(super) struct Small {
        #[bits(2)]
        pub(super) kind: Kind,
        pub(super) flag: bool,
        #[bits(3)]
        pub(super) signed: i8,
    }

    #[bitfield(u31)]
    pub(super) struct Flags {
        #[bits(9)]
        pub(super) wide: u16,
        #[bits(6, nested)]
        pub(super) small: Small,
        #[bits(3)]
        pub(super) absolute: ::core::primitive::u8,
    }

    #[bitfield(u64)]
    pub(super) struct Many {
        #[bits(2)]
        pub(super) kinds: [Kind; 3],
        #[bits(6, nested)]
        pub(super) smalls: [Small; 2],
        #[bits(4, flags, at = 40)]
        pub(super) set: super::Set,
        #[bits(1, ignored)]
        __: (),
        #[bits(3)]
        pub(super) index: [i8; 2],
    }

    heapwright::define_bit_fields! {
        pub(super) u32 {
            Bytes: u8, 4;
            Truth: bool, 1;
            Third: Kind, 2;
            Fourth: super::Set, 4, flags;
        }
    }

    heapwright::define_bit_ranges! {
        pub(super) Ranges: u32 after Fourth { REST: 5; }
    }

    #[heap_object(open)]
    pub(super) struct Base {
        other: Tagged<HeapObject>,
        first: u32,
        padding: Padding<{ 2 + 2 }>,
    }

    #[heap_object(extends = Base)]
    pub(super) struct Leaf {
        reference: Weak<HeapObject>,
        small: Bits<Small>,
        flag: bool,
        half: u16,
        single: ::core::primitive::f32,
        #[acquire_release(swap, compare_exchange)]
        flags: SmiBits<Flags>,
        #[relaxed(swap, compare_exchange)]
        #[observed]
        #[checked(set = value != 0)]
        relaxed: u32,
        filler: OptionalPadding<4>,
        #[seq_cst(swap, compare_exchange)]
        #[debug_checked(get = self.length() == 3, set = value < 8)]
        number: Smi,
        #[constant]
        length: Smi,
        #[length = length]
        bytes: [u8],
    }

    #[heap_object]
    pub(super) struct Doubles {
        #[constant]
        length: Smi,
        #[length = length]
        values: [f64],
    }

    #[heap_object]
    pub(super) struct List {
        #[acquire_release(swap, compare_exchange)]
        #[observed]
        #[checked(set = !value.is::<List>())]
        one: Tagged<(List, Smi)>,
        #[constant]
        length: Smi,
        #[length = length]
        items: [Tagged<Any>],
    }

    #[::heapwright::heap_struct]
    pub(super) struct Pair {
        left: Tagged<Any>,
        right: Weak<List>,
        either: Tagged<(Weak<List>, List, Smi)>,
        #[constant]
        bits: SmiBits<Flags>,
    }

    #[::heapwright::heap_struct]
    pub(super) struct Range {
        start: u32,
        end: u32,
        place: External<u64>,
    }

    #[heap_object(abstract)]
    pub(super) struct Counted {
        #[constant]
        count: u16,
        padding: Padding<2>,
        padding_2: OptionalPadding<4>,
    }

    #[heap_object(extends = Counted, inherits(count: u16))]
    pub(super) struct Everywhere {
        #[constant]
        flags: SmiBits<Flags>,
        pair: Inline<Pair>,
        #[default = ::heapwright::Nil]
        maybe: Tagged<MaybeObject>,
        #[default = 7]
        number: Smi,
        #[constant]
        #[present_if = flags.small().flag()]
        more: Smi,
        #[present_if = count > 3]
        #[observed]
        either: Tagged<(Weak<List>, Smi)>,
        #[length = match more { ::core::option::Option::Some(more) => more, ::core::option::Option::None => 2 }]
        #[acquire_release(swap, compare_exchange)]
        #[checked(set = !value.is::<List>())]
        items: [Tagged<Any>],
        #[length = count + 1]
        pairs: [Inline<Pair>],
        #[length = count]
        smis: [Smi],
        #[length = count]
        bits: [SmiBits<Flags>],
        #[length = count]
        bytes: [u8],
    }

    heap_classes! { pub(super) static CLASSES = [Base, Leaf, Doubles, List, Counted, Everywhere]; }

    field_offsets! {
        pub(super) from 4;
        number: 4,
        list: 2 * 4,
        SIZE: 0,
    }

    context_slots! {
        pub(super) impl List::items {
            number: Smi,
            list: List,
        }
    }

    context_slots! {
        pub(super) trait Slots for List::items[List::SLOTS_END..] {
            either: (List, Smi),
        }
    }

    heap_roots! {
        pub(super) static ROOTS, keys in pub(super) key, getters in Roots, set up by set_up;
        limit: Smi,
    }

    fn set_up(scope: &mut HandleScope<'_>) -> ::core::result::Result<(), OutOfMemory> {
        scope.set_root(key::limit, 3);
        ::core::result::Result::Ok(())
    }

    isolate_slots! {
        pub(super) static SLOTS, accessors in IsolateAccess;
        count: ::core::primitive::u32 = 0,
        name: &'static ::core::primitive::str = "",
    }

    pub(super) fn length(value: Tagged<'_, (List, Leaf, Smi)>) -> ::core::primitive::i32 {
        match_class!(match value {
            List(list) if false => 0,
            Leaf(_) | List(_) => 1,
            Smi(n) => n,
        })
    }
}

use heapwright::prelude::*;
use hostile::{Base, BaseInit, Doubles, DoublesInit, Flags, Kind, Leaf, LeafInit, List, ListInit, Small};
use hostile::{Bytes, Fourth, Many, Ranges, Third};

bitflags::bitflags! {
    /// A set.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Set: u8 {
        /// One.
        const A = 1;
        /// Another.
        const B = 8;
    }
}

#[test]
fn shadowed_names_change_no_bits() {
    let small = Small::new().with_kind(Kind::Ok);
    let many = Many::new().with_kinds(1, Kind::Some).with_smalls(1, small).with_set(Set::B).with_index(1, -4);
    assert_eq!((many.kinds(1), many.smalls(1).kind(), many.set(), many.index(1)), (Kind::Some, Kind::Ok, Set::B, -4));
    assert_eq!(Many::try_from_bits(many.into_bits()).map(Many::into_bits), Ok(many.into_bits()));
    assert!(format!("{many:?}").contains("set: B, index: [0, -4]"), "{many:?}");
    assert_eq!((Bytes::MAX, Third::SHIFT, Ranges::REST_SHIFT, Ranges::REST_MASK), (15, 5, 11, 0x1f << 11));
    assert_eq!(Fourth::decode(Fourth::encode(Set::A)), Set::A);
}

#[test]
fn shadowed_names_change_nothing() {
    let mut isolate = Isolate::builder().classes(&hostile::CLASSES).build().unwrap();
    let mut scope = isolate.enter();
    let small = Small::new().with_kind(Kind::Ok).with_flag(true).with_signed(-3);
    let flags = Flags::new().with_wide(300).with_small(small).with_absolute(5);
    let list = List::new(&mut scope, ListInit { one: Smi::new(3), items: &[Smi::new(1), Smi::new(2)] });
    let parent = BaseInit { other: list, first: 0xffff_fff0 };
    let leaf = Leaf::new(
        &mut scope,
        LeafInit {
            parent,
            reference: list,
            small,
            flag: true,
            half: 0xfff0,
            single: 1.5,
            flags,
            relaxed: 0x1234_5678,
            number: -7,
            bytes: &[1_u8, 2, 255],
        },
    );
    let doubles = Doubles::new(&mut scope, DoublesInit { values: &[0.5, f64::MAX] });
    let leaf = leaf.get(&scope);
    assert_eq!((leaf.first(), leaf.half(), leaf.relaxed(), leaf.number()), (0xffff_fff0, 0xfff0, 0x1234_5678, -7));
    assert_eq!((leaf.small().kind(), leaf.small().signed(), leaf.flags().wide()), (Kind::Ok, -3, 300));
    assert_eq!((leaf.flag(), leaf.single(), leaf.bytes_len(), leaf.bytes(2)), (true, 1.5, 3, 255));
    leaf.set_bytes(1, 254);
    assert_eq!(leaf.bytes_iter().collect::<Vec<u8>>(), [1, 254, 255]);
    assert_eq!((leaf.swap_relaxed(7), leaf.compare_exchange_relaxed(7, 8), leaf.relaxed()), (0x1234_5678, Ok(7), 8));
    assert_eq!((leaf.swap_number(5), leaf.compare_exchange_number(4, 3), leaf.number()), (-7, Err(5), 5));
    leaf.update_flags(|flags| flags.with_absolute(6));
    assert_eq!((leaf.flags().absolute(), leaf.flags().wide()), (6, 300));
    assert_eq!(list.get(&scope).swap_one(Smi::new(4)).as_smi(), Some(3));
    assert_eq!(doubles.get(&scope).values(1), f64::MAX);
    assert_eq!(list.get(&scope).items_len(), 2);
    assert_eq!(size_of::<Small>(), 1);
    assert_eq!(Base::FIRST_OFFSET + 4, Base::SIZE - 4);
}

#[test]
fn shadowed_names_change_no_list() {
    use hostile::{IsolateAccess, Roots, Slots};
    let builder = Isolate::builder().classes(&hostile::CLASSES).roots(&hostile::ROOTS).slots(&hostile::SLOTS);
    let mut isolate = builder.build().unwrap();
    let mut scope = isolate.enter();
    let list = List::new(&mut scope, ListInit { one: Smi::new(3), items: &[Smi::new(1), Smi::new(2), Smi::new(4)] });
    let list = list.get(&scope);
    list.set_number(8);
    list.set_list(list);
    assert_eq!((list.number(), list.list().items_len(), list.either().as_smi()), (8, 3, Some(4)));
    assert_eq!((List::SLOT_COUNT, List::LIST_INDEX, List::EITHER_INDEX), (2, 1, 2));
    let narrow = |value: Tagged<'_, Any>| value.try_narrow::<(List, Leaf, Smi)>().map(hostile::length);
    assert_eq!((narrow(list.as_tagged()), narrow(Smi::new(7).into())), (Some(1), Some(7)));
    assert_eq!((scope.limit(), *scope.count(), *scope.name()), (3, 0, ""));
    scope.set_count(scope.limit() as u32);
    assert_eq!(*scope.count(), 3);
    assert_eq!((hostile::NUMBER_OFFSET, hostile::LIST_OFFSET, hostile::SIZE), (4, 8, 16));
}
