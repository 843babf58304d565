//! Where the mail of a domain goes (RFC 5321 §5.1, RFC 7505).

use hickory_resolver::proto::rr::RecordType;

use super::{Answer, Dns, DnsError, exchange};

/// Hosts that are tried; domains have no more in earnest.
const MAX_HOSTS: usize = 30;

/// Where the mail of a domain goes (RFC 5321 §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailHosts {
    /// Hosts by preference, best first; those of equal preference in random order. The domain itself where it has no MX
    /// but an address (implicit MX).
    Hosts(Vec<String>),
    /// The domain accepts no mail (RFC 7505).
    NullMx,
    /// The domain does not exist, or has neither MX nor address.
    None,
}

pub(super) async fn find(dns: &Dns, domain: &str) -> Result<MailHosts, DnsError> {
    if domain.starts_with('[') {
        let is_address = !dns.addresses(domain).await?.is_empty();
        return Ok(if is_address { MailHosts::Hosts(vec![domain.to_owned()]) } else { MailHosts::None });
    }
    let records = match dns.records(domain, RecordType::MX).await? {
        Answer::NoSuchName => return Ok(MailHosts::None),
        Answer::NoSuchRecord => Vec::new(),
        Answer::Records(records) => records,
    };
    let exchanges: Vec<(u16, String)> = records.iter().filter_map(exchange).collect();
    if exchanges.is_empty() {
        let has_address = !dns.addresses(domain).await?.is_empty();
        return Ok(if has_address { MailHosts::Hosts(vec![domain.to_owned()]) } else { MailHosts::None });
    }
    // RFC 7505 §3: the root as the only exchange. Beside others it is a mistake and names no host.
    let mut hosts: Vec<_> = exchanges.into_iter().filter(|(_, host)| !host.is_empty()).collect();
    if hosts.is_empty() {
        return Ok(MailHosts::NullMx);
    }
    // A random number that cannot be had costs the random order, no more.
    hosts.sort_by_cached_key(|(preference, _)| (*preference, getrandom::u32().unwrap_or_default()));
    hosts.dedup_by(|a, b| a.1 == b.1);
    Ok(MailHosts::Hosts(hosts.into_iter().map(|(_, host)| host).take(MAX_HOSTS).collect()))
}
