//! What an observer has seen of leases.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// What an observer has seen of leases, or of others that give signs of life, and for how long each stood still before its eyes.
///
/// Only time between looks that succeeded counts, and of a long gap between two of them no more
/// than what usually lies there: while the observer was stopped, or the store was frozen or away,
/// living workers could not renew, or could not be seen to.
pub(crate) struct Sightings<K> {
    /// How long a lease may stand still.
    lease: Duration,
    /// What one look may add to that.
    longest_gap: Duration,
    last_look: Option<Duration>,
    seen: HashMap<K, Sighting>,
}

/// How often a lease was renewed, and for how long it has stood at that.
#[derive(Clone, Copy)]
struct Sighting {
    renewals: u64,
    still: Duration,
}

impl<K: Copy + Eq + Hash> Sightings<K> {
    /// Nothing yet, by an observer who looks every `period`.
    pub(crate) fn new(lease: Duration, period: Duration) -> Self {
        Self { lease, longest_gap: period * 2, last_look: None, seen: HashMap::new() }
    }

    /// Adds what was seen at `now`; the leases that are dead by all that was seen of them.
    pub(crate) fn add(&mut self, alive: &[(K, u64)], now: Duration) -> Vec<K> {
        let gap = self.last_look.map_or(Duration::ZERO, |last| now.saturating_sub(last));
        let gap = gap.min(self.longest_gap);
        self.last_look = Some(now);
        let before = std::mem::take(&mut self.seen);
        let seen = alive.iter().map(|(key, renewals)| {
            let still = match before.get(key) {
                Some(sighting) if sighting.renewals == *renewals => sighting.still + gap,
                Some(_) | None => Duration::ZERO,
            };
            (*key, Sighting { renewals: *renewals, still })
        });
        self.seen = seen.collect();
        alive.iter().map(|(key, _)| *key).filter(|key| self.is_dead(*key)).collect()
    }

    /// How many stand still for so long that their workers should have renewed them at least
    /// twice, and are not dead yet.
    pub(crate) fn stalled(&self) -> u64 {
        let half = self.lease / 2;
        let stands = |sighting: &&Sighting| (half..self.lease).contains(&sighting.still);
        self.seen.values().filter(stands).count() as u64
    }

    /// Begins anew: something was found that kept workers from renewing.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }

    fn is_dead(&self, key: K) -> bool {
        self.seen.get(&key).is_some_and(|sighting| sighting.still >= self.lease)
    }
}
