//! Who wants the reports about a domain: what the domain says, and whether the destination agrees.

use crate::mail::dns::{Dns, DnsError};
use crate::mail::report::{Destination, Published, needs_permission, permission_name};

/// Names that are asked on the way up from a domain to the one whose policy holds for it (RFC 9989 §4.10).
const MAX_STEPS: usize = 8;

/// A DMARC record with the domain that published it.
pub(super) struct Policy {
    pub domain: String,
    pub record: Published,
}

/// The policy that holds for a domain: its own, or that of one above (RFC 7489 §6.6.3, RFC 9989 §4.10).
pub(super) async fn policy(dns: &Dns, domain: &str) -> Result<Option<Policy>, DnsError> {
    let names =
        std::iter::successors(Some(domain), |name| Some(name.split_once('.')?.1)).filter(|name| name.contains('.'));
    for name in names.take(MAX_STEPS) {
        if let Some(record) = published(dns, &format!("_dmarc.{name}")).await? {
            return Ok(Some(Policy { domain: name.to_owned(), record }));
        }
    }
    Ok(None)
}

/// The destinations of a policy that may be used (RFC 7489 §7.1).
pub(super) async fn willing(dns: &Dns, policy: &Policy) -> Result<Vec<Destination>, DnsError> {
    let mut willing = Vec::new();
    for destination in policy.record.destinations() {
        let host = destination.address.domain();
        if !needs_permission(&policy.domain, host)
            || published(dns, &permission_name(&policy.domain, host)).await?.is_some()
        {
            willing.push(destination);
        }
    }
    Ok(willing)
}

/// The one DMARC record at a name; several are none (RFC 7489 §6.6.3).
async fn published(dns: &Dns, name: &str) -> Result<Option<Published>, DnsError> {
    let records = dns.text_records(name).await?;
    let mut records = records.iter().filter_map(|record| Published::parse(record, "DMARC1"));
    Ok(match (records.next(), records.next()) {
        (record, None) => record,
        _ => None,
    })
}
