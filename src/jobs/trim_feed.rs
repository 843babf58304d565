//! Forgets the part of the feed that nobody needs any more: every follower has read it, and a client that reconnects is not
//! likely to ask for it. A client that does is told to read its lists anew.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::desk::Desk;
use crate::store::FeedPosition;

/// How many of the newest entries are kept for clients that reconnect.
pub const KEPT_ENTRIES: u64 = 100_000;

/// How often the feed is trimmed.
const EVERY: Duration = Duration::from_secs(60);

/// Trims the feed every minute until `stop` becomes true (or its sender is gone). `positions` are the followers'.
pub async fn run(desk: Desk, positions: Vec<watch::Receiver<FeedPosition>>, mut stop: watch::Receiver<bool>) {
    let newest = desk.store().feed_hint();
    let mut minute = tokio::time::interval(EVERY);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trimmed = FeedPosition::default();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = minute.tick() => {}
        }
        let read = positions.iter().map(|position| *position.borrow());
        let up_to = up_to(*newest.borrow(), read);
        if up_to <= trimmed {
            continue;
        }
        match desk.store().trim_feed(up_to).await {
            Ok(()) => trimmed = up_to,
            Err(error) => tracing::warn!(%error, up_to = up_to.0, "the feed could not be trimmed"),
        }
    }
}

/// Up to where the feed is not needed any more.
fn up_to(newest: FeedPosition, read: impl Iterator<Item = FeedPosition>) -> FeedPosition {
    let old = FeedPosition(newest.0.saturating_sub(KEPT_ENTRIES));
    read.fold(old, FeedPosition::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(newest: u64, read: &[u64]) -> u64 {
        up_to(FeedPosition(newest), read.iter().copied().map(FeedPosition)).0
    }

    #[test]
    fn the_slowest_follower_and_reconnecting_clients_keep_the_feed() {
        assert_eq!(trimmed(500, &[500, 500]), 0);
        assert_eq!(trimmed(100_500, &[100_500, 100_499]), 500);
        assert_eq!(trimmed(300_000, &[300_000, 7]), 7);
        assert_eq!(trimmed(300_000, &[300_000, 0]), 0);
        assert_eq!(trimmed(300_000, &[]), 200_000);
    }
}
