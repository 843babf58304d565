//! Mail out: takes what is due from the store, finds the way, delivers, writes down what happened.
//!
//! Promises: a delivery is in hand at most once at a time; what an attempt came to is in the store before the next attempt;
//! nothing is sent while the store cannot record it. A crash between the remote `250` and our record may send a letter a
//! second time, with the same Message-ID.
//! Leaves to others: what is sent (`desk`), names and addresses (`mail::dns`).

mod attempt;
mod bounded;
mod connection;
mod route;
mod runner;
mod schedule;
mod transaction;

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;
use crate::desk::Desk;
use crate::mail::dns::Dns;

/// The outbound queue's runner.
#[derive(Clone)]
pub struct Queue {
    /// Whose deliveries.
    pub desk: Desk,
    /// Finds MX hosts.
    pub dns: Dns,
    /// Smarthost, port, schedule, limits.
    pub config: Arc<Config>,
}

impl Queue {
    /// Delivers until `stop` becomes true; attempts in hand are finished (at most 30 seconds).
    pub async fn run(self, stop: watch::Receiver<bool>) {
        runner::run(self, stop).await;
    }
}
