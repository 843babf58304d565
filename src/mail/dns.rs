//! The one DNS resolver of the process (hickory) with its cache: used by `verify` and by `queue`.

use std::net::{IpAddr, SocketAddr};

/// Asks the configured name servers; answers are cached by their TTL within bounds.
#[derive(Clone)]
pub struct Dns {}

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

/// A look-up that failed for now.
#[derive(Clone, Debug, thiserror::Error)]
#[error("DNS did not answer for {name}: {why}")]
pub struct DnsError {
    /// What was asked.
    pub name: String,
    /// Why, in words.
    pub why: String,
}

impl Dns {
    /// A resolver over these servers (those of the system where the list is empty).
    pub fn new(servers: &[SocketAddr], timeout: std::time::Duration) -> Self {
        let _ = (servers, timeout);
        todo!("mail")
    }

    /// Where the mail of `domain` goes.
    pub async fn mail_hosts(&self, domain: &str) -> Result<MailHosts, DnsError> {
        let _ = domain;
        todo!("mail")
    }

    /// The addresses of a host; IPv6 and IPv4 mixed as the resolver gives them. Empty where there are none.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        let _ = host;
        todo!("mail")
    }
}
