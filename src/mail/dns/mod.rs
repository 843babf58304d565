//! The one DNS resolver of the process (hickory) with its cache: used by `verify` and by `queue`.
//!
//! Promises: asks only the configured servers, by UDP, and by TCP where the answer does not fit; no search list, no hosts
//! file; an answer or an error within the timeout. Positive and negative answers are cached by their TTL, at most a day.
//! Leaves to others: which of several hosts is tried (`queue`), what records mean (`verify`).

mod dane;
mod look_up;
mod mail_hosts;
mod questions;
#[cfg(test)]
pub mod signed_test_server;
#[cfg(test)]
pub mod test_server;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::system_conf::read_system_conf;

pub use dane::{Dane, Signatures, Tlsa, TlsaMatching};
pub(in crate::mail) use look_up::reverse_name;
pub use look_up::{CaaRecord, TlsaRecord, ZoneSigning};
pub use mail_hosts::MailHosts;
pub use questions::Answers;

/// Answers that are cached.
const CACHE_SIZE: u64 = 8_192;
/// Longest time that an answer is cached.
const MAX_TTL: Duration = Duration::from_secs(86_400);
/// Longest time that the absence of a record is cached (RFC 2308 §5).
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(3_600);
/// Further attempts within the timeout.
const RETRIES: u32 = 2;
/// Queries in flight on one connection.
const MAX_IN_FLIGHT: usize = 1_024;
/// Addresses of one host that are used.
const MAX_ADDRESSES: usize = 20;

/// Asks the configured name servers; answers are cached by their TTL within bounds.
#[derive(Clone)]
pub struct Dns {
    // Building can fail (hickory prepares TLS in any case); each question then says so.
    resolver: Result<TokioResolver, String>,
    config: ResolverConfig,
    options: ResolverOpts,
    timeout: Duration,
    // Asks with DNSSEC; `None` where nobody needs it.
    secure: Option<dane::Secure>,
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
    /// A resolver over these servers (those of the system where the list is empty). `timeout` is for one question with
    /// all its attempts.
    pub fn new(servers: &[SocketAddr], timeout: Duration) -> Self {
        Self::over(if servers.is_empty() { system_servers() } else { these_servers(servers) }, timeout)
    }

    /// A resolver over the same servers that remembers nothing: sees what was changed a moment ago, as far as the servers do.
    pub fn without_memory(&self) -> Self {
        let fresh = Self::over(self.config.clone(), self.timeout);
        match &self.secure {
            Some(secure) => fresh.validating(Arc::clone(&secure.anchors)),
            None => fresh,
        }
    }

    fn over(config: ResolverConfig, timeout: Duration) -> Self {
        let mut options = ResolverOpts::default();
        options.timeout = (timeout / (RETRIES + 1)).max(Duration::from_millis(100));
        options.attempts = usize::try_from(RETRIES).unwrap_or(1);
        options.ndots = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = CACHE_SIZE;
        options.positive_max_ttl = Some(MAX_TTL);
        options.negative_max_ttl = Some(MAX_NEGATIVE_TTL);
        options.max_active_requests = MAX_IN_FLIGHT;
        options.try_tcp_on_error = true;
        let resolver = TokioResolver::builder_with_config(config.clone(), TokioRuntimeProvider::default())
            .with_options(options.clone())
            .build()
            .map_err(|error| error.to_string());
        Self { resolver, config, options, timeout, secure: None }
    }

    /// Where the mail of `domain` goes.
    pub async fn mail_hosts(&self, domain: &str) -> Result<MailHosts, DnsError> {
        mail_hosts::find(self, domain).await
    }

    /// The addresses of a host; IPv6 and IPv4 mixed as the resolver gives them. Empty where there are none. An address
    /// literal (`[192.0.2.1]`) is its own address.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        if let Some(literal) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            return Ok(literal.trim_start_matches("IPv6:").parse().into_iter().collect());
        }
        let (v6, v4) = tokio::join!(self.records(host, RecordType::AAAA), self.records(host, RecordType::A));
        let found = |answer: &Answer| match answer {
            Answer::Records(records) => records.iter().filter_map(|record| record.data.ip_addr()).collect(),
            Answer::NoSuchName | Answer::NoSuchRecord => Vec::new(),
        };
        // One family's failure does not matter where the other has an address.
        let (mut addresses, error) = match (&v6, &v4) {
            (Ok(v6), Ok(v4)) => ([found(v6), found(v4)].concat(), None),
            (Ok(one), Err(error)) | (Err(error), Ok(one)) => (found(one), Some(error)),
            (Err(error), Err(_)) => (Vec::new(), Some(error)),
        };
        addresses.truncate(MAX_ADDRESSES);
        match error {
            Some(error) if addresses.is_empty() => Err(error.clone()),
            _ => Ok(addresses),
        }
    }

    /// The IPv4 addresses of a host: the answers of a block list (RFC 5782 §2.1). Empty where there are none.
    pub async fn ipv4_addresses(&self, host: &str) -> Result<Vec<Ipv4Addr>, DnsError> {
        let ipv4 = |record: &Record| match record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        };
        match self.records(host, RecordType::A).await? {
            Answer::Records(records) => Ok(records.iter().filter_map(ipv4).take(MAX_ADDRESSES).collect()),
            Answer::NoSuchName | Answer::NoSuchRecord => Ok(Vec::new()),
        }
    }

    /// What mail-auth needs to build a resolver of its own that asks the same servers the same way.
    pub(in crate::mail) fn config(&self) -> (ResolverConfig, ResolverOpts) {
        (self.config.clone(), self.options.clone())
    }

    async fn records(&self, name: &str, kind: RecordType) -> Result<Answer, DnsError> {
        let Ok(mut fqdn) = Name::from_ascii(name) else { return Ok(Answer::NoSuchName) };
        fqdn.set_fqdn(true);
        self.ask(fqdn, name, kind).await
    }

    /// `text` is the name for messages.
    async fn ask(&self, fqdn: Name, text: &str, kind: RecordType) -> Result<Answer, DnsError> {
        let failed = |why: String| DnsError { name: text.to_owned(), why };
        let resolver = self.resolver.as_ref().map_err(|why| failed(why.clone()))?;
        match tokio::time::timeout(self.timeout, resolver.lookup(fqdn, kind)).await {
            Ok(Ok(lookup)) => Ok(Answer::Records(
                lookup.answers().iter().filter(|record| record.record_type() == kind).cloned().collect(),
            )),
            Ok(Err(error)) => absence(&error).ok_or_else(|| failed(error.to_string())),
            Err(_) => Err(failed(format!("no answer within {} ms", self.timeout.as_millis()))),
        }
    }
}

/// A complete answer.
enum Answer {
    Records(Vec<Record>),
    NoSuchName,
    NoSuchRecord,
}

fn absence(error: &NetError) -> Option<Answer> {
    match (error.is_nx_domain(), error.is_no_records_found()) {
        (true, _) => Some(Answer::NoSuchName),
        (_, true) if !is_server_failure(error) => Some(Answer::NoSuchRecord),
        _ => None,
    }
}

/// An empty answer that says `SERVFAIL` or `REFUSED` is no absence.
fn is_server_failure(error: &NetError) -> bool {
    use hickory_resolver::net::{DnsError, NoRecords};
    use hickory_resolver::proto::op::ResponseCode;
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. })) => {
            *response_code != ResponseCode::NoError
        }
        _ => false,
    }
}

fn these_servers(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
        connections.iter_mut().for_each(|connection| connection.port = address.port());
        NameServerConfig::new(address.ip(), true, connections)
    };
    ResolverConfig::from_name_servers(servers.iter().map(server).collect())
}

/// The servers of `/etc/resolv.conf` without its search list; this machine where it has none.
fn system_servers() -> ResolverConfig {
    match read_system_conf() {
        Ok((config, _)) if !config.name_servers().is_empty() => {
            ResolverConfig::from_name_servers(config.name_servers().to_vec())
        }
        _ => these_servers(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 53))]),
    }
}

fn host_name(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

fn exchange(record: &Record) -> Option<(u16, String)> {
    match &record.data {
        RData::MX(mx) => Some((mx.preference, host_name(&mx.exchange))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
