//! The messages that feed records are about, and their whole texts.

use std::collections::BTreeSet;

use super::document::Source;
use crate::desk::{Actor, Change, Desk, Message};
use crate::mail::LetterBody;
use crate::store::FeedRecord;

/// Ticket and id of every message that was added in these records, each once.
pub(super) fn added(records: &[FeedRecord]) -> Vec<(u64, u64)> {
    let mut added = BTreeSet::new();
    for record in records {
        match Change::from_entry(&record.entry) {
            Ok(Change::MessageAdded { ticket, message }) => _ = added.insert((ticket, message)),
            Ok(_) => {}
            // Passed over: nothing that this program could index stands in an entry that it cannot read.
            Err(error) => tracing::error!(%error, position = record.position.0, "a feed entry cannot be read"),
        }
    }
    added.into_iter().collect()
}

/// A message with its whole text. Where the source cannot be read, what the record holds must do.
pub(super) async fn source(desk: &Desk, message: Message) -> Source {
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
