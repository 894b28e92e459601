//! Counting: bytes per space, objects per class, collections.

use crate::gc::{CollectionKind, CollectionRecord, CollectionTotals, EphemeronTotals, MarkingSteps};
use crate::handles::HandleScope;
use crate::layout::ClassDescriptor;
use crate::spaces::{SpaceId, SpaceStatistics};
use core::fmt;
use std::collections::HashMap;
use std::time::Duration;

/// A heap's numbers at one moment, from [`HandleScope::statistics`], in bytes unless they say otherwise. What the process
/// holds for it besides: [`HandleScope::memory_statistics`]. Printed with `{}` as a table, which
/// [`heapwright::seeing`](crate::seeing#spaces-and-classes) shows. V8: `v8::HeapStatistics`.
#[derive(Clone, Debug)]
pub struct HeapStatistics {
    /// Each space.
    pub spaces: Vec<(SpaceId, SpaceStatistics)>,
    /// Bytes of all chunks.
    pub committed: usize,
    /// The most they ever were.
    pub peak_committed: usize,
    /// The most they may be.
    pub max_heap_size: usize,
    /// Memory outside the heap that is [registered](HandleScope::adjust_external_memory).
    pub external: usize,
    /// Bytes of objects in the old generation, dead ones that were not yet found included,
    pub old_generation: usize,
    /// and how many there may be before it is collected.
    pub old_generation_limit: usize,
    /// How fast full collections go through the old generation, in bytes a second, if that is
    /// [measured](crate::Growing::Measured) and known by now.
    pub collector_speed: Option<f64>,
    /// How fast the program fills it, likewise.
    pub mutator_speed: Option<f64>,
    /// Collections of the young generation.
    pub young: CollectionTotals,
    /// Collections of the whole heap.
    pub full: CollectionTotals,
    /// Steps of marking between collections.
    pub marking_steps: MarkingSteps,
    /// What ephemerons took in all collections.
    pub ephemerons: EphemeronTotals,
    /// The last collections, oldest first; at most 64.
    pub collections: Vec<CollectionRecord>,
}

impl HeapStatistics {
    /// Bytes of objects in the spaces that are collected, dead ones that were not yet found included.
    #[must_use]
    pub fn used(&self) -> usize {
        self.spaces.iter().filter(|(id, _)| *id != SpaceId::ReadOnly).map(|(_, space)| space.used).sum()
    }
}

impl fmt::Display for HeapStatistics {
    /// The spaces that have memory, one a line; the limits; the collections. V8: `--trace-gc-verbose`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, of: &SpaceStatistics| {
            let SpaceStatistics { committed, used, available, wasted, chunks } = of;
            writeln!(f, "{name:<22} {committed:>11} {used:>11} {available:>11} {wasted:>8} {chunks:>6}")
        };
        writeln!(
            f,
            "{:<22} {:>11} {:>11} {:>11} {:>8} {:>6}",
            "space", "committed", "used", "available", "wasted", "pages"
        )?;
        let mut all = SpaceStatistics::default();
        for (id, of) in self.spaces.iter().filter(|(_, of)| of.committed > 0) {
            row(f, id.name(), of)?;
            all.committed += of.committed;
            all.used += of.used;
            all.available += of.available;
            all.wasted += of.wasted;
            all.chunks += of.chunks;
        }
        row(f, "all", &all)?;
        writeln!(f, "most so far {}, allowed {}; external {}", self.peak_committed, self.max_heap_size, self.external)?;
        writeln!(f, "old generation {}, collected at {}", self.old_generation, self.old_generation_limit)?;
        for (kind, of) in [(CollectionKind::Young, &self.young), (CollectionKind::Full, &self.full)] {
            let CollectionTotals { count, pause, longest_pause, copied, promoted, evacuated } = of;
            let (kind, pause, longest) = (kind.name(), ms(*pause), ms(*longest_pause));
            writeln!(
                f,
                "{kind:<5} collections {count}, {pause:.3} ms, the longest {longest:.3} ms; copied {copied}, promoted {promoted}, evacuated {evacuated}"
            )?;
        }
        let MarkingSteps { count, pause, longest_pause, visited, elsewhere } = self.marking_steps;
        let (pause, longest) = (ms(pause), ms(longest_pause));
        writeln!(
            f,
            "steps of marking  {count}, {pause:.3} ms, the longest {longest:.3} ms; visited {visited}, and other threads {elsewhere}"
        )
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Objects of one class. Printed with `{}` as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassStatistics {
    /// The class.
    pub class: &'static ClassDescriptor,
    /// Its objects, without those of classes below it.
    pub objects: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl fmt::Display for ClassStatistics {
    /// `  6000 objects     216000 bytes  Album`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9} objects {:>11} bytes  {}", self.objects, self.bytes, self.class.name())
    }
}

impl HandleScope<'_> {
    /// The heap's numbers. Costs no walk.
    #[must_use]
    pub fn statistics(&self) -> HeapStatistics {
        let heap = &self.data().heap;
        let (collector_speed, mutator_speed) = heap.speeds.rates();
        HeapStatistics {
            spaces: heap.statistics().to_vec(),
            committed: heap.allocator.committed(),
            peak_committed: heap.allocator.peak_committed(),
            max_heap_size: heap.allocator.max_heap_size(),
            external: heap.allocator.external().bytes(),
            old_generation: heap.old_generation_size(),
            old_generation_limit: heap.old_generation_limit,
            collector_speed,
            mutator_speed,
            young: heap.collector.young,
            full: heap.collector.full,
            marking_steps: heap.collector.steps,
            ephemerons: heap.collector.ephemerons,
            collections: heap.collector.records().copied().collect(),
        }
    }

    /// Objects and bytes of each class that has any, most bytes first. Walks the heap; objects that died since the last
    /// full collection still count. They print [like this](crate::seeing#spaces-and-classes). V8: `--trace-gc-object-stats`, in debug builds.
    #[must_use]
    pub fn class_statistics(&self) -> Vec<ClassStatistics> {
        let data = self.data();
        let mut counts = HashMap::new();
        data.heap.for_each_object(|_, address, size| {
            let class = data.map_at(address).class();
            let statistics = counts.entry(core::ptr::from_ref(class).addr()).or_insert(ClassStatistics {
                class,
                objects: 0,
                bytes: 0,
            });
            statistics.objects += 1;
            statistics.bytes += size;
        });
        let mut all: Vec<_> = counts.into_values().collect();
        all.sort_by_key(|of| (std::cmp::Reverse(of.bytes), of.class.name()));
        all
    }
}
