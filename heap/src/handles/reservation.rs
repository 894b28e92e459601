//! Allocation without collection.

use super::scope::HandleScope;
use crate::barrier::WriteBarrierMode;
use crate::error::{OutOfMemory, ReservationExhausted};
use crate::heap::size_of_new;
use crate::spaces::MAX_YOUNG_OBJECT_SIZE;
use crate::tagged::{ConcreteClass, Init, ObjectSource, Smi, TAGGED_SIZE, Word};
use core::ops::Deref;

/// Memory set aside in the young generation: it allocates through `&self` and cannot collect, so plain references stay
/// valid while many objects are built. Reads go through it as through the scope. V8: allocation folding, which
/// compilers do; here it is a safe API.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Pair { left: Tagged<Option<Pair>>, right: Tagged<Option<Pair>> }
/// # heap_classes! { static CLASSES = [Pair]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// let tree = {
///     let memory = scope.reserve(3 * Pair::SIZE).unwrap();
///     let left = Pair::new_reserved(&memory, PairInit { left: Nil, right: Nil });
///     let right = Pair::new_reserved(&memory, PairInit { left: Nil, right: Nil });
///     let top = Pair::new_reserved(&memory, PairInit { left, right });
///     memory.handle(top)
/// };
/// assert!(tree.get(&scope).left().is_some());
/// ```
#[derive(Debug)]
pub struct Reservation<'r, 's> {
    scope: &'r mut HandleScope<'s>,
    /// What is set aside lies between the top of the linear allocation area, which nobody else moves, and here.
    end: usize,
}

impl<'s> HandleScope<'s> {
    /// Sets aside `bytes` in the young generation, collecting now if need be. At most
    /// [`MAX_RESERVATION`](Reservation::MAX).
    ///
    /// An object of a class that asks for more than a word's alignment may need a word more than its size, which a
    /// filler takes: `T::ALIGNMENT.maximum_fill()` bytes at most, none with full pointers (see
    /// [`AllocationAlignment`](crate::spaces::AllocationAlignment::maximum_fill)). What is cut from exactly the sizes of
    /// such objects may run out before the last one.
    ///
    /// # Errors
    ///
    /// If there is no such memory, even after collecting.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) -> Result<Reservation<'_, 's>, OutOfMemory> {
        // Rounding must not wrap; what cannot be rounded is too large anyway.
        let bytes = bytes.checked_next_multiple_of(TAGGED_SIZE).unwrap_or(bytes);
        self.data_mut().reserve(bytes)?;
        let end = self.data().heap.new_space.lab.top() + bytes;
        Ok(Reservation { scope: self, end })
    }
}

impl Reservation<'_, '_> {
    /// The most bytes one reservation can have.
    pub const MAX: usize = crate::spaces::MAX_REGULAR_OBJECT_SIZE;

    /// Bytes left.
    #[must_use]
    pub fn available(&self) -> usize {
        self.end - self.scope.data().heap.new_space.lab.top()
    }

    /// Makes an object of at most [`MAX_YOUNG_OBJECT_SIZE`] bytes. The macros' `new_reserved` calls it.
    ///
    /// # Errors
    ///
    /// If the reservation has not enough bytes left.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the class's registry.
    #[inline]
    #[track_caller]
    pub fn try_allocate<T: ConcreteClass, I>(&self, init: impl Init<T, I>) -> Result<&T, ReservationExhausted> {
        const { assert!(!T::IS_MAP, "maps live in MAP space: make them with `new`") };
        let length = init.tail_len();
        let data = self.scope.data();
        let map = data.map_word::<T>();
        if length > Smi::MAX.value() as usize {
            return Err(self.exhausted::<T>(length));
        }
        let size = size_of_new::<T, I>(length, &init);
        if size > MAX_YOUNG_OBJECT_SIZE {
            return Err(self.exhausted::<T>(length));
        }
        let lab = &data.heap.new_space.lab;
        let address = match T::ALIGNMENT.maximum_fill() {
            0 => lab.allocate_below(self.end, size),
            _ => lab.allocate_aligned_below(self.end, size, T::ALIGNMENT, data.heap.fillers),
        };
        let Some(address) = address else {
            return Err(self.exhausted::<T>(length));
        };
        let unfinished = data.heap.new_space.unfinished.object(address, size);
        // SAFETY: dropped at the end, before `unfinished`; what values allocate meanwhile is finished by then.
        let _leave = unsafe { data.heap.new_space.unfinished.enter(&unfinished) };
        // SAFETY: `size` bytes of young memory that were just cut off, and the map of `T`.
        Ok(unsafe { crate::heap::initialize(address, size, map, &data.heap.fillers, init) })
    }

    /// Makes an object as [`try_allocate`](Self::try_allocate) does, of which the type says that it is young: stores
    /// into it with [`Fresh::mode`] take no write barrier and look at nothing.
    ///
    /// # Errors
    ///
    /// If the reservation has not enough bytes left.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the class's registry.
    #[inline]
    #[track_caller]
    pub fn try_fresh<T: ConcreteClass, I>(&self, init: impl Init<T, I>) -> Result<Fresh<'_, T>, ReservationExhausted> {
        // Objects of a reservation are young: they are cut from new space, whatever their class.
        Ok(Fresh { object: self.try_allocate(init)? })
    }

    /// The same, for a reservation that is large enough.
    ///
    /// # Panics
    ///
    /// If the reservation has not enough bytes left, or the isolate was made without the class's registry.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn fresh<T: ConcreteClass, I>(&self, init: impl Init<T, I>) -> Fresh<'_, T> {
        self.try_fresh(init).unwrap_or_else(|error| super::factory::reservation_exhausted(error))
    }

    #[cold]
    fn exhausted<T: ConcreteClass>(&self, length: usize) -> ReservationExhausted {
        let available = self.available().min(MAX_YOUNG_OBJECT_SIZE);
        let fill = T::ALIGNMENT.fill(self.scope.data().heap.new_space.lab.top());
        ReservationExhausted { requested: T::LAYOUT.size_for(length).saturating_add(fill), available }
    }
}

impl<'s> Deref for Reservation<'_, 's> {
    type Target = HandleScope<'s>;

    #[inline]
    fn deref(&self) -> &HandleScope<'s> {
        self.scope
    }
}

impl Drop for Reservation<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.scope.data_mut().end_reservation();
    }
}

/// An object just made from a reservation, and so young: an object becomes old in a collection only, and none can
/// happen while the reservation `'r` is borrowed.
///
/// ```
/// # use heapwright::prelude::*;
/// # #[heap_object] struct Pair { left: Tagged<Option<Pair>>, right: Tagged<Option<Pair>> }
/// # heap_classes! { static CLASSES = [Pair]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build().unwrap();
/// # let mut scope = isolate.enter();
/// let memory = scope.reserve(2 * Pair::SIZE).unwrap();
/// let first = memory.fresh(PairInit { left: Nil, right: Nil });
/// let second = memory.fresh(PairInit { left: first, right: Nil });
/// first.set_left(WithMode(second, first.mode())); // a bare store
/// assert!(first.left().unwrap().left().is_some());
/// ```
#[derive(Debug)]
pub struct Fresh<'r, T> {
    object: &'r T,
}

// By hand: a derive would ask for `T: Copy`.
impl<T> Clone for Fresh<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fresh<'_, T> {}

impl<'r, T: ConcreteClass> Fresh<'r, T> {
    /// The object, as long as the reservation is borrowed.
    #[inline]
    #[must_use]
    pub fn get(self) -> &'r T {
        self.object
    }

    /// For stores into this object: no barrier. On any other object it tells the collector.
    #[inline]
    #[must_use]
    pub fn mode(self) -> WriteBarrierMode<'r> {
        // SAFETY: `try_allocate` cut the object from new space. Only a collection moves it out of there, which takes the
        // scope mutably; `'r` borrows the reservation, and that the scope.
        unsafe { WriteBarrierMode::skip_for(core::ptr::from_ref(self.object).addr()) }
    }
}

impl<T> Deref for Fresh<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.object
    }
}

// SAFETY: a reference to an instance is valid for as long as it exists.
unsafe impl<T: ConcreteClass> ObjectSource for Fresh<'_, T> {
    type Class = T;

    #[inline]
    unsafe fn word(&self) -> Word {
        Word::strong(core::ptr::from_ref(self.object).addr())
    }
}
