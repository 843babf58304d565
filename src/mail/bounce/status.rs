//! The fields of a `message/delivery-status` part (RFC 3464 §2).

use super::words::status_in;
use super::{Action, Outcome, cut};

/// Recipients of one report.
const MAX_OUTCOMES: usize = 200;
/// Characters of an address or a server's name.
const MAX_NAME: usize = 320;

/// What the report says of each recipient.
pub(super) fn outcomes(report: &str) -> Vec<Outcome> {
    let report = report.replace("\r\n", "\n");
    report.split("\n\n").filter_map(outcome).take(MAX_OUTCOMES).collect()
}

/// One group of fields; `None` for that of the whole message.
fn outcome(group: &str) -> Option<Outcome> {
    let status = field(group, "Status").and_then(|status| any_status(&status));
    // `smtp; 550 …`: the type of the code says nothing to a reader.
    let diagnostic =
        field(group, "Diagnostic-Code").map(|code| typed(&code).to_owned()).filter(|words| !words.is_empty());
    let action = match field(group, "Action").map(|action| action.trim().to_ascii_lowercase()) {
        Some(action) => known_action(&action)?,
        // RFC 3464 §2.3.3 demands the action; some leave it out.
        None => match status.as_deref()?.as_bytes().first()? {
            b'5' => Action::Failed,
            b'4' => Action::Delayed,
            _ => Action::Delivered,
        },
    };
    let named = |name| field(group, name).map(|value| address(typed(&value))).filter(|address| !address.is_empty());
    let status = status.or_else(|| diagnostic.as_deref().and_then(status_in));
    Some(Outcome {
        action,
        recipients: named("Final-Recipient").into_iter().chain(named("Original-Recipient")).collect(),
        status,
        diagnostic: diagnostic.map(|words| cut(&words)),
        server: named("Remote-MTA"),
    })
}

/// Servers write more behind the word (`failed (permanent)`), or a word of their own.
fn known_action(action: &str) -> Option<Action> {
    const ACTIONS: [(&str, Action); 6] = [
        ("failed", Action::Failed),
        ("failure", Action::Failed),
        ("delayed", Action::Delayed),
        ("delivered", Action::Delivered),
        ("relayed", Action::Relayed),
        ("expanded", Action::Expanded),
    ];
    ACTIONS.iter().find(|(word, _)| action.starts_with(word)).map(|(_, action)| *action)
}

/// What stands behind the type (`rfc822; x@example.org`, RFC 3464 §2.1.2); all of it where there is none.
fn typed(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn address(text: &str) -> String {
    text.trim_matches(['<', '>', ' ']).chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

/// A status of any class (RFC 3463 §2), at the beginning of the value.
fn any_status(value: &str) -> Option<String> {
    let code = value.trim().split([' ', '\t', '(', ';']).next()?;
    let mut parts = code.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (class && is_number(parts.next()) && is_number(parts.next()) && parts.next().is_none()).then(|| code.to_owned())
}

/// A field of a group, unfolded.
pub(super) fn field(group: &str, name: &str) -> Option<String> {
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
