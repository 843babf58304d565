//! Makes suspicious clients wait. Their tasks sleep, so no worker is held; at most so many sleep at once.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Policy, reaches};
use crate::config;

/// Errors of one session from which on each further RCPT is answered late: someone guesses addresses.
const GUESSES: u32 = 4;

/// The places to wait in.
pub(super) struct Tarpit {
    places: Semaphore,
    delay: Duration,
    points: u32,
}

impl Tarpit {
    pub(super) fn new(settings: &config::Policy) -> Self {
        Self {
            places: Semaphore::new(settings.tarpit_sessions.min(Semaphore::MAX_PERMITS)),
            delay: Duration::from_secs(settings.tarpit_seconds),
            points: settings.tarpit_points,
        }
    }
}

impl Policy {
    /// How long a client with so many points waits for the answer to MAIL.
    pub(super) fn is_suspicious(&self, points: i32) -> bool {
        reaches(points, self.tarpit.points)
    }

    /// Whether a client with so many errors guesses addresses.
    pub(super) fn is_guessing(&self, errors: u32) -> bool {
        self.tarpit.points > 0 && errors >= GUESSES
    }

    /// Waits, where a place is free.
    pub(super) async fn slow_down(&self) {
        let Ok(_place) = self.tarpit.places.try_acquire() else { return };
        metrics::counter!("mxdesk_smtp_tarpit_total").increment(1);
        tokio::time::sleep(self.tarpit.delay).await;
    }
}
