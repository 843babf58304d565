//! Typed questions about one name, for the methods that verify a letter: what it has of one kind, and whether it exists.
//!
//! Any visible text may come as a name (SPF's macros make them from what the sender says): what cannot be asked does not
//! exist. Names in answers are plain text in lower case without the final dot.

use std::net::IpAddr;

use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::{Answer, Dns, DnsError};

/// RFC 1035 §2.3.4 as text without the final dot, in octets.
const MAX_NAME: usize = 253;

/// What a name has of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers<T> {
    /// In the server's order; empty where there are none.
    pub records: Vec<T>,
    /// Whether the name exists (RFC 8020): false for `NXDOMAIN` and for what cannot be a name.
    pub exists: bool,
}

impl Dns {
    /// The TXT records, each with its strings joined (RFC 7208 §3.3).
    pub async fn texts(&self, name: &str) -> Result<Answers<Vec<u8>>, DnsError> {
        self.question(query_name(name), name, RecordType::TXT, |data| match data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        })
        .await
    }

    /// The addresses of the family that is asked for.
    pub async fn addresses_like(&self, name: &str, family: IpAddr) -> Result<Answers<IpAddr>, DnsError> {
        let kind = if family.is_ipv4() { RecordType::A } else { RecordType::AAAA };
        self.question(query_name(name), name, kind, RData::ip_addr).await
    }

    /// The MX hosts, best first. A null MX (RFC 7505) is an empty name.
    pub async fn exchanges(&self, name: &str) -> Result<Answers<String>, DnsError> {
        let pairs = self
            .question(query_name(name), name, RecordType::MX, |data| match data {
                RData::MX(mx) => Some((mx.preference, plain(&mx.exchange))),
                _ => None,
            })
            .await?;
        let mut records = pairs.records;
        records.sort_by_key(|(preference, _)| *preference);
        Ok(Answers { records: records.into_iter().map(|(_, host)| host).collect(), exists: pairs.exists })
    }

    /// The names that an address points to.
    pub async fn pointers(&self, address: IpAddr) -> Result<Answers<String>, DnsError> {
        self.question(Some(Name::from(address)), &address.to_string(), RecordType::PTR, |data| match data {
            RData::PTR(pointer) => Some(plain(&pointer.0)),
            _ => None,
        })
        .await
    }

    async fn question<T>(
        &self,
        name: Option<Name>,
        text: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Answers<T>, DnsError> {
        let Some(name) = name else { return Ok(Answers { records: Vec::new(), exists: false }) };
        Ok(match self.ask(name, text, kind).await? {
            Answer::NoSuchName => Answers { records: Vec::new(), exists: false },
            Answer::NoSuchRecord => Answers { records: Vec::new(), exists: true },
            Answer::Records(records) => {
                Answers { records: records.iter().filter_map(|record| read(&record.data)).collect(), exists: true }
            }
        })
    }
}

/// A name of labels of 1 to 63 octets, at most 253 in all; one final dot is allowed.
fn query_name(text: &str) -> Option<Name> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() || text.len() > MAX_NAME {
        return None;
    }
    let mut name = Name::from_labels(text.split('.').map(str::as_bytes)).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// Without the escapes of the presentation format, so that it can be asked for again.
fn plain(name: &Name) -> String {
    let mut text = String::with_capacity(64);
    for label in name.iter() {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&String::from_utf8_lossy(label).to_ascii_lowercase());
    }
    text
}
