//! Pictures: embedded ones by `cid:`, small ones in `data:`, remote ones only when asked for.

use std::borrow::Cow;

use super::SanitiseOptions;

/// Octets of a picture inside a `data:` address.
const MAX_DATA: usize = 1024 * 1024;
/// Stands for the source of a picture that was held back, until the attribute can be renamed.
const BLOCKED: &str = "mxdesk-blocked:";

/// The source that may be shown.
pub(super) fn source<'a>(value: &'a str, options: &SanitiseOptions) -> Option<Cow<'a, str>> {
    let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let (scheme, rest) = value.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "cid" => options.cid_prefix.as_ref().map(|prefix| Cow::Owned(format!("{prefix}{}", encode(rest)))),
        "data" if is_picture(rest) => Some(Cow::Borrowed(value)),
        "https" if options.remote_images && rest.starts_with("//") && !value.contains(char::is_control) => {
            Some(Cow::Borrowed(value))
        }
        "http" | "https" => Some(Cow::Borrowed(BLOCKED)),
        _ => None,
    }
}

/// Gives the pictures that were held back the mark that the panel counts. In a text, a `"` cannot follow `=` in this
/// form: the mark is no word that anyone writes.
pub(super) fn mark_blocked(html: String) -> String {
    let marked = format!("src=\"{BLOCKED}\"");
    if html.contains(&marked) { html.replace(&marked, "data-blocked=\"\"") } else { html }
}

/// `image/png;base64,…`: no SVG, which is a document.
fn is_picture(data: &str) -> bool {
    let Some((kind, content)) = data.split_once(',') else { return false };
    let kind = kind.to_ascii_lowercase();
    matches!(kind.as_str(), "image/png;base64" | "image/jpeg;base64" | "image/jpg;base64" | "image/gif;base64")
        && content.len() <= MAX_DATA
        && content.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\r' | b'\n' | b' '))
}

/// Percent-encoded for one path segment (RFC 3986 §2.3).
fn encode(content_id: &str) -> String {
    let mut encoded = String::with_capacity(content_id.len());
    for byte in content_id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
