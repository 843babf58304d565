//! What systemd (or a terminal) and the server tell each other: ready, alive, stop. Silent where there is no systemd.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal as on_signal};
use tokio::sync::Notify;

use crate::store::{Health, Store};

/// Says that connections are taken.
pub(super) fn ready() {
    let _ = sd_notify::notify(&[NotifyState::Ready]);
}

/// Says that the server goes down.
pub(super) fn stopping() {
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn signal() -> std::io::Result<()> {
    let mut terminate = on_signal(SignalKind::terminate())?;
    let mut interrupt = on_signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Hears SIGHUP from now on, which would end the process otherwise.
pub(super) fn hangups() -> std::io::Result<Signal> {
    on_signal(SignalKind::hangup())
}

/// Asks for a fresh look at the files on each SIGHUP; never ends.
pub(super) async fn reloads(mut hangup: Signal, reload: Arc<Notify>) {
    while hangup.recv().await.is_some() {
        tracing::info!("SIGHUP: the certificate's files are looked at");
        reload.notify_one();
    }
    std::future::pending().await
}

/// Feeds the watchdog while the store is not failed; never ends.
pub(super) async fn watchdog(store: Arc<dyn Store>) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut beat = tokio::time::interval((limit / 3).max(Duration::from_millis(100)));
    loop {
        beat.tick().await;
        // A failed store may need a restart to reopen: then the watchdog is left to act.
        if store.health() != Health::Failed {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        }
    }
}
