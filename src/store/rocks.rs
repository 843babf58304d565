//! The store on RocksDB: a plain DB and one commit thread.

use std::path::Path;
use std::sync::Arc;

use super::StoreError;

/// The RocksDB store. Implements `Store` and `Blobs`.
pub struct RocksStore {}

impl RocksStore {
    /// Opens or makes the store in a folder. `min_free_space` in octets sets the `LowDisk` gate.
    pub fn open(folder: &Path, min_free_space: u64) -> Result<Arc<Self>, StoreError> {
        let _ = (folder, min_free_space);
        todo!("store")
    }
}
