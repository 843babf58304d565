//! How often links that do not exist are answered.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong links within [`WINDOW`] that are told so.
const MOST: u32 = 120;
/// What they are counted over.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts the wrong links of this minute.
pub(in crate::http) struct StrangersPace(Mutex<(Instant, u32)>);

impl Default for StrangersPace {
    fn default() -> Self {
        Self(Mutex::new((Instant::now(), 0)))
    }
}

impl StrangersPace {
    /// Counts one more; how many seconds to wait, where there were too many.
    pub(super) fn refuse(&self) -> Option<u64> {
        // A time and a number cannot be left half written.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, count) = &mut *state;
        if begun.elapsed() >= WINDOW {
            (*begun, *count) = (Instant::now(), 0);
        }
        *count = count.saturating_add(1);
        (*count > MOST).then(|| WINDOW.saturating_sub(begun.elapsed()).as_secs().saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_many_wrong_links_one_waits() {
        let pace = StrangersPace::default();
        assert!((0..MOST).all(|_| pace.refuse().is_none()));
        assert!(pace.refuse().is_some_and(|seconds| (1..=61).contains(&seconds)));
    }
}
