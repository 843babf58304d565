//! Judges what the world sees of a domain of ours: its DNS records, its MTA-STS policy, the way out, block lists.
//!
//! Promises: every check answers within [`DEADLINE`], with a state, what it means, what was found, and the exact record
//! to publish where one is missing or wrong. What could not be found out is `unknown`, never `ok`. Answers are asked for
//! anew at each call. Nothing is changed. Everything about a domain is asked at the configured name servers only; other
//! hosts are contacted for its MTA-STS policy, and where the caller names them.
//! Leaves to others: which domains and keys there are (`desk`), who may ask and how often (`http`).

mod block_list;
mod caa;
mod certificate;
mod dkim;
mod dmarc;
mod dmarc_record;
mod dnssec;
mod host;
mod https;
mod mta_sts;
mod mx;
mod policy;
mod port_25;
mod records;
mod report;
mod reverse;
mod spf;
mod subject;
mod tags;
#[cfg(test)]
mod tests;
mod tls_rpt;
mod tlsa;

use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};

use super::dns::{Dns, DnsError};
pub use certificate::read_chain;
pub use dkim::is_published;
pub use https::Https;
pub use records::{RecordGroup, dkim as dkim_record, wanted};
pub use report::{CheckKind, CheckState, DomainReport, Finding, ServedFile, ZoneRecord};
pub use subject::{DkimRecord, Sender, Subject};

/// How long one check may take; all run at the same time.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// What is done only because somebody asks for it.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// A domain or host, and the port, that is tried to see whether mail gets out.
    pub way_out: Option<(String, u16)>,
    /// DNS block lists in which our addresses are looked up.
    pub block_lists: Vec<String>,
}

/// What every check needs.
struct Look<'a> {
    dns: Dns,
    https: &'a Https,
    subject: &'a Subject,
    extras: &'a Extras,
    /// Our addresses: those of the configuration, else those of our host name.
    own: Result<Vec<IpAddr>, DnsError>,
}

impl Look<'_> {
    /// The addresses of a host that may be an address itself.
    async fn addresses_of(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        match host.parse() {
            Ok(address) => Ok(vec![address]),
            Err(_) => self.dns.addresses(host).await,
        }
    }
}

/// Runs every check of a domain.
pub async fn check(dns: &Dns, https: &Https, subject: &Subject, extras: &Extras) -> DomainReport {
    let dns = dns.without_memory();
    let own = match subject.addresses.as_slice() {
        [] => dns.addresses(&subject.hostname).await,
        known => Ok(known.to_vec()),
    };
    let look = Look { dns, https, subject, extras, own };
    let mut checks: Vec<(CheckKind, BoxFuture<'_, Finding>)> = vec![
        (CheckKind::Host, host::check(&look).boxed()),
        (CheckKind::Reverse, reverse::check(&look).boxed()),
        (CheckKind::Mx, mx::check(&look).boxed()),
        (CheckKind::Spf, spf::check(&look).boxed()),
        (CheckKind::SpfHost, spf::check_host(&look).boxed()),
        (CheckKind::Dkim, dkim::check(&look).boxed()),
        (CheckKind::Dmarc, dmarc::check(&look).boxed()),
        (CheckKind::MtaSts, mta_sts::check(&look).boxed()),
        (CheckKind::TlsRpt, tls_rpt::check(&look).boxed()),
        (CheckKind::Dnssec, dnssec::check(&look).boxed()),
        (CheckKind::Tlsa, tlsa::check(&look).boxed()),
        (CheckKind::Caa, caa::check(&look).boxed()),
    ];
    if !extras.block_lists.is_empty() {
        checks.push((CheckKind::BlockList, block_list::check(&look).boxed()));
    }
    if let Some((host, port)) = &extras.way_out {
        checks.push((CheckKind::Port25, port_25::check(&look, host, *port).boxed()));
    }
    let checks = join_all(checks.into_iter().map(|(kind, check)| async move {
        tokio::time::timeout(DEADLINE, check).await.unwrap_or_else(|_| {
            let seconds = DEADLINE.as_secs();
            Finding::new(kind).note(CheckState::Unknown, format!("No answer within {seconds} seconds."))
        })
    }));
    DomainReport::new(&subject.domain, checks.await)
}
