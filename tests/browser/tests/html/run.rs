//! Runs the tests one after the other in one browser.

use crate::driver::Driver;
use crate::page::Page;
use crate::sources;
use std::env;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// A test with its window.
pub(crate) type Test = fn(Page) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long one test may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the tests that the command line asks for, says how each ended, and closes the browser.
pub(crate) fn all(tests: &'static [(&'static str, Test)]) -> ExitCode {
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_asked_for = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let driver = Driver::start();
    let (passed, failed) = runtime.block_on(async {
        let client = driver.connect().await;
        let (mut passed, mut failed) = (0, 0);
        for (name, test) in tests.iter().filter(|(name, _)| is_asked_for(name)) {
            let start = Instant::now();
            let page = Page::new(client.clone());
            let run = tokio::spawn(async move {
                page.reset(&sources::small()).await;
                test(page).await;
            });
            let abort = run.abort_handle();
            let outcome = match timeout(LIMIT, run).await {
                Ok(Ok(())) => "ok",
                // The panic has said why.
                Ok(Err(_)) => "FAILED",
                Err(_) => {
                    abort.abort();
                    "FAILED: it takes too long"
                }
            };
            println!("test {name} ... {outcome} ({} ms)", start.elapsed().as_millis());
            *if outcome == "ok" { &mut passed } else { &mut failed } += 1;
        }
        let _ = timeout(LIMIT, client.close()).await;
        (passed, failed)
    });
    println!("{passed} passed; {failed} failed");
    // No test at all is a misspelt word.
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
