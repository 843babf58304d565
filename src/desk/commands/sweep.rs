//! Forgets what has had its time: ended sessions and suppressions, idempotency keys of yesterday, old counts of automatic mail, uploads
//! that no answer used.

use minicbor::Decode;

use super::upload::delete_upload;
use crate::desk::codec::Record;
use crate::desk::{Answers, Desk, DeskError, DoneCommand, Session, Suppression, Upload, keys};
use crate::store::{Batch, CommitError, Durability, Space};

/// How long an idempotency key is known, in milliseconds: 24 hours.
const KEY_MS: u64 = 24 * 60 * 60 * 1000;
/// Rows of one page.
const PAGE: usize = 500;

impl Desk {
    /// Deletes sessions and suppressions that ended before `now` (Unix milliseconds), idempotency keys older than 24 hours, and what was
    /// counted of automatic mail before the window that counts. Answers how many.
    pub async fn sweep(&self, now: u64) -> Result<u64, DeskError> {
        let sessions = self.sweep_space(Space::Session, |session: &Session| session.expires_at <= now).await?;
        let known_until = |done: &DoneCommand| done.at.saturating_add(KEY_MS);
        let done = self.sweep_space(Space::DoneCommand, |done: &DoneCommand| known_until(done) <= now).await?;
        let suppressions = self.sweep_space(Space::Suppression, |found: &Suppression| !found.holds(now)).await?;
        let window = u64::from(self.inner.settings.automatic.window_hours).saturating_mul(60 * 60 * 1000);
        let is_old = |answers: &Answers| answers.times.iter().all(|at| at.saturating_add(window) <= now);
        let mut answers = self.sweep_space(Space::AnswersTo, is_old).await?;
        answers = answers.saturating_add(self.sweep_space(Space::AnswersIn, is_old).await?);
        answers = answers.saturating_add(self.sweep_uploads(now).await?);
        Ok(sessions.saturating_add(done).saturating_add(suppressions).saturating_add(answers))
    }

    /// Takes away uploads with their pieces, each in a commit of its own: a reply at the same time wins, or does not find it.
    async fn sweep_uploads(&self, now: u64) -> Result<u64, DeskError> {
        let mut swept = 0_u64;
        let mut range = keys::all(Space::Upload);
        loop {
            let page = self.inner.store.scan(&range, PAGE).await?;
            for (key, stored) in page.rows {
                let Record { value, version } = Record::<Upload>::read(&stored)?;
                let (Some(operator), true) = (keys::first_id(&key), value.until <= now) else { continue };
                let mut batch = Batch::new();
                batch.expect_version(key, version).durability(Durability::Buffered);
                delete_upload(&mut batch, operator, &value);
                match self.inner.store.commit(batch).await {
                    Ok(_) => swept = swept.saturating_add(1),
                    // A reply has just used it.
                    Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match page.next {
                Some(last) => range.after = Some(last),
                None => return Ok(swept),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::clock::now_ms;
    use crate::desk::commands::NewMessage;
    use crate::desk::testing::{self, PASSWORD};

    #[tokio::test]
    async fn what_has_ended_is_swept_and_what_has_not_stays() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let (session, _) = test.desk.sign_in("anna@demo.test", PASSWORD).await.unwrap();
        let keyed =
            || NewMessage { text: "Hello".to_owned(), idempotency_key: Some("k".to_owned()), ..NewMessage::default() };
        let first = test.desk.note(&test.actor, number, keyed()).await.unwrap().value;
        assert_eq!(test.desk.sweep(now_ms()).await.unwrap(), 0);
        assert!(test.desk.session_actor(&session.0).await.is_ok());
        assert_eq!(test.desk.note(&test.actor, number, keyed()).await.unwrap().value, first);
        assert_eq!(test.desk.sweep(now_ms() + 25 * 60 * 60 * 1000).await.unwrap(), 2);
        assert!(matches!(test.desk.session_actor(&session.0).await, Err(DeskError::NotSignedIn)));
        assert_ne!(test.desk.note(&test.actor, number, keyed()).await.unwrap().value, first);
    }
}
