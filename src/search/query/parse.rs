//! The front parser: `from: to: subject: tag: status: before: after: "…" -word`, everything else words.
//!
//! What is not understood (a key without a value, a date that is none, an unclosed quote) is read as words.

use super::dates::day_start;
use super::{CLAUSES_MAX, Clause, Parsed, Place, QUERY_MAX};
use crate::mail::identifiers::{self, IdentifierKind};

/// Reads a query. Any text is one.
pub fn parse(query: &str) -> Parsed {
    let end = query.char_indices().nth(QUERY_MAX).map_or(query.len(), |(place, _)| place);
    let mut rest = query[..end].trim_start();
    let mut parsed = Parsed::default();
    while !rest.is_empty() && parsed.clauses.len() < CLAUSES_MAX {
        rest = take_part(rest, &mut parsed).trim_start();
    }
    parsed
}

/// Reads one part and answers what is behind it.
fn take_part<'a>(rest: &'a str, parsed: &mut Parsed) -> &'a str {
    let (excluded, rest) = match rest.strip_prefix('-') {
        Some(behind) if behind.starts_with(|c: char| c.is_alphanumeric() || is_quote(c)) => (true, behind),
        _ => (false, rest),
    };
    if let Some((text, behind)) = quoted(rest) {
        parsed.look_for(excluded, Place::Anywhere, text, true);
        return behind;
    }
    if let Some((key, value, phrase, behind)) = keyed(rest)
        && parsed.take_key(excluded, key, value, phrase)
    {
        return behind;
    }
    let length = spaced_phone(rest).unwrap_or_else(|| chunk_length(rest));
    let (text, behind) = rest.split_at(length);
    parsed.look_for(excluded, Place::Anywhere, text, false);
    behind
}

/// The keys of a query.
#[derive(Clone, Copy)]
enum Key {
    From,
    To,
    Subject,
    Tag,
    Status,
    Before,
    After,
}

impl Parsed {
    fn look_for(&mut self, excluded: bool, place: Place, text: &str, phrase: bool) {
        if text.chars().any(char::is_alphanumeric) {
            self.clauses.push(Clause { excluded, place, text: text.to_owned(), phrase });
        }
    }

    /// Takes `key:value`; false where it is to be read as words.
    fn take_key(&mut self, excluded: bool, key: Key, value: &str, phrase: bool) -> bool {
        let place = match key {
            Key::From => Place::From,
            Key::To => Place::To,
            Key::Subject => Place::Subject,
            // Only what is looked for in text can be excluded.
            Key::Tag | Key::Status | Key::Before | Key::After if excluded => return false,
            Key::Tag => {
                self.tag = Some(value.to_owned());
                return true;
            }
            Key::Status => {
                self.status.push(value.to_lowercase());
                return true;
            }
            Key::Before | Key::After => {
                let Some(moment) = day_start(value) else { return false };
                let side = if matches!(key, Key::Before) { &mut self.before } else { &mut self.after };
                *side = Some(moment);
                return true;
            }
        };
        self.look_for(excluded, place, value, phrase);
        true
    }
}

/// `key:value` or `key:"value"` at the beginning, with what is behind it.
fn keyed(rest: &str) -> Option<(Key, &str, bool, &str)> {
    let (name, value) = rest.split_once(':')?;
    let key = match name.to_ascii_lowercase().as_str() {
        "from" => Key::From,
        "to" => Key::To,
        "subject" => Key::Subject,
        "tag" => Key::Tag,
        "status" => Key::Status,
        "before" => Key::Before,
        "after" => Key::After,
        _ => return None,
    };
    if let Some((value, behind)) = quoted(value) {
        return value.chars().any(char::is_alphanumeric).then_some((key, value, true, behind));
    }
    let (value, behind) = value.split_at(chunk_length(value));
    value.chars().any(char::is_alphanumeric).then_some((key, value, false, behind))
}

/// What stands in quotes at the beginning (an unclosed quote ends with the query), with what is behind it.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let inside = rest.strip_prefix(is_quote)?;
    Some(inside.split_once(is_quote).unwrap_or((inside, "")))
}

/// Straight quotes, and those that phones and office programs put in their place.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»')
}

/// The length of a phone number at the beginning that has spaces in it.
fn spaced_phone(rest: &str) -> Option<usize> {
    let phone = identifiers::find(rest).into_iter().next()?;
    let whole = phone.kind == IdentifierKind::Phone && phone.start == 0 && phone.text.contains(char::is_whitespace);
    whole.then_some(phone.text.len())
}

fn chunk_length(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(rest.len())
}
