//! E-mail addresses in running text: the common shape, not the whole grammar of RFC 5321 §4.1.2.

use super::MAX_IDENTIFIERS;

/// The longest local part and domain (RFC 5321 §4.5.3.1), in octets.
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 255;

/// Where addresses begin and end, in order.
pub(super) fn find(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut floor = 0;
    for (at, _) in text.match_indices('@') {
        let Some((start, end)) = around(text, floor, at) else { continue };
        found.push((start, end));
        floor = end;
        if found.len() == MAX_IDENTIFIERS {
            break;
        }
    }
    found
}

/// The address around the `@` at `at`. Both sides end at the next `@`, so that all looks together are linear.
fn around(text: &str, floor: usize, at: usize) -> Option<(usize, usize)> {
    let before = text.get(floor..at)?;
    let mut start = at;
    for c in before.chars().rev().take(LOCAL_MAX + 1) {
        if !is_local(c) {
            break;
        }
        start -= c.len_utf8();
    }
    let local = text[start..at].trim_start_matches(['.', '-', '\'', '+', '%']);
    if local.is_empty() || local.len() > LOCAL_MAX || local.ends_with('.') {
        return None;
    }

    let after = &text[at + 1..];
    let length: usize = after.chars().take(DOMAIN_MAX).take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
    let domain = after[..length].trim_end_matches(['.', '-']);
    let (host, top) = domain.rsplit_once('.')?;
    let labels_fit = !host.is_empty() && host.split('.').all(|label| !label.is_empty());
    let top_fits = top.chars().count() >= 2 && top.chars().any(char::is_alphabetic);
    (labels_fit && top_fits).then(|| (at - local.len(), at + 1 + domain.len()))
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '%' | '\'')
}

fn is_domain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-')
}
