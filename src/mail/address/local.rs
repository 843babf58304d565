//! The local part: dot-atom or quoted string (RFC 5321 §4.1.2), with UTF-8 where RFC 6531 §3.3 adds it.

use std::borrow::Cow;

use super::AddressError;

/// RFC 5321 §4.5.3.1.1, in octets, counted unquoted.
const MAX_LOCAL: usize = 64;

/// Reads the local part and the `@`; answers it unquoted, with what follows the `@`.
pub(super) fn read(text: &str) -> Result<(Cow<'_, str>, &str), AddressError> {
    let (local, rest) = match text.strip_prefix('"') {
        Some(quoted) => {
            let (local, rest) = unquote(quoted)?;
            (Cow::Owned(local), rest.strip_prefix('@').ok_or(AddressError::Shape)?)
        }
        None => {
            let (local, rest) = text.split_once('@').ok_or(AddressError::Shape)?;
            if !local.is_empty() && !is_dot_atom(local) {
                return Err(AddressError::Local);
            }
            (Cow::Borrowed(local), rest)
        }
    };
    match (local.len(), rest.is_empty()) {
        (0, _) | (_, true) => Err(AddressError::Shape),
        (1..=MAX_LOCAL, _) => Ok((local, rest)),
        _ => Err(AddressError::Local),
    }
}

/// `Dot-string` of RFC 5321 §4.1.2 with `UTF8-non-ascii` as atext (RFC 6531 §3.3).
pub(super) fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// The local part as a quoted string.
pub(super) fn quote(local: &str) -> String {
    let mut quoted = String::with_capacity(local.len() + 2);
    quoted.push('"');
    for c in local.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Reads up to the closing quote; answers the content and what follows the quote.
fn unquote(quoted: &str) -> Result<(String, &str), AddressError> {
    let mut local = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        let c = match c {
            '"' => return Ok((local, &quoted[at + 1..])),
            '\\' => chars.next().ok_or(AddressError::Local)?.1,
            c => c,
        };
        if !is_printable(c) || local.len() > MAX_LOCAL {
            return Err(AddressError::Local);
        }
        local.push(c);
    }
    Err(AddressError::Local)
}

fn is_atext(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        c if c.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(c),
        c => is_printable(c) && !c.is_whitespace(),
    }
}

/// Nothing that ends a line, ends a string or turns the direction of the text that follows.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
