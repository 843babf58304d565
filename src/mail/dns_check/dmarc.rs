//! DMARC: what do others do with letters forged in the domain's name, and who hears of it?

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::dmarc_record::{DmarcRecord, is_dmarc, read};
use super::report::{CheckKind, Finding};
use super::{Look, records};
use crate::mail::dns::DnsError;

/// Names that a policy is looked for at (RFC 9989 §4.10).
const MOST_LABELS: usize = 8;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let domain = &look.subject.domain;
    let finding = Finding::new(CheckKind::Dmarc);
    let (owner, texts) = match find(look).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(Some(found)) => found,
        Ok(None) => {
            let sentence = "No DMARC record: others neither refuse letters forged in the domain's name nor report them; large providers refuse bulk mail without one.";
            return finding.note(Error, sentence).publish([records::dmarc(domain, "none")]);
        }
    };
    let finding = finding.found(texts.iter().map(|text| format!("_dmarc.{owner}: {text}")));
    let [text] = texts.as_slice() else {
        let sentence = "There are several DMARC records: others ignore all of them.";
        return finding.note(Error, sentence).publish([records::dmarc(domain, "none")]);
    };
    match read(text) {
        Err(problem) => finding
            .note(Error, format!("The record is broken, so others ignore it: {problem}."))
            .publish([records::dmarc(domain, "none")]),
        Ok(record) => judge(look, finding, &owner, &record).await,
    }
}

async fn judge(look: &Look<'_>, mut finding: Finding, owner: &str, record: &DmarcRecord) -> Finding {
    let domain = &look.subject.domain;
    let policy = match &record.subdomain_policy {
        Some(policy) if owner != domain => policy,
        _ => &record.policy,
    };
    if owner != domain {
        finding = finding.note(Good, format!("The policy is that of {owner}."));
    }
    for oddity in &record.oddities {
        finding = finding.note(Warning, oddity);
    }
    if policy == "none" || record.is_test {
        let sentence = "Forged letters are only reported, not refused. Once the reports show only your own servers, publish p=reject.";
        finding = finding.note(Warning, sentence).publish([records::dmarc(domain, "reject")]);
    } else {
        finding = finding.note(Good, format!("Others are asked to {policy} forged letters."));
    }
    if record.reports.is_empty() {
        let sentence = "Nobody gets reports (rua=): you do not see who sends in the domain's name.";
        return finding.note(Warning, sentence).publish([records::dmarc(domain, policy)]);
    }
    for address in &record.reports {
        finding = judge_reader(look, finding, owner, address).await;
    }
    finding
}

/// A reader elsewhere must have agreed (RFC 7489 §7.1, RFC 9990 §4).
async fn judge_reader(look: &Look<'_>, finding: Finding, owner: &str, address: &str) -> Finding {
    let Some((_, reader)) = address.rsplit_once('@') else { return finding };
    let is_near = |one: &str, other: &str| one == other || one.ends_with(&format!(".{other}"));
    if is_near(reader, owner) || is_near(owner, reader) {
        return finding;
    }
    let name = format!("{owner}._report._dmarc.{reader}");
    match look.dns.text_records(&name).await {
        Err(error) => finding.note(Unknown, error.to_string()),
        Ok(texts) if texts.iter().any(|text| is_dmarc(text)) => finding,
        Ok(_) => finding
            .note(
                Warning,
                format!("{reader} does not say that it takes the domain's reports: nobody sends them there."),
            )
            .publish([records::record(&name, "TXT", "v=DMARC1".to_owned())]),
    }
}

/// The domain's own records, else those of the nearest parent that has any.
async fn find(look: &Look<'_>) -> Result<Option<(String, Vec<String>)>, DnsError> {
    let mut owner = look.subject.domain.as_str();
    for _ in 0..MOST_LABELS {
        let mut texts = look.dns.text_records(&format!("_dmarc.{owner}")).await?;
        texts.retain(|text| is_dmarc(text));
        if !texts.is_empty() {
            return Ok(Some((owner.to_owned(), texts)));
        }
        match owner.split_once('.') {
            Some((_, parent)) if parent.contains('.') => owner = parent,
            _ => return Ok(None),
        }
    }
    Ok(None)
}
