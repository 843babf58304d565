//! Caches of DNS answers for mail-auth, bounded in number and time (moka).

use std::borrow::Borrow;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mail_auth::{DnsCache, Mx, Negative, RecordSet, ResolverCache, TxtRecord};
use moka::sync::Cache;

/// Answers of one kind that are kept.
const CAPACITY: u64 = 20_000;
/// Longest time that an answer is kept, whatever its TTL.
const MAX_AGE: Duration = Duration::from_secs(86_400);

type Answer<T> = Result<RecordSet<T>, Negative>;

/// The caches of each method.
///
/// mail-auth keeps TXT records as what they were read for. One cache for all methods would let anyone switch a
/// stranger's policy off: an SPF record that includes `_dmarc.victim.example` would leave "no SPF record" there, and
/// DMARC would find that instead of the policy.
pub(super) struct Caches {
    /// SPF and iprev.
    pub spf: MethodCaches,
    /// DKIM and ARC keys.
    pub keys: MethodCaches,
    /// DMARC policies.
    pub policies: MethodCaches,
}

/// One method's caches; the addresses are common to all.
pub(super) struct MethodCaches {
    txt: Records<Box<str>, TxtRecord>,
    addresses: Arc<AddressCaches>,
}

struct AddressCaches {
    mx: Records<Box<str>, Answer<Mx>>,
    ipv4: Records<Box<str>, Answer<Ipv4Addr>>,
    ipv6: Records<Box<str>, Answer<Ipv6Addr>>,
    ptr: Records<IpAddr, Answer<Box<str>>>,
}

/// One kind of records with the time at which each expires.
pub(super) struct Records<K, V>(Cache<K, (V, Instant)>);

impl Caches {
    pub(super) fn new() -> Self {
        let addresses = Arc::new(AddressCaches {
            mx: Records::new(),
            ipv4: Records::new(),
            ipv6: Records::new(),
            ptr: Records::new(),
        });
        let method = || MethodCaches { txt: Records::new(), addresses: Arc::clone(&addresses) };
        Self { spf: method(), keys: method(), policies: method() }
    }
}

impl<K, V> Records<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn new() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(MAX_AGE).build())
    }
}

impl<K, V> ResolverCache<K, V> for Records<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.get(name).filter(|(_, expires)| *expires > Instant::now()).map(|(value, _)| value)
    }

    fn remove<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.remove(name).map(|(value, _)| value)
    }

    fn insert(&self, key: K, value: V, valid_until: Instant) {
        self.0.insert(key, (value, valid_until));
    }
}

impl DnsCache for MethodCaches {
    type Txt = Records<Box<str>, TxtRecord>;
    type Mx = Records<Box<str>, Answer<Mx>>;
    type Ipv4 = Records<Box<str>, Answer<Ipv4Addr>>;
    type Ipv6 = Records<Box<str>, Answer<Ipv6Addr>>;
    type Ptr = Records<IpAddr, Answer<Box<str>>>;

    fn txt(&self) -> Option<&Self::Txt> {
        Some(&self.txt)
    }

    fn mx(&self) -> Option<&Self::Mx> {
        Some(&self.addresses.mx)
    }

    fn ipv4(&self) -> Option<&Self::Ipv4> {
        Some(&self.addresses.ipv4)
    }

    fn ipv6(&self) -> Option<&Self::Ipv6> {
        Some(&self.addresses.ipv6)
    }

    fn ptr(&self) -> Option<&Self::Ptr> {
        Some(&self.addresses.ptr)
    }
}
