//! When to commit: at once after idleness; then every 250 ms, never sooner than three times what the last commit took.

use std::time::Duration;

use tokio::time::Instant;

/// The least time between two commits.
const GAP: Duration = Duration::from_millis(250);

/// How many times a commit's own duration lies between it and the next: a slow disk is not asked for more than it can do.
const REST: u32 = 3;

/// Remembers the last commit.
#[derive(Debug, Default)]
pub(super) struct Pace {
    next: Option<Instant>,
}

impl Pace {
    /// A commit may be done now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| now >= next)
    }

    /// When the next commit may be done.
    pub(super) fn next(&self) -> Instant {
        self.next.unwrap_or_else(Instant::now)
    }

    /// A commit has ended at `now` and took this long.
    pub(super) fn committed(&mut self, took: Duration, now: Instant) {
        self.next = Some(now + GAP.max(took.saturating_mul(REST)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_after_idleness_is_committed_at_once() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert!(pace.is_due(now));
        pace.committed(Duration::from_millis(5), now);
        assert!(!pace.is_due(now + Duration::from_millis(249)));
        assert!(pace.is_due(now + Duration::from_millis(250)));
        assert!(pace.is_due(now + Duration::from_secs(60)));
    }

    #[test]
    fn slow_commits_are_done_less_often() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.committed(Duration::from_millis(200), now);
        assert!(!pace.is_due(now + Duration::from_millis(599)));
        assert_eq!(pace.next(), now + Duration::from_millis(600));
    }
}
