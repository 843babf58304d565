//! MX records: does mail for the domain come to us, and only to us?

use std::net::IpAddr;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, records};
use crate::mail::dns::DnsError;

/// Hosts that are looked at.
const MOST_HOSTS: usize = 10;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let (domain, host) = (&look.subject.domain, &look.subject.hostname);
    let ours = records::mx(domain, host);
    let finding = Finding::new(CheckKind::Mx);
    let found = match look.dns.mx_records(domain).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(found) => found,
    };
    let finding = finding.found(found.iter().map(|(preference, host)| format!("{preference} {host}.")));
    if found.iter().any(|(_, host)| host.is_empty()) {
        let sentence = "A null MX (RFC 7505) says that the domain takes no mail: it comes back to its senders.";
        return finding.note(Error, sentence).publish([ours]);
    }
    if found.is_empty() {
        return without_mx(look, finding).await.publish([ours]);
    }
    let mut finding = finding;
    let mut places = Vec::new();
    for (preference, name) in found.iter().take(MOST_HOSTS) {
        match is_ours(look, name).await {
            Err(error) => finding = finding.note(Unknown, error.to_string()),
            Ok(is_ours) => places.push((*preference, is_ours)),
        }
        if let Ok(Some(target)) = look.dns.alias(name).await {
            let sentence =
                format!("{name} is an alias (CNAME) of {target}: an MX must name a host itself (RFC 2181 §10.3).");
            finding = finding.note(Error, sentence).publish([ours.clone()]);
        }
    }
    let best = places.iter().filter(|(_, is_ours)| *is_ours).map(|(preference, _)| *preference).min();
    let best_foreign = places.iter().filter(|(_, is_ours)| !*is_ours).map(|(preference, _)| *preference).min();
    match (best, best_foreign) {
        (None, None) => finding,
        (None, Some(_)) => {
            finding.note(Error, "No MX names this server: mail for the domain goes elsewhere.").publish([ours])
        }
        (Some(_), None) if finding.state == Good => finding.note(Good, "Mail for the domain comes to this server."),
        (Some(_), None) => finding,
        (Some(mine), Some(other)) if mine < other => {
            let sentence = "Mail comes here first; the other hosts take it while this server is away and must pass it on, or it becomes no ticket.";
            finding.note(Warning, sentence)
        }
        (Some(_), Some(_)) => {
            let sentence = "Another host is preferred or equal: letters that it takes become no tickets here. Remove its MX record, or let it pass everything on.";
            finding.note(Error, sentence).publish([ours])
        }
    }
}

/// RFC 5321 §5.1: a domain without MX is its own host.
async fn without_mx(look: &Look<'_>, finding: Finding) -> Finding {
    match look.dns.addresses(&look.subject.domain).await {
        Err(error) => finding.note(Unknown, error.to_string()),
        Ok(found) if found.is_empty() => {
            finding.note(Error, "The domain has neither MX nor address: mail for it comes back to its senders.")
        }
        Ok(found) if is_subset(look, &found) => finding.found(found).note(
            Warning,
            "Without an MX record, mail comes to the domain's own address, which is ours; publish an MX all the same.",
        ),
        Ok(found) => finding
            .found(found)
            .note(Error, "Without an MX record, mail goes to the domain's own address, which is not ours."),
    }
}

/// By name, or by all of its addresses.
async fn is_ours(look: &Look<'_>, host: &str) -> Result<bool, DnsError> {
    if host.eq_ignore_ascii_case(&look.subject.hostname) {
        return Ok(true);
    }
    Ok(is_subset(look, &look.dns.addresses(host).await?))
}

fn is_subset(look: &Look<'_>, addresses: &[IpAddr]) -> bool {
    let own = look.own.as_deref().unwrap_or_default();
    !addresses.is_empty() && addresses.iter().all(|address| own.contains(address))
}
