//! Forgets what has had its time: ended sessions, idempotency keys of yesterday.

use minicbor::Decode;

use crate::desk::codec::Record;
use crate::desk::{Desk, DeskError, DoneCommand, Session, keys};
use crate::store::{Batch, Durability, Space};

/// How long an idempotency key is known, in milliseconds: 24 hours.
const KEY_MS: u64 = 24 * 60 * 60 * 1000;
/// Rows of one page.
const PAGE: usize = 500;

impl Desk {
    /// Deletes sessions that ended before `now` (Unix milliseconds) and idempotency keys older than 24 hours. Answers how many.
    pub async fn sweep(&self, now: u64) -> Result<u64, DeskError> {
        let sessions = self.sweep_space(Space::Session, |session: &Session| session.expires_at <= now).await?;
        let known_until = |done: &DoneCommand| done.at.saturating_add(KEY_MS);
        let done = self.sweep_space(Space::DoneCommand, |done: &DoneCommand| known_until(done) <= now).await?;
        Ok(sessions.saturating_add(done))
    }

    async fn sweep_space<T>(&self, space: Space, is_over: impl Fn(&T) -> bool) -> Result<u64, DeskError>
    where
        T: for<'b> Decode<'b, ()>,
    {
        let mut swept = 0_u64;
        let mut range = keys::all(space);
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            let mut batch = Batch::new();
            batch.durability(Durability::Buffered);
            for (key, stored) in page.rows {
                if is_over(&Record::<T>::read(&stored)?.value) {
                    batch.delete(key);
                    swept = swept.saturating_add(1);
                }
            }
            if !batch.is_empty() {
                self.inner.store.commit(batch).await?;
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => return Ok(swept),
            }
        }
    }
}
