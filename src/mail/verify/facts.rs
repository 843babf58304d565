//! mail-auth's outputs as our facts: what is stored, shown and matched by rules.

use mail_auth::crypto::Algorithm;
use mail_auth::dkim::Signature;
use mail_auth::dmarc::Policy;
use mail_auth::{
    ArcOutput, DkimOutput, DkimResult, DmarcOutput, DmarcResult, IprevOutput, IprevResult, SpfOutput, SpfResult,
};

use crate::mail::{ArcFact, AuthResult, Authentication, DkimFact, DmarcFact, DmarcPolicy, IprevFact, SpfFact};

/// Why a method has no result when the deadline has passed.
pub(super) const LATE: &str = "DNS did not answer in time";
/// Characters of a domain, a selector or a reason.
const MAX_TEXT: usize = 255;
/// Characters of the whole field.
const MAX_HEADER: usize = 4_096;

pub(super) fn spf(output: &SpfOutput) -> SpfFact {
    let result = match output.result() {
        SpfResult::Pass => AuthResult::Pass,
        SpfResult::Fail => AuthResult::Fail,
        SpfResult::SoftFail => AuthResult::SoftFail,
        SpfResult::Neutral => AuthResult::Neutral,
        SpfResult::TempError => AuthResult::TempError,
        SpfResult::PermError => AuthResult::PermError,
        SpfResult::None => AuthResult::None,
    };
    let reason = match result {
        AuthResult::TempError => Some(LATE.to_owned()),
        _ => output.explanation().map(text),
    };
    SpfFact { result, domain: text(output.domain()), reason }
}

pub(super) fn dkim(output: &DkimOutput<'_>) -> DkimFact {
    let (result, reason) = signature_result(output.result());
    match output.signature() {
        Some(signature) => DkimFact { result, reason, ..names(signature) },
        None => DkimFact { result, reason, ..DkimFact::default() },
    }
}

/// A signature that was not checked in time.
pub(super) fn late_dkim(signature: &Signature) -> DkimFact {
    DkimFact { result: AuthResult::TempError, reason: Some(LATE.to_owned()), ..names(signature) }
}

pub(super) fn arc(output: &ArcOutput<'_>) -> ArcFact {
    let (result, reason) = signature_result(output.result());
    let sealers = output.chain().iter().map(|link| text(&link.seal.header.d)).collect();
    ArcFact { result, sealers, reason }
}

pub(super) fn iprev(output: &IprevOutput) -> IprevFact {
    let result = match &output.result {
        IprevResult::Pass => AuthResult::Pass,
        IprevResult::Fail(_) => AuthResult::Fail,
        IprevResult::TempError(_) => AuthResult::TempError,
        IprevResult::PermError(_) => AuthResult::PermError,
        IprevResult::None => AuthResult::None,
    };
    // Of several names, mail-auth does not say which one was confirmed; the others are the peer's to choose.
    let name = match (result, output.ptr.as_deref()) {
        (AuthResult::Pass, Some([name])) => Some(text(name.trim_end_matches('.'))),
        _ => None,
    };
    IprevFact { result, name }
}

/// `is_dkim_late`: a signature that was not checked might have passed, so a failure is not certain.
pub(super) fn dmarc(output: &DmarcOutput, from: &str, is_dkim_late: bool) -> DmarcFact {
    let (result, reason) = match output.result() {
        DmarcResult::Pass => (AuthResult::Pass, None),
        DmarcResult::Fail(_) if is_dkim_late => (AuthResult::TempError, Some(LATE.to_owned())),
        DmarcResult::Fail(error) => (AuthResult::Fail, Some(text(&error.to_string()))),
        DmarcResult::TempError(error) => (AuthResult::TempError, Some(text(&error.to_string()))),
        DmarcResult::PermError(error) => (AuthResult::PermError, Some(text(&error.to_string()))),
        DmarcResult::None => (AuthResult::None, None),
    };
    let policy = match output.policy() {
        Policy::Quarantine => DmarcPolicy::Quarantine,
        Policy::Reject => DmarcPolicy::Reject,
        Policy::None | Policy::Unspecified => DmarcPolicy::None,
    };
    let domain = if output.domain().is_empty() { domain(from) } else { text(output.domain()) };
    DmarcFact { result, domain, policy, reason }
}

/// The policy was not found in time.
pub(super) fn late_dmarc(from: &str) -> DmarcFact {
    DmarcFact {
        result: AuthResult::TempError,
        domain: domain(from),
        reason: Some(LATE.to_owned()),
        ..DmarcFact::default()
    }
}

/// No or several `From` fields or addresses: no domain's policy can be asked for.
pub(super) fn no_single_from(from: &str) -> DmarcFact {
    DmarcFact {
        result: AuthResult::PermError,
        domain: domain(from),
        reason: Some("not exactly one From field with one address".to_owned()),
        ..DmarcFact::default()
    }
}

/// The resolver could not be built.
pub(super) fn nothing_known(why: &str) -> Authentication {
    let reason = Some(text(why));
    Authentication {
        spf: SpfFact { result: AuthResult::TempError, reason: reason.clone(), ..SpfFact::default() },
        dmarc: DmarcFact { result: AuthResult::TempError, reason: reason.clone(), ..DmarcFact::default() },
        arc: ArcFact { result: AuthResult::TempError, reason, ..ArcFact::default() },
        iprev: IprevFact { result: AuthResult::TempError, name: None },
        ..Authentication::default()
    }
}

/// A field's value on one line, printable.
pub(super) fn one_line(value: &str) -> String {
    let line: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(MAX_HEADER).collect()
}

fn signature_result(result: &DkimResult) -> (AuthResult, Option<String>) {
    match result {
        DkimResult::Pass => (AuthResult::Pass, None),
        DkimResult::Neutral(error) => (AuthResult::Neutral, Some(text(&error.to_string()))),
        DkimResult::Fail(error) => (AuthResult::Fail, Some(text(&error.to_string()))),
        DkimResult::PermError(error) => (AuthResult::PermError, Some(text(&error.to_string()))),
        DkimResult::TempError(error) => (AuthResult::TempError, Some(text(&error.to_string()))),
        DkimResult::None => (AuthResult::None, None),
    }
}

fn names(signature: &Signature) -> DkimFact {
    DkimFact {
        domain: text(&signature.d),
        selector: text(&signature.s),
        algorithm: text(algorithm(signature)),
        ..DkimFact::default()
    }
}

fn algorithm(signature: &Signature) -> &'static str {
    match signature.a {
        Algorithm::RsaSha1 => "rsa-sha1",
        Algorithm::RsaSha256 => "rsa-sha256",
        Algorithm::Ed25519Sha256 => "ed25519-sha256",
        Algorithm::MlDsa44 => "mldsa44",
    }
}

fn domain(address: &str) -> String {
    text(address.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default())
}

fn text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect()
}
