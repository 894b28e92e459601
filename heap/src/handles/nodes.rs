//! Blocks of nodes: the memory of globals, and who keeps it.
//!
//! **Owns** [`Block`]s of nodes, their [`Keeper`]s and the owners of nodes, [`NodeRef`]. A node is given out by stores, and dropped
//! by a store where its isolate is entered, elsewhere by one atomic instruction: its owners do not keep the block, for the
//! isolate does, as long as it lives. When it goes, it [leaves](Keeper::leave) each node that is owned still to its owners, and
//! from then on that node keeps the block until its last owner is dropped.
//!
//! **Promises** that a block lives as long as it has a keeper or a node of it has an owner, and goes with the last of them; and that what
//! a node's last owner did happens before the node is given out again.
//!
//! Tried under a model of threads in `tests/tests/schedules.rs`. V8 counterpart: `GlobalHandles::NodeBlock`, which one thread
//! uses.

use super::sync::{AtomicBool, AtomicU32, AtomicUsize, Ordering, entered};
use core::ptr::NonNull;

/// Nodes of a block. V8: 256.
pub(super) const NODES: usize = 256;

/// Set in a node's count of owners when the isolate has left it to them.
const LEFT: u32 = 1 << 31;

/// More owners cannot be but by leaking them. As in `Arc`, a count that wraps would free what is in use.
const MOST_OWNERS: u32 = u32::MAX / 4;

/// A node is free (0), strong or weak by the count of its owners.
#[derive(Debug)]
pub(super) struct Node {
    /// The bits of a tagged word.
    pub(super) word: AtomicUsize,
    /// How many own it, zero if it may be given out, and [`LEFT`].
    owners: AtomicU32,
    /// Written by the isolate's thread before it gives the node out.
    pub(super) weak: AtomicBool,
    /// The same; whether the referent must not move.
    pub(super) pinned: AtomicBool,
}

impl Node {
    /// Whether somebody owns it. What an owner did that is gone happens before this says no.
    pub(super) fn is_owned(&self) -> bool {
        self.owners.load(Ordering::Acquire) != 0
    }
}

/// Nodes that are given out one by one.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) isolate: u64,
    /// Keepers, and nodes that were left to their owners.
    keepers: AtomicUsize,
    pub(super) nodes: [Node; NODES],
}

/// Keeps a block, whoever owns its nodes.
#[derive(Debug)]
pub(super) struct Keeper(NonNull<Block>);

// SAFETY: a block is changed through atomics alone, and freed by whoever is the last to keep it.
unsafe impl Send for Keeper {}
// SAFETY: as above.
unsafe impl Sync for Keeper {}

impl Keeper {
    /// A block of free nodes.
    pub(super) fn new(isolate: u64) -> Keeper {
        let node = |_| Node {
            word: AtomicUsize::new(0),
            owners: AtomicU32::new(0),
            weak: AtomicBool::new(false),
            pinned: AtomicBool::new(false),
        };
        let block = Block { isolate, keepers: AtomicUsize::new(1), nodes: core::array::from_fn(node) };
        Keeper(NonNull::from(Box::leak(Box::new(block))))
    }

    pub(super) fn block(&self) -> &Block {
        // SAFETY: a keeper is counted, so the block is there.
        unsafe { self.0.as_ref() }
    }

    /// Gives a node out that is free, with its other fields as the caller has set them. By the isolate's thread alone, which has not
    /// left the block.
    #[inline]
    pub(super) fn give_out(&self, index: usize) -> NodeRef {
        let node = &self.block().nodes[index];
        debug_assert_eq!(node.owners.load(Ordering::Relaxed), 0);
        node.owners.store(1, Ordering::Relaxed);
        NodeRef { block: self.0, node: NonNull::from(node) }
    }

    /// Lets nodes that are owned keep the block. They are free no more: none may be given out again.
    pub(super) fn leave(self) {
        let block = self.block();
        // A free node stays free: only this thread gives nodes out.
        for node in block.nodes.iter().filter(|node| node.is_owned()) {
            // Before the owners can know: the last of them takes one away.
            block.keepers.fetch_add(1, Ordering::Relaxed);
            if node.owners.fetch_or(LEFT, Ordering::AcqRel) == 0 {
                // Dropped meanwhile, by somebody who did not.
                block.keepers.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // SAFETY: this one was counted, and is no more.
        unsafe { release(self.0) }
    }
}

/// Counts a keeper less, and frees the block if that was the last.
///
/// # Safety
///
/// Somebody was counted who does not use the block any more.
unsafe fn release(block: NonNull<Block>) {
    // SAFETY: the caller's contract: until the count is less, the block is there.
    if unsafe { block.as_ref() }.keepers.fetch_sub(1, Ordering::AcqRel) == 1 {
        // SAFETY: made by `Box::leak`. Nobody keeps it; what others did to it happened before they were counted off.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// An owner of a node.
#[derive(Debug)]
pub(super) struct NodeRef {
    block: NonNull<Block>,
    /// One of the block's.
    node: NonNull<Node>,
}

// SAFETY: as for `Keeper`; the owners are counted by an atomic.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

impl NodeRef {
    #[inline]
    pub(super) fn block(&self) -> &Block {
        // SAFETY: the node is owned. The isolate keeps the block, or has left the node to its owners, and then that does.
        unsafe { self.block.as_ref() }
    }

    #[inline]
    pub(super) fn node(&self) -> &Node {
        // SAFETY: as above: it lies in the block.
        unsafe { self.node.as_ref() }
    }

    /// The place, without owning the node.
    pub(super) fn place(&self) -> NodePlace {
        self.block().keepers.fetch_add(1, Ordering::Relaxed);
        NodePlace { _keeper: Keeper(self.block), node: self.node }
    }
}

impl Clone for NodeRef {
    fn clone(&self) -> NodeRef {
        if self.node().owners.fetch_add(1, Ordering::Relaxed) & !LEFT > MOST_OWNERS {
            std::process::abort();
        }
        NodeRef { block: self.block, node: self.node }
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        let owners = &self.node().owners;
        if self.block().isolate == entered() && owners.load(Ordering::Acquire) == 1 {
            // Nobody else can clone or drop it, and the isolate does not leave it, for it is in use on this thread. (If a scope was
            // forgotten and the isolate given away, it might: then the block is never freed.) Release as below; what other
            // owners did has been acquired.
            owners.store(0, Ordering::Release);
            return;
        }
        // Release: what this owner did with the node happens before the isolate gives it out again. Acquire: if it was left, that
        // it keeps the block.
        if owners.fetch_sub(1, Ordering::AcqRel) == LEFT | 1 {
            // SAFETY: the node was counted when it was left, and has no owner any more.
            unsafe { release(self.block) }
        }
    }
}

/// Where a node is, without owning it: whoever asks knows that somebody does.
#[derive(Debug)]
pub(super) struct NodePlace {
    _keeper: Keeper,
    /// One of the block's that is kept.
    node: NonNull<Node>,
}

// SAFETY: as for `Keeper`; nodes are changed through atomics alone.
unsafe impl Send for NodePlace {}
// SAFETY: as above.
unsafe impl Sync for NodePlace {}

impl NodePlace {
    pub(super) fn node(&self) -> &Node {
        // SAFETY: it lies in a block that is kept.
        unsafe { self.node.as_ref() }
    }
}
