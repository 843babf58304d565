//! Counts a letter for the report that its From domain may ask for (RFC 7489 §7.2): in the same commit as the letter.

use std::net::SocketAddr;

use super::arrival::Arrival;
use super::plan::Plan;
use crate::desk::keys;
use crate::mail::report::{DkimEvidence, DmarcRow, SpfEvidence};
use crate::mail::{AuthResult, Authentication};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Longest domain that is counted, in octets (RFC 1035 §2.3.4).
const DOMAIN: usize = 253;
/// Longest row, in octets: with day and domain it stays below the store's limit for a key.
const ROW: usize = 700;
/// Signatures of a row, and octets of a selector.
const SIGNATURES: usize = 4;
const SELECTOR: usize = 63;

/// Adds the letter to the counts of its day, where its From domain has a policy.
pub(super) fn add(arrival: &Arrival, plan: &mut Plan) {
    let authentication = &arrival.authentication;
    let domain = authentication.dmarc.domain.to_lowercase();
    let has_policy = matches!(authentication.dmarc.result, AuthResult::Pass | AuthResult::Fail);
    if !has_policy || domain.is_empty() || domain.len() > DOMAIN {
        return;
    }
    let Ok(peer) = arrival.session.peer.parse::<SocketAddr>() else { return };
    let mut row = row(authentication, &domain, peer);
    row.envelope_from = arrival.envelope_from.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let encoded = loop {
        // Cannot fail: a Vec takes everything.
        let encoded = minicbor::to_vec(&row).unwrap_or_default();
        match encoded.len() > ROW {
            true if row.dkim.pop().is_some() || row.spf.pop().is_some() => {}
            true => return,
            false => break encoded,
        }
    };
    plan.add(keys::dmarc_count(arrival.at / DAY_MS, &domain, &encoded), 1);
}

/// The letter as a row of a report, not counted yet.
fn row(authentication: &Authentication, domain: &str, peer: SocketAddr) -> DmarcRow {
    let passed = authentication.dmarc.result == AuthResult::Pass;
    let mut dkim = authentication.dkim.clone();
    // The one that speaks for the domain first: others may have to be left out.
    dkim.sort_by_key(|one| (one.result != AuthResult::Pass, !related(&one.domain, domain)));
    let spf = &authentication.spf;
    let dkim_aligned = passed && dkim.iter().any(|one| one.result == AuthResult::Pass && related(&one.domain, domain));
    let spf_aligned = passed && spf.result == AuthResult::Pass && related(&spf.domain, domain);
    // Aligned by a common organisational domain that is neither's own: then whatever passed made it pass.
    let by_cousin = passed && !dkim_aligned && !spf_aligned;
    DmarcRow {
        source: peer.ip().to_canonical().to_string(),
        disposition: "none".to_owned(),
        dkim_aligned: dkim_aligned || by_cousin && dkim.iter().any(|one| one.result == AuthResult::Pass),
        spf_aligned: spf_aligned || by_cousin && spf.result == AuthResult::Pass,
        header_from: domain.to_owned(),
        dkim: dkim.iter().take(SIGNATURES).filter(|one| one.domain.len() <= DOMAIN).map(evidence).collect(),
        spf: vec![SpfEvidence { domain: spf.domain.to_lowercase(), result: word(spf.result).to_owned() }],
        ..DmarcRow::default()
    }
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
