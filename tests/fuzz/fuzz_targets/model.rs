#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| heapwright_fuzz::readers::model(data));
