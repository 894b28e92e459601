use heapwright::prelude::*;

/// What is known of one property.
#[allow(clippy::struct_field_names)]
#[repr(C)]
pub struct Descriptor {
    key: ::heapwright::__private::TaggedField<HeapObject>,
    details: ::heapwright::__private::SmiField,
    __in_object: ::core::marker::PhantomData<*mut ()>,
}

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Descriptor {
    /// Byte offset of `key`.
    pub const KEY_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Descriptor, key);

    /// Byte offset of `details`.
    pub const DETAILS_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Descriptor, details);

    /// Bytes. V8: `kSize`.
    pub const SIZE: ::core::primitive::usize = ::core::mem::size_of::<Descriptor>();

    /// Its name.
    #[inline]
    #[must_use]
    pub fn key(&self) -> &HeapObject {
        unsafe { ::heapwright::__private::TaggedField::get_class(&self.key, self, ::heapwright::__private::Ordering::Relaxed) }
    }

    /// Its attributes.
    #[inline]
    #[must_use]
    pub fn details(&self) -> ::core::primitive::i32 {
        ::heapwright::__private::SmiField::get(&self.details)
    }
}

/// A [`Descriptor`] in an object, to read and to write.
#[derive(::core::clone::Clone, ::core::marker::Copy)]
pub struct DescriptorRef<'a>(::heapwright::StructRef<'a, Descriptor>);

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl DescriptorRef<'_> {
    /// Sets `details`.
    ///
    /// # Panics
    ///
    /// If the integer does not fit a Smi.
    #[inline]
    #[track_caller]
    pub fn set_details(&self, value: impl ::heapwright::IntoSmi) {
        let value = ::heapwright::IntoSmi::into_smi(value);
        unsafe { ::heapwright::__private::SmiField::set(&::heapwright::StructRef::cells(self.0).details, value) }
    }
}

/// The fields of a new [`Descriptor`] in a new object.
#[derive(::core::clone::Clone, ::core::marker::Copy)]
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct DescriptorInit<__V0> {
    /// The value of [`key`](Descriptor::key).
    pub key: __V0,
    /// The value of [`details`](Descriptor::details).
    pub details: ::core::primitive::i32,
}

#[automatically_derived]
unsafe impl<__V0, __I0> ::heapwright::__private::StructInit<Descriptor, (__I0,)> for DescriptorInit<__V0>
where
    __V0: ::heapwright::__private::ElementInit<::heapwright::__private::TaggedField<HeapObject>, __I0>,
{
    #[inline]
    #[track_caller]
    unsafe fn write(&self, cells: &Descriptor) {
        unsafe {
            <__V0 as ::heapwright::__private::ElementInit<::heapwright::__private::TaggedField<HeapObject>, __I0>>::init(&self.key, &cells.key);
            <::core::primitive::i32 as ::heapwright::__private::ElementInit<::heapwright::__private::SmiField, ::heapwright::Smi>>::init(
                &self.details,
                &cells.details,
            );
        }
    }
}

const _: () = {
    use ::heapwright::__private as __h;
    const __FIELDS: [__h::FieldLayout; 2] = __h::place(
        __h::PerWidth::both(0),
        [
            __h::FieldSpec::tagged::<HeapObject>("key").written("Tagged<HeapObject>", 0u32, "Its name.").constant(),
            __h::FieldSpec::smi("details").written("Smi", 0u32, "Its attributes."),
        ],
    );
    const __LAYOUT: __h::StructLayout =
        __h::StructLayout::new("Descriptor", ::core::module_path!(), ::core::file!(), 0u32, "What is known of one property.", true, &__FIELDS);

    #[automatically_derived]
    unsafe impl ::heapwright::HeapStruct for Descriptor {
        type Ref<'a> = DescriptorRef<'a>;
        const LAYOUT: &'static __h::StructLayout = &__LAYOUT;

        #[inline]
        fn view(at: ::heapwright::StructRef<'_, Self>) -> DescriptorRef<'_> {
            DescriptorRef(at)
        }
    }

    #[automatically_derived]
    impl<'a> ::core::ops::Deref for DescriptorRef<'a> {
        type Target = Descriptor;

        #[inline]
        fn deref(&self) -> &Descriptor {
            ::heapwright::StructRef::cells(self.0)
        }
    }

    #[automatically_derived]
    impl<'a> ::core::convert::From<DescriptorRef<'a>> for &'a Descriptor {
        #[inline]
        fn from(view: DescriptorRef<'a>) -> &'a Descriptor {
            ::heapwright::StructRef::cells(view.0)
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for DescriptorRef<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::inspect::debug_struct(self.0, f)
        }
    }

    const _: () = __h::check_struct(&__LAYOUT, ::core::mem::size_of::<Descriptor>());
};
