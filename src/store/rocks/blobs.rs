//! Blobs: `[form u8][length u64 big-endian][content]` under the hash of the content, in a family of its own whose large
//! values RocksDB keeps out of its levels.
//!
//! A blob rides, unsynced, in the next group of the commit thread: one log, so that the synced commit that names the
//! blob covers it. What comes back is checked against its hash.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use rocksdb::ReadOptions;

use super::super::{BlobHash, Blobs, CommitError, Family, Key, Space, StoreError, StoreFuture, limits};
use super::RocksStore;
use super::engine::{Engine, Reach, Unread, read};

/// Content up to this size is hashed and compressed in place (well under a millisecond); more in `spawn_blocking`.
const IN_PLACE: usize = 64 * 1024;
/// Level 1: a letter is written once, at the pace of the sender's patience, and seldom read.
const ZSTD_LEVEL: i32 = 1;

const FORM_RAW: u8 = 0;
const FORM_ZSTD: u8 = 1;
const HEADER: usize = 1 + size_of::<u64>();

impl Blobs for RocksStore {
    fn keep<'a>(&'a self, content: Bytes) -> StoreFuture<'a, BlobHash, CommitError> {
        Box::pin(keep(self, content))
    }

    fn fetch<'a>(&'a self, hash: BlobHash) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(read(&self.engine, move |engine, reach| load(engine, hash, reach)))
    }
}

async fn keep(store: &RocksStore, content: Bytes) -> Result<BlobHash, CommitError> {
    limits::check_blob(&content)?;
    let size = content.len();
    let (hash, row) = if size <= IN_PLACE {
        encode(&content)
    } else {
        let task = tokio::task::spawn_blocking(move || encode(&content));
        task.await.map_err(|error| CommitError::Rejected(format!("a blob was not compressed: {error}")))?
    };
    if !exists(&store.engine, hash).await.map_err(|error| CommitError::Rejected(error.to_string()))? {
        store.queue.keep(key(hash), row).await?;
    }
    Ok(hash)
}

/// Whether the blob is there already. The bloom filter says "no" without the disk nearly always.
async fn exists(engine: &Arc<Engine>, hash: BlobHash) -> Result<bool, StoreError> {
    read(engine, move |engine, reach| {
        Ok(engine.db.get_pinned_cf_opt(engine.family(Family::Blob)?, key(hash), &reach.options())?.is_some())
    })
    .await
}

fn load(engine: &Engine, hash: BlobHash, reach: Reach) -> Result<Option<Bytes>, Unread> {
    let options: ReadOptions = reach.options();
    let Some(row) = engine.db.get_pinned_cf_opt(engine.family(Family::Blob)?, key(hash), &options)? else {
        return Ok(None);
    };
    let (form, length, body) = parse(&row).ok_or_else(|| damaged(hash, "has no header"))?;
    if reach == Reach::Memory && length > IN_PLACE {
        return Err(Unread::Incomplete);
    }
    let content = decode(form, length, body).map_err(|text| damaged(hash, &text))?;
    if BlobHash::of(&content) != hash {
        return Err(damaged(hash, "does not have its hash").into());
    }
    Ok(Some(content.into_owned().into()))
}

fn key(hash: BlobHash) -> Key {
    let mut key = vec![Space::Blob as u8];
    key.extend_from_slice(&hash.0);
    key
}

fn encode(content: &[u8]) -> (BlobHash, Vec<u8>) {
    let hash = BlobHash::of(content);
    // Compression of a slice in memory cannot fail for a reason of the content; raw is right in any case.
    let packed = zstd::bulk::compress(content, ZSTD_LEVEL).ok().filter(|packed| packed.len() < content.len());
    let (form, body) = packed.as_deref().map_or((FORM_RAW, content), |packed| (FORM_ZSTD, packed));
    let mut row = Vec::with_capacity(HEADER + body.len());
    row.push(form);
    row.extend_from_slice(&(content.len() as u64).to_be_bytes());
    row.extend_from_slice(body);
    (hash, row)
}

pub(super) fn parse(row: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (form, rest) = row.split_first()?;
    let (length, body) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    Some((*form, length, body))
}

/// The content: never more octets than the header says, and never more than any blob may have.
pub(super) fn decode(form: u8, length: usize, body: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if length > limits::MAX_BLOB {
        return Err(format!("claims {length} octets"));
    }
    match form {
        FORM_RAW => Ok(Cow::Borrowed(body)),
        FORM_ZSTD => {
            let mut content = Vec::with_capacity(length);
            let decoder = zstd::Decoder::with_buffer(body).map_err(|error| error.to_string())?;
            decoder.take(length as u64).read_to_end(&mut content).map_err(|error| error.to_string())?;
            Ok(Cow::Owned(content))
        }
        _ => Err(format!("has the form {form}, which this program does not know")),
    }
}

fn damaged(hash: BlobHash, what: &str) -> StoreError {
    StoreError::Corrupt(format!("{hash:?} {what}"))
}
