//! Paths (RFC 5321 §4.1.2): `<address>`, `<>`, `<@relay,@relay:address>`.

use crate::mail::Address;

/// Splits `FROM:<path> parameters` into path (without brackets) and parameters. Blanks between colon and bracket are let
/// pass: many programs send them, and they cannot be misread.
pub(super) fn split<'a>(arguments: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (found, rest) = arguments.split_at_checked(keyword.len())?;
    if !found.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_start_matches(' ').strip_prefix('<')?;
    let end = closing_bracket(rest)?;
    let parameters = &rest[end + 1..];
    match parameters.strip_prefix(' ') {
        Some(parameters) => Some((&rest[..end], parameters.trim_start_matches(' '))),
        None => parameters.is_empty().then_some((&rest[..end], "")),
    }
}

/// The address of a path. A source route is checked and then ignored, as RFC 5321 §4.1.1.3 and appendix C ask.
pub(super) fn address(path: &str) -> Option<Address> {
    let mailbox = match path.strip_prefix('@') {
        None => path,
        Some(route) => {
            let (route, mailbox) = route.split_once(':')?;
            let mut hops = route.split(',').enumerate();
            let is_domain = |hop: &str| {
                !hop.is_empty() && hop.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-".contains(&octet))
            };
            let good = hops.all(|(index, hop)| match index {
                0 => is_domain(hop),
                _ => hop.strip_prefix('@').is_some_and(is_domain),
            });
            good.then_some(mailbox)?
        }
    };
    Address::parse(mailbox).ok()
}

/// Where the path ends: the first `>` outside of a quoted string.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}
