//! The functions that make objects of a class: `Class::new` and its kin.

use super::handle::Handle;
use super::reservation::Reservation;
use super::scope::HandleScope;
use crate::error::{OutOfMemory, ReservationExhausted};
use crate::spaces::AllocationType;
use crate::tagged::{ConcreteClass, HeapClass, Init};

/// Makes objects of the class. V8: `Factory::NewScript` and so on.
///
/// Every class has these functions, and uses them with the `…Init` struct that the macros make for it. They are
/// written once, here, so that a class need not be given its own; functions of the same name in an `impl` of the class
/// come before them. The [prelude](crate::prelude) brings them into scope.
///
/// ```
/// use heapwright::prelude::*;
///
/// /// A point.
/// #[heap_object]
/// pub struct Point {
///     /// Where it is.
///     x: Smi,
/// }
///
/// heap_classes! { static CLASSES = [Point]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let old = Point::try_new_in(&mut scope, AllocationType::Old, PointInit { x: 1 })?;
/// let both = scope.reserve(2 * Point::SIZE)?;
/// let [left, right] = [2, 3].map(|x| Point::new_reserved(&both, PointInit { x }));
/// assert_eq!(left.x() + right.x(), 5);
/// # drop(both);
/// assert_eq!(old.get(&scope).x(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Factory: HeapClass {
    /// Makes a new object. Collects garbage if need be.
    ///
    /// # Panics
    ///
    /// If there is no memory for it even after a collection, or a value does not fit its field.
    #[inline]
    #[track_caller]
    fn new<'s, I>(scope: &mut HandleScope<'s>, init: impl Init<Self, I>) -> Handle<'s, Self>
    where
        Self: ConcreteClass,
    {
        match Self::try_new(scope, init) {
            Ok(object) => object,
            Err(error) => out_of_memory(error), // not in a closure, which would lose the caller
        }
    }

    /// Makes a new object. Collects garbage if need be.
    ///
    /// # Errors
    ///
    /// If there is no memory for it even after a collection: the heap stays as usable as before.
    #[inline]
    #[track_caller]
    fn try_new<'s, I>(scope: &mut HandleScope<'s>, init: impl Init<Self, I>) -> Result<Handle<'s, Self>, OutOfMemory>
    where
        Self: ConcreteClass,
    {
        HandleScope::try_new::<Self, I>(scope, AllocationType::Young, init)
    }

    /// Makes a new object in the space that `allocation` says. Collects garbage if need be.
    ///
    /// # Errors
    ///
    /// If there is no memory for it even after a collection: the heap stays as usable as before.
    #[inline]
    #[track_caller]
    fn try_new_in<'s, I>(
        scope: &mut HandleScope<'s>,
        allocation: AllocationType,
        init: impl Init<Self, I>,
    ) -> Result<Handle<'s, Self>, OutOfMemory>
    where
        Self: ConcreteClass,
    {
        HandleScope::try_new::<Self, I>(scope, allocation, init)
    }

    /// Makes a new object without a handle. Collects garbage if need be. The reference is good until the scope is next
    /// used to allocate.
    ///
    /// # Panics
    ///
    /// If there is no memory for it even after a collection, or a value does not fit its field.
    #[inline]
    #[track_caller]
    fn allocate<'gc, I>(scope: &'gc mut HandleScope<'_>, init: impl Init<Self, I>) -> &'gc Self
    where
        Self: ConcreteClass,
    {
        match Self::try_allocate(scope, init) {
            Ok(object) => object,
            Err(error) => out_of_memory(error),
        }
    }

    /// Makes a new object without a handle. Collects garbage if need be. The reference is good until the scope is next
    /// used to allocate.
    ///
    /// # Errors
    ///
    /// If there is no memory for it even after a collection: the heap stays as usable as before.
    #[inline]
    #[track_caller]
    fn try_allocate<'gc, I>(scope: &'gc mut HandleScope<'_>, init: impl Init<Self, I>) -> Result<&'gc Self, OutOfMemory>
    where
        Self: ConcreteClass,
    {
        HandleScope::try_allocate::<Self, I>(scope, AllocationType::Young, init)
    }

    /// Makes a new object in reserved memory, which cannot collect.
    ///
    /// # Panics
    ///
    /// If the reservation has not enough bytes left, or a value does not fit its field.
    #[inline]
    #[track_caller]
    fn new_reserved<'r, I>(reservation: &'r Reservation<'_, '_>, init: impl Init<Self, I>) -> &'r Self
    where
        Self: ConcreteClass,
    {
        match Self::try_new_reserved(reservation, init) {
            Ok(object) => object,
            Err(error) => reservation_exhausted(error),
        }
    }

    /// Makes a new object in reserved memory, which cannot collect.
    ///
    /// # Errors
    ///
    /// If the reservation has not enough bytes left.
    #[inline]
    #[track_caller]
    fn try_new_reserved<'r, I>(
        reservation: &'r Reservation<'_, '_>,
        init: impl Init<Self, I>,
    ) -> Result<&'r Self, ReservationExhausted>
    where
        Self: ConcreteClass,
    {
        Reservation::try_allocate::<Self, I>(reservation, init)
    }
}

impl<T: HeapClass> Factory for T {}

#[cold]
#[inline(never)]
#[track_caller]
fn out_of_memory(error: OutOfMemory) -> ! {
    panic!("{error}")
}

#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn reservation_exhausted(error: ReservationExhausted) -> ! {
    panic!("{error}")
}
