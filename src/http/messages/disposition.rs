//! `Content-Disposition: attachment` with a file name from a stranger's letter (RFC 6266, RFC 8187).

use std::fmt::Write;

/// For what is downloaded: shown as a document by mistake, it may still do nothing.
pub(super) const NO_CONTENT_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// The header's value. The plain form holds ASCII only, with `_` for what could end or change it; where that loses
/// something, the extended form follows. No character of the name can leave its place.
pub(super) fn attachment(name: &str) -> String {
    let name = if name.trim().is_empty() { "attachment" } else { name };
    let plain: String = name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if is_attribute_character(byte) {
                value.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(value, "%{byte:02X}");
            }
        }
    }
    value
}

fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~') && !matches!(character, '"' | '\\' | '/' | '%' | ':' | '*' | '?' | '<' | '>' | '|')
}

/// `attr-char` of RFC 8187 §3.2.1.
fn is_attribute_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_plain_name_stays() {
        assert_eq!(attachment("invoice 7.pdf"), "attachment; filename=\"invoice 7.pdf\"");
        assert_eq!(attachment(" "), "attachment; filename=\"attachment\"");
    }

    #[test]
    fn a_russian_name_comes_in_both_forms() {
        assert_eq!(attachment("чек.pdf"), "attachment; filename=\"___.pdf\"; filename*=UTF-8''%D1%87%D0%B5%D0%BA.pdf");
    }

    #[test]
    fn a_name_cannot_leave_its_place() {
        let value = attachment("a\"; x=\"\r\nSet-Cookie: a=b\\");
        assert_eq!(
            value,
            "attachment; filename=\"a_; x=___Set-Cookie_ a=b_\"; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20a%3Db%5C"
        );
        assert!(axum::http::HeaderValue::try_from(value).is_ok());
    }
}
