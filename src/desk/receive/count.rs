//! Counts a letter for the report that its From domain may ask for (RFC 7489 §7.2): in the same commit as the letter, or as the ledger
//! lines that say why it was refused.
//!
//! What is reported as its disposition is what came of the domain's policy: the milder of what it asks for and what was done. Where that is
//! milder than asked, the row says why (RFC 9990 §3.1.6): a trusted sealer vouched for the letter, or local policy took it all the same.

use std::net::{IpAddr, SocketAddr};

use super::arrival::Arrival;
use super::plan::Plan;
use crate::desk::{Desk, keys};
use crate::mail::report::{DkimEvidence, DmarcRow, SpfEvidence};
use crate::mail::{AuthResult, Authentication, DmarcPolicy};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Longest domain that is counted, in octets (RFC 1035 §2.3.4).
const DOMAIN: usize = 253;
/// Longest row, in octets: with day and domain it stays below the store's limit for a key.
const ROW: usize = 700;
/// Signatures of a row, and octets of a selector.
const SIGNATURES: usize = 4;
const SELECTOR: usize = 63;

/// What was done with a letter, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was taken.
    Taken,
    /// It was taken and is kept apart.
    KeptApart,
    /// It was refused for good.
    Refused,
}

/// A letter as a row of the report to its From domain, not counted yet; `None` where the domain has no policy. `sender_domain` is
/// that of the envelope sender, empty for the null sender.
pub fn dmarc_row(authentication: &Authentication, peer: IpAddr, sender_domain: &str, fate: Fate) -> Option<DmarcRow> {
    let dmarc = &authentication.dmarc;
    let domain = dmarc.domain.to_lowercase();
    let has_policy = matches!(dmarc.result, AuthResult::Pass | AuthResult::Fail);
    if !has_policy || domain.is_empty() || domain.len() > DOMAIN {
        return None;
    }
    // What another vouches for has not passed here.
    let passed = dmarc.result == AuthResult::Pass && dmarc.restored_by.is_none();
    let mut dkim = authentication.dkim.clone();
    // The one that speaks for the domain first: others may have to be left out.
    dkim.sort_by_key(|one| (one.result != AuthResult::Pass, !related(&one.domain, &domain)));
    let spf = &authentication.spf;
    let dkim_aligned = passed && dkim.iter().any(|one| one.result == AuthResult::Pass && related(&one.domain, &domain));
    let spf_aligned = passed && spf.result == AuthResult::Pass && related(&spf.domain, &domain);
    // Aligned by a common organisational domain that is neither's own: then whatever passed made it pass.
    let by_cousin = passed && !dkim_aligned && !spf_aligned;
    let (disposition, overrides) = disposition(authentication, fate);
    Some(DmarcRow {
        source: peer.to_canonical().to_string(),
        disposition: disposition.to_owned(),
        dkim_aligned: dkim_aligned || by_cousin && dkim.iter().any(|one| one.result == AuthResult::Pass),
        spf_aligned: spf_aligned || by_cousin && spf.result == AuthResult::Pass,
        header_from: domain,
        envelope_from: sender_domain.to_owned(),
        dkim: dkim.iter().take(SIGNATURES).filter(|one| one.domain.len() <= DOMAIN).map(evidence).collect(),
        spf: vec![SpfEvidence { domain: spf.domain.to_lowercase(), result: word(spf.result).to_owned() }],
        overrides: overrides.map(str::to_owned).into_iter().collect(),
        ..DmarcRow::default()
    })
}

/// The row of a letter that has arrived.
pub(super) fn row(arrival: &Arrival, fate: Fate) -> Option<DmarcRow> {
    let peer = arrival.session.peer.parse::<SocketAddr>().ok()?.ip();
    let sender_domain = arrival.envelope_from.rsplit_once('@').map_or("", |(_, domain)| domain);
    dmarc_row(&arrival.authentication, peer, sender_domain, fate)
}

impl Desk {
    /// Adds a letter to the counts of its day, where letters are counted and the day has room for one of its kind.
    pub(super) fn count_letter(&self, row: Option<DmarcRow>, at: u64, plan: &mut Plan) {
        let Some(row) = row.filter(|_| self.inner.settings.count_dmarc) else { return };
        let domain = row.header_from.clone();
        let Some(encoded) = encoded(row) else { return };
        let day = at / DAY_MS;
        if self.inner.dmarc_kinds.admits(day, &domain, &encoded) {
            plan.add(keys::dmarc_count(day, &domain, &encoded), 1);
        } else {
            metrics::counter!("mxdesk_reports_uncounted_total").increment(1);
        }
    }
}

/// The row as a key's end, with as much evidence as that has room for.
fn encoded(mut row: DmarcRow) -> Option<Vec<u8>> {
    loop {
        // Cannot fail: a Vec takes everything.
        let encoded = minicbor::to_vec(&row).unwrap_or_default();
        match encoded.len() > ROW {
            true if row.dkim.pop().is_some() || row.spf.pop().is_some() => {}
            true => return None,
            false => return Some(encoded),
        }
    }
}

/// What came of the domain's policy, and why it is not what the domain asks for.
fn disposition(authentication: &Authentication, fate: Fate) -> (&'static str, Option<&'static str>) {
    let dmarc = &authentication.dmarc;
    if dmarc.result == AuthResult::Pass {
        return ("none", dmarc.restored_by.as_ref().map(|_| "trusted_forwarder"));
    }
    let asked = match dmarc.policy {
        DmarcPolicy::None => Fate::Taken,
        DmarcPolicy::Quarantine => Fate::KeptApart,
        DmarcPolicy::Reject => Fate::Refused,
    };
    let done = match fate.min(asked) {
        Fate::Taken => "none",
        Fate::KeptApart => "quarantine",
        Fate::Refused => "reject",
    };
    let why = if fate < asked { Some("local_policy") } else { dmarc.test.then_some("policy_test_mode") };
    (done, why)
}

fn evidence(fact: &crate::mail::DkimFact) -> DkimEvidence {
    DkimEvidence {
        domain: fact.domain.to_lowercase(),
        selector: fact.selector.chars().take(SELECTOR).collect(),
        result: word(fact.result).to_owned(),
    }
}

/// One is the other, or lies below it.
fn related(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    one == other || below(&one, &other) || below(&other, &one)
}

/// The result's name in reports (RFC 7489 appendix C).
fn word(result: AuthResult) -> &'static str {
    match result {
        AuthResult::None => "none",
        AuthResult::Pass => "pass",
        AuthResult::Fail => "fail",
        AuthResult::SoftFail => "softfail",
        AuthResult::Neutral => "neutral",
        AuthResult::TempError => "temperror",
        AuthResult::PermError => "permerror",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::mail::{DkimFact, DmarcFact, SpfFact};

    fn found(result: AuthResult, policy: DmarcPolicy) -> Authentication {
        Authentication {
            dmarc: DmarcFact { result, policy, domain: "Shop.test".to_owned(), ..DmarcFact::default() },
            ..Authentication::default()
        }
    }

    fn of(found: &Authentication, fate: Fate) -> DmarcRow {
        dmarc_row(found, "::ffff:192.0.2.1".parse().unwrap(), "bounce.test", fate).unwrap()
    }

    #[rstest]
    #[case(AuthResult::Pass, DmarcPolicy::Reject, Fate::Refused, "none", None)]
    #[case(AuthResult::Pass, DmarcPolicy::Reject, Fate::KeptApart, "none", None)]
    #[case(AuthResult::Fail, DmarcPolicy::Reject, Fate::Refused, "reject", None)]
    #[case(AuthResult::Fail, DmarcPolicy::Reject, Fate::KeptApart, "quarantine", Some("local_policy"))]
    #[case(AuthResult::Fail, DmarcPolicy::Reject, Fate::Taken, "none", Some("local_policy"))]
    #[case(AuthResult::Fail, DmarcPolicy::Quarantine, Fate::Refused, "quarantine", None)]
    #[case(AuthResult::Fail, DmarcPolicy::Quarantine, Fate::KeptApart, "quarantine", None)]
    #[case(AuthResult::Fail, DmarcPolicy::Quarantine, Fate::Taken, "none", Some("local_policy"))]
    #[case(AuthResult::Fail, DmarcPolicy::None, Fate::Refused, "none", None)]
    #[case(AuthResult::Fail, DmarcPolicy::None, Fate::Taken, "none", None)]
    fn the_disposition_is_what_came_of_the_policy(
        #[case] result: AuthResult,
        #[case] policy: DmarcPolicy,
        #[case] fate: Fate,
        #[case] expected: &str,
        #[case] why: Option<&str>,
    ) {
        let row = of(&found(result, policy), fate);
        assert_eq!((row.disposition.as_str(), row.overrides.first().map(String::as_str)), (expected, why));
        assert_eq!((row.source.as_str(), row.header_from.as_str()), ("192.0.2.1", "shop.test"));
    }

    #[test]
    fn a_policy_that_is_only_tested_says_so() {
        let mut found = found(AuthResult::Fail, DmarcPolicy::None);
        found.dmarc.test = true;
        assert_eq!(of(&found, Fate::Taken).overrides, ["policy_test_mode"]);
    }

    #[test]
    fn what_a_trusted_sealer_vouches_for_did_not_pass_by_itself() {
        let mut found = found(AuthResult::Pass, DmarcPolicy::Reject);
        found.dmarc.restored_by = Some("list.test".to_owned());
        found.dkim = vec![DkimFact { result: AuthResult::Pass, domain: "list.test".to_owned(), ..DkimFact::default() }];
        found.spf = SpfFact { result: AuthResult::Pass, domain: "list.test".to_owned(), ..SpfFact::default() };
        let row = of(&found, Fate::Taken);
        assert!(!row.passed());
        assert_eq!((row.disposition.as_str(), row.overrides), ("none", vec!["trusted_forwarder".to_owned()]));
    }

    #[test]
    fn a_letter_without_a_policy_is_no_row() {
        for result in [AuthResult::None, AuthResult::TempError, AuthResult::PermError] {
            let found = found(result, DmarcPolicy::None);
            assert!(dmarc_row(&found, "192.0.2.1".parse().unwrap(), "", Fate::Refused).is_none());
        }
    }
}
