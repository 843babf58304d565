//! What an input must be, field by field. Every failure is `DeskError::Invalid` with the field's name in the API.
//!
//! Promises: whatever passes here fits the store's limits (64 KiB a value) and cannot break a key or a header field.

use super::DeskError;
use crate::mail::Address;
use crate::rules::check_tag;

/// Longest name of a mailbox, operator, group, token or table, in characters.
const NAME: usize = 200;
/// Longest subject, in characters: with its field's name it stays a line (RFC 5322 §2.1.1).
const SUBJECT: usize = 900;
/// Longest category, in characters.
const CATEGORY: usize = 200;
/// Longest signature, in characters.
const SIGNATURE: usize = 5_000;
/// Tags of one ticket.
const TAGS: usize = 100;
/// All tags of one ticket together, in octets.
const TAGS_OCTETS: usize = 16 * 1024;
/// Addresses of one mailbox.
const ADDRESSES: usize = 100;
/// Longest message text, in octets.
const TEXT: usize = 16 * 1024;
/// Largest record that is put into the store, in octets: its limit less room for the frame.
const RECORD: usize = 60 * 1024;

/// A name: 1 to 200 characters without control characters; space around it is taken away.
pub(in crate::desk) fn name(field: &str, text: &str) -> Result<String, DeskError> {
    line(field, text, NAME)
}

/// A category: 1 to 200 characters without control characters.
pub(in crate::desk) fn category(field: &str, text: &str) -> Result<String, DeskError> {
    line(field, text, CATEGORY)
}

/// A letter's subject: 1 to 900 characters without control characters.
pub(in crate::desk) fn subject(field: &str, text: &str) -> Result<String, DeskError> {
    line(field, text, SUBJECT)
}

/// A ticket number's prefix: 1 to 10 of `A-Z0-9`.
pub(in crate::desk) fn prefix(field: &str, text: &str) -> Result<String, DeskError> {
    let fits = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err(DeskError::invalid(field, "must be 1 to 10 of A-Z and 0-9")) }
}

/// A password: 10 to 1,000 characters.
pub(in crate::desk) fn password(field: &str, text: &str) -> Result<(), DeskError> {
    match text.chars().count() {
        10..=1_000 => Ok(()),
        _ => Err(DeskError::invalid(field, "must have 10 to 1,000 characters")),
    }
}

/// An e-mail address.
pub(in crate::desk) fn address(field: &str, text: &str) -> Result<Address, DeskError> {
    Address::parse(text.trim()).map_err(|error| DeskError::invalid(field, format!("{text:?}: {error}")))
}

/// A mailbox's addresses as keys, in order: at least one that is no catch-all (answers are sent from the first), none twice,
/// all at domain names.
pub(in crate::desk) fn mailbox_addresses(field: &str, texts: &[String]) -> Result<Vec<String>, DeskError> {
    if texts.len() > ADDRESSES {
        return Err(DeskError::invalid(field, format!("at most {ADDRESSES} addresses")));
    }
    let mut keys = Vec::with_capacity(texts.len());
    for text in texts {
        let key = match text.trim().strip_prefix("*@") {
            Some(domain) => format!("*@{}", address(field, &format!("catch-all@{domain}"))?.domain()),
            None => address(field, text)?.key(),
        };
        if key.ends_with(']') {
            return Err(DeskError::invalid(field, format!("{text:?}: a mailbox needs a domain name")));
        }
        if keys.contains(&key) {
            return Err(DeskError::invalid(field, format!("{key} is given twice")));
        }
        keys.push(key);
    }
    if keys.iter().all(|key| key.starts_with("*@")) {
        return Err(DeskError::invalid(field, "at least one address that is no catch-all: answers are sent from it"));
    }
    Ok(keys)
}

/// A signature: at most 5,000 characters; may be empty.
pub(in crate::desk) fn signature(field: &str, text: &str) -> Result<String, DeskError> {
    if text.chars().count() > SIGNATURE {
        return Err(DeskError::invalid(field, format!("at most {SIGNATURE} characters")));
    }
    Ok(text.trim_end().to_owned())
}

/// A message's text: 1 octet to 16 KiB, not only white space.
pub(in crate::desk) fn text(field: &str, text: &str) -> Result<String, DeskError> {
    let text = text.trim_end();
    if text.trim_start().is_empty() {
        return Err(DeskError::invalid(field, "must not be empty"));
    }
    if text.len() > TEXT {
        return Err(DeskError::invalid(field, format!("at most {TEXT} octets")));
    }
    Ok(text.to_owned())
}

/// All tags of a ticket: valid paths, sorted, without repetition; at most 100 and 16 KiB.
pub(in crate::desk) fn tags(field: &str, paths: &[String]) -> Result<Vec<String>, DeskError> {
    let mut tags = paths.iter().map(|path| tag(field, path)).collect::<Result<Vec<_>, _>>()?;
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > TAGS || tags.iter().map(String::len).sum::<usize>() > TAGS_OCTETS {
        return Err(DeskError::invalid(field, format!("at most {TAGS} tags of {TAGS_OCTETS} octets together")));
    }
    Ok(tags)
}

/// A tag path such as `delivery/lost/usa`, as [`crate::rules::check_tag`] has it.
pub(in crate::desk) fn tag(field: &str, path: &str) -> Result<String, DeskError> {
    let path = path.trim();
    check_tag(path).map_err(|problem| DeskError::invalid(field, format!("{path:?}: {problem}")))?;
    Ok(path.to_owned())
}

/// An encoded record that the store will take.
pub(in crate::desk) fn record(field: &str, encoded: Vec<u8>) -> Result<Vec<u8>, DeskError> {
    if encoded.len() > RECORD {
        return Err(DeskError::invalid(field, format!("too large: at most {RECORD} octets as stored")));
    }
    Ok(encoded)
}

fn line(field: &str, text: &str, longest: usize) -> Result<String, DeskError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(DeskError::invalid(field, format!("must have 1 to {longest} characters on one line")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("delivery/lost/usa", true)]
    #[case("доставка/утеряно", true)]
    #[case("a.b-c_d/1", true)]
    #[case("1/2/3/4/5/6/7/8/9/10", true)]
    #[case("1/2/3/4/5/6/7/8/9/10/11", false)]
    #[case("", false)]
    #[case("/a", false)]
    #[case("a//b", false)]
    #[case("a b", false)]
    #[case("a,b", false)]
    fn a_tag_is_a_path_of_words(#[case] path: &str, #[case] fits: bool) {
        assert_eq!(tag("tags", path).is_ok(), fits);
    }

    #[test]
    fn tags_are_sorted_and_given_once() {
        let given = ["b", "a/c", "b"].map(str::to_owned);
        assert_eq!(tags("tags", &given).unwrap(), ["a/c", "b"]);
        let many: Vec<String> = (0..101).map(|n| format!("t{n}")).collect();
        assert!(tags("tags", &many).is_err());
        let wide: Vec<String> = (0..99).map(|n| format!("{n}{}", "ж".repeat(190))).collect();
        assert!(tags("tags", &wide).is_err(), "99 long tags do not fit into a ticket's record");
    }

    #[rstest]
    #[case("DEMO", true)]
    #[case("A1", true)]
    #[case("demo", false)]
    #[case("", false)]
    #[case("ELEVENCHARS", false)]
    #[case("D-O", false)]
    fn a_prefix_is_short_and_plain(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(prefix("prefix", text).is_ok(), fits);
    }

    #[rstest]
    #[case(&["help@demo.test", "*@demo.test"], Some("help@demo.test *@demo.test"))]
    #[case(&["Help@Demo.Test"], Some("help@demo.test"))]
    #[case(&["*@demo.test"], None)]
    #[case(&[], None)]
    #[case(&["help@demo.test", "HELP@demo.test"], None)]
    #[case(&["help"], None)]
    #[case(&["help@[127.0.0.1]"], None)]
    #[case(&["help@demo.test\r\nBcc: x@y.test"], None)]
    fn a_mailbox_has_an_address_to_send_from(#[case] given: &[&str], #[case] expected: Option<&str>) {
        let given: Vec<String> = given.iter().map(|address| (*address).to_owned()).collect();
        let keys = mailbox_addresses("addresses", &given).map(|keys| keys.join(" "));
        assert_eq!(keys.ok().as_deref(), expected);
    }

    #[rstest]
    #[case("123456789", false)]
    #[case("1234567890", true)]
    #[case("пароль-из-букв", true)]
    fn a_password_has_ten_characters_or_more(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(password("password", text).is_ok(), fits);
    }
}
