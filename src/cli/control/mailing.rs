//! What `mxdesk mailing` asks, carried out on the desk.

use super::request::time;
use super::suppression::word;
use crate::desk::queries::MailingView;
use crate::desk::{Actor, Desk, DeskError};

/// A mailing as people read it: what it is, what became of its letters, and who gets none.
pub(super) async fn show(desk: &Desk, id: u64) -> Result<Vec<String>, DeskError> {
    Ok(lines(&desk.mailing(&Actor::CommandLine, id).await?))
}

/// `mailing 17 at 2026-01-31T12:00:00Z tag autumn, 40 recipients: We move`, then the counts, then a line for each who gets nothing.
fn lines(view: &MailingView) -> Vec<String> {
    let MailingView { mailing, counts, held_back, .. } = view;
    let recalled = mailing.recalled.as_ref().map(|recalled| format!(", recalled at {}", time(recalled.at)));
    let mut lines = vec![
        format!(
            "mailing {} at {} tag {}, {} recipients{}: {}",
            mailing.id,
            time(mailing.at),
            mailing.tag,
            mailing.recipients,
            recalled.unwrap_or_default(),
            mailing.subject
        ),
        format!(
            "waiting {} written {} queued {} delivered {} failed {} cancelled {} held back {} recalled {} unsubscribed {} \
             answered {}",
            counts.waiting,
            counts.written,
            counts.queued,
            counts.delivered,
            counts.failed,
            counts.cancelled,
            counts.held_back,
            counts.recalled,
            counts.unsubscribed,
            counts.answered
        ),
    ];
    lines.extend(held_back.iter().map(|(address, why)| format!("held back {address}: {}", word(*why))));
    lines
}
