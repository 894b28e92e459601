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

use crate::{DescriptorArray, StandardRoots, WeakFixedArray, WeakFixedArrayInit, out_of_memory};
use heapwright::{
    Any, ConcreteClass, Factory, Filled, Handle, HandleScope, Map, MapInit, MaybeWeak, Nil, OutOfMemory, Weakly,
    bitfield, heap_object, smi,
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
/// A map that instances may change to is referred to weakly: if nothing else uses it, it dies. Most maps have one or none,
/// so a single one takes the place of an array of them; [`connect_transition`](Self::connect_transition) and
/// [`transition_targets`](Self::transition_targets) know.
#[heap_object(extends = Map)]
pub struct ExtendedMap {
    /// The prototype of all instances.
    prototype: Tagged<Any>,
    /// The constructor, or, in a map that others lead to, the map before it. V8: `constructor_or_back_pointer`.
    constructor_or_back_pointer: Tagged<Any>,
    /// What is known of each property; several maps on one way of transitions share it.
    #[default = Nil]
    instance_descriptors: Tagged<Option<DescriptorArray>>,
    /// Code that has to be thrown away if the map changes.
    #[default = Nil]
    dependent_code: Tagged<Option<WeakFixedArray>>,
    /// Says whether what was assumed of the prototype chain still holds; a Smi if nothing was.
    #[default = smi(0)]
    prototype_validity_cell: Tagged<Any>,
    /// Maps that instances get when a property is added: one, or an array of weak references to several; the Smi zero if
    /// there were none yet. V8 also keeps here what it knows of a prototype.
    #[acquire_release]
    #[default = smi(0)]
    transitions_or_prototype_info: Tagged<(Weak<ExtendedMap>, WeakFixedArray, Smi)>,
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
        let init = ExtendedMapInit { parent, prototype, constructor_or_back_pointer: null };
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
        let held = self.transitions_or_prototype_info();
        let array = held.try_cast::<WeakFixedArray>();
        let several = array.into_iter().flat_map(WeakFixedArray::elements_iter).filter_map(MaybeWeak::try_cast);
        held.try_cast().into_iter().chain(several)
    }

    /// Notes that instances of `map` may change to `target`, weakly, and in `target` that it comes after `map`. V8:
    /// `Map::ConnectTransition`.
    ///
    /// ```
    /// # use heapwright_objects::prelude::*;
    /// # let mut isolate = heapwright_objects::builder().build().unwrap();
    /// # let mut scope = isolate.enter();
    /// let null = scope.handle(scope.null()).to_any();
    /// let (empty, with_x) = (ExtendedMap::create::<FixedArray>(&mut scope, null), ExtendedMap::create::<FixedArray>(&mut scope, null));
    /// ExtendedMap::connect_transition(&mut scope, empty, with_x);
    /// assert_eq!(empty.get(&scope).transition_targets().count(), 1);
    /// assert!(std::ptr::eq(with_x.get(&scope).back_pointer().unwrap(), empty.get(&scope)));
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting.
    #[track_caller]
    pub fn connect_transition(
        scope: &mut HandleScope<'_>,
        map: Handle<'_, ExtendedMap>,
        target: Handle<'_, ExtendedMap>,
    ) {
        ExtendedMap::try_connect_transition(scope, map, target).unwrap_or_else(|error| out_of_memory(error));
    }

    /// As [`connect_transition`](Self::connect_transition). Allocates only if there is more than one transition and no
    /// place is left of one that died.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting; then nothing is changed.
    pub fn try_connect_transition(
        scope: &mut HandleScope<'_>,
        map: Handle<'_, ExtendedMap>,
        target: Handle<'_, ExtendedMap>,
    ) -> Result<(), OutOfMemory> {
        let is_there = map.get(scope).transition_targets().any(|other| core::ptr::eq(other, target.get(scope)));
        if !is_there && !map.get(scope).put_transition(target.get(scope)) {
            let mut scope = scope.nested();
            let slots = (map.get(&scope).transition_targets().count() + 1).next_power_of_two();
            let array = WeakFixedArrayInit { elements: Filled::new(Nil, slots) };
            let array = WeakFixedArray::try_new(&mut scope, array)?.get(&scope);
            // Making it may have collected: there are at most as many targets now. Nothing below allocates.
            let map = map.get(&scope);
            let targets = map.transition_targets().chain([target.get(&scope)]);
            targets.enumerate().for_each(|(slot, target)| array.set_elements(slot, Weakly(target)));
            map.set_transitions_or_prototype_info(array);
        }
        target.get(scope).set_constructor_or_back_pointer(map);
        Ok(())
    }

    /// Puts a transition where there is room for it, if there is.
    fn put_transition(&self, target: &ExtendedMap) -> bool {
        let held = self.transitions_or_prototype_info();
        if let Some(array) = held.try_cast::<WeakFixedArray>() {
            let free = array.elements_iter().position(MaybeWeak::is_cleared);
            free.inspect(|slot| array.set_elements(*slot, Weakly(target))).is_some()
        } else if held.as_object().is_none() {
            self.set_transitions_or_prototype_info(Weakly(target));
            true
        } else {
            false
        }
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
