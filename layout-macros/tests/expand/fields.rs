use super::bits::ScriptFlags;
use super::structure::Descriptor;
use heapwright::prelude::*;

#[heap_object(open)]
pub struct Text {}

#[heap_object(extends = Text, copy, instance_type = 99)]
pub struct Fields {
    strong: Tagged<Text>,
    #[acquire_release(swap, compare_exchange)]
    union: Tagged<(Text, Smi)>,
    weak: Weak<Text>,
    maybe_weak: Tagged<(Fields, Weak<Text>)>,
    #[default = 7]
    #[checked(set = value >= 0)]
    smi: Smi,
    smi_bits: SmiBits<ScriptFlags>,
    part: Inline<Descriptor>,
    #[observed]
    raw: u32,
    optional_padding: OptionalPadding<4>,
    external: External<u8>,
    padding: Padding<8>,
}
