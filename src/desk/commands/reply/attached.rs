//! The files of a reply: looked up, measured, and put into the form in which they travel.

use tokio::sync::OwnedSemaphorePermit;

use crate::desk::codec::Record;
use crate::desk::{Actor, Desk, DeskError, Upload, blocking, keys};
use crate::mail::compose::{OutgoingFile, encoded_len};
use crate::store::{Batch, Range};

/// How long an upload stays behind the reply that used it, in milliseconds beyond the time to take the reply back: who takes it back
/// has its files again.
const USED_MS: u64 = 60 * 60 * 1000;
/// Octets of a letter beside its files: text, HTML, header, signatures.
const LETTER: usize = 128 * 1024;
/// Pieces of one page.
const PAGE: usize = 64;

/// The files of a reply.
#[derive(Default)]
pub(super) struct Attached {
    uploads: Vec<Record<Upload>>,
    /// Few letters with files are made at the same time: each is in memory about three times.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Attached {
    /// Their ids.
    pub(super) fn ids(&self) -> Vec<u64> {
        self.uploads.iter().map(|upload| upload.value.id).collect()
    }

    /// Keeps them until the reply cannot be taken back any more, and no longer. Of a reply and a sweep at the same time, one wins.
    pub(super) fn use_up(&self, batch: &mut Batch, operator: u64, due_at: u64) {
        for Record { value, version } in &self.uploads {
            let key = keys::upload(operator, value.id);
            let used = Upload { until: due_at.saturating_add(USED_MS), ..value.clone() };
            batch.expect_version(key.clone(), *version).put(key, crate::desk::codec::encode(&used));
        }
    }
}

impl Desk {
    /// Looks the files up, and refuses those that are too many or too large, before anything is made of them.
    pub(super) async fn attached(&self, actor: &Actor, ids: &[u64]) -> Result<Attached, DeskError> {
        if ids.is_empty() {
            return Ok(Attached::default());
        }
        let mut uploads = Vec::with_capacity(ids.len());
        let mut octets = LETTER;
        for id in ids {
            let upload = self.upload(actor, *id).await?.filter(|upload| upload.value.is_whole);
            let upload = upload.ok_or_else(|| {
                DeskError::invalid("attachments", format!("there is no file {id} (any more): attach it again"))
            })?;
            octets = octets.saturating_add(encoded_len(upload.value.size));
            uploads.push(upload);
        }
        self.may_leave(octets)?;
        // The semaphore is never closed.
        let turn = std::sync::Arc::clone(&self.inner.large_letters).acquire_owned().await.ok();
        Ok(Attached { uploads, _turn: turn })
    }

    /// Whether a letter of so many octets may leave.
    pub(super) fn may_leave(&self, octets: usize) -> Result<(), DeskError> {
        let most = self.inner.settings.letter_size;
        if octets > most {
            let problem = format!("the letter would have {octets} octets, and may have {most}");
            return Err(DeskError::invalid("attachments", problem));
        }
        Ok(())
    }

    /// The files as they travel.
    pub(super) async fn outgoing_files(&self, attached: &Attached) -> Result<Vec<OutgoingFile>, DeskError> {
        let mut files = Vec::with_capacity(attached.uploads.len());
        for Record { value, .. } in &attached.uploads {
            files.push(self.outgoing_file(value).await?);
        }
        Ok(files)
    }

    async fn outgoing_file(&self, upload: &Upload) -> Result<OutgoingFile, DeskError> {
        let mut file = OutgoingFile::new(&upload.name, &upload.content_type, upload.size);
        let mut range: Range = keys::pieces_of(upload.id);
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            let rows = page.rows;
            file = blocking::run(move || {
                for (_, piece) in &rows {
                    file.push(&piece.value);
                }
                file
            })
            .await?;
            match page.next {
                Some(last) => range.after = Some(last),
                None => break,
            }
        }
        if file.size != upload.size {
            return Err(DeskError::Internal(format!(
                "upload {} has {} of {} octets",
                upload.id, file.size, upload.size
            )));
        }
        Ok(file)
    }
}
