//! How long the certificate in use is still valid: a figure, and a warning when it comes to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::tls::Certificates;

/// How often the figure is set.
const EVERY: Duration = Duration::from_secs(60);
/// A certificate with fewer days than this is worth a warning, once a day. Renewal comes well before it (30 of 90 days).
const WARN_DAYS: i64 = 14;

/// Sets `mxdesk_certificate_days_left` every minute until `stop` becomes true (or its sender is gone).
pub async fn run(certificates: Arc<Certificates>, mut stop: watch::Receiver<bool>) {
    let mut minute = tokio::time::interval(EVERY);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut warned = i64::MAX;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = minute.tick() => {}
        }
        let left = certificates.current().days_left(jiff::Timestamp::now().as_second());
        #[expect(clippy::cast_precision_loss, reason = "days are far below 2^52")]
        metrics::gauge!("mxdesk_certificate_days_left").set(left as f64);
        if left < WARN_DAYS && left != warned {
            tracing::warn!(days_left = left, "the certificate comes to its end and has not been renewed");
            warned = left;
        }
    }
}
