//! The messages that feed records or tickets are about, loaded from the desk.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::document::Source;
use crate::desk::{Actor, Change, Desk, DeskError, Message, Ticket};
use crate::mail::LetterBody;
use crate::store::FeedRecord;

/// Reads of the store at the same time.
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
    stream::iter(wanted)
        .map(|(ticket, message)| desk.message(ticket, message))
        .buffered(CONCURRENCY)
        .try_filter_map(|message| async move {
            Ok(match message {
                Some(message) => Some(source(desk, message).await),
                None => None,
            })
        })
        .try_collect()
        .await
}

/// Every message of these tickets.
pub(super) async fn of_tickets(desk: &Desk, tickets: &[Ticket]) -> Result<Vec<Source>, DeskError> {
    let mut sources = Vec::new();
    let mut pages = stream::iter(tickets).map(|ticket| desk.messages(ticket.number)).buffered(CONCURRENCY);
    while let Some(messages) = pages.try_next().await? {
        for message in messages {
            sources.push(source(desk, message).await);
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
