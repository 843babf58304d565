//! What a TLS report quotes of a policy (RFC 8460 §4.4, `policy-string` and `mx-host`).
//!
//! The MTA-STS policy is the one that was kept last; TLSA records are those that stand in DNS when the report is written, believed only when
//! DNSSEC vouches for them. What has vanished since is not quoted.

use std::collections::BTreeSet;

use super::Reports;
use super::tls::Counted;
use crate::desk::TlsPolicyKind;
use crate::mail::dns::Dane;
use crate::mail::report::TlsPolicy;

/// Lines that are quoted of one policy.
const LINES: usize = 100;
/// Hosts whose TLSA records are looked up for one report.
const HOSTS: usize = 20;

impl Reports {
    /// Adds the policy's own words to its entry in a report that is made of these results.
    pub(super) async fn quote(&self, policy: &mut TlsPolicy, results: &[Counted]) {
        match policy.kind.as_str() {
            "sts" => match self.desk.sts_policy(&policy.domain).await {
                Ok(Some(kept)) => {
                    policy.lines = kept.lines();
                    policy.mx = kept.mx;
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, domain = policy.domain, "a kept MTA-STS policy cannot be read"),
            },
            "tlsa" => policy.lines = self.tlsa_lines(&policy.domain, results).await,
            _ => {}
        }
        policy.lines.truncate(LINES);
        policy.mx.truncate(LINES);
    }

    /// The TLSA records of the hosts that were reached by DANE.
    async fn tlsa_lines(&self, domain: &str, results: &[Counted]) -> Vec<String> {
        let port = self.config.outbound.port;
        let by_dane = results.iter().filter(|(result, _)| result.policy == TlsPolicyKind::Tlsa);
        let hosts: BTreeSet<&str> =
            by_dane.map(|(result, _)| result.host.as_str()).filter(|host| !host.is_empty()).collect();
        let mut lines = Vec::new();
        for host in hosts.into_iter().take(HOSTS) {
            match self.dns.dane(domain, host, port).await {
                Ok(Dane::Tlsa(records)) => {
                    let line = |data: String| format!("_{port}._tcp.{host}. IN TLSA {data}");
                    lines.extend(records.iter().map(|record| line(record.presentation())));
                }
                Ok(Dane::None) => {}
                Err(error) => tracing::debug!(%error, host, "TLSA records cannot be quoted"),
            }
        }
        lines
    }
}
