//! What `List-Unsubscribe` names: URLs between brackets, the preferred first (RFC 2369 §2).

use super::Unsubscribe;

/// Octets of a URL that need no escape: those of RFC 3986 §2.3, and what may stand in the address of a `mailto` (RFC 6068 §2).
const PLAIN: &[u8] = b"-._~!$'*+@";

/// The URLs: https first, which one-click needs; then mailto (RFC 2369 §3.2).
pub(super) fn targets(unsubscribe: &Unsubscribe) -> Vec<String> {
    // A URL holds no space, bracket or control character: what does would break the field.
    let url = escaped(&unsubscribe.url, b"-._~!$'*+@:/?#[]&;=,%()");
    let mail =
        unsubscribe.mail.as_ref().map(|mail| format!("mailto:{}?subject=unsubscribe", escaped(&mail.to_path(), PLAIN)));
    std::iter::once(url).chain(mail).collect()
}

/// A text with all octets but letters, digits and `plain` ones percent-encoded (RFC 3986 §2.1).
fn escaped(text: &str, plain: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::Address;

    #[test]
    fn the_https_url_comes_first_and_an_address_is_escaped() {
        let mail = Address::parse("help%x&y+u7@demo.test").ok();
        let targets = targets(&Unsubscribe { url: "https://desk.test/unsubscribe/abc".to_owned(), mail });
        assert_eq!(
            targets,
            ["https://desk.test/unsubscribe/abc", "mailto:help%25x%26y+u7@demo.test?subject=unsubscribe"]
        );
    }

    proptest! {
        #[test]
        fn no_text_can_leave_its_brackets(url in "\\PC*|[<>, \r\n\ta-z]{0,40}") {
            for target in targets(&Unsubscribe { url, mail: None }) {
                prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>'));
            }
        }
    }
}
