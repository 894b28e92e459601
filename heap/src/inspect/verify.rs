//! Verification: everything the collector and the accessors rely on, checked. V8: `--verify-heap`.

use super::address_set::AddressSet;
use super::walk::load;
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::layout::{ClassDescriptor, FieldKind, VisitorId};
use crate::map::Map;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::spaces::{AllocationAlignment, SpaceId};
use crate::tagged::{HeapObject, TAGGED_SIZE, TaggedCell, Word};
use std::collections::HashSet;

/// A heap that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class} at {address:#x} in {space}, byte {offset}: {violation}")]
pub struct VerifyError {
    /// The class of the object, or what else was looked at.
    pub class: &'static str,
    /// The object's address.
    pub address: usize,
    /// The space it lies in.
    pub space: SpaceId,
    /// Bytes from the object's start to the offending slot.
    pub offset: usize,
    /// What is wrong.
    pub violation: Violation,
}

/// What can be wrong with a slot or an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The first word is not a reference to a map of this isolate.
    #[error("the map word {word:#x} is not that of a map")]
    BadMap {
        /// The word.
        word: usize,
    },
    /// A map is not as it was made: what it says of its objects is not what their class is.
    #[error("the {part} of the map is not that of a class of this isolate")]
    DamagedMap {
        /// What of it.
        part: &'static str,
    },
    /// The first word says where the object has moved to: a reference to its old place was left.
    #[error("the object has moved to {to:#x}, and was left behind")]
    Forwarded {
        /// Where it says that it is.
        to: usize,
    },
    /// The object reaches beyond its chunk's objects.
    #[error("its {size} bytes reach beyond the chunk's end")]
    TooLarge {
        /// Bytes.
        size: usize,
    },
    /// A reference to something that is no object.
    #[error("field `{field}` refers to {target:#x}, where no object begins")]
    DanglingReference {
        /// The field.
        field: &'static str,
        /// Where it points.
        target: usize,
    },
    /// A value that the field's type does not admit.
    #[error("field `{field}` holds {found}, which its type does not admit")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What was found.
        found: String,
    },
    /// A slot outside the young generation refers into it and is not remembered.
    #[error("field `{field}` refers to a young object and is not in the remembered set")]
    NotRemembered {
        /// The field.
        field: &'static str,
    },
    /// An object that marking has visited refers to one that it does not know.
    #[error("marking has visited the object, and does not know what it refers to at {target:#x}")]
    NotMarked {
        /// Where the reference leads.
        target: usize,
    },
    /// A strong field holds a weak reference, or a weak one a strong.
    #[error("field `{field}` holds a reference of the wrong strength")]
    WrongStrength {
        /// The field.
        field: &'static str,
    },
    /// The object begins where its class's alignment does not let it.
    #[error("its class is `align = {}`, and it does not begin there", alignment.name())]
    Misaligned {
        /// What the class asks for.
        alignment: AllocationAlignment,
    },
    /// A chunk says that it belongs to another space than the one that has it.
    #[error("the chunk belongs to {owner}, and says that it belongs to {says}", says = says.name())]
    WrongOwner {
        /// The space that has it.
        owner: SpaceId,
        /// What its header says.
        says: SpaceId,
    },
    /// A chunk is flagged for another space than it belongs to.
    #[error("the chunk's flags do not fit its space")]
    BadChunkFlags,
    /// What a class's own `verify` hook found.
    #[error("{message}")]
    Custom {
        /// What it says.
        message: String,
    },
}

impl HandleScope<'_> {
    /// Checks the whole heap: maps, sizes, the type of every field and element, remembered sets, marks while marking is under way, chunk
    /// flags and owners, roots. Then what the `verify` hooks of classes check, of objects that died since the last full collection too.
    /// [What it says](crate::seeing#the-verifier) of some faults, and what it costs.
    ///
    /// # Errors
    ///
    /// The first violation found.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let data = self.data();
        data.pause_marking();
        let result = data.verify();
        data.resume_marking();
        result
    }
}

impl IsolateData {
    pub(crate) fn verify(&self) -> Result<(), VerifyError> {
        self.verify_owners()?;
        self.maps.iter().try_for_each(|map| self.verify_map(map.address()))?;
        let marking = self.heap.collector.marking.as_ref();
        let grey = marking.map(|marking| self.address_set(marking.grey()));
        let verifier = Verifier { isolate: self, objects: self.object_starts()?, grey };
        self.heap.all_chunks().into_iter().try_for_each(|chunk| verifier.chunk(chunk))?;
        verifier.roots()?;
        self.call_verify_hooks()
    }

    /// That each chunk says whose it is.
    fn verify_owners(&self) -> Result<(), VerifyError> {
        let heap = &self.heap;
        let owned = [
            (SpaceId::ReadOnly, heap.read_only_space.chunks()),
            (SpaceId::Map, heap.map_space.chunks()),
            (SpaceId::Old, heap.old_space.chunks()),
            (SpaceId::LargeObject, heap.large_object_space.chunks()),
            (SpaceId::Code, heap.code_space.chunks()),
            (SpaceId::CodeLargeObject, heap.code_large_object_space.chunks()),
            (SpaceId::NewLargeObject, heap.new_large_object_space.chunks()),
            (SpaceId::New, heap.new_space.chunks()),
        ];
        for (owner, chunks) in owned {
            if let Some(chunk) = chunks.iter().find(|chunk| chunk.space() != owner) {
                let (address, violation) = (chunk.address(), Violation::WrongOwner { owner, says: chunk.space() });
                return Err(VerifyError { class: "chunk", address, space: owner, offset: 0, violation });
            }
        }
        Ok(())
    }

    /// That a map says of its objects what their class is.
    fn verify_map(&self, address: usize) -> Result<(), VerifyError> {
        let own_type = |entry: usize| {
            let class = self.numbering.classes.iter().find(|class| core::ptr::from_ref(**class).addr() == entry)?;
            Some((*class, self.numbering.own(class)?))
        };
        // SAFETY: callers pass one of the isolate's own maps, or an object whose map is one of those and right.
        let map = unsafe { Word::strong(address).as_object::<Map>() };
        match map.damage(own_type) {
            None => Ok(()),
            Some(part) => {
                let (class, space, violation) = ("Map", SpaceId::Map, Violation::DamagedMap { part });
                Err(VerifyError { class, address, space, offset: 0, violation })
            }
        }
    }

    /// Calls the hooks of classes that have them. All references of the heap have been found right: hooks may follow them.
    fn call_verify_hooks(&self) -> Result<(), VerifyError> {
        let hooked: HashSet<usize> = self
            .numbering
            .classes
            .iter()
            .filter(|class| class.verify_hooks().next().is_some())
            .map(|class| core::ptr::from_ref(*class).addr())
            .collect();
        if hooked.is_empty() {
            return Ok(());
        }
        self.heap.all_chunks().into_iter().try_for_each(|chunk| {
            self.heap.walk_chunk(chunk, |address| {
                let class = self.map_at(address).class();
                if hooked.contains(&core::ptr::from_ref(class).addr()) {
                    // SAFETY: `object_starts` has found an object here.
                    let object: &HeapObject = unsafe { Word::strong(address).as_object() };
                    for hook in class.verify_hooks() {
                        // SAFETY: a hook of the object's class or of one above it, and so for such objects.
                        unsafe { hook(object) }.map_err(|message| VerifyError {
                            class: class.name(),
                            address,
                            space: chunk.space(),
                            offset: 0,
                            violation: Violation::Custom { message },
                        })?;
                    }
                }
                // SAFETY: as above.
                Ok(unsafe { crate::gc::size_of_object(address) })
            })
        })
    }

    /// The addresses of all objects: every map and every size is checked on the way.
    fn object_starts(&self) -> Result<AddressSet, VerifyError> {
        let maps = self.map_addresses();
        maps.iter().try_for_each(|map| self.verify_map(*map))?;
        let maps = self.address_set(maps);
        let mut objects = self.address_set([]);
        for chunk in self.heap.all_chunks() {
            self.heap.walk_chunk(chunk, |address| {
                let map_word = load(address);
                let error =
                    |class, violation| Err(VerifyError { class, address, space: chunk.space(), offset: 0, violation });
                if map_word.is_smi() && self.is_in_a_chunk(map_word.address()) {
                    return error("object", Violation::Forwarded { to: map_word.address() });
                }
                if !map_word.is_strong() || !maps.contains(map_word.address()) {
                    return error("object", Violation::BadMap { word: map_word.bits() });
                }
                let class = self.map_at(address).class();
                // SAFETY: the map is one of ours, so the length field lies inside the chunk or the size test finds out.
                let size = unsafe { crate::gc::size_of_object(address) };
                if size == 0 || address.checked_add(size).is_none_or(|end| end > self.heap.end_of_objects(chunk)) {
                    return error(class.name(), Violation::TooLarge { size });
                }
                let alignment = class.layout().alignment;
                if alignment.fill(address) > 0 {
                    return error(class.name(), Violation::Misaligned { alignment });
                }
                if !self.heap.is_filler(address) {
                    objects.insert(address);
                }
                Ok(size)
            })?;
        }
        Ok(objects)
    }

    /// Whether an address is one that an object may have.
    fn is_in_a_chunk(&self, address: usize) -> bool {
        self.heap.all_chunks().iter().any(|chunk| chunk.area().contains(address))
    }

    /// These addresses, of objects.
    fn address_set(&self, addresses: impl IntoIterator<Item = usize>) -> AddressSet {
        let chunks = self.heap.all_chunks();
        let mut set = AddressSet::of_chunks(chunks.iter().map(|chunk| chunk.address()));
        addresses.into_iter().for_each(|address| set.insert(address));
        set
    }

    /// The addresses of all maps: those of map space whose own map is that of a map class. Some more than once.
    fn map_addresses(&self) -> Vec<usize> {
        let known: HashSet<usize> = self
            .maps
            .iter()
            .map(|map| map.address())
            .filter(|address| {
                // SAFETY: the isolate's own maps live as long as it does.
                unsafe { Word::strong(*address).as_object::<Map>() }.class().is_map()
            })
            .collect();
        let mut maps: Vec<usize> = self.maps.iter().map(|map| map.address()).collect();
        for chunk in self.heap.map_space.chunks() {
            // Stops at the first word that is no map; `object_starts` reports it.
            let _ = self.heap.walk_chunk(chunk, |address| {
                let map = load(address);
                if !map.is_strong() || !self.maps.iter().any(|m| m.same(map)) {
                    return Err(());
                }
                if known.contains(&map.address()) {
                    maps.push(address);
                }
                // SAFETY: a filler or a map, whose own map is one of the isolate's.
                Ok(unsafe { crate::gc::size_of_object(address) })
            });
        }
        maps
    }
}

struct Verifier<'a> {
    isolate: &'a IsolateData,
    objects: AddressSet,
    /// While marking is under way, the objects that are marked and were not visited.
    grey: Option<AddressSet>,
}

impl Verifier<'_> {
    fn chunk(&self, chunk: &'static MemoryChunk) -> Result<(), VerifyError> {
        if !chunk.has_right_flags(self.isolate.observers.is_some(), self.isolate.heap.collector.marking.is_some()) {
            let (address, space, violation) = (chunk.address(), chunk.space(), Violation::BadChunkFlags);
            return Err(VerifyError { class: "chunk", address, space, offset: 0, violation });
        }
        self.isolate.heap.walk_chunk(chunk, |address| {
            // SAFETY: `object_starts` has checked every object's map and size.
            let size = unsafe { crate::gc::size_of_object(address) };
            if !self.isolate.heap.is_filler(address) {
                self.object(chunk, address, size)?;
            }
            Ok(size)
        })
    }

    fn object(&self, chunk: &'static MemoryChunk, address: usize, size: usize) -> Result<(), VerifyError> {
        let class = self.isolate.map_at(address).class();
        let layout = class.layout();
        let slot = |offset: usize, name: &'static str, kind: &FieldKind| {
            self.slot(chunk, address + offset, name, kind).map_err(|violation| VerifyError {
                class: class.name(),
                address,
                space: chunk.space(),
                offset,
                violation,
            })
        };
        for (declared_in, field) in layout.all_fields() {
            if declared_in.parent.is_some() {
                slot(field.offset.current() as usize, field.name, &field.kind)?;
            }
        }
        // SAFETY: `object_starts` has checked the object's size, and so the lengths that make it.
        let lengths = unsafe { class.tail_lengths(address) };
        let mut offset = layout.header_size();
        for (tail, &length) in layout.tails.iter().zip(lengths.as_slice()) {
            let element_size = tail.element_size.current() as usize;
            let end = offset + length * element_size;
            if tail.element.is_tagged() {
                while offset < end {
                    slot(offset, tail.name, &tail.element)?;
                    offset += element_size;
                }
            }
            offset = end;
        }
        if offset.next_multiple_of(TAGGED_SIZE) != size {
            return Err(VerifyError {
                class: class.name(),
                address,
                space: chunk.space(),
                offset,
                violation: Violation::TooLarge { size },
            });
        }
        if layout.has_custom_trace() {
            let any = crate::layout::TypeSet::new(&[crate::layout::Member::Any]);
            let mut result = Ok(());
            let mut visit = |cell: &TaggedCell| {
                let is_weak = load(cell.address()).is_weak();
                let kind = if is_weak { FieldKind::Weak(any) } else { FieldKind::Tagged(any) };
                if result.is_ok() {
                    result = slot(cell.address() - address, "what it traces", &kind);
                }
            };
            // SAFETY: an object of that size, with that map.
            unsafe { crate::gc::visit_custom_slots(address, size, self.isolate.map_at(address), &mut visit) };
            result?;
        }
        self.ephemerons(chunk, address, size)?;
        self.marking(chunk, address, size)
    }

    /// That scavenges will look up what the remembered slots of an old object with ephemerons are.
    fn ephemerons(&self, chunk: &'static MemoryChunk, address: usize, size: usize) -> Result<(), VerifyError> {
        let map = self.isolate.map_at(address);
        if map.body().visitor_id() != VisitorId::Ephemerons || !chunk.remembers() {
            return Ok(());
        }
        let mut entries = 0;
        // SAFETY: an object of that size, with that map.
        unsafe { crate::gc::visit_slots_and_ephemerons(address, size, map, &mut entries, |_, _| {}, |n, _| *n += 1) };
        if entries > 0 && !chunk.has(ChunkFlags::HAS_EPHEMERONS) {
            let (class, space, violation) = (map.class().name(), chunk.space(), Violation::BadChunkFlags);
            return Err(VerifyError { class, address, space, offset: 0, violation });
        }
        Ok(())
    }

    /// While marking is under way: that what an old object refers to is marked, if the object has been visited.
    fn marking(&self, chunk: &'static MemoryChunk, address: usize, size: usize) -> Result<(), VerifyError> {
        let Some(grey) = &self.grey else { return Ok(()) };
        if !chunk.remembers() || !chunk.is_marked(address) || grey.contains(address) {
            return Ok(());
        }
        let map = self.isolate.map_at(address);
        let mut result = Ok(());
        let mut check = |offset: usize, word: Word| {
            let is_missed = |to: &MemoryChunk| to.remembers() && !to.is_marked(word.address());
            if word.is_strong() && is_missed(MemoryChunk::of(word.address())) && result.is_ok() {
                let violation = Violation::NotMarked { target: word.address() };
                let (class, space) = (map.class().name(), chunk.space());
                result = Err(VerifyError { class, address, space, offset, violation });
            }
        };
        check(0, load(address));
        // SAFETY: an object of that size, with that map.
        unsafe {
            // Not ephemerons, whose values are marked when their keys turn out to live.
            let visit = |_: &mut (), slot: &TaggedCell| check(slot.address() - address, load(slot.address()));
            crate::gc::visit_slots_and_ephemerons(address, size, map, &mut (), visit, |(), _| {});
        }
        result
    }

    fn slot(
        &self,
        chunk: &'static MemoryChunk,
        address: usize,
        field: &'static str,
        kind: &FieldKind,
    ) -> Result<(), Violation> {
        let word = match kind {
            FieldKind::Raw(_) | FieldKind::Bits(_) | FieldKind::External(_) | FieldKind::Padding => return Ok(()),
            FieldKind::Struct(layout) => {
                return layout.fields.iter().try_for_each(|part| {
                    self.slot(chunk, address + part.offset.current() as usize, part.name, &part.kind)
                });
            }
            _ => load(address),
        };
        let wrong_type = |found: String| Err(Violation::WrongType { field, found });
        let (types, weak) = match kind {
            FieldKind::Tagged(types) => (types, false),
            FieldKind::Weak(types) => (types, true),
            FieldKind::MaybeWeak(types) => (types, word.is_weak()),
            _ if word.is_smi() => return Ok(()),
            _ => return wrong_type(format!("{word:?} instead of a Smi")),
        };
        if word.is_smi() {
            let none =
                types.members().iter().any(|m| matches!(m, crate::layout::Member::None)) && word.same(Word::ZERO);
            return if !weak && (types.admits_smi() || none) { Ok(()) } else { wrong_type(format!("a Smi, {word:?}")) };
        }
        if word.is_weak() != weak {
            return Err(Violation::WrongStrength { field });
        }
        if word.is_cleared() {
            return Ok(());
        }
        let target = self.object_at(word).ok_or(Violation::DanglingReference { field, target: word.address() })?;
        let admitted = match kind {
            FieldKind::MaybeWeak(_) if weak => types.admits_weak(target),
            _ => types.admits_class(target),
        };
        if !admitted {
            let weakly = if weak && matches!(kind, FieldKind::MaybeWeak(_)) { "weak " } else { "" };
            return wrong_type(format!("a {weakly}{}", target.name()));
        }
        let (remembers, to_young) = (chunk.remembers(), MemoryChunk::of(word.address()).is_young());
        let offset = address - chunk.address();
        if remembers && to_young && !chunk.old_to_new().is_some_and(|slots| slots.contains(offset)) {
            return Err(Violation::NotRemembered { field });
        }
        Ok(())
    }

    /// The class of the object that a reference refers to, if there is one.
    fn object_at(&self, word: Word) -> Option<&'static ClassDescriptor> {
        self.objects.contains(word.address()).then(|| {
            // SAFETY: an object begins there.
            unsafe { word.as_object::<HeapObject>() }.class()
        })
    }

    fn roots(&self) -> Result<(), VerifyError> {
        let mut result = Ok(());
        let mut check = |class, word: Word| {
            if result.is_ok() && !word.is_smi() && !word.is_cleared() && self.object_at(word).is_none() {
                let (address, space) = (word.address(), SpaceId::New);
                let violation = Violation::DanglingReference { field: "slot", target: address };
                result = Err(VerifyError { class, address, space, offset: 0, violation });
            }
            word
        };
        self.isolate.roots.for_each(|word| check("root", word));
        self.isolate.globals.for_each_strong(|word| check("global", word));
        self.isolate.globals.for_each_weak(|word| check("weak global", word));
        self.isolate.eternals.for_each(|word| check("eternal handle", word));
        self.isolate.persistent.for_each(|word| check("persistent handle", word));
        self.isolate.handles.for_each(|word| check("handle", word));
        result
    }
}
