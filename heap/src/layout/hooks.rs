//! What few classes have: functions of their author, and weak slots that close up. Behind one pointer of the descriptor,
//! so that other classes pay nothing.

use super::class::{ClassLayout, same};
use super::descriptor::ClassDescriptor;
use super::field::{FieldKind, Member};
use crate::gc::{CustomTrace, SlotVisitor};
use crate::tagged::{HeapClass, HeapObject};
use core::fmt;
use core::marker::PhantomData;

/// A function that prints a `T`: `#[heap_object(print = …)]`.
pub type PrintHook<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// A function that says what is wrong with a `T`: `#[heap_object(verify = …)]`.
pub type VerifyHook<T> = fn(&T) -> Result<(), String>;

/// A [`PrintHook`] whose class is forgotten. Its safety contract: it is given an instance of that class.
pub(crate) type ErasedPrintHook = unsafe fn(&HeapObject, &mut fmt::Formatter<'_>) -> fmt::Result;

/// A [`VerifyHook`] whose class is forgotten; the contract is the same.
pub(crate) type ErasedVerifyHook = unsafe fn(&HeapObject) -> Result<(), String>;

/// [`CustomTrace::trace`] of a class that is forgotten; the contract is the same, and that of the function.
pub(crate) type ErasedTraceHook = unsafe fn(&HeapObject, &mut SlotVisitor<'_>);

/// The hooks of a class, its type forgotten.
#[derive(Debug)]
pub struct Hooks {
    print: Option<ErasedPrintHook>,
    verify: Option<ErasedVerifyHook>,
    trace: Option<ErasedTraceHook>,
    splices: &'static [Splice],
}

impl Hooks {
    /// Those of a class that has none.
    pub const NONE: &'static Hooks = &Hooks { print: None, verify: None, trace: None, splices: &[] };

    pub(super) const fn print(&self) -> Option<ErasedPrintHook> {
        self.print
    }

    pub(super) const fn verify(&self) -> Option<ErasedVerifyHook> {
        self.verify
    }

    pub(super) const fn trace(&self) -> Option<ErasedTraceHook> {
        self.trace
    }

    pub(crate) const fn splices(&self) -> &'static [Splice] {
        self.splices
    }
}

/// The hooks of a class being listed. Made by the macros.
#[derive(Debug)]
pub struct HooksOf<T> {
    hooks: Hooks,
    _type: PhantomData<fn(&T)>,
}

impl<T: HeapClass> HooksOf<T> {
    /// None.
    #[must_use]
    #[allow(clippy::new_without_default)] // a constant
    pub const fn new() -> HooksOf<T> {
        HooksOf { hooks: Hooks { print: None, verify: None, trace: None, splices: &[] }, _type: PhantomData }
    }

    /// With a printer.
    #[must_use]
    pub const fn print(mut self, hook: PrintHook<T>) -> HooksOf<T> {
        // SAFETY: references to sized types are passed alike whatever they refer to, so the function can be called
        // through either type; what it is given is the caller's contract.
        self.hooks.print = Some(unsafe { core::mem::transmute::<PrintHook<T>, ErasedPrintHook>(hook) });
        self
    }

    /// With a verifier.
    #[must_use]
    pub const fn verify(mut self, hook: VerifyHook<T>) -> HooksOf<T> {
        // SAFETY: as in `print`.
        self.hooks.verify = Some(unsafe { core::mem::transmute::<VerifyHook<T>, ErasedVerifyHook>(hook) });
        self
    }

    /// With words that it traces itself.
    #[must_use]
    pub const fn trace(mut self) -> HooksOf<T>
    where
        T: CustomTrace,
    {
        let hook: unsafe fn(&T, &mut SlotVisitor<'_>) = T::trace;
        // SAFETY: as in `print`.
        self.hooks.trace =
            Some(unsafe { core::mem::transmute::<unsafe fn(&T, &mut SlotVisitor<'_>), ErasedTraceHook>(hook) });
        self
    }

    /// With weak slots that close up.
    #[must_use]
    pub const fn splices(mut self, splices: &'static [Splice]) -> HooksOf<T> {
        self.hooks.splices = splices;
        self
    }

    /// The type forgotten.
    #[must_use]
    pub const fn erase(self) -> Hooks {
        self.hooks
    }
}

/// A weak slot of a class that takes over the link of its referent when that dies: `#[splice = next]`.
#[derive(Clone, Copy, Debug)]
pub struct Splice {
    /// Bytes from the start of the object that has the slot.
    slot: usize,
    /// Bytes from the start of the referent to its link.
    link: usize,
    /// The referent's class.
    member: &'static ClassDescriptor,
}

impl Splice {
    /// Field `index` of a class, whose referents are `C`s. [`check_splice`] proves that it makes sense.
    #[must_use]
    pub const fn of<C: HeapClass>(layout: &ClassLayout, index: usize) -> Splice {
        let field = &layout.fields[index];
        let link = match field.splice {
            Some(name) => C::LAYOUT.find_field(name),
            None => None,
        };
        let link = match link {
            Some(link) => link.offset.current() as usize,
            None => 0, // the class does not compile
        };
        Splice { slot: field.offset.current() as usize, link, member: C::CLASS }
    }

    pub(crate) const fn slot(&self) -> usize {
        self.slot
    }

    pub(crate) const fn link(&self) -> usize {
        self.link
    }

    pub(crate) const fn member(&self) -> &'static ClassDescriptor {
        self.member
    }
}

/// Proves that the link which field `index` names is a weak field of `C`, for `C`s.
///
/// # Panics
///
/// At compile time, with what the name stands for instead.
pub const fn check_splice<C: HeapClass>(layout: &ClassLayout, index: usize) {
    let Some(name) = layout.fields[index].splice else { return };
    let class = C::LAYOUT;
    let message = super::check::Message::new();
    let Some(link) = class.find_field(name) else {
        let message = message.text("class `").text(class.name).text("` has no field `").text(name);
        message.text("`: name its weak field that refers to the next member").fail()
    };
    let message = message.text("`").text(class.name).text("::").text(name);
    let FieldKind::Weak(types) = &link.kind else {
        let message =
            message.text("` is declared `").text(link.type_name).text("`, but a link is weak: declare it `Weak<");
        message.text(class.name).text(">`").fail()
    };
    if let [Member::Class(target)] = types.members() {
        let target = target.layout();
        if target.line == class.line && same(target.name, class.name) && same(target.module_path, class.module_path) {
            return;
        }
    }
    let message = message.text("` is declared `").text(link.type_name).text("`, but this field holds a `");
    message.text(class.name).text("`: the link of a member refers to a member of the same class").fail()
}
