//! Takes a file that is to be attached to an answer, piece by piece: nobody holds all of it in memory.
//!
//! Promises: an upload belongs to its operator; it can be attached once all of it is on stable storage; one that no answer uses is
//! swept after a day, one that was cut off too.
//! Leaves to others: the letter that it goes into (`reply`), the sweeping (`sweep`).

use super::idempotency::Idempotency;
use crate::desk::clock::now_ms;
use crate::desk::codec::encode;
use crate::desk::model::PIECE;
use crate::desk::{Actor, Desk, DeskError, Upload, keys, rows};
use crate::mail::{file_name, sendable_type};
use crate::store::{Batch, Durability};

/// How long an upload waits for its answer, in milliseconds: a day, as long as an idempotency key is known.
const KEPT_MS: u64 = 24 * 60 * 60 * 1000;
/// Octets of one operator's uploads that are kept at the same time: dozens of the largest letters, and no disk full.
const KEPT_OCTETS: u64 = 2 * 1024 * 1024 * 1024;
/// Uploads of one operator at the same time.
const KEPT: usize = 2_000;
/// Pieces of one commit: together less than a batch may have (1 MiB).
const AT_ONCE: usize = 16;

/// A file to be uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUpload {
    /// The file's name; a path in front of it and what would mislead are taken away.
    pub name: String,
    /// The media type that its sender names; `application/octet-stream` where it is none, or none that may be attached.
    pub content_type: String,
    /// The caller's `Idempotency-Key`, 1 to 200 octets: the same key again gives the same upload.
    pub idempotency_key: Option<String>,
}

/// An upload under way. Dropped before its end, it is swept after a day.
pub struct UploadWriter {
    desk: Desk,
    actor: Actor,
    upload: Upload,
    key: Option<String>,
    hash: blake3::Hasher,
    /// What is not in the store yet: less than [`AT_ONCE`] pieces.
    rest: Vec<u8>,
}

impl Desk {
    /// Begins an upload.
    pub async fn begin_upload(&self, actor: &Actor, new: NewUpload) -> Result<UploadWriter, DeskError> {
        actor.may_work_on_tickets()?;
        self.may_grow()?;
        let name = file_name(&new.name);
        if name.is_empty() {
            return Err(DeskError::invalid("name", "must name a file"));
        }
        let range = keys::uploads_of(actor.operator().unwrap_or_default());
        let (kept, more) = rows::read::<Upload>(&*self.inner.store, range, KEPT).await?;
        let octets = kept.iter().fold(0_u64, |sum, (_, record)| sum.saturating_add(record.value.size));
        if more || kept.len() >= KEPT || octets >= KEPT_OCTETS {
            return Err(DeskError::NotPossible(
                "too many uploaded files wait for an answer: try again tomorrow".to_owned(),
            ));
        }
        let upload = Upload {
            id: self.inner.ids.next(&*self.inner.store).await?,
            name,
            content_type: sendable_type(&new.content_type),
            until: now_ms().saturating_add(KEPT_MS),
            ..Upload::default()
        };
        let (desk, actor, key) = (self.clone(), actor.clone(), new.idempotency_key);
        Ok(UploadWriter { desk, actor, upload, key, hash: blake3::Hasher::new(), rest: Vec::new() })
    }
}

impl UploadWriter {
    /// Takes the next octets. [`DeskError::TooLarge`] when they are more than a file may have.
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), DeskError> {
        let size = self.upload.size.saturating_add(self.rest.len() as u64).saturating_add(octets.len() as u64);
        let most = self.desk.inner.settings.attachment_size as u64;
        if size > most {
            return Err(DeskError::TooLarge(format!("a file has at most {most} octets")));
        }
        self.hash.update(octets);
        for part in octets.chunks(PIECE) {
            self.rest.extend_from_slice(part);
            if self.rest.len() >= AT_ONCE * PIECE {
                let left = self.rest.split_off(AT_ONCE * PIECE);
                let full = std::mem::replace(&mut self.rest, left);
                let mut batch = self.put(&full);
                batch.durability(Durability::Buffered);
                self.desk.inner.store.commit(batch).await?;
            }
        }
        Ok(())
    }

    /// The end: all of it is on stable storage, and can be attached.
    pub async fn finish(mut self) -> Result<Upload, DeskError> {
        let content = format!("{}\0{}\0{}", self.upload.name, self.upload.content_type, self.hash.finalize().to_hex());
        let idempotency = Idempotency::of("upload", &self.actor, 0, self.key.as_deref(), &content);
        if let Some(id) = self.desk.done_before(&idempotency).await? {
            let before = self.desk.upload(&self.actor, id).await?;
            self.abandon().await;
            return before
                .map(|record| record.value)
                .ok_or_else(|| DeskError::invalid("idempotency_key", "its file is not kept any more"));
        }
        self.upload.is_whole = true;
        let rest = std::mem::take(&mut self.rest);
        let mut batch = self.put(&rest);
        idempotency.write(&mut batch, self.upload.id, now_ms());
        self.desk.inner.store.commit(batch).await?;
        Ok(self.upload)
    }

    /// Takes away what was written. A failure leaves it to the sweep.
    pub async fn abandon(self) {
        let mut batch = Batch::new();
        delete_upload(&mut batch, self.operator(), &self.upload);
        batch.durability(Durability::Buffered);
        if let Err(error) = self.desk.inner.store.commit(batch).await {
            tracing::debug!(%error, "an upload is left to the sweep");
        }
    }

    fn operator(&self) -> u64 {
        self.actor.operator().unwrap_or_default()
    }

    /// The next pieces, and the row that counts them.
    fn put(&mut self, octets: &[u8]) -> Batch {
        let mut batch = Batch::new();
        for piece in octets.chunks(PIECE) {
            batch.put(keys::upload_piece(self.upload.id, self.upload.pieces()), piece.to_vec());
            self.upload.size = self.upload.size.saturating_add(piece.len() as u64);
        }
        batch.put(keys::upload(self.operator(), self.upload.id), encode(&self.upload));
        batch
    }
}

/// Takes an upload away.
pub(super) fn delete_upload(batch: &mut Batch, operator: u64, upload: &Upload) {
    for piece in 0..upload.pieces() {
        batch.delete(keys::upload_piece(upload.id, piece));
    }
    batch.delete(keys::upload(operator, upload.id));
}

#[cfg(test)]
mod tests;
