//! Mail out: takes what is due from the store, finds the way, delivers, writes down what happened.
//!
//! Promises: a delivery is in hand at most once at a time; what an attempt came to is in the store before the next attempt;
//! nothing is sent while the store cannot record it. A crash between the remote `250` and our note of it, or a power cut
//! between that and our record, may send a letter a second time, with the same Message-ID. Recipients of one letter at one destination share a transaction, letters share
//! connections, and each recipient has a truth of its own.
//! Leaves to others: what is sent (`desk`), names and addresses (`mail::dns`).
//!
//! The way of a delivery: `intake` finds it due, `waiting` has it in line for its destination (`way`), `worker` takes it to a
//! `session` with one of the destination's servers (`route`), where a `transaction` is said in a `dialogue`; `book` writes down what
//! came of it, and `pace` learns from it. `taken` notes what a server took until it is written down.

mod attempt;
mod auth;
mod book;
mod channel;
mod chunks;
mod dialogue;
mod intake;
mod letter;
mod net;
mod offer;
mod pace;
mod patience;
mod policy;
mod reply;
mod require_tls;
mod room;
mod route;
mod runner;
mod schedule;
mod session;
mod sts;
mod taken;
mod tls;
mod tls_report;
mod transaction;
mod waiting;
mod way;
mod worker;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::watch;

#[cfg(any(test, fuzzing))]
pub(crate) use sts::fuzzing;

pub use net::Net;
pub use patience::Patience;
pub use tls::Trust;

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
        match self.prepared().await {
            Ok((queue, trust, taken)) => {
                let mut shared = runner::Shared::new(&queue, net::Tcp, trust, Patience::default());
                shared.taken = Some(taken);
                runner::run(Arc::new(shared), stop).await;
            }
            Err(error) => tracing::error!(error, "no mail leaves"),
        }
    }

    /// The same over another network, which a simulation brings along.
    pub async fn run_over<N: Net>(self, net: N, trust: Trust, patience: Patience, stop: watch::Receiver<bool>) {
        let shared = runner::Shared::new(&self, net, trust, patience);
        runner::run(Arc::new(shared), stop).await;
    }

    /// With DNSSEC where DANE is asked for, those whom we believe, and what the process before has left.
    async fn prepared(mut self) -> Result<(Self, Trust, taken::Taken), String> {
        let config = Arc::clone(&self.config);
        if config.outbound.dane {
            self.dns = self.dns.with_dnssec(config.dns.trust_anchors.as_deref())?;
        }
        let trust = Trust::load(config.outbound.authorities.as_deref()).await?;
        let (file, most) = (config.data_dir.join("taken"), config.outbound.concurrency);
        let taken = tokio::task::spawn_blocking(move || {
            taken::Taken::open(&file, most).map_err(|error| format!("cannot open {}: {error}", file.display()))
        });
        Ok((self, trust, taken.await.map_err(|error| error.to_string())??))
    }
}
