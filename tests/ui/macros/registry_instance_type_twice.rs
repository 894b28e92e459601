//! Two classes of one list ask for the same number.

use heapwright::prelude::*;

#[heap_object(instance_type = 204)]
struct Foreign {}

#[heap_object(instance_type = 204)]
struct Other {}

heap_classes! { static CLASSES = [Foreign, Other]; }

fn main() {}
