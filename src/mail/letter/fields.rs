//! Header fields: decoded, cleaned, bounded.

use std::borrow::Cow;

use mail_parser::{AddressList, Header, HeaderForm, Headers, Mailbox};

use super::Correspondent;

/// Fields that are kept.
pub(super) const MAX_FIELDS: usize = 500;
/// Octets of one value beyond which a person must look.
pub(super) const MAX_RAW_VALUE: usize = 64 * 1024;
/// Characters of one value that are kept.
const MAX_VALUE: usize = 4_096;
/// Characters of a display name.
const MAX_NAME: usize = 255;
/// Octets of an address or Message-ID; longer ones are no such thing.
const MAX_ID: usize = 998;

/// The first [`MAX_FIELDS`] fields in order, name as written, value decoded.
pub(super) fn all(headers: Headers<'_>) -> Vec<(String, String)> {
    headers.iter().take(MAX_FIELDS).map(|header| (line(header.raw_name(), MAX_NAME), text(&header))).collect()
}

/// The decoded text of one field, on one line.
pub(super) fn text(header: &Header<'_>) -> String {
    // Longer values are cut before they are decoded: no field is worth more work.
    let raw = header.raw_value();
    let raw = &raw[..raw.len().min(MAX_RAW_VALUE)];
    line(HeaderForm::Text.parse(raw).value().as_text().unwrap_or_default(), MAX_VALUE)
}

/// The first field of that name, as identifiers without brackets.
pub(super) fn message_ids(headers: Headers<'_>, name: &str) -> Vec<String> {
    let Some(header) = headers.all(name.to_owned()).next() else { return Vec::new() };
    let parsed = header.parse_as(HeaderForm::MessageIds);
    let Some(list) = parsed.value().as_text_list() else { return Vec::new() };
    list.iter().filter_map(message_id).collect()
}

/// The mailboxes of the first field of that name; at most `max`.
pub(super) fn correspondents(headers: Headers<'_>, name: &str, max: usize) -> Vec<Correspondent> {
    let Some(header) = headers.all(name.to_owned()).next() else { return Vec::new() };
    header.value().as_address().map(|list| mailboxes(list).take(max).collect()).unwrap_or_default()
}

/// Every mailbox that has an address, groups flattened.
pub(super) fn mailboxes<'m>(list: AddressList<'m>) -> impl Iterator<Item = Correspondent> + use<'m> {
    list.mailboxes().filter_map(|mailbox| correspondent(&mailbox))
}

/// A text on one line, without control characters, trimmed, at most `max` characters.
pub(super) fn line(text: &str, max: usize) -> String {
    let is_plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.contains(is_unwanted);
    let clean =
        if is_plain { Cow::Borrowed(text) } else { Cow::Owned(text.chars().filter_map(plain).collect::<String>()) };
    let clean = clean.trim();
    match clean.char_indices().nth(max) {
        Some((end, _)) => clean[..end].to_owned(),
        None => clean.to_owned(),
    }
}

fn correspondent(mailbox: &Mailbox<'_>) -> Option<Correspondent> {
    let address = mailbox.address().map(|address| line(address, MAX_ID)).filter(|address| !address.is_empty())?;
    let name = mailbox.name().map(|name| line(name, MAX_NAME)).filter(|name| !name.is_empty());
    Some(Correspondent { name, address })
}

fn message_id(id: &str) -> Option<String> {
    let id: String = id.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    (!id.is_empty() && id.len() <= MAX_ID).then_some(id)
}

/// Line ends and tabs become spaces; other control characters, and those that turn the direction of the text around
/// them, go.
fn plain(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_unwanted(c) => None,
        c => Some(c),
    }
}

/// A character that may not stand in a one-line text.
pub(super) fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
