//! The records that a domain of ours should have.

use std::net::IpAddr;

use super::report::ZoneRecord;
use super::subject::{DkimRecord, Subject};
use super::{certificate, policy};
use crate::mail::dkim::KeyStage;
use crate::mail::dns::reverse_name;

/// Records that are for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordGroup {
    /// What they are for, in one line.
    pub about: &'static str,
    /// The records.
    pub records: Vec<ZoneRecord>,
}

/// Everything that should be published for a domain, and for the host that takes its mail.
pub fn wanted(subject: &Subject) -> Vec<RecordGroup> {
    let Subject { domain, hostname, .. } = subject;
    let mut groups = vec![
        RecordGroup { about: "Mail for the domain goes to this server", records: vec![mx(domain, hostname)] },
        RecordGroup { about: "Its addresses", records: addresses(hostname, &subject.addresses) },
        RecordGroup {
            about: "The way back from address to name: your provider sets it for you",
            records: subject.addresses.iter().map(|address| reverse(*address, hostname)).collect(),
        },
        RecordGroup {
            about: "SPF: who may send for the domain, and for the host name itself",
            records: vec![spf(domain), spf_host(hostname)],
        },
        RecordGroup {
            about: "DKIM: the keys that letters are signed with",
            records: subject
                .dkim
                .iter()
                .filter(|key| key.stage != KeyStage::Retired)
                .map(|key| dkim(domain, key))
                .collect(),
        },
        RecordGroup {
            about: "DKIM: keys that are used no more; needed until the last letter signed with them has arrived",
            records: subject
                .dkim
                .iter()
                .filter(|key| key.stage == KeyStage::Retired)
                .map(|key| dkim(domain, key))
                .collect(),
        },
        RecordGroup {
            about: "DMARC: what others do with forged letters; p=none until reports show only your own servers, then p=reject",
            records: vec![dmarc(domain, "none")],
        },
        RecordGroup { about: "TLSRPT: where others report trouble with TLS", records: vec![tls_rpt(domain)] },
        RecordGroup {
            about: "MTA-STS: others insist on TLS; publish it once the policy is served over HTTPS",
            records: vec![mta_sts_host(domain, hostname), mta_sts(domain, &policy::ours(subject))],
        },
        RecordGroup { about: "CAA: who may issue certificates for the host name", records: vec![caa(hostname)] },
        RecordGroup {
            about: "DANE: the key of this server's certificate; only in a signed zone (DNSSEC)",
            records: tlsa(hostname, &subject.chain).into_iter().collect(),
        },
    ];
    groups.retain(|group| !group.records.is_empty());
    groups
}

pub(super) fn mx(domain: &str, hostname: &str) -> ZoneRecord {
    record(domain, "MX", format!("10 {hostname}."))
}

pub(super) fn addresses(hostname: &str, addresses: &[IpAddr]) -> Vec<ZoneRecord> {
    let kind = |address: &IpAddr| if address.is_ipv4() { "A" } else { "AAAA" };
    addresses.iter().map(|address| record(hostname, kind(address), address.to_string())).collect()
}

pub(super) fn reverse(address: IpAddr, hostname: &str) -> ZoneRecord {
    record(&reverse_name(address), "PTR", format!("{hostname}."))
}

pub(super) fn spf(domain: &str) -> ZoneRecord {
    record(domain, "TXT", "v=spf1 mx -all".to_owned())
}

pub(super) fn spf_host(hostname: &str) -> ZoneRecord {
    record(hostname, "TXT", "v=spf1 a -all".to_owned())
}

/// Where a key's record belongs.
pub fn dkim(domain: &str, key: &DkimRecord) -> ZoneRecord {
    record(&format!("{}._domainkey.{domain}", key.selector), "TXT", key.value.clone())
}

pub(super) fn dmarc(domain: &str, policy: &str) -> ZoneRecord {
    let value = format!("v=DMARC1; p={policy}; rua=mailto:{}", report_address(domain));
    record(&format!("_dmarc.{domain}"), "TXT", value)
}

pub(super) fn tls_rpt(domain: &str) -> ZoneRecord {
    let value = format!("v=TLSRPTv1; rua=mailto:{}", report_address(domain));
    record(&format!("_smtp._tls.{domain}"), "TXT", value)
}

/// The policy's host points to us.
pub(super) fn mta_sts_host(domain: &str, hostname: &str) -> ZoneRecord {
    record(&format!("mta-sts.{domain}"), "CNAME", format!("{hostname}."))
}

/// The id says when the policy changed (RFC 8461 §3.1): it is made from the policy's text.
pub(super) fn mta_sts(domain: &str, policy: &str) -> ZoneRecord {
    let id: String = blake3::hash(policy.as_bytes()).to_hex().chars().take(16).collect();
    record(&format!("_mta-sts.{domain}"), "TXT", format!("v=STSv1; id={id}"))
}

pub(super) fn caa(hostname: &str) -> ZoneRecord {
    record(hostname, "CAA", "0 issue \"letsencrypt.org\"".to_owned())
}

/// DANE-EE, public key, SHA-256 (RFC 7672 §3.1.1): holds as long as the key is kept, whatever certificate is around it.
pub(super) fn tlsa(hostname: &str, chain: &[Vec<u8>]) -> Option<ZoneRecord> {
    let pin = certificate::key_sha256(chain.first()?)?;
    Some(record(&format!("_25._tcp.{hostname}"), "TLSA", format!("3 1 1 {}", data_encoding::HEXLOWER.encode(&pin))))
}

pub(super) fn record(name: &str, kind: &'static str, value: String) -> ZoneRecord {
    ZoneRecord::new(name, kind, value)
}

/// Who reads reports: an address that every domain of ours takes letters at (RFC 2142 §5).
fn report_address(domain: &str) -> String {
    format!("postmaster@{domain}")
}
