//! DNSSEC: are domain and host name in signed zones? DANE needs both.

use super::CheckState::{Ok as Good, Unknown, Warning};
use super::Look;
use super::report::{CheckKind, Finding};

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let mut finding = Finding::new(CheckKind::Dnssec);
    let (domain, host) = (look.subject.domain.as_str(), look.subject.hostname.as_str());
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
                }
            }
        }
        if domain == host {
            break;
        }
    }
    if finding.state == Good {
        finding.note(Good, "The parent zones vouch for the keys (DS records).")
    } else {
        finding
    }
}
