//! Whether survivors are promoted at their first survival or at the second, and whether they are looked at for that.
//!
//! Usually at the second: what has survived once may be in use for a moment only, and dies before it is old. That copies
//! everything twice, which is worth it if much dies in between. Where hardly anything does, the first copy is for nothing:
//! if at least [seven eighths](FILTERED_OUT) of what one scavenge has copied is alive at the next, the following
//! [`AT_ONCE`] scavenges promote at once, where it lies (`promotion`). Then two of the usual kind look again; and already when less
//! than half of everything is alive, for then copies would take less memory. What is copied must be worth the
//! question, [an eighth](WORTH_ASKING) of the semi-space: small heaps are never treated so.
//!
//! If such a scavenge finds so much of *everything* alive, the next does not even look: it would find a little memory,
//! for a visit of all that lives. All becomes old, and the next full collection finds what is dead. Then one
//! looks again, at [a part](SAMPLE); as long as it finds the same, none of the usual kind has to, and twice as many as before do
//! not look, up to [`UNEXAMINED`]. A part is younger than the whole, and much of the whole may be dead: that a full collection
//! finds out, and then [all of this ends](Tenuring::stop). It ends at once if more words of old objects refer to what lives than it has
//! itself: such words are overwritten over and over, and what they refer to dies when they are.
//!
//! While marking is under way, what becomes old has to be looked through for what was marked before: then the semi-space is only filled to
//! [a part](WHILE_MARKING), so that this takes no longer than a step of marking. Parts of a large semi-space are no larger than those
//! of one of 16 MiB: a larger one is for fewer scavenges, and not for longer pauses.
//!
//! Only scavenges because the semi-space is full are treated so, and counted: others come before there was time to die.
//!
//! V8 always waits for the second survival. All is counted in bytes and collections, so that a program runs the same each
//! time.

use super::scavenger::Evacuation;
use crate::memory::AREA_SIZE;
use crate::tagged::TAGGED_SIZE;

/// What is alive again has to be more than all but this part.
const FILTERED_OUT: usize = 8;

/// What is copied has to be this part of the semi-space's capacity.
const WORTH_ASKING: usize = 8;

/// Scavenges that promote at once, before two look again.
const AT_ONCE: u32 = 8;

/// The most scavenges that do not look at all, before one does.
const UNEXAMINED: u32 = 4;

/// The part of the semi-space that is filled before a scavenge that only looks, and the most.
const SAMPLE: Part = Part { divisor: 8, most: 8 * AREA_SIZE };

/// The part that is filled while marking is under way, if all is taken for alive, and the most.
const WHILE_MARKING: Part = Part { divisor: 4, most: 16 * AREA_SIZE };

/// A part of the semi-space's capacity, in bytes.
struct Part {
    divisor: usize,
    most: usize,
}

impl Part {
    fn of(&self, capacity: usize) -> usize {
        (capacity / self.divisor).min(self.most)
    }
}

/// What a scavenge promotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promotes {
    /// What survives for the second time.
    Survivors,
    /// All that lives.
    TheLiving,
    /// All there is.
    Everything,
}

/// What is remembered from one scavenge to the next.
#[derive(Debug, Default)]
pub(crate) struct Tenuring {
    /// Bytes that the last scavenge copied within the young generation.
    copied: usize,
    /// Scavenges that are still to promote at once, having looked.
    at_once: u32,
    /// Those that come before them and do not look.
    unexamined: u32,
    /// How many did not look the last time, if that was right.
    trusted: u32,
    /// Stress mode: what the next collection's draw follows from.
    drawn: Option<u64>,
}

impl Tenuring {
    /// Stress mode: whatever survived, collections do each of the three as it is drawn from `seed`.
    pub(crate) fn stressed(seed: Option<u64>) -> Tenuring {
        Tenuring { drawn: seed, ..Tenuring::default() }
    }

    /// The next scavenge is to come when so many bytes of the semi-space's `capacity` are filled: a [part](SAMPLE) is enough for a look
    /// whether things are still as they were, and makes a short pause; so does [another](WHILE_MARKING) while marking is under way.
    pub(crate) fn to_fill(&self, is_marking: bool, capacity: usize) -> usize {
        match self.next() {
            Promotes::TheLiving if self.trusted > 0 => SAMPLE.of(capacity),
            Promotes::TheLiving | Promotes::Everything if is_marking => WHILE_MARKING.of(capacity),
            _ => capacity,
        }
    }

    pub(super) fn is_stressed(&self) -> bool {
        self.drawn.is_some()
    }

    /// After a collection: the next draw.
    pub(super) fn turn(&mut self) {
        self.drawn = self.drawn.map(|drawn| drawn.wrapping_add(0x9e37_79b9_7f4a_7c15));
    }

    /// What the next scavenge is to do.
    pub(super) fn next(&self) -> Promotes {
        match self {
            Tenuring { drawn: Some(drawn), .. } => {
                // The end of SplitMix64.
                let z = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                [Promotes::Survivors, Promotes::TheLiving, Promotes::Everything][(z >> 32) as usize % 3]
            }
            Tenuring { at_once: 0, .. } => Promotes::Survivors,
            Tenuring { unexamined: 0, .. } => Promotes::TheLiving,
            _ => Promotes::Everything,
        }
    }

    /// Back to promoting at the second survival: what was promoted died, or memory is short.
    pub(crate) fn stop(&mut self) {
        (self.at_once, self.unexamined, self.trusted) = (0, 0, 0);
    }

    /// After a scavenge of `used` bytes in a semi-space of `capacity`, which has promoted so.
    pub(super) fn look(&mut self, promotes: Promotes, evacuation: Evacuation, used: usize, capacity: usize) {
        let copied = core::mem::replace(&mut self.copied, evacuation.copied);
        match promotes {
            Promotes::Everything => self.unexamined = self.unexamined.saturating_sub(1),
            Promotes::TheLiving if evacuation.remembered * TAGGED_SIZE > evacuation.survived() => self.stop(),
            Promotes::TheLiving if evacuation.survived() >= used - used / FILTERED_OUT => {
                self.trusted = (2 * self.trusted).clamp(1, UNEXAMINED);
                (self.at_once, self.unexamined) = (AT_ONCE, self.trusted);
            }
            Promotes::TheLiving => {
                (self.at_once, self.trusted) = (self.at_once.saturating_sub(1), 0);
                if evacuation.survived() < used / 2 {
                    self.stop();
                }
            }
            Promotes::Survivors => {
                if copied >= capacity / WORTH_ASKING && evacuation.promoted >= copied - copied / FILTERED_OUT {
                    self.at_once = AT_ONCE;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: usize = 1000;

    /// What scavenges that copy and promote so much find right to do next.
    fn look(tenuring: &mut Tenuring, scavenges: &[(usize, usize)]) -> Vec<Promotes> {
        let each = scavenges.iter().map(|&(copied, promoted)| {
            let evacuation = Evacuation { copied, promoted, ..Evacuation::default() };
            tenuring.look(tenuring.next(), evacuation, CAPACITY, CAPACITY);
            tenuring.next()
        });
        each.collect()
    }

    use Promotes::{Everything, Survivors, TheLiving};

    #[test]
    fn what_survives_again_is_promoted_at_once_for_a_while() {
        let mut tenuring = Tenuring::default();
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 350)]), [Survivors, TheLiving]);
        let mut at_once = [TheLiving; AT_ONCE as usize];
        at_once[AT_ONCE as usize - 1] = Survivors;
        assert_eq!(look(&mut tenuring, &[(0, 800); AT_ONCE as usize]), at_once);
        // Looks again, and finds that much dies now.
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 349), (400, 100)]), [Survivors; 3]);
        assert_eq!(look(&mut tenuring, &[(400, 400)]), [TheLiving]);
    }

    #[test]
    fn what_nearly_all_survives_is_not_looked_at_for_a_while() {
        let mut tenuring = Tenuring::default();
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 350)]), [Survivors, TheLiving]);
        for trusted in [1, 2, 4, 4] {
            assert_eq!(look(&mut tenuring, &[(0, 875)]), [Everything]);
            let mut unexamined = vec![Everything; trusted];
            unexamined[trusted - 1] = TheLiving;
            assert_eq!(look(&mut tenuring, &vec![(0, 1000); trusted]), unexamined);
        }
        let mut at_once = [TheLiving; AT_ONCE as usize];
        at_once[AT_ONCE as usize - 1] = Survivors;
        assert_eq!(look(&mut tenuring, &[(0, 874); AT_ONCE as usize]), at_once);
    }

    #[test]
    fn pauses_are_short_where_nearly_all_survives() {
        let mut tenuring = Tenuring::default();
        let mut parts = |scavenges: &[(usize, usize)]| {
            look(&mut tenuring, scavenges);
            (tenuring.next(), tenuring.to_fill(false, CAPACITY), tenuring.to_fill(true, CAPACITY))
        };
        assert_eq!(parts(&[(400, 0)]), (Survivors, CAPACITY, CAPACITY));
        assert_eq!(parts(&[(400, 350)]), (TheLiving, CAPACITY, CAPACITY / 4));
        assert_eq!(parts(&[(0, 875)]), (Everything, CAPACITY, CAPACITY / 4));
        assert_eq!(parts(&[(0, 1000)]), (TheLiving, CAPACITY / 8, CAPACITY / 8));
        // A semi-space of 16 MiB, and one that is twice as large.
        for capacity in [64 * AREA_SIZE, 128 * AREA_SIZE] {
            assert_eq!((SAMPLE.of(capacity), WHILE_MARKING.of(capacity)), (8 * AREA_SIZE, 16 * AREA_SIZE));
        }
    }

    #[test]
    fn it_ends_when_most_dies_again() {
        let mut tenuring = Tenuring::default();
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 350)]), [Survivors, TheLiving]);
        assert_eq!(look(&mut tenuring, &[(0, 500), (0, 499), (400, 0)]), [TheLiving, Survivors, Survivors]);
    }

    #[test]
    fn it_ends_when_more_words_refer_to_what_lives_than_it_has() {
        for (words, then) in [(900 / TAGGED_SIZE, Everything), (900 / TAGGED_SIZE + 1, Survivors)] {
            let mut tenuring = Tenuring::default();
            assert_eq!(look(&mut tenuring, &[(400, 0), (400, 350)]), [Survivors, TheLiving]);
            let evacuation = Evacuation { promoted_in_place: 900, remembered: words, ..Evacuation::default() };
            tenuring.look(TheLiving, evacuation, CAPACITY, CAPACITY);
            assert_eq!(tenuring.next(), then);
        }
    }

    #[test]
    fn little_is_not_worth_the_question() {
        let mut tenuring = Tenuring::default();
        let expected = [Survivors, Survivors, Survivors, TheLiving];
        assert_eq!(look(&mut tenuring, &[(124, 0), (124, 124), (125, 0), (0, 125)]), expected);
    }
}
