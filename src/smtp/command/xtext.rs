//! xtext (RFC 3461 §4): `+2B` for what may not stand in a parameter's value.

/// The text meant, where it is printable ASCII; others' control characters must not come into reports and header fields.
pub(super) fn decode(text: &str) -> Option<String> {
    let decoded = unescape(text)?;
    decoded.bytes().all(|octet| matches!(octet, b' '..=b'~')).then_some(decoded)
}

/// An address of RFC 6533 §3: xtext with `\x{…}` for characters beyond ASCII, or these characters themselves.
pub(super) fn decode_utf8(text: &str) -> Option<String> {
    let text = unescape(text)?;
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, escape)) = rest.split_once("\\x{") {
        let (digits, behind) = escape.split_once('}')?;
        let is_hex = (1..=6).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        let meant = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex).and_then(char::from_u32)?;
        decoded.push_str(before);
        decoded.push(meant);
        rest = behind;
    }
    decoded.push_str(rest);
    (!decoded.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))).then_some(decoded)
}

/// Replaces `+XX` by the octet that it stands for; only ASCII can be meant.
fn unescape(text: &str) -> Option<String> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('+') {
        let (digits, behind) = behind.split_at_checked(2)?;
        let is_hex = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        let octet = u8::from_str_radix(digits, 16).ok().filter(|octet| is_hex && octet.is_ascii())?;
        decoded.push_str(before);
        decoded.push(char::from(octet));
        rest = behind;
    }
    decoded.push_str(rest);
    Some(decoded)
}
