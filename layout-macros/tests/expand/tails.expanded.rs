use heapwright::prelude::*;

#[allow(clippy::struct_field_names)]
#[repr(C)]
pub struct Names {
    __align: ::heapwright::__private::AlignTagged,
    __parent: ::heapwright::__private::Inherited<{ <::heapwright::HeapObject as ::heapwright::HeapClass>::FIELDS_END }>,
    count: ::heapwright::__private::SmiField,
    is_sorted: ::heapwright::__private::RawField<::core::primitive::bool>,
    #[allow(dead_code)]
    padding: ::heapwright::__private::PaddingBytes<3>,
    #[allow(dead_code)]
    padding_2: ::heapwright::__private::OptionalPaddingBytes<4>,
    names: ::heapwright::__private::Tail<::heapwright::__private::TaggedField<Any>>,
    least: ::heapwright::__private::Tail<::heapwright::__private::TaggedField<Any>>,
    hashes: ::heapwright::__private::Tail<::heapwright::__private::RawField<::core::primitive::u32>>,
}

const _: () = {
    use ::heapwright::__private as __h;
    static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<Names>(&__CLASS);
    const __FIELDS: &[__h::FieldLayout] = &__h::place(
        <::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT.end(),
        [
            __h::FieldSpec::smi("count").written("Smi", 0u32, "").constant(),
            __h::FieldSpec::raw::<::core::primitive::bool>("is_sorted").written("bool", 0u32, "").constant(),
            __h::FieldSpec::padding("padding", 3).written("Padding<3>", 0u32, ""),
            __h::FieldSpec::optional_padding("padding_2", 4).written("OptionalPadding<4>", 0u32, ""),
        ],
    );

    #[automatically_derived]
    unsafe impl ::heapwright::HeapClass for Names {
        type Parent = ::heapwright::HeapObject;
        const CLASS: &'static __h::ClassDescriptor = &__CLASS;
        const LAYOUT: &'static __h::ClassLayout = &__h::ClassLayout::new("Names", ::core::module_path!(), ::core::file!(), 0u32, "", __FIELDS)
            .extends(<::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT)
            .tails(&[
                __h::TailLayout::new(__h::FieldSpec::tagged::<Any>("names").written("[Tagged<Any>]", 0u32, ""), __h::TailLength::Field("count")),
                __h::TailLayout::new(__h::FieldSpec::tagged::<Any>("least").written("Tagged<Any>", 0u32, ""), __h::TailLength::Condition("is_sorted")),
                __h::TailLayout::new(
                    __h::FieldSpec::raw::<::core::primitive::u32>("hashes").written("[u32]", 0u32, ""),
                    __h::TailLength::Expression("if is_sorted { 0 } else { count }"),
                ),
            ]);
        const TAIL_LENGTHS: ::core::option::Option<__h::TailLengthsOf> = {
            unsafe fn lengths(object: __h::ObjectAddress, lengths: &mut [::core::primitive::usize; __h::MAX_TAILS]) {
                let this: &Names = unsafe { __h::ObjectAddress::as_ref(object) };
                lengths[0usize] = Names::__names_len(this);
                lengths[1usize] = Names::__least_len(this);
                lengths[2usize] = Names::__hashes_len(this);
            }
            ::core::option::Option::Some(lengths)
        };
    }

    #[automatically_derived]
    unsafe impl ::heapwright::IsA<Names> for Names {}

    #[automatically_derived]
    #[diagnostic::do_not_recommend]
    unsafe impl<__T> ::heapwright::IsA<__T> for Names where ::heapwright::HeapObject: ::heapwright::IsA<__T> {}

    unsafe impl ::heapwright::ConcreteClass for Names {}

    #[automatically_derived]
    impl ::core::ops::Deref for Names {
        type Target = ::heapwright::HeapObject;

        #[inline]
        fn deref(&self) -> &::heapwright::HeapObject {
            __h::upcast(self)
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for Names {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::inspect::debug_object(self, f)
        }
    }

    const _: () = {
        let __layout = <Names as ::heapwright::HeapClass>::LAYOUT;
        __h::check_aligned(__layout, 0);
        __h::check_tail(__layout, 0usize, ::core::mem::offset_of!(Names, names));
        __h::check_tail(__layout, 1usize, ::core::mem::offset_of!(Names, least));
        __h::check_tail(__layout, 2usize, ::core::mem::offset_of!(Names, hashes));
    };

    const _: () = __h::check_class::<Names>(&[Names::COUNT_OFFSET, Names::IS_SORTED_OFFSET]);
};

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Names {
    /// Byte offset of `count`.
    pub const COUNT_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Names, count);

    /// Byte offset of `is_sorted`.
    pub const IS_SORTED_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Names, is_sorted);

    /// Byte offset of the first of the `names`.
    pub const NAMES_OFFSET: ::core::primitive::usize = <Names as ::heapwright::HeapClass>::LAYOUT.header_size();

    /// Bytes before the elements. V8: `kHeaderSize`.
    pub const HEADER_SIZE: ::core::primitive::usize = <Names as ::heapwright::HeapClass>::LAYOUT.header_size();

    /// Bytes of an instance with so many elements and with these optional fields, in whole tagged words. V8: `SizeFor`.
    #[inline]
    #[must_use]
    pub const fn size_for(names: ::core::primitive::usize, has_least: ::core::primitive::bool, hashes: ::core::primitive::usize) -> ::core::primitive::usize {
        <Names as ::heapwright::HeapClass>::LAYOUT.size_with(&[
            names as ::core::primitive::usize,
            has_least as ::core::primitive::usize,
            hashes as ::core::primitive::usize,
        ])
    }

    #[inline]
    #[must_use]
    pub fn count(&self) -> ::core::primitive::i32 {
        ::heapwright::__private::SmiField::get(&self.count)
    }

    #[inline]
    #[must_use]
    pub fn is_sorted(&self) -> ::core::primitive::bool {
        ::heapwright::__private::RawField::get(&self.is_sorted)
    }

    #[inline]
    fn __names_len(&self) -> ::core::primitive::usize {
        ::heapwright::__private::SmiField::get(&self.count) as ::core::primitive::u32 as ::core::primitive::usize
    }

    #[inline]
    fn __names(&self) -> ::heapwright::__private::Elements<'_, ::heapwright::__private::TaggedField<Any>> {
        unsafe { ::heapwright::__private::Tail::of(&self.names, self, Self::HEADER_SIZE, self.__names_len()) }
    }

    #[inline]
    #[must_use]
    #[track_caller]
    pub fn names(&self, index: ::core::primitive::usize) -> ::heapwright::Tagged<'_, Any> {
        unsafe {
            ::heapwright::__private::TaggedField::get_union(
                ::heapwright::__private::Elements::cell(self.__names(), index),
                self,
                ::heapwright::__private::Ordering::Relaxed,
            )
        }
    }

    /// The number of `names`.
    #[inline]
    #[must_use]
    pub fn names_len(&self) -> ::core::primitive::usize {
        self.__names_len()
    }

    /// The `names` in order.
    #[inline]
    pub fn names_iter(&self) -> impl ::core::iter::ExactSizeIterator<Item = ::heapwright::Tagged<'_, Any>> + '_ {
        ::core::iter::Iterator::map(::heapwright::__private::Elements::cells(self.__names()), move |cell| unsafe {
            ::heapwright::__private::TaggedField::get_union(cell, self, ::heapwright::__private::Ordering::Relaxed)
        })
    }

    /// Sets the one of the `names` at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below `names_len()`.
    #[inline]
    #[track_caller]
    pub fn set_names<__I>(&self, index: ::core::primitive::usize, value: impl ::heapwright::Admits<Any, __I>) {
        unsafe { ::heapwright::__private::TaggedField::set(::heapwright::__private::Elements::cell(self.__names(), index), self, value) }
    }

    #[inline]
    fn __least_len(&self) -> ::core::primitive::usize {
        const fn __compute(is_sorted: ::core::primitive::bool) -> ::core::primitive::bool {
            (is_sorted)
        }
        __compute(::heapwright::__private::RawField::get(&self.is_sorted)) as ::core::primitive::usize
    }

    #[inline]
    fn __least_offset(&self) -> ::core::primitive::usize {
        Self::HEADER_SIZE + self.__names_len() * ::core::mem::size_of::<::heapwright::__private::TaggedField<Any>>()
    }

    #[inline]
    fn __least(&self) -> ::heapwright::__private::Elements<'_, ::heapwright::__private::TaggedField<Any>> {
        unsafe { ::heapwright::__private::Tail::of(&self.least, self, self.__least_offset(), self.__least_len()) }
    }

    /// Byte offset of `least` in this object: what lies before has no fixed size.
    #[inline]
    #[must_use]
    pub fn least_offset(&self) -> ::core::primitive::usize {
        self.__least_offset()
    }

    /// Whether this object has the field `least`.
    #[inline]
    #[must_use]
    pub fn has_least(&self) -> ::core::primitive::bool {
        self.__least_len() != 0
    }

    #[inline]
    #[must_use]
    #[track_caller]
    pub fn least(&self) -> ::core::option::Option<::heapwright::Tagged<'_, Any>> {
        ::core::option::Option::map(::heapwright::__private::Elements::optional(self.__least()), |cell| unsafe {
            ::heapwright::__private::TaggedField::get_union(cell, self, ::heapwright::__private::Ordering::Relaxed)
        })
    }

    /// Sets `least`.
    ///
    /// # Panics
    ///
    /// If this object has no such field.
    #[inline]
    #[track_caller]
    pub fn set_least<__I>(&self, value: impl ::heapwright::Admits<Any, __I>) {
        unsafe { ::heapwright::__private::TaggedField::set(::heapwright::__private::Elements::present(self.__least(), "least", "is_sorted"), self, value) }
    }

    #[inline]
    fn __hashes_len(&self) -> ::core::primitive::usize {
        const fn __compute(is_sorted: ::core::primitive::bool, count: ::core::primitive::i32) -> ::core::primitive::usize {
            (if is_sorted { 0 } else { count }) as ::core::primitive::usize
        }
        __compute(::heapwright::__private::RawField::get(&self.is_sorted), ::heapwright::__private::SmiField::get(&self.count)) as ::core::primitive::usize
    }

    #[inline]
    fn __hashes_offset(&self) -> ::core::primitive::usize {
        self.__least_offset() + self.__least_len() * ::core::mem::size_of::<::heapwright::__private::TaggedField<Any>>()
    }

    #[inline]
    fn __hashes(&self) -> ::heapwright::__private::Elements<'_, ::heapwright::__private::RawField<::core::primitive::u32>> {
        unsafe { ::heapwright::__private::Tail::of(&self.hashes, self, self.__hashes_offset(), self.__hashes_len()) }
    }

    /// Byte offset of `hashes` in this object: what lies before has no fixed size.
    #[inline]
    #[must_use]
    pub fn hashes_offset(&self) -> ::core::primitive::usize {
        self.__hashes_offset()
    }

    #[inline]
    #[must_use]
    #[track_caller]
    pub fn hashes(&self, index: ::core::primitive::usize) -> ::core::primitive::u32 {
        ::heapwright::__private::RawField::get(::heapwright::__private::Elements::cell(self.__hashes(), index))
    }

    /// The number of `hashes`.
    #[inline]
    #[must_use]
    pub fn hashes_len(&self) -> ::core::primitive::usize {
        self.__hashes_len()
    }

    /// The `hashes` in order.
    #[inline]
    pub fn hashes_iter(&self) -> impl ::core::iter::ExactSizeIterator<Item = ::core::primitive::u32> + '_ {
        ::core::iter::Iterator::map(::heapwright::__private::Elements::cells(self.__hashes()), move |cell| ::heapwright::__private::RawField::get(cell))
    }

    /// Sets the one of the `hashes` at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below `hashes_len()`.
    #[inline]
    #[track_caller]
    pub fn set_hashes(&self, index: ::core::primitive::usize, value: ::core::primitive::u32) {
        unsafe { ::heapwright::__private::RawField::set(::heapwright::__private::Elements::cell(self.__hashes(), index), value) }
    }

    /// All `hashes` at once.
    #[inline]
    #[must_use]
    pub fn hashes_slice(&self) -> &[::core::cell::Cell<::core::primitive::u32>] {
        unsafe { ::heapwright::__private::Elements::as_cells(self.__hashes()) }
    }
}

/// The fields of a new [`Names`].
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct NamesInit<NamesValue, LeastValue, HashesValue> {
    /// The value of [`count`](Names::count).
    pub count: ::core::primitive::i32,
    /// The value of [`is_sorted`](Names::is_sorted).
    pub is_sorted: ::core::primitive::bool,
    /// The value of [`names`](Names::names).
    pub names: NamesValue,
    /// The value of [`least`](Names::least).
    pub least: LeastValue,
    /// The value of [`hashes`](Names::hashes).
    pub hashes: HashesValue,
}

#[automatically_derived]
unsafe impl<NamesValue, LeastValue, HashesValue, __I0, __I1> ::heapwright::Init<Names, (__I0, __I1)> for NamesInit<NamesValue, LeastValue, HashesValue>
where
    NamesValue: ::heapwright::__private::TailInit<::heapwright::__private::TaggedField<Any>, __I0>,
    LeastValue: ::heapwright::__private::OptionalInit<::heapwright::__private::TaggedField<Any>, __I1>,
    HashesValue: ::heapwright::__private::RawTailInit<::core::primitive::u32>,
{
    #[inline]
    fn tail_len(&self) -> ::core::primitive::usize {
        <NamesValue as ::heapwright::__private::TailInit<::heapwright::__private::TaggedField<Any>, __I0>>::len(&self.names)
            .saturating_add(<LeastValue as ::heapwright::__private::OptionalInit<::heapwright::__private::TaggedField<Any>, __I1>>::len(&self.least))
            .saturating_add(<HashesValue as ::heapwright::__private::RawTailInit<::core::primitive::u32>>::len(&self.hashes))
    }

    #[inline]
    fn tail_bytes(&self) -> ::core::primitive::usize {
        (<NamesValue as ::heapwright::__private::TailInit<::heapwright::__private::TaggedField<Any>, __I0>>::len(&self.names))
            .saturating_mul(::core::mem::size_of::<::heapwright::__private::TaggedField<Any>>())
            .saturating_add(
                (<LeastValue as ::heapwright::__private::OptionalInit<::heapwright::__private::TaggedField<Any>, __I1>>::len(&self.least))
                    .saturating_mul(::core::mem::size_of::<::heapwright::__private::TaggedField<Any>>()),
            )
            .saturating_add(
                (<HashesValue as ::heapwright::__private::RawTailInit<::core::primitive::u32>>::len(&self.hashes))
                    .saturating_mul(::core::mem::size_of::<::heapwright::__private::RawField<::core::primitive::u32>>()),
            )
    }

    #[inline]
    #[track_caller]
    unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
        unsafe {
            let this: &Names = ::heapwright::__private::ObjectAddress::as_ref(object);
            ::heapwright::__private::SmiField::init(&this.count, self.count);
            ::heapwright::__private::RawField::set(&this.is_sorted, self.is_sorted);
            ::heapwright::__private::expect_length(
                "Names",
                "names",
                "count",
                this.__names_len(),
                <NamesValue as ::heapwright::__private::TailInit<::heapwright::__private::TaggedField<Any>, __I0>>::len(&self.names),
            );
            ::heapwright::__private::Tail::init(&this.names, object, Names::HEADER_SIZE, self.names);
            ::heapwright::__private::expect_length(
                "Names",
                "least",
                "is_sorted",
                this.__least_len(),
                <LeastValue as ::heapwright::__private::OptionalInit<::heapwright::__private::TaggedField<Any>, __I1>>::len(&self.least),
            );
            <LeastValue as ::heapwright::__private::OptionalInit<::heapwright::__private::TaggedField<Any>, __I1>>::write(
                &self.least,
                ::heapwright::__private::ObjectAddress::offset(object, this.__least_offset()),
            );
            ::heapwright::__private::expect_length(
                "Names",
                "hashes",
                "if is_sorted { 0 } else { count }",
                this.__hashes_len(),
                <HashesValue as ::heapwright::__private::RawTailInit<::core::primitive::u32>>::len(&self.hashes),
            );
            ::heapwright::__private::Tail::init_raw(&this.hashes, object, this.__hashes_offset(), self.hashes);
        }
    }
}
