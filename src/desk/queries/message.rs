//! Messages by id.

use crate::desk::codec::decode;
use crate::desk::{Actor, Desk, DeskError, Message, keys, rows};
use crate::store::Key;

/// Messages of one ticket that are read at most.
const MOST: usize = 10_000;

impl Desk {
    /// One message: for followers.
    pub async fn message(&self, ticket: u64, message: u64) -> Result<Option<Message>, DeskError> {
        let stored = self.inner.store.get(&keys::message(ticket, message)).await?;
        Ok(stored.map(|stored| decode(&stored.value)).transpose()?)
    }

    /// Many messages by ticket and message id, in the order asked, missing ones left out: for followers.
    pub async fn messages_by_id(&self, ids: &[(u64, u64)]) -> Result<Vec<Message>, DeskError> {
        let keys: Vec<Key> = ids.iter().map(|(ticket, message)| keys::message(*ticket, *message)).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        Ok(stored.iter().flatten().map(|stored| decode(&stored.value)).collect::<Result<_, _>>()?)
    }

    /// A ticket's messages, oldest first, the first 10,000: for followers.
    pub async fn messages(&self, ticket: u64) -> Result<Vec<Message>, DeskError> {
        let (records, more) = rows::read(&*self.inner.store, keys::messages_of(ticket), MOST).await?;
        if more {
            tracing::warn!(ticket, most = MOST, "a ticket has more messages than are read");
        }
        Ok(records.into_iter().map(|(_, record)| record.value).collect())
    }

    /// A message by its id alone.
    pub async fn message_by_id(&self, actor: &Actor, message: u64) -> Result<Message, DeskError> {
        actor.may_work_on_tickets()?;
        let stored = self.inner.store.get(&keys::message_ticket(message)).await?;
        let ticket = decode::<u64>(&stored.ok_or(DeskError::NotFound("message"))?.value)?;
        self.message(ticket, message).await?.ok_or(DeskError::NotFound("message"))
    }
}
