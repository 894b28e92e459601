//! Owns the threads that help collectors: one pool a process, made when first used, with a thread less than there are
//! cores, or a few more that tests alone call for. Promises that helping is never waited for: the isolate's own thread does all the work if nobody comes, and who
//! comes when the work is over does nothing.
//!
//! V8 counterpart: `Platform::PostJob` and its `JobHandle`.

use super::gate::Gate;
use crate::heap::HeapOptions;
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Threads that help with one pause at most. V8: `kMaxScavengerTasks`.
const MOST_HELPERS: usize = 7;

/// How long a test waits for help that does not come.
const PATIENCE: Duration = Duration::from_millis(50);

/// What other threads may help with. It may refer to what lives until its [`Gang`] is closed: the type is `'static`, and
/// says with its `unsafe impl Send` why that is right.
pub(crate) trait Job: Send + Sync + 'static {
    /// Does a part of the work, and returns when there is none, or when it is told to stop. `worker` is counted from 1; 0 is the
    /// isolate's own thread. Does not unwind; if it does, the process ends.
    fn work(&self, worker: usize);
}

struct Shared<J> {
    gate: Gate,
    job: J,
}

/// Threads that work on one job.
pub(crate) struct Gang<J: Job> {
    shared: Arc<Shared<J>>,
}

impl<J: Job> Gang<J> {
    /// Asks up to `helpers` threads of the pool for help. They come when they have time, if at all.
    pub(crate) fn new(job: J, helpers: usize) -> Gang<J> {
        let gang = Gang { shared: Arc::new(Shared { gate: Gate::default(), job }) };
        gang.call(helpers);
        gang
    }

    /// Asks for more help.
    pub(crate) fn call(&self, helpers: usize) {
        if helpers == 0 {
            return;
        }
        let Some(pool) = pool() else { return };
        for _ in 0..helpers.min(pool.current_num_threads()) {
            let shared = Arc::clone(&self.shared);
            // What unwinds out of a job ends the process: the pool has no other way to tell of it.
            pool.spawn(move || shared.gate.enter(|worker| shared.job.work(worker)));
        }
    }

    /// For tests that are about threads: waits until somebody has come, as `has_come` says, or long enough.
    pub(crate) fn wait_patiently(&self, has_come: impl Fn(&Gang<J>) -> bool) {
        let start = Instant::now();
        while !has_come(self) && start.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
    }

    /// Whether somebody has come to help, and may have left again.
    pub(crate) fn had_help(&self) -> bool {
        self.shared.gate.entered() > 0
    }

    /// Threads that help at the moment.
    pub(crate) fn helpers(&self) -> usize {
        self.shared.gate.inside()
    }

    /// Waits until nobody helps. The job has been told before to make helpers leave, and those that still come too.
    pub(crate) fn wait(&self) {
        self.shared.gate.wait();
    }

    pub(crate) fn job(&self) -> &J {
        &self.shared.job
    }

    /// Lets nobody begin to help any more, and waits for those who do. Who is to stop early has to be told before. The job
    /// itself may be dropped later, by a thread that comes too late.
    pub(crate) fn close(&self) {
        self.shared.gate.close();
    }
}

impl<J: Job> Drop for Gang<J> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<J: Job + core::fmt::Debug> core::fmt::Debug for Gang<J> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Gang").field("job", self.job()).finish_non_exhaustive()
    }
}

/// How many threads are asked to help with a pause in which `parts` are each worth one.
#[inline]
pub(crate) fn helpers_for(options: &HeapOptions, parts: usize) -> usize {
    if options.stress_threads {
        return options.helpers().max(2);
    }
    let most = parts.min(options.helpers()).min(MOST_HELPERS);
    if most == 0 { 0 } else { most.min(available_helpers()) }
}

/// How many threads may help at most, so that each has a core.
pub(crate) fn available_helpers() -> usize {
    pool().map_or(0, |_| cores() - 1)
}

/// Threads that can run at once in this process.
pub(crate) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Threads that the pool has at least: tests call for more than there are cores.
const LEAST_THREADS: usize = 3;

fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        // A system that has no threads left has no helpers.
        let name = |index| format!("heapwright {index}");
        ThreadPoolBuilder::new().num_threads((cores() - 1).max(LEAST_THREADS)).thread_name(name).build().ok()
    });
    pool.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering};

    struct Sum {
        next: AtomicUsize,
        sum: AtomicUsize,
    }

    const NUMBERS: usize = 100_000;

    impl Job for Sum {
        fn work(&self, _: usize) {
            loop {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                if number > NUMBERS {
                    return;
                }
                self.sum.fetch_add(number, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn all_is_done_whoever_comes() {
        for helpers in [0, 1, 8] {
            let gang = Gang::new(Sum { next: AtomicUsize::new(1), sum: AtomicUsize::new(0) }, helpers);
            gang.job().work(0);
            gang.close();
            assert_eq!(gang.job().sum.load(Ordering::Relaxed), NUMBERS * (NUMBERS + 1) / 2);
            assert_eq!(gang.helpers(), 0);
        }
    }
}
