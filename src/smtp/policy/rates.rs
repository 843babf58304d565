//! How much may come in a time: by address, network, sender and recipient (GCRA, by governor).
//!
//! Promises: one question takes a look into a cache and no wait; of each kind at most [`KEYS`] keys are remembered. (One that is
//! forgotten, because others are asked about more often, begins anew: under a flood of ever new keys nobody is refused for it.)

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::sync::Cache;

use super::network::{host, wide_network};
use crate::config;
use crate::desk::Reason;

/// Keys that are remembered of each kind.
const KEYS: u64 = 50_000;

/// Every kind of rate.
pub(super) struct Rates {
    address: Rate<IpAddr>,
    network: Rate<IpAddr>,
    sender: Rate<[u8; 16]>,
    recipient: Rate<[u8; 16]>,
}

impl Rates {
    /// With these limits; 0 is none.
    pub(super) fn new(limits: &config::Rates) -> Self {
        let minute = Duration::from_secs(60);
        Self {
            address: Rate::new(limits.connections_per_address_minute, minute),
            network: Rate::new(limits.connections_per_network_minute, minute),
            sender: Rate::new(limits.letters_per_sender_hour, Duration::from_secs(3600)),
            recipient: Rate::new(limits.letters_per_recipient_minute, minute),
        }
    }

    /// A connection comes.
    pub(super) fn connection(&self, peer: IpAddr) -> Result<(), Reason> {
        let may = self.address.allows(host(peer)) && self.network.allows(wide_network(peer));
        may.then_some(()).ok_or(Reason::ConnectionRate)
    }

    /// A letter of this sender (as key) comes. The null sender is everybody's.
    pub(super) fn sender(&self, sender: Option<&str>) -> Result<(), Reason> {
        let may = sender.is_none_or(|sender| self.sender.allows_text(sender));
        may.then_some(()).ok_or(Reason::SenderRate)
    }

    /// A letter to this recipient (as key) comes.
    pub(super) fn recipient(&self, recipient: &str) -> Result<(), Reason> {
        self.recipient.allows_text(recipient).then_some(()).ok_or(Reason::RecipientRate)
    }
}

/// The time since the start.
#[derive(Clone, Debug)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, SinceStart, NoOpMiddleware<Duration>>;

struct Rate<K> {
    quota: Option<Quota>,
    clock: SinceStart,
    limiters: Cache<K, Arc<Limiter>>,
}

impl<K: Hash + Eq + Send + Sync + 'static> Rate<K> {
    /// So many at once, and so many again in each period.
    fn new(limit: u32, period: Duration) -> Self {
        let quota = NonZeroU32::new(limit)
            .and_then(|limit| Some(Quota::with_period(period.checked_div(limit.get())?)?.allow_burst(limit)));
        Self {
            quota,
            clock: SinceStart(Instant::now()),
            limiters: Cache::builder().max_capacity(KEYS).time_to_idle(period.saturating_mul(2)).build(),
        }
    }

    fn allows(&self, key: K) -> bool {
        let Some(quota) = self.quota else { return true };
        let limiter = || Arc::new(Limiter::direct_with_clock(quota, self.clock.clone()));
        self.limiters.get_with(key, limiter).check().is_ok()
    }
}

impl Rate<[u8; 16]> {
    /// For a key of any length.
    fn allows_text(&self, text: &str) -> bool {
        if self.quota.is_none() {
            return true;
        }
        let mut key = [0; 16];
        key.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        self.allows(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_the_limit_must_wait_and_others_need_not() {
        let rates = Rates::new(&config::Rates {
            connections_per_address_minute: 2,
            connections_per_network_minute: 3,
            letters_per_sender_hour: 1,
            letters_per_recipient_minute: 0,
        });
        let peer = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(rates.connection(peer("192.0.2.1")), Ok(()));
        assert_eq!(rates.connection(peer("192.0.2.1")), Ok(()));
        assert_eq!(rates.connection(peer("192.0.2.1")), Err(Reason::ConnectionRate));
        assert_eq!(rates.connection(peer("192.0.2.2")), Ok(()));
        assert_eq!(rates.connection(peer("192.0.2.3")), Err(Reason::ConnectionRate), "the network has had its three");
        assert_eq!(rates.connection(peer("198.51.100.1")), Ok(()));
        assert_eq!(rates.sender(Some("a@a.test")), Ok(()));
        assert_eq!(rates.sender(Some("a@a.test")), Err(Reason::SenderRate));
        assert_eq!((rates.sender(Some("b@a.test")), rates.sender(None), rates.sender(None)), (Ok(()), Ok(()), Ok(())));
        assert!((0..1000).all(|_| rates.recipient("help@demo.test").is_ok()), "0 is no limit");
    }

    #[test]
    fn what_was_used_up_comes_back_with_time() {
        let rate: Rate<u8> = Rate::new(2, Duration::from_millis(400));
        assert!(rate.allows(1) && rate.allows(1) && !rate.allows(1));
        let began = Instant::now();
        while !rate.allows(1) {
            assert!(began.elapsed() < Duration::from_secs(5));
            std::hint::spin_loop();
        }
        assert!(began.elapsed() > Duration::from_millis(100));
    }

    #[test]
    fn keys_are_bounded() {
        let rate: Rate<u64> = Rate::new(1, Duration::from_secs(60));
        for key in 0..KEYS + 20_000 {
            rate.allows(key);
        }
        rate.limiters.run_pending_tasks();
        assert!(rate.limiters.entry_count() <= KEYS);
    }
}
