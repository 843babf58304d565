//! The gate in front of commands that write: the store's health in the desk's words.

use super::{Desk, DeskError};
use crate::store::Health;

impl Desk {
    /// Passes when the store can take more. What makes room, or must be kept at any price (the outcome of an attempt to
    /// deliver: else the letter goes out twice), does not ask here.
    pub(in crate::desk) fn may_grow(&self) -> Result<(), DeskError> {
        match self.inner.store.health() {
            Health::Ready => Ok(()),
            Health::LowDisk => Err(DeskError::LowDisk),
            Health::Failed => Err(DeskError::Unavailable),
        }
    }
}
