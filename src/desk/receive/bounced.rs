//! A bounce that came back to the return path of one of our messages: its delivery has failed after all. Pure.

use super::bounds::{SHORT, cut};
use crate::desk::codec::Record;
use crate::desk::{Attempt, Delivery, DeliveryState};
use crate::mail::bounce::Bounce;

/// Attempts that a delivery keeps.
const ATTEMPTS: usize = 20;

/// The delivery as failed, in the remote server's words; `None` where it had failed before.
pub(super) fn failed(delivery: &Record<Delivery>, bounce: &Bounce, from: &str, at: u64) -> Option<Delivery> {
    let mut failed = delivery.value.clone();
    if failed.state == DeliveryState::Failed {
        return None;
    }
    let status = bounce.status.as_deref().unwrap_or_default();
    let words = bounce.diagnostic.as_deref().unwrap_or("reported as undeliverable");
    failed.state = DeliveryState::Failed;
    failed.attempts.push(Attempt {
        at,
        server: cut(from.rsplit('@').next().unwrap_or_default(), SHORT).to_owned(),
        text: cut(format!("bounced: {status} {words}").trim_end(), 1_000).to_owned(),
        ..Attempt::default()
    });
    let old = failed.attempts.len().saturating_sub(ATTEMPTS);
    failed.attempts.drain(..old);
    Some(failed)
}

/// Whether the delivery still stands in the queue, from which it must go.
pub(super) fn is_queued(delivery: &Delivery) -> bool {
    matches!(delivery.state, DeliveryState::Queued | DeliveryState::Deferred)
}
