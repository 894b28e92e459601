//! `HeapObject`: the root of all classes, nothing but a map. Written by hand; all others are declared.

use super::class::{HeapClass, IsA, OpenClass};
use super::field::AlignTagged;
use super::init::{Init, ObjectAddress};
use super::word::{TaggedCell, Word};
use crate::layout::{ClassDescriptor, ClassLayout, FieldLayout, FieldSpec, PerWidth, place};
use crate::map::Map;
use core::sync::atomic::Ordering;

/// What all heap objects are: a map, which says of which class the object is and how large. V8: `HeapObject`.
#[repr(C)]
pub struct HeapObject {
    align: AlignTagged,
    map: TaggedCell,
}

static CLASS: ClassDescriptor = ClassDescriptor::new::<HeapObject>(&CLASS);

const FIELDS: [FieldLayout; 1] = place(
    PerWidth::both(0),
    [FieldSpec::tagged::<Map>("map").written("Tagged<Map>", line!(), "The class and shape of the object.").constant()],
);

const LAYOUT: ClassLayout = ClassLayout::new(
    "HeapObject",
    module_path!(),
    file!(),
    line!(),
    "What all heap objects are: a map, which says of which class the object is and how large.",
    &FIELDS,
)
.abstract_();

// SAFETY: `repr(C)`, the map is its only field and lies at offset 0 as `LAYOUT` says (asserted below), a cell.
unsafe impl HeapClass for HeapObject {
    type Parent = HeapObject;
    const CLASS: &'static ClassDescriptor = &CLASS;
    const LAYOUT: &'static ClassLayout = &LAYOUT;
}

// SAFETY: reflexive.
unsafe impl IsA<HeapObject> for HeapObject {}

// SAFETY: declared abstract above.
unsafe impl OpenClass for HeapObject {}

// SAFETY: the map is written by the allocator; there are no other fields.
unsafe impl Init<HeapObject, ()> for () {
    #[inline]
    unsafe fn write(self, _: ObjectAddress) {}
}

const _: () = assert!(core::mem::offset_of!(HeapObject, map) == 0);

impl HeapObject {
    /// Byte offset of the map. V8: `HeapObject::kMapOffset`.
    pub const MAP_OFFSET: usize = core::mem::offset_of!(HeapObject, map);

    /// The object's map.
    #[inline]
    #[must_use]
    pub fn map(&self) -> &Map {
        // SAFETY: the map word of an object always refers to a map, and maps never move.
        unsafe { self.map.load(Ordering::Relaxed).as_strong() }
    }

    /// The object's class.
    #[inline]
    #[must_use]
    pub fn class(&self) -> &'static ClassDescriptor {
        self.map().class()
    }

    /// Whether the object is a `T`: one compare for a leaf class, for an open one a look at the display too.
    #[inline]
    #[must_use]
    pub fn is_instance_of<T: HeapClass>(&self) -> bool {
        let class = self.class();
        if T::LAYOUT.is_open { class.is_subclass_of(T::CLASS) } else { core::ptr::eq(class, T::CLASS) }
    }

    /// Bytes the object takes. V8: `HeapObject::Size`.
    #[must_use]
    pub fn size(&self) -> usize {
        // SAFETY: a reference is to a whole object.
        unsafe { crate::gc::object_size(self.address(), self.map()) }
    }

    /// Where the object lies now; collections move it.
    #[inline]
    #[must_use]
    pub fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// The space the object lies in now.
    #[must_use]
    pub fn space(&self) -> crate::SpaceId {
        crate::memory::MemoryChunk::of(self.address()).space()
    }

    /// Gives the object another map of the same class and shape, as a change of hidden class does.
    ///
    /// # Panics
    ///
    /// If `map` describes objects of another class.
    pub fn set_map(&self, map: &Map) {
        assert!(
            map.class() == self.class(),
            "a {} cannot take a map of class {}",
            self.class().name(),
            map.class().name()
        );
        let chunk = crate::memory::MemoryChunk::of(self.address());
        assert!(chunk.space() != crate::SpaceId::ReadOnly, "the map of a read-only object cannot change");
        assert!(!chunk.has(crate::memory::ChunkFlags::EXECUTABLE), "the map of a code object cannot change");
        // Maps are never young, so no barrier.
        self.map.store(Word::strong(core::ptr::from_ref(map).addr()), Ordering::Release);
    }
}

impl core::fmt::Debug for HeapObject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        crate::inspect::brief(self, f)
    }
}
