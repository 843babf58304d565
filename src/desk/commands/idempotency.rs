//! A command that is repeated with the same `Idempotency-Key` is done once.
//!
//! The key's row is written in the command's own commit and expected to be absent there: of two at the same time, one
//! conflicts, reads anew and finds the other's message. Rows are swept after a day (`sweep`).

use crate::desk::codec::{decode, encode};
use crate::desk::{Actor, Desk, DeskError, DoneCommand, keys};
use crate::store::Batch;

/// Which command of whom this is.
pub(super) struct Idempotency {
    /// The hash of command, actor, ticket and key; `None` without a key.
    row: Option<[u8; 32]>,
    /// The hash of what the message says.
    content: [u8; 32],
}

impl Idempotency {
    /// The same key of another operator, or on another ticket, is another key.
    pub(super) fn of(command: &str, actor: &Actor, ticket: u64, key: Option<&str>, text: &str) -> Self {
        let row = key.map(|key| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(command.as_bytes()).update(&[0]);
            hasher.update(&actor.operator().unwrap_or_default().to_be_bytes());
            hasher.update(&ticket.to_be_bytes()).update(key.as_bytes());
            *hasher.finalize().as_bytes()
        });
        Self { row, content: *blake3::hash(text.as_bytes()).as_bytes() }
    }

    /// Puts the row into the command's batch.
    pub(super) fn write(&self, batch: &mut Batch, message: u64, at: u64) {
        if let Some(row) = &self.row {
            let done = DoneCommand { message, at, content: self.content };
            batch.expect_absent(keys::done_command(row)).put(keys::done_command(row), encode(&done));
        }
    }
}

impl Desk {
    /// The message that an earlier command with this key made. A key that was used for another text is an error: that text
    /// would be lost in silence.
    pub(super) async fn done_before(&self, idempotency: &Idempotency) -> Result<Option<u64>, DeskError> {
        let Some(row) = &idempotency.row else { return Ok(None) };
        let Some(stored) = self.inner.store.get(&keys::done_command(row)).await? else { return Ok(None) };
        let done: DoneCommand = decode(&stored.value)?;
        if done.content != idempotency.content {
            return Err(DeskError::invalid("idempotency_key", "was used for another message"));
        }
        Ok(Some(done.message))
    }
}
