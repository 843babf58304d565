//! Mail out: takes what is due from the store, finds the way, delivers, writes down what happened.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;
use crate::desk::Desk;
use crate::mail::dns::Dns;

/// The outbound queue's runner.
pub struct Queue {
    /// Whose deliveries.
    pub desk: Desk,
    /// Finds MX hosts.
    pub dns: Dns,
    /// Smarthost, port, schedule, limits.
    pub config: Arc<Config>,
}

#[allow(unused_variables, reason = "bodies come next")]
impl Queue {
    /// Delivers until `stop` becomes true; attempts in hand are finished (at most 30 seconds).
    pub async fn run(self, stop: watch::Receiver<bool>) {
        todo!("queue")
    }
}
