//! The protocols of threads that help collectors, under a model of threads that tries their interleavings.
//!
//! The files are the heap's own: what they wait with is found by `super::sync`, which is the model's here. Each test was
//! seen to fail when the protocol was broken in the way its comment says.
#![allow(missing_docs, dead_code, unreachable_pub)]

mod sync {
    pub(super) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    use std::cell::Cell;
    pub(super) use std::sync::PoisonError;

    std::thread_local! {
        /// How many counts of owners are there. All threads of a model are one of the system's.
        pub(super) static COUNTS: Cell<usize> = const { Cell::new(0) };
    }

    shuttle::thread_local! {
        /// The isolate that is entered on this thread of the model.
        pub(super) static ENTERED: Cell<u64> = Cell::new(0);
    }

    pub(super) fn entered() -> u64 {
        ENTERED.with(Cell::get)
    }

    /// The model's, and counted itself: each node has one.
    #[derive(Debug)]
    pub(super) struct AtomicU32(shuttle::sync::atomic::AtomicU32);

    impl AtomicU32 {
        pub(super) fn new(value: u32) -> AtomicU32 {
            COUNTS.set(COUNTS.get() + 1);
            AtomicU32(shuttle::sync::atomic::AtomicU32::new(value))
        }

        pub(super) fn load(&self, order: Ordering) -> u32 {
            self.0.load(order)
        }

        pub(super) fn store(&self, value: u32, order: Ordering) {
            self.0.store(value, order);
        }

        pub(super) fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
            self.0.fetch_add(value, order)
        }

        pub(super) fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
            self.0.fetch_sub(value, order)
        }

        pub(super) fn fetch_or(&self, value: u32, order: Ordering) -> u32 {
            self.0.fetch_or(value, order)
        }
    }

    impl Drop for AtomicU32 {
        fn drop(&mut self) {
            COUNTS.set(COUNTS.get() - 1);
        }
    }
}

#[path = "../../heap/src/gc/gate.rs"]
mod gate;
#[path = "../../heap/src/handles/nodes.rs"]
mod nodes;
#[path = "../../heap/src/gc/sharing.rs"]
mod sharing;
#[path = "../../heap/src/spaces/sweep_queue.rs"]
mod sweep_queue;
#[path = "../../heap/src/gc/worklist.rs"]
mod worklist;

use gate::Gate;
use nodes::Keeper;
use sharing::{Sharing, Visitor};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::thread;
use sweep_queue::SweepQueue;
use worklist::Worklist;

const ITERATIONS: usize = 1000;

/// Schedules chosen at random, and such with few preemptions at the worst places. What cannot go on is reported as a deadlock.
fn check(f: impl Fn() + Send + Sync + 'static) {
    let f = std::sync::Arc::new(f);
    let g = std::sync::Arc::clone(&f);
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 20; // the model's atomics are large
    shuttle::Runner::new(RandomScheduler::new(ITERATIONS), config.clone()).run(move || f());
    shuttle::Runner::new(PctScheduler::new(3, ITERATIONS), config).run(move || g());
}

/// Fails if `enter` does not look whether the gate is closed, if it looks before it takes the lock that it counts under, or if `close`
/// does not wait (`while` to `if false`): somebody is inside then when what the job refers to is gone. If the last one to
/// leave notifies nobody, `close` never returns.
#[test]
fn nobody_is_inside_of_a_closed_gate() {
    check(|| {
        let gate = Arc::new(Gate::default());
        let is_gone = Arc::new(AtomicBool::new(false));
        let inside = Arc::new(AtomicUsize::new(0));
        let helpers: Vec<_> = (0..3)
            .map(|_| {
                let (gate, is_gone, inside) = (Arc::clone(&gate), Arc::clone(&is_gone), Arc::clone(&inside));
                thread::spawn(move || {
                    gate.enter(|number| {
                        assert!((1..=3).contains(&number));
                        inside.fetch_add(1, Ordering::SeqCst);
                        assert!(!is_gone.load(Ordering::SeqCst), "helps when the job is over");
                        thread::yield_now();
                        assert!(!is_gone.load(Ordering::SeqCst), "still helps when the job is over");
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                })
            })
            .collect();
        thread::yield_now();
        gate.close();
        assert_eq!((gate.inside(), inside.load(Ordering::SeqCst)), (0, 0));
        is_gone.store(true, Ordering::SeqCst);
        // Who comes now does nothing; closing again does no harm.
        gate.enter(|_| panic!("the gate is closed"));
        gate.close();
        helpers.into_iter().for_each(|helper| helper.join().unwrap());
    });
}

/// A graph of numbers: `n` leads to `2n` and `2n + 1`, as far as `LAST`.
const LAST: usize = 13;

/// What a thread of the scavenger does, with visited numbers counted instead of objects moved.
fn work(worklist: &Worklist, visited: &[AtomicUsize], mut local: Vec<usize>) {
    loop {
        while let Some(number) = local.pop() {
            visited[number].fetch_add(1, Ordering::SeqCst);
            local.extend([2 * number, 2 * number + 1].into_iter().filter(|child| *child <= LAST));
            if local.len() > 1 && worklist.wants() {
                worklist.share(local.drain(..1).collect());
            }
        }
        match worklist.take() {
            Some(segment) => local = segment,
            None => return,
        }
    }
}

/// Fails if `take` does not count the thread as working again when it was given something, or if the last one notifies nobody
/// (deadlocks); if the end is declared whenever there is no segment (`state.working == 0` to `true`: some are not visited when the first
/// thread returns); and if `enter` lets in who comes when all is done.
#[test]
fn all_work_is_done_once_and_everybody_stops() {
    for helpers in 1..3 {
        check(move || {
            let worklist = Arc::new(Worklist::new(helpers));
            let visited: Arc<Vec<_>> = Arc::new((0..=LAST).map(|_| AtomicUsize::new(0)).collect());
            let threads: Vec<_> = (0..helpers)
                .map(|_| {
                    let (worklist, visited) = (Arc::clone(&worklist), Arc::clone(&visited));
                    thread::spawn(move || {
                        if worklist.enter() {
                            work(&worklist, &visited, Vec::new());
                        }
                    })
                })
                .collect();
            work(&worklist, &visited, vec![1]);
            // The end was seen to be the end: others may still be on their way out, but do nothing any more.
            let counts = || visited[1..].iter().map(|count| count.load(Ordering::SeqCst)).collect::<Vec<_>>();
            assert_eq!(counts(), [1; LAST]);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(counts(), [1; LAST]);
            assert!(!worklist.enter());
        });
    }
}

/// A helper that is called and does not come is not waited for, and what was put aside for it is not lost.
#[test]
fn who_does_not_come_is_not_waited_for() {
    let alone = || {
        let worklist = Worklist::new(2);
        let visited: Vec<_> = (0..=LAST).map(|_| AtomicUsize::new(0)).collect();
        assert!(worklist.wants());
        work(&worklist, &visited, vec![1]);
        assert!(visited[1..].iter().all(|count| count.load(Ordering::SeqCst) == 1));
    };
    shuttle::check_random(alone, 10);
}

/// Fails if `share` notifies nobody: nothing would be lost, but who waits would wait until the end.
#[test]
fn who_waits_is_given_what_is_shared() {
    check(|| {
        let worklist = Arc::new(Worklist::new(1));
        let (tell, told) = shuttle::sync::mpsc::channel();
        let helper = {
            let worklist = Arc::clone(&worklist);
            thread::spawn(move || {
                assert!(worklist.enter());
                let segment = worklist.take();
                tell.send(segment).unwrap();
                assert_eq!(worklist.take(), None);
            })
        };
        worklist.share(vec![7]);
        // Whoever gave it away goes on with other work.
        assert_eq!(told.recv().unwrap(), Some(vec![7]));
        assert_eq!(worklist.take(), None);
        helper.join().unwrap();
    });
}

/// Visits numbers, and remembers which.
#[derive(Default)]
struct Counting {
    grey: Vec<usize>,
    visited: Vec<usize>,
}

impl Visitor for Counting {
    type Work = Vec<usize>;

    fn advance(&mut self) -> usize {
        let number = self.grey.pop().expect("called with work");
        self.visited.push(number);
        self.grey.extend([2 * number, 2 * number + 1].into_iter().filter(|child| *child <= LAST));
        1
    }

    fn is_idle(&self) -> bool {
        self.grey.is_empty()
    }

    fn take_over(&mut self, work: Vec<usize>) {
        assert!(self.grey.is_empty(), "work is lost");
        self.grey = work;
    }

    fn give_away(&mut self) -> Option<Vec<usize>> {
        (self.grey.len() > 1).then(|| self.grey.drain(..1).collect())
    }

    fn leave_all(&mut self) -> Option<Vec<usize>> {
        (!self.grey.is_empty()).then(|| core::mem::take(&mut self.grey))
    }
}

/// As marking goes on: the isolate's thread offers work, lets others help, stops them, goes on, takes what they have and cannot get
/// on with, and ends it all. Fails if a helper drops its visitor when it leaves, if `go_on` does not offer what was left, and
/// if who helps does not heed `stop`.
#[test]
fn shared_work_is_done_once_whenever_it_is_stopped() {
    check(|| {
        let sharing = Arc::new(Sharing::<Counting>::new());
        let gate = Arc::new(Gate::default());
        sharing.offer(vec![1]);
        let helpers: Vec<_> = (0..3)
            .map(|_| {
                let (sharing, gate) = (Arc::clone(&sharing), Arc::clone(&gate));
                thread::spawn(move || gate.enter(|_| sharing.help(Counting::default)))
            })
            .collect();
        sharing.go_on();
        thread::yield_now();
        // A scavenge: nobody is at it, and nothing is lost meanwhile.
        sharing.stop();
        gate.wait();
        let still: usize = sharing.look(|_, visitors| visitors.iter().map(|visitor| visitor.visited.len()).sum());
        thread::yield_now();
        let later: usize = sharing.look(|_, visitors| visitors.iter().map(|visitor| visitor.visited.len()).sum());
        assert_eq!(still, later, "somebody works while all have to stand still");
        sharing.go_on();
        // This thread does a part, and is late: it takes what others have.
        let mut own = Counting::default();
        let mut budget = 2;
        sharing.visit(&mut own, |_| {
            budget -= 1;
            budget > 0
        });
        sharing.stop();
        gate.wait();
        for left in sharing.take_left() {
            own.grey.extend(left);
        }
        sharing.go_on();
        // The pause.
        sharing.stop();
        gate.close();
        sharing.take_offered().into_iter().for_each(|work| own.grey.extend(work));
        for other in sharing.look(|_, visitors| core::mem::take(visitors)) {
            own.visited.extend(other.visited);
            own.grey.extend(other.grey);
        }
        while !own.is_idle() {
            own.advance();
        }
        own.visited.sort_unstable();
        assert_eq!(own.visited, (1..=LAST).collect::<Vec<_>>());
        helpers.into_iter().for_each(|helper| helper.join().unwrap());
    });
}

/// Chunks of a heap that may go while threads are called to sweep them.
struct Chunks {
    queue: SweepQueue<usize, usize>,
    gate: Gate,
    /// How often each was swept, by threads that are done with it.
    swept: Vec<AtomicUsize>,
    /// How many threads are at each.
    at: Vec<AtomicUsize>,
    are_gone: AtomicBool,
}

impl Chunks {
    fn new(count: usize) -> Arc<Chunks> {
        let zeros = || (0..count).map(|_| AtomicUsize::new(0)).collect();
        let (swept, at) = (zeros(), zeros());
        let queue = SweepQueue::new((0..count).collect());
        Arc::new(Chunks { queue, gate: Gate::default(), swept, at, are_gone: AtomicBool::new(false) })
    }

    fn sweep(&self, chunk: usize) -> usize {
        assert_eq!(self.at[chunk].fetch_add(1, Ordering::SeqCst), 0, "two threads are at {chunk}");
        assert!(!self.are_gone.load(Ordering::SeqCst), "{chunk} is swept, and gone");
        thread::yield_now();
        assert!(!self.are_gone.load(Ordering::SeqCst), "{chunk} goes while it is swept");
        self.swept[chunk].fetch_add(1, Ordering::SeqCst);
        self.at[chunk].fetch_sub(1, Ordering::SeqCst);
        chunk
    }

    /// Threads that come when they have time.
    fn call(self: &Arc<Chunks>, helpers: usize) -> Vec<thread::JoinHandle<()>> {
        let help = |chunks: Arc<Chunks>| move || chunks.gate.enter(|_| chunks.queue.help(|chunk| chunks.sweep(chunk)));
        (0..helpers).map(|_| thread::spawn(help(Arc::clone(self)))).collect()
    }

    /// What the thread that wants memory is given. It may look at it, and allocate in it.
    fn next(&self) -> Option<usize> {
        let next = self.queue.next(|chunk| self.sweep(chunk), || self.gate.wait());
        next.inspect(|chunk| self.assert_swept(*chunk))
    }

    fn finish(&self) -> Vec<usize> {
        let all = self.queue.finish(|chunk| self.sweep(chunk), || self.gate.close());
        all.iter().for_each(|chunk| self.assert_swept(*chunk));
        all
    }

    fn assert_swept(&self, chunk: usize) {
        assert_eq!(self.at[chunk].load(Ordering::SeqCst), 0, "somebody is at {chunk}, which was handed over");
        assert_eq!(self.swept[chunk].load(Ordering::SeqCst), 1, "{chunk} was handed over");
    }
}

const CHUNKS: usize = 4;

/// Memory is wanted until there is none. Fails if `next` does not wait (some are with others when it says that there are none), if
/// it does not look again when it has waited, and if `help` holds the lock of what is swept meanwhile (a deadlock).
#[test]
fn each_chunk_is_swept_and_handed_over_once() {
    for helpers in 1..3 {
        check(move || {
            let chunks = Chunks::new(CHUNKS);
            let threads = chunks.call(helpers);
            thread::yield_now();
            let mut all = Vec::new();
            while let Some(chunk) = chunks.next() {
                all.push(chunk);
            }
            all.sort_unstable();
            assert_eq!(all, (0..CHUNKS).collect::<Vec<_>>(), "none is left, and none came twice");
            // There is nothing to wait for any more, whoever still comes.
            assert_eq!(chunks.next(), None);
            assert!(chunks.finish().is_empty());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

/// Marking is to begin when some memory has been taken. Fails if `finish` takes what others have swept before it has waited for
/// them, or does not wait.
#[test]
fn all_is_swept_when_sweeping_is_finished() {
    for taken in [0, 1, CHUNKS - 1] {
        check(move || {
            let chunks = Chunks::new(CHUNKS);
            let threads = chunks.call(2);
            thread::yield_now();
            let mut all: Vec<_> = (0..taken).map(|_| chunks.next().expect("there are more")).collect();
            all.extend(chunks.finish());
            all.sort_unstable();
            assert_eq!(all, (0..CHUNKS).collect::<Vec<_>>());
            // Who comes late has nothing to look at.
            chunks.are_gone.store(true, Ordering::SeqCst);
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

/// The isolate goes. Fails if `close` waits for nobody, and if `stop` tells nobody: then all is swept for nothing.
#[test]
fn nobody_sweeps_what_is_given_up() {
    let most_swept = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let least_swept = Arc::new(std::sync::atomic::AtomicUsize::new(usize::MAX));
    let (most, least) = (Arc::clone(&most_swept), Arc::clone(&least_swept));
    check(move || {
        let chunks = Chunks::new(CHUNKS);
        let threads = chunks.call(2);
        thread::yield_now();
        chunks.queue.stop();
        // Each of them was at one at most.
        let begun = |chunks: &Chunks| -> usize { chunks.swept.iter().map(|count| count.load(Ordering::SeqCst)).sum() };
        let before = begun(&chunks);
        chunks.gate.close();
        assert!(begun(&chunks) <= before + 2, "helpers go on when they were told to stop");
        chunks.are_gone.store(true, Ordering::SeqCst);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        most.fetch_max(begun(&chunks), std::sync::atomic::Ordering::SeqCst);
        least.fetch_min(begun(&chunks), std::sync::atomic::Ordering::SeqCst);
    });
    let [least, most] = [least_swept, most_swept].map(|count| count.load(std::sync::atomic::Ordering::SeqCst));
    assert!(least == 0 && most == CHUNKS, "{least} to {most} were swept: other schedules are not tried");
}

/// In a scavenge any of its threads may want memory, one at a time, under the lock of the heap, while others sweep. Fails as the
/// first does: whoever waits for sweepers must not keep them from what they need.
#[test]
fn threads_of_a_scavenge_take_over_what_others_sweep() {
    check(|| {
        let chunks = Chunks::new(CHUNKS);
        let heap = Arc::new(shuttle::sync::Mutex::new(Vec::new()));
        let sweepers = chunks.call(2);
        let scavenge = |chunks: Arc<Chunks>, heap: Arc<shuttle::sync::Mutex<Vec<usize>>>| {
            move || {
                loop {
                    let mut heap = heap.lock().unwrap();
                    match chunks.next() {
                        Some(chunk) => heap.push(chunk),
                        None => break,
                    }
                    drop(heap);
                    thread::yield_now();
                }
            }
        };
        let other = thread::spawn(scavenge(Arc::clone(&chunks), Arc::clone(&heap)));
        scavenge(Arc::clone(&chunks), Arc::clone(&heap))();
        // Who was told that there are none can rely on it.
        let mut all = heap.lock().unwrap().clone();
        all.sort_unstable();
        assert_eq!(all, (0..CHUNKS).collect::<Vec<_>>());
        other.join().unwrap();
        chunks.gate.close();
        sweepers.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Fails if `leave` counts a node only when it has left it, or does not take back the count of one that was dropped meanwhile;
/// if a drop does not see that its node was left, or any that is not the last takes the block along; and if a place
/// counts nothing.
#[test]
fn a_block_of_globals_goes_with_the_last_who_keeps_it() {
    let is_there = || sync::COUNTS.get() == nodes::NODES;
    check(move || {
        sync::COUNTS.set(0);
        let keeper = Keeper::new(1);
        let dropped_elsewhere = keeper.give_out(0);
        let cloned_elsewhere = keeper.give_out(1);
        let (kept, place) = (keeper.give_out(2), dropped_elsewhere.place());
        let threads = [
            thread::spawn(move || {
                assert!(is_there());
                drop(dropped_elsewhere);
                assert!(is_there(), "the place keeps it");
                drop(place);
            }),
            thread::spawn(move || {
                let clone = cloned_elsewhere.clone();
                drop(cloned_elsewhere);
                assert!(is_there());
                drop(clone);
            }),
        ];
        keeper.leave();
        assert!(is_there(), "a node is owned");
        drop(kept);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(sync::COUNTS.get(), 0, "nobody keeps it");
    });
}

/// Fails if clones are not counted, or a drop takes more than one away: it is given out then while somebody uses it.
#[test]
fn a_node_is_given_out_to_one_at_a_time() {
    check(|| {
        sync::COUNTS.set(0);
        let keeper = Keeper::new(1);
        let owner = keeper.give_out(0);
        let is_in_use = Arc::new(AtomicBool::new(true));
        let elsewhere = {
            let is_in_use = Arc::clone(&is_in_use);
            thread::spawn(move || {
                let clone = owner.clone();
                drop(owner);
                thread::yield_now();
                is_in_use.store(false, Ordering::SeqCst);
                drop(clone);
            })
        };
        while keeper.block().nodes[0].is_owned() {
            thread::yield_now();
        }
        assert!(!is_in_use.load(Ordering::SeqCst));
        drop(keeper.give_out(0));
        elsewhere.join().unwrap();
        keeper.leave();
        assert_eq!(sync::COUNTS.get(), 0);
    });
}

/// Fails if a drop takes the short way although others own the node, or where its isolate is not entered.
#[test]
fn a_node_is_dropped_in_short_where_its_isolate_is_entered() {
    check(|| {
        sync::COUNTS.set(0);
        sync::ENTERED.with(|entered| entered.set(1));
        let keeper = Keeper::new(1);
        let (shared, alone) = (keeper.give_out(0), keeper.give_out(1));
        let clone = shared.clone();
        let elsewhere = thread::spawn(move || {
            drop(clone);
            drop(alone);
        });
        drop(shared);
        drop(keeper.give_out(2));
        assert!(!keeper.block().nodes[2].is_owned());
        sync::ENTERED.with(|entered| entered.set(0));
        keeper.leave();
        elsewhere.join().unwrap();
        assert_eq!(sync::COUNTS.get(), 0, "a count was lost");
    });
}
