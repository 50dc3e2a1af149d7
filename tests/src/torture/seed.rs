//! Chance that can be repeated.

/// A generator of numbers (SplitMix64): the same seed gives the same numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another one, for somebody else.
    pub fn split(&mut self) -> Self {
        Self(self.number())
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    /// True in so many cases of a hundred.
    pub fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// A pause between two lengths, in milliseconds.
    pub async fn pause(&mut self, from: u64, to: u64) {
        let millis = from + self.below(to - from);
        tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
    }
}

/// A setting of the storm, or what holds without it.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests sets it")]
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// The seed of this run, printed so that it can be given again.
pub fn seed() -> u64 {
    let fresh = u64::from_le_bytes(fresh_bytes());
    let seed = setting("TORTURE_SEED", fresh);
    say(&format!("TORTURE_SEED={seed}"));
    seed
}

/// As many bytes as are asked for that nobody can guess.
pub fn fresh_bytes<const N: usize>() -> [u8; N] {
    use std::io::Read as _;
    let mut bytes = [0; N];
    std::fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    bytes
}

/// Tells whoever runs the tests.
pub fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            [chance.number(), chance.below(10), chance.split().number()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
