//! The list of a crate's classes.

use super::descriptor::ClassDescriptor;

/// The classes a crate declares, made by [`heap_classes!`](crate::heap_classes) and given to
/// [`IsolateBuilder::classes`](crate::IsolateBuilder::classes).
///
/// An explicit list is the truth: registration at link time would lose classes of crates nobody refers to, would
/// differ in order between builds, and is not constant. Docs, tools and isolates all read this one.
#[derive(Debug)]
pub struct ClassRegistry {
    crate_name: &'static str,
    classes: &'static [&'static ClassDescriptor],
}

impl ClassRegistry {
    /// Called by [`heap_classes!`](crate::heap_classes).
    #[must_use]
    pub const fn new(crate_name: &'static str, classes: &'static [&'static ClassDescriptor]) -> ClassRegistry {
        ClassRegistry { crate_name, classes }
    }

    /// The crate that declares them.
    #[must_use]
    pub const fn crate_name(&self) -> &'static str {
        self.crate_name
    }

    /// The classes, in the order of the list.
    #[must_use]
    pub const fn classes(&self) -> &'static [&'static ClassDescriptor] {
        self.classes
    }
}
