//! The list of a crate's classes.

use super::descriptor::ClassDescriptor;
use super::instance_types::{InstanceTypeRange, check_listed};
use crate::debugger::described;

/// The classes a crate declares, made by [`heap_classes!`](crate::heap_classes) and given to
/// [`IsolateBuilder::classes`](crate::IsolateBuilder::classes).
///
/// An explicit list is the truth: registration at link time would lose classes of crates nobody refers to, would
/// differ in order between builds, and is not constant. Docs, tools and isolates all read this one.
#[derive(Debug)]
pub struct ClassRegistry {
    crate_name: &'static str,
    classes: &'static [&'static ClassDescriptor],
    reserved: &'static [InstanceTypeRange],
}

impl ClassRegistry {
    /// Called by [`heap_classes!`](crate::heap_classes).
    ///
    /// # Panics
    ///
    /// At compile time, if the instance types that the classes ask for contradict each other.
    #[must_use]
    pub const fn new(crate_name: &'static str, classes: &'static [&'static ClassDescriptor]) -> ClassRegistry {
        check_listed(classes);
        ClassRegistry { crate_name, classes, reserved: &[] }
    }

    /// With instance types that no class gets unless it asks for them: for a crate that comes later.
    #[must_use]
    pub const fn reserving(mut self, reserved: &'static [InstanceTypeRange]) -> ClassRegistry {
        self.reserved = reserved;
        self
    }

    /// The crate that declares them.
    #[must_use]
    pub const fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// The instance types that no class gets unless it asks for them.
    #[must_use]
    pub const fn reserved_instance_types(&self) -> &'static [InstanceTypeRange] {
        self.reserved
    }

    /// The classes, in the order of the list.
    #[must_use]
    pub const fn classes(&self) -> &'static [&'static ClassDescriptor] {
        self.classes
    }
}

described!(struct ClassRegistry { crate_name, classes, reserved });
