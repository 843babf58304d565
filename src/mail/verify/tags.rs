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
