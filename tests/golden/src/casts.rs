//! `match_class!` beside a chain of casts.

use crate::Thing;
use heapwright::prelude::*;

#[heap_object(open)]
pub struct Wide {
    #[constant]
    width: Smi,
}

#[heap_object(extends = Wide)]
pub struct Wider {
    #[constant]
    more: Smi,
}

#[inline(never)]
pub fn generated_match_union(value: Tagged<'_, (Thing, Wide, Smi)>) -> i32 {
    match_class!(match value {
        Smi(n) => n,
        Thing(thing) => thing.smi(),
        Wider(wider) if wider.more() > 0 => 1,
        Wide(wide) => wide.width(),
        _ => 0,
    })
}
#[inline(never)]
pub fn by_hand_match_union(value: Tagged<'_, (Thing, Wide, Smi)>) -> i32 {
    if let Some(n) = value.as_smi() {
        return n;
    }
    if let Some(thing) = value.try_cast::<Thing>() {
        return thing.smi();
    }
    if let Some(wider) = value.try_cast::<Wider>()
        && wider.more() > 0
    {
        return 1;
    }
    if let Some(wide) = value.try_cast::<Wide>() {
        return wide.width();
    }
    0
}

#[inline(never)]
pub fn generated_match_object(value: &Wide) -> i32 {
    match_class!(match value {
        Wider(wider) => wider.more(),
        #[exactly]
        Wide(wide) => wide.width(),
        _ => 0,
    })
}
#[inline(never)]
pub fn by_hand_match_object(value: &Wide) -> i32 {
    if let Some(wider) = value.try_cast::<Wider>() {
        wider.more()
    } else if value.is_exactly::<Wide>() {
        value.width()
    } else {
        0
    }
}
