//! Hidden classes. V8: `map.h`.
//!
//! The core map ([`heapwright::Map`]) has what every object needs; this one adds what a language with prototypes and
//! changing shapes needs. Many of them may describe objects of one Rust class, which differ in shape:
//!
//! ```
//! use heapwright_objects::prelude::*;
//!
//! let mut isolate = heapwright_objects::builder().build()?;
//! let mut scope = isolate.enter();
//! let null = scope.handle(scope.null());
//! let map = ExtendedMap::create::<FixedArray>(&mut scope, null.to_any());
//! map.get(&scope).update_bits3(|bits| bits.with_is_dictionary_map(true));
//!
//! let elements = [smi(1), smi(2)];
//! let array = scope.try_new_with_map::<FixedArray, _, _>(AllocationType::Young, map, FixedArrayInit { elements: &elements })?;
//! scope.collect(CollectionKind::Full);
//! let own = array.get(&scope).map().cast::<ExtendedMap>();
//! assert!(own.bits3().is_dictionary_map() && own.prototype().is::<Null>());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{FixedArray, StandardRoots, WeakFixedArray, out_of_memory};
use heapwright::{
    Any, ConcreteClass, Factory, Handle, HandleScope, Map, MapInit, OutOfMemory, Smi, bitfield, heap_object, smi,
};

/// The first flags of a map. V8: `Map::Bits1`.
#[bitfield(u8)]
pub struct MapBitField {
    /// As a constructor, it has a prototype that is no object.
    #[bits(1)]
    pub has_non_instance_prototype: bool,
    /// Instances may be called.
    #[bits(1)]
    pub is_callable: bool,
    /// Instances intercept accesses by name.
    #[bits(1)]
    pub has_named_interceptor: bool,
    /// Instances intercept accesses by index.
    #[bits(1)]
    pub has_indexed_interceptor: bool,
    /// Instances pretend to be `undefined`.
    #[bits(1)]
    pub is_undetectable: bool,
    /// Accesses to instances have to be checked.
    #[bits(1)]
    pub is_access_check_needed: bool,
    /// Instances may be called with `new`.
    #[bits(1)]
    pub is_constructor: bool,
    /// Instances are functions with a slot for a prototype.
    #[bits(1)]
    pub has_prototype_slot: bool,
}

/// The second flags of a map. V8: `Map::Bits2`.
#[bitfield(u16)]
pub struct MapBitField2 {
    /// `new.target` is a base class.
    #[bits(1)]
    pub new_target_is_base: bool,
    /// The prototype cannot be replaced.
    #[bits(1)]
    pub is_immutable_prototype: bool,
    /// What kind of values the elements are.
    #[bits(6)]
    pub elements_kind: u8,
}

/// The third flags of a map. V8: `Map::Bits3`.
#[bitfield(u32)]
pub struct MapBitField3 {
    /// Properties in the enumeration cache.
    #[bits(10)]
    pub enum_length: u16,
    /// Descriptors that belong to this map; those behind them belong to maps further down the transitions.
    #[bits(10)]
    pub number_of_own_descriptors: u16,
    /// Some instance is a prototype.
    #[bits(1)]
    pub is_prototype_map: bool,
    /// Properties are in a dictionary, not described by descriptors.
    #[bits(1)]
    pub is_dictionary_map: bool,
    /// The descriptors are this map's to extend.
    #[bits(1)]
    pub owns_descriptors: bool,
    /// Slack tracking has seen an instance in an optimizing compiler's code.
    #[bits(1)]
    pub is_in_retained_map_list: bool,
    /// Instances should be migrated to another map.
    #[bits(1)]
    pub is_deprecated: bool,
    /// Code must not rely on the map's being a leaf.
    #[bits(1)]
    pub is_unstable: bool,
    /// Instances were migrated here.
    #[bits(1)]
    pub is_migration_target: bool,
    /// Instances may be extended.
    #[bits(1)]
    pub is_extensible: bool,
    /// Some property may have an interesting name.
    #[bits(1)]
    pub may_have_interesting_properties: bool,
    /// Rounds of slack tracking left.
    #[bits(3)]
    pub construction_counter: u8,
}

/// A map with a prototype, descriptors and transitions. V8: `Map`.
///
/// In V8 the last field is a strong reference, a weak one or a Smi. Here a field's strength is part of its type: a map keeps
/// an array of weak references to those that its instances may change to, even if it is only one, so unused ones die.
#[heap_object(extends = Map)]
pub struct ExtendedMap {
    /// The prototype of all instances.
    prototype: Tagged<Any>,
    /// The constructor, or, in a map that others lead to, the map before it. V8: `constructor_or_back_pointer`.
    constructor_or_back_pointer: Tagged<Any>,
    /// What is known of each property; the Smi zero if nothing is.
    instance_descriptors: Tagged<(FixedArray, Smi)>,
    /// Code that has to be thrown away if the map changes.
    dependent_code: Tagged<(WeakFixedArray, Smi)>,
    /// Says whether what was assumed of the prototype chain still holds; a Smi if nothing was.
    prototype_validity_cell: Tagged<Any>,
    /// Maps that instances get when a property is added; the Smi zero if there are none yet.
    transitions: Tagged<(WeakFixedArray, Smi)>,
}

impl ExtendedMap {
    /// A new map for objects of class `T`, extensible, without properties.
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting; if the isolate lacks [`ROOTS`](crate::ROOTS) or `T`'s registry.
    #[track_caller]
    pub fn create<'s, T: ConcreteClass>(
        scope: &mut HandleScope<'s>,
        prototype: Handle<'_, Any>,
    ) -> Handle<'s, ExtendedMap> {
        ExtendedMap::try_create::<T>(scope, prototype).unwrap_or_else(|error| out_of_memory(error))
    }

    /// A new map for objects of class `T`, extensible, without properties.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If the isolate lacks [`ROOTS`](crate::ROOTS) or `T`'s registry.
    #[track_caller]
    pub fn try_create<'s, T: ConcreteClass>(
        scope: &mut HandleScope<'s>,
        prototype: Handle<'_, Any>,
    ) -> Result<Handle<'s, ExtendedMap>, OutOfMemory> {
        let parent: MapInit = scope.map_init::<T>();
        let null = scope.handle(scope.null());
        let init = ExtendedMapInit {
            parent,
            prototype,
            constructor_or_back_pointer: null,
            instance_descriptors: smi(0),
            dependent_code: smi(0),
            prototype_validity_cell: smi(0),
            transitions: smi(0),
        };
        let map = ExtendedMap::try_new(scope, init)?;
        map.get(scope).update_bits3(|bits| bits.with_is_extensible(true).with_owns_descriptors(true));
        Ok(map)
    }

    /// The map before this one on the way of transitions, if it is not the first.
    #[must_use]
    pub fn back_pointer(&self) -> Option<&ExtendedMap> {
        self.constructor_or_back_pointer().try_cast()
    }

    /// The maps that instances may change to and that are alive.
    pub fn transition_targets(&self) -> impl Iterator<Item = &ExtendedMap> {
        use heapwright::HeapObjectExt;
        let array = self.transitions().try_cast::<WeakFixedArray>();
        array.into_iter().flat_map(WeakFixedArray::elements_iter).flatten().filter_map(HeapObjectExt::try_cast)
    }

    /// The first flags.
    #[inline]
    #[must_use]
    pub fn bits(&self) -> MapBitField {
        MapBitField::from_bits(self.bit_field())
    }

    /// Changes the first flags.
    #[inline]
    pub fn update_bits(&self, change: impl FnOnce(MapBitField) -> MapBitField) {
        self.set_bit_field(change(self.bits()).into_bits());
    }

    /// The second flags.
    #[inline]
    #[must_use]
    pub fn bits2(&self) -> MapBitField2 {
        MapBitField2::from_bits(self.bit_field2())
    }

    /// Changes the second flags.
    #[inline]
    pub fn update_bits2(&self, change: impl FnOnce(MapBitField2) -> MapBitField2) {
        self.set_bit_field2(change(self.bits2()).into_bits());
    }

    /// The third flags.
    #[inline]
    #[must_use]
    pub fn bits3(&self) -> MapBitField3 {
        MapBitField3::from_bits(self.bit_field3())
    }

    /// Changes the third flags.
    #[inline]
    pub fn update_bits3(&self, change: impl FnOnce(MapBitField3) -> MapBitField3) {
        self.set_bit_field3(change(self.bits3()).into_bits());
    }
}
