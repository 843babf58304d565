//! Deliveries that somebody has in hand: the queue while it attempts one, a command while it changes one.
//!
//! Promises: a delivery is in one hand at a time, so that a reply that is taken back has not left, and one that leaves cannot be
//! taken back any more. Whoever has it reads it anew before he acts: what he read before may be old.
//! Leaves to others: crashes. What was in hand when the process died is in the store as it was before.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The ids of the deliveries in hand. One for the whole process: the store's lock lets no second one in.
#[derive(Default)]
pub(in crate::desk) struct InHand {
    ids: Mutex<HashSet<u64>>,
}

/// Some deliveries in hand; let go when dropped.
pub struct Grip {
    in_hand: Arc<InHand>,
    ids: Vec<u64>,
}

impl InHand {
    /// Takes all of these deliveries, or none where one is in another hand.
    pub(in crate::desk) fn grip(self: &Arc<Self>, ids: &[u64]) -> Option<Grip> {
        let mut held = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.iter().any(|id| held.contains(id)) {
            return None;
        }
        held.extend(ids);
        Some(Grip { in_hand: Arc::clone(self), ids: ids.to_vec() })
    }

    /// Whether somebody has it.
    pub(in crate::desk) fn holds(&self, id: u64) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        let mut held = self.in_hand.ids.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &self.ids {
            held.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_taken_or_none_and_what_is_dropped_is_free() {
        let in_hand = Arc::new(InHand::default());
        let one = in_hand.grip(&[1, 2]).unwrap();
        assert!(in_hand.grip(&[3, 2]).is_none());
        assert!(in_hand.holds(1) && !in_hand.holds(3));
        drop(one);
        assert!(in_hand.grip(&[3, 2]).is_some());
    }
}
