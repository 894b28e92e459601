//! Faults planted into a heap, to prove that the verifier finds them. For the tests of this workspace: what words of objects
//! hold they write over themselves, here is what they cannot reach.

use crate::barrier::SlotAction;
use crate::gc::size_of_object;
use crate::handles::HandleScope;
use crate::memory::MemoryChunk;
use crate::spaces::SpaceId;
use crate::tagged::Word;

/// What is to be damaged. Addresses are absolute.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// The remembered set forgets the slot at this address.
    ForgetSlot(usize),
    /// The object at this address loses its mark.
    Unmark(usize),
    /// The object at this address is marked.
    Mark(usize),
    /// The header of the chunk that this address is in names another space.
    Owner(usize, SpaceId),
    /// The roots that refer to the first address, weak globals too, refer to the second.
    Roots(usize, usize),
}

/// Plants a fault; whether there was something to damage.
///
/// # Safety
///
/// Nothing but [`HandleScope::verify`] looks at the heap until the fault is undone.
pub unsafe fn plant(scope: &HandleScope<'_>, fault: Fault) -> bool {
    let isolate = scope.data();
    let mut done = false;
    match fault {
        Fault::ForgetSlot(slot) => {
            let chunk = MemoryChunk::of(slot);
            if let Some(slots) = chunk.old_to_new() {
                slots.iterate(|offset| match chunk.address() + offset == slot {
                    true => {
                        done = true;
                        SlotAction::Remove
                    }
                    false => SlotAction::Keep,
                });
            }
        }
        Fault::Mark(object) => done = MemoryChunk::of(object).try_mark(object),
        // SAFETY: the caller's contract: an object.
        Fault::Unmark(object) => done = MemoryChunk::of(object).unmark(object, unsafe { size_of_object(object) }),
        Fault::Owner(address, space) => {
            let chunk = MemoryChunk::of(address);
            done = chunk.space() != space;
            chunk.set_space(space);
        }
        Fault::Roots(from, to) => {
            let mut change = |word: Word| {
                if word.is_smi() || word.is_cleared() || word.address() != from {
                    return word;
                }
                done = true;
                Word::strong(to)
            };
            isolate.for_each_root(&mut change);
            isolate.globals.for_each_weak(&mut change);
        }
    }
    done
}
