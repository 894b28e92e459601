//! The handle stack: blocks of slots, cut off where a scope began when it ends.

use crate::tagged::Word;
use core::cell::{Cell, RefCell};
use core::ptr::NonNull;

/// Slots of a block. V8: `kHandleBlockSize`, a little under 8 KiB.
pub(crate) const BLOCK_SLOTS: usize = 1022;

/// A slot: a tagged word that the collector updates.
pub(super) type Slot = Cell<usize>;

/// How far the stack is filled: up to the first of these in the block that ends at the second, if there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackMark {
    next: *const Slot,
    limit: *const Slot,
}

/// V8: `HandleScopeData` and `HandleScopeImplementer`.
///
/// The two words that a scope copies are apart: were they read as one, the processor would wait until the one that was last written
/// has left its store buffer.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct HandleStack {
    next: Cell<*const Slot>,
    /// Blocks in use; one more may be kept as a spare.
    used: Cell<usize>,
    limit: Cell<*const Slot>,
    blocks: RefCell<Vec<Block>>,
}

/// One block, owned through a pointer, for slots are aliased by handles.
#[derive(Debug)]
struct Block(NonNull<[Slot; BLOCK_SLOTS]>);

impl Block {
    fn new() -> Block {
        let slots = Box::new([const { Cell::new(Word::CLEARED.bits()) }; BLOCK_SLOTS]);
        Block(NonNull::from(Box::leak(slots)))
    }

    fn slots(&self) -> &[Slot; BLOCK_SLOTS] {
        // SAFETY: allocated in `new`, freed in `drop`, and only ever used through shared references.
        unsafe { self.0.as_ref() }
    }

    fn start(&self) -> *const Slot {
        self.0.as_ptr().cast()
    }

    fn end(&self) -> *const Slot {
        self.slots().as_ptr_range().end
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: from `Box::leak` in `new`. The stack drops a block only when no handle into it can be read any more.
        // Reading takes a scope in use (`Handle::word`): while a handle of an ended inner scope exists, no scope of its
        // isolate can be used, nor can the isolate be left for another; and a handle of the outermost scope keeps the
        // isolate borrowed, which ends before the isolate is entered again or dropped.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl HandleStack {
    /// Where generated code finds the two words. V8: `HandleScopeData`.
    pub(crate) const NEXT_OFFSET: usize = core::mem::offset_of!(HandleStack, next);
    pub(crate) const LIMIT_OFFSET: usize = core::mem::offset_of!(HandleStack, limit);

    pub(crate) fn new() -> HandleStack {
        HandleStack {
            next: Cell::new(core::ptr::null()),
            limit: Cell::new(core::ptr::null()),
            used: Cell::new(0),
            blocks: RefCell::default(),
        }
    }

    /// Puts a word on the stack.
    #[inline(always)]
    pub(super) fn push(&self, word: Word) -> NonNull<Slot> {
        let mut slot = self.next.get();
        if slot == self.limit.get() {
            slot = self.add_block();
        }
        // SAFETY: `slot` lies below `limit` in a block that the stack owns, so it and the address after it are in it.
        unsafe {
            (*slot).set(word.bits());
            self.next.set(slot.add(1));
            NonNull::new_unchecked(slot.cast_mut())
        }
    }

    #[cold]
    #[inline(never)]
    fn add_block(&self) -> *const Slot {
        let mut blocks = self.blocks.borrow_mut();
        let used = self.used.get();
        if used == blocks.len() {
            blocks.push(Block::new());
        }
        let block = &blocks[used];
        self.used.set(used + 1);
        self.limit.set(block.end());
        self.next.set(block.start());
        block.start()
    }

    /// How far the stack is filled now.
    #[inline]
    pub(super) fn mark(&self) -> StackMark {
        StackMark { next: self.next.get(), limit: self.limit.get() }
    }

    /// Cuts the stack off where a scope began.
    #[inline]
    pub(super) fn cut(&self, mark: StackMark) {
        self.next.set(mark.next);
        if self.limit.get() != mark.limit {
            self.drop_blocks(mark);
        }
    }

    #[cold]
    fn drop_blocks(&self, mark: StackMark) {
        let mut blocks = self.blocks.borrow_mut();
        let used = blocks.iter().position(|block| block.end() == mark.limit).map_or(0, |last| last + 1);
        self.limit.set(mark.limit);
        self.used.set(used);
        blocks.truncate(used + 1); // one spare
    }

    /// Kills every slot, for the outermost scope has ended. Their memory stays: handles may still point to it.
    pub(super) fn kill(&self) {
        self.for_each(|_| Word::CLEARED);
        self.next.set(core::ptr::null());
        self.limit.set(core::ptr::null());
        // `used` stays, so that what was handed out is not handed out again before `reset`.
    }

    /// Empties the stack. The caller has the isolate to itself, so no handle exists.
    pub(crate) fn reset(&mut self) {
        self.next.set(core::ptr::null());
        self.limit.set(core::ptr::null());
        self.used.set(0);
        self.blocks.get_mut().truncate(1);
    }

    /// Replaces each word on the stack.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(Word) -> Word) {
        let (next, used) = (self.next.get(), self.used.get());
        let blocks = self.blocks.borrow();
        for (i, block) in blocks[..used].iter().enumerate() {
            for slot in block.slots() {
                if i + 1 == used && core::ptr::eq(slot, next) {
                    break;
                }
                slot.set(visit(Word::from_bits(slot.get())).bits());
            }
        }
    }

    /// Slots in use.
    pub(crate) fn len(&self) -> usize {
        let mut count = 0;
        self.for_each(|word| {
            count += 1;
            word
        });
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagged::smi;

    #[test]
    fn blocks_hold_1022_slots_and_one_spare_is_kept() {
        let stack = HandleStack::new();
        let start = stack.mark();
        for i in 0..3 * BLOCK_SLOTS {
            stack.push(smi(i as i32).to_word());
        }
        assert_eq!(stack.used.get(), 3);
        assert_eq!(stack.len(), 3 * BLOCK_SLOTS);
        stack.cut(start);
        assert_eq!((stack.len(), stack.blocks.borrow().len()), (0, 1));
        stack.push(smi(1).to_word());
        assert_eq!(stack.blocks.borrow().len(), 1);
    }

    #[test]
    fn a_killed_stack_reads_dead_and_hands_out_nothing_twice() {
        let mut stack = HandleStack::new();
        let slot = stack.push(smi(7).to_word());
        stack.kill();
        // SAFETY: the block is still owned by the stack.
        assert!(Word::from_bits(unsafe { slot.as_ref() }.get()).is_cleared());
        stack.reset();
        assert_eq!(stack.push(smi(8).to_word()), slot);
    }
}
