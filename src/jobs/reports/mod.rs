//! Sends the reports of the day before: DMARC aggregate (RFC 7489 §7.2) and SMTP TLS (RFC 8460 §3).
//!
//! Promises: what was counted is sent once, in the commit that forgets it, or says until when it was sent; a domain that did not ask for reports, or names a
//! destination that did not ask for them, gets none; trouble with DNS is tried again, for three days.
//! Leaves to others: counting (`desk::receive`, `queue`), the letter's way (`queue`).

mod destinations;
mod dmarc;
mod letters;
mod policy_text;
mod tls;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::desk::{Desk, DeskError};
use crate::mail::Address;
use crate::mail::dns::Dns;

/// How often it is looked whether there is something to send.
const EVERY: Duration = Duration::from_secs(900);
/// Seconds of a day.
const DAY: u64 = 86_400;
/// Reports leave up to so many seconds after midnight (UTC), each desk at a time of its own: their receivers get them from
/// everybody (RFC 7489 §7.2).
const SPREAD: u64 = 3 * 3_600;
/// Days after which what could not be sent is forgotten.
const KEPT_DAYS: u64 = 3;

/// Sends reports.
#[derive(Clone)]
pub struct Reports {
    /// What was counted, and the queue.
    pub desk: Desk,
    /// Who wants reports.
    pub dns: Dns,
    /// Whether, and from whom.
    pub config: Arc<Config>,
}

impl Reports {
    /// Looks every quarter of an hour until `stop` becomes true (or its sender is gone).
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut beat = tokio::time::interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ours = spread(&self.config.hostname);
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                _ = beat.tick() => {}
            }
            let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0);
            let sending = async {
                // Where yesterday's are not due yet, those of the days before are.
                let before = (now / DAY).saturating_sub(u64::from(now % DAY < ours));
                let dmarc = self.send_before(before).await?;
                Ok::<_, DeskError>(dmarc.saturating_add(self.send_tls_before(before).await?))
            };
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                sent = sending => match sent {
                    Ok(0) => {}
                    Ok(sent) => tracing::info!(sent, "reports were queued"),
                    Err(error) => tracing::warn!(%error, "reports could not be sent"),
                },
            }
        }
    }

    /// Who reports.
    fn organisation(&self) -> &str {
        match self.config.reports.organisation.as_str() {
            "" => &self.config.hostname,
            organisation => organisation,
        }
    }

    /// The address that reports come from; `None` before there is a mailbox.
    fn from(&self) -> Option<Address> {
        if let Some(from) = &self.config.reports.from {
            return Address::parse(from).ok();
        }
        let directory = self.desk.directory();
        let first = directory.mailboxes.values().min_by_key(|mailbox| mailbox.id)?;
        let domain = first.addresses.iter().find_map(|address| address.rsplit_once('@'))?.1;
        Address::parse(&format!("postmaster@{domain}")).ok()
    }
}

/// This desk's own time after midnight, in seconds.
fn spread(hostname: &str) -> u64 {
    let hash = blake3::hash(hostname.as_bytes());
    hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes)) % SPREAD
}
