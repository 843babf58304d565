//! Deletes what has run out by itself (ended sessions, idempotency keys past their day…), and decides on automatic letters that a
//! process left behind when it died.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::desk::Desk;

/// How often. What has run out is refused in any case; sweeping only frees its room.
const EVERY: Duration = Duration::from_secs(3600);

/// Sweeps at the start and every hour, until `stop` becomes true (or its sender is gone).
pub async fn run(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut hour = tokio::time::interval(EVERY);
    hour.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = hour.tick() => {}
        }
        match desk.answer_what_is_due().await {
            Ok(0) => {}
            Ok(answered) => tracing::info!(answered, "decided on automatic letters that were left behind"),
            Err(error) => tracing::warn!(%error, "automatic letters are not decided yet"),
        }
        let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
        match desk.sweep(now).await {
            Ok(0) => {}
            Ok(swept) => tracing::debug!(swept, "swept what had run out"),
            Err(error) => tracing::warn!(%error, "what has run out could not be swept"),
        }
    }
}
