//! MTA-STS (RFC 8461): the policy by which a domain demands TLS with a certificate for its mail hosts' names.
//!
//! Promises: a policy that was once fetched counts until its time is over, also when somebody in the middle hides the record; a
//! domain without a record costs one DNS question; a fetch is bounded in time and size, follows no redirection, and is not
//! tried again within five minutes after a failure.

mod fetch;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod policy;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::net::Net;
use super::runner::Shared;
use super::tls_report;
use crate::desk::{StsMode, StsPolicy, TlsResult, TlsResultKind};

pub(super) use fetch::FetchError;

/// After a failed fetch, the next one is tried no sooner (RFC 8461 §3.3).
const PAUSE_MS: u64 = 300_000;

/// Failed domains that are remembered.
const FAILED: usize = 10_000;

/// Domains whose policy could not be fetched a short while ago.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<HashMap<String, u64>>);

impl Failures {
    pub(super) fn is_recent(&self, domain: &str, now: u64) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(domain).is_some_and(|until| now < *until)
    }

    fn note(&self, domain: &str, now: u64) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= FAILED {
            failed.retain(|_, until| now < *until);
        }
        if failed.len() < FAILED {
            failed.insert(domain.to_owned(), now.saturating_add(PAUSE_MS));
        }
    }
}

/// The policy that counts for a domain now; `None` where it has none. What a report must tell of the search is noted.
pub(super) async fn policy<N: Net>(shared: &Shared<N>, domain: &str, tls: &mut Vec<TlsResult>) -> Option<StsPolicy> {
    let now = shared.net.now_ms();
    let kept = match shared.desk.sts_policy(domain).await {
        Ok(kept) => kept.filter(|policy| policy.holds_at(now)),
        Err(error) => {
            tracing::warn!(domain, %error, "a kept MTA-STS policy cannot be read");
            None
        }
    };
    // A record that is missing or cannot be had is no reason to forget what was fetched (RFC 8461 §3.3).
    let texts = shared.dns.text_records(&format!("_mta-sts.{domain}")).await.unwrap_or_default();
    let Some(id) = policy::id(&texts) else { return counting(kept) };
    if kept.as_ref().is_some_and(|policy| policy.id == id) || shared.sts_failures.is_recent(domain, now) {
        return counting(kept);
    }
    match fetch::fetch(shared, domain).await.and_then(|text| policy::read(&text, id, now)) {
        Ok(policy) => {
            if let Err(error) = shared.desk.keep_sts_policy(domain, &policy).await {
                tracing::warn!(domain, %error, "an MTA-STS policy is not kept");
            }
            counting(Some(policy))
        }
        Err(error) => {
            tracing::info!(domain, %error, "no MTA-STS policy");
            shared.sts_failures.note(domain, now);
            let kind = match error {
                FetchError::Invalid(_) => TlsResultKind::StsPolicyInvalid,
                FetchError::Certificate(_) => TlsResultKind::StsWebpkiInvalid,
                FetchError::Unreachable(_) => TlsResultKind::StsPolicyFetchError,
            };
            tls_report::note_policy(tls, domain, kind, now);
            counting(kept)
        }
    }
}

fn counting(policy: Option<StsPolicy>) -> Option<StsPolicy> {
    policy.filter(|policy| policy.mode != StsMode::None)
}

/// Whether a policy names a mail host (RFC 8461 §4.1): exactly, or with `*` for its first label.
pub(super) fn names(policy: &StsPolicy, host: &str) -> bool {
    policy.mx.iter().any(|pattern| match pattern.strip_prefix("*.") {
        Some(rest) => host.split_once('.').is_some_and(|(_, behind)| behind.eq_ignore_ascii_case(rest)),
        None => host.eq_ignore_ascii_case(pattern),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        let mx = vec!["mx.shop.test".to_owned(), "*.mail.test".to_owned()];
        let policy = StsPolicy { mx, ..StsPolicy::default() };
        for (host, expected) in [
            ("mx.shop.test", true),
            ("MX.shop.test", true),
            ("a.mail.test", true),
            ("a.b.mail.test", false),
            ("mail.test", false),
            ("mx2.shop.test", false),
        ] {
            assert_eq!(names(&policy, host), expected, "{host}");
        }
    }

    #[test]
    fn a_failure_is_remembered_for_five_minutes() {
        let failures = Failures::default();
        failures.note("shop.test", 1_000);
        assert!(failures.is_recent("shop.test", 300_999));
        assert!(!failures.is_recent("shop.test", 301_000) && !failures.is_recent("other.test", 1_000));
    }
}
