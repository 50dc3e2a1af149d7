//! Normal variates, the same to the bit as `numpy.random.default_rng(seed).standard_normal()`:
//! so that bars which others made with NumPy can be made here.
//!
//! Sources: M. O'Neill, "PCG" (2014), for the generator; G. Marsaglia and W. W. Tsang, "The
//! Ziggurat Method for Generating Random Variables" (2000), for the variates; M. E. O'Neill,
//! "Developing a `seed_seq` Alternative" (2015), for the seeding.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng as _;

/// Where the tail of the ziggurat begins.
const TAIL: f64 = 3.654_152_885_361_009;
const LAYERS: usize = 256;
/// Two to the power of 52: variates are drawn with so many steps a layer.
const STEPS: f64 = 4_503_599_627_370_496.0;

/// A source of normal variates.
pub(super) struct Normal {
    random: Pcg64,
    layers: Layers,
}

/// The layers of the ziggurat, from the bottom.
struct Layers {
    /// Below it a draw lies under the curve for sure.
    inside: [u64; LAYERS],
    /// Width, in steps.
    width: [f64; LAYERS],
    /// The curve at the edge.
    height: [f64; LAYERS],
}

impl Layers {
    fn new() -> Self {
        let curve = |x: f64| libm::exp(-0.5 * x * x);
        let tail = (std::f64::consts::FRAC_PI_2).sqrt() * libm::erfc(TAIL / 2.0_f64.sqrt());
        let area = TAIL * curve(TAIL) + tail;
        let base = area / curve(TAIL);
        let mut layers = Self { inside: [0; LAYERS], width: [0.0; LAYERS], height: [0.0; LAYERS] };
        layers.inside[0] = (TAIL / base * STEPS) as u64;
        layers.width[0] = base / STEPS;
        layers.width[LAYERS - 1] = TAIL / STEPS;
        layers.height[0] = 1.0;
        layers.height[LAYERS - 1] = curve(TAIL);
        let mut edge = TAIL;
        for i in (1..LAYERS - 1).rev() {
            let next = (-2.0 * libm::log(area / edge + curve(edge))).sqrt();
            layers.inside[i + 1] = (next / edge * STEPS) as u64;
            layers.width[i] = next / STEPS;
            layers.height[i] = curve(next);
            edge = next;
        }
        layers
    }
}

impl Normal {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: seeded(seed), layers: Layers::new() }
    }

    pub(super) fn draw(&mut self) -> f64 {
        loop {
            let bits = self.random.next_u64();
            let layer = (bits & 0xff) as usize;
            let negative = bits & 0x100 != 0;
            let steps = (bits >> 9) & 0x000f_ffff_ffff_ffff;
            let x = steps as f64 * self.layers.width[layer];
            let x = if negative { -x } else { x };
            if steps < self.layers.inside[layer] {
                return x;
            }
            if layer == 0 {
                return self.draw_tail(steps & 0x100 != 0);
            }
            let (above, below) = (self.layers.height[layer - 1], self.layers.height[layer]);
            if (above - below) * self.uniform() + below < libm::exp(-0.5 * x * x) {
                return x;
            }
        }
    }

    fn draw_tail(&mut self, negative: bool) -> f64 {
        loop {
            let x = -libm::log1p(-self.uniform()) / TAIL;
            let y = -libm::log1p(-self.uniform());
            if y + y > x * x {
                return if negative { -(TAIL + x) } else { TAIL + x };
            }
        }
    }

    /// From 0 to below 1.
    fn uniform(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

/// The generator that `numpy.random.default_rng(seed)` begins with.
fn seeded(seed: u64) -> Pcg64 {
    let words = SeedSequence::new(seed).words();
    let pair = |i: usize| u128::from(words[i]) << 64 | u128::from(words[i + 1]);
    Pcg64::new(pair(0), pair(2))
}

/// A pool of entropy that spreads a seed over as many words as are wanted.
struct SeedSequence([u32; 4]);

/// The constant that every step of a hash multiplies with, and changes.
struct Hash {
    constant: u32,
    factor: u32,
}

impl Hash {
    fn next(&mut self, value: u32) -> u32 {
        let mixed = value ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.factor);
        let mixed = mixed.wrapping_mul(self.constant);
        mixed ^ (mixed >> 16)
    }
}

impl SeedSequence {
    fn new(seed: u64) -> Self {
        let entropy = [seed as u32, (seed >> 32) as u32, 0, 0];
        let mut hash = Hash { constant: 0x43b0_d7e5, factor: 0x931e_8875 };
        let mut pool = entropy.map(|word| hash.next(word));
        for from in 0..4 {
            for to in (0..4).filter(|to| *to != from) {
                let (a, b) = (pool[to], hash.next(pool[from]));
                let mixed = a.wrapping_mul(0xca01_f9dd).wrapping_sub(b.wrapping_mul(0x4973_f715));
                pool[to] = mixed ^ (mixed >> 16);
            }
        }
        Self(pool)
    }

    fn words(&self) -> [u64; 4] {
        let mut hash = Hash { constant: 0x8b51_f9dd, factor: 0x58f3_8ded };
        let mut half = {
            let mut pool = self.0.iter().cycle();
            move || pool.next().map_or(0, |word| u64::from(hash.next(*word)))
        };
        std::array::from_fn(|_| half() | half() << 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From NumPy 2.4: `default_rng(seed).standard_normal(3)`. The layers are computed here and
    /// tabulated there, which is worth the last bit.
    #[test]
    fn variates_are_those_of_numpy() {
        let expected =
            [0.304_717_079_754_431_35, -1.039_984_106_240_495_5, 0.750_451_195_806_457_2];
        let mut normal = Normal::new(42);
        for expected in expected {
            assert!((normal.draw() - expected).abs() < 1e-15);
        }
    }
}
