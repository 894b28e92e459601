// What the declaration in `list.rs` becomes, as formatted by rustfmt. Comments like this one are for readers; all else
// is what the macro makes, held to it by a test. Run `HEAPWRIGHT_EXPAND=overwrite cargo test -p heapwright-macros --lib
// tests::expand` to renew it.
//
// Names are absolute, so that the code means the same whatever is in scope where the class is declared.
use heapwright::prelude::*;

// The object itself: its bytes from the map on. Each field is a cell of the field's kind, private, so that only
// accessors reach it; and no safe code can make a cell, so that lists exist in the heap alone.
/// A linked list of numbers.
#[allow(clippy::struct_field_names)]
#[repr(C)]
pub struct List {
    // With a tagged word's alignment and no bytes; then the bytes of the class above, here those of the map.
    __align: ::heapwright::__private::AlignTagged,
    __parent: ::heapwright::__private::Inherited<{ <::heapwright::HeapObject as ::heapwright::HeapClass>::FIELDS_END }>,
    head: ::heapwright::__private::SmiField,
    tail: ::heapwright::__private::TaggedField<Option<List>>,
}

// What the heap knows of the class. In a block of its own, so that its names are nobody's.
const _: () = {
    use ::heapwright::__private as __h;
    // The class's identity is the address of this static: no central list gives out numbers.
    static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<List>(&__CLASS);
    // The layout, computed from the declaration, for both widths of pointers: the source of the collector's map of the
    // object, of the printer, the verifier and the layout docs.
    const __FIELDS: &[__h::FieldLayout] = &__h::place(
        <::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT.end(),
        [
            __h::FieldSpec::smi("head").written("Smi", 0u32, "The first number.").constant(),
            __h::FieldSpec::tagged::<Option<List>>("tail").written("Tagged<Option<List>>", 0u32, "The rest."),
        ],
    );

    #[automatically_derived]
    unsafe impl ::heapwright::HeapClass for List {
        type Parent = ::heapwright::HeapObject;
        const CLASS: &'static __h::ClassDescriptor = &__CLASS;
        const LAYOUT: &'static __h::ClassLayout = &__h::ClassLayout::new(
            "List",
            ::core::module_path!(),
            ::core::file!(),
            0u32,
            "A linked list of numbers.",
            __FIELDS,
        )
        .extends(<::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT);
    }

    // A list is a list, and whatever the class above is: `upcast`, fields that admit subclasses, checked by rustc.
    #[automatically_derived]
    unsafe impl ::heapwright::IsA<List> for List {}

    #[automatically_derived]
    #[diagnostic::do_not_recommend]
    unsafe impl<__T> ::heapwright::IsA<__T> for List where ::heapwright::HeapObject: ::heapwright::IsA<__T> {}

    // It is not `abstract`, so it has instances: `Factory` gives it `new` and its kin. An `open` class is `OpenClass`
    // too.
    unsafe impl ::heapwright::ConcreteClass for List {}

    // Methods of the classes above.
    #[automatically_derived]
    impl ::core::ops::Deref for List {
        type Target = ::heapwright::HeapObject;

        #[inline]
        fn deref(&self) -> &::heapwright::HeapObject {
            __h::upcast(self)
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for List {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::inspect::debug_object(self, f)
        }
    }

    // Proofs, evaluated when the class is compiled: each field lies where the layout says and is aligned with both
    // widths; then what concerns the class as a whole, such as its depth below `HeapObject`.
    const _: () = {
        let __layout = <List as ::heapwright::HeapClass>::LAYOUT;
        __h::check_aligned(__layout, 0);
    };

    const _: () = __h::check_class::<List>(&[List::HEAD_OFFSET, List::TAIL_OFFSET]);
};

// What users call: offsets, sizes, accessors. Each accessor is a call of the cell, which is inlined.
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl List {
    /// Byte offset of `head`.
    pub const HEAD_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(List, head);

    /// Byte offset of `tail`.
    pub const TAIL_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(List, tail);

    /// Bytes of an instance, in whole tagged words. V8: `kSize`.
    pub const SIZE: ::core::primitive::usize = <List as ::heapwright::HeapClass>::LAYOUT.instance_size();

    /// The first number.
    #[inline]
    #[must_use]
    pub fn head(&self) -> ::core::primitive::i32 {
        ::heapwright::__private::SmiField::get(&self.head)
    }

    // Reading hands the object over as well: a compressed reference is completed from the address that it is read from,
    // and borrows the object, so that it is dead when the collector may run.
    /// The rest.
    #[inline]
    #[must_use]
    pub fn tail(&self) -> ::core::option::Option<&List> {
        unsafe {
            ::heapwright::__private::TaggedField::get_optional(
                &self.tail,
                self,
                ::heapwright::__private::Ordering::Relaxed,
            )
        }
    }

    // Whatever the field's type admits: `&List`, `Handle<List>`, `Option` of them, `Nil`. The write barrier is in the
    // cell's `set`. There is no `set_head`, as it is constant.
    /// Sets `tail`.
    #[inline]
    #[track_caller]
    pub fn set_tail<__I>(&self, value: impl ::heapwright::Admits<Option<List>, __I>) {
        unsafe { ::heapwright::__private::TaggedField::set(&self.tail, self, value) }
    }
}

// The values of a new list. A parameter for each tagged field, so that handles and references are taken as they are.
/// The fields of a new [`List`].
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct ListInit<TailValue> {
    /// The value of [`head`](List::head).
    pub head: ::core::primitive::i32,
    /// The value of [`tail`](List::tail).
    pub tail: TailValue,
}

// How they get into a new object. `check` is called before memory is taken, `write` when it is there; between the two
// the collector may move what the values refer to, which is why they are handles, read in `write`.
#[automatically_derived]
unsafe impl<TailValue, __I0> ::heapwright::Init<List, (__I0,)> for ListInit<TailValue>
where
    TailValue: ::heapwright::Admits<Option<List>, __I0>,
{
    #[inline]
    #[track_caller]
    unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
        unsafe {
            let this: &List = ::heapwright::__private::ObjectAddress::as_ref(object);
            ::heapwright::__private::SmiField::init(&this.head, self.head);
            ::heapwright::__private::TaggedField::init::<__I0>(&this.tail, self.tail);
        }
    }
}
