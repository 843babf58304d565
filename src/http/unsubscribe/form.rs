//! Recognises the one-click form: `List-Unsubscribe=One-Click` as `application/x-www-form-urlencoded` or `multipart/form-data`
//! (RFC 8058 §3.1).

const NAME: &str = "List-Unsubscribe";
const VALUE: &str = "One-Click";
/// Longest boundary (RFC 2046 §5.1.1).
const BOUNDARY: usize = 70;

/// Whether a body of this type is that form. Other fields beside it do not matter.
pub(super) fn is_one_click(content_type: &str, body: &[u8]) -> bool {
    let Ok(body) = std::str::from_utf8(body) else { return false };
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    match essence.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => body.trim_end_matches(['\r', '\n']).split('&').any(is_pair),
        "multipart/form-data" => {
            let boundary = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
            let boundary = boundary.filter(|(name, _)| name.eq_ignore_ascii_case("boundary"));
            let boundary = boundary.map(|(_, value)| value.trim().trim_matches('"')).next().unwrap_or_default();
            (1..=BOUNDARY).contains(&boundary.len()) && body.split(&format!("--{boundary}")).any(is_part)
        }
        _ => false,
    }
}

/// `List-Unsubscribe=One-Click`; the hyphens may be escaped.
fn is_pair(pair: &str) -> bool {
    let plain = |text: &str| text.replace("%2D", "-").replace("%2d", "-");
    pair.split_once('=').is_some_and(|(name, value)| plain(name) == NAME && plain(value) == VALUE)
}

/// A part whose disposition has the name, and whose body is the value (RFC 7578 §4.2).
fn is_part(part: &str) -> bool {
    let part = part.trim_start_matches("\r\n");
    let Some((head, body)) = part.split_once("\r\n\r\n") else { return false };
    let names = |line: &str| {
        let (field, value) = line.split_once(':').unwrap_or_default();
        let mut parameters = value.split(';').map(str::trim);
        field.eq_ignore_ascii_case("Content-Disposition")
            && parameters.next().is_some_and(|kind| kind.eq_ignore_ascii_case("form-data"))
            && parameters.any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                name.eq_ignore_ascii_case("name") && value.trim_matches('"') == NAME
            })
    };
    head.lines().any(names) && body.trim_end_matches("\r\n") == VALUE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str =
        "--x.y\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x.y--\r\n";

    #[rstest]
    #[case(FORM, "List-Unsubscribe=One-Click", true)]
    #[case("Application/X-WWW-Form-URLencoded; charset=utf-8", "a=b&List-Unsubscribe=One-Click\r\n", true)]
    #[case(FORM, "List%2DUnsubscribe=One%2dClick", true)]
    #[case(FORM, "List-Unsubscribe=", false)]
    #[case(FORM, "List-Unsubscribe=One-Clicks", false)]
    #[case(FORM, "", false)]
    #[case("text/plain", "List-Unsubscribe=One-Click", false)]
    #[case("", "List-Unsubscribe=One-Click", false)]
    #[case("multipart/form-data; boundary=x.y", PARTS, true)]
    #[case("multipart/form-data; charset=utf-8; boundary=\"x.y\"", PARTS, true)]
    #[case("multipart/form-data; boundary=z", PARTS, false)]
    #[case("multipart/form-data", PARTS, false)]
    fn the_one_click_form_is_known_in_both_its_types(
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(is_one_click(content_type, body.as_bytes()), expected);
    }

    proptest! {
        #[test]
        fn any_body_is_read(content_type in "multipart/form-data; boundary=[a-c]|\\PC*", body in "[-abc:;=\"\r\n]{0,200}|\\PC*") {
            let _ = is_one_click(&content_type, body.as_bytes());
        }
    }
}
