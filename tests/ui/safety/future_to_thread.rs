//! A future that holds a scope is not `Send`: an executor cannot move it to another thread.

use heapwright::prelude::*;

async fn pause() {}

async fn work(isolate: &mut Isolate) {
    let scope = isolate.enter();
    pause().await;
    drop(scope);
}

fn attack(isolate: &mut Isolate) {
    fn assert_send(_: impl Send) {}
    assert_send(work(isolate));
}

fn main() {}
