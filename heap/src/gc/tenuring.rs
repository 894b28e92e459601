//! Whether survivors are promoted at their first survival or at the second.
//!
//! Usually at the second: what has survived once may be in use for a moment only, and dies before it is old. That copies
//! everything twice, which is worth it if much dies in between. Where hardly anything does, the first copy is for nothing:
//! if at least [seven eighths](FILTERED_OUT) of what one scavenge has copied is alive at the next, the following
//! [`AT_ONCE`] scavenges promote at once. Then two of the usual kind look again. What is copied must be worth the question,
//! [an eighth](WORTH_ASKING) of the semi-space: small heaps are never treated so.
//!
//! Only scavenges because the semi-space is full are treated so, and counted: others come before there was time to die.
//!
//! V8 always waits for the second survival. All is counted in bytes and collections, so that a program runs the same each
//! time.

use super::scavenger::Evacuation;

/// What is alive again has to be more than all but this part.
const FILTERED_OUT: usize = 8;

/// What is copied has to be this part of the semi-space's capacity.
const WORTH_ASKING: usize = 8;

/// Scavenges that promote at once, before two look again.
const AT_ONCE: u32 = 8;

/// What is remembered from one scavenge to the next.
#[derive(Debug, Default)]
pub(crate) struct Tenuring {
    /// Bytes that the last scavenge copied within the young generation.
    copied: usize,
    /// Scavenges that are still to promote at once.
    at_once: u32,
}

impl Tenuring {
    /// Whether the next scavenge is to promote all that lives.
    pub(super) fn is_at_once(&self) -> bool {
        self.at_once > 0
    }

    /// After a scavenge of a semi-space of so many bytes.
    pub(super) fn look(&mut self, evacuation: Evacuation, capacity: usize) {
        let copied = core::mem::replace(&mut self.copied, evacuation.copied);
        if self.at_once > 0 {
            self.at_once -= 1;
        } else if copied >= capacity / WORTH_ASKING && evacuation.promoted >= copied - copied / FILTERED_OUT {
            self.at_once = AT_ONCE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: usize = 1000;

    /// What scavenges do that copy and promote so much.
    fn look(tenuring: &mut Tenuring, scavenges: &[(usize, usize)]) -> Vec<bool> {
        let each = scavenges.iter().map(|&(copied, promoted)| {
            tenuring.look(Evacuation { copied, promoted, promoted_in_place: 0 }, CAPACITY);
            tenuring.is_at_once()
        });
        each.collect()
    }

    #[test]
    fn what_survives_again_is_promoted_at_once_for_a_while() {
        let mut tenuring = Tenuring::default();
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 350)]), [false, true]);
        let mut at_once = [true; AT_ONCE as usize];
        at_once[AT_ONCE as usize - 1] = false;
        assert_eq!(look(&mut tenuring, &[(0, 800); AT_ONCE as usize]), at_once);
        // Looks again, and finds that much dies now.
        assert_eq!(look(&mut tenuring, &[(400, 0), (400, 349), (400, 100)]), [false; 3]);
        assert_eq!(look(&mut tenuring, &[(400, 400)]), [true]);
    }

    #[test]
    fn little_is_not_worth_the_question() {
        let mut tenuring = Tenuring::default();
        assert_eq!(look(&mut tenuring, &[(124, 0), (124, 124), (125, 0), (0, 125)]), [false, false, false, true]);
    }
}
