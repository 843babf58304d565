//! The word that a batch is near.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Says as long as it lives that a batch will be committed in a moment: see [`super::Store::announce`].
#[derive(Debug, Default)]
pub struct Announced(Option<Arc<AtomicUsize>>);

impl Announced {
    /// Counts itself in `near` until it is dropped.
    pub(super) fn among(near: &Arc<AtomicUsize>) -> Self {
        near.fetch_add(1, Ordering::Relaxed);
        Self(Some(Arc::clone(near)))
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(near) = &self.0 {
            near.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
