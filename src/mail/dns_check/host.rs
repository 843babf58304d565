//! Our host name and its addresses.

use std::net::IpAddr;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, records};

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let host = &look.subject.hostname;
    let wanted = &look.subject.addresses;
    let mut finding = Finding::new(CheckKind::Host);
    if !host.contains('.') {
        finding = finding
            .note(Error, format!("The host name {host} has no domain: others cannot look it up. Set `hostname`."));
    }
    match look.dns.addresses(host).await {
        Err(error) => finding.note(Unknown, error.to_string()),
        Ok(found) if found.is_empty() => finding
            .note(Error, format!("{host} has no address: nobody finds this server."))
            .publish(records::addresses(host, wanted)),
        Ok(found) => judge(finding, host, wanted, &found),
    }
}

fn judge(mut finding: Finding, host: &str, wanted: &[IpAddr], found: &[IpAddr]) -> Finding {
    finding = finding.found(found);
    for inner in found.iter().filter(|address| !is_public(**address)) {
        finding = finding.note(Error, format!("{inner} is an address that others cannot reach."));
    }
    let missing: Vec<IpAddr> = wanted.iter().filter(|address| !found.contains(address)).copied().collect();
    let foreign: Vec<String> =
        found.iter().filter(|a| !wanted.is_empty() && !wanted.contains(a)).map(ToString::to_string).collect();
    if !foreign.is_empty() {
        let foreign = foreign.join(", ");
        finding = finding.note(
            Error,
            format!("{host} also points to {foreign}, not ours by `identity.addresses`: mail gets lost there."),
        );
    }
    if !missing.is_empty() {
        finding = finding
            .note(Warning, "The host name lacks an address of `identity.addresses`.")
            .publish(records::addresses(host, &missing));
    }
    if finding.state == Good { finding.note(Good, format!("{host} has an address.")) } else { finding }
}

/// Whether an address is one of the Internet's (RFC 6890), as far as it matters for an MX.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || shared)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => {
                let local = v6.is_unique_local() || v6.is_unicast_link_local();
                !(local || v6.is_loopback() || v6.is_unspecified() || v6.is_multicast())
            }
        },
    }
}
