//! An optional field is given a value of its type, an `Option` of one, or `Absent`.
use heapwright::prelude::*;

#[heap_object]
pub struct Text {}

#[heap_object]
pub struct Info {
    #[constant]
    count: Smi,
    #[present_if = count > 3]
    extra: Tagged<Text>,
}

fn make(scope: &mut HandleScope<'_>, info: Handle<'_, Info>) {
    Info::new(scope, InfoInit { count: 1, extra: info });
    Info::new(scope, InfoInit { count: 1, extra: () });
}

fn main() {}
