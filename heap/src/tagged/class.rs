//! The traits that say what a class is, and which class is which. All are implemented by the macros, or for all classes
//! at once.

use super::smi::Smi;
use super::value::Tagged;
use super::word::Word;
use crate::layout::{ClassDescriptor, ClassLayout, Hooks, Member, TailLengthsOf, TypeSet};
use crate::spaces::AllocationAlignment;

/// Any tagged value: a Smi or an object of any class. V8: `Object`.
#[derive(Clone, Copy, Debug)]
pub enum Any {}

/// What may stand in `Tagged<…>`: a class, [`Any`], a tuple of classes and [`Smi`], or `Option` of a class. [`Smi`]
/// alone is one for roots and context slots; a field of it is declared `Smi`.
///
/// # Safety
///
/// `from_word` accepts every word that [`Admits<Self, _>`](super::Admits) can produce, and `SET` describes exactly
/// those values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a tagged field",
    label = "neither a class nor a union of classes",
    note = "a tagged field holds a class declared with `#[heap_object]`, `Any`, `Option<Class>`, or a tuple of which each member is such a class or `Smi`"
)]
pub unsafe trait TaggedType: 'static {
    /// The values, as data.
    const SET: TypeSet;
    /// What reading yields: `&T` for a class, `Option<&T>` for an option, [`Tagged`] for a union.
    type Ref<'gc>: Copy;
    /// Whether a value may be a Smi, so that the write barrier has to look.
    const MAY_BE_SMI: bool;

    /// The value of a word read from a slot of this type.
    ///
    /// # Safety
    ///
    /// The word was stored through [`Admits<Self, _>`](super::Admits), and so is no weak reference; its object is alive, and the caller
    /// bounds `'gc` so that no collection happens within it.
    unsafe fn from_word<'gc>(word: Word) -> Self::Ref<'gc>;
}

/// A class of heap objects, declared with [`#[heap_object]`](macro@crate::heap_object).
///
/// # Safety
///
/// Implemented by the macro only. Promises that `Self` is `#[repr(C)]`, begins with the fields of `Parent` and has
/// its own exactly where `LAYOUT` says, that `TAIL_LENGTHS` is there and right if `IS_COMPUTED`, that every field is a
/// cell, that `CLASS` is a unique static made from `LAYOUT` and `HOOKS`, that `HOOKS` was made with
/// [`HooksOf<Self>`](crate::layout::HooksOf) and names as spliced what `LAYOUT` does, and that `Self` is neither
/// constructible nor movable in safe code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a heap object class",
    label = "not declared with `#[heap_object]`",
    note = "declare it: `#[heap_object] struct {Self} {{ … }}`; plain Rust data lives outside the heap"
)]
pub unsafe trait HeapClass: Sized + 'static {
    /// The class it extends; `HeapObject` names itself.
    type Parent: HeapClass;
    /// Its identity.
    const CLASS: &'static ClassDescriptor;
    /// Its layout.
    const LAYOUT: &'static ClassLayout;
    /// Functions of its author, and weak slots that close up.
    const HOOKS: &'static Hooks = Hooks::NONE;
    /// Where its fields end, in bytes, under the pointer width compiled in.
    const FIELDS_END: usize = Self::LAYOUT.header_size();
    /// Bytes of an instance without elements, rounded up to whole tagged words.
    const INSTANCE_SIZE: usize = Self::LAYOUT.instance_size();
    /// Bytes of an element of the tail; 0 if there is no tail or more than one.
    const ELEMENT_SIZE: usize = Self::LAYOUT.element_size();
    /// Whether the class's own code computes the size of an instance.
    const IS_COMPUTED: bool = Self::LAYOUT.is_computed();
    /// That code.
    #[doc(hidden)]
    const TAIL_LENGTHS: Option<TailLengthsOf> = None;
    /// Whether no field, own or inherited, has a setter, so that instances may be sealed read-only.
    const IS_IMMUTABLE: bool = is_immutable(Self::LAYOUT);
    /// Where its objects may begin: its own or inherited `align`.
    const ALIGNMENT: AllocationAlignment = Self::LAYOUT.alignment;
    /// Whether instances are maps, which live in MAP space.
    const IS_MAP: bool = Self::LAYOUT.is_map();
}

const fn is_immutable(layout: &ClassLayout) -> bool {
    let mut i = 0;
    while i < layout.fields.len() {
        if !layout.fields[i].constant && layout.fields[i].size.compressed > 0 {
            return false;
        }
        i += 1;
    }
    let mut i = 0;
    while i < layout.tails.len() {
        if !layout.tails[i].constant {
            return false;
        }
        i += 1;
    }
    match layout.parent {
        Some(parent) => is_immutable(parent),
        None => true,
    }
}

/// `Self` is the class `A` or below it.
///
/// # Safety
///
/// `Self` begins with the fields of `A`, and `A` is in the display of `Self::CLASS`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a subclass of `{A}`",
    label = "neither `{A}` nor a class below it",
    note = "a class is its own subclass, and that of the one named in `#[heap_object(extends = …)]` and all above it"
)]
pub unsafe trait IsA<A>: HeapClass {}

/// A class that others may extend.
///
/// # Safety
///
/// The class is declared open: its layout says so, and casts to it look at the display.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be extended",
    label = "a leaf class",
    note = "classes are leaves unless declared `#[heap_object(open)]` or `#[heap_object(abstract)]`: casts to leaves are one compare"
)]
pub unsafe trait OpenClass: HeapClass {}

/// A class that has instances of its own.
///
/// # Safety
///
/// The class is not abstract: its layout says so, and isolates make a map for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is abstract and has no instances of its own",
    label = "abstract class",
    note = "allocate one of the classes that extend it"
)]
pub unsafe trait ConcreteClass: HeapClass {}

/// An object with a field that holds the bit field `B`: carries the accessors of `B`'s fields to the object.
pub trait HasBits<B> {
    /// The bit field as it is now.
    #[doc(hidden)]
    fn __bits(&self) -> B;
}

/// An object whose bit field `B` may be set.
pub trait HasBitsMut<B>: HasBits<B> {
    /// Replaces the bit field by what `update` makes of it: in one step, if the field has a memory order.
    #[doc(hidden)]
    fn __update_bits(&self, update: impl FnMut(B) -> B);
}

// SAFETY: `SET` names the class, whose instances are all that `Admits` lets into a slot of it.
#[diagnostic::do_not_recommend]
unsafe impl<C: HeapClass> TaggedType for C {
    const SET: TypeSet = TypeSet::class::<C>();
    type Ref<'gc> = &'gc C;
    const MAY_BE_SMI: bool = false;

    #[inline]
    unsafe fn from_word<'gc>(word: Word) -> &'gc C {
        // SAFETY: the caller's contract.
        unsafe { word.as_strong() }
    }
}

// SAFETY: every tagged word is `Any`, and `Tagged` accepts all of them.
unsafe impl TaggedType for Any {
    const SET: TypeSet = TypeSet::new(&[Member::Any]);
    type Ref<'gc> = Tagged<'gc, Any>;
    const MAY_BE_SMI: bool = true;

    #[inline]
    unsafe fn from_word<'gc>(word: Word) -> Tagged<'gc, Any> {
        // SAFETY: the caller's contract.
        unsafe { Tagged::from_word(word) }
    }
}

// SAFETY: `Admits<Smi>` yields Smis, and `SET` says so.
unsafe impl TaggedType for Smi {
    const SET: TypeSet = TypeSet::new(&[Member::Smi]);
    type Ref<'gc> = i32;
    const MAY_BE_SMI: bool = true;

    #[inline]
    unsafe fn from_word<'gc>(word: Word) -> Self::Ref<'gc> {
        Smi::from_word(word).value()
    }
}

// SAFETY: `Admits<Option<C>>` yields the Smi zero for `None`, else an instance of `C`.
unsafe impl<C: HeapClass> TaggedType for Option<C> {
    const SET: TypeSet = TypeSet::new(&[Member::Class(C::CLASS), Member::None]);
    type Ref<'gc> = Option<&'gc C>;
    const MAY_BE_SMI: bool = true;

    #[inline]
    unsafe fn from_word<'gc>(word: Word) -> Option<&'gc C> {
        if word.is_smi() {
            None
        } else {
            // SAFETY: not `None`, so an instance of `C`; the rest is the caller's contract.
            Some(unsafe { word.as_strong() })
        }
    }
}

/// One alternative of a union: a class or [`Smi`].
///
/// # Safety
///
/// As for [`TaggedType`]: `MEMBER` describes the alternative.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be one of a union's classes",
    label = "neither a class nor `Smi`"
)]
pub unsafe trait UnionMember: 'static {
    /// The alternative, as data.
    const MEMBER: Member;
}

// SAFETY: a class describes its own instances.
unsafe impl<C: HeapClass> UnionMember for C {
    const MEMBER: Member = Member::Class(C::CLASS);
}

// SAFETY: `Smi` is described by `Member::Smi`.
unsafe impl UnionMember for Smi {
    const MEMBER: Member = Member::Smi;
}

macro_rules! unions {
    ($(($($m:ident),*))*) => { $(
        // SAFETY: `Admits` for a tuple accepts exactly its members, and `Tagged` accepts every word.
        unsafe impl<$($m: UnionMember),*> TaggedType for ($($m,)*) {
            const SET: TypeSet = TypeSet::new(&[$($m::MEMBER),*]);
            type Ref<'gc> = Tagged<'gc, ($($m,)*)>;
            const MAY_BE_SMI: bool = false $(|| matches!($m::MEMBER, Member::Smi))*;

            #[inline]
            unsafe fn from_word<'gc>(word: Word) -> Self::Ref<'gc> {
                // SAFETY: the caller's contract.
                unsafe { Tagged::from_word(word) }
            }
        }
    )* };
}
unions!((A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(A, B, C, D, E, F));
