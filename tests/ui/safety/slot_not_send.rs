//! Isolates move between threads, and their slots with them.

use heapwright::{isolate_slots, prelude::*};
use std::rc::Rc;

isolate_slots! {
    static SLOTS, accessors in MySlots;
    shared: Rc<u32> = Rc::new(3),
}

fn main() {
    let mut isolate = Isolate::builder().slots(&SLOTS).build().unwrap();
    let _shared = isolate.enter().shared().clone();
    std::thread::spawn(move || drop(isolate));
}
