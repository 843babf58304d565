//! Opens the store, or makes it.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rocksdb::{DB, WriteOptions};
use tokio::sync::watch;

use super::super::{Family, StoreError};
use super::RocksStore;
use super::commit_queue::CommitQueue;
use super::engine::Engine;
use super::families;
use super::gate::Gate;
use super::meta::{self, Head, Row, SCHEMA};

/// Only the owner may enter: letters are private.
const FOLDER_MODE: u32 = 0o700;

impl RocksStore {
    /// Opens or makes the store in a folder, which one process at a time may have open. `min_free_space` in octets sets
    /// the `LowDisk` gate. Replays the log, so call it before anything else and outside of a runtime's workers.
    pub fn open(folder: &Path, min_free_space: u64) -> Result<Arc<Self>, StoreError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .map_err(|error| StoreError::Engine(format!("cannot make the folder {}: {error}", folder.display())))?;
        let db = DB::open_cf_descriptors(&families::db_options(), folder, families::descriptors())
            .map_err(|error| explain(&error, folder))?;
        check_schema(&db, folder)?;

        let head = Head::read(&db)?;
        let trimmed = meta::read_number(&db, Row::Trimmed)?.unwrap_or(0);
        let engine = Arc::new(Engine {
            gate: Gate::new(folder, min_free_space),
            hint: watch::Sender::new(head.position),
            trimmed: AtomicU64::new(trimmed),
            near: Arc::default(),
            synced: AtomicU64::new(0),
            db,
        });
        let queue = CommitQueue::start(engine.clone(), head)?;
        Ok(Arc::new(Self { engine, queue }))
    }
}

/// Refuses a store that a newer program wrote; marks a new one.
fn check_schema(db: &DB, folder: &Path) -> Result<(), StoreError> {
    match meta::read_number(db, Row::Schema)? {
        Some(SCHEMA) => Ok(()),
        Some(schema) => Err(newer(folder, &format!("its schema is {schema}, this program knows {SCHEMA}"))),
        None => {
            let family = db.cf_handle(families::name(Family::Misc));
            let family = family.ok_or_else(|| StoreError::Engine("no column family for the schema".to_owned()))?;
            let mut options = WriteOptions::default();
            options.set_sync(true);
            db.put_cf_opt(family, Row::Schema.key(), SCHEMA.to_be_bytes(), &options)
                .map_err(|error| StoreError::Engine(error.into_string()))
        }
    }
}

/// RocksDB's refusal in words that say what to do.
fn explain(error: &rocksdb::Error, folder: &Path) -> StoreError {
    let text = error.to_string();
    if text.contains("/LOCK") || text.contains("lock hold by current process") {
        StoreError::Engine(format!(
            "another process has the store in {} open: stop it first, or talk to it over its API ({text})",
            folder.display()
        ))
    } else if text.contains("Column families not opened") {
        newer(folder, &text)
    } else {
        StoreError::Engine(format!("cannot open the store in {}: {text}", folder.display()))
    }
}

fn newer(folder: &Path, why: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "the store in {} was written by a newer mxdesk ({why}): start that version, or restore a backup made by this one",
        folder.display()
    ))
}
