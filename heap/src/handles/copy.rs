//! Copying objects whole.

use super::handle::Handle;
use super::scope::HandleScope;
use crate::error::OutOfMemory;
use crate::layout::ClassDescriptor;
use crate::spaces::{AllocationType, MAX_YOUNG_OBJECT_SIZE};
use crate::tagged::{HeapClass, HeapObject, Word};

/// An object that was not copied.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The object is of a class below the one at hand, and that class is not `copy`.
    #[error(
        "the object is a {}, and that class is not declared `#[heap_object(copy)]`: a copy of the part that belongs to \
         the class above would be no {}", class.name(), class.name()
    )]
    NotCopy {
        /// The object's own class.
        class: &'static ClassDescriptor,
    },
    /// There is no memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// A class declared `#[heap_object(copy)]`; what that gives it is in [`CopyObject`].
///
/// # Safety
///
/// Implemented by the macro only: the class is declared `copy` and its layout says so, and it is no map.
#[diagnostic::on_unimplemented(
    message = "objects of class `{Self}` cannot be copied",
    label = "not declared `#[heap_object(copy)]`",
    note = "a class may rely on who makes its objects, so it has to ask for it: `#[heap_object(copy)]`"
)]
pub unsafe trait CopyClass: HeapClass {}

impl<T: CopyClass> CopyObject for T {}

/// What a class declared `#[heap_object(copy)]` can do: its objects may be copied, by whoever can name the class. V8: the
/// `Factory::Copy…` functions, one for each such class.
///
/// A copy is shallow and of the whole object: the same map, the same fields whether constant or not, the same elements,
/// weak references weak. Classes have to ask for it, since for many it would be wrong: an object that others find by its
/// address, that stands in a table once, or whose module makes sure of who makes instances and with which values.
/// Classes below one that is `copy` ask for themselves. Maps are never `copy`.
///
/// ```
/// use heapwright::prelude::*;
///
/// #[heap_object(copy)]
/// pub struct Point {
///     x: Smi,
///     next: Tagged<Option<Point>>,
/// }
/// heap_classes! { static CLASSES = [Point]; }
///
/// let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// let mut scope = isolate.enter();
/// let end = Point::new(&mut scope, PointInit { x: 2, next: Nil });
/// let first = Point::new(&mut scope, PointInit { x: 1, next: end });
/// let copy = Point::copy(&mut scope, first);
/// copy.get(&scope).set_x(7);
/// assert_eq!(first.get(&scope).x(), 1);
/// assert!(core::ptr::eq(copy.get(&scope).next().unwrap(), end.get(&scope)));
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
pub trait CopyObject: CopyClass {
    /// A copy in the young generation, or in the old one if it has a [size that is never young](AllocationType::Young).
    ///
    /// # Panics
    ///
    /// If there is no memory, even after collecting; if the object is of a class below this one that is not `copy`.
    #[track_caller]
    fn copy<'s>(scope: &mut HandleScope<'s>, source: Handle<'_, Self>) -> Handle<'s, Self> {
        Self::try_copy(scope, source).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A copy in the young generation, or in the old one if it has a [size that is never young](AllocationType::Young).
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting; if the object is of a class below this one that is not `copy`.
    #[track_caller]
    fn try_copy<'s>(scope: &mut HandleScope<'s>, source: Handle<'_, Self>) -> Result<Handle<'s, Self>, CopyError> {
        Self::try_copy_in(scope, AllocationType::Young, source)
    }

    /// A copy in the generation asked for.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting; if the object is of a class below this one that is not `copy`.
    ///
    /// # Panics
    ///
    /// If read-only memory is asked for: what may be read-only never changes, so the object is as good as its copy. If code
    /// memory is asked for.
    #[track_caller]
    fn try_copy_in<'s>(
        scope: &mut HandleScope<'s>,
        allocation: AllocationType,
        source: Handle<'_, Self>,
    ) -> Result<Handle<'s, Self>, CopyError> {
        assert!(
            allocation != AllocationType::ReadOnly,
            "a copy is young or old: make read-only objects with `try_new_in`"
        );
        if allocation == AllocationType::Code {
            super::allocate::is_no_code(Self::CLASS.name());
        }
        // SAFETY: `scope` is a scope. The slot is alive, so it refers to an object of the isolate that is entered.
        let object: &HeapObject = unsafe { source.word().as_object() };
        let (class, size) = (object.class(), object.size());
        if !class.layout().is_copy {
            return Err(CopyError::NotCopy { class });
        }
        let data = scope.data_mut();
        let to = data.allocate_raw(size, class.body().alignment(), allocation, false)?;
        // SAFETY: as above; read again, for making room may have moved the object.
        let from = unsafe { source.word() }.address();
        // SAFETY: `size` bytes of an object, and as many that were just set aside elsewhere. All that the words refer to
        // is alive, weak referents too: what was dead was cleared if there was a collection. Nothing runs in between.
        unsafe {
            core::ptr::copy_nonoverlapping(
                core::ptr::with_exposed_provenance::<u32>(from),
                core::ptr::with_exposed_provenance_mut::<u32>(to),
                size / 4,
            );
        }
        if allocation != AllocationType::Young || size > MAX_YOUNG_OBJECT_SIZE {
            // SAFETY: a whole object, just made.
            unsafe { crate::gc::made_old(to) };
        }
        let slot = scope.data().handles.push(Word::strong(to));
        // SAFETY: just pushed by a scope of lifetime `'s`, and the object has the map of one that is a `Self`.
        Ok(unsafe { Handle::from_slot(slot) })
    }
}
