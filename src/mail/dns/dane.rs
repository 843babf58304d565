//! TLSA records of mail hosts, believed only where DNSSEC vouches for the whole way (RFC 7672 §2).
//!
//! Promises: records count only when MX, address and TLSA are signed and valid; what is forged or broken is an error, never
//! "no records".

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXUPPER;
use hickory_resolver::TokioResolver;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Cause, NetError};
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use hickory_resolver::proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::{Dns, DnsError, host_name};

/// TLSA records of one host that are looked at.
const MAX_RECORDS: usize = 30;

/// What TLSA records say about a mail host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dane {
    /// Nothing that may be believed: DANE does not apply.
    None,
    /// TLS is demanded; the certificate must match one of these. None: no record is one that RFC 7672 §3.1 knows, so that
    /// any certificate will do (RFC 7672 §2.2).
    Tlsa(Vec<Tlsa>),
}

/// A TLSA record for SMTP (RFC 6698 §2.1, RFC 7672 §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tlsa {
    /// It names an issuer (DANE-TA, 2), not the server's own certificate (DANE-EE, 3).
    pub is_issuer: bool,
    /// What is compared is the public key (1), not the whole certificate (0).
    pub is_key: bool,
    /// How.
    pub matching: TlsaMatching,
    /// What the certificate or key, or its hash, must be.
    pub data: Vec<u8>,
}

impl Tlsa {
    /// The record's data as a zone file has it (RFC 6698 §2.2): `3 1 1 0A1B…`.
    pub fn presentation(&self) -> String {
        let usage = if self.is_issuer { 2 } else { 3 };
        let matching = match self.matching {
            TlsaMatching::Exact => 0,
            TlsaMatching::Sha256 => 1,
            TlsaMatching::Sha512 => 2,
        };
        format!("{usage} {} {matching} {}", u8::from(self.is_key), HEXUPPER.encode(&self.data))
    }
}

/// How a TLSA record compares (RFC 6698 §2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsaMatching {
    /// The octets themselves (0).
    Exact,
    /// Their SHA-256 (1).
    Sha256,
    /// Their SHA-512 (2).
    Sha512,
}

/// The resolver that validates, and whom it believes.
#[derive(Clone)]
pub(super) struct Secure {
    resolver: Result<TokioResolver, String>,
    pub(super) anchors: Arc<TrustAnchors>,
}

/// Whether a zone's signatures hold (RFC 4035 §4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// From the anchor down to the zone's own records.
    Hold,
    /// They do not, and the root's do: whoever validates sees nothing of the zone. Says why.
    Broken(String),
    /// Nobody vouches for the zone, or only by means that are not known here.
    NotVouchedFor,
    /// Not even the root's hold: the name servers that are asked do not pass signatures on, or forge answers.
    NotPassedOn,
    /// There is no validating resolver.
    NotChecked,
}

/// What the validating resolver found.
enum Found {
    /// Signed and valid.
    Secure(Vec<Record>),
    /// Nothing there, or nobody vouches for it.
    Nothing,
}

impl Dns {
    /// A resolver that validates as well: with the root's keys, or those of a file (DNSKEY records in zone format).
    pub fn with_dnssec(self, anchors: Option<&Path>) -> Result<Self, String> {
        let anchors = match anchors {
            Some(file) => TrustAnchors::from_file(file).map_err(|error| format!("{}: {error}", file.display()))?,
            None => TrustAnchors::default(),
        };
        Ok(self.validating(Arc::new(anchors)))
    }

    /// As [`Dns::with_dnssec`], with DNSKEY records in zone format.
    #[cfg(test)]
    pub(crate) fn with_anchors(self, text: &str) -> Self {
        self.validating(Arc::new(text.parse().expect("trust anchors")))
    }

    pub(super) fn validating(mut self, anchors: Arc<TrustAnchors>) -> Self {
        let resolver = TokioResolver::builder_with_config(self.config.clone(), TokioRuntimeProvider::default())
            .with_options(self.options.clone())
            .with_trust_anchor(Arc::clone(&anchors))
            .build();
        self.secure = Some(Secure { resolver: resolver.map_err(|error| error.to_string()), anchors });
        self
    }

    /// Whether the signatures of a zone hold, seen by its SOA record.
    pub async fn signatures(&self, zone: &str) -> Signatures {
        if self.secure.is_none() {
            return Signatures::NotChecked;
        }
        match self.secured(zone, RecordType::SOA).await {
            Ok(Found::Secure(_)) => Signatures::Hold,
            Ok(Found::Nothing) => Signatures::NotVouchedFor,
            Err(error) => match self.secured(".", RecordType::SOA).await {
                Ok(Found::Secure(_)) => Signatures::Broken(error.why),
                Ok(Found::Nothing) | Err(_) => Signatures::NotPassedOn,
            },
        }
    }

    /// What DANE says about `host`, a mail host of `domain` (or the domain itself), at `port`. [`Dane::None`] without a
    /// validating resolver.
    pub async fn dane(&self, domain: &str, host: &str, port: u16) -> Result<Dane, DnsError> {
        if self.secure.is_none() || host.parse::<SocketAddr>().is_ok() || host.starts_with('[') {
            return Ok(Dane::None);
        }
        if domain != host && !self.has_signed_exchange(domain, host).await? {
            return Ok(Dane::None);
        }
        // RFC 7672 §2.2.2: a host whose address nobody vouches for is not asked for TLSA records, which would not answer well.
        let mut is_vouched = false;
        for kind in [RecordType::A, RecordType::AAAA] {
            is_vouched = is_vouched || matches!(self.secured(host, kind).await?, Found::Secure(_));
        }
        if !is_vouched {
            return Ok(Dane::None);
        }
        match self.secured(&format!("_{port}._tcp.{host}"), RecordType::TLSA).await? {
            Found::Secure(records) => Ok(Dane::Tlsa(records.iter().take(MAX_RECORDS).filter_map(tlsa).collect())),
            Found::Nothing => Ok(Dane::None),
        }
    }

    /// Whether DNSSEC vouches for `host` as a mail host of `domain`. Never without a validating resolver.
    pub async fn has_signed_exchange(&self, domain: &str, host: &str) -> Result<bool, DnsError> {
        let names_host = |record: &Record| matches!(&record.data, RData::MX(mx) if host_name(&mx.exchange) == host);
        match self.secured(domain, RecordType::MX).await? {
            Found::Secure(records) => Ok(records.iter().any(names_host)),
            Found::Nothing => Ok(false),
        }
    }

    async fn secured(&self, name: &str, kind: RecordType) -> Result<Found, DnsError> {
        let failed = |why: String| DnsError { name: name.to_owned(), why };
        let Some(secure) = &self.secure else { return Ok(Found::Nothing) };
        let resolver = secure.resolver.as_ref().map_err(|why| failed(why.clone()))?;
        let Ok(mut fqdn) = Name::from_ascii(name) else { return Ok(Found::Nothing) };
        fqdn.set_fqdn(true);
        match tokio::time::timeout(self.timeout, resolver.lookup(fqdn, kind)).await {
            Ok(Ok(lookup)) => {
                // An alias on the way (CNAME) must be vouched for, too.
                let answers = lookup.answers();
                if answers.is_empty() || answers.iter().any(|record| record.proof != Proof::Secure) {
                    return Ok(Found::Nothing);
                }
                Ok(Found::Secure(answers.iter().filter(|record| record.record_type() == kind).cloned().collect()))
            }
            Ok(Err(error)) if is_absence(&error) => Ok(Found::Nothing),
            Ok(Err(error)) => Err(failed(format!("DNSSEC: {error}"))),
            Err(_) => Err(failed(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }
}

/// The name has no such record, and that is proven or nobody vouches for anything there.
fn is_absence(error: &NetError) -> bool {
    match error {
        NetError::Dns(Cause::Nsec { proof, .. }) => matches!(proof, Proof::Secure | Proof::Insecure),
        NetError::Dns(Cause::NoRecordsFound(_)) => super::absence(error).is_some(),
        _ => false,
    }
}

/// A record that RFC 7672 §3.1 knows.
fn tlsa(record: &Record) -> Option<Tlsa> {
    let RData::TLSA(tlsa) = &record.data else { return None };
    let is_issuer = match tlsa.cert_usage {
        CertUsage::DaneTa => true,
        CertUsage::DaneEe => false,
        _ => return None,
    };
    let is_key = match tlsa.selector {
        Selector::Full => false,
        Selector::Spki => true,
        _ => return None,
    };
    let matching = match tlsa.matching {
        Matching::Raw => TlsaMatching::Exact,
        Matching::Sha256 => TlsaMatching::Sha256,
        Matching::Sha512 => TlsaMatching::Sha512,
        _ => return None,
    };
    Some(Tlsa { is_issuer, is_key, matching, data: tlsa.cert_data.clone() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::signed_test_server::SignedDns;
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn key(hash: [u8; 32]) -> Tlsa {
        Tlsa { is_issuer: false, is_key: true, matching: TlsaMatching::Sha256, data: hash.to_vec() }
    }

    async fn zone() -> SignedDns {
        let mut zone = SignedDns::zone();
        zone.mx("shop.test", "mx.shop.test").host("mx.shop.test", "192.0.2.1").tlsa(
            "_25._tcp.mx.shop.test",
            3,
            [7; 32],
        );
        zone.mx("plain.test", "mx.plain.test").host("mx.plain.test", "192.0.2.2");
        zone.mx("odd.test", "mx.odd.test").host("mx.odd.test", "192.0.2.3").tlsa("_25._tcp.mx.odd.test", 1, [7; 32]);
        zone.serve().await
    }

    #[tokio::test]
    async fn signed_records_are_believed() {
        let zone = zone().await;
        let dns = Dns::new(&[zone.address], TIMEOUT).with_anchors(&zone.anchors);
        assert_eq!(dns.dane("shop.test", "mx.shop.test", 25).await.unwrap(), Dane::Tlsa(vec![key([7; 32])]));
        assert_eq!(dns.dane("shop.test", "mx.shop.test", 26).await.unwrap(), Dane::None);
        assert_eq!(dns.dane("plain.test", "mx.plain.test", 25).await.unwrap(), Dane::None);
        assert_eq!(dns.dane("odd.test", "mx.odd.test", 25).await.unwrap(), Dane::Tlsa(Vec::new()));
        assert_eq!(dns.dane("nowhere.test", "mx.shop.test", 25).await.unwrap(), Dane::None);
    }

    #[tokio::test]
    async fn what_another_key_signed_is_no_absence() {
        let (zone, other) = (zone().await, SignedDns::zone());
        let dns = Dns::new(&[zone.address], TIMEOUT).with_anchors(&other.anchors());
        let answer = dns.dane("shop.test", "mx.shop.test", 25).await;
        assert!(answer.is_err(), "{answer:?}");
    }

    #[tokio::test]
    async fn a_zones_signatures_are_told_apart_from_the_name_servers_faults() {
        let mut zone = SignedDns::zone();
        zone.apex("signed.test").unsigned_apex("broken.test");
        let other = SignedDns::zone().anchors();
        let zone = zone.serve().await;
        let dns = Dns::new(&[zone.address], TIMEOUT);
        assert_eq!(dns.signatures("signed.test").await, Signatures::NotChecked);
        let misled = dns.clone().with_anchors(&other);
        assert_eq!(misled.signatures("signed.test").await, Signatures::NotPassedOn);
        let dns = dns.with_anchors(&zone.anchors);
        for dns in [dns.without_memory(), dns] {
            assert_eq!(dns.signatures("signed.test").await, Signatures::Hold);
            let broken = dns.signatures("broken.test").await;
            assert!(matches!(broken, Signatures::Broken(_)), "{broken:?}");
        }
    }

    #[tokio::test]
    async fn without_a_validating_resolver_nothing_is_asked() {
        let zone = zone().await;
        let dns = Dns::new(&[zone.address], TIMEOUT);
        assert_eq!(dns.dane("shop.test", "mx.shop.test", 25).await.unwrap(), Dane::None);
    }
}
