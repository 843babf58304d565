//! Macro strings: their syntax and their expansion (RFC 7208 §7).

use std::fmt::Write;
use std::net::IpAddr;

/// Longest name that can be asked for, as text; labels are dropped from the left beyond it (RFC 7208 §7.3).
const MAX_NAME: usize = 253;
/// Octets of an expansion. A record has room for some hundred macros, each of some hundred octets.
const MAX_EXPANSION: usize = 4_096;

/// What macros stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    /// The local part of the sender.
    pub local: &'a str,
    /// The domain of the sender.
    pub sender_domain: &'a str,
    /// The domain whose record is evaluated.
    pub domain: &'a str,
    /// The client.
    pub client: IpAddr,
    /// The HELO argument.
    pub helo: &'a str,
    /// Our name.
    pub receiver: &'a str,
    /// The client's confirmed name: [`needs_name`] says whether it matters.
    pub name: &'a str,
}

/// Whether the text is a right `macro-string` (RFC 7208 §7.1).
pub(super) fn check_text(text: &str) -> Result<(), &'static str> {
    check(text, Place::Record).map(|_| ())
}

/// Whether the text is a right `explain-string` (RFC 7208 §7.1).
pub(super) fn check_explanation(text: &str) -> Result<(), &'static str> {
    check(text, Place::Explanation).map(|_| ())
}

/// Whether the text is a right `domain-spec`: it ends in a macro or in a top label (RFC 7208 §7.1).
pub(super) fn check_domain(text: &str) -> Result<(), &'static str> {
    let literal = check(text, Place::Record)?;
    if text.is_empty() {
        return Err("needs a domain");
    }
    if literal.is_empty() {
        return Ok(());
    }
    let literal = literal.strip_suffix('.').unwrap_or(literal);
    match literal.rsplit_once('.') {
        Some((_, label)) if is_top_label(label) => Ok(()),
        _ => Err("does not end in a top-level domain"),
    }
}

/// Whether `%{p}` occurs, which costs look-ups.
pub(super) fn needs_name(text: &str) -> bool {
    text.contains("%{p") || text.contains("%{P")
}

/// The name that a right `domain-spec` comes to.
pub(super) fn expand_domain(text: &str, values: &Values<'_>) -> String {
    let mut name = expand(text, values);
    if name.ends_with('.') {
        name.pop();
    }
    while name.len() > MAX_NAME {
        match name.find('.') {
            Some(at) => name.drain(..=at),
            None => break,
        };
    }
    name
}

/// What a right string comes to.
pub(super) fn expand(text: &str, values: &Values<'_>) -> String {
    let mut expansion = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        expansion.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.as_bytes().first() {
            Some(b'%') => expansion.push('%'),
            Some(b'_') => expansion.push(' '),
            Some(b'-') => expansion.push_str("%20"),
            Some(b'{') => {
                let Some(end) = rest.find('}') else { break };
                if let Ok(macro_) = Macro::parse(&rest[1..end]) {
                    macro_.expand(values, &mut expansion);
                }
                rest = &rest[end + 1..];
                continue;
            }
            _ => break,
        }
        rest = &rest[1..];
        if expansion.len() > MAX_EXPANSION {
            break;
        }
    }
    expansion.push_str(rest);
    expansion.truncate(expansion.floor_char_boundary(MAX_EXPANSION));
    expansion
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Record,
    Explanation,
}

/// What stands behind the last macro.
fn check(text: &str, place: Place) -> Result<&str, &'static str> {
    let is_literal = |byte: u8| byte.is_ascii_graphic() || (byte == b' ' && place == Place::Explanation);
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        if !rest.bytes().take(at).all(is_literal) {
            return Err("not plain ASCII");
        }
        rest = &rest[at + 1..];
        match rest.as_bytes().first() {
            Some(b'%' | b'_' | b'-') => rest = &rest[1..],
            Some(b'{') => {
                let end = rest.find('}').ok_or("a macro without an end")?;
                let is_known = Macro::parse(&rest[1..end])?;
                if place == Place::Record && matches!(is_known.letter, b'c' | b'r' | b't') {
                    return Err("a macro for explanations only");
                }
                rest = &rest[end + 1..];
            }
            _ => return Err("a '%' without a macro"),
        }
    }
    if rest.bytes().all(is_literal) { Ok(rest) } else { Err("not plain ASCII") }
}

/// `alphanum` with at least one letter or hyphen; no hyphen at the ends.
fn is_top_label(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.bytes().all(|byte| byte.is_ascii_digit())
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// What stands between the braces.
struct Macro<'a> {
    /// In lower case.
    letter: u8,
    is_escaped: bool,
    /// Parts that are kept, from the right.
    keep: usize,
    is_reversed: bool,
    delimiters: &'a str,
}

impl<'a> Macro<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let first = text.bytes().next().ok_or("an empty macro")?;
        let letter = first.to_ascii_lowercase();
        if !b"slodipvhcrt".contains(&letter) {
            return Err("no such macro");
        }
        let rest = &text[1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = rest.split_at(digits);
        // More parts than any name has are all of them.
        let keep = if digits.is_empty() { usize::MAX } else { digits.parse().unwrap_or(usize::MAX) };
        if keep == 0 {
            return Err("a macro that keeps nothing");
        }
        let (is_reversed, delimiters) = match rest.strip_prefix(['r', 'R']) {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if !delimiters.bytes().all(|byte| b".-+,/_=".contains(&byte)) {
            return Err("no such macro");
        }
        Ok(Self { letter, is_escaped: first.is_ascii_uppercase(), keep, is_reversed, delimiters })
    }

    fn expand(&self, values: &Values<'_>, expansion: &mut String) {
        let value = self.value(values);
        let delimiters = if self.delimiters.is_empty() { "." } else { self.delimiters };
        let mut parts: Vec<&str> = value.split(|symbol: char| delimiters.contains(symbol)).collect();
        if self.is_reversed {
            parts.reverse();
        }
        let kept = parts.get(parts.len().saturating_sub(self.keep)..).unwrap_or_default().join(".");
        if self.is_escaped {
            escape_into(&kept, expansion);
        } else {
            expansion.push_str(&kept);
        }
    }

    fn value(&self, values: &Values<'_>) -> String {
        match self.letter {
            b's' => format!("{}@{}", values.local, values.sender_domain),
            b'l' => values.local.to_owned(),
            b'o' => values.sender_domain.to_owned(),
            b'd' => values.domain.to_owned(),
            b'i' => dotted(values.client),
            b'p' => values.name.to_owned(),
            b'v' => if values.client.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            b'h' => values.helo.to_owned(),
            b'c' => values.client.to_string(),
            b'r' => values.receiver.to_owned(),
            _ => jiff::Timestamp::now().as_second().to_string(),
        }
    }
}

/// IPv6 in nibbles (RFC 7208 §7.3).
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let mut text = format!("{:032X}", v6.to_bits());
            for at in (1..32).rev() {
                text.insert(at, '.');
            }
            text
        }
    }
}

/// RFC 3986 §2.3: all but the unreserved characters.
fn escape_into(text: &str, expansion: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            expansion.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(expansion, "%{byte:02X}");
        }
    }
}
