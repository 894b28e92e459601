//! Owns [`RandomAddresses`]: places to ask for, when addresses shall not be guessed, or shall be the same in each run.
//! Promises that the same seed gives the same sequence. Maps nothing.
//!
//! V8 counterparts: `PageAllocator::GetRandomMmapAddr` and `SetRandomMmapSeed`, which are state of the page allocator
//! there; here a hint is an argument, and whoever wants one brings the sequence.

/// An endless sequence of aligned addresses below 2^46, where programs of 64 bits may map.
///
/// Linux chooses places at random by itself, so nobody needs these for safety. A seed makes a run's addresses the same as the
/// last one's, as far as they are free.
///
/// ```
/// use heapwright::memory::{CHUNK_SIZE, MB, RandomAddresses, VirtualMemory};
///
/// let mut places = RandomAddresses::new(42, CHUNK_SIZE);
/// let hint = places.next();
/// let memory = VirtualMemory::reserve(MB, CHUNK_SIZE, hint)?;
/// assert_eq!(hint, RandomAddresses::new(42, CHUNK_SIZE).next());
/// # drop(memory);
/// # Ok::<(), heapwright::memory::MemoryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RandomAddresses {
    state: u64,
    alignment: usize,
}

impl RandomAddresses {
    /// Addresses are below this: the half of the address space of x86-64 and of AArch64 that programs have, less what lies
    /// at its top.
    const END: usize = 1 << 46;

    /// The sequence of `seed`, of multiples of `alignment` bytes.
    ///
    /// # Panics
    ///
    /// If `alignment` is no power of two, or 2^46 and more.
    #[must_use]
    pub const fn new(seed: u64, alignment: usize) -> Self {
        assert!(alignment.is_power_of_two() && alignment < Self::END, "no such alignment");
        Self { state: seed, alignment }
    }
}

impl Iterator for RandomAddresses {
    type Item = usize;

    /// The next address; never `None`, and never 0.
    fn next(&mut self) -> Option<usize> {
        loop {
            // SplitMix64.
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let address = (z ^ (z >> 31)) as usize & (Self::END - 1) & !(self.alignment - 1);
            if address != 0 {
                return Some(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::CHUNK_SIZE;
    use std::collections::HashSet;

    #[test]
    fn addresses_are_aligned_spread_and_repeatable() {
        let addresses: Vec<_> = RandomAddresses::new(7, CHUNK_SIZE).take(1000).collect();
        assert!(addresses.iter().all(|a| *a > 0 && *a < 1 << 46 && a.is_multiple_of(CHUNK_SIZE)));
        assert!(addresses.iter().collect::<HashSet<_>>().len() > 990);
        assert_eq!(addresses, RandomAddresses::new(7, CHUNK_SIZE).take(1000).collect::<Vec<_>>());
        assert_ne!(addresses, RandomAddresses::new(8, CHUNK_SIZE).take(1000).collect::<Vec<_>>());
        // Where there is one place alone, it is found.
        assert_eq!(RandomAddresses::new(1, 1 << 45).next(), Some(1 << 45));
    }
}
