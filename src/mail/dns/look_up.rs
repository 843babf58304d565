//! Look-ups of one record type each, for those who judge what stands in DNS (`mail::dns_check`).
//!
//! Promises: at most [`MOST`] records of an answer are kept. An empty list is a complete answer: there is none.

use std::net::IpAddr;

use hickory_resolver::proto::rr::rdata::{CAA, TLSA};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::{Answer, Dns, DnsError, exchange, host_name};

/// Records of one name and type that are looked at.
const MOST: usize = 50;

/// A TLSA record (RFC 6698 §2.1) in numbers, as they are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsaRecord {
    /// Certificate usage: 2 names an authority, 3 the server's own certificate.
    pub usage: u8,
    /// 0: the whole certificate; 1: its public key.
    pub selector: u8,
    /// 0: as it is; 1: its SHA-256; 2: its SHA-512.
    pub matching: u8,
    /// What is compared.
    pub data: Vec<u8>,
}

/// A CAA record (RFC 8659 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaaRecord {
    /// An authority that does not know the tag must not issue.
    pub critical: bool,
    /// `issue`, `issuewild`, `iodef`, …
    pub tag: String,
    /// The value, as text.
    pub value: String,
}

/// Whether a name's zone is signed (RFC 4035): whether its parent vouches for its keys with a DS record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneSigning {
    /// The zone's name; empty for the root.
    pub zone: String,
    /// The parent holds a DS record.
    pub signed: bool,
}

impl Dns {
    /// TXT records; the strings of one are put together (RFC 7208 §3.3).
    pub async fn text_records(&self, name: &str) -> Result<Vec<String>, DnsError> {
        self.list(name, RecordType::TXT, |data| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        })
        .await
    }

    /// MX records as they stand: preference and host, best first; the host is empty for a null MX.
    pub async fn mx_records(&self, domain: &str) -> Result<Vec<(u16, String)>, DnsError> {
        let Answer::Records(records) = self.records(domain, RecordType::MX).await? else { return Ok(Vec::new()) };
        let mut found: Vec<_> = records.iter().filter_map(exchange).take(MOST).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// What a name is an alias of, where it is one.
    pub async fn alias(&self, name: &str) -> Result<Option<String>, DnsError> {
        let found = self
            .list(name, RecordType::CNAME, |data| match data {
                RData::CNAME(target) => Some(host_name(&target.0)),
                _ => None,
            })
            .await?;
        Ok(found.into_iter().next())
    }

    /// The names that an address has (PTR).
    pub async fn reverse_names(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        self.list(&reverse_name(address), RecordType::PTR, |data| match data {
            RData::PTR(name) => Some(host_name(&name.0)),
            _ => None,
        })
        .await
    }

    /// TLSA records, unproven: see [`Dns::zone_signing`].
    pub async fn tlsa_records(&self, name: &str) -> Result<Vec<TlsaRecord>, DnsError> {
        self.list(name, RecordType::TLSA, |data| match data {
            RData::TLSA(record) => Some(tlsa(record)),
            _ => None,
        })
        .await
    }

    /// CAA records of exactly this name.
    pub async fn caa_records(&self, name: &str) -> Result<Vec<CaaRecord>, DnsError> {
        self.list(name, RecordType::CAA, |data| match data {
            RData::CAA(record) => Some(caa(record)),
            _ => None,
        })
        .await
    }

    /// The zone that a name is in, and whether it is signed. Says nothing of whether the signatures hold.
    pub async fn zone_signing(&self, name: &str) -> Result<ZoneSigning, DnsError> {
        let mut zone = name.trim_end_matches('.');
        while !zone.is_empty() {
            let apex = match self.records(zone, RecordType::SOA).await? {
                Answer::Records(records) => {
                    records.iter().any(|record| host_name(&record.name).eq_ignore_ascii_case(zone))
                }
                Answer::NoSuchName | Answer::NoSuchRecord => false,
            };
            if apex {
                let ds = self.records(zone, RecordType::DS).await?;
                let signed = matches!(ds, Answer::Records(records) if !records.is_empty());
                return Ok(ZoneSigning { zone: zone.to_owned(), signed });
            }
            zone = zone.split_once('.').map_or("", |(_, parent)| parent);
        }
        Ok(ZoneSigning { zone: String::new(), signed: false })
    }

    async fn list<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, DnsError> {
        match self.records(name, kind).await? {
            Answer::Records(records) => Ok(records.iter().filter_map(|record| read(&record.data)).take(MOST).collect()),
            Answer::NoSuchName | Answer::NoSuchRecord => Ok(Vec::new()),
        }
    }
}

/// The name under which an address has its PTR records (RFC 1035 §3.5, RFC 3596 §2.5), without the last dot.
pub(in crate::mail) fn reverse_name(address: IpAddr) -> String {
    Name::from(address).to_ascii().trim_end_matches('.').to_owned()
}

fn tlsa(record: &TLSA) -> TlsaRecord {
    TlsaRecord {
        usage: record.cert_usage.into(),
        selector: record.selector.into(),
        matching: record.matching.into(),
        data: record.cert_data.clone(),
    }
}

fn caa(record: &CAA) -> CaaRecord {
    CaaRecord {
        critical: record.issuer_critical,
        tag: record.tag.to_ascii_lowercase(),
        value: String::from_utf8_lossy(&record.value).into_owned(),
    }
}
