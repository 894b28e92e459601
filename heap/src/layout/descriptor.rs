//! The runtime identity of a class: one `static` per class, whose address is the class.

use super::body::{Body, BodyDescriptor, BodyOf};
use super::class::ClassLayout;
use super::hooks::{ErasedPrintHook, ErasedTraceHook, ErasedVerifyHook, Hooks};
use super::tails::{TailLengths, TailLengthsOf};
use crate::debugger::described;
use crate::tagged::{HeapClass, ObjectAddress};
use core::sync::atomic::{AtomicU32, Ordering};

/// The longest line of inheritance, `HeapObject` included.
pub const MAX_INHERITANCE_DEPTH: usize = 8;

/// What a map says its objects are: the identity of a class, its ancestors and its layout.
///
/// Each class has one `static` descriptor and *is* its address, so crates need not agree on numbers. The ancestors
/// are a display: `display[d]` is the ancestor at depth `d`, so "is it below `C`" is one load and one compare.
/// V8: the range checks over `InstanceType` that one central list of all classes makes possible.
pub struct ClassDescriptor {
    display: [Option<&'static ClassDescriptor>; MAX_INHERITANCE_DEPTH],
    layout: &'static ClassLayout,
    body: BodyDescriptor,
    bitmap: u64,
    depth: usize,
    is_map: bool,
    tail_lengths: Option<TailLengthsOf>,
    hooks: &'static Hooks,
    /// Whether it or a class above it has weak slots that close up.
    has_splices: bool,
    /// Process-wide number, given when an isolate first registers the class; 0 before.
    index: AtomicU32,
}

impl ClassDescriptor {
    /// The descriptor of `T`, to be stored in the static that `this` refers to. Called by the macros.
    #[must_use]
    pub const fn new<T: HeapClass>(this: &'static ClassDescriptor) -> ClassDescriptor {
        let parent = match T::LAYOUT.parent {
            Some(_) => Some(<T::Parent as HeapClass>::CLASS),
            None => None,
        };
        ClassDescriptor::with_parent(this, T::LAYOUT, T::TAIL_LENGTHS, &BodyOf::<T>::BODY, parent, T::HOOKS)
    }

    const fn with_parent(
        this: &'static ClassDescriptor,
        layout: &'static ClassLayout,
        tail_lengths: Option<TailLengthsOf>,
        body: &Body,
        parent: Option<&'static ClassDescriptor>,
        hooks: &'static Hooks,
    ) -> ClassDescriptor {
        let (mut display, depth) = match parent {
            Some(parent) => (parent.display, parent.depth + 1),
            None => ([None; MAX_INHERITANCE_DEPTH], 0),
        };
        if depth < MAX_INHERITANCE_DEPTH {
            display[depth] = Some(this); // deeper: `check_class` reports it
        }
        let inherits_splices = match parent {
            Some(parent) => parent.has_splices,
            None => false,
        };
        ClassDescriptor {
            display,
            layout,
            body: body.descriptor,
            bitmap: body.bitmap,
            depth,
            is_map: layout.is_map(),
            tail_lengths,
            hooks,
            has_splices: inherits_splices || !hooks.splices().is_empty(),
            index: AtomicU32::new(0),
        }
    }

    /// The class's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.layout.name
    }

    /// The layout it was declared with.
    #[must_use]
    pub const fn layout(&self) -> &'static ClassLayout {
        self.layout
    }

    /// Size and shape for the collector.
    #[must_use]
    pub const fn body(&self) -> BodyDescriptor {
        self.body
    }

    /// One bit per tagged word of the fixed part that may hold a pointer (the first 64 words).
    #[must_use]
    pub const fn pointer_bitmap(&self) -> u64 {
        self.bitmap
    }

    /// How many elements each tail of an instance has.
    ///
    /// # Safety
    ///
    /// There is an instance of this very class at `address`, its constant fields written.
    pub(crate) unsafe fn tail_lengths(&self, address: usize) -> TailLengths {
        let mut lengths = TailLengths { count: self.layout.tails.len(), ..TailLengths::NONE };
        if let Some(compute) = self.tail_lengths {
            // SAFETY: the caller's contract.
            unsafe { compute(ObjectAddress::new(address), &mut lengths.lengths) };
        } else if self.body.has_tail() {
            // SAFETY: the caller's contract; without a function, the tail is a simple one.
            lengths.lengths[0] = unsafe { crate::gc::simple_length(address, self.body) };
        }
        lengths
    }

    /// The class it extends.
    #[must_use]
    pub fn parent(&self) -> Option<&'static ClassDescriptor> {
        self.depth.checked_sub(1).and_then(|depth| self.display[depth])
    }

    /// How many classes are above it.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Whether its instances are maps.
    #[must_use]
    pub const fn is_map(&self) -> bool {
        self.is_map
    }

    /// Whether it is `other` or below it.
    #[inline]
    #[must_use]
    pub fn is_subclass_of(&self, other: &'static ClassDescriptor) -> bool {
        matches!(self.display.get(other.depth), Some(Some(class)) if core::ptr::eq(*class, other))
    }

    /// It and the classes above it, itself first.
    fn lineage(&self) -> impl Iterator<Item = &'static ClassDescriptor> {
        self.display[..=self.depth.min(MAX_INHERITANCE_DEPTH - 1)].iter().rev().copied().flatten()
    }

    /// The printer of its instances: its own, or that of the nearest class above that has one.
    pub(crate) fn print_hook(&self) -> Option<ErasedPrintHook> {
        self.lineage().find_map(|class| class.hooks.print())
    }

    /// The verifiers of its instances: that of the uppermost class that has one first.
    pub(crate) fn verify_hooks(&self) -> impl Iterator<Item = ErasedVerifyHook> {
        self.display[..=self.depth].iter().flatten().filter_map(|class| class.hooks.verify())
    }

    /// What traces words of its instances that are not declared.
    pub(crate) fn trace_hooks(&self) -> impl Iterator<Item = ErasedTraceHook> {
        self.lineage().filter_map(|class| class.hooks.trace())
    }

    /// The class's own table of what few classes have.
    pub(crate) const fn hooks(&self) -> &'static Hooks {
        self.hooks
    }

    /// Of the weak slot at byte `slot` of its instances: where its referent's link lies, if that takes the slot over.
    #[inline]
    pub(crate) fn splice_link(&self, slot: usize) -> Option<usize> {
        if !self.has_splices {
            return None;
        }
        let mut splices = self.lineage().flat_map(|class| class.hooks.splices());
        splices.find(|splice| splice.slot() == slot).map(super::hooks::Splice::link)
    }

    /// The process-wide number of the class; 0 if no isolate has registered it.
    #[inline]
    pub(crate) fn index_or_zero(&self) -> u16 {
        // Relaxed: the number alone is the message; the table it indexes belongs to the reader's own isolate.
        let index = self.index.load(Ordering::Relaxed);
        // SAFETY: `assign_index`, which alone writes it, makes it of a `u16`. An instruction less in each allocation.
        unsafe { core::hint::assert_unchecked(index <= u32::from(u16::MAX)) };
        index as u16
    }

    /// Gives the class a process-wide number from 1; `None` when 65,535 are used up.
    pub(crate) fn assign_index(&self) -> Option<u16> {
        static LAST: std::sync::Mutex<u16> = std::sync::Mutex::new(0);
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if self.index_or_zero() == 0 {
            *last = last.checked_add(1)?;
            self.index.store(u32::from(*last), Ordering::Relaxed);
        }
        Some(self.index_or_zero())
    }
}

impl core::fmt::Debug for ClassDescriptor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "class {}::{}", self.layout.module_path, self.layout.name)
    }
}

impl PartialEq for ClassDescriptor {
    fn eq(&self, other: &ClassDescriptor) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for ClassDescriptor {}

described!(struct ClassDescriptor { display, layout, depth, index } skip { body, bitmap, is_map, tail_lengths, hooks, has_splices });
