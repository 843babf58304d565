//! What TLS must be like towards one mail host: what the configuration says, else DANE, else MTA-STS, else opportunistic.

use super::sts;
use super::tls::Policy;
use super::way::{Next, Way};
use crate::config::TlsDemand;
use crate::desk::{StsMode, StsPolicy, TlsPolicyKind};
use crate::mail::dns::{Dane, Dns};

/// Why a mail host must not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Avoid {
    /// Its DNSSEC records are forged or broken (RFC 7672 §2.1.2).
    Dnssec(String),
    /// The domain's MTA-STS policy does not name it (RFC 8461 §4.1).
    NotInPolicy,
}

/// What the way's own setting demands; `None` where the domain's records decide.
pub(super) fn configured(way: &Way) -> Option<Policy> {
    match (way.tls, &way.next) {
        (TlsDemand::Required, _) => Some(Policy::REQUIRED),
        (TlsDemand::Implicit, _) => Some(Policy::IMPLICIT),
        (TlsDemand::Never, _) => Some(Policy::NEVER),
        (TlsDemand::Opportunistic, Next::Smarthost { .. } | Next::Literal(_)) => Some(Policy::OPPORTUNISTIC),
        (TlsDemand::Opportunistic, Next::Domain(_)) => None,
    }
}

/// What a domain's records demand for one of its mail hosts. DANE comes first (RFC 8461 §2).
pub(super) async fn of_host(
    dns: &Dns,
    domain: &str,
    host: &str,
    port: u16,
    policy: Option<&StsPolicy>,
) -> Result<Policy, Avoid> {
    match dns.dane(domain, host, port).await {
        Err(error) => return Err(Avoid::Dnssec(error.to_string())),
        Ok(Dane::Tlsa(records)) if records.is_empty() => return Ok(Policy::DANE_ANY),
        Ok(Dane::Tlsa(records)) => return Ok(Policy::dane(records, vec![host.to_owned(), domain.to_owned()])),
        Ok(Dane::None) => {}
    }
    match policy {
        Some(policy) if policy.mode == StsMode::Enforce => {
            if sts::names(policy, host) {
                Ok(Policy::STS)
            } else {
                Err(Avoid::NotInPolicy)
            }
        }
        Some(_) => Ok(Policy::STS_TESTING),
        None => Ok(Policy::OPPORTUNISTIC),
    }
}

/// As which policy a session counts in reports (RFC 8460 §4.1).
pub(super) fn kind(policy: &Policy) -> TlsPolicyKind {
    match policy.word {
        "dane" | "dane, requiretls" => TlsPolicyKind::Tlsa,
        "mta-sts" | "mta-sts testing" | "mta-sts, requiretls" => TlsPolicyKind::Sts,
        _ => TlsPolicyKind::NoPolicyFound,
    }
}
