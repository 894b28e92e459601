//! Which classes the program allocates, and which of that is still alive, from a sample of its allocations.
//!
//! **Owns** which objects are sampled, and the estimates made from them. Seeing objects is the business of `watch`.
//!
//! A point is thrown on the bytes of all objects, one behind the other, each on average so many bytes after the one
//! before (a Poisson process); an object is sampled if a point meets it. So an object of `size` bytes is sampled with the
//! probability `1 − exp(−size / interval)`, and stands for as many objects as one over that: the estimates are right on
//! average, for large and small objects. The points come from a seed, so the same program gives the same profile.
//!
//! A sampled object has a weak reference, which does not keep it alive.

use crate::handles::{GlobalHandles, HandleScope, WeakNode};
use crate::layout::ClassDescriptor;
use core::cmp::Reverse;
use core::fmt;

/// A program's allocations since [`HandleScope::start_sampling`], by class and label. V8: `AllocationProfile` of
/// `SamplingHeapProfiler`, by stack.
///
/// Its [`Display`](fmt::Display) is a table.
///
/// ```
/// use heapwright::prelude::*;
///
/// # #[heap_object] struct Point { x: Smi }
/// # heap_classes! { static CLASSES = [Point]; }
/// # let mut isolate = Isolate::builder().classes(&CLASSES).build()?;
/// # let mut scope = isolate.enter();
/// scope.start_sampling(512, 42);
/// let mut kept = Vec::new();
/// for x in 0..20_000 {
///     let mut inner = scope.nested();
///     let point = Point::new(&mut inner, PointInit { x });
///     if x % 2 == 0 {
///         kept.push(Global::new(&inner, point));
///     }
/// }
/// scope.collect(CollectionKind::Full);
/// let profile = scope.stop_sampling().unwrap();
/// let points = &profile.entries[0];
/// assert_eq!(points.class.name(), "Point");
/// assert!((18_000..22_000).contains(&points.all.objects));
/// assert!((8_500..11_500).contains(&points.live.objects));
/// # Ok::<(), heapwright::IsolateError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AllocationProfile {
    /// Bytes from one point to the next, on average.
    pub interval: usize,
    /// What the points came from.
    pub seed: u64,
    /// Most live bytes first, then most bytes.
    pub entries: Vec<ProfileEntry>,
}

/// Objects of one class that were made under the same labels.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileEntry {
    /// Their class.
    pub class: &'static ClassDescriptor,
    /// The [labels](HandleScope::with_allocation_label) under which they were made, the outermost first.
    pub labels: Vec<&'static str>,
    /// All that were made.
    pub all: Sampled,
    /// Those of them that no collection has found dead by now.
    pub live: Sampled,
}

/// What some samples stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sampled {
    /// How many samples there are. The estimates are off by some `1 / √samples`.
    pub samples: u64,
    /// Objects, an estimate.
    pub objects: u64,
    /// Bytes of them, an estimate.
    pub bytes: u64,
}

/// The same before it is rounded.
#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    samples: u64,
    objects: f64,
    bytes: f64,
}

impl Estimate {
    fn add(&mut self, size: usize, interval: f64) {
        let objects = 1.0 / -(-(size as f64) / interval).exp_m1();
        self.samples += 1;
        self.objects += objects;
        self.bytes += objects * size as f64;
    }

    fn rounded(self) -> Sampled {
        Sampled { samples: self.samples, objects: self.objects.round() as u64, bytes: self.bytes.round() as u64 }
    }
}

struct Sample {
    /// Which of the groups it belongs to.
    group: usize,
    size: usize,
    node: WeakNode,
}

struct Group {
    class: &'static ClassDescriptor,
    labels: Vec<&'static str>,
    all: Estimate,
}

/// Samples that are not worth a look for dead ones.
const LEAST_LOOK: usize = 1024;

/// Sampling under way.
pub(crate) struct Sampling {
    interval: usize,
    seed: u64,
    random: u64,
    /// Bytes up to the next point.
    until: f64,
    groups: Vec<Group>,
    /// Of those that were alive when last looked at.
    samples: Vec<Sample>,
    look_at: usize,
}

impl Sampling {
    fn new(interval: usize, seed: u64) -> Sampling {
        let mut sampling = Sampling {
            interval,
            seed,
            random: seed,
            until: 0.0,
            groups: Vec::new(),
            samples: Vec::new(),
            look_at: LEAST_LOOK,
        };
        sampling.throw();
        sampling
    }

    /// Where the next point is: distances in a Poisson process are distributed exponentially.
    fn throw(&mut self) {
        let number = next_random(&mut self.random) >> 11;
        // In (0, 1]: 53 bits.
        let uniform = (number + 1) as f64 / (1_u64 << 53) as f64;
        self.until = -uniform.ln() * self.interval as f64;
    }

    /// An object of the program's.
    #[inline]
    pub(crate) fn see(
        &mut self,
        globals: &GlobalHandles,
        labels: &[&'static str],
        class: &'static ClassDescriptor,
        address: usize,
        size: usize,
    ) {
        self.until -= size as f64;
        if self.until < 0.0 {
            self.take(globals, labels, class, address, size);
        }
    }

    #[cold]
    fn take(
        &mut self,
        globals: &GlobalHandles,
        labels: &[&'static str],
        class: &'static ClassDescriptor,
        address: usize,
        size: usize,
    ) {
        // How many points meet it makes no difference, and behind it the process begins anew: it has no memory.
        self.throw();
        let group = self.groups.iter().position(|group| group.class == class && group.labels == labels);
        let group = group.unwrap_or_else(|| {
            self.groups.push(Group { class, labels: labels.to_vec(), all: Estimate::default() });
            self.groups.len() - 1
        });
        self.groups[group].all.add(size, self.interval as f64);
        if self.samples.len() >= self.look_at {
            self.samples.retain(|sample| sample.node.is_alive());
            // Twice what is left: as much is added before the next look, so it costs each of these little.
            self.look_at = LEAST_LOOK.max(2 * self.samples.len());
        }
        self.samples.push(Sample { group, size, node: globals.watch(address) });
    }

    fn profile(&self) -> AllocationProfile {
        let mut live = vec![Estimate::default(); self.groups.len()];
        for sample in self.samples.iter().filter(|sample| sample.node.is_alive()) {
            live[sample.group].add(sample.size, self.interval as f64);
        }
        let groups = self.groups.iter().zip(live);
        let mut entries: Vec<_> = groups
            .map(|(Group { class, labels, all }, live)| ProfileEntry {
                class,
                labels: labels.clone(),
                all: all.rounded(),
                live: live.rounded(),
            })
            .collect();
        entries.sort_by_key(|entry| Reverse((entry.live.bytes, entry.all.bytes)));
        AllocationProfile { interval: self.interval, seed: self.seed, entries }
    }
}

/// SplitMix64.
pub(crate) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl fmt::Display for AllocationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "one sample each {} bytes on average, seed {}; estimates", self.interval, self.seed)?;
        writeln!(f, "{:>12} {:>10} {:>12} {:>10} {:>8}  class", "live bytes", "live", "all bytes", "all", "samples")?;
        for ProfileEntry { class, labels, all, live } in &self.entries {
            let (name, samples) = (class.name(), all.samples);
            write!(
                f,
                "{:>12} {:>10} {:>12} {:>10} {samples:>8}  {name}",
                live.bytes, live.objects, all.bytes, all.objects
            )?;
            if !labels.is_empty() {
                write!(f, " in {}", labels.join(" > "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl HandleScope<'_> {
    /// Samples the program's allocations from now on, one each `interval` bytes on average. V8 takes 512 KiB; the smaller,
    /// the more exact, and the more weak references there are. What it costs in any case is a look at the map and the size
    /// of each new object. Sampling that is under way ends. V8: `HeapProfiler::StartSamplingHeapProfiler`.
    ///
    /// The same program and `seed` give the same samples. Objects of all spaces are sampled; the collector's copies are
    /// not. While sampling goes on, objects that are not young take the slow path of allocation.
    ///
    /// # Panics
    ///
    /// If `interval` is 0.
    #[track_caller]
    pub fn start_sampling(&mut self, interval: usize, seed: u64) {
        assert!(interval > 0, "a sample each 0 bytes would never end: `interval` is at least 1");
        self.data_mut().set_sampling(Some(Sampling::new(interval, seed)));
    }

    /// What was sampled so far; `None` if sampling is not under way. To know what is alive, not only what was not found
    /// dead by now, [`collect`](Self::collect) before. V8: `GetAllocationProfile`.
    pub fn allocation_profile(&mut self) -> Option<AllocationProfile> {
        let isolate = self.data_mut();
        isolate.look_at_allocations();
        Some(isolate.heap.watch.as_ref()?.sampling.as_ref()?.profile())
    }

    /// Ends sampling. Returns what was sampled, if it was under way.
    pub fn stop_sampling(&mut self) -> Option<AllocationProfile> {
        self.data_mut().set_sampling(None).map(|sampling| sampling.profile())
    }
}

#[cfg(feature = "heap-snapshot")]
mod json {
    use super::{AllocationProfile, ProfileEntry};
    use serde_json::{Value, json};
    use std::io::{self, Write};

    /// A label or a class, as what DevTools takes for a function.
    struct Node {
        name: String,
        bytes: u64,
        below: Vec<Node>,
    }

    impl Node {
        fn below(&mut self, name: &str) -> &mut Node {
            let at = self.below.iter().position(|node| node.name == name).unwrap_or_else(|| {
                self.below.push(Node { name: name.into(), bytes: 0, below: Vec::new() });
                self.below.len() - 1
            });
            &mut self.below[at]
        }

        /// Gives numbers in the order of a walk. The depth is that of open labels, which is the program's call depth.
        fn to_json(&self, samples: &mut Vec<Value>, last: &mut u64) -> Value {
            *last += 1;
            let id = *last;
            if self.bytes > 0 {
                samples.push(json!({ "size": self.bytes, "nodeId": id, "ordinal": samples.len() + 1 }));
            }
            let children: Vec<_> = self.below.iter().map(|node| node.to_json(samples, last)).collect();
            json!({
                "callFrame": {
                    "functionName": self.name, "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1,
                },
                "selfSize": self.bytes,
                "id": id,
                "children": children,
            })
        }
    }

    impl AllocationProfile {
        /// Writes what is alive in the format of Chrome's DevTools (Memory, Load profile): labels stand for
        /// functions, and classes for those that they call. The file's name has to end in `.heapprofile`. With the
        /// cargo feature `heap-snapshot`.
        ///
        /// ```no_run
        /// # use heapwright::prelude::*;
        /// # let mut isolate = Isolate::builder().build().unwrap();
        /// # let mut scope = isolate.enter();
        /// # scope.start_sampling(1 << 19, 1);
        /// let profile = scope.stop_sampling().unwrap();
        /// profile.write_to(std::fs::File::create("now.heapprofile")?)?;
        /// # Ok::<(), std::io::Error>(())
        /// ```
        ///
        /// # Errors
        ///
        /// What the writer returns.
        pub fn write_to(&self, writer: impl Write) -> io::Result<()> {
            let mut root = Node { name: "(root)".into(), bytes: 0, below: Vec::new() };
            for ProfileEntry { class, labels, live, .. } in &self.entries {
                let mut node = &mut root;
                for label in labels {
                    node = node.below(label);
                }
                node.below(class.name()).bytes += live.bytes;
            }
            let mut samples = Vec::new();
            let head = root.to_json(&mut samples, &mut 0);
            let mut writer = io::BufWriter::new(writer);
            serde_json::to_writer(&mut writer, &json!({ "head": head, "samples": samples }))?;
            writer.flush()
        }
    }
}
