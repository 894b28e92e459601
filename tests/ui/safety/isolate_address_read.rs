//! Where a word of the isolate is may be asked safely; reading it may not: an address knows nothing of the isolate's life.

use heapwright::{IsolateAddress, prelude::*};

fn main() {
    let mut isolate = Isolate::builder().build().unwrap();
    let top = isolate.enter().isolate_address(IsolateAddress::NewSpaceAllocationTop);
    drop(isolate);
    let _ = *core::ptr::with_exposed_provenance::<usize>(top);
}
