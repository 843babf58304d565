//! What TLS towards a domain was like, counted per domain and day for a report to it (RFC 8460 §4).
//!
//! Promises: each session to a domain's own servers is noted once, and written down in the commit of its first attempt.
//! Leaves to others: the report (`desk::tls_results` has the counts).

use super::policy::{Avoid, kind};
use super::session::{Hop, Unopened};
use super::tls::When;
use super::way::{Next, Way};
use crate::desk::{TlsPolicyKind, TlsResult, TlsResultKind};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Notes one session, where it was one to a domain's own servers. `failure` is what kept TLS from being used, or the session
/// from being opened; what has nothing to do with TLS is not counted. `certificate` is the verdict on a session over TLS.
pub(super) fn note(
    noted: &mut Vec<TlsResult>,
    way: &Way,
    hop: &Hop,
    failure: Option<&Unopened>,
    certificate: Option<&str>,
    now_ms: u64,
) {
    let Next::Domain(domain) = &way.next else { return };
    // What a letter demanded beyond the domain's own policy is no failure of the domain (RFC 8689).
    if hop.policy.when == When::Never || hop.policy.word == "requiretls" {
        return;
    }
    let policy = kind(&hop.policy);
    let result = match (failure, certificate) {
        (Some(failure), _) => match failed(failure) {
            Some(result) => result,
            None => return,
        },
        (None, None) => TlsResultKind::StarttlsNotSupported,
        // What a policy that is tried out would have refused.
        (None, Some(verdict)) if policy == TlsPolicyKind::Sts => judged(verdict).unwrap_or(TlsResultKind::Success),
        (None, Some(_)) => TlsResultKind::Success,
    };
    noted.push(TlsResult {
        day: now_ms / DAY_MS,
        domain: domain.clone(),
        policy,
        kind: result,
        host: hop.name.clone(),
        address: hop.address.ip().to_string(),
    });
}

/// Notes a host that must not be used.
pub(super) fn note_avoided(noted: &mut Vec<TlsResult>, domain: &str, host: &str, avoid: &Avoid, now_ms: u64) {
    let (policy, kind) = match avoid {
        Avoid::Dnssec(_) => (TlsPolicyKind::Tlsa, TlsResultKind::DnssecInvalid),
        Avoid::NotInPolicy => (TlsPolicyKind::Sts, TlsResultKind::ValidationFailure),
    };
    let (domain, host) = (domain.to_owned(), host.to_owned());
    noted.push(TlsResult { day: now_ms / DAY_MS, domain, policy, kind, host, address: String::new() });
}

/// Notes an MTA-STS policy that could not be had.
pub(super) fn note_policy(noted: &mut Vec<TlsResult>, domain: &str, kind: TlsResultKind, now_ms: u64) {
    noted.push(TlsResult {
        day: now_ms / DAY_MS,
        domain: domain.to_owned(),
        policy: TlsPolicyKind::Sts,
        kind,
        host: String::new(),
        address: String::new(),
    });
}

fn failed(failure: &Unopened) -> Option<TlsResultKind> {
    match failure {
        Unopened::NoTls { is_missing: true, .. } => Some(TlsResultKind::StarttlsNotSupported),
        Unopened::NoTls { certificate, .. } => {
            Some(certificate.as_deref().and_then(judged).unwrap_or(TlsResultKind::ValidationFailure))
        }
        // TLS itself was as it should be.
        Unopened::NoRequireTls { .. } => Some(TlsResultKind::Success),
        Unopened::Refused(_) | Unopened::NotConnected(_) | Unopened::Broken(_) | Unopened::NotSignedIn(_) => None,
    }
}

/// The failure type behind a verdict's words; `None` for a good one.
fn judged(verdict: &str) -> Option<TlsResultKind> {
    let says = |word: &str| verdict.to_ascii_lowercase().contains(word);
    if verdict.starts_with("verified") {
        None
    } else if says("expired") {
        Some(TlsResultKind::CertificateExpired)
    } else if says("not valid for name") || says("notvalidforname") {
        Some(TlsResultKind::CertificateHostMismatch)
    } else if says("unknownissuer") || says("unknown issuer") {
        Some(TlsResultKind::CertificateNotTrusted)
    } else {
        Some(TlsResultKind::ValidationFailure)
    }
}
