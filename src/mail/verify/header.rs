//! The `Authentication-Results` field (RFC 8601) as a text on one line, made of the facts.
//!
//! Promises: what others chose (domains, selectors, reasons) cannot end a result or begin another one.

use std::fmt::Write;

use super::Arrival;
use crate::mail::{AuthResult, Authentication, DmarcPolicy};

/// Characters of the whole field.
const MAX_HEADER: usize = 4_096;

/// The value of the field.
pub(super) fn value(hostname: &str, arrival: &Arrival<'_>, found: &Authentication) -> String {
    let mut line = hostname.to_owned();
    // Writing into a String cannot fail.
    let _ = write!(line, "; spf={}", word(found.spf.result));
    comment(&mut line, found.spf.reason.as_deref());
    match arrival.mail_from {
        Some(sender) => property(&mut line, "smtp.mailfrom", sender.as_str()),
        None => property(&mut line, "smtp.helo", arrival.helo),
    }
    if found.dkim.is_empty() {
        line.push_str("; dkim=none");
    }
    for signature in &found.dkim {
        let _ = write!(line, "; dkim={}", word(signature.result));
        comment(&mut line, signature.reason.as_deref());
        property(&mut line, "header.d", &signature.domain);
        property(&mut line, "header.s", &signature.selector);
        property(&mut line, "header.a", &signature.algorithm);
    }
    if found.arc.result != AuthResult::None {
        let _ = write!(line, "; arc={}", word(found.arc.result));
        comment(&mut line, found.arc.reason.as_deref());
        property(&mut line, "smtp.remote-ip", &arrival.peer.to_string());
    }
    let _ = write!(line, "; iprev={}", word(found.iprev.result));
    property(&mut line, "policy.iprev", &arrival.peer.to_string());
    let _ = write!(line, "; dmarc={}", word(found.dmarc.result));
    comment(&mut line, found.dmarc.reason.as_deref());
    property(&mut line, "header.from", &found.dmarc.domain);
    if found.dmarc.policy_domain.is_some() {
        property(&mut line, "policy.dmarc", policy(found.dmarc.policy));
    }
    line.truncate(line.floor_char_boundary(MAX_HEADER));
    line
}

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

fn policy(policy: DmarcPolicy) -> &'static str {
    match policy {
        DmarcPolicy::None => "none",
        DmarcPolicy::Quarantine => "quarantine",
        DmarcPolicy::Reject => "reject",
    }
}

fn property(line: &mut String, name: &str, value: &str) {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || ".-_@+=/:[]".contains(symbol);
    let value: String = value.chars().map(|symbol| if is_plain(symbol) { symbol } else { '?' }).collect();
    if !value.is_empty() {
        let _ = write!(line, " {name}={value}");
    }
}

fn comment(line: &mut String, text: Option<&str>) {
    let is_plain = |symbol: char| (symbol.is_ascii_graphic() || symbol == ' ') && !"()\\;\"".contains(symbol);
    let text: String = text.unwrap_or_default().chars().filter(|symbol| is_plain(*symbol)).collect();
    if !text.is_empty() {
        let _ = write!(line, " ({text})");
    }
}
