//! The loop: passes over what is due, a bounded number of attempts at the same time, each recorded before it is let go.
//!
//! A pass begins at a floor, not at zero, so that it does not read the tombstones of all that was delivered before: five
//! minutes before the earliest delivery in hand, which leaves room for commits that were slower than their due time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::Queue;
use super::attempt::{attempt, now_ms};
use crate::desk::{Delivery, DeskError};
use crate::store::Health;

/// Deliveries read at once.
const PAGE: usize = 100;

/// How far before the present a pass begins.
const MARGIN_MS: u64 = 300_000;

/// A pass at least so often: deliveries become due by time, too.
const BEAT: Duration = Duration::from_secs(1);

/// A pass at most so often: under load, the feed moves a thousand times a second.
const CALM: Duration = Duration::from_millis(50);

/// Time for attempts in hand when the server stops.
const FINISH: Duration = Duration::from_secs(30);

/// A delivery in hand: due time and id, as in the queue's key.
type InHand = (u64, u64);

pub(super) async fn run(queue: Queue, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(queue.config.outbound.concurrency));
    let mut hint = queue.desk.store().feed_hint();
    let mut attempts: JoinSet<InHand> = JoinSet::new();
    let mut in_hand: BTreeSet<InHand> = BTreeSet::new();
    let mut floor = 0;
    while !*stop.borrow() {
        hint.mark_unchanged();
        if queue.desk.store().health() != Health::Failed {
            let began = now_ms();
            match pass(&queue, &places, &mut attempts, &mut in_hand, floor, &stop).await {
                Ok(()) => {
                    let earliest = in_hand.first().map_or(began, |(due, _)| (*due).min(began));
                    floor = earliest.saturating_sub(MARGIN_MS);
                }
                Err(error) => tracing::warn!(%error, "the queue cannot be read"),
            }
        }
        reap(&mut attempts, &mut in_hand);
        tokio::time::sleep(CALM).await;
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            _ = hint.changed() => {}
            Some(done) = attempts.join_next() => { if let Ok(done) = done { in_hand.remove(&done); } }
            () = tokio::time::sleep(BEAT) => {}
        }
    }
    let finish = async { while attempts.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH, finish).await.is_err() {
        tracing::warn!(
            in_hand = attempts.len(),
            "attempts to deliver were cut off; they are tried again after the next start"
        );
    }
}

/// Takes everything that is due now, as places become free.
async fn pass(
    queue: &Queue,
    places: &Arc<Semaphore>,
    attempts: &mut JoinSet<InHand>,
    in_hand: &mut BTreeSet<InHand>,
    floor: u64,
    stop: &watch::Receiver<bool>,
) -> Result<(), DeskError> {
    let now = now_ms();
    let mut cursor = (floor, 0);
    loop {
        let due = queue.desk.due_deliveries(now, cursor, PAGE).await?;
        let full = due.len() == PAGE;
        for delivery in due {
            cursor = (delivery.due_at, delivery.id);
            // What ends during a pass stays in hand until the pass is over: the page may have been read before it ended.
            if in_hand.contains(&cursor) {
                continue;
            }
            let mut stop = stop.clone();
            let place = tokio::select! {
                place = Arc::clone(places).acquire_owned() => place,
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            };
            let Ok(place) = place else { return Ok(()) };
            in_hand.insert(cursor);
            let (queue, key) = (queue.clone(), cursor);
            attempts.spawn(async move {
                deliver(&queue, &delivery).await;
                drop(place);
                key
            });
        }
        if !full || *stop.borrow() {
            return Ok(());
        }
    }
}

fn reap(attempts: &mut JoinSet<InHand>, in_hand: &mut BTreeSet<InHand>) {
    while let Some(done) = attempts.try_join_next() {
        // A panic inside an attempt leaves its key in hand: it is not sent again before a restart.
        if let Ok(done) = done {
            in_hand.remove(&done);
        }
    }
}

/// One attempt and its record: of the delivery as it stands now, and only while nobody else has it in hand. The record is tried until the store takes it: otherwise a letter that was taken would go out twice.
async fn deliver(queue: &Queue, read: &Delivery) {
    let (delivery, _grip) = match queue.desk.take_delivery(read.id, read.due_at).await {
        Ok(Some(taken)) => taken,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(delivery = read.id, %error, "a delivery cannot be read");
            return;
        }
    };
    let (attempt, outcome) = attempt(queue, &delivery).await;
    metrics::counter!("mxdesk_delivery_attempts_total", "outcome" => word(outcome)).increment(1);
    tracing::info!(
        delivery = delivery.id, recipient = %delivery.recipient, server = %attempt.server, code = attempt.code,
        took_ms = attempt.took_ms, outcome = word(outcome), words = %attempt.text, "attempted to deliver"
    );
    let mut pause = Duration::from_millis(100);
    while let Err(error) = queue.desk.record_attempt(delivery.id, attempt.clone(), outcome).await {
        if matches!(error, DeskError::NotFound(_)) {
            tracing::error!(delivery = delivery.id, %error, "an attempt has no delivery to be recorded on");
            return;
        }
        tracing::warn!(delivery = delivery.id, %error, "an attempt is not recorded yet");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

fn word(outcome: crate::desk::commands::AttemptOutcome) -> &'static str {
    use crate::desk::commands::AttemptOutcome;
    match outcome {
        AttemptOutcome::Delivered => "delivered",
        AttemptOutcome::Retry { .. } => "deferred",
        AttemptOutcome::Failed => "failed",
    }
}
