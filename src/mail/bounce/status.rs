//! The fields of a `message/delivery-status` part (RFC 3464 §2).

use super::{Bounce, cut, status_in};

/// The first recipient whose delivery failed; `None` where none did.
pub(super) fn failed(report: &str) -> Option<Bounce> {
    let report = report.replace("\r\n", "\n");
    report.split("\n\n").find_map(|group| {
        let action = field(group, "Action").map(|action| action.to_ascii_lowercase());
        let status = field(group, "Status").and_then(|status| status_in(&status));
        let has_failed = match action.as_deref() {
            Some(action) => action.starts_with("failed"),
            // RFC 3464 §2.3.3 demands the action; some leave it out.
            None => status.as_deref().is_some_and(|status| status.starts_with('5')),
        };
        if !has_failed {
            return None;
        }
        // `smtp; 550 …`: the type of the code says nothing to a reader.
        let diagnostic = field(group, "Diagnostic-Code")
            .map(|code| code.split_once(';').map_or(code.as_str(), |(_, words)| words).trim().to_owned())
            .filter(|words| !words.is_empty());
        let status = status.or_else(|| diagnostic.as_deref().and_then(status_in));
        Some(Bounce { status, diagnostic: diagnostic.map(|words| cut(&words)) })
    })
}

/// A field of a group, unfolded.
fn field(group: &str, name: &str) -> Option<String> {
    let mut lines = group.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((found, value)) = line.split_once(':') else { continue };
        if !found.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let mut value = value.trim().to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(more.trim());
        }
        return Some(value);
    }
    None
}
