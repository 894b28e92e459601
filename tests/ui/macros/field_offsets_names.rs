//! Each name once, fields in lower case, markers in upper case and without a size; sizes are no types.

heapwright::field_offsets! {
    from 4;
    source: 4,
    NAME_OFFSET: 4,
    source: 4,
    SOURCE_OFFSET_END: 0,
    #[constant]
    id: 4,
}

mod types {
    heapwright::field_offsets! {
        from 4;
        flags: u32,
    }
}

mod headless {
    heapwright::field_offsets! {
        flags: 4,
    }
}

fn main() {}
