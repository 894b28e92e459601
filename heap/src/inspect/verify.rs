//! Verification: everything the collector and the accessors rely on, checked. V8: `--verify-heap`.

use super::walk::load;
use crate::handles::HandleScope;
use crate::isolate::IsolateData;
use crate::layout::{ClassDescriptor, FieldKind};
use crate::map::Map;
use crate::memory::MemoryChunk;
use crate::spaces::SpaceId;
use crate::tagged::{HeapObject, TAGGED_SIZE, Word};
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
    /// A strong field holds a weak reference, or a weak one a strong.
    #[error("field `{field}` holds a reference of the wrong strength")]
    WrongStrength {
        /// The field.
        field: &'static str,
    },
    /// A chunk is flagged for another space than it belongs to.
    #[error("the chunk's flags do not fit its space")]
    BadChunkFlags,
}

impl HandleScope<'_> {
    /// Checks the whole heap: maps, sizes, the type of every field and element, remembered sets, chunk flags, roots.
    ///
    /// # Errors
    ///
    /// The first violation found.
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.data().verify()
    }
}

impl IsolateData {
    pub(crate) fn verify(&self) -> Result<(), VerifyError> {
        let verifier = Verifier { isolate: self, objects: self.object_starts()? };
        self.heap.all_chunks().into_iter().try_for_each(|chunk| verifier.chunk(chunk))?;
        verifier.roots()
    }

    /// The addresses of all objects: every map and every size is checked on the way.
    fn object_starts(&self) -> Result<HashSet<usize>, VerifyError> {
        let maps = self.map_addresses();
        let mut objects = HashSet::new();
        for chunk in self.heap.all_chunks() {
            self.heap.walk_chunk(chunk, |address| {
                let map_word = load(address);
                let error =
                    |class, violation| Err(VerifyError { class, address, space: chunk.space(), offset: 0, violation });
                if !map_word.is_strong() || !maps.contains(&map_word.address()) {
                    return error("object", Violation::BadMap { word: map_word.bits() });
                }
                let class = self.map_at(address).class();
                // SAFETY: the map is one of ours, so the length field lies inside the chunk or the size test finds out.
                let size = unsafe { crate::gc::size_of_object(address) };
                if size == 0 || address.checked_add(size).is_none_or(|end| end > self.heap.end_of_objects(chunk)) {
                    return error(class.name(), Violation::TooLarge { size });
                }
                if !self.heap.is_filler(address) {
                    objects.insert(address);
                }
                Ok(size)
            })?;
        }
        Ok(objects)
    }

    /// The addresses of all maps: those of map space whose own map is that of a map class.
    fn map_addresses(&self) -> HashSet<usize> {
        let known: HashSet<usize> = self
            .maps
            .iter()
            .map(|map| map.address())
            .filter(|address| {
                // SAFETY: the isolate's own maps live as long as it does.
                unsafe { Word::strong(*address).as_object::<Map>() }.class().is_map()
            })
            .collect();
        let mut maps: HashSet<usize> = self.maps.iter().map(|map| map.address()).collect();
        for chunk in self.heap.map_space.chunks() {
            // Stops at the first word that is no map; `object_starts` reports it.
            let _ = self.heap.walk_chunk(chunk, |address| {
                let map = load(address);
                if !map.is_strong() || !self.maps.iter().any(|m| m.same(map)) {
                    return Err(());
                }
                if known.contains(&map.address()) {
                    maps.insert(address);
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
    objects: HashSet<usize>,
}

impl Verifier<'_> {
    fn chunk(&self, chunk: &'static MemoryChunk) -> Result<(), VerifyError> {
        if !chunk.has_right_flags(self.isolate.observers.is_some()) {
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
        if let Some(tail) = &layout.tail
            && tail.element.is_tagged()
        {
            // The size is that of the elements; the last word may be padding only if elements are smaller than words.
            for offset in (layout.header_size()..size).step_by(TAGGED_SIZE) {
                slot(offset, tail.name, &tail.element)?;
            }
        }
        Ok(())
    }

    fn slot(
        &self,
        chunk: &'static MemoryChunk,
        address: usize,
        field: &'static str,
        kind: &FieldKind,
    ) -> Result<(), Violation> {
        let word = match kind {
            FieldKind::Raw(_) | FieldKind::Bits(_) | FieldKind::Padding => return Ok(()),
            _ => load(address),
        };
        let wrong_type = |found: String| Err(Violation::WrongType { field, found });
        let (types, weak) = match kind {
            FieldKind::Tagged(types) => (types, false),
            FieldKind::Weak(types) => (types, true),
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
        if !types.admits_class(target) {
            return wrong_type(format!("a {}", target.name()));
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
        self.objects.contains(&word.address()).then(|| {
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
        self.isolate.handles.for_each(|word| check("handle", word));
        result
    }
}
