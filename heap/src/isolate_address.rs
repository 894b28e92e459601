//! The places of an isolate that generated code wants, by name.
//!
//! **Owns** the list of them. **Promises** that each is where it is said to be as long as the isolate lives, at the same
//! offset from the isolate root in each isolate of the program.
//!
//! V8: `FOR_EACH_ISOLATE_ADDRESS_NAME`, today `ISOLATE_DATA_FIELDS` with `IsolateFieldId`; the external references of the same names.

use crate::handles::{HandleScope, HandleStack};
use crate::isolate::{Isolate, IsolateData};
use crate::isolate_memory::{IsolateAllocation, ROOTS_OFFSET};
use crate::spaces::LinearAllocationArea;
use core::mem::offset_of;

/// Makes [`IsolateAddress`]: each place with its name and its offset in the isolate's data.
macro_rules! isolate_addresses {
    ($(#[$attr:meta])* pub enum $Name:ident { $($(#[$doc:meta])* $variant:ident = $name:literal at $offset:expr,)* }) => {
        $(#[$attr])*
        pub enum $Name { $($(#[$doc])* $variant,)* }

        impl $Name {
            /// All of them.
            pub const ALL: &'static [$Name] = &[$($Name::$variant),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($Name::$variant => $name,)* }
            }

            /// Bytes from the [isolate root](HandleScope::isolate_root), the same in each isolate of this program; another
            /// build of it may differ. V8: `IsolateData::GetOffset`.
            #[must_use]
            pub const fn offset_from_isolate_root(self) -> usize {
                match self { $($Name::$variant => $offset,)* }
            }
        }
    };
}

isolate_addresses! {
    /// A place inside an isolate that generated code may want, each a word of 8 bytes that never moves. V8: `IsolateAddressId`, `IsolateFieldId`.
    ///
    /// [`HandleScope::isolate_address`] says where it is. Having the address is safe; using it is not.
    ///
    /// # What may be done there
    ///
    /// All this goes for [slots of roots](crate::RootKey::address) too. The address may be turned into a pointer with
    /// [`core::ptr::with_exposed_provenance`], or be used by [code](crate::code), on the thread that has entered the isolate, while a
    /// scope of it is in use and not lent to an allocation, a [reservation](crate::Reservation) or a collection. So not by
    /// values that are being written into a new object, nor by callbacks that are given no scope. Then every place may be read. What may be written:
    ///
    /// - a root, with a word of the root's type;
    /// - the allocation top of new space, with a larger address that is no larger than the limit and a multiple of
    ///   [`TAGGED_SIZE`](crate::tagged::TAGGED_SIZE): what was between the old top and the new one is the writer's, and before
    ///   its scope is next used it is a row of whole objects, each of at most
    ///   [`MAX_YOUNG_OBJECT_SIZE`](crate::spaces::MAX_YOUNG_OBJECT_SIZE) bytes with a map of its class. No barrier is needed to fill them, for
    ///   they are young.
    ///
    /// An object's address that was read is good until the scope is next used mutably.
    ///
    /// ```
    /// use heapwright::{IsolateAddress, prelude::*};
    ///
    /// let mut isolate = Isolate::builder().build()?;
    /// let scope = isolate.enter();
    /// let [top, limit] = [IsolateAddress::NewSpaceAllocationTop, IsolateAddress::NewSpaceAllocationLimit];
    /// let read = |place| {
    ///     let word = core::ptr::with_exposed_provenance::<usize>(scope.isolate_address(place));
    ///     // SAFETY: a word of the isolate that this thread has entered, and a scope of it is at hand.
    ///     unsafe { word.read() }
    /// };
    /// assert!(read(top) < read(limit));
    /// assert_eq!(read(IsolateAddress::CageBase), scope.cage_base());
    /// # Ok::<(), heapwright::IsolateError>(())
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum IsolateAddress {
        /// Holds the [cage base](HandleScope::cage_base), which is added to a compressed word. V8: `cage_base`.
        CageBase = "cage_base" at offset_of!(IsolateData, cage_base),
        /// Holds the isolate's [number](HandleScope::isolate_id).
        IsolateId = "isolate_id" at offset_of!(IsolateData, id),
        /// Holds the address at which the next young object begins. V8: `new_space_allocation_top_address`.
        NewSpaceAllocationTop = "new_space_allocation_top"
            at offset_of!(IsolateData, heap.new_space.lab) + LinearAllocationArea::TOP_OFFSET,
        /// Holds the address that no young object may reach beyond without a call of the allocator; the top itself under
        /// [stress](crate::IsolateBuilder::stress). V8: `new_space_allocation_limit_address`.
        NewSpaceAllocationLimit = "new_space_allocation_limit"
            at offset_of!(IsolateData, heap.new_space.lab) + LinearAllocationArea::LIMIT_OFFSET,
        /// The same of old space, to look at: what is made there, the collector has to be told of. V8:
        /// `old_space_allocation_top_address`.
        OldSpaceAllocationTop = "old_space_allocation_top"
            at offset_of!(IsolateData, heap.old_space.lab) + LinearAllocationArea::TOP_OFFSET,
        /// The same of old space. V8: `old_space_allocation_limit_address`.
        OldSpaceAllocationLimit = "old_space_allocation_limit"
            at offset_of!(IsolateData, heap.old_space.lab) + LinearAllocationArea::LIMIT_OFFSET,
        /// Holds the address of the slot that the next handle gets; null, or equal to the limit, if that takes a new block.
        /// V8: `handle_scope_next`.
        HandleScopeNext = "handle_scope_next" at offset_of!(IsolateData, handles) + HandleStack::NEXT_OFFSET,
        /// Holds the end of the block of handles in use. V8: `handle_scope_limit`.
        HandleScopeLimit = "handle_scope_limit" at offset_of!(IsolateData, handles) + HandleStack::LIMIT_OFFSET,
        /// The first root of the first table, and behind it all others; no word of the isolate if it has no roots. V8:
        /// `roots_table`.
        RootsTable = "roots_table" at ROOTS_OFFSET,
    }
}

impl core::fmt::Display for IsolateAddress {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

impl IsolateData {
    fn root(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    fn address(&self, of: IsolateAddress) -> usize {
        self.root() + of.offset_from_isolate_root()
    }

    pub(crate) fn offset_in_cage(&self, address: usize) -> Option<usize> {
        match self.allocation {
            IsolateAllocation::OutsideCage => None,
            IsolateAllocation::InCage => Some(address - self.cage_base),
        }
    }
}

impl Isolate {
    /// The first address of the isolate's cage: a multiple of 4 GiB that does not change.
    #[must_use]
    pub fn cage_base(&self) -> usize {
        self.data().cage_base
    }

    /// Where a word of the isolate is, as [`HandleScope::isolate_address`].
    #[must_use]
    pub fn isolate_address(&self, of: IsolateAddress) -> usize {
        self.data().address(of)
    }
}

impl HandleScope<'_> {
    /// The first address of the isolate's cage, a multiple of 4 GiB: what is added to a compressed word. V8: the
    /// `kPtrComprCageBaseRegister`.
    #[must_use]
    pub fn cage_base(&self) -> usize {
        self.data().cage_base
    }

    /// The address from which roots and [fields](IsolateAddress) are reached by constant offsets, wherever the isolate's data
    /// [lies](IsolateAllocation): what generated code keeps in a register. V8: `isolate_root`, the `kRootRegister`, there
    /// with a bias.
    #[must_use]
    pub fn isolate_root(&self) -> usize {
        self.data().root()
    }

    /// Where the isolate's data lies.
    #[must_use]
    pub fn isolate_allocation(&self) -> IsolateAllocation {
        self.data().allocation
    }

    /// The address of a word of the isolate, which stays the same as long as that lives. What may be done there is told with
    /// [`IsolateAddress`](IsolateAddress#what-may-be-done-there). V8: `Isolate::get_address_from_id`.
    #[must_use]
    pub fn isolate_address(&self, of: IsolateAddress) -> usize {
        self.data().address(of)
    }

    /// The same for all of them, with their names: for tables of an assembler or a disassembler.
    ///
    /// ```
    /// # use heapwright::prelude::*;
    /// # let mut isolate = Isolate::builder().build().unwrap();
    /// # let scope = isolate.enter();
    /// let found = scope.isolate_addresses().find(|(place, _)| place.name() == "handle_scope_next");
    /// assert_eq!(found.unwrap().1 - scope.isolate_root(), found.unwrap().0.offset_from_isolate_root());
    /// ```
    pub fn isolate_addresses(&self) -> impl Iterator<Item = (IsolateAddress, usize)> + '_ {
        IsolateAddress::ALL.iter().map(|of| (*of, self.isolate_address(*of)))
    }

    /// Bytes from the [cage base](Self::cage_base) to a word of the isolate, the same in each isolate of this program;
    /// `None` if the isolate's data lies [outside](IsolateAllocation) of the cage.
    #[must_use]
    pub fn offset_from_cage_base(&self, of: IsolateAddress) -> Option<usize> {
        self.data().offset_in_cage(self.isolate_address(of))
    }
}
