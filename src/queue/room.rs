//! The memory that large letters in transmission may take, in all.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// One permit is so many octets.
const UNIT: u64 = 1024;

/// Letters up to this size are not counted: `outbound.concurrency` bounds how many there are. So a small letter never waits for a
/// large one.
const SMALL: u64 = 256 * 1024;

/// How long a letter waits for room before it is put off: it holds a place that others could use.
const PATIENCE: Duration = Duration::from_secs(60);

/// Counts the octets.
pub(super) struct Room {
    free: Arc<Semaphore>,
    units: u32,
}

/// There was no room in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Room {
    /// At most so many octets.
    pub(super) fn new(octets: usize) -> Self {
        let units = units(octets as u64).max(1);
        Self { free: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// Room for a letter, to be held as long as the letter is; the whole of it where the letter is larger. Waits a minute at most.
    pub(super) async fn take(&self, octets: u64) -> Result<Option<OwnedSemaphorePermit>, NoRoom> {
        self.take_within(octets, PATIENCE).await
    }

    async fn take_within(&self, octets: u64, patience: Duration) -> Result<Option<OwnedSemaphorePermit>, NoRoom> {
        if octets <= SMALL {
            return Ok(None);
        }
        let wanted = units(octets).min(self.units);
        match timeout(patience, Arc::clone(&self.free).acquire_many_owned(wanted)).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(NoRoom),
        }
    }
}

fn units(octets: u64) -> u32 {
    u32::try_from(octets.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn large_letters_wait_for_each_other_and_small_ones_for_nobody() {
        let room = Room::new(10 * MIB);
        let first = room.take(6 * MIB as u64).await.unwrap();
        assert!(first.is_some());
        assert_eq!(room.take_within(6 * MIB as u64, SHORT).await.unwrap_err(), NoRoom);
        assert!(room.take_within(SMALL, SHORT).await.unwrap().is_none());
        let second = room.take_within(4 * MIB as u64, SHORT).await.unwrap();
        assert!(second.is_some());
        drop((first, second));
        // One that is larger than all of the room goes alone.
        let all = room.take_within(100 * MIB as u64, SHORT).await.unwrap();
        assert_eq!(room.take_within(MIB as u64, SHORT).await.unwrap_err(), NoRoom);
        drop(all);
        assert!(room.take_within(MIB as u64, SHORT).await.is_ok());
    }
}
