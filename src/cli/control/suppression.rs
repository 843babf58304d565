//! What `mxdesk suppression list` asks, carried out on the desk.

use super::request::time;
use crate::desk::{Actor, Desk, DeskError, Suppression, SuppressionReason};

/// Addresses that are listed at most: a line of the control socket holds them.
const MOST: usize = 20_000;

/// Every suppressed address, one line each.
pub(super) async fn list(desk: &Desk) -> Result<Vec<String>, DeskError> {
    let mut lines = Vec::new();
    let mut cursor = None;
    loop {
        let (found, next) = desk.suppressions(&Actor::CommandLine, cursor.as_deref(), 500).await?;
        lines.extend(found.iter().map(line));
        match next {
            Some(next) if lines.len() < MOST => cursor = Some(next),
            Some(_) => {
                lines.push("there are more: the API lists all".to_owned());
                return Ok(lines);
            }
            None => return Ok(lines),
        }
    }
}

/// `ivan@example.com bounced since 2026-01-31T12:00:00Z until 2026-05-01T12:00:00Z ticket 1042: 550 5.1.1 no such user`.
pub(super) fn line(found: &Suppression) -> String {
    let reason = word(found.reason);
    let until = found.expires_at.map(|until| format!(" until {}", time(until))).unwrap_or_default();
    let ticket = found.ticket.map(|ticket| format!(" ticket {ticket}")).unwrap_or_default();
    let detail: String = found.detail.chars().take(200).collect();
    let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
    format!("{} {reason} since {}{until}{ticket}{detail}", found.address, time(found.at))
}

/// The reason as it is written everywhere.
pub(super) fn word(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::Bounced => "bounced",
        SuppressionReason::Complained => "complained",
        SuppressionReason::ByHand => "by_hand",
        SuppressionReason::Unsubscribed => "unsubscribed",
    }
}
