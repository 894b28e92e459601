//! The map: the object that every object begins with a reference to.
//!
//! This is the core map, with what every runtime needs. A crate that needs more (prototypes, descriptors,
//! transitions) extends it; objects of such maps are made with
//! [`HandleScope::try_new_with_map`](crate::HandleScope::try_new_with_map).

use crate::layout::{BodyDescriptor, ClassDescriptor};
use crate::tagged::{ConcreteClass, HeapClass, Init, ObjectAddress};
use crate::{HandleScope, heap_object};

/// Of which class an object is, how large it is and where its pointers lie. Maps live in MAP space and never move.
/// V8: `Map`.
#[heap_object(open, factory = none)]
pub struct Map {
    /// Tagged words of an instance; 0 if that depends on its length. V8: `instance_size_in_words`.
    #[constant]
    instance_size_in_words: u16,
    /// How the collector walks an instance, a [`VisitorId`](crate::layout::VisitorId) as a number.
    #[constant]
    visitor_id: u8,
    /// Free for the embedder's flags. V8: `bit_field`.
    bit_field: u8,
    /// The number of the class in this isolate. The class and those below it have a range of numbers to themselves.
    /// V8: `instance_type`.
    #[constant]
    instance_type: u16,
    /// Free for the embedder's flags. V8: `bit_field2`.
    bit_field2: u16,
    /// Free for the embedder's flags. V8: `bit_field3`.
    bit_field3: u32,
    #[doc = "Keeps what follows aligned with full pointers."]
    padding: OptionalPadding<4>,
    /// The address of the class's descriptor; read it with `class()`.
    #[constant]
    class_entry: u64,
    /// Size and shape for the collector, packed.
    #[constant]
    body_descriptor: Bits<BodyDescriptor>,
    /// One bit for each of the first 64 words that may hold a pointer.
    #[constant]
    pointer_bitmap: u64,
}

impl Map {
    /// The class of the objects that have this map.
    #[inline]
    #[must_use]
    pub fn class(&self) -> &'static ClassDescriptor {
        let entry = core::ptr::with_exposed_provenance::<ClassDescriptor>(self.class_entry() as usize);
        // SAFETY: the field is constant and `MapInit` writes the address of a static into it, exposed there.
        unsafe { &*entry }
    }

    /// Size and shape for the collector.
    #[inline]
    #[must_use]
    pub fn body(&self) -> BodyDescriptor {
        self.body_descriptor()
    }
}

impl Map {
    /// Which part of the map is not as [`MapInit`] has written it, if any. `own_type` tells the instance type of a class of the
    /// isolate, by the address of the descriptor, and the descriptor. For the verifier: the map may be damaged.
    pub(crate) fn damage(
        &self,
        own_type: impl FnOnce(usize) -> Option<(&'static ClassDescriptor, u16)>,
    ) -> Option<&'static str> {
        let Some((class, own_type)) = own_type(self.class_entry() as usize) else { return Some("class") };
        let body = class.body();
        let size = if body.has_tail() { 0 } else { body.size_in_words() };
        let parts = [
            ("instance type", self.instance_type() == own_type),
            ("body descriptor", self.body_descriptor().into_bits() == body.into_bits()),
            ("pointer bitmap", self.pointer_bitmap() == class.pointer_bitmap()),
            ("visitor id", self.visitor_id() == body.visitor_id() as u8),
            ("instance size", self.instance_size_in_words() == size),
        ];
        parts.into_iter().find(|(_, is_right)| !is_right).map(|(part, _)| part)
    }
}

/// The fields of a map for objects of one class. Made by [`HandleScope::map_init`]; there is no other way, for a wrong
/// map would let safe code read anything as a pointer.
#[derive(Clone, Copy, Debug)]
pub struct MapInit {
    class: &'static ClassDescriptor,
    instance_type: u16,
}

impl MapInit {
    pub(crate) const fn new(class: &'static ClassDescriptor, instance_type: u16) -> MapInit {
        MapInit { class, instance_type }
    }
}

// SAFETY: writes every field of `Map`; the class is a static descriptor and the rest is copied from it.
unsafe impl Init<Map, ()> for MapInit {
    unsafe fn write(self, object: ObjectAddress) {
        let body = self.class.body();
        let size = if body.has_tail() { 0 } else { body.size_in_words() };
        // SAFETY: the caller's contract: a `Map` being made; constant fields are given their value here.
        unsafe {
            let map: &Map = object.as_ref();
            map.instance_size_in_words.set(size);
            map.visitor_id.set(body.visitor_id() as u8);
            map.bit_field.set(0);
            map.instance_type.set(self.instance_type);
            map.bit_field2.set(0);
            map.bit_field3.set(0);
            map.class_entry.set(core::ptr::from_ref(self.class).expose_provenance() as u64);
            map.body_descriptor.set(body);
            map.pointer_bitmap.set(self.class.pointer_bitmap());
        }
    }
}

impl<'s> HandleScope<'s> {
    /// The fields of a new map for objects of class `T`, for the `parent` of a class that extends [`Map`].
    ///
    /// # Panics
    ///
    /// If the isolate was made without `T`'s registry.
    #[must_use]
    #[track_caller]
    pub fn map_init<T: HeapClass + ConcreteClass>(&self) -> MapInit {
        MapInit::new(T::CLASS, self.class_map::<T>().instance_type())
    }
}
