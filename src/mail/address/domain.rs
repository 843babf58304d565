//! The domain: a host name, an internationalised one (RFC 5890) or an address literal (RFC 5321 §4.1.3).

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::AddressError;

/// RFC 5321 §4.5.3.1.2, in octets.
const MAX_DOMAIN: usize = 255;

/// RFC 1035 §2.3.4, in octets.
const MAX_LABEL: usize = 63;

/// The domain in lower case and A-labels; a literal in the one spelling of its address.
pub(super) fn canonical(domain: &str) -> Result<String, AddressError> {
    if domain.len() > MAX_DOMAIN {
        return Err(AddressError::Domain);
    }
    if let Some(literal) = domain.strip_prefix('[') {
        return address_literal(literal).ok_or(AddressError::Domain);
    }
    let ascii = if domain.is_ascii() {
        Cow::Borrowed(domain)
    } else {
        idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| AddressError::Domain)?
    };
    if is_host_name(&ascii) { Ok(ascii.to_ascii_lowercase()) } else { Err(AddressError::Domain) }
}

/// Letters, digits and hyphens; also the underscore, which senders use although RFC 952 does not know it. A last label of
/// digits alone would read as an IPv4 address, so it is refused.
fn is_host_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.len() <= MAX_DOMAIN && domain.split('.').all(is_label) && !last.bytes().all(|b| b.is_ascii_digit())
}

/// `1.2.3.4]` or `IPv6:…]`. General address literals have no registered tag, so there are none.
fn address_literal(literal: &str) -> Option<String> {
    let inner = literal.strip_suffix(']')?;
    if let Ok(v4) = inner.parse::<Ipv4Addr>() {
        return Some(format!("[{v4}]"));
    }
    let (tag, v6) = inner.split_at_checked("IPv6:".len())?;
    if !tag.eq_ignore_ascii_case("IPv6:") {
        return None;
    }
    v6.parse::<Ipv6Addr>().ok().map(|v6| format!("[IPv6:{v6}]"))
}
