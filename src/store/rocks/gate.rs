//! The health gate: whether writes are to be offered.
//!
//! It closes (`Failed`) when a write failed, when RocksDB counts a new background error, or while one write takes longer
//! than [`STALL`]. The commit thread opens it again as soon as a write of its own succeeds. So a disk that was full needs
//! no restart: RocksDB goes on by itself once there is room for its largest memtable (64 MiB) again. Errors from which it
//! does not (a sync that failed: nobody knows what is on the disk) keep the gate closed until the process is started anew.
//! `LowDisk` is advice for those who would bring more in. It does not stop commits: what settles and frees (a delivery's
//! outcome, a deletion) must go on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::super::Health;

/// A write that takes longer than this counts as a stall.
const STALL: Duration = Duration::from_secs(10);

pub(super) struct Gate {
    folder: PathBuf,
    min_free_space: u64,
    made: Instant,
    failed: AtomicBool,
    low_disk: AtomicBool,
    /// When the write that goes on now began, in ms since `made`, plus 1; 0 while there is none.
    writing_since: AtomicU64,
}

impl Gate {
    pub(super) fn new(folder: &Path, min_free_space: u64) -> Self {
        let gate = Self {
            folder: folder.to_owned(),
            min_free_space,
            made: Instant::now(),
            failed: AtomicBool::new(false),
            low_disk: AtomicBool::new(false),
            writing_since: AtomicU64::new(0),
        };
        gate.check_disk();
        gate
    }

    /// A few atomic reads.
    pub(super) fn health(&self) -> Health {
        if self.failed.load(Ordering::Relaxed) || self.stalled() {
            Health::Failed
        } else if self.low_disk.load(Ordering::Relaxed) {
            Health::LowDisk
        } else {
            Health::Ready
        }
    }

    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Closes the gate. Says so once.
    pub(super) fn close(&self, why: &str) {
        if !self.failed.swap(true, Ordering::Relaxed) {
            tracing::error!(why, "the store takes no writes until one succeeds again");
        }
    }

    /// A write succeeded.
    pub(super) fn open(&self) {
        if self.failed.swap(false, Ordering::Relaxed) {
            tracing::info!("the store takes writes again");
        }
    }

    pub(super) fn write_begins(&self) {
        self.writing_since.store(self.elapsed_ms() + 1, Ordering::Relaxed);
    }

    pub(super) fn write_ends(&self) {
        self.writing_since.store(0, Ordering::Relaxed);
    }

    /// Compares the free space with its floor. A system call.
    pub(super) fn check_disk(&self) {
        let low = match rustix::fs::statvfs(&self.folder) {
            Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize) < self.min_free_space,
            Err(error) => {
                tracing::warn!(%error, "free space is unknown");
                false
            }
        };
        if self.low_disk.swap(low, Ordering::Relaxed) != low {
            tracing::warn!(low, min_free_space_bytes = self.min_free_space, "free space crossed its floor");
        }
    }

    fn stalled(&self) -> bool {
        match self.writing_since.load(Ordering::Relaxed) {
            0 => false,
            since => u128::from(self.elapsed_ms().saturating_sub(since)) > STALL.as_millis(),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }
}
