//! Draws without repetition, the same for the same seed on any machine.

use std::collections::BTreeSet;

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

/// A seeded source of whole numbers.
pub(super) struct Draws(Pcg64);

impl Draws {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// A number from 0 to below `n`, which is above 0; all are equally likely.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        // Numbers above the last whole multiple of `n` would favour the small ones.
        let whole = u64::MAX - u64::MAX % n;
        loop {
            let drawn = self.0.next_u64();
            if drawn < whole {
                return drawn % n;
            }
        }
    }

    /// `count` of `all`, or all when there are fewer; in their order.
    pub(super) fn of(mut self, mut all: Vec<u32>, count: usize) -> Vec<u32> {
        let count = count.min(all.len());
        for k in 0..count {
            let left = (all.len() - k) as u64;
            all.swap(k, k + self.below(left) as usize);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }

    /// `count` different points of a grid with so many values an axis, that `fits` accepts; in
    /// the order of the grid. Fewer when the draws are used up.
    pub(super) fn points(
        mut self,
        sizes: &[usize],
        count: usize,
        fits: impl Fn(&[u32]) -> bool,
    ) -> Vec<Vec<u32>> {
        let mut found = BTreeSet::new();
        let most = LEAST_DRAWS.max(count.saturating_mul(DRAWS_EACH));
        for _ in 0..most {
            if found.len() >= count {
                break;
            }
            let point: Vec<u32> =
                sizes.iter().map(|size| self.below(*size as u64) as u32).collect();
            if fits(&point) {
                found.insert(point);
            }
        }
        found.into_iter().collect()
    }
}

/// Draws for each point, after which a search gives up: few points of the grid fit then.
const DRAWS_EACH: usize = 20;
const LEAST_DRAWS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_draw_alike_and_others_do_not() {
        let drawn = |seed| Draws::seeded(seed).of((0..1000).collect(), 10);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(drawn(1).len(), 10);
        let points = |seed| Draws::seeded(seed).points(&[1000; 30], 10, |_| true);
        assert_eq!(points(1), points(1));
        assert_ne!(points(1), points(2));
    }

    #[test]
    fn nothing_is_drawn_twice_and_everything_can_be() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(Draws::seeded(7).of(all.clone(), 100), all);
        assert_eq!(Draws::seeded(7).of(all.clone(), 1_000), all);
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            seen.extend(Draws::seeded(seed).of(all.clone(), 5));
        }
        assert_eq!(seen.len(), 100);
    }

    #[test]
    fn a_larger_sample_holds_the_smaller_one_of_the_same_seed() {
        let drawn = |count| Draws::seeded(3).of((0..1000).collect(), count);
        let large = drawn(50);
        assert!(drawn(20).iter().all(|point| large.contains(point)));
    }
}
