//! The caller's side of a commit: limits first, then the commit thread.

use super::super::{Batch, CommitError, Committed, limits};
use super::RocksStore;

pub(super) async fn commit(store: &RocksStore, batch: Batch) -> Result<Committed, CommitError> {
    let size = limits::check(&batch)?;
    store.thread.commit(batch, size).await
}
