//! Writes the letters of mailings whose hold time is over, also of those that a process left behind when it died.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::desk::{Desk, DeskError};

/// How often it looks: one read, where nothing is to be written.
const EVERY: Duration = Duration::from_secs(1);
/// The pause behind a failure.
const PAUSE: Duration = Duration::from_secs(10);

/// Looks at the start and every second, until `stop` becomes true (or its sender is gone).
pub async fn run(desk: Desk, mut stop: watch::Receiver<bool>) {
    let mut second = tokio::time::interval(EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = second.tick() => {}
        }
        if let Err(error) = write(&desk, &stop).await {
            tracing::warn!(%error, "a mailing's letters are not written yet");
            second.reset_after(PAUSE);
        }
    }
}

/// Writes what is to be written now.
async fn write(desk: &Desk, stop: &watch::Receiver<bool>) -> Result<(), DeskError> {
    let mut failed = Ok(());
    for mailing in desk.mailings_to_write().await? {
        loop {
            if *stop.borrow() {
                return Ok(());
            }
            match desk.write_mailing(mailing).await {
                Ok(true) => {}
                Ok(false) => break,
                // One that cannot be written is no reason to leave the others.
                Err(error) => {
                    failed = Err(error);
                    break;
                }
            }
        }
    }
    failed
}
