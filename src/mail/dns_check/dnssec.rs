//! DNSSEC: are domain and host name in signed zones, and do the signatures hold? DANE needs both.

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::Look;
use super::report::{CheckKind, Finding};
use crate::mail::dns::Signatures;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let mut finding = Finding::new(CheckKind::Dnssec);
    let (domain, host) = (look.subject.domain.as_str(), look.subject.hostname.as_str());
    let mut zones: Vec<String> = Vec::new();
    for name in [domain, host] {
        match look.dns.zone_signing(name).await {
            Err(error) => finding = finding.note(Unknown, error.to_string()),
            Ok(signing) => {
                let zone = if signing.zone.is_empty() { "the root" } else { &signing.zone };
                let word = if signing.signed { "signed" } else { "not signed" };
                let line = format!("{name} is in the zone {zone}: {word}");
                if !finding.found.contains(&line) {
                    finding = finding.found([line]);
                }
                if !signing.signed {
                    let sentence = format!(
                        "Answers about {name} can be forged on their way; DANE cannot be used. Switch DNSSEC on at your registrar or DNS provider."
                    );
                    finding = finding.note(Warning, sentence);
                } else if !zones.contains(&signing.zone) {
                    zones.push(signing.zone);
                }
            }
        }
        if domain == host {
            break;
        }
    }
    let vouched = finding.state == Good;
    for zone in &zones {
        finding = judge(finding, zone, look.dns.signatures(zone).await);
    }
    if vouched { finding.note(Good, "The parent zones vouch for the keys (DS records).") } else { finding }
}

/// A zone for which its parent vouches.
fn judge(finding: Finding, zone: &str, signatures: Signatures) -> Finding {
    match signatures {
        Signatures::Hold => finding.note(Good, format!("The signatures of {zone} hold.")),
        Signatures::NotChecked => finding,
        Signatures::Broken(why) => finding.note(
            Error,
            format!(
                "The signatures of {zone} do not hold ({why}): for servers that validate, the domain does not exist, and its mail \
                 fails. Renew the signatures, or put the DS record right that the registrar holds."
            ),
        ),
        Signatures::NotVouchedFor => finding.note(
            Warning,
            format!("The DS record of {zone} leads to no signature that is known here: it is as good as not signed."),
        ),
        Signatures::NotPassedOn => finding.note(
            Unknown,
            "Our name servers do not pass signatures on, so these are not checked: `outbound.dane` must stay off until [dns] servers names others.",
        ),
    }
}
