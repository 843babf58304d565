//! DKIM: does each key's record stand in DNS as we sign (RFC 6376 §3.6.1)?

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, CheckState, Finding};
use super::subject::DkimRecord;
use super::{Look, records, tags};
use crate::mail::dkim::KeyStage;
use crate::mail::dns::{Dns, DnsError};

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let mut finding = Finding::new(CheckKind::Dkim);
    if look.subject.dkim.iter().all(|key| key.stage != KeyStage::Active) {
        finding =
            finding.note(Error, "The domain has no key: its letters leave unsigned. `mxdesk dkim rotate` makes one.");
    }
    for key in &look.subject.dkim {
        let wanted = records::dkim(&look.subject.domain, key);
        match look.dns.text_records(&wanted.name).await {
            Err(error) => finding = finding.note(Unknown, error.to_string()),
            Ok(texts) => {
                let (state, sentence) = judge(key, &texts);
                finding = finding.found(texts.iter().map(|text| format!("{}: {text}", wanted.name)));
                finding = finding.note(state, sentence);
                if state > Good {
                    finding = finding.publish([wanted]);
                }
            }
        }
    }
    finding
}

/// Whether a key's record stands in DNS, asked for anew.
pub async fn is_published(dns: &Dns, domain: &str, key: &DkimRecord) -> Result<bool, DnsError> {
    let found = dns.without_memory().text_records(&records::dkim(domain, key).name).await?;
    Ok(judge(key, &found).0 == Good)
}

/// Compares a key's record with what was found at its name.
fn judge(key: &DkimRecord, found: &[String]) -> (CheckState, String) {
    let selector = &key.selector;
    let lacking = match key.stage {
        KeyStage::Active => Error,
        KeyStage::Pending | KeyStage::Retired => Warning,
    };
    let text = match found {
        [] => {
            let why = match key.stage {
                KeyStage::Active => "others cannot verify our signatures",
                KeyStage::Pending => "the key is not used before it is",
                KeyStage::Retired => "letters under way that were signed with it cannot be verified",
            };
            return (lacking, format!("{selector}: the record is not there; {why}."));
        }
        [text] => text,
        _ => return (lacking, format!("{selector}: there are several records; which one counts is chance.")),
    };
    let (theirs, ours) = match (tags::parse(text), tags::parse(&key.value)) {
        (Ok(theirs), Ok(ours)) => (theirs, ours),
        (Err(problem), _) | (_, Err(problem)) => {
            return (lacking, format!("{selector}: the record cannot be read: {problem}."));
        }
    };
    let bare = |tags: &[(String, String)]| -> String {
        tags::value(tags, "p").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect()
    };
    let allows = |name: &str, any: &[&str]| {
        tags::value(&theirs, name).is_none_or(|list| list.split(':').any(|item| any.contains(&item.trim())))
    };
    let kind = |tags: &[(String, String)]| tags::value(tags, "k").unwrap_or("rsa").to_ascii_lowercase();
    if theirs.iter().any(|(name, _)| name == "v")
        && theirs.first().is_none_or(|(name, value)| name != "v" || value != "DKIM1")
    {
        (lacking, format!("{selector}: the record must begin with v=DKIM1."))
    } else if bare(&theirs).is_empty() {
        (lacking, format!("{selector}: the record says that the key is revoked (p= is empty)."))
    } else if bare(&theirs) != bare(&ours) || kind(&theirs) != kind(&ours) {
        (lacking, format!("{selector}: the record holds another key than ours."))
    } else if !allows("h", &["sha256"]) || !allows("s", &["*", "email"]) {
        (lacking, format!("{selector}: the record does not allow SHA-256 or e-mail."))
    } else if tags::value(&theirs, "t").is_some_and(|flags| flags.split(':').any(|flag| flag.trim() == "y")) {
        (Warning, format!("{selector}: t=y says that the domain only tests; others may ignore its signatures."))
    } else {
        let word = match key.stage {
            KeyStage::Pending => "published; the key may be used",
            KeyStage::Active => "published; letters are signed with it",
            KeyStage::Retired => "still published, as it should be for now",
        };
        (Good, format!("{selector}: {word}."))
    }
}
