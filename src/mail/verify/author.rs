//! The one author of a letter: without exactly one, no domain's policy can be asked for (RFC 9989 §4.2).

use std::borrow::Cow;

use mail_auth::AuthenticatedMessage;

/// The author's domain in lower case and A-labels. `None` unless the letter has one `From` field with one address; any line
/// above the body that some reader could take for a second `From` counts.
pub(super) fn domain(message: &AuthenticatedMessage<'_>, raw: &[u8]) -> Option<String> {
    let [address] = message.from_addresses() else { return None };
    if from_lines(raw) != 1 || has_hidden_author(message) {
        return None;
    }
    let (_, domain) = address.rsplit_once('@')?;
    let domain = if domain.is_ascii() {
        Cow::Borrowed(domain)
    } else {
        idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL).ok()?
    };
    let is_plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && !domain.is_empty() && !domain.starts_with('.') && !domain.ends_with('.'))
        .then(|| domain.to_ascii_lowercase())
}

/// Whether the `From` list has an entry beside the one address that some reader could take for an address: an encoded word,
/// or an `@` outside of quotes. A name with a comma that is not quoted is only a mistake.
fn has_hidden_author(message: &AuthenticatedMessage<'_>) -> bool {
    let field = message.headers().iter().find(|(name, _)| name.trim_ascii().eq_ignore_ascii_case(b"from"));
    let value = String::from_utf8_lossy(field.map_or(&[][..], |(_, value)| value));
    let (mut is_quoted, mut is_escaped, mut depth) = (false, false, 0_u32);
    let mut entries = vec![String::new()];
    for symbol in value.chars() {
        match symbol {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted || depth > 0 => is_escaped = true,
            '"' if depth == 0 => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ',' | ';' => entries.push(String::new()),
            _ => entries.iter_mut().rev().take(1).for_each(|entry| entry.push(symbol)),
        }
    }
    entries.iter().filter(|entry| entry.contains('@') || entry.contains("=?")).count() > 1
}

/// Lines of the header that begin with `From`, white space before the colon included. A line that begins with white space
/// goes on with the one before; the first has none before it.
fn from_lines(raw: &[u8]) -> usize {
    let mut count = 0_usize;
    let mut rest = raw;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        if line.trim_ascii().is_empty() && !line.starts_with(b" ") && !line.starts_with(b"\t") {
            break;
        }
        let is_first = rest.len() == raw.len();
        let line = if is_first { line.trim_ascii_start() } else { line };
        let name = line.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"from"));
        let behind = line.get(4..).unwrap_or_default().trim_ascii();
        // `From` alone on its line may have its colon on the next one.
        if name && (behind.is_empty() || behind.starts_with(b":")) {
            count = count.saturating_add(1);
        }
        rest = after;
    }
    count
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("From: a@b.test\r\n\r\nFrom: c@d.test\r\n", 1)]
    #[case::two("From: a@b.test\r\nfrom: c@d.test\r\n\r\n", 2)]
    #[case::blank_before(" From: a@b.test\r\nFrom: c@d.test\r\n\r\n", 2)]
    #[case::blank_behind("From: a@b.test\r\nFrom : c@d.test\r\n\r\n", 2)]
    #[case::folded("From\r\n : a@b.test\r\nFrom: c@d.test\r\n\r\n", 2)]
    #[case::folded_text("From: a@b.test\r\nSubject: Fwd:\r\n From: x\r\n\r\n", 1)]
    #[case::other_names("From: a@b.test\r\nFromage: x\r\nX-From: y\r\nSubject: From me\r\n\r\n", 1)]
    #[case::after_a_broken_line("From: a@b.test\r\nbroken\r\nFrom: c@d.test\r\n\r\n", 2)]
    fn every_line_that_reads_as_from_counts(#[case] raw: &str, #[case] expected: usize) {
        assert_eq!(from_lines(raw.as_bytes()), expected);
    }
}
