//! Reads of single keys.

use std::sync::Arc;

use rocksdb::ReadOptions;

use super::super::{Key, StoreError, Versioned, limits};
use super::engine::{Engine, Reach, Unread, read};
use super::value;

pub(super) async fn get(engine: &Arc<Engine>, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
    limits::readable(key)?;
    let key = key.to_vec();
    read(engine, move |engine, reach| row(engine, &key, &reach.options())).await
}

pub(super) async fn get_many(engine: &Arc<Engine>, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
    for key in keys {
        limits::readable(key)?;
    }
    let keys = keys.to_vec();
    read(engine, move |engine, reach| rows(engine, &keys, reach)).await
}

fn rows(engine: &Engine, keys: &[Key], reach: Reach) -> Result<Vec<Option<Versioned>>, Unread> {
    let snapshot = engine.db.snapshot();
    let mut options = reach.options();
    options.set_snapshot(&snapshot);
    keys.iter().map(|key| row(engine, key, &options)).collect()
}

fn row(engine: &Engine, key: &[u8], options: &ReadOptions) -> Result<Option<Versioned>, Unread> {
    let family = engine.family(limits::readable(key)?.family())?;
    let stored = engine.db.get_pinned_cf_opt(family, key, options)?;
    Ok(stored.map(|stored| value::decode(&stored)).transpose()?)
}
