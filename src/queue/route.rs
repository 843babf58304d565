//! The servers on a way: the smarthost's addresses, or the domain's MX hosts (RFC 5321 §5.1), each with its TLS policy.

use std::net::IpAddr;

use super::net::Net;
use super::policy::{Avoid, configured, of_host};
use super::runner::Shared;
use super::session::Hop;
use super::sts;
use super::tls::Policy;
use super::tls_report;
use super::way::{Next, Way};
use crate::desk::{StsPolicy, TlsResult};
use crate::mail::dns::{Dns, MailHosts};

/// Hosts tried in one attempt at the most (RFC 5321 §5.1 asks for at least two addresses).
const HOSTS: usize = 5;

/// Addresses of one host tried in one attempt at the most.
const ADDRESSES: usize = 4;

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// For good: the domain takes no mail or does not exist.
    Never(String),
    /// For now: DNS does not answer, or no server may be used.
    NotNow(String),
}

/// The servers to try, in order; at least one. What a report must tell of those that may not be used is noted.
pub(super) async fn hops<N: Net>(shared: &Shared<N>, way: &Way, tls: &mut Vec<TlsResult>) -> Result<Vec<Hop>, NoRoute> {
    let configured = configured(way);
    let (hosts, port) = match &way.next {
        Next::Literal(address) => {
            let (name, address) = (address.to_string(), (*address, way.port).into());
            return Ok(vec![Hop { name, address, policy: configured.unwrap_or(Policy::OPPORTUNISTIC) }]);
        }
        Next::Smarthost { host, port } => (vec![host.clone()], *port),
        Next::Domain(domain) => (mail_hosts(&shared.dns, domain).await?, way.port),
    };
    let sts = match &way.next {
        Next::Domain(domain) if configured.is_none() && shared.config.outbound.mta_sts => {
            sts::policy(shared, domain, tls).await
        }
        _ => None,
    };
    let mut found = Vec::new();
    let mut trouble = None;
    for host in hosts.into_iter().take(HOSTS) {
        let policy = match &configured {
            Some(policy) => Ok(policy.clone()),
            None => records_of(shared, way, &host, port, sts.as_ref(), tls).await,
        };
        match (policy, addresses(&shared.dns, &host).await) {
            (Ok(policy), Ok(addresses)) => {
                found.extend(addresses.into_iter().take(ADDRESSES).map(|address| Hop {
                    name: host.clone(),
                    address: (address, port).into(),
                    policy: policy.clone(),
                }));
            }
            (Err(error), _) | (_, Err(error)) => trouble = Some(error),
        }
    }
    match (found.is_empty(), trouble) {
        (false, _) => Ok(found),
        (true, Some(error)) => Err(NoRoute::NotNow(error)),
        (true, None) => Err(NoRoute::NotNow("no mail host of the domain has an address".to_owned())),
    }
}

/// What the domain's records demand for one of its hosts, or why it must not be used.
async fn records_of<N: Net>(
    shared: &Shared<N>,
    way: &Way,
    host: &str,
    port: u16,
    sts: Option<&StsPolicy>,
    tls: &mut Vec<TlsResult>,
) -> Result<Policy, String> {
    let Next::Domain(domain) = &way.next else { return Ok(Policy::OPPORTUNISTIC) };
    of_host(&shared.dns, domain, host, port, sts).await.map_err(|avoid| {
        tls_report::note_avoided(tls, domain, host, &avoid, shared.net.now_ms());
        match avoid {
            Avoid::Dnssec(why) => why,
            Avoid::NotInPolicy => format!("{host} is not named by the MTA-STS policy of {domain}"),
        }
    })
}

async fn mail_hosts(dns: &Dns, domain: &str) -> Result<Vec<String>, NoRoute> {
    match dns.mail_hosts(domain).await {
        Ok(MailHosts::Hosts(hosts)) => Ok(hosts),
        Ok(MailHosts::NullMx) => Err(NoRoute::Never(format!("{domain} accepts no mail (null MX, RFC 7505)"))),
        Ok(MailHosts::None) => Err(NoRoute::Never(format!("{domain} has neither MX nor address"))),
        Err(error) => Err(NoRoute::NotNow(error.to_string())),
    }
}

async fn addresses(dns: &Dns, host: &str) -> Result<Vec<IpAddr>, String> {
    match host.parse() {
        Ok(address) => Ok(vec![address]),
        Err(_) => dns.addresses(host).await.map_err(|error| error.to_string()),
    }
}
