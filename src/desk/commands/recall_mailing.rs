//! Recalls a mailing as a whole, before its letters are written.

use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::{Actor, Desk, DeskError, Mailing, Recalled, Written, keys, retry};
use crate::store::Batch;

impl Desk {
    /// Recalls a mailing during its hold time: no letter of it was or will be written. Twice is once.
    /// [`DeskError::NotPossible`] when the hold time is over.
    pub async fn recall_mailing(&self, actor: &Actor, id: u64) -> Result<Written<()>, DeskError> {
        actor.may_set_up()?;
        retry::on_conflict(|| self.try_recall_mailing(actor, id)).await
    }

    async fn try_recall_mailing(&self, actor: &Actor, id: u64) -> Result<Written<()>, DeskError> {
        let stored = self.inner.store.get(&keys::mailing(id)).await?.ok_or(DeskError::NotFound("mailing"))?;
        let Record { value: mailing, version }: Record<Mailing> = Record::read(&stored)?;
        if mailing.recalled.is_some() {
            return Ok(Written { value: (), position: *self.inner.store.feed_hint().borrow() });
        }
        let now = now_ms();
        if mailing.due_at <= now || mailing.next > 0 {
            return Err(DeskError::NotPossible("its letters are being written, or have left already".to_owned()));
        }
        let recalled = Mailing { recalled: Some(Recalled { at: now, by: actor.operator() }), ..mailing };
        let (mut open, open_version) = self.open_mailings().await?;
        open.retain(|open| *open != id);
        let mut batch = Batch::new();
        Self::put_open_mailings(open, open_version, &mut batch);
        batch.expect_version(keys::mailing(id), version).put(keys::mailing(id), encode(&recalled));
        let committed = self.inner.store.commit(batch).await?;
        Ok(Written { value: (), position: committed.position })
    }
}
