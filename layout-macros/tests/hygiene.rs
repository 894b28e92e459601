//! Generated code means what it says, whatever the names in scope mean: primitives and the prelude are shadowed here,
//! and a trait has by-value methods of the names that generated code calls, for every type.

#![allow(non_camel_case_types, dead_code, unused, clippy::wrong_self_convention)]

mod hostile {
    use heapwright::{Any, BitEnum, HeapObject, Smi, Tagged};
    use heapwright::{bitfield, heap_classes, heap_object};

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
        fn set_with_mode(self) {}
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

    heap_classes! { pub(super) static CLASSES = [Base, Leaf, Doubles, List]; }
}

use heapwright::prelude::*;
use hostile::{Base, BaseInit, Doubles, DoublesInit, Flags, Kind, Leaf, LeafInit, List, ListInit, Small};

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
