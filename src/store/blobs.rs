//! Blobs: raw letters and attachments, content-addressed.

use bytes::Bytes;

use super::{CommitError, StoreFuture};

/// The blake3 hash of a blob's content: its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The name of this content.
    pub fn of(content: &[u8]) -> Self {
        Self(*blake3::hash(content).as_bytes())
    }
}

impl std::fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobHash({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// Large values beside the store. The write is unsynced: the synced commit that names the blob covers it, because both
/// go through one log. A blob that no commit names is an orphan and may be swept.
pub trait Blobs: Send + Sync + 'static {
    /// Keeps the content (zstd-compressed) under its hash. Keeping the same content twice is no error.
    fn keep<'a>(&'a self, content: Bytes) -> StoreFuture<'a, BlobHash, CommitError>;

    /// The content, or `None` where there is none of that name.
    fn fetch<'a>(&'a self, hash: BlobHash) -> StoreFuture<'a, Option<Bytes>>;
}
