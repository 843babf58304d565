//! In whose name an `Authentication-Results` field speaks (RFC 8601 §2.2): the authserv-id is its first word.

/// Whether the field may be taken for one of ours: its authserv-id is ours, or cannot be read.
pub(super) fn may_be_ours(value: &[u8], authserv_id: &str) -> bool {
    authserv_of(value).is_none_or(|id| {
        let id = id.trim_end_matches('.');
        id.eq_ignore_ascii_case(authserv_id.trim_end_matches('.'))
    })
}

/// The word or quoted string behind comments and blanks; `None` where there is none, or something else.
fn authserv_of(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(behind_comments(value)?).ok()?;
    if let Some(quoted) = value.strip_prefix('"') {
        return unquoted(quoted);
    }
    let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, ';' | '(' | '"' | '\\');
    let end = value.find(is_end).unwrap_or(value.len());
    let behind = &value.as_bytes()[end..];
    // A quote or a backslash within a word is something that others may read otherwise.
    (end > 0 && !matches!(behind.first(), Some(b'"' | b'\\'))).then(|| value[..end].to_owned())
}

fn unquoted(quoted: &str) -> Option<String> {
    let mut id = String::new();
    let mut symbols = quoted.chars();
    loop {
        match symbols.next()? {
            '"' => return Some(id.trim().to_owned()),
            '\\' => id.push(symbols.next()?),
            symbol => id.push(symbol),
        }
    }
}

/// Skips blanks and comments, which nest (RFC 5322 §3.2.2); `None` where a comment does not end.
fn behind_comments(value: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, octet) in value.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if depth > 0 => escaped = true,
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if depth == 0 => return Some(&value[at..]),
            _ => {}
        }
    }
    None
}
