//! A message as it came or left.

use bytes::Bytes;

use crate::desk::{Actor, Desk, DeskError, Message};
use crate::store::{BlobHash, StoreError};

impl Desk {
    /// A message's raw source. `NotFound` for notes.
    pub async fn message_source(&self, actor: &Actor, message: u64) -> Result<Bytes, DeskError> {
        let message = self.message_by_id(actor, message).await?;
        self.source_of(&message).await
    }

    /// The raw source of a message that was read already: who knows its size can wait until there is room for it.
    pub async fn source_of(&self, message: &Message) -> Result<Bytes, DeskError> {
        let hash = BlobHash(message.raw.ok_or(DeskError::NotFound("source"))?);
        let lost = || StoreError::Corrupt(format!("the source of message {} is gone: {hash:?}", message.id));
        Ok(self.inner.blobs.fetch(hash).await?.ok_or_else(lost)?)
    }
}
