//! How often clients may ask. Each has a store of requests that fills up again within a minute;
//! what is kept of it is one moment, when it will be full.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tapedeck_domain::id::KeyId;

use super::RateLimits;

/// The time in which a store fills up.
const WINDOW: Duration = Duration::from_secs(60);
/// Clients that are told apart at once. All beyond them share one store, so that memory stays
/// bounded whatever the number of addresses.
const MOST: usize = 16_384;

/// All limits of a server.
pub(super) struct Rates {
    keys: Limiter<KeyId>,
    addresses: Limiter<IpAddr>,
    failures: Limiter<IpAddr>,
    loopback: bool,
}

/// Where a client stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Which limit it is.
    pub(super) name: &'static str,
    /// Requests in a minute.
    pub(super) quota: u32,
    /// Requests that are left now.
    pub(super) left: u32,
    /// Until all are there again.
    pub(super) reset: Duration,
    /// How long to wait before the next, where there was none left for this one.
    pub(super) wait: Option<Duration>,
}

impl Rates {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self {
            keys: Limiter::new("key", limits.by_key),
            addresses: Limiter::new("address", limits.by_address),
            failures: Limiter::new("failures", limits.failures),
            loopback: limits.loopback,
        }
    }

    fn counts(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        let address = address.map(client)?;
        (self.loopback || !address.is_loopback()).then_some(address)
    }

    /// One request from this address.
    pub(super) fn of_address(&self, address: Option<IpAddr>, now: Duration) -> Option<Standing> {
        self.addresses.take(self.counts(address)?, now)
    }

    /// One request from this address without a valid key.
    pub(super) fn of_failure(&self, address: Option<IpAddr>, now: Duration) -> Option<Standing> {
        self.failures.take(self.counts(address)?, now)
    }

    /// One request with this key.
    pub(super) fn of_key(
        &self,
        key: Option<KeyId>,
        address: Option<IpAddr>,
        now: Duration,
    ) -> Option<Standing> {
        self.counts(address)?;
        self.keys.take(key?, now)
    }
}

/// By what a client is told apart: whoever has an IPv6 address has 2^64 of them.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) if address.is_loopback() => IpAddr::V6(address),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
    }
}

struct Limiter<K> {
    name: &'static str,
    quota: Option<u32>,
    state: Mutex<State<K>>,
}

struct State<K> {
    /// When the store of each client will be full; of those for whom it is not.
    full_at: HashMap<K, Duration>,
    /// That of all others.
    others_full_at: Duration,
    swept_at: Duration,
}

impl<K: Eq + Hash> Limiter<K> {
    fn new(name: &'static str, quota: Option<u32>) -> Self {
        let (full_at, zero) = (HashMap::new(), Duration::ZERO);
        let state = State { full_at, others_full_at: zero, swept_at: zero };
        Self { name, quota, state: Mutex::new(state) }
    }

    fn take(&self, who: K, now: Duration) -> Option<Standing> {
        let quota = self.quota?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = state.of(who, now);
        let one = WINDOW / quota.max(1);
        let missing = full_at.saturating_sub(now) + one;
        let wait = missing.checked_sub(WINDOW).filter(|wait| !wait.is_zero());
        if wait.is_none() {
            *full_at = now + missing;
        }
        let reset = full_at.saturating_sub(now);
        let used = reset.as_nanos().div_ceil(one.as_nanos().max(1));
        let left = quota.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
        Some(Standing { name: self.name, quota, left, reset, wait })
    }
}

impl<K: Eq + Hash> State<K> {
    fn of(&mut self, who: K, now: Duration) -> &mut Duration {
        if self.full_at.len() >= MOST && !self.full_at.contains_key(&who) {
            if now.saturating_sub(self.swept_at) >= Duration::from_secs(1) {
                self.swept_at = now;
                self.full_at.retain(|_, full_at| *full_at > now);
            }
            if self.full_at.len() >= MOST {
                return &mut self.others_full_at;
            }
        }
        self.full_at.entry(who).or_insert(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(quota: u32) -> Limiter<u64> {
        Limiter::new("test", Some(quota))
    }

    #[test]
    fn a_store_is_used_up_and_fills_again() {
        let limiter = limiter(3);
        let at = Duration::from_secs;
        let left = |now| {
            let standing = limiter.take(1, now).unwrap();
            (standing.left, standing.wait)
        };
        assert_eq!(left(at(100)), (2, None));
        assert_eq!(left(at(100)), (1, None));
        assert_eq!(left(at(100)), (0, None));
        assert_eq!(left(at(100)), (0, Some(at(20))));
        assert_eq!(left(at(105)), (0, Some(at(15))), "a refusal costs nothing");
        assert_eq!(left(at(120)), (0, None));
        assert_eq!(left(at(200)), (2, None), "full again, and no fuller");
        assert_eq!(limiter.take(2, at(100)).unwrap().left, 2, "others have their own");
    }

    #[test]
    fn memory_stays_bounded_whatever_the_number_of_clients() {
        let limiter = limiter(2);
        let now = Duration::from_secs(100);
        for n in 0..2 * MOST as u64 {
            limiter.take(n, now);
        }
        assert_eq!(limiter.state.lock().unwrap().full_at.len(), MOST);
        let crowd = limiter.take(u64::MAX, now).unwrap();
        assert!(crowd.wait.is_some(), "those beyond share one store");
        assert!(limiter.take(1, now).unwrap().wait.is_none(), "those within keep theirs");
        let later = now + WINDOW;
        assert!(limiter.take(u64::MAX, later).unwrap().wait.is_none());
        assert_eq!(limiter.state.lock().unwrap().full_at.len(), 1, "who is full is forgotten");
    }

    #[test]
    fn networks_and_not_addresses_count_and_this_machine_does_not() {
        let rates = |loopback| {
            Rates::new(RateLimits { by_address: Some(1), loopback, ..RateLimits::default() })
        };
        let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let now = Duration::from_secs(100);
        let rated = rates(false);
        for local in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(rated.of_address(at(local), now), None, "{local}");
            assert!(rates(true).of_address(at(local), now).is_some(), "{local}");
        }
        assert!(rated.of_address(at("2001:db8::1"), now).unwrap().wait.is_none());
        assert!(rated.of_address(at("2001:db8::2"), now).unwrap().wait.is_some());
        assert!(rated.of_address(at("2001:db8:0:1::2"), now).unwrap().wait.is_none());
        assert!(rated.of_address(at("10.0.0.1"), now).unwrap().wait.is_none());
        assert!(rated.of_address(at("::ffff:10.0.0.1"), now).unwrap().wait.is_some());
        assert_eq!(rated.of_failure(at("10.0.0.1"), now), None, "no limit");
    }
}
