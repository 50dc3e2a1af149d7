//! About how many jobs are queued, without counting them each time.

use std::time::Duration;

use tokio::time::Instant;

/// How long a count is good for.
const FRESH: Duration = Duration::from_millis(250);

/// How many jobs were queued when they were counted, and how many were added here since. Those
/// that other processes add meanwhile are not seen, so it only serves to tell that the queue is
/// far from full.
#[derive(Debug, Default)]
pub(super) struct Length {
    counted: Option<Instant>,
    queued: u64,
}

impl Length {
    /// Whether it is time to count.
    pub(super) fn is_stale(&self) -> bool {
        self.counted.is_none_or(|counted| counted.elapsed() >= FRESH)
    }

    /// Notes a count of this moment.
    pub(super) fn set(&mut self, queued: u64) {
        *self = Self { counted: Some(Instant::now()), queued };
    }

    /// Notes what was added.
    pub(super) const fn add(&mut self, jobs: u64) {
        self.queued = self.queued.saturating_add(jobs);
    }

    /// Whether so many more leave the queue far from `limit`: a quarter of it away, and more than
    /// `headroom`.
    pub(super) const fn is_far_from(&self, limit: u64, more: u64, headroom: u64) -> bool {
        let queued = self.queued.saturating_add(more);
        queued < limit - limit / 4 && queued.saturating_add(headroom) <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_counts_until_it_is_counted_anew() {
        let mut length = Length::default();
        assert!(length.is_stale());
        length.set(700);
        assert!(!length.is_stale());
        assert!(length.is_far_from(1000, 49, 0));
        assert!(!length.is_far_from(1000, 50, 0));
        length.add(1);
        assert!(!length.is_far_from(1000, 49, 0));
        length.set(0);
        assert!(length.is_far_from(1000, 49, 0));
    }

    #[test]
    fn small_queues_are_never_far_from_full() {
        let length = Length::default();
        assert!(!length.is_far_from(0, 0, 0));
        assert!(!length.is_far_from(20, 1, 128));
        assert!(length.is_far_from(200, 1, 128));
    }
}
