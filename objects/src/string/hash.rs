//! Hashing: sixteen bytes at a time, by multiplying and folding.
//!
//! The hashes are the same in every process, so that strings in read-only space may be shared or mapped from a file. So
//! they do not withstand someone who chooses texts to collide.

const SECRETS: [u64; 5] =
    [0x9e37_79b9_7f4a_7c15, 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

/// The full product of two words, its halves folded together: every bit depends on all.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
const fn finish(hash: u64, length: usize) -> u64 {
    fold(hash ^ SECRETS[2], SECRETS[3] ^ length as u64)
}

/// Of Latin-1 characters.
#[inline]
pub(crate) fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hash = SECRETS[0];
    let (blocks, rest) = bytes.as_chunks::<16>();
    for block in blocks {
        let (low, high) = (word(block.first_chunk()), word(block.last_chunk()));
        hash = fold(low ^ SECRETS[1], high ^ hash);
    }
    // Two overlapping reads see all of what is left.
    let (low, high) = if let (Some(first), Some(last)) = (rest.first_chunk(), rest.last_chunk()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (rest.first_chunk(), rest.last_chunk()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        (u64::from(*first) << 16 | u64::from(rest[rest.len() / 2]) << 8 | u64::from(*last), 0)
    } else {
        (0, 0)
    };
    finish(fold(low ^ SECRETS[1], high ^ hash), bytes.len())
}

#[inline]
fn word(bytes: Option<&[u8; 8]>) -> u64 {
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Of UTF-16 units. Not the same as [`of_bytes`] of the same characters: no text has both forms.
#[inline]
pub(crate) fn of_units(units: &[u16]) -> u64 {
    let mut hash = SECRETS[4];
    let (blocks, rest) = units.as_chunks::<8>();
    for block in blocks {
        hash = fold(pack(&block[..4]) ^ SECRETS[1], pack(&block[4..]) ^ hash);
    }
    let (low, high) = rest.split_at(rest.len().min(4));
    finish(fold(pack(low) ^ SECRETS[1], pack(high) ^ hash), units.len())
}

/// Four units at most.
#[inline]
fn pack(units: &[u16]) -> u64 {
    units.iter().rev().fold(0, |word, unit| word << 16 | u64::from(*unit))
}

/// Of a number, for what hangs on no text.
pub(crate) const fn of_number(number: u64) -> u64 {
    finish(fold(number ^ SECRETS[1], SECRETS[0]), 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_length_and_every_place_counts() {
        let bytes = [7_u8; 64];
        let lengths: HashSet<u64> = (0..=64).map(|len| of_bytes(&bytes[..len])).collect();
        assert_eq!(lengths.len(), 65);
        let units = [7_u16; 64];
        let lengths: HashSet<u64> = (0..=64).map(|len| of_units(&units[..len])).collect();
        assert_eq!(lengths.len(), 65);
        for len in 1..=40 {
            let changed: HashSet<u64> = (0..len)
                .map(|at| {
                    let mut text = vec![b'x'; len];
                    text[at] ^= 1;
                    of_bytes(&text)
                })
                .chain([of_bytes(&vec![b'x'; len])])
                .collect();
            assert_eq!(changed.len(), len + 1);
        }
    }

    #[test]
    fn short_keys_spread_over_the_31_bits_kept() {
        // Of 100 000 keys about 2.3 pairs should collide in 31 bits.
        let hashes: HashSet<u64> = (0..100_000).map(|i| of_bytes(format!("key{i}").as_bytes()) >> 33).collect();
        assert!(hashes.len() > 99_985, "{}", hashes.len());
        // And over the low bits of those, which tables use.
        let mut buckets = [0_u32; 256];
        (0..100_000_u32).for_each(|i| buckets[(of_bytes(&i.to_le_bytes()) >> 33) as usize & 255] += 1);
        assert!(buckets.iter().all(|n| (280..=500).contains(n)), "{buckets:?}");
    }
}
