//! What `mxdesk queue` asks, carried out on the desk.

use super::request::time;
use crate::desk::commands::QueueOrder;
use crate::desk::queries::{QueueItem, QueueQuery};
use crate::desk::{Actor, DeliveryState, Desk, DeskError};

/// Deliveries read at once.
const PAGE: usize = 500;

/// Deliveries that one command without ids changes at most: it says so, and can be given again.
const MOST: usize = 10_000;

/// The queue's deliveries, one line each.
pub(super) async fn list(
    desk: &Desk,
    state: Option<DeliveryState>,
    domain: Option<String>,
    limit: usize,
) -> Result<Vec<String>, DeskError> {
    let mut query = QueueQuery { state, domain, limit: limit.min(PAGE), cursor: None };
    let mut lines = Vec::new();
    loop {
        let (items, next) = desk.queue(&Actor::CommandLine, &query).await?;
        lines.extend(items.iter().map(line));
        query.limit = limit.saturating_sub(lines.len()).min(PAGE);
        match next {
            Some(next) if query.limit > 0 => query.cursor = Some(next),
            Some(_) => {
                lines.push("there are more: --limit shows them".to_owned());
                return Ok(lines);
            }
            None => return Ok(lines),
        }
    }
}

/// Carries an order out, and says what became of each delivery. Without ids: on every one in the queue that it can be carried out
/// on, of this domain where one is given.
pub(super) async fn order(
    desk: &Desk,
    order: QueueOrder,
    ids: Vec<u64>,
    domain: Option<String>,
) -> Result<Vec<String>, DeskError> {
    if !ids.is_empty() {
        let mut lines = Vec::new();
        for id in ids {
            let state = desk.order_delivery(&Actor::CommandLine, id, order).await?.value;
            lines.push(format!("{id} {}", word(state)));
        }
        return Ok(lines);
    }
    let ids = fitting(desk, order, domain).await?;
    let (mut done, mut left_alone) = (0, 0);
    for id in &ids {
        match desk.order_delivery(&Actor::CommandLine, *id, order).await {
            Ok(_) => done += 1,
            // It has left, or is leaving, since the queue was read.
            Err(DeskError::NotPossible(_) | DeskError::NotFound(_)) => left_alone += 1,
            Err(error) => return Err(error),
        }
    }
    let mut lines = vec![format!("{done} changed, {left_alone} left alone (delivered or under way)")];
    if ids.len() == MOST {
        lines.push(format!("stopped after {MOST}: give the command again for the rest"));
    }
    Ok(lines)
}

/// The deliveries that an order without ids means. All are found before the first is changed: a change moves them.
async fn fitting(desk: &Desk, order: QueueOrder, domain: Option<String>) -> Result<Vec<u64>, DeskError> {
    let state = (order == QueueOrder::Release).then_some(DeliveryState::Held);
    let mut query = QueueQuery { state, domain, limit: PAGE, cursor: None };
    let mut ids = Vec::new();
    loop {
        let (items, next) = desk.queue(&Actor::CommandLine, &query).await?;
        let fits = |item: &&QueueItem| match order {
            // What is held on purpose is not sent out by a retry of all.
            QueueOrder::Retry | QueueOrder::Hold => item.delivery.is_waiting(),
            QueueOrder::Release | QueueOrder::Cancel => true,
        };
        ids.extend(items.iter().filter(fits).map(|item| item.delivery.id).take(MOST - ids.len()));
        match next {
            Some(next) if ids.len() < MOST => query.cursor = Some(next),
            _ => return Ok(ids),
        }
    }
}

/// `4711 deferred 2026-01-31T12:00:00Z ivan@example.com ticket 1042 attempts 3: mx.example.com said: 451 4.7.1 later`.
fn line(item: &QueueItem) -> String {
    let delivery = &item.delivery;
    let due = if delivery.is_waiting() { time(delivery.due_at) } else { "-".to_owned() };
    let under_way = if item.in_hand { " (under way)" } else { "" };
    let last = delivery.attempts.last().map(|attempt| {
        let code = attempt.code.map(|code| format!("{code} ")).unwrap_or_default();
        let server = if attempt.server.is_empty() { String::new() } else { format!("{} said: ", attempt.server) };
        format!(": {server}{code}{}", attempt.text)
    });
    format!(
        "{id} {state} {due} {recipient} ticket {ticket} attempts {attempts}{under_way}{last}",
        id = delivery.id,
        state = word(delivery.state),
        recipient = delivery.recipient,
        ticket = delivery.ticket,
        attempts = delivery.attempt_count,
        last = last.unwrap_or_default(),
    )
}

fn word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "queued",
        DeliveryState::Deferred => "deferred",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Failed => "failed",
        DeliveryState::Held => "held",
        DeliveryState::Cancelled => "cancelled",
    }
}
