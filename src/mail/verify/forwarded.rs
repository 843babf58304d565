//! Trusted forwarders: who gave them a letter, by the Received fields that they wrote themselves (RFC 5321 §4.4).
//!
//! Promises: only fields above the first client that is not the forwarder's own are read; what that client sent is never
//! believed. A name counts only where DNS leads from it to the address.

use std::net::IpAddr;

use mail_auth::AuthenticatedMessage;

use super::facts::text;
use super::{Arrival, reverse};
use crate::config::{ForwarderEntry, Trust};
use crate::mail::dns::Dns;
use crate::mail::{ForwarderFact, IprevFact};

/// Received fields of one forwarder that are read; a large one writes four or five.
const MAX_FIELDS: usize = 10;

/// The entry that a peer answers to: by its network, by its confirmed reverse name, or by a HELO name whose addresses
/// include the peer's.
pub(super) async fn entry<'t>(
    dns: &Dns,
    trust: &'t Trust,
    arrival: &Arrival<'_>,
    iprev: &IprevFact,
) -> Option<&'t ForwarderEntry> {
    let peer = arrival.peer.to_canonical();
    if let Some(entry) = trust.forwarders.iter().find(|entry| entry.has_address(peer)) {
        return Some(entry);
    }
    if let Some(entry) = trust.forwarders.iter().find(|entry| iprev.name.as_deref().is_some_and(|n| entry.has_name(n)))
    {
        return Some(entry);
    }
    let entry = trust.forwarders.iter().find(|entry| entry.has_name(arrival.helo))?;
    let addresses = dns.addresses_like(arrival.helo, peer).await.ok()?;
    addresses.records.contains(&peer).then_some(entry)
}

/// Who gave the forwarder the letter.
pub(super) async fn origin(
    dns: &Dns,
    trust: &Trust,
    entry: &ForwarderEntry,
    message: Option<&AuthenticatedMessage<'_>>,
) -> (ForwarderFact, Option<IpAddr>) {
    let mut fact = ForwarderFact { entry: entry.to_string(), ..ForwarderFact::default() };
    let fields = message.iter().flat_map(|message| message.headers());
    let received = fields.filter(|(name, _)| name.trim_ascii().eq_ignore_ascii_case(b"received"));
    for (_, value) in received.take(MAX_FIELDS) {
        let value = String::from_utf8_lossy(value);
        // A hand-over inside the forwarder's own house names no client.
        let Some(client) = client_of(&value) else { continue };
        let Some(address) = client.address.map(|address| address.to_canonical()) else { break };
        if !is_internal(dns, trust, address).await {
            fact.client = Some(address.to_string());
            fact.helo = client.helo.map(text);
            return (fact, Some(address));
        }
    }
    (fact, None)
}

/// Whether a host name is the domain, or ends in a dot and the domain. A top-level domain has no hosts of its own.
pub(super) fn is_at_or_below(host: &str, domain: &str) -> bool {
    let rest = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
    domain.contains('.')
        && rest
            .is_some_and(|(above, end)| end.eq_ignore_ascii_case(domain) && (above.is_empty() || above.ends_with('.')))
}

/// A private address, or one of a trusted forwarder: by network or by confirmed name. Never by what a client says.
async fn is_internal(dns: &Dns, trust: &Trust, address: IpAddr) -> bool {
    let is_private = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    if is_private || trust.forwarders.iter().any(|entry| entry.has_address(address)) {
        return true;
    }
    if !trust.forwarders.iter().any(ForwarderEntry::is_name) {
        return false;
    }
    let name = reverse::check(dns, address).await.name;
    name.is_some_and(|name| trust.forwarders.iter().any(|entry| entry.has_name(&name)))
}

/// The `from` clause of a Received field.
struct Client<'a> {
    helo: Option<&'a str>,
    address: Option<IpAddr>,
}

/// `None` where the field has no `from` clause.
fn client_of(value: &str) -> Option<Client<'_>> {
    let value = value.trim_start();
    let (first, rest) = value.split_at_checked(4)?;
    if !first.eq_ignore_ascii_case("from") || !rest.starts_with([' ', '\t', '\r', '\n']) {
        return None;
    }
    let clause = rest.get(..end_of_clause(rest)).unwrap_or(rest);
    let helo = clause.split_ascii_whitespace().next().filter(|word| !word.starts_with('('));
    // The HELO name may be an address literal: what the server saw stands in the comment behind it.
    let comment = clause.find('(').and_then(|at| clause.get(at..)).unwrap_or_default();
    let address = bracketed(comment).or_else(|| bare(comment)).or_else(|| bracketed(clause));
    Some(Client { helo, address })
}

/// Where `by` begins, outside of comments.
fn end_of_clause(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, symbol) in text.char_indices() {
        match symbol {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            'b' | 'B' if depth == 0 && before.is_ascii_whitespace() => {
                let is_by = text.get(at..).and_then(|rest| rest.get(..3)).is_some_and(|word| {
                    word.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("by"))
                        && word.ends_with([' ', '\t', '\r'])
                });
                if is_by {
                    return at;
                }
            }
            _ => {}
        }
        before = symbol;
    }
    text.len()
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]`: the last one, which the server itself wrote; names before it are the client's.
fn bracketed(text: &str) -> Option<IpAddr> {
    let (head, _) = text.rsplit_once(']')?;
    let (_, inner) = head.rsplit_once('[')?;
    literal(inner)
}

/// `(192.0.2.1)`, `(name 192.0.2.1)`, as some servers write it.
fn bare(comment: &str) -> Option<IpAddr> {
    comment.split(|symbol: char| symbol.is_ascii_whitespace() || "()".contains(symbol)).rev().find_map(literal)
}

fn literal(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => &text[5..],
        _ => text,
    };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    proptest! {
        #[test]
        fn no_field_makes_it_panic(value in "(from |by )?(?s:.{0,120})") {
            let _ = client_of(&value);
        }
    }

    #[rstest]
    #[case::google(
        "from mail.a.test (mail.a.test. [203.0.113.5])\r\n        by mx.google.com with ESMTPS id x\r\n        for <d@e.test>;",
        Some("mail.a.test"),
        Some("203.0.113.5")
    )]
    #[case::microsoft(
        "from mail.a.test (203.0.113.5) by X.mail.protection.outlook.com (10.1.2.3) with Microsoft SMTP Server",
        Some("mail.a.test"),
        Some("203.0.113.5")
    )]
    #[case::postfix(
        "from mail.a.test (unknown [IPv6:2001:db8::5])\r\n\tby mx.b.test (Postfix) with ESMTP id 1",
        Some("mail.a.test"),
        Some("2001:db8::5")
    )]
    #[case::literal_helo(
        "from [198.51.100.9] (a.test [203.0.113.5]) by mx",
        Some("[198.51.100.9]"),
        Some("203.0.113.5")
    )]
    #[case::address_in_the_name(
        "from x (evil[198.51.100.9] [203.0.113.5]) by mx [198.51.100.7]",
        Some("x"),
        Some("203.0.113.5")
    )]
    #[case::exim(
        "from mail.a.test ([203.0.113.5] helo=foo) by mx with esmtp",
        Some("mail.a.test"),
        Some("203.0.113.5")
    )]
    #[case::no_address("from somewhere by mx.b.test; date", Some("somewhere"), None)]
    fn the_client_is_read_as_servers_write_it(
        #[case] value: &str,
        #[case] helo: Option<&str>,
        #[case] address: Option<&str>,
    ) {
        let client = client_of(value).unwrap();
        assert_eq!((client.helo, client.address), (helo, address.map(|text| text.parse().unwrap())));
    }

    #[test]
    fn a_hand_over_inside_names_no_client() {
        for value in ["by 2002:a05:6a10 with SMTP id x; date", "", "fromage by x"] {
            assert!(client_of(value).is_none(), "{value}");
        }
    }
}
