//! The messages that feed records or tickets are about, loaded from the desk.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use super::document::Source;
use crate::desk::{Actor, Change, Desk, DeskError, Message, Ticket};
use crate::mail::LetterBody;
use crate::store::FeedRecord;

/// Tickets that are read at the same time.
const CONCURRENCY: usize = 16;

/// The messages that were added in these records, each once.
pub(super) async fn of_records(desk: &Desk, records: &[FeedRecord]) -> Result<Vec<Source>, DeskError> {
    let mut wanted = BTreeSet::new();
    for record in records {
        match Change::from_entry(&record.entry) {
            Ok(Change::MessageAdded { ticket, message }) => _ = wanted.insert((ticket, message)),
            Ok(_) => {}
            // Passed over: nothing that this program could index stands in an entry that it cannot read.
            Err(error) => tracing::error!(%error, position = record.position.0, "a feed entry cannot be read"),
        }
    }
    let wanted: Vec<(u64, u64)> = wanted.into_iter().collect();
    let mut sources = Vec::with_capacity(wanted.len());
    for message in desk.messages_by_id(&wanted).await? {
        sources.push(source(desk, message).await);
    }
    Ok(sources)
}

/// Every message of these tickets.
pub(super) async fn of_tickets(desk: &Desk, tickets: &[Ticket]) -> Result<Vec<Source>, DeskError> {
    let mut sources = Vec::new();
    for some in tickets.chunks(CONCURRENCY) {
        for messages in try_join_all(some.iter().map(|ticket| desk.messages(ticket.number))).await? {
            for message in messages {
                sources.push(source(desk, message).await);
            }
        }
    }
    Ok(sources)
}

/// A message with its whole text. Where the source cannot be read, what the record holds must do.
async fn source(desk: &Desk, message: Message) -> Source {
    if !message.truncated || message.raw.is_none() {
        return Source { message, whole_text: None };
    }
    let whole_text = match desk.message_source(&Actor::System, message.id).await {
        Ok(raw) => tokio::task::spawn_blocking(move || LetterBody::read(&raw).text).await.ok(),
        Err(error) => {
            tracing::warn!(%error, message = message.id, "the source of a long letter cannot be read: its end is not searched");
            None
        }
    };
    Source { message, whole_text }
}
