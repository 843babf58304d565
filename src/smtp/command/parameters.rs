//! The parameters of MAIL and RCPT (RFC 5321 §4.1.2 `esmtp-param`): each keyword once, and none but those that EHLO offers.

use super::CommandError;
use super::xtext;
use crate::desk::{DsnNotify, DsnReturn, OriginalRecipient};

/// Octets of ENVID as written (RFC 3461 §4.4).
const MAX_ENVID: usize = 100;

/// Octets of ORCPT as written (RFC 3461 §4.2).
const MAX_ORCPT: usize = 500;

/// What is wrong with a value.
const VALUE: CommandError = CommandError::Syntax("a parameter's value is not valid");

/// The parameters of MAIL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OfMail {
    pub(super) size: usize,
    pub(super) smtputf8: bool,
    pub(super) require_tls: bool,
    pub(super) ret: Option<DsnReturn>,
    pub(super) envid: Option<String>,
}

/// The parameters of RCPT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OfRcpt {
    pub(super) notify: Option<DsnNotify>,
    pub(super) original: Option<OriginalRecipient>,
}

/// Reads SIZE, BODY, SMTPUTF8, REQUIRETLS, RET and ENVID.
pub(super) fn of_mail(text: &str) -> Result<OfMail, CommandError> {
    let mut read = OfMail::default();
    for (keyword, value) in split(text)? {
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) => read.size = size(value).ok_or(VALUE)?,
            ("BODY", Some(value)) => body(value)?,
            ("RET", Some(value)) => read.ret = Some(ret(value).ok_or(VALUE)?),
            ("ENVID", Some(value)) => read.envid = Some(envid(value).ok_or(VALUE)?),
            ("SIZE" | "BODY" | "RET" | "ENVID", None) => return Err(VALUE),
            ("SMTPUTF8", None) => read.smtputf8 = true,
            ("REQUIRETLS", None) => read.require_tls = true,
            _ => return Err(CommandError::Parameter),
        }
    }
    Ok(read)
}

/// Reads NOTIFY and ORCPT.
pub(super) fn of_rcpt(text: &str) -> Result<OfRcpt, CommandError> {
    let mut read = OfRcpt::default();
    for (keyword, value) in split(text)? {
        match (keyword.as_str(), value) {
            ("NOTIFY", Some(value)) => read.notify = Some(notify(value).ok_or(VALUE)?),
            ("ORCPT", Some(value)) => read.original = Some(original(value).ok_or(VALUE)?),
            ("NOTIFY" | "ORCPT", None) => return Err(VALUE),
            _ => return Err(CommandError::Parameter),
        }
    }
    Ok(read)
}

/// Keywords in upper case with their values. RFC 6531 §3.3 lets values hold UTF-8.
fn split(text: &str) -> Result<Vec<(String, Option<&str>)>, CommandError> {
    const FORM: CommandError = CommandError::Syntax("keyword=value");
    let mut found: Vec<(String, Option<&str>)> = Vec::new();
    if text.is_empty() {
        return Ok(found);
    }
    for parameter in text.split(' ') {
        let (keyword, value) = parameter.split_once('=').map_or((parameter, None), |(key, value)| (key, Some(value)));
        let keyword_is_good = keyword.starts_with(|first: char| first.is_ascii_alphanumeric())
            && keyword.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let value_is_good = value.is_none_or(|value| {
            !value.is_empty() && value.chars().all(|c| matches!(c, '!'..='<' | '>'..='~') || !c.is_ascii())
        });
        let keyword = keyword.to_ascii_uppercase();
        if !keyword_is_good || !value_is_good || found.iter().any(|(earlier, _)| *earlier == keyword) {
            return Err(FORM);
        }
        found.push((keyword, value));
    }
    Ok(found)
}

/// RFC 1870 §3: up to 20 digits; no letter is larger than 19 can say.
fn size(value: &str) -> Option<usize> {
    super::is_number(value).then(|| value.parse().ok()).flatten()
}

/// RFC 6152 §2. BINARYMIME (RFC 3030 §3) is not offered.
fn body(value: &str) -> Result<(), CommandError> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" | "8BITMIME" => Ok(()),
        "BINARYMIME" => Err(CommandError::Parameter),
        _ => Err(VALUE),
    }
}

/// RFC 3461 §4.3.
fn ret(value: &str) -> Option<DsnReturn> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Some(DsnReturn::Full),
        "HDRS" => Some(DsnReturn::Headers),
        _ => None,
    }
}

/// RFC 3461 §4.4.
fn envid(value: &str) -> Option<String> {
    if value.len() > MAX_ENVID { None } else { xtext::decode(value) }
}

/// RFC 3461 §4.1: NEVER alone, or a list of the others, each once.
fn notify(value: &str) -> Option<DsnNotify> {
    let mut notify = DsnNotify::default();
    if value.eq_ignore_ascii_case("NEVER") {
        return Some(notify);
    }
    for word in value.split(',') {
        let flag = match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => &mut notify.success,
            "FAILURE" => &mut notify.failure,
            "DELAY" => &mut notify.delay,
            _ => return None,
        };
        if std::mem::replace(flag, true) {
            return None;
        }
    }
    Some(notify)
}

/// RFC 3461 §4.2: `addr-type;xtext`. RFC 6533 §3 adds the type `utf-8`, whose address may be written in UTF-8.
fn original(value: &str) -> Option<OriginalRecipient> {
    let (kind, address) = value.split_once(';').filter(|_| value.len() <= MAX_ORCPT)?;
    let is_kind = !kind.is_empty() && kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    let kind = kind.to_ascii_lowercase();
    let address = if kind == "utf-8" { xtext::decode_utf8(address)? } else { xtext::decode(address)? };
    (is_kind && !address.is_empty()).then_some(OriginalRecipient { kind, address })
}

#[cfg(test)]
mod tests;
