//! The marker: finds what lives outside the young generation.
//!
//! A worklist, no recursion: the depth of the object graph costs nothing but its memory.

use super::body::{map_of, object_size, visit_slots};
use super::splice::{Spliced, first_alive};
use crate::barrier;
use crate::isolate::IsolateData;
use crate::memory::{ChunkFlags, MemoryChunk};
use crate::tagged::{TaggedCell, Word};
use core::sync::atomic::Ordering;

/// Marks all that the roots reach, then clears the weak references to the rest.
pub(super) fn mark(isolate: &mut IsolateData) {
    let mut marker = Marker { worklist: Vec::new(), weak: Vec::new(), spliced: Vec::new() };
    for map in &isolate.maps {
        marker.mark(*map);
    }
    isolate.for_each_root(|word| {
        marker.mark_if_object(word);
        word
    });
    marker.drain();
    for slot in marker.weak {
        // SAFETY: a slot of a marked object; marking moves nothing.
        let slot = unsafe { TaggedCell::at(slot) };
        if is_dead(slot.load(Ordering::Relaxed)) {
            slot.store(Word::CLEARED, Ordering::Relaxed);
        }
    }
    let mut run = Vec::new();
    for Spliced { slot: address, host, link } in marker.spliced {
        // SAFETY: a slot of a marked object, whose class says where the links of its referents are; nothing is swept yet.
        unsafe {
            let slot = TaggedCell::at(address);
            let alive = |word: Word| (!is_dead(word)).then_some(word);
            let word = first_alive(slot.load(Ordering::Relaxed), link, &mut run, alive);
            slot.store(word, Ordering::Relaxed);
            // Young members are left if they found no room outside; dead ones that were old may have led to them.
            if !word.is_cleared() {
                barrier::write_object(host.address(), address, word, barrier::WriteBarrierMode::UPDATE);
            }
        }
    }
    isolate.globals.for_each_weak(|word| if is_dead(word) { Word::CLEARED } else { word });
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| (!is_dead(Word::strong(address))).then_some(address));
    }
}

struct Marker {
    /// Marked objects whose slots have not been visited.
    worklist: Vec<usize>,
    /// Weak slots of marked objects.
    weak: Vec<usize>,
    /// Those that take over their referents' links.
    spliced: Vec<Spliced>,
}

/// Whether a reference is to an object that marking did not reach.
fn is_dead(word: Word) -> bool {
    let chunk = MemoryChunk::of(word.address());
    !chunk.has(ChunkFlags::READ_ONLY) && !chunk.is_marked(word.address())
}

impl Marker {
    #[inline]
    fn mark_if_object(&mut self, word: Word) {
        if !word.is_smi() {
            self.mark(word);
        }
    }

    #[inline]
    fn mark(&mut self, word: Word) {
        let address = word.address();
        let chunk = MemoryChunk::of(address);
        if !chunk.has(ChunkFlags::READ_ONLY) && chunk.try_mark(address) {
            self.worklist.push(address);
        }
    }

    fn drain(&mut self) {
        while let Some(object) = self.worklist.pop() {
            // SAFETY: marked objects are objects.
            unsafe {
                let map = map_of(object);
                self.mark(Word::strong(core::ptr::from_ref(map).addr()));
                visit_slots(object, object_size(object, map), map, |slot| {
                    let word = slot.load(Ordering::Relaxed);
                    if word.is_smi() {
                        return;
                    }
                    if !word.is_weak() {
                        self.mark(word);
                    } else if !word.is_cleared() {
                        let slot = slot.address();
                        match map.class().splice_link(slot - object) {
                            None => self.weak.push(slot),
                            Some(link) => {
                                self.spliced.push(Spliced { slot, host: MemoryChunk::of(object), link });
                            }
                        }
                    }
                });
            }
        }
    }
}
