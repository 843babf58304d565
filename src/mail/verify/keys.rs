//! The keys that a letter's signatures and seals name: asked for at once, before anything is verified.
//!
//! mail-auth finds them here in the place of its cache, so that it never asks DNS itself. What is cached is the raw answer
//! (in `dns`), which means the same to every method: nobody can make a stranger's record look broken to another one.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant as StdInstant;

use data_encoding::BASE64;
use futures_util::future::join_all;
use mail_auth::dkim::DomainKey;
use mail_auth::dns::{NoCache, TxtRecordParser};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::{DnsCache, DnsError, Error, ResolverCache, TxtRecord};
use tokio::time::{Instant, timeout_at};

use super::facts::LATE;
use super::tags;
use crate::mail::dns::Dns;

/// RFC 8301 §3.2.
pub(super) const MIN_RSA_BITS: u32 = 1_024;

/// The keys of one letter by their names with the final dot.
#[derive(Default)]
pub(super) struct Keys(HashMap<Box<str>, Key>);

struct Key {
    record: TxtRecord,
    facts: KeyFacts,
}

/// What a key record says of its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyFacts {
    /// Of an RSA key.
    pub bits: Option<u32>,
    /// `t=y`
    pub is_test: bool,
    /// Why the key is not for letters that are signed so (RFC 6376 §3.6.1).
    pub refusal: Option<&'static str>,
}

impl Keys {
    /// Asks for all of them; those that are not there by the deadline are temporary errors.
    pub(super) async fn fetch(dns: &Dns, names: BTreeSet<String>, deadline: Instant) -> Self {
        let keys = names.into_iter().map(|name| async move {
            let key = match timeout_at(deadline, dns.texts(&name)).await {
                Err(_) => Key::absent(Error::Dns(DnsError::Resolver(LATE.to_owned()))),
                Ok(Err(error)) => Key::absent(Error::Dns(DnsError::Resolver(error.to_string()))),
                Ok(Ok(answers)) if answers.records.is_empty() => {
                    let code = if answers.exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
                    Key::absent(Error::Dns(DnsError::RecordNotFound(code)))
                }
                Ok(Ok(answers)) => Key::read(&answers.records),
            };
            (name.into_boxed_str(), key)
        });
        Self(join_all(keys).await.into_iter().collect())
    }

    /// What is known of the key of that name.
    pub(super) fn facts(&self, name: &str) -> KeyFacts {
        self.0.get(name).map(|key| key.facts).unwrap_or_default()
    }
}

impl Key {
    fn absent(error: Error) -> Self {
        Self { record: TxtRecord::Error(error), facts: KeyFacts::default() }
    }

    /// The first record that is a key.
    fn read(records: &[Vec<u8>]) -> Self {
        let mut last = Error::Dns(DnsError::InvalidRecordType);
        for record in records {
            match DomainKey::parse(record) {
                Ok(key) => return Self { record: key.into(), facts: key_facts(record) },
                Err(error) => last = error,
            }
        }
        Self::absent(last)
    }
}

fn key_facts(record: &[u8]) -> KeyFacts {
    // Records are typed by hand: a semicolon too many is no reason to lose a good key.
    let parts: Vec<&[u8]> = record.split(|octet| *octet == b';').filter(|tag| !tag.trim_ascii().is_empty()).collect();
    let record = parts.join(&b';');
    let Ok(tags) = tags::parse(&record) else {
        return KeyFacts { refusal: Some("the key record is malformed"), ..KeyFacts::default() };
    };
    let lists = |name: &str, wanted: &[&str]| {
        tags::get(&tags, name).is_none_or(|value| tags::items(value).any(|item| wanted.contains(&item)))
    };
    let refusal = if !lists("s", &["*", "email"]) {
        Some("the key is not for mail")
    } else if !lists("h", &["sha256"]) {
        Some("the key is not for SHA-256")
    } else {
        None
    };
    let is_rsa = tags::get(&tags, "k").is_none_or(|kind| kind == "rsa");
    let key = tags::get(&tags, "p").filter(|_| is_rsa).and_then(|text| {
        let text: String = text.split_ascii_whitespace().collect();
        BASE64.decode(text.as_bytes()).ok()
    });
    let is_test = tags::get(&tags, "t").is_some_and(|flags| tags::items(flags).any(|flag| flag == "y"));
    KeyFacts { bits: key.and_then(|der| rsa_bits(&der)), is_test, refusal }
}

/// The modulus' length in a `SubjectPublicKeyInfo` or a bare `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_bits(der: &[u8]) -> Option<u32> {
    const INTEGER: u8 = 0x02;
    const BIT_STRING: u8 = 0x03;
    const SEQUENCE: u8 = 0x30;
    let (tag, mut inner, _) = element(der)?;
    if tag != SEQUENCE {
        return None;
    }
    if inner.first() == Some(&SEQUENCE) {
        let (_, _, rest) = element(inner)?;
        let (tag, bits, _) = element(rest)?;
        // The first octet counts unused bits.
        let (tag_inside, key, _) = element(bits.get(1..).filter(|_| tag == BIT_STRING)?)?;
        inner = Some(key).filter(|_| tag_inside == SEQUENCE)?;
    }
    let (tag, modulus, _) = element(inner)?;
    let start = modulus.iter().position(|octet| *octet != 0)?;
    let modulus = modulus.get(start..).filter(|_| tag == INTEGER)?;
    let bits = u32::try_from(modulus.len()).ok()?.checked_mul(8)?;
    bits.checked_sub(modulus.first()?.leading_zeros())
}

/// Tag, content and what follows of one DER element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(octets, _)| octets.len() <= 4)?;
        (octets.iter().fold(0_usize, |length, octet| (length << 8) | usize::from(*octet)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

impl ResolverCache<Box<str>, TxtRecord> for Keys {
    /// Whatever was not asked for does not exist: mail-auth would ask for the places of reports otherwise.
    fn get<Q>(&self, name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let absent = || TxtRecord::Error(Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain)));
        Some(self.0.get(name).map_or_else(absent, |key| key.record.clone()))
    }

    fn remove<Q>(&self, _name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _name: Box<str>, _record: TxtRecord, _valid_until: StdInstant) {}
}

impl DnsCache for Keys {
    type Txt = Keys;
    type Mx = NoCache;
    type Ipv4 = NoCache;
    type Ipv6 = NoCache;
    type Ptr = NoCache;

    fn txt(&self) -> Option<&Self> {
        Some(self)
    }

    fn mx(&self) -> Option<&NoCache> {
        None
    }

    fn ipv4(&self) -> Option<&NoCache> {
        None
    }

    fn ipv6(&self) -> Option<&NoCache> {
        None
    }

    fn ptr(&self) -> Option<&NoCache> {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_says_what_its_key_is_for() {
        let refusal = |record: &[u8]| key_facts(record).refusal;
        assert_eq!(refusal(b"v=DKIM1; p=x"), None);
        assert_eq!(refusal(b"v=DKIM1;; p=x; ;"), None);
        assert_eq!(refusal(b"v=DKIM1; p=x; p=y"), Some("the key record is malformed"));
        assert_eq!(refusal(b"v=DKIM1; s=*; h=sha1:sha256; p=x"), None);
        assert_eq!(refusal(b"v=DKIM1; s=tlsrpt:other; p=x"), Some("the key is not for mail"));
        assert_eq!(refusal(b"v=DKIM1; h=sha1; p=x"), Some("the key is not for SHA-256"));
        assert!(key_facts(b"v=DKIM1; t=s:y; p=x").is_test && !key_facts(b"v=DKIM1; t=s; p=x").is_test);
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = rsa_bits(&octets);
            let _ = rsa_bits(&[&[0x30, 0x82], octets.as_slice()].concat());
            let _ = key_facts(&octets);
        }
    }
}
