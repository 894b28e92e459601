//! The instance types that an isolate would give, without making one: for docs and tools.

use super::descriptor::ClassDescriptor;
use super::instance_types::InstanceTypeRange;
use super::numbering::{InstanceTypeError, Numbering};
use super::registry::ClassRegistry;
use crate::isolate::{core_classes, in_tree_order};

/// The numbers of one class in an isolate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignedInstanceTypes {
    /// The class.
    pub class: &'static ClassDescriptor,
    /// The number of its own instances, if it has any.
    pub own: Option<u16>,
    /// The numbers of its instances and of those of classes below it, if there are any.
    pub range: Option<InstanceTypeRange>,
}

/// The instance types of all classes of an isolate made with exactly `registries`, in this order, in the order of their
/// ranges. The core classes come first, as in an isolate, whether they are listed or not.
///
/// An isolate with other registries may number classes otherwise, but for what declarations fix.
///
/// ```
/// # use heapwright::layout::assign_instance_types;
/// let assigned = assign_instance_types(&[heapwright::core_classes()])?;
/// assert!(assigned.iter().any(|a| a.class.name() == "Map" && a.own.is_some()));
/// # Ok::<(), heapwright::InstanceTypeError>(())
/// ```
///
/// # Errors
///
/// If the wishes of the declarations cannot all be met; then such an isolate cannot be made either.
pub fn assign_instance_types(registries: &[&ClassRegistry]) -> Result<Vec<AssignedInstanceTypes>, InstanceTypeError> {
    let mut all: Vec<&ClassRegistry> = vec![core_classes()];
    all.extend_from_slice(registries);
    let reserved: Vec<_> = all.iter().flat_map(|r| r.reserved_instance_types()).copied().collect();
    let numbering = Numbering::new(&in_tree_order(&all), &reserved)?;
    let assigned = |class: &&'static ClassDescriptor| AssignedInstanceTypes {
        class,
        own: numbering.own(class),
        range: numbering.range(class),
    };
    Ok(numbering.classes.iter().map(assigned).collect())
}
