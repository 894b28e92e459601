//! The marker: finds what lives outside the young generation.
//!
//! A worklist, no recursion: the depth of the object graph costs nothing but its memory. Either all is marked in one
//! pause, or in steps with a pause at the end (`marking`).

use super::body::size_of_object;
use super::concurrent::Helpers;
use super::ephemerons;
use super::evacuator::Candidates;
use super::marking::Marking;
use super::marking_visitor::{Grey, MarkingVisitor, marked_chunks};
use super::splice::{Spliced, first_alive};
use crate::barrier;
use crate::heap::Heap;
use crate::isolate::IsolateData;
use crate::memory::{ChunkFlags, MB, MemoryChunk};
use crate::stress::{self, Mode};
use crate::tagged::{TaggedCell, Word};
use core::convert::Infallible;
use core::sync::atomic::Ordering;
use std::rc::Rc;

/// Marks all that the roots reach, or the rest of it, then clears the weak references to what is not marked. The young
/// generation has just been scavenged: what is left there found no room outside.
pub(super) fn mark(isolate: &mut IsolateData, memory_is_short: bool) -> Marked {
    let incremental = isolate.heap.collector.marking.take().map(|marking| marking.marker);
    let was_incremental = incremental.is_some();
    let mut marker = incremental.unwrap_or_else(|| Marker::new(Candidates::choose(isolate, memory_is_short)));
    marker.marks_young = true;
    let elsewhere = marker.end_helpers();
    if was_incremental {
        isolate.heap.clear_marking();
        marker.visit_remembered(isolate);
    }
    marker.visit_roots(isolate);
    let elsewhere = elsewhere + marker.finish(&isolate.heap, !was_incremental);
    isolate.heap.collector.steps.elsewhere += elsewhere as u64;
    marker.visitor.resolve_ephemerons(&mut isolate.heap.collector.ephemerons);
    marker.visitor.clear_ephemerons(&mut isolate.heap.collector.ephemerons);
    for slot in core::mem::take(&mut marker.visitor.weak) {
        // SAFETY: a slot of a marked object; marking moves nothing.
        let slot = unsafe { TaggedCell::at(slot) };
        // Since it was visited, something else may have been stored; a strong reference was marked by the barrier.
        let word = slot.load(Ordering::Relaxed);
        if word.is_weak() && !word.is_cleared() && is_dead(word) {
            slot.store(Word::CLEARED, Ordering::Relaxed);
        } else if !word.is_smi() && !word.is_cleared() {
            marker.visitor.note(slot.address(), word);
        }
    }
    let mut run = Vec::new();
    for Spliced { slot: address, host, link } in core::mem::take(&mut marker.visitor.spliced) {
        // SAFETY: a slot of a marked object, whose class says where the links of its referents are; nothing is swept yet.
        unsafe {
            let slot = TaggedCell::at(address);
            let alive = |word: Word| (!is_dead(word)).then_some(word);
            let word = first_alive(slot.load(Ordering::Relaxed), link, &mut run, alive);
            slot.store(word, Ordering::Relaxed);
            // Young members are left if they found no room outside; dead ones that were old may have led to them.
            if !word.is_cleared() {
                barrier::write_object(host.address(), address, word, barrier::WriteBarrierMode::UPDATE);
                marker.visitor.note(address, word);
            }
        }
    }
    isolate.globals.for_each_weak(|word| if is_dead(word) { Word::CLEARED } else { word });
    if let Some(ids) = &mut isolate.object_ids {
        ids.update(|address| (!is_dead(Word::strong(address))).then_some(address));
    }
    ephemerons::flag_hosts(&marker.visitor.hosts, isolate.heap.old_chunks().into_iter());
    let MarkingVisitor { mut to_update, .. } = marker.visitor;
    to_update.append(&mut marker.marking.take_slots());
    Marked { candidates: marker.candidates, to_update }
}

/// What is known when marking is through.
pub(super) struct Marked {
    /// To be evacuated now.
    pub(super) candidates: Candidates,
    /// All slots that refer there, and some that do not.
    pub(super) to_update: Vec<usize>,
}

/// Bytes of the old generation from which on it is worth asking other threads for help in the pause.
const WORTH_HELP: usize = 4 * MB;

/// Marks objects, and collects the weak slots of those it has visited.
#[derive(Debug)]
pub(super) struct Marker {
    /// What barriers have made grey. Chunks refer to it while marking is incremental.
    marking: Rc<Marking>,
    visitor: MarkingVisitor,
    candidates: Candidates,
    /// Other threads that mark while the program runs.
    helpers: Option<Helpers>,
    /// Not as long as young objects may move.
    marks_young: bool,
}

/// Whether a reference is to an object that marking did not reach.
fn is_dead(word: Word) -> bool {
    let chunk = MemoryChunk::of(word.address());
    !chunk.has(ChunkFlags::READ_ONLY) && !chunk.is_marked(word.address())
}

impl Marker {
    pub(super) fn new(candidates: Candidates) -> Marker {
        let (marking, visitor) = (Rc::new(Marking::new(&candidates)), MarkingVisitor::new(&candidates));
        Marker { marking, visitor, candidates, helpers: None, marks_young: false }
    }

    pub(super) fn marking(&self) -> &Marking {
        &self.marking
    }

    /// Lets up to `threads` others mark from now on, in the chunks that there are now; they do not begin before they are
    /// [let](Helpers::go_on).
    pub(super) fn start_helpers(&mut self, heap: &Heap, threads: usize) {
        self.helpers =
            (threads > 0).then(|| Helpers::new(marked_chunks(heap, false), self.candidates.clone(), threads));
    }

    /// Marking is given up: no thread helps any more, and chunks that were to be evacuated may be used again.
    pub(super) fn give_up(mut self, heap: &mut Heap) {
        self.helpers = None;
        self.candidates.give_up(heap);
    }

    pub(super) fn helpers(&self) -> Option<&Helpers> {
        self.helpers.as_ref()
    }

    /// Takes over what others have found and what they have left. Returns the bytes that they have visited.
    fn end_helpers(&mut self) -> usize {
        self.helpers.take().map_or(0, |helpers| helpers.end(&mut self.visitor))
    }

    /// Whether no object is grey.
    pub(super) fn is_complete(&self) -> bool {
        self.visitor.grey.is_empty()
            && self.marking.is_empty()
            && self.helpers.as_ref().is_none_or(Helpers::is_complete)
    }

    /// All grey objects, for the verifier; others have stopped.
    pub(super) fn grey(&self) -> Vec<usize> {
        let mut grey = self.marking.grey();
        grey.extend(self.visitor.grey.addresses());
        grey.extend(self.helpers.iter().flat_map(Helpers::grey));
        grey
    }

    /// Marks what the roots refer to.
    pub(super) fn visit_roots(&mut self, isolate: &IsolateData) {
        let visitor = &mut self.visitor;
        visitor.look_at(marked_chunks(&isolate.heap, self.marks_young));
        for map in &isolate.maps {
            visitor.mark::<false>(*map);
        }
        isolate.for_each_root(|word| {
            if !word.is_smi() {
                visitor.mark::<false>(word);
            }
            word
        });
    }

    /// Marks what the roots and young objects refer to now. What young objects refer to weakly, or as the value of an ephemeron, is left
    /// to the pause.
    pub(super) fn look_around(&mut self, isolate: &IsolateData) {
        if let Some(helpers) = &self.helpers {
            helpers.stop();
        }
        self.visit_roots(isolate);
        for chunk in isolate.heap.new_space.chunks() {
            let visit = |object| {
                // SAFETY: the walk stands at an object or a filler. What a dead one refers to is there, too: old objects go in full
                // collections, which leave none young that is dead, and young ones in scavenges, as it would itself.
                Ok::<_, Infallible>(unsafe { self.visitor.visit_young(object) })
            };
            let Ok(()) = isolate.heap.walk_chunk(chunk, visit);
        }
    }

    /// Chunks have become old with all that is in them, in a pause: they are looked at from now on.
    pub(super) fn look_at_adopted(&mut self, isolate: &IsolateData) {
        if let Some(helpers) = &self.helpers {
            helpers.look_at(&marked_chunks(&isolate.heap, false));
        }
        self.visit_remembered(isolate);
    }

    /// Marks the objects that remembered slots refer to, young ones or such as have just become old: what was visited before did not
    /// see them. Slots of dead objects are among them, and values of ephemerons; what only those keep is dropped by the next
    /// collection.
    fn visit_remembered(&mut self, isolate: &IsolateData) {
        let visitor = &mut self.visitor;
        visitor.look_at(marked_chunks(&isolate.heap, self.marks_young));
        for chunk in isolate.heap.old_chunks() {
            let Some(slots) = chunk.old_to_new() else { continue };
            // SAFETY: a remembered offset is that of a tagged word of an object that was not swept.
            let word_at = |offset| unsafe { TaggedCell::at(chunk.address() + offset) }.load(Ordering::Relaxed);
            let ahead = |offset| MemoryChunk::prefetch_mark(word_at(offset).address());
            slots.iterate_ahead(ahead, |offset| {
                let word = word_at(offset);
                // Weak ones too: the slot may have held nothing when it was visited, and is then not among those that are cleared.
                if !word.is_smi() && !word.is_cleared() {
                    visitor.mark::<false>(word);
                }
                barrier::SlotAction::Keep
            });
        }
    }

    /// What is marked in this chunk is grey.
    pub(super) fn list_marked(&mut self, chunk: &MemoryChunk) {
        let mut at = chunk.area_start();
        while let Some(object) = chunk.next_marked(at) {
            self.visitor.grey.objects.push(object);
            // SAFETY: the first marked word behind an object is the first of one.
            at = object + unsafe { size_of_object(object) };
        }
    }

    /// Visits grey objects, and what they make grey, until they had `budget` bytes or there are none. Returns how many
    /// bytes they had.
    pub(super) fn advance(&mut self, heap: &Heap, budget: usize) -> usize {
        self.visitor.look_at(marked_chunks(heap, self.marks_young));
        self.visitor.grey.objects.append(&mut self.marking.take());
        match &self.helpers {
            None => self.visitor.advance_by::<false>(budget),
            Some(helpers) => {
                self.visitor.grey.objects.extend(helpers.take_custom());
                let visited = helpers.help(&mut self.visitor, budget);
                if visited >= budget || helpers.is_complete() {
                    return visited;
                }
                // They have it all, and perhaps no core: this thread takes it from them, until they are let again.
                helpers.stop();
                self.visitor.grey.append(&mut helpers.take());
                visited + helpers.help(&mut self.visitor, budget - visited)
            }
        }
    }

    /// Gives all that is grey to others, if there are any, but for what this thread alone may visit. Whether there are.
    pub(super) fn leave_to_helpers(&mut self, heap: &Heap) -> bool {
        let Some(helpers) = &self.helpers else { return false };
        self.visitor.look_at(marked_chunks(heap, self.marks_young));
        let left = core::mem::take(&mut self.visitor.grey);
        for object in helpers.take_custom() {
            // SAFETY: grey objects are objects.
            unsafe { self.visitor.visit_one::<true>(object) };
        }
        helpers.offer(core::mem::take(&mut self.visitor.grey));
        helpers.offer(left);
        helpers.offer(Grey { objects: self.marking.take(), rows: Vec::new() });
        true
    }

    /// Visits all that is grey, in the pause; with the help of others if there is `much`. Returns the bytes that they have
    /// visited.
    fn finish(&mut self, heap: &Heap, much: bool) -> usize {
        let helpers = heap.options.helpers();
        let mut elsewhere = 0;
        let is_worth = || heap.old_generation_size() >= WORTH_HELP || stress::mode(Mode::Marking);
        if helpers > 0 && much && is_worth() {
            let helpers = Helpers::new(marked_chunks(heap, self.marks_young), self.candidates.clone(), helpers);
            helpers.offer(core::mem::take(&mut self.visitor.grey));
            helpers.go_on();
            helpers.finish(&mut self.visitor);
            elsewhere = helpers.end(&mut self.visitor);
        }
        self.advance(heap, usize::MAX);
        elsewhere
    }
}
