//! The record parser and the macros for the fuzz targets.

use std::net::{IpAddr, Ipv4Addr};

use super::macros::{self, Values};
use super::record::same_network;
use super::{Mechanism, Record};

/// Octets of the longest name that may be asked for (RFC 7208 §7.3).
const MAX_NAME: usize = 253;

/// A record, then (behind the first NUL) what its macros stand for. What is right has prefix lengths within their families, and
/// names that can be asked for.
pub fn spf(data: &[u8]) {
    let end = data.iter().position(|octet| *octet == 0).unwrap_or(data.len());
    let (text, rest) = data.split_at(end);
    let stands_for = String::from_utf8_lossy(rest.get(1..).unwrap_or_default());
    if !Record::is_spf(text) {
        return;
    }
    let record = match Record::parse(text) {
        Ok(record) => record,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control), "a control character in {error:?}");
            return;
        }
    };
    let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3));
    let values = Values {
        local: &stands_for,
        sender_domain: &stands_for,
        domain: "client.test",
        client,
        helo: &stands_for,
        receiver: "desk.test",
        name: &stands_for,
    };
    let domains = record.directives.iter().filter_map(|directive| match &directive.mechanism {
        Mechanism::A(domain, cidr) | Mechanism::Mx(domain, cidr) => {
            assert!(cidr.v4 <= 32 && cidr.v6 <= 128, "a prefix length that is none");
            let _ = same_network(client, IpAddr::V4(Ipv4Addr::LOCALHOST), *cidr);
            *domain
        }
        Mechanism::Ip4(_, length) => {
            assert!(*length <= 32, "a prefix length that is none");
            None
        }
        Mechanism::Ip6(_, length) => {
            assert!(*length <= 128, "a prefix length that is none");
            None
        }
        Mechanism::Include(domain) | Mechanism::Exists(domain) => Some(*domain),
        Mechanism::Ptr(domain) => *domain,
        Mechanism::All => None,
    });
    for domain in domains.chain(record.redirect).chain(record.explanation) {
        let name = macros::expand_domain(domain.0, &values);
        assert!(name.len() <= MAX_NAME || !name.contains('.'), "a name that cannot be asked for");
    }
    if macros::check_explanation(&stands_for).is_ok() {
        let _ = macros::expand(&stands_for, &values);
    }
}
