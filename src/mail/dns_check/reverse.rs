//! PTR records of our addresses, and whether their names lead back (RFC 1912 §2.1): without, many refuse our mail.

use std::net::IpAddr;

use super::CheckState::{Error, Ok as Good, Unknown, Warning};
use super::report::{CheckKind, Finding};
use super::{Look, records};

/// Names of one address that are followed.
const MOST_NAMES: usize = 5;

pub(super) async fn check(look: &Look<'_>) -> Finding {
    let mut finding = Finding::new(CheckKind::Reverse);
    let own = match &look.own {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(own) if own.is_empty() => {
            return finding.note(Unknown, "Our addresses are not known: set `identity.addresses`.");
        }
        Ok(own) => own,
    };
    for address in own {
        finding = check_one(look, *address, finding).await;
    }
    if finding.state == Good {
        finding = finding.note(Good, "Each address has our name, and the name leads back to it.");
    }
    finding
}

async fn check_one(look: &Look<'_>, address: IpAddr, mut finding: Finding) -> Finding {
    let host = &look.subject.hostname;
    let wanted = records::reverse(address, host);
    let names = match look.dns.reverse_names(address).await {
        Err(error) => return finding.note(Unknown, error.to_string()),
        Ok(names) => names,
    };
    finding = finding.found(names.iter().map(|name| format!("{address} is {name}")));
    if names.is_empty() {
        let sentence = format!(
            "{address} has no name: many servers refuse its mail. Only the owner of the address (your provider) can set it."
        );
        return finding.note(Error, sentence).publish([wanted]);
    }
    let mut leads_back = Vec::new();
    for name in names.iter().take(MOST_NAMES) {
        match look.dns.addresses(name).await {
            Err(error) => finding = finding.note(Unknown, error.to_string()),
            Ok(addresses) if addresses.contains(&address) => leads_back.push(name),
            Ok(_) => {}
        }
    }
    if leads_back.is_empty() {
        let sentence = format!("The name of {address} does not lead back to it: many servers refuse its mail.");
        finding.note(Error, sentence).publish([wanted])
    } else if leads_back.iter().all(|name| !name.eq_ignore_ascii_case(host)) {
        let sentence =
            format!("{address} has another name than the one we greet with: some servers mark its mail down.");
        finding.note(Warning, sentence).publish([wanted])
    } else {
        finding
    }
}
