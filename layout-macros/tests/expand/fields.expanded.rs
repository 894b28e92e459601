use super::bits::ScriptFlags;
use super::structure::Descriptor;
use heapwright::prelude::*;

#[allow(clippy::struct_field_names)]
#[repr(C)]
pub struct Text {
    __align: ::heapwright::__private::AlignTagged,
    __parent: ::heapwright::__private::Inherited<{ <::heapwright::HeapObject as ::heapwright::HeapClass>::FIELDS_END }>,
}

const _: () = {
    use ::heapwright::__private as __h;
    static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<Text>(&__CLASS);
    const __FIELDS: &[__h::FieldLayout] =
        &__h::place(<::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT.end(), []);

    #[automatically_derived]
    unsafe impl ::heapwright::HeapClass for Text {
        type Parent = ::heapwright::HeapObject;
        const CLASS: &'static __h::ClassDescriptor = &__CLASS;
        const LAYOUT: &'static __h::ClassLayout =
            &__h::ClassLayout::new("Text", ::core::module_path!(), ::core::file!(), 0u32, "", __FIELDS)
                .extends(<::heapwright::HeapObject as ::heapwright::HeapClass>::LAYOUT)
                .open();
    }

    #[automatically_derived]
    unsafe impl ::heapwright::IsA<Text> for Text {}

    #[automatically_derived]
    #[diagnostic::do_not_recommend]
    unsafe impl<__T> ::heapwright::IsA<__T> for Text where ::heapwright::HeapObject: ::heapwright::IsA<__T> {}

    unsafe impl ::heapwright::OpenClass for Text {}

    unsafe impl ::heapwright::ConcreteClass for Text {}

    #[automatically_derived]
    impl ::core::ops::Deref for Text {
        type Target = ::heapwright::HeapObject;

        #[inline]
        fn deref(&self) -> &::heapwright::HeapObject {
            __h::upcast(self)
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for Text {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::inspect::debug_object(self, f)
        }
    }

    const _: () = __h::check_class::<Text>(&[]);
};

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Text {
    /// Bytes of an instance, in whole tagged words. V8: `kSize`.
    pub const SIZE: ::core::primitive::usize = <Text as ::heapwright::HeapClass>::LAYOUT.instance_size();
}

/// The fields of a new [`Text`], or for the `parent` of one of a class below it.
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct TextInit {}

#[automatically_derived]
unsafe impl ::heapwright::Init<Text, ()> for TextInit {
    #[inline]
    #[track_caller]
    unsafe fn write(self, _: ::heapwright::__private::ObjectAddress) {}
}

#[automatically_derived]
unsafe impl ::heapwright::Init<Text, ()> for () {
    #[inline]
    unsafe fn write(self, _: ::heapwright::__private::ObjectAddress) {}
}

#[allow(clippy::struct_field_names)]
#[repr(C)]
pub struct Fields {
    __align: ::heapwright::__private::AlignTagged,
    __parent: ::heapwright::__private::Inherited<{ <Text as ::heapwright::HeapClass>::FIELDS_END }>,
    strong: ::heapwright::__private::TaggedField<Text>,
    union: ::heapwright::__private::TaggedField<(Text, Smi)>,
    weak: ::heapwright::__private::WeakField<Text>,
    maybe_weak: ::heapwright::__private::MaybeWeakField<(Fields, ::heapwright::Weak<Text>)>,
    smi: ::heapwright::__private::SmiField,
    smi_bits: ::heapwright::__private::SmiBitsField<ScriptFlags>,
    part: ::heapwright::__private::StructField<Descriptor>,
    raw: ::heapwright::__private::RawField<::core::primitive::u32>,
    #[allow(dead_code)]
    optional_padding: ::heapwright::__private::OptionalPaddingBytes<4>,
    external: ::heapwright::__private::ExternalField<u8>,
    #[allow(dead_code)]
    padding: ::heapwright::__private::PaddingBytes<8>,
}

const _: () = {
    use ::heapwright::__private as __h;
    static __CLASS: __h::ClassDescriptor = __h::ClassDescriptor::new::<Fields>(&__CLASS);
    const __FIELDS: &[__h::FieldLayout] = &__h::place(
        <Text as ::heapwright::HeapClass>::LAYOUT.end(),
        [
            __h::FieldSpec::tagged::<Text>("strong").written("Tagged<Text>", 0u32, ""),
            __h::FieldSpec::tagged::<(Text, Smi)>("union")
                .written("Tagged<(Text, Smi)>", 0u32, "")
                .access(__h::Access::AcquireRelease),
            __h::FieldSpec::weak::<Text>("weak").written("Weak<Text>", 0u32, ""),
            __h::FieldSpec::maybe_weak::<(Fields, ::heapwright::Weak<Text>)>("maybe_weak").written(
                "Tagged<(Fields, Weak<Text>)>",
                0u32,
                "",
            ),
            __h::FieldSpec::smi("smi").written("Smi", 0u32, ""),
            __h::FieldSpec::smi_bits::<ScriptFlags>("smi_bits").written("SmiBits<ScriptFlags>", 0u32, ""),
            __h::FieldSpec::inline::<Descriptor>("part").written("Inline<Descriptor>", 0u32, ""),
            __h::FieldSpec::raw::<::core::primitive::u32>("raw").written("u32", 0u32, ""),
            __h::FieldSpec::optional_padding("optional_padding", 4).written("OptionalPadding<4>", 0u32, ""),
            __h::FieldSpec::external("external", "u8").written("External<u8>", 0u32, ""),
            __h::FieldSpec::padding("padding", 8).written("Padding<8>", 0u32, ""),
        ],
    );

    #[automatically_derived]
    unsafe impl ::heapwright::HeapClass for Fields {
        type Parent = Text;
        const CLASS: &'static __h::ClassDescriptor = &__CLASS;
        const LAYOUT: &'static __h::ClassLayout =
            &__h::ClassLayout::new("Fields", ::core::module_path!(), ::core::file!(), 0u32, "", __FIELDS)
                .extends(<Text as ::heapwright::HeapClass>::LAYOUT)
                .instance_type(99u16)
                .copy();
    }

    #[automatically_derived]
    unsafe impl ::heapwright::IsA<Fields> for Fields {}

    #[automatically_derived]
    #[diagnostic::do_not_recommend]
    unsafe impl<__T> ::heapwright::IsA<__T> for Fields where Text: ::heapwright::IsA<__T> {}

    unsafe impl ::heapwright::ConcreteClass for Fields {}

    #[automatically_derived]
    unsafe impl ::heapwright::CopyClass for Fields {}

    #[automatically_derived]
    impl ::core::ops::Deref for Fields {
        type Target = Text;

        #[inline]
        fn deref(&self) -> &Text {
            __h::upcast(self)
        }
    }

    #[automatically_derived]
    impl ::core::fmt::Debug for Fields {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::heapwright::inspect::debug_object(self, f)
        }
    }

    #[automatically_derived]
    #[allow(deprecated)]
    impl ::heapwright::HasBits<ScriptFlags> for Fields {
        #[inline]
        fn __bits(&self) -> ScriptFlags {
            self.smi_bits()
        }
    }

    #[automatically_derived]
    #[allow(deprecated)]
    impl ::heapwright::HasBitsMut<ScriptFlags> for Fields {
        #[inline]
        fn __update_bits(&self, update: impl ::core::ops::FnMut(ScriptFlags) -> ScriptFlags) {
            self.update_smi_bits(update);
        }
    }

    const _: () = {
        let __layout = <Fields as ::heapwright::HeapClass>::LAYOUT;
        __h::check_aligned(__layout, 0);
        __h::check_aligned(__layout, 7);
        __h::check_aligned(__layout, 9);
    };

    const _: () = __h::check_instance_types::<Fields>();
    const _: () = __h::check_class::<Fields>(&[
        Fields::STRONG_OFFSET,
        Fields::UNION_OFFSET,
        Fields::WEAK_OFFSET,
        Fields::MAYBE_WEAK_OFFSET,
        Fields::SMI_OFFSET,
        Fields::SMI_BITS_OFFSET,
        Fields::PART_OFFSET,
        Fields::RAW_OFFSET,
        Fields::EXTERNAL_OFFSET,
    ]);
    const fn __parent_is_open<__T: ::heapwright::OpenClass>() {}

    const _: () = __parent_is_open::<Text>();
};

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Fields {
    /// Byte offset of `strong`.
    pub const STRONG_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, strong);

    /// Byte offset of `union`.
    pub const UNION_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, union);

    /// Byte offset of `weak`.
    pub const WEAK_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, weak);

    /// Byte offset of `maybe_weak`.
    pub const MAYBE_WEAK_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, maybe_weak);

    /// Byte offset of `smi`.
    pub const SMI_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, smi);

    /// Byte offset of `smi_bits`.
    pub const SMI_BITS_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, smi_bits);

    /// Byte offset of `part`.
    pub const PART_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, part);

    /// Byte offset of `raw`.
    pub const RAW_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, raw);

    /// Byte offset of `external`.
    pub const EXTERNAL_OFFSET: ::core::primitive::usize = ::core::mem::offset_of!(Fields, external);

    /// Bytes of an instance, in whole tagged words. V8: `kSize`.
    pub const SIZE: ::core::primitive::usize = <Fields as ::heapwright::HeapClass>::LAYOUT.instance_size();

    #[inline]
    #[must_use]
    pub fn strong(&self) -> &Text {
        unsafe {
            ::heapwright::__private::TaggedField::get_class(
                &self.strong,
                self,
                ::heapwright::__private::Ordering::Relaxed,
            )
        }
    }

    /// Sets `strong`.
    #[inline]
    #[track_caller]
    pub fn set_strong<__I>(&self, value: impl ::heapwright::Admits<Text, __I>) {
        unsafe { ::heapwright::__private::TaggedField::set(&self.strong, self, value) }
    }

    #[inline]
    #[must_use]
    pub fn union(&self) -> ::heapwright::Tagged<'_, (Text, Smi)> {
        unsafe {
            ::heapwright::__private::TaggedField::get_union(
                &self.union,
                self,
                ::heapwright::__private::Ordering::Acquire,
            )
        }
    }

    /// Sets `union` with release order.
    #[inline]
    #[track_caller]
    pub fn set_union<__I>(&self, value: impl ::heapwright::Admits<(Text, Smi), __I>) {
        unsafe { ::heapwright::__private::TaggedField::set_release(&self.union, self, value) }
    }

    /// Sets `union` and returns what it was, in one step with acquire and release order.
    #[inline]
    #[track_caller]
    pub fn swap_union<__I>(
        &self,
        value: impl ::heapwright::Admits<(Text, Smi), __I>,
    ) -> ::heapwright::Tagged<'_, (Text, Smi)> {
        let before = unsafe {
            ::heapwright::__private::TaggedField::swap(
                &self.union,
                self,
                value,
                ::heapwright::__private::Ordering::AcqRel,
            )
        };
        before
    }

    /// Sets `union` to `new` if it is `current`, in one step with acquire and release order.
    ///
    /// # Errors
    ///
    /// If it is something else, which is returned. Else returns what it was.
    #[inline]
    #[track_caller]
    pub fn compare_exchange_union<__I, __J>(
        &self,
        current: impl ::heapwright::Admits<(Text, Smi), __I>,
        new: impl ::heapwright::Admits<(Text, Smi), __J>,
    ) -> ::core::result::Result<::heapwright::Tagged<'_, (Text, Smi)>, ::heapwright::Tagged<'_, (Text, Smi)>> {
        let before = unsafe {
            ::heapwright::__private::TaggedField::compare_exchange(
                &self.union,
                self,
                current,
                new,
                ::heapwright::__private::Ordering::AcqRel,
            )
        };
        before
    }

    #[inline]
    #[must_use]
    pub fn weak(&self) -> ::core::option::Option<&Text> {
        unsafe {
            ::heapwright::__private::WeakField::get_weak(&self.weak, self, ::heapwright::__private::Ordering::Relaxed)
        }
    }

    /// Sets `weak`.
    #[inline]
    #[track_caller]
    pub fn set_weak<__I>(&self, value: impl ::heapwright::AdmitsWeak<Text, __I>) {
        unsafe { ::heapwright::__private::WeakField::set(&self.weak, self, value) }
    }

    #[inline]
    #[must_use]
    pub fn maybe_weak(&self) -> ::heapwright::MaybeWeak<'_, (Fields, ::heapwright::Weak<Text>)> {
        unsafe {
            ::heapwright::__private::MaybeWeakField::get_maybe_weak(
                &self.maybe_weak,
                self,
                ::heapwright::__private::Ordering::Relaxed,
            )
        }
    }

    /// Sets `maybe_weak`.
    #[inline]
    #[track_caller]
    pub fn set_maybe_weak<__I>(
        &self,
        value: impl ::heapwright::AdmitsMaybeWeak<(Fields, ::heapwright::Weak<Text>), __I>,
    ) {
        unsafe { ::heapwright::__private::MaybeWeakField::set(&self.maybe_weak, self, value) }
    }

    #[inline]
    #[must_use]
    pub fn smi(&self) -> ::core::primitive::i32 {
        ::heapwright::__private::SmiField::get(&self.smi)
    }

    /// Sets `smi`.
    ///
    /// # Panics
    ///
    /// If the integer does not fit a Smi.
    #[inline]
    #[track_caller]
    pub fn set_smi(&self, value: impl ::heapwright::IntoSmi) {
        let value = ::heapwright::IntoSmi::into_smi(value);
        {
            #[allow(unused_variables)]
            let value = ::heapwright::Smi::value(value);
            if !{
                let holds: ::core::primitive::bool = value >= 0;
                holds
            } {
                ::heapwright::__private::check_failed("Fields::set_smi", ::core::stringify!(value >= 0));
            }
        }
        unsafe { ::heapwright::__private::SmiField::set(&self.smi, value) }
    }

    #[inline]
    #[must_use]
    pub fn smi_bits(&self) -> ScriptFlags {
        ::heapwright::__private::SmiBitsField::get(&self.smi_bits)
    }

    /// Sets `smi_bits`.
    #[inline]
    #[track_caller]
    pub fn set_smi_bits(&self, value: ScriptFlags) {
        unsafe { ::heapwright::__private::SmiBitsField::set(&self.smi_bits, value) }
    }

    /// Sets `smi_bits` to what `update` makes of it. Returns what it was.
    #[inline]
    #[track_caller]
    pub fn update_smi_bits(&self, update: impl ::core::ops::FnMut(ScriptFlags) -> ScriptFlags) -> ScriptFlags {
        let before = unsafe { ::heapwright::__private::SmiBitsField::update(&self.smi_bits, update) };
        before
    }

    #[inline]
    #[must_use]
    pub fn part(&self) -> <Descriptor as ::heapwright::HeapStruct>::Ref<'_> {
        unsafe { ::heapwright::__private::StructField::get_struct(&self.part, self) }
    }

    #[inline]
    #[must_use]
    pub fn raw(&self) -> ::core::primitive::u32 {
        ::heapwright::__private::RawField::get(&self.raw)
    }

    /// Sets `raw`.
    #[inline]
    #[track_caller]
    pub fn set_raw(&self, value: ::core::primitive::u32) {
        unsafe { ::heapwright::__private::RawField::set(&self.raw, value) }
        unsafe {
            ::heapwright::__private::observe_stored(self, ::core::mem::offset_of!(Self, raw));
        }
    }

    #[inline]
    #[must_use]
    pub fn external(&self) -> *mut u8 {
        ::heapwright::__private::ExternalField::get(&self.external)
    }

    /// Sets `external`.
    #[inline]
    #[track_caller]
    pub fn set_external(&self, value: *mut u8) {
        unsafe { ::heapwright::__private::ExternalField::set(&self.external, value) }
    }
}

/// The fields of a new [`Fields`].
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct FieldsInit<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue> {
    /// The fields of the class above; `()` if it has none.
    pub parent: ParentValue,
    /// The value of [`strong`](Fields::strong).
    pub strong: StrongValue,
    /// The value of [`union`](Fields::union).
    pub union: UnionValue,
    /// The value of [`weak`](Fields::weak).
    pub weak: WeakValue,
    /// The value of [`maybe_weak`](Fields::maybe_weak).
    pub maybe_weak: MaybeWeakValue,
    /// The value of [`smi_bits`](Fields::smi_bits).
    pub smi_bits: ScriptFlags,
    /// The value of [`part`](Fields::part).
    pub part: PartValue,
    /// The value of [`raw`](Fields::raw).
    pub raw: ::core::primitive::u32,
    /// The value of [`external`](Fields::external).
    pub external: *mut u8,
}

#[automatically_derived]
unsafe impl<
    ParentValue,
    StrongValue,
    UnionValue,
    WeakValue,
    MaybeWeakValue,
    PartValue,
    __I0,
    __I1,
    __I2,
    __I3,
    __I4,
    __I5,
> ::heapwright::Init<Fields, (__I0, __I1, __I2, __I3, __I4, __I5)>
    for FieldsInit<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
where
    ParentValue: ::heapwright::Init<Text, __I0>,
    StrongValue: ::heapwright::Admits<Text, __I1>,
    UnionValue: ::heapwright::Admits<(Text, Smi), __I2>,
    WeakValue: ::heapwright::AdmitsWeak<Text, __I3>,
    MaybeWeakValue: ::heapwright::AdmitsMaybeWeak<(Fields, ::heapwright::Weak<Text>), __I4>,
    PartValue: ::heapwright::__private::StructInit<Descriptor, __I5>,
{
    #[inline]
    #[track_caller]
    unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
        unsafe {
            ::heapwright::Init::<Text, __I0>::write(self.parent, object);
            let this: &Fields = ::heapwright::__private::ObjectAddress::as_ref(object);
            ::heapwright::__private::TaggedField::init::<__I1>(&this.strong, self.strong);
            ::heapwright::__private::TaggedField::init::<__I2>(&this.union, self.union);
            ::heapwright::__private::WeakField::init::<__I3>(&this.weak, self.weak);
            ::heapwright::__private::MaybeWeakField::init(&this.maybe_weak, self.maybe_weak);
            ::heapwright::__private::SmiField::init(&this.smi, Fields::__DEFAULT_SMI);
            ::heapwright::__private::SmiBitsField::set(&this.smi_bits, self.smi_bits);
            ::heapwright::__private::StructField::init(&this.part, self.part);
            ::heapwright::__private::RawField::set(&this.raw, self.raw);
            ::heapwright::__private::ExternalField::set(&this.external, self.external);
        }
    }
}

/// All fields of a new [`Fields`], those with defaults too.
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
pub struct FieldsInitWith<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue> {
    /// The fields of the class above; `()` if it has none.
    pub parent: ParentValue,
    /// The value of [`strong`](Fields::strong).
    pub strong: StrongValue,
    /// The value of [`union`](Fields::union).
    pub union: UnionValue,
    /// The value of [`weak`](Fields::weak).
    pub weak: WeakValue,
    /// The value of [`maybe_weak`](Fields::maybe_weak).
    pub maybe_weak: MaybeWeakValue,
    /// The value of [`smi`](Fields::smi).
    pub smi: ::core::primitive::i32,
    /// The value of [`smi_bits`](Fields::smi_bits).
    pub smi_bits: ScriptFlags,
    /// The value of [`part`](Fields::part).
    pub part: PartValue,
    /// The value of [`raw`](Fields::raw).
    pub raw: ::core::primitive::u32,
    /// The value of [`external`](Fields::external).
    pub external: *mut u8,
}

#[automatically_derived]
unsafe impl<
    ParentValue,
    StrongValue,
    UnionValue,
    WeakValue,
    MaybeWeakValue,
    PartValue,
    __I0,
    __I1,
    __I2,
    __I3,
    __I4,
    __I5,
> ::heapwright::Init<Fields, (__I0, __I1, __I2, __I3, __I4, __I5)>
    for FieldsInitWith<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
where
    ParentValue: ::heapwright::Init<Text, __I0>,
    StrongValue: ::heapwright::Admits<Text, __I1>,
    UnionValue: ::heapwright::Admits<(Text, Smi), __I2>,
    WeakValue: ::heapwright::AdmitsWeak<Text, __I3>,
    MaybeWeakValue: ::heapwright::AdmitsMaybeWeak<(Fields, ::heapwright::Weak<Text>), __I4>,
    PartValue: ::heapwright::__private::StructInit<Descriptor, __I5>,
{
    #[inline]
    #[track_caller]
    unsafe fn write(self, object: ::heapwright::__private::ObjectAddress) {
        unsafe {
            ::heapwright::Init::<Text, __I0>::write(self.parent, object);
            let this: &Fields = ::heapwright::__private::ObjectAddress::as_ref(object);
            ::heapwright::__private::TaggedField::init::<__I1>(&this.strong, self.strong);
            ::heapwright::__private::TaggedField::init::<__I2>(&this.union, self.union);
            ::heapwright::__private::WeakField::init::<__I3>(&this.weak, self.weak);
            ::heapwright::__private::MaybeWeakField::init(&this.maybe_weak, self.maybe_weak);
            ::heapwright::__private::SmiField::init(&this.smi, self.smi);
            ::heapwright::__private::SmiBitsField::set(&this.smi_bits, self.smi_bits);
            ::heapwright::__private::StructField::init(&this.part, self.part);
            ::heapwright::__private::RawField::set(&this.raw, self.raw);
            ::heapwright::__private::ExternalField::set(&this.external, self.external);
        }
    }
}

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
    FieldsInit<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
{
    /// With another value for `smi` than its default.
    #[inline]
    #[must_use]
    pub fn with_smi(
        self,
        value: ::core::primitive::i32,
    ) -> FieldsInitWith<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue> {
        FieldsInitWith {
            parent: self.parent,
            strong: self.strong,
            union: self.union,
            weak: self.weak,
            maybe_weak: self.maybe_weak,
            smi: value,
            smi_bits: self.smi_bits,
            part: self.part,
            raw: self.raw,
            external: self.external,
        }
    }
}

#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
    FieldsInitWith<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue>
{
    /// With another value for `smi` than its default.
    #[inline]
    #[must_use]
    pub fn with_smi(
        self,
        value: ::core::primitive::i32,
    ) -> FieldsInitWith<ParentValue, StrongValue, UnionValue, WeakValue, MaybeWeakValue, PartValue> {
        FieldsInitWith {
            parent: self.parent,
            strong: self.strong,
            union: self.union,
            weak: self.weak,
            maybe_weak: self.maybe_weak,
            smi: value,
            smi_bits: self.smi_bits,
            part: self.part,
            raw: self.raw,
            external: self.external,
        }
    }
}

#[allow(clippy::all, clippy::pedantic)]
impl Fields {
    const __DEFAULT_SMI: ::core::primitive::i32 = 7;
}
