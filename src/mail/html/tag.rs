//! One tag as the HTML standard's tokeniser reads it, written again in one plain form.

/// Attributes that are kept of one tag.
const MAX_ATTRIBUTES: usize = 32;
/// Octets of a tag's or attribute's name; longer ones are none that we know.
const MAX_NAME: usize = 32;

/// A start or end tag.
pub(super) struct Tag<'a> {
    /// Lower case; empty where it is no name that could mean anything.
    pub name: String,
    /// `</…>`.
    pub is_end: bool,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Tag<'a> {
    /// Reads a tag behind its `<`; answers it with what follows its `>`. `None` where the text ends inside it, or where
    /// it is none.
    pub(super) fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let (is_end, text) = text.strip_prefix('/').map_or((false, text), |rest| (true, rest));
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let (name, mut rest) = split(text, |b| is_space(b) || b == b'/' || b == b'>');
        let is_known = name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_alphanumeric());
        let name = if is_known { name.to_ascii_lowercase() } else { String::new() };
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c == '/' || is_ascii_space(c));
            if let Some(rest) = rest.strip_prefix('>') {
                return Some((Self { name, is_end, attributes }, rest));
            }
            // A `=` in the first place is part of the name (HTML standard §13.2.5.32).
            let first = rest.chars().next()?.len_utf8();
            let (tail, _) = split(&rest[first..], |b| is_space(b) || matches!(b, b'/' | b'>' | b'='));
            let attribute = &rest[..first + tail.len()];
            let (value, after) = value(&rest[attribute.len()..])?;
            rest = after;
            let is_plain = attribute.len() <= MAX_NAME
                && attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if is_plain && attributes.len() < MAX_ATTRIBUTES {
                attributes.push((attribute, value));
            }
        }
    }

    /// Writes the start tag: values in double quotes, no markup in them.
    pub(super) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            for c in value.chars() {
                match c {
                    '"' => out.push_str("&quot;"),
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '\0' => {}
                    c => out.push(c),
                }
            }
            out.push('"');
        }
        out.push('>');
    }
}

/// Reads `= value` where there is one.
fn value(text: &str) -> Option<(&str, &str)> {
    let trimmed = text.trim_start_matches(is_ascii_space);
    let Some(assigned) = trimmed.strip_prefix('=') else { return Some(("", text)) };
    let assigned = assigned.trim_start_matches(is_ascii_space);
    match assigned.as_bytes().first()? {
        b'"' => assigned[1..].split_once('"'),
        b'\'' => assigned[1..].split_once('\''),
        _ => Some(split(assigned, |b| is_space(b) || b == b'>')),
    }
}

fn split(text: &str, ends: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(ends).unwrap_or(text.len()))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

fn is_ascii_space(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_space)
}
