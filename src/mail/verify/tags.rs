//! Tag lists (RFC 6376 §3.2): of signatures, seals and key records.

/// Tags of one list; signatures have about ten.
const MAX_TAGS: usize = 64;

/// The tags in their order, with the white space around names and values taken away. An error where the list is none:
/// a tag without a name or value, an empty tag between two others, a tag given twice.
pub(super) fn parse(list: &[u8]) -> Result<Vec<(&str, &str)>, &'static str> {
    let list = std::str::from_utf8(list).map_err(|_| "not plain text")?.trim_matches(is_space);
    let list = list.strip_suffix(';').unwrap_or(list);
    let mut tags: Vec<(&str, &str)> = Vec::with_capacity(12);
    for tag in list.split(';') {
        let (name, value) = tag.split_once('=').ok_or("a tag without a value")?;
        let (name, value) = (name.trim_matches(is_space), value.trim_matches(is_space));
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err("a tag without a name");
        }
        if tags.iter().any(|(known, _)| *known == name) {
            return Err("a tag given twice");
        }
        if tags.len() >= MAX_TAGS {
            return Err("too many tags");
        }
        tags.push((name, value));
    }
    Ok(tags)
}

/// The value of a tag.
pub(super) fn get<'a>(tags: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    tags.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The values of a list with colons (`h=`), without the white space around each.
pub(super) fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(':').map(|item| item.trim_matches(is_space))
}

fn is_space(symbol: char) -> bool {
    matches!(symbol, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn white_space_around_names_and_values_does_not_count() {
        let tags = parse(b" v = 1;\r\n\ta=rsa-sha256 ; h=From : To;\r\n").unwrap();
        assert_eq!(tags, [("v", "1"), ("a", "rsa-sha256"), ("h", "From : To")]);
        assert_eq!(items(get(&tags, "h").unwrap()).collect::<Vec<_>>(), ["From", "To"]);
        assert_eq!(get(&tags, "V"), None);
    }

    #[rstest]
    #[case::twice("a=1; b=2; a=3")]
    #[case::no_value("a=1; b")]
    #[case::no_name("a=1; =2")]
    #[case::empty_between("a=1;; b=2")]
    #[case::empty("")]
    #[case::strange_name("a-b=1")]
    fn what_is_no_tag_list_is_refused(#[case] text: &str) {
        assert!(parse(text.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&octets);
        }
    }
}
