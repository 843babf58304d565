//! SPF: is the record right, does it fit into ten look-ups, does it allow what we send?

use std::collections::HashSet;
use std::net::IpAddr;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, CheckState, Finding, ZoneRecord};
use super::{Look, Sender, records};
use crate::mail::AuthResult;
use crate::mail::spf::{self, DomainSpec, Mechanism, Qualifier, Query, Record};

/// Look-ups that one evaluation may need (RFC 7208 §4.6.4).
const MOST_LOOK_UPS: usize = 10;
/// Records that are followed to count look-ups: beyond it the count is too high in any case.
const MOST_RECORDS: usize = 15;

/// The domain's record.
pub(super) async fn check(look: &Look<'_>) -> Finding {
    let domain = &look.subject.domain;
    let wanted = records::spf(domain);
    judge(look, Finding::new(CheckKind::Spf), domain, wanted, Error, &look.subject.senders).await
}

/// The host name's record: letters without an envelope sender are judged by it (RFC 7208 §2.4).
pub(super) async fn check_host(look: &Look<'_>) -> Finding {
    let finding = Finding::new(CheckKind::SpfHost);
    if look.subject.hostname == look.subject.domain {
        return finding.note(Good, "The host name is the domain: see SPF.");
    }
    let senders = &look.subject.null_senders;
    if !senders.contains(&Sender::Ourselves) {
        let relays: Vec<&str> = senders.iter().filter_map(smarthost).collect();
        let relays = relays.join(" and ");
        return finding.note(Good, format!("Such letters leave through {relays}: what it greets with counts."));
    }
    // A smarthost greets with a name of its own.
    let wanted = records::spf_host(&look.subject.hostname);
    judge(look, finding, &look.subject.hostname, wanted, Warning, &[Sender::Ourselves]).await
}

async fn judge(
    look: &Look<'_>,
    finding: Finding,
    domain: &str,
    wanted: ZoneRecord,
    lacking: CheckState,
    senders: &[Sender],
) -> Finding {
    let texts = match look.dns.text_records(domain).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(texts) => texts,
    };
    let records: Vec<&String> = texts.iter().filter(|text| Record::is_spf(text.as_bytes())).collect();
    let finding = finding.found(&records);
    let text = match records.as_slice() {
        [] => {
            let sentence = format!(
                "{domain} has no SPF record: anybody may send in its name, and some servers mark our mail down."
            );
            return finding.note(lacking, sentence).publish([wanted]);
        }
        [text] => text.as_str(),
        _ => {
            let sentence = "There are several SPF records: each evaluation ends as an error (RFC 7208 §4.5). Put their terms into one and remove the others.";
            return finding.note(Error, sentence).publish([wanted]);
        }
    };
    let record = match Record::parse(text.as_bytes()) {
        Err(problem) => return finding.note(Error, format!("The record is broken: {problem}.")).publish([wanted]),
        Ok(record) => record,
    };
    let finding = judge_end(finding, &record);
    let finding = judge_look_ups(look, finding, &record).await;
    judge_senders(look, finding, domain, text, senders).await
}

/// What the record says of everybody else.
fn judge_end(finding: Finding, record: &Record<'_>) -> Finding {
    match all(record) {
        Some(Qualifier::Fail | Qualifier::SoftFail) => finding,
        Some(Qualifier::Pass) => {
            finding.note(Error, "+all lets the whole world send in the domain's name; end with -all.")
        }
        Some(Qualifier::Neutral) => finding.note(Warning, "?all says nothing of forged letters; end with -all."),
        None if record.redirect.is_some() => finding,
        None => finding.note(Warning, "The record does not end: it says nothing of forged letters. End with -all."),
    }
}

fn all(record: &Record<'_>) -> Option<Qualifier> {
    record
        .directives
        .iter()
        .find(|directive| directive.mechanism == Mechanism::All)
        .map(|directive| directive.qualifier)
}

/// Counts what an evaluation may need at the most.
async fn judge_look_ups(look: &Look<'_>, mut finding: Finding, record: &Record<'_>) -> Finding {
    let mut count = 0_usize;
    let mut seen = HashSet::new();
    let mut waiting = Vec::new();
    take(record, &mut count, &mut waiting);
    while let Some(domain) = waiting.pop() {
        if seen.len() >= MOST_RECORDS || !seen.insert(domain.clone()) {
            continue;
        }
        match look.dns.text_records(&domain).await {
            Err(error) => finding = finding.note(Unknown, error.to_string()),
            Ok(texts) => {
                match texts.iter().filter(|text| Record::is_spf(text.as_bytes())).collect::<Vec<_>>().as_slice() {
                    [text] => match Record::parse(text.as_bytes()) {
                        Ok(record) => take(&record, &mut count, &mut waiting),
                        Err(problem) => {
                            finding = finding.note(Error, format!("The record of {domain} is broken: {problem}."))
                        }
                    },
                    [] => finding = finding.note(Error, format!("{domain} is included and has no SPF record.")),
                    _ => finding = finding.note(Error, format!("{domain} is included and has several SPF records.")),
                }
            }
        }
    }
    let words = format!("It needs {count} of {MOST_LOOK_UPS} look-ups.");
    if count > MOST_LOOK_UPS {
        let sentence = format!(
            "{words} Whatever needs more is an error to others (RFC 7208 §4.6.4): take terms out, or write addresses instead of names."
        );
        finding.note(Error, sentence)
    } else {
        finding.note(Good, words)
    }
}

fn take(record: &Record<'_>, count: &mut usize, waiting: &mut Vec<String>) {
    // A redirect behind `all` is never followed (RFC 7208 §6.1).
    let redirect = record.redirect.filter(|_| all(record).is_none());
    let is_look_up =
        |mechanism: &Mechanism<'_>| !matches!(mechanism, Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..));
    let look_ups = record.directives.iter().filter(|directive| is_look_up(&directive.mechanism)).count();
    *count = count.saturating_add(look_ups).saturating_add(usize::from(redirect.is_some()));
    let includes = record.directives.iter().filter_map(|directive| match directive.mechanism {
        Mechanism::Include(domain) => Some(domain),
        _ => None,
    });
    // Where macros lead depends on the letter.
    let plain = includes.chain(redirect).map(|DomainSpec(domain)| domain).filter(|domain| !domain.contains('%'));
    waiting.extend(plain.map(str::to_ascii_lowercase));
}

/// Whether the addresses that our mail comes from pass.
async fn judge_senders(look: &Look<'_>, mut finding: Finding, domain: &str, text: &str, senders: &[Sender]) -> Finding {
    let mut do_all_pass = true;
    for sender in senders {
        let addresses = match sender {
            Sender::Ourselves => look.own.clone(),
            Sender::Smarthost { host, .. } => look.addresses_of(host).await,
        };
        let addresses = match addresses {
            Err(error) => {
                (finding, do_all_pass) = (finding.note(Unknown, error.to_string()), false);
                continue;
            }
            Ok(addresses) if addresses.is_empty() => {
                let whom = smarthost(sender).unwrap_or("our mail");
                let sentence = format!("The addresses that {whom} comes from are not known.");
                (finding, do_all_pass) = (finding.note(Unknown, sentence), false);
                continue;
            }
            Ok(addresses) => addresses,
        };
        let mut refused = Vec::new();
        for address in addresses {
            match evaluate(look, domain, address).await {
                AuthResult::Pass => {}
                AuthResult::TempError => {
                    finding = finding.note(Unknown, "DNS did not answer while SPF was evaluated.");
                }
                result => {
                    let result = format!("{result:?}").to_ascii_lowercase();
                    finding = finding.found([format!("{address}: {result}")]);
                    refused.push(address);
                }
            }
        }
        if refused.is_empty() {
            continue;
        }
        do_all_pass = false;
        finding = match smarthost(sender) {
            None => finding
                .note(Error, "It does not allow our addresses: our mail fails SPF.")
                .publish([records::record(domain, "TXT", with_addresses(text, &refused))]),
            Some(relay) => finding.note(
                Warning,
                format!("It does not allow the addresses of {relay}, which takes our mail. Its provider says which include: belongs into the record."),
            ),
        };
    }
    if do_all_pass { finding.note(Good, "Our mail passes.") } else { finding }
}

fn smarthost(sender: &Sender) -> Option<&str> {
    match sender {
        Sender::Ourselves => None,
        Sender::Smarthost { host, .. } => Some(host),
    }
}

async fn evaluate(look: &Look<'_>, domain: &str, client: IpAddr) -> AuthResult {
    let hostname = look.subject.hostname.as_str();
    let query = Query { client, helo: hostname, local: "postmaster", domain, receiver: hostname };
    spf::check(&look.dns, query).await.result
}

/// The record as it is, with these addresses allowed: they cost no look-up.
fn with_addresses(text: &str, addresses: &[IpAddr]) -> String {
    let mut words: Vec<String> = text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let new = addresses.iter().map(|address| match address {
        IpAddr::V4(v4) => format!("ip4:{v4}"),
        IpAddr::V6(v6) => format!("ip6:{v6}"),
    });
    // Behind the version, so that no earlier term refuses them.
    words.splice(1.min(words.len())..1.min(words.len()), new);
    words.join(" ")
}
