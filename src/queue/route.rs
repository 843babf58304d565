//! The way to a recipient: the smarthost, or the domain's MX hosts (RFC 5321 §5.1).

use std::net::{IpAddr, SocketAddr};

use crate::config::Outbound;
use crate::mail::Address;
use crate::mail::dns::{Dns, MailHosts};

/// Hosts tried in one attempt at the most (RFC 5321 §5.1 asks for at least two addresses).
const HOSTS: usize = 5;

/// Addresses of one host tried in one attempt at the most.
const ADDRESSES: usize = 4;

/// One server that may take the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    /// Its name, for TLS and for people.
    pub(super) name: String,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// For good: the domain takes no mail or does not exist.
    Never(String),
    /// For now: DNS does not answer.
    NotNow(String),
}

/// The servers to try, in order; at least one.
pub(super) async fn hops(outbound: &Outbound, dns: &Dns, recipient: &Address) -> Result<Vec<Hop>, NoRoute> {
    let hosts = match &outbound.smarthost {
        Some(smarthost) => vec![host_and_port(smarthost, outbound.port)],
        None => match literal(recipient.domain()) {
            Some(address) => {
                return Ok(vec![Hop { name: address.to_string(), address: (address, outbound.port).into() }]);
            }
            None => mail_hosts(dns, recipient.domain()).await?.into_iter().map(|host| (host, outbound.port)).collect(),
        },
    };
    let mut found = Vec::new();
    let mut trouble = None;
    for (host, port) in hosts.into_iter().take(HOSTS) {
        match addresses(dns, &host).await {
            Ok(addresses) => found.extend(
                addresses
                    .into_iter()
                    .take(ADDRESSES)
                    .map(|address| Hop { name: host.clone(), address: (address, port).into() }),
            ),
            Err(error) => trouble = Some(error),
        }
    }
    match (found.is_empty(), trouble) {
        (false, _) => Ok(found),
        (true, Some(error)) => Err(NoRoute::NotNow(error)),
        (true, None) => Err(NoRoute::NotNow("no mail host of the domain has an address".to_owned())),
    }
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

/// `host:port` of the configuration; brackets around an IPv6 address are taken off.
fn host_and_port(text: &str, default_port: u16) -> (String, u16) {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    (host.trim_matches(['[', ']']).to_owned(), port.parse().unwrap_or(default_port))
}

/// The address of a domain that is an address literal (RFC 5321 §4.1.3).
fn literal(domain: &str) -> Option<IpAddr> {
    let inside = domain.strip_prefix('[')?.strip_suffix(']')?;
    inside.strip_prefix("IPv6:").or_else(|| inside.strip_prefix("ipv6:")).unwrap_or(inside).parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("relay.test:2525", "relay.test", 2525)]
    #[case("127.0.0.1:25", "127.0.0.1", 25)]
    #[case("[::1]:26", "::1", 26)]
    fn a_smarthost_is_host_and_port(#[case] text: &str, #[case] host: &str, #[case] port: u16) {
        assert_eq!(host_and_port(text, 25), (host.to_owned(), port));
    }

    #[test]
    fn an_address_literal_is_its_own_host() {
        assert_eq!(literal("[192.0.2.1]"), Some(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(literal("[ipv6:::1]"), "::1".parse().ok());
        assert_eq!(literal("example.test"), None);
    }
}
