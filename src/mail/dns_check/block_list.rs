//! Whether our addresses stand in DNS block lists (RFC 5782).

use std::net::IpAddr;

use super::CheckState::{Error, Ok as Good, Unknown};
use super::Look;
use super::report::{CheckKind, Finding};
use crate::mail::dns::reverse_name;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let mut finding = Finding::new(CheckKind::BlockList);
    let own = match &look.own {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(own) if own.is_empty() => return finding.note(Unknown, "Our addresses are not known."),
        Ok(own) => own,
    };
    for zone in &look.extras.block_lists {
        for address in own {
            finding = check_one(look, finding, *address, zone).await;
        }
    }
    if finding.state == Good { finding.note(Good, "None of our addresses is listed.") } else { finding }
}

async fn check_one(look: &Look<'_>, finding: Finding, address: IpAddr, zone: &str) -> Finding {
    let name = query(address, zone);
    let answers = match look.dns.addresses(&name).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(answers) => answers,
    };
    if answers.is_empty() {
        return finding.found([format!("{zone}: {address} is not listed")]);
    }
    let codes = answers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    // RFC 5782 §2.1: 127.0.0.0/8; operators keep 127.255.255.0/24 for "your resolver may not ask".
    let is_listing = |answer: &IpAddr| match answer {
        IpAddr::V4(v4) => v4.is_loopback() && !v4.octets().starts_with(&[127, 255, 255]),
        IpAddr::V6(_) => false,
    };
    if !answers.iter().any(is_listing) {
        let sentence =
            format!("{zone} answers {codes}, which is no listing: it may refuse questions of your name server.");
        return finding.note(Unknown, sentence);
    }
    let why = look.dns.text_records(&name).await.unwrap_or_default().join(" ");
    finding
        .found([format!("{zone}: {address} is listed: {codes} {why}").trim_end()])
        .note(Error, format!("{address} is listed in {zone}: many servers refuse its mail. Find the cause, then ask the list to remove it."))
}

/// The address backwards, without the zone of reverse names, in front of the list's zone (RFC 5782 §2.1, §2.4).
fn query(address: IpAddr, zone: &str) -> String {
    let name = reverse_name(address);
    let bare = name.trim_end_matches(".in-addr.arpa").trim_end_matches(".ip6.arpa");
    format!("{bare}.{}", zone.trim_matches('.'))
}
