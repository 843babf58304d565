//! What methods found as our facts: what is stored, shown and matched by rules.

use mail_auth::DkimResult;

use crate::mail::spf;
use crate::mail::{AuthResult, DmarcFact, SpfFact, dmarc};

/// Why a method has no result when the deadline has passed.
pub(super) const LATE: &str = "DNS did not answer in time";
/// Characters of a domain, a selector or a reason.
const MAX_TEXT: usize = 255;

pub(super) fn spf(outcome: spf::Outcome, domain: &str, helo: Option<AuthResult>) -> SpfFact {
    SpfFact {
        result: outcome.result,
        domain: text(domain),
        reason: outcome.problem.as_deref().map(text),
        matched: outcome.matched.as_deref().map(text),
        explanation: outcome.explanation.as_deref().map(text),
        helo: helo.unwrap_or(outcome.result),
        forgiven: None,
    }
}

pub(super) fn late_spf() -> spf::Outcome {
    spf::Outcome { result: AuthResult::TempError, problem: Some(LATE.to_owned()), ..spf::Outcome::default() }
}

pub(super) fn dmarc(outcome: dmarc::Outcome, author: &str) -> DmarcFact {
    DmarcFact {
        result: outcome.result,
        domain: text(author),
        policy: outcome.policy,
        reason: outcome.problem.as_deref().map(text),
        policy_domain: outcome.policy_domain.as_deref().map(text),
        test: outcome.is_test,
        aligned: outcome.aligned.as_deref().map(text),
        restored_by: None,
    }
}

pub(super) fn late_dmarc() -> dmarc::Outcome {
    dmarc::Outcome { result: AuthResult::TempError, problem: Some(LATE.to_owned()), ..dmarc::Outcome::default() }
}

/// No or several `From` fields or addresses: no domain's policy can be asked for.
pub(super) fn no_single_from() -> DmarcFact {
    DmarcFact {
        result: AuthResult::PermError,
        reason: Some("not exactly one From field with one address".to_owned()),
        ..DmarcFact::default()
    }
}

pub(super) fn signature_result(result: &DkimResult) -> (AuthResult, Option<String>) {
    match result {
        DkimResult::Pass => (AuthResult::Pass, None),
        DkimResult::Neutral(error) => (AuthResult::Neutral, Some(text(&error.to_string()))),
        DkimResult::Fail(error) => (AuthResult::Fail, Some(text(&error.to_string()))),
        DkimResult::PermError(error) => (AuthResult::PermError, Some(text(&error.to_string()))),
        DkimResult::TempError(error) => (AuthResult::TempError, Some(text(&error.to_string()))),
        DkimResult::None => (AuthResult::None, None),
    }
}

pub(super) fn text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}
