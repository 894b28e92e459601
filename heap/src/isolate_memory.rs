//! Where the data of an isolate lies.
//!
//! **Owns** one block for each isolate: its [`IsolateData`], and behind that the slots of its roots. Both ways to allocate it
//! make the same block; only the addresses differ.
//!
//! ```text
//!   OutsideCage    program's heap:   │ IsolateData │ roots │        cage:  │ nothing, 256 KiB               │ chunks …
//!
//!                                      ▼ isolate root
//!   InCage         cage:   │ guard   │ IsolateData │ roots │ rest of the first 256 KiB: no access          │ chunks …
//!                          ▲ cage base
//!                          ├─ 64 KiB ┤
//! ```
//!
//! **Promises** that the block stays where it is as long as the isolate lives, also when that is moved or sent to another
//! thread, and that its provenance is exposed, so that its addresses may be used as pointers. In the cage it
//! holds a share of the reservation, which so outlives all that lies in it.
//!
//! V8: `IsolateAllocationMode` and `IsolateAllocator`, of which only one way is left there; `IsolateData`, `kRootRegister`.

use crate::error::IsolateError;
use crate::isolate::IsolateData;
use crate::memory::cage::MAX_ISOLATE_DATA_SIZE;
use crate::memory::{Cage, SharedPageAllocator, VirtualMemory};
use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;
use std::sync::Arc;

/// Where an isolate's data lies, its roots among them. V8: `IsolateAllocationMode`.
///
/// Generated code reaches roots and [fields](crate::IsolateAddress) of the isolate by constant offsets, either way: from the
/// [isolate root](crate::HandleScope::isolate_root), which takes it a register, or, in the cage, from the
/// [cage base](crate::HandleScope::cage_base), which code that follows compressed references has at hand anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IsolateAllocation {
    /// In the program's heap. The cage has objects alone, and its first 256 KiB stay without access. V8: `kInCppHeap`, and
    /// what it does today.
    #[default]
    OutsideCage,
    /// At a fixed place at the cage's start, 64 KiB behind its base: costs one more system call and one or two more
    /// mappings. The pages of the data, one of 4 KiB and what more the roots need, come from the isolate's page allocator;
    /// they do not count towards [`max_heap_size`](crate::IsolateBuilder::max_heap_size). There is room for some 24,000
    /// roots. V8: `kInV8Heap`.
    InCage,
}

/// Bytes from an isolate's data to the slots of its roots.
pub(crate) const ROOTS_OFFSET: usize = size_of::<IsolateData>().next_multiple_of(align_of::<Cell<usize>>());

// What a cage's data begins at is aligned for anything, and leaves room for roots.
const _: () = assert!(align_of::<IsolateData>() <= 4096 && ROOTS_OFFSET < MAX_ISOLATE_DATA_SIZE / 2);

/// The block of one isolate. It knows nothing of what is in it: who writes that there drops it before.
#[derive(Debug)]
pub(crate) struct IsolateMemory {
    start: NonNull<u8>,
    layout: Layout,
    /// The cage that it is a part of, if it is.
    cage: Option<Arc<VirtualMemory<SharedPageAllocator>>>,
}

// SAFETY: the block is this value's alone, and may be freed on any thread.
unsafe impl Send for IsolateMemory {}

// SAFETY: a shared reference gives addresses alone.
unsafe impl Sync for IsolateMemory {}

impl IsolateMemory {
    /// A block for the data and so many roots, not initialized.
    ///
    /// # Errors
    ///
    /// In the cage, if there is not as much room, or the system does not commit the pages.
    pub(crate) fn new(
        allocation: IsolateAllocation,
        cage: &mut Cage,
        roots: usize,
    ) -> Result<IsolateMemory, IsolateError> {
        let maximum = (MAX_ISOLATE_DATA_SIZE - ROOTS_OFFSET) / size_of::<Cell<usize>>();
        let slots = Layout::array::<Cell<usize>>(roots);
        let (layout, _) = slots
            .and_then(|slots| Layout::new::<IsolateData>().extend(slots))
            .expect("there is a name in memory for each root");
        match allocation {
            IsolateAllocation::OutsideCage => {
                // SAFETY: an `IsolateData` has a size.
                let start = unsafe { std::alloc::alloc(layout) };
                let start = NonNull::new(start).unwrap_or_else(|| std::alloc::handle_alloc_error(layout));
                start.as_ptr().expose_provenance();
                Ok(IsolateMemory { start, layout, cage: None })
            }
            IsolateAllocation::InCage if roots > maximum => Err(IsolateError::TooManyRoots { roots, maximum }),
            IsolateAllocation::InCage => {
                let address = cage.commit_isolate_data(layout.size())?;
                let start = NonNull::new(core::ptr::with_exposed_provenance_mut(address)).expect("a cage is not at 0");
                Ok(IsolateMemory { start, layout, cage: Some(Arc::clone(cage.reservation())) })
            }
        }
    }

    /// Where the data goes: aligned, and large enough. The pointer may be used for all of the block.
    pub(crate) fn data(&self) -> NonNull<IsolateData> {
        self.start.cast()
    }

    /// Where the slots of the roots go, as many as were asked for.
    pub(crate) fn roots(&self) -> NonNull<Cell<usize>> {
        // SAFETY: the block has an `IsolateData` and then the roots.
        unsafe { self.start.add(ROOTS_OFFSET).cast() }
    }
}

impl Drop for IsolateMemory {
    fn drop(&mut self) {
        // In the cage the pages go with the reservation.
        if self.cage.is_none() {
            // SAFETY: from `alloc` in `new`, with this layout, and freed only here.
            unsafe { std::alloc::dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}
