//! How long a job waits after a start that came to nothing.

use std::time::Duration;

use super::LONGEST_PAUSE;
use crate::id::LeaseId;

/// After the first worker that was lost.
const FIRST: Duration = Duration::from_secs(1);
/// After many.
const MOST: Duration = Duration::from_secs(60);
/// After a worker could not do it through no fault of the job.
const SNOOZE: Duration = Duration::from_secs(30);

/// The pause after the worker of start `attempt` was lost: doubles with each.
pub fn pause_after_loss(attempt: u32, lease: LeaseId) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    jittered(MOST.min(FIRST.saturating_mul(1 << doublings)), lease)
}

/// The pause after a worker could not do it just then.
pub fn pause_after_snooze(lease: LeaseId) -> Duration {
    jittered(SNOOZE, lease)
}

/// Half to one and a half times `pause`: what failed together is not tried again together. Which
/// it is depends on the lease alone, and a lease is never used twice.
fn jittered(pause: Duration, lease: LeaseId) -> Duration {
    let permille = 500 + u32::try_from(mixed(lease) % 1001).unwrap_or_default();
    LONGEST_PAUSE.min(pause.saturating_mul(permille) / 1000)
}

/// Bits that are spread even where ids count up.
fn mixed(lease: LeaseId) -> u64 {
    let (high, low) = lease.as_uuid().as_u64_pair();
    // The finalizer of SplitMix64.
    let mut bits = high.rotate_left(32) ^ low;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn lease(n: u128) -> LeaseId {
        LeaseId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn the_pause_after_a_loss_doubles_up_to_a_minute_with_jitter_of_half() {
        for (attempt, seconds) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (u32::MAX, 60)] {
            let around = Duration::from_secs(seconds);
            for n in 0..100 {
                let pause = pause_after_loss(attempt, lease(n));
                assert!((around / 2..=around * 3 / 2).contains(&pause), "{attempt}: {pause:?}");
            }
        }
    }

    #[test]
    fn jobs_that_were_lost_together_are_spread() {
        let pauses: Vec<Duration> = (0..1000).map(|n| pause_after_snooze(lease(n))).collect();
        let early = pauses.iter().filter(|pause| **pause < SNOOZE).count();
        assert!((400..600).contains(&early), "{early}");
        assert!(pauses.iter().any(|pause| *pause < SNOOZE * 6 / 10));
        assert!(pauses.iter().any(|pause| *pause > SNOOZE * 14 / 10));
    }

    #[test]
    fn the_same_lease_has_the_same_pause() {
        assert_eq!(pause_after_loss(3, lease(7)), pause_after_loss(3, lease(7)));
    }
}
