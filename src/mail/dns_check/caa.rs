//! CAA: who may issue certificates for our host name (RFC 8659)?

use super::CheckState::{Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, records};
use crate::mail::dns::{CaaRecord, DnsError};

/// Tags that mean something (RFC 8659 §4, RFC 9495).
const KNOWN: [&str; 4] = ["issue", "issuewild", "iodef", "issuemail"];

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let host = &look.subject.hostname;
    let finding = Finding::new(CheckKind::Caa);
    let (owner, found) = match find(look).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(found) => found,
    };
    let finding = finding.found(found.iter().map(|record| {
        format!("{owner}: {} {} \"{}\"", if record.critical { 128 } else { 0 }, record.tag, record.value)
    }));
    if let Some(odd) = found.iter().find(|record| record.critical && !KNOWN.contains(&record.tag.as_str())) {
        let sentence =
            format!("The critical tag {} is known to few: authorities refuse to issue certificates.", odd.tag);
        return finding.note(Warning, sentence).publish([records::caa(host)]);
    }
    let issuers: Vec<&str> = found
        .iter()
        .filter(|record| record.tag == "issue")
        .map(|record| record.value.split(';').next().unwrap_or_default().trim())
        .collect();
    let named: Vec<&str> = issuers.iter().copied().filter(|issuer| !issuer.is_empty()).collect();
    if issuers.is_empty() {
        let sentence = "Any authority may issue a certificate for this host. Name the one that you use.";
        finding.note(Warning, sentence).publish([records::caa(host)])
    } else if named.is_empty() {
        let sentence = "No authority may issue a certificate for this host: renewals fail. Name the one that you use.";
        finding.note(Warning, sentence).publish([records::caa(host)])
    } else {
        finding.note(Good, format!("Only {} may issue certificates for this host.", named.join(", ")))
    }
}

/// The records of the host, else of the nearest parent that has any (RFC 8659 §3).
async fn find(look: &Look<'_>) -> Result<(String, Vec<CaaRecord>), DnsError> {
    let mut name = look.subject.hostname.as_str();
    loop {
        let found = look.dns.caa_records(name).await?;
        match name.split_once('.') {
            Some((_, parent)) if found.is_empty() => name = parent,
            _ => return Ok((name.to_owned(), found)),
        }
    }
}
