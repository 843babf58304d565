//! One connection to one destination: takes letters as long as there are any, sends them, has every attempt written down.
//!
//! Promises: what an attempt came to is in the store before the next letter is taken; a connection that broke before the end of
//! a letter costs no attempt while another server can be tried.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::{self, Told};
use super::book::record;
use super::net::Net;
use super::pace::Signal;
use super::runner::Shared;
use super::session::Session;
use super::waiting::{Entry, Turn};
use super::way::Way;
use crate::desk::{Delivery, Grip};

/// Letters over one connection: some servers count.
const LETTERS: u32 = 100;

/// How long an idle connection is kept for the next letter.
const LINGER: Duration = Duration::from_secs(2);

/// How often an idle worker looks whether others need its place.
const LOOK: Duration = Duration::from_millis(100);

/// Serves a destination until nothing is waiting for it.
pub(super) async fn serve<N: Net>(shared: Arc<Shared<N>>, way: Arc<Way>) {
    let mut session = None;
    shared.waiting().rest(&way, false);
    while let Some((entries, down)) = next_letter(&shared, &way, session.is_some()).await {
        let (taken, grips) = take(&shared, &entries).await;
        let put_back =
            if taken.is_empty() { Vec::new() } else { letter(&shared, &way, taken, down, &mut session).await };
        let (again, done): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| put_back.contains(&entry.id));
        // From here on others may change these deliveries; what they change is seen, and looked at again.
        drop(grips);
        let done: Vec<u64> = done.iter().map(|entry| entry.id).collect();
        shared.waiting().put_back(&way, again);
        shared.waiting().done(&done);
        if session.as_ref().is_some_and(|session: &Session<N::Stream>| session.transactions >= LETTERS) {
            goodbye(&shared, session.take()).await;
        }
        if shared.is_stopping() {
            break;
        }
    }
    goodbye(&shared, session).await;
    shared.waiting().leave(&way);
    shared.wake();
}

/// One letter: the attempt, the destination's speed, the records. Answers the deliveries that had no place in the transaction.
async fn letter<N: Net>(
    shared: &Shared<N>,
    way: &Way,
    deliveries: Vec<Delivery>,
    down: Option<String>,
    session: &mut Option<Session<N::Stream>>,
) -> Vec<u64> {
    let attempted = match down {
        Some(why) => attempt::not_tried(shared, &deliveries, &why),
        None => attempt::attempt(shared, way, &deliveries, session).await,
    };
    // Before anything else: a crash from here on does not send it again. Dropped when it is recorded.
    let _note = shared.taken.as_ref().and_then(|taken| taken.note(&attempted.told, attempted.ended));
    if let Some(signal) = &attempted.signal {
        shared.waiting().hear(way, signal, shared.net.now_ms());
        if *signal == Signal::NotNow {
            metrics::counter!("mxdesk_destination_slowdowns_total").increment(1);
        }
    }
    let again = attempted.told.iter().filter(|told| told.attempt.is_none()).map(|told| told.delivery.id).collect();
    let told: Vec<Told> = attempted.told.into_iter().filter(|told| told.attempt.is_some()).collect();
    record(shared, told, attempted.tls).await;
    again
}

/// The next letter; `None` when the worker is to go.
async fn next_letter<N: Net>(shared: &Shared<N>, way: &Way, is_open: bool) -> Option<(Vec<Entry>, Option<String>)> {
    let mut idle = Duration::ZERO;
    loop {
        let turn = shared.waiting().take(way, shared.net.now_ms());
        match turn {
            Turn::Letter(entries, down) => return Some((entries, down)),
            _ if shared.is_stopping() => return None,
            Turn::Wait(wait) => tokio::time::sleep(wait).await,
            // An open connection is worth a moment, unless others wait for a place.
            Turn::Nothing if is_open && idle < LINGER && shared.has_places() => {
                shared.waiting().rest(way, true);
                let woken = tokio::time::timeout(LOOK, shared.news.notified()).await.is_ok();
                shared.waiting().rest(way, false);
                idle += if woken { Duration::from_millis(1) } else { LOOK };
            }
            Turn::Nothing => return None,
        }
    }
}

async fn goodbye<N: Net>(shared: &Shared<N>, session: Option<Session<N::Stream>>) {
    if let Some(mut session) = session {
        // Whether the server hears it does not matter.
        let _ = session.dialogue.command("QUIT", shared.patience.goodbye).await;
    }
}

/// The deliveries as they stand now: what was read before may have been held or taken back. While they are in our hand, nobody
/// else changes them.
async fn take<N: Net>(shared: &Shared<N>, entries: &[Entry]) -> (Vec<Delivery>, Vec<Grip>) {
    let mut taken = Vec::with_capacity(entries.len());
    for entry in entries {
        match shared.desk.take_delivery(entry.id, entry.due_at).await {
            Ok(Some(found)) => {
                taken.push(found);
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(delivery = entry.id, %error, "a delivery cannot be read"),
        }
        // Changed, or in a hand that may let it go unchanged: it is looked at again.
        shared.waiting().tell(entry.id);
    }
    taken.into_iter().unzip()
}
