//! The servers on a way: the smarthost's addresses, or the domain's MX hosts (RFC 5321 §5.1), each with its TLS policy.

use std::net::IpAddr;

use super::net::Net;
use super::policy::{Avoid, configured, of_host};
use super::require_tls;
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

/// The servers of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// To try, in order; at least one.
    pub(super) hops: Vec<Hop>,
    /// There are no others that cannot be had just now.
    pub(super) is_whole: bool,
}

/// The servers to try. What a report must tell of those that may not be used is noted.
pub(super) async fn hops<N: Net>(shared: &Shared<N>, way: &Way, tls: &mut Vec<TlsResult>) -> Result<Found, NoRoute> {
    let configured = configured(way);
    let (hosts, port) = match &way.next {
        Next::Literal(address) => {
            let (name, address) = (address.to_string(), (*address, way.port).into());
            let policy = configured.unwrap_or(Policy::OPPORTUNISTIC);
            let policy = require_tls::policy(shared, way, &name, None, policy).await?;
            return Ok(Found { hops: vec![Hop { name, address, policy }], is_whole: true });
        }
        Next::Smarthost { host, port } => (vec![host.clone()], *port),
        Next::Domain(domain) => (mail_hosts(&shared.dns, domain).await?, way.port),
    };
    let sts = match &way.next {
        Next::Domain(domain) if (configured.is_none() || way.require_tls) && shared.config.outbound.mta_sts => {
            sts::policy(shared, domain, tls).await
        }
        _ => None,
    };
    let mut found = Vec::new();
    let mut trouble: Option<NoRoute> = None;
    for host in hosts.into_iter().take(HOSTS) {
        let policy = match &configured {
            Some(policy) => Ok(policy.clone()),
            None => records_of(shared, way, &host, port, sts.as_ref(), tls).await,
        };
        let policy = match policy {
            Ok(policy) => require_tls::policy(shared, way, &host, sts.as_ref(), policy).await,
            Err(why) => Err(NoRoute::NotNow(why)),
        };
        match (policy, addresses(&shared.dns, &host).await.map_err(NoRoute::NotNow)) {
            (Ok(policy), Ok(addresses)) => {
                found.extend(addresses.into_iter().take(ADDRESSES).map(|address| Hop {
                    name: host.clone(),
                    address: (address, port).into(),
                    policy: policy.clone(),
                }));
            }
            // What may be otherwise in a while weighs more than what will not.
            (Err(error), _) | (_, Err(error)) => {
                trouble = trouble.filter(|known| matches!(known, NoRoute::NotNow(_))).or(Some(error));
            }
        }
    }
    let is_whole = !matches!(trouble, Some(NoRoute::NotNow(_)));
    match (found.is_empty(), trouble) {
        (false, _) => Ok(Found { hops: found, is_whole }),
        (true, Some(error)) => Err(error),
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
