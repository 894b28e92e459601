//! Making objects through a scope. `new`, `allocate` and their kin, in [`Factory`](super::Factory), call these.

use super::handle::Handle;
use super::scope::HandleScope;
use crate::error::OutOfMemory;
use crate::map::Map;
use crate::spaces::AllocationType;
use crate::tagged::{ConcreteClass, Init, Word};

impl<'s> HandleScope<'s> {
    /// Makes an object. The reference lives until the scope is next used: to keep the object, make a handle of it, or
    /// use [`try_new`](Self::try_new).
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If the isolate was made without the class's registry, or if read-only memory is asked for and the class has
    /// setters or the object refers to what is not read-only, or if code memory is asked for.
    #[inline]
    #[track_caller]
    pub fn try_allocate<T: ConcreteClass, I>(
        &mut self,
        wanted: AllocationType,
        init: impl Init<T, I>,
    ) -> Result<&T, OutOfMemory> {
        if wanted == AllocationType::ReadOnly && !T::IS_IMMUTABLE {
            has_setters::<T>();
        }
        if wanted == AllocationType::Code {
            is_no_code(T::CLASS.name());
        }
        let data = self.data_mut();
        let map = data.map_word::<T>();
        data.make(wanted, map, init)
    }

    /// Makes an object and a handle of it.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// As for [`try_allocate`](Self::try_allocate).
    #[inline]
    #[track_caller]
    pub fn try_new<T: ConcreteClass, I>(
        &mut self,
        wanted: AllocationType,
        init: impl Init<T, I>,
    ) -> Result<Handle<'s, T>, OutOfMemory> {
        let word = Word::strong(core::ptr::from_ref(self.try_allocate(wanted, init)?).addr());
        let slot = self.data().handles.push(word);
        // SAFETY: just pushed by a scope of lifetime `'s`, and the object is a `T`.
        Ok(unsafe { Handle::from_slot(slot) })
    }

    /// Makes an object with a map of its own, such as a hidden class.
    ///
    /// # Errors
    ///
    /// If there is no memory, even after collecting.
    ///
    /// # Panics
    ///
    /// If `map` describes objects of another class than `T`.
    #[track_caller]
    pub fn try_new_with_map<T: ConcreteClass, M: crate::tagged::IsA<Map>, I>(
        &mut self,
        wanted: AllocationType,
        map: Handle<'_, M>,
        init: impl Init<T, I>,
    ) -> Result<Handle<'s, T>, OutOfMemory> {
        let described = map.upcast::<Map>().get(self).class();
        assert!(described == T::CLASS, "a map of class {} cannot describe a {}", described.name(), T::CLASS.name());
        if wanted == AllocationType::ReadOnly {
            has_setters::<T>();
        }
        if wanted == AllocationType::Code {
            is_no_code(T::CLASS.name());
        }
        // Maps do not move, so the word stays right if making the object collects.
        // SAFETY: `self` is a scope.
        let word = unsafe { map.word() };
        let object = self.data_mut().make::<T, I>(wanted, word, init)?;
        let word = Word::strong(core::ptr::from_ref(object).addr());
        let slot = self.data().handles.push(word);
        // SAFETY: just pushed by a scope of lifetime `'s`, and the object is a `T`.
        Ok(unsafe { Handle::from_slot(slot) })
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn has_setters<T: ConcreteClass>() -> ! {
    panic!(
        "a {} cannot be read-only: memory of that kind is sealed, and the class has setters (or is given a map of its \
         own); declare all its fields `#[constant]`",
        T::CLASS.name()
    )
}

/// Objects of ordinary classes have no business in code pages: nobody could write to them.
#[cold]
#[inline(never)]
#[track_caller]
pub(super) fn is_no_code(class: &str) -> ! {
    panic!(
        "a {class} cannot be in code space, whose pages are not writable: only `InstructionStream`s can, which \
         `InstructionStream::try_new` makes; let the object refer to one"
    )
}
