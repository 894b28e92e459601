//! Code in a process whose system calls fail, one after the other: nothing is lost, nothing is called that cannot be.
#![cfg(target_arch = "x86_64")]

use heapwright::code::InstructionStream;
use heapwright::memory::{FaultPlan, FaultyPageAllocator, PageOperation};
use heapwright::prelude::*;
use std::sync::Arc;

/// `mov eax, value; ret`, after as many bytes that do nothing.
fn returns(value: u32, nothing: usize) -> Vec<u8> {
    let mut code = vec![0x90; nothing];
    code.push(0xb8);
    code.extend(value.to_le_bytes());
    code.push(0xc3);
    code
}

/// Makes, changes, drops and calls code. Returns how many of the calls that may fail did.
fn run(isolate: &mut Isolate) -> usize {
    let mut scope = isolate.enter();
    let mut failed = 0;
    let mut kept: Vec<(Global<InstructionStream>, u32)> = Vec::new();
    for i in 0..16_u32 {
        let mut inner = scope.nested();
        let nothing = if i % 8 == 5 { 200 << 10 } else { i as usize * 2000 };
        match InstructionStream::try_new(&mut inner, &returns(i, nothing)) {
            Ok(code) if i % 3 != 0 => {
                let mut value = i;
                match InstructionStream::open_for_writing(&mut inner, code) {
                    Ok(mut page) => {
                        page.write(nothing + 1, &(i + 100).to_le_bytes());
                        value = i + 100;
                        failed += usize::from(page.close().is_err());
                    }
                    Err(_) => failed += 1,
                }
                kept.push((Global::new(&inner, code), value));
            }
            Ok(_) => {}
            Err(_) => failed += 1,
        }
        if i % 5 == 0 {
            inner.collect(CollectionKind::Full);
        }
        if i % 7 == 3 && !kept.is_empty() {
            kept.remove(0);
        }
        inner.verify().unwrap();
    }
    failed += usize::from(scope.close_code_pages().is_err());
    for (code, value) in &kept {
        let code = code.get(&scope);
        assert!(code.instructions().ends_with(&returns(*value, 0)));
        if code.is_executable() {
            // SAFETY: a whole function of this type, which a global keeps.
            let result = unsafe {
                let function: unsafe extern "C" fn() -> u32 = code.entry();
                function()
            };
            assert_eq!(result, *value);
        }
    }
    failed
}

/// With one call failing, or all from one on, at every place of a run; then the same isolate without failures.
#[test]
fn every_system_call_may_fail() {
    let all = [PageOperation::SetPermissions, PageOperation::Decommit, PageOperation::Discard];
    let mut faults = 0;
    for plan in [FaultPlan::At as fn(u64) -> FaultPlan, FaultPlan::From] {
        for n in 1.. {
            let pages = Arc::new(FaultyPageAllocator::default());
            let builder = Isolate::builder().code_range(4 << 20).page_allocator(pages.clone()).verify(true);
            let mut isolate = builder.build().unwrap();
            pages.fail(plan(n), &all);
            let failed = run(&mut isolate);
            let (calls, injected) = (pages.calls(), pages.faults().len());
            assert!(injected > 0 || failed == 0);
            faults += injected;
            pages.fail(FaultPlan::Never, &all);
            assert_eq!(run(&mut isolate), 0, "the isolate goes on after {n}");
            let mut scope = isolate.enter();
            scope.collect(CollectionKind::Full);
            scope.collect(CollectionKind::Full);
            scope.verify().unwrap();
            assert!(scope.class_statistics().iter().all(|c| c.class.name() != "InstructionStream"));
            drop(scope);
            drop(isolate);
            assert_eq!((pages.mapped(), pages.committed()), (0, 0), "{n}");
            if n > calls {
                assert!(n > 50, "{n} calls are few");
                break;
            }
        }
    }
    assert!(faults > 100, "{faults}");
}
