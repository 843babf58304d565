//! The memory that letters in flight may take, in all.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One permit is so many octets.
const UNIT: usize = 1024;

/// Counts the octets.
pub(super) struct Budget {
    free: Arc<Semaphore>,
    units: u32,
}

impl Budget {
    /// At most so many octets.
    pub(super) fn new(octets: usize) -> Self {
        let units = units(octets).max(1);
        Self { free: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// Takes as much more as makes it `octets` in all, if that is free now.
    pub(super) fn grow(&self, held: &mut Option<OwnedSemaphorePermit>, octets: usize) -> bool {
        let have = held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = units(octets).saturating_sub(u32::try_from(have).unwrap_or(u32::MAX));
        match Arc::clone(&self.free).try_acquire_many_owned(more) {
            Ok(permit) => {
                match held {
                    Some(held) => held.merge(permit),
                    None => *held = Some(permit),
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Waits for so many octets; for the whole budget where the letter is larger than that.
    pub(super) async fn wait(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_many_owned(units(octets).min(self.units)).await.ok()
    }
}

fn units(octets: usize) -> u32 {
    u32::try_from(octets.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_taken_is_not_free_until_it_is_dropped() {
        let budget = Budget::new(10 * UNIT);
        let mut one = None;
        assert!(budget.grow(&mut one, 4 * UNIT) && budget.grow(&mut one, 6 * UNIT));
        let mut other = None;
        assert!(!budget.grow(&mut other, 5 * UNIT));
        assert!(budget.grow(&mut other, 4 * UNIT));
        drop((one, other));
        assert!(budget.wait(1_000_000).await.is_some());
    }
}
