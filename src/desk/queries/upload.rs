//! An operator's upload.

use crate::desk::codec::Record;
use crate::desk::{Actor, Desk, DeskError, Upload, keys};

impl Desk {
    /// What is known of an upload; `None` also where it is another operator's.
    pub(in crate::desk) async fn upload(&self, actor: &Actor, id: u64) -> Result<Option<Record<Upload>>, DeskError> {
        let stored = self.inner.store.get(&keys::upload(actor.operator().unwrap_or_default(), id)).await?;
        Ok(stored.as_ref().map(Record::read).transpose()?)
    }
}
