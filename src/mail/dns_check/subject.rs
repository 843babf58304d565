//! What we are and want to be seen as: what every answer of DNS is compared with.

use std::net::IpAddr;

use crate::config::Config;
use crate::mail::dkim::KeyStage;

/// One of our domains, with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The domain in A-labels.
    pub domain: String,
    /// Our host name.
    pub hostname: String,
    /// Our public addresses; empty where they are not configured: then those of the host name count.
    pub addresses: Vec<IpAddr>,
    /// The host that takes all our mail, where there is one.
    pub smarthost: Option<String>,
    /// The MTA-STS policy that we serve, where there is one.
    pub policy: Option<String>,
    /// Our keys' records.
    pub dkim: Vec<DkimRecord>,
    /// Our certificate and its authorities, in DER, our own first; empty where it is not known.
    pub chain: Vec<Vec<u8>>,
}

/// A key's record as it should stand in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DkimRecord {
    /// `s=`: the record stands at `{selector}._domainkey.{domain}`.
    pub selector: String,
    /// The TXT record's value.
    pub value: String,
    /// Whether we sign with it.
    pub stage: KeyStage,
}

impl Subject {
    /// A domain of a server with this configuration; without keys and certificate.
    pub fn new(config: &Config, domain: &str) -> Self {
        let smarthost = config.outbound.smarthost.as_deref();
        Self {
            domain: domain.to_ascii_lowercase(),
            hostname: config.hostname.to_ascii_lowercase(),
            addresses: config.identity.addresses.clone(),
            smarthost: smarthost.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host).to_owned()),
            policy: config.mta_sts_policy(),
            dkim: Vec::new(),
            chain: Vec::new(),
        }
    }
}
