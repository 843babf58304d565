//! Forgets ledger lines past their days, and greylisted pairs past their time.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::desk::{Desk, GreylistTimes};

/// How often.
const EVERY: Duration = Duration::from_secs(3600);
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Trims at the start and every hour, until `stop` becomes true (or its sender is gone).
pub async fn run(desk: Desk, config: std::sync::Arc<Config>, mut stop: watch::Receiver<bool>) {
    let mut hour = tokio::time::interval(EVERY);
    hour.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trimmed_up_to = 0;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = hour.tick() => {}
        }
        let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
        let work = async {
            if config.ledger.keep_days > 0 {
                let before = now.saturating_sub(u64::from(config.ledger.keep_days).saturating_mul(DAY_MS));
                let trimmed = desk.trim_ledger(trimmed_up_to, before).await?;
                trimmed_up_to = before;
                tracing::debug!(trimmed, "trimmed the ledger");
            }
            desk.expire_greylist(GreylistTimes::of(&config.greylist), now).await
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            done = work => if let Err(error) = done {
                tracing::warn!(%error, "the ledger or the greylist could not be trimmed");
            }
        }
    }
}
