use heapwright::prelude::*;

#[heap_object]
pub struct Names {
    #[constant]
    count: Smi,
    #[constant]
    is_sorted: bool,
    padding: Padding<3>,
    padding_2: OptionalPadding<4>,
    #[length = count]
    names: [Tagged<Any>],
    #[present_if = is_sorted]
    least: Tagged<Any>,
    #[length = if is_sorted { 0 } else { count }]
    hashes: [u32],
}
