//! Numbers leased in blocks from a counter: gaps are allowed, reuse is not, and concurrent letters never conflict on it.

use std::sync::Mutex;

use super::DeskError;
use crate::store::Store;

/// Hands out rising numbers; asks the store for a new block when one is used up.
pub(in crate::desk) struct Lease {
    /// The counter's name in the store.
    name: &'static str,
    /// How many numbers one block holds.
    block: u64,
    /// The first number ever handed out.
    first: u64,
    /// Next number and end of the block in hand. Never held across an await.
    in_hand: Mutex<(u64, u64)>,
}

impl Lease {
    /// A lease with nothing in hand.
    pub(in crate::desk) fn new(name: &'static str, block: u64, first: u64) -> Self {
        Self { name, block, first, in_hand: Mutex::new((0, 0)) }
    }

    /// The next number.
    pub(in crate::desk) async fn next(&self, store: &dyn Store) -> Result<u64, DeskError> {
        let _ = (store, self.name, self.block, self.first, &self.in_hand);
        todo!("desk-receive")
    }
}
