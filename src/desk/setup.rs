//! The one road for changes of the set-up: allowed? → read the whole set-up → decide → one commit → read it again.
//!
//! Promises: a decision sees every change before it (the set-up's generation is expected at the commit, so names and
//! addresses stay unique whoever writes at the same time), and the directory shows the change before the command answers.

use super::codec::encode;
use super::directory::Generation;
use super::{Actor, Change, Desk, DeskError, Directory, Written, keys, retry};
use crate::store::{Batch, StoreError};
use std::sync::Arc;

impl Desk {
    /// Runs `decide` over the set-up as it stands and commits what it puts into the batch.
    pub(in crate::desk) async fn change_setup<T>(
        &self,
        actor: &Actor,
        decide: impl Fn(&Directory, &mut Batch) -> Result<T, DeskError> + Send + Sync,
    ) -> Result<Written<T>, DeskError> {
        actor.may_set_up()?;
        self.may_grow()?;
        let written = retry::on_conflict(|| self.try_change_setup(&decide)).await?;
        self.reload_directory().await?;
        Ok(written)
    }

    async fn try_change_setup<T>(
        &self,
        decide: &(impl Fn(&Directory, &mut Batch) -> Result<T, DeskError> + Send + Sync),
    ) -> Result<Written<T>, DeskError> {
        let store = &*self.inner.store;
        let directory = Directory::load(store, &self.inner.settings.hostname).await?;
        let mut batch = Batch::new();
        let value = decide(&directory, &mut batch)?;
        let key = keys::desk(Generation::NAME);
        match directory.generation.version {
            Some(version) => batch.expect_version(key.clone(), version),
            None => batch.expect_absent(key.clone()),
        };
        batch.put(key, encode(&directory.generation.number.saturating_add(1)));
        batch.feed(Change::DirectoryChanged.to_entry());
        let committed = store.commit(batch).await?;
        Ok(Written { value, position: committed.position })
    }

    /// Reads the set-up anew: after a change, and when the feed tells of another's. An older state never replaces a newer one.
    pub async fn reload_directory(&self) -> Result<(), StoreError> {
        let fresh = Arc::new(Directory::load(&*self.inner.store, &self.inner.settings.hostname).await?);
        self.inner.directory.rcu(|current| {
            if current.generation.number > fresh.generation.number { Arc::clone(current) } else { Arc::clone(&fresh) }
        });
        Ok(())
    }
}
