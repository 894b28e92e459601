//! What maps say of properties. V8: `descriptor-array.h`, `property-details.h`.

use crate::{FixedArray, Name, StandardRoots, Struct, Undefined, out_of_memory};
use heapwright::tagged::AdmitsMaybeWeak;
use heapwright::{
    BitEnum, Factory, Filled, Handle, HandleScope, MaybeObject, MaybeWeak, OutOfMemory, bitfield, heap_object,
    heap_struct,
};

/// Whether a property is a value or a pair of functions. V8: `PropertyKind`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PropertyKind {
    /// A value.
    Data = 0,
    /// A getter, a setter, or both.
    Accessor = 1,
}

/// Whether a property has ever been written after it was made. V8: `PropertyConstness`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PropertyConstness {
    /// It may have been.
    Mutable = 0,
    /// It has not, so code may rely on its value.
    Const = 1,
}

/// Where a property's value is. V8: `PropertyLocation`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PropertyLocation {
    /// In the object.
    Field = 0,
    /// In the descriptor, the same for all objects.
    Descriptor = 1,
}

/// What values a property has had. V8: `Representation::Kind`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Representation {
    /// None.
    None = 0,
    /// Smis alone.
    Smi = 1,
    /// Numbers.
    Double = 2,
    /// Objects, no Smis.
    HeapObject = 3,
    /// Anything.
    Tagged = 4,
    /// What the type of a WebAssembly object says.
    WasmValue = 5,
}

/// What is known of a property, packed into one Smi. V8: `PropertyDetails` of an object that is not a dictionary.
#[bitfield(u31)]
pub struct PropertyDetails {
    /// Whether it is a value.
    #[bits(1)]
    pub kind: PropertyKind,
    /// Whether it has been written.
    #[bits(1)]
    pub constness: PropertyConstness,
    /// It cannot be written.
    pub is_read_only: bool,
    /// Loops over all properties pass it by.
    pub is_dont_enum: bool,
    /// It can be neither deleted nor configured.
    pub is_dont_delete: bool,
    /// Where its value is.
    #[bits(1)]
    pub location: PropertyLocation,
    /// What values it has had.
    #[bits(3)]
    pub representation: Representation,
    /// Says nothing of this property: the `n`th descriptor holds the index of the one with the `n`th hash.
    #[bits(10)]
    pub(crate) sorted_index: u16,
    /// Where in the object its value is, in words.
    #[bits(11)]
    pub offset_in_words: u16,
    /// Whether that is in the object itself and not in an array beside it.
    pub is_in_object: bool,
}

/// Whether the properties can be written as JSON without looking at each. V8: `FastIterableState`.
#[derive(BitEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FastIterableState {
    /// They can.
    JsonFast = 0,
    /// They cannot.
    JsonSlow = 1,
    /// Nobody has looked.
    Unknown = 3,
}

/// Facts about all descriptors of an array. V8: `DescriptorArrayFlags`.
#[bitfield(u32)]
pub struct DescriptorArrayFlags {
    /// Whether the properties can be written as JSON without looking at each.
    #[bits(2)]
    pub fast_iterable: FastIterableState,
}

/// The names that a loop over all properties goes through, and where their values are. V8: `EnumCache`.
#[heap_object(extends = Struct)]
pub struct EnumCache {
    /// The names.
    keys: Tagged<FixedArray>,
    /// For each, where its value is.
    indices: Tagged<FixedArray>,
}

/// What is known of one property. V8: `DescriptorEntry`.
#[heap_struct]
pub struct DescriptorEntry {
    /// Its name; `undefined` if the entry is free.
    pub(crate) key: Tagged<(Name, Undefined)>,
    /// Facts.
    pub(crate) details: SmiBits<PropertyDetails>,
    /// Its value if that is in the descriptor, else the type of its field, which may be a map, weakly.
    pub(crate) value: Tagged<MaybeObject>,
}

/// What is known of the properties of objects, in the order in which they were added. V8: `DescriptorArray`.
///
/// There may be room for more than are used, so that the array can be shared by maps that each add a property
/// ([`MapBitField3::number_of_own_descriptors`](crate::MapBitField3::number_of_own_descriptors) says how many belong to a map).
///
/// ```
/// use heapwright_objects::prelude::*;
/// use heapwright_objects::{PropertyDetails, PropertyKind};
///
/// let mut isolate = heapwright_objects::builder().build()?;
/// let mut scope = isolate.enter();
/// let (x, y) = (intern(&mut scope, "x"), intern(&mut scope, "y"));
/// let descriptors = DescriptorArray::create(&mut scope, 4);
/// let array = descriptors.get(&scope);
/// array.append(x.get(&scope), PropertyDetails::new().with_is_read_only(true), smi(0));
/// array.append(y.get(&scope), PropertyDetails::new().with_kind(PropertyKind::Accessor), smi(1));
///
/// let found = array.find(y.get(&scope)).unwrap();
/// assert_eq!((found, array.details(found).kind()), (1, PropertyKind::Accessor));
/// assert_eq!(array.value(found).as_smi(), Some(1));
/// assert_eq!((array.len(), array.capacity()), (2, 4));
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[heap_object(verify = DescriptorArray::check)]
pub struct DescriptorArray {
    /// How many there is room for.
    #[constant]
    pub(crate) number_of_all_descriptors: u16,
    /// How many are in use.
    #[default = 0]
    pub(crate) number_of_descriptors: u16,
    /// Facts.
    #[relaxed]
    #[default = DescriptorArrayFlags::new().with_fast_iterable(FastIterableState::Unknown)]
    flags: Bits<DescriptorArrayFlags>,
    /// What a loop over all properties goes through; the empty one if none has been run.
    enum_cache: Tagged<EnumCache>,
    /// One after the other.
    #[length = number_of_all_descriptors]
    pub(crate) descriptors: [Inline<DescriptorEntry>],
}

/// Up to so many are searched one after the other; of more the hashes are sorted.
const MAX_UNSORTED: usize = 32;

impl DescriptorArray {
    /// The most that there may be. V8: `kMaxNumberOfDescriptors`.
    pub const MAX_DESCRIPTORS: usize = (1 << PropertyDetails::SORTED_INDEX_SIZE) - 4;

    /// An array with room for `capacity` descriptors.
    ///
    /// # Panics
    ///
    /// If that is more than [`MAX_DESCRIPTORS`](Self::MAX_DESCRIPTORS); if there is no memory, even after collecting; if
    /// the isolate lacks [`ROOTS`](crate::ROOTS).
    #[track_caller]
    pub fn create<'s>(scope: &mut HandleScope<'s>, capacity: usize) -> Handle<'s, DescriptorArray> {
        DescriptorArray::try_create(scope, capacity).unwrap_or_else(|error| out_of_memory(error))
    }

    /// An array with room for `capacity` descriptors. V8: `DescriptorArray::Allocate`.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If `capacity` is more than [`MAX_DESCRIPTORS`](Self::MAX_DESCRIPTORS); if the isolate lacks [`ROOTS`](crate::ROOTS).
    #[track_caller]
    pub fn try_create<'s>(
        scope: &mut HandleScope<'s>,
        capacity: usize,
    ) -> Result<Handle<'s, DescriptorArray>, OutOfMemory> {
        assert!(capacity <= Self::MAX_DESCRIPTORS, "{capacity} descriptors are more than {}", Self::MAX_DESCRIPTORS);
        let (undefined, enum_cache) = (scope.handle(scope.undefined()), scope.handle(scope.empty_enum_cache()));
        let free = DescriptorEntryInit { key: undefined, details: PropertyDetails::new(), value: undefined };
        DescriptorArray::try_new(scope, DescriptorArrayInit { enum_cache, descriptors: Filled::new(free, capacity) })
    }

    /// An array with the first `count` descriptors of another and room for `slack` more.
    ///
    /// # Panics
    ///
    /// As [`try_copy_up_to`](Self::try_copy_up_to); if there is no memory, even after collecting.
    #[track_caller]
    pub fn copy_up_to<'s>(
        scope: &mut HandleScope<'s>,
        from: Handle<'_, DescriptorArray>,
        count: usize,
        slack: usize,
    ) -> Handle<'s, DescriptorArray> {
        DescriptorArray::try_copy_up_to(scope, from, count, slack).unwrap_or_else(|error| out_of_memory(error))
    }

    /// An array with the first `count` descriptors of another and room for `slack` more. V8: `DescriptorArray::CopyUpTo`.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If there are fewer than `count`, or together more than [`MAX_DESCRIPTORS`](Self::MAX_DESCRIPTORS); if the isolate
    /// lacks [`ROOTS`](crate::ROOTS).
    #[track_caller]
    pub fn try_copy_up_to<'s>(
        scope: &mut HandleScope<'s>,
        from: Handle<'_, DescriptorArray>,
        count: usize,
        slack: usize,
    ) -> Result<Handle<'s, DescriptorArray>, OutOfMemory> {
        let len = from.get(scope).len();
        assert!(count <= len, "{count} descriptors cannot be copied of {len}");
        let new = DescriptorArray::try_create(scope, count.saturating_add(slack))?;
        let (from, to) = (from.get(scope), new.get(scope));
        (0..count).for_each(|index| to.put(index, from.key(index), from.details(index), from.value(index)));
        to.set_number_of_descriptors(count as u16);
        to.sort();
        Ok(new)
    }

    /// How many are in use. V8: `number_of_descriptors`.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.number_of_descriptors())
    }

    /// Whether none is in use.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there is room for. V8: `number_of_all_descriptors`.
    #[inline]
    #[must_use]
    pub fn capacity(&self) -> usize {
        usize::from(self.number_of_all_descriptors())
    }

    #[track_caller]
    fn used(&self, index: usize) -> DescriptorEntryRef<'_> {
        assert!(index < self.len(), "there is no descriptor {index}: {} are in use", self.len());
        self.descriptors(index)
    }

    /// What is read of the cells lives as long as the array, what is read of the view no longer than the view.
    #[inline]
    #[track_caller]
    fn cells(&self, index: usize) -> &DescriptorEntry {
        self.used(index).into()
    }

    /// The name of a property.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn key(&self, index: usize) -> &Name {
        self.cells(index).key().cast()
    }

    /// What is known of a property.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    #[track_caller]
    pub fn details(&self, index: usize) -> PropertyDetails {
        self.cells(index).details().with_sorted_index(0)
    }

    /// Replaces what is known of a property.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[track_caller]
    pub fn set_details(&self, index: usize, details: PropertyDetails) {
        let entry = self.used(index);
        entry.set_details(details.with_sorted_index(entry.details().sorted_index()));
    }

    /// The value of a property, or the type of its field.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    #[track_caller]
    pub fn value(&self, index: usize) -> MaybeWeak<'_, MaybeObject> {
        self.cells(index).value()
    }

    /// Replaces the value of a property, or the type of its field: takes what a slot of a
    /// [`WeakFixedArray`](crate::WeakFixedArray) does.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[track_caller]
    pub fn set_value<I>(&self, index: usize, value: impl AdmitsMaybeWeak<MaybeObject, I>) {
        self.used(index).set_value(value);
    }

    /// Adds a property behind the others and returns its index. V8: `DescriptorArray::Append`.
    ///
    /// # Panics
    ///
    /// If the array is full, or has a property of that name.
    #[track_caller]
    pub fn append<I>(
        &self,
        key: &Name,
        details: PropertyDetails,
        value: impl AdmitsMaybeWeak<MaybeObject, I>,
    ) -> usize {
        let index = self.len();
        assert!(index < self.capacity(), "the array is full with {index} descriptors");
        assert!(self.find(key).is_none(), "there is a descriptor of {key:?} already");
        self.put(index, key, details, value);
        self.set_number_of_descriptors(index as u16 + 1);
        if index == MAX_UNSORTED {
            self.sort();
        } else if index > MAX_UNSORTED {
            // Those with greater hashes make room.
            let place = self.first_sorted(index, key.hash());
            (place..index).rev().for_each(|place| self.set_sorted(place + 1, self.sorted(place)));
            self.set_sorted(place, index);
        }
        if self.fast_iterable() == FastIterableState::JsonFast {
            self.set_fast_iterable(FastIterableState::Unknown);
        }
        index
    }

    /// Writes an entry that is not in use yet.
    fn put<I>(&self, index: usize, key: &Name, details: PropertyDetails, value: impl AdmitsMaybeWeak<MaybeObject, I>) {
        let entry = self.descriptors(index);
        entry.set_key(key);
        entry.set_details(details.with_sorted_index(entry.details().sorted_index()));
        entry.set_value(value);
    }

    /// Where the property of that name is: a string that is equal, or the same symbol. Of more than 32 the hashes are sorted
    /// and bisected. V8: `DescriptorArray::Search`.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<usize> {
        let len = self.len();
        if len <= MAX_UNSORTED {
            return (0..len).find(|index| self.key(*index).is_same(name));
        }
        let hash = name.hash();
        let alike = (self.first_sorted(len, hash)..len).map(|place| self.sorted(place));
        alike.take_while(|index| self.key(*index).hash() == hash).find(|index| self.key(*index).is_same(name))
    }

    /// The index of the descriptor with the hash at that place.
    fn sorted(&self, place: usize) -> usize {
        usize::from(self.descriptors(place).details().sorted_index())
    }

    fn set_sorted(&self, place: usize, index: usize) {
        let entry = self.descriptors(place);
        entry.set_details(entry.details().with_sorted_index(index as u16));
    }

    /// The first of the `len` places in order whose hash is not below `hash`.
    fn first_sorted(&self, len: usize, hash: u32) -> usize {
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = low.midpoint(high);
            if self.key(self.sorted(middle)).hash() < hash {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Sorts the hashes, if there are enough that it pays. V8: `DescriptorArray::Sort`.
    fn sort(&self) {
        if self.len() > MAX_UNSORTED {
            let mut indices: Vec<usize> = (0..self.len()).collect();
            indices.sort_unstable_by_key(|index| self.key(*index).hash());
            indices.into_iter().enumerate().for_each(|(place, index)| self.set_sorted(place, index));
        }
    }

    /// What this module promises: the entries in use have names, and if there are many, their hashes are sorted.
    fn check(&self) -> Result<(), String> {
        let len = self.len();
        if len > self.capacity() {
            return Err(format!("{len} descriptors are in use, and there is room for {}", self.capacity()));
        }
        if let Some(index) = (0..len).find(|index| !self.descriptors(*index).key().is::<Name>()) {
            return Err(format!("descriptor {index} of {len} has no name"));
        }
        if len > MAX_UNSORTED {
            let mut is_sorted = vec![false; len];
            for place in 0..len {
                match is_sorted.get_mut(self.sorted(place)) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return Err(format!("place {place} of {len} has descriptor {}", self.sorted(place))),
                }
            }
            let hash = |place| self.key(self.sorted(place)).hash();
            if let Some(place) = (1..len).find(|place| hash(place - 1) > hash(*place)) {
                return Err(format!("the hashes are not in order at place {place} of {len}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Str;
    use heapwright::smi;

    /// Spoils an array of `count` descriptors and returns what the verifier says.
    fn spoilt(count: usize, spoil: impl Fn(&DescriptorArray)) -> String {
        let mut isolate = crate::builder().build().unwrap();
        let mut scope = isolate.enter();
        let array = DescriptorArray::create(&mut scope, count + 1);
        for index in 0..count {
            let name = Str::new(&mut scope, &format!("{index}"));
            array.get(&scope).append(name.get(&scope), PropertyDetails::new(), smi(0));
        }
        scope.verify().unwrap();
        spoil(array.get(&scope));
        scope.verify().unwrap_err().to_string()
    }

    #[test]
    fn the_verifier_finds_arrays_that_are_not_what_they_should_be() {
        let error = spoilt(3, |array| array.set_number_of_descriptors(5));
        assert!(error.contains("5 descriptors are in use, and there is room for 4"), "{error}");
        let error = spoilt(3, |array| array.set_number_of_descriptors(4));
        assert!(error.contains("descriptor 3 of 4 has no name"), "{error}");
        let error = spoilt(40, |array| array.set_sorted(7, array.sorted(8)));
        assert!(error.contains("place 8 of 40 has descriptor"), "{error}");
        let error = spoilt(40, |array| array.set_sorted(39, 1000));
        assert!(error.contains("place 39 of 40 has descriptor 1000"), "{error}");
        let error = spoilt(40, |array| {
            let (first, last) = (array.sorted(0), array.sorted(39));
            array.set_sorted(0, last);
            array.set_sorted(39, first);
        });
        assert!(error.contains("the hashes are not in order at place 1 of 40"), "{error}");
    }
}
